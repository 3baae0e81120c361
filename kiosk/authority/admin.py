"""``kiosk authority``: the operator's commands. Each says what it did in one or two lines, and what to do when it could not.

Arguments and their words only; ``admin_cards`` and ``admin_commands`` do the work. ``--json`` asks for one JSON object.
"""

import argparse
from pathlib import Path
from typing import Final

from kiosk.authority import admin_cards, admin_commands, admin_merchant_words, admin_pages, admin_watch
from kiosk.authority.admin_support import Handler, guarded
from kiosk.domain.activation import Block

DEFAULT_PORT: Final = 8320


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands and their arguments; each sets ``handler``."""
    _add_database(parser, default=None)
    found = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _world(found)
    _cards(found)
    _terminals(found)
    admin_merchant_words.configure(found, _command)
    admin_watch.configure(found, _command)
    admin_pages.configure(found, _command)
    _looking(found)


_Sub = argparse._SubParsersAction


def _command(
    found: "_Sub[argparse.ArgumentParser]", name: str, summary: str, handler: Handler
) -> argparse.ArgumentParser:
    parser = found.add_parser(name, help=summary, description=summary)
    parser.add_argument("--json", action="store_true", help="answer with one JSON object")
    # also after the subcommand, where people write it; without a default it leaves alone what stood before the subcommand
    parser.add_argument("--data", type=Path, default=argparse.SUPPRESS, metavar="DIR", help="the authority's folder")
    _add_database(parser, default=argparse.SUPPRESS)
    parser.set_defaults(handler=guarded(handler))
    return parser


def _add_database(parser: argparse.ArgumentParser, *, default: str | None) -> None:
    parser.add_argument(
        "--database",
        default=default,
        metavar="ADDRESS",
        help="postgresql://USER@HOST/NAME instead of the folder's own file (default: KIOSK_DATABASE); keys and lots stay there",
    )


def _world(found: "_Sub[argparse.ArgumentParser]") -> None:
    init = _command(found, "init", "make a new authority in the data folder", admin_commands.init)
    init.add_argument("--public-name", default=None, metavar="HOST[:PORT]", help="the name that signatures cover")
    init.add_argument(
        "--demonstration",
        action="store_true",
        help="accept demonstration keystores and allow sales without the line; never for real money",
    )
    serve = _command(found, "serve", "answer terminals until stopped", admin_commands.serve)
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes a free one")

    shop = found.add_parser("shop", help="the shops that sell cards", description="The shops that sell cards.")
    shops = shop.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add = _command(shops, "add", "add a shop", admin_commands.shop_add)
    add.add_argument("shop")
    add.add_argument("--name", required=True)
    add.add_argument("--address", default="", help="as printed on receipts")
    add.add_argument("--siret", default="")
    add.add_argument("--naf", default="")
    add.add_argument("--vat-id", default="")
    add.add_argument("--currency", default="EUR", choices=["EUR", "FRF"])
    add.add_argument(
        "--untrusted",
        action="store_true",
        help="a card sold here that was in nobody's stock here waits for the operator",
    )


def _cards(found: "_Sub[argparse.ArgumentParser]") -> None:
    issue = _command(found, "issue", "make a lot of cards for the printing house", admin_cards.issue)
    issue.add_argument("--series", required=True, help="the two digits of the series, such as 12")
    issue.add_argument("--cards", type=int, required=True)
    issue.add_argument("--pack-cards", type=int, default=50)
    issue.add_argument(
        "--recipient",
        action="append",
        default=[],
        metavar="age1…",
        help="a printing house's key; may be given several times",
    )
    ship = _command(found, "ship", "send packs to a shop", admin_cards.ship)
    ship.add_argument("pack", nargs="*")
    ship.add_argument("--lot", type=int, help="every pack of a lot that was not shipped yet")
    ship.add_argument("--shop", required=True)
    receive = _command(found, "receive", "a pack arrived: name the cards at its two ends", admin_cards.receive)
    receive.add_argument("first", metavar="SERIAL")
    receive.add_argument("last", metavar="SERIAL")
    receive.add_argument("--shop", required=True)
    bind = _command(found, "bind", "give received packs to one terminal, for sales without the line", admin_cards.bind)
    bind.add_argument("pack", nargs="+")
    whom = bind.add_mutually_exclusive_group(required=True)
    whom.add_argument("--terminal")
    whom.add_argument("--nobody", action="store_true", help="take the packs back from their terminal")
    block = _command(found, "block", "stop a card", admin_cards.block)
    block.add_argument("serial")
    block.add_argument("reason", choices=[reason.value for reason in Block])
    unblock = _command(found, "unblock", "let a stopped card go on", admin_cards.unblock)
    unblock.add_argument("serial")


def _terminals(found: "_Sub[argparse.ArgumentParser]") -> None:
    code = _command(found, "enrol-code", "a one-time code for one new terminal of a shop", admin_commands.enrol_code)
    code.add_argument("--shop", required=True)
    code.add_argument("--till", required=True, metavar="NAME", help="as printed on receipts, such as 'Caisse 1'")
    revoke = _command(found, "revoke", "refuse a terminal from now on", admin_commands.revoke)
    revoke.add_argument("terminal")
    policy = _command(found, "policy", "what tills may promise while the line is down", admin_commands.policy)
    policy.add_argument("do", choices=["show", "allow", "forbid"])
    policy.add_argument("--currency", default="EUR", choices=["EUR", "FRF"])
    policy.add_argument("--valid-hours", type=int, default=24, help="a till that hears nothing stops after this")
    policy.add_argument("--max-per-sale", type=int, help="cards in one sale")
    policy.add_argument("--max-cards", type=int, help="promised cards outstanding at one till")
    policy.add_argument("--max-value-minor", type=int, help="their value, in cents")
    policy.add_argument("--max-contact-hours", type=int, help="hours since the authority was last heard")
    policy.add_argument("--let-go", action="store_true", help="the customer may leave while an answer is unknown")


def _looking(found: "_Sub[argparse.ArgumentParser]") -> None:
    _command(found, "status", "cards, terminals, open exceptions and alerts", admin_commands.status)
    line = _command(found, "line", "what became of one line: record and card", admin_commands.line)
    line.add_argument("line_id")
    card = _command(found, "card", "what is known of one card", admin_cards.card)
    card.add_argument("serial")
    openapi = _command(found, "openapi", "the OpenAPI document of both interfaces", admin_commands.openapi)
    openapi.add_argument("--output", metavar="FILE", help="write it there instead of showing it")
