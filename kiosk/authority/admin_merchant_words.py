"""``kiosk authority merchant …`` and ``test-cards``: arguments and their words only; ``admin_merchants`` does the work."""

import argparse
from collections.abc import Callable

from kiosk.authority import admin_merchants, admin_webhooks
from kiosk.authority.admin_support import Handler

_Sub = argparse._SubParsersAction
Command = Callable[["_Sub[argparse.ArgumentParser]", str, str, Handler], argparse.ArgumentParser]


def configure(found: "_Sub[argparse.ArgumentParser]", command: Command) -> None:
    """Add the commands; ``command`` makes one with what all commands share."""
    words = "who accepts payments: its keys and contracts"
    merchant = found.add_parser("merchant", help=words, description=words.capitalize() + ".")
    merchants = merchant.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add = command(merchants, "add", "add a merchant", admin_merchants.add)
    add.add_argument("merchant", help="its id, such as presse")
    add.add_argument("--name", required=True, help="as shoppers see it")
    add.add_argument("--site", required=True, metavar="URL")
    add.add_argument("--direct", action="store_true", help="its contract lets it take codes on its own pages")
    command(merchants, "list", "all merchants", admin_merchants.list_all)
    suspend = command(merchants, "suspend", "take no payments for a merchant", admin_merchants.suspend)
    suspend.add_argument("merchant")
    resume = command(merchants, "resume", "take payments for it again", admin_merchants.resume)
    resume.add_argument("merchant")
    direct = command(merchants, "direct", "may it take codes on its own pages", admin_merchants.direct)
    direct.add_argument("merchant")
    direct.add_argument("do", choices=["allow", "forbid"])
    contract = command(merchants, "contract", "how its captures are shared", admin_merchants.contract)
    contract.add_argument("merchant", nargs="?", help="without one: everybody's contract")
    contract.add_argument("--merchant-share", metavar="PERCENT", help="make a new contract; without it, show them")
    contract.add_argument("--distribution-share", metavar="PERCENT", default="12")
    contract.add_argument("--from", dest="from_date", metavar="YYYY-MM-DD", help="midnight UTC (default: now)")
    _keys(merchants, command)
    admin_webhooks.configure(merchants, command)
    command(found, "test-cards", "the cards of test mode, and what each forces", admin_merchants.test_cards)


def _keys(merchants: "_Sub[argparse.ArgumentParser]", command: Command) -> None:
    words = "what a merchant signs with"
    key = merchants.add_parser("key", help=words, description=words.capitalize() + ".")
    keys = key.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add = command(keys, "add", "a new key; a secret is shown once", admin_merchants.key_add)
    add.add_argument("merchant")
    add.add_argument(
        "--public-key",
        metavar="KEY",
        help="the merchant's own P-256 key: a PEM file, or the uncompressed point in base64url; without it a shared secret is made",
    )
    add.add_argument("--test", action="store_true", help="moves no money and meets test cards only")
    shown = command(keys, "list", "every key, revoked ones too", admin_merchants.key_list)
    shown.add_argument("merchant", nargs="?")
    revoke = command(keys, "revoke", "refuse what a key signs, within a second", admin_merchants.key_revoke)
    revoke.add_argument("key_id", metavar="KEY")
