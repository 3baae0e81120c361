"""``kiosk authority merchant webhook`` and ``webhooks``: where a merchant's site is told what happened, and how far it is.

Arguments, words and work; the rules are in ``services.webhooks``.
"""

import argparse
from collections.abc import Callable

from kiosk.authority.admin_support import Handler, opened, say
from kiosk.authority.services import webhooks
from kiosk.authority.store import webhooks as store
from kiosk.authority.store.ports import Transaction
from kiosk.authority.store.webhooks import WebhookRow

WAITING_MAX = 10_000

_Sub = argparse._SubParsersAction
Command = Callable[["_Sub[argparse.ArgumentParser]", str, str, Handler], argparse.ArgumentParser]


def configure(merchants: "_Sub[argparse.ArgumentParser]", command: Command) -> None:
    """Add the commands to ``merchant``."""
    one = command(merchants, "webhook", "where a merchant's site is told what happened", webhook)
    one.add_argument("merchant")
    what = one.add_mutually_exclusive_group(required=True)
    what.add_argument("--url", help="https://… of its site; http on this machine itself, in a demonstration")
    what.add_argument("--none", action="store_true", help="tell it nothing")
    what.add_argument(
        "--again-from",
        type=int,
        metavar="CURSOR",
        help="tell everything after a cursor of /v1/events once more; 0 is all",
    )
    command(merchants, "webhooks", "how far each merchant's site has been told", list_all)


def webhook(arguments: argparse.Namespace) -> int:
    def work(tx: Transaction) -> WebhookRow | None:
        if arguments.again_from is not None:
            return webhooks.tell_again(tx, arguments.merchant, cursor=arguments.again_from)
        return webhooks.set_url(tx, arguments.merchant, arguments.url, demonstration=authority.demonstration)

    with opened(arguments) as authority:
        row = authority.store.write(work)
        key = authority.keys.signing.public
    if row is None:
        say(arguments, {"merchant": arguments.merchant, "url": None}, f"{arguments.merchant} is told nothing.")
        return 0
    value = {"merchant": row.merchant_id, "url": row.url, "cursor": row.seq, "authority_key": key.text}
    text = (
        f"{row.merchant_id} is told at {row.url} what comes after {row.seq}.\n"
        f"Its site checks the signature with the authority's key: {key.text}"
    )
    say(arguments, value, text)
    return 0


def list_all(arguments: argparse.Namespace) -> int:
    def work(tx: Transaction) -> list[tuple[WebhookRow, int]]:
        return [
            (row, store.waiting(tx, merchant_no=row.merchant_no, seq=row.seq, limit=WAITING_MAX))
            for row in store.webhooks(tx)
        ]

    with opened(arguments) as authority:
        rows = authority.store.read(work)
        now_ms = authority.clock.now_ms()
    shown = [
        {
            "merchant": row.merchant_id,
            "url": row.url,
            "cursor": row.seq,
            "waiting": waiting,
            "tries": row.tries,
            "next_in_s": max(0, row.next_ms - now_ms) // 1000,
            "last_status": row.last_status,
        }
        for row, waiting in rows
    ]
    lines = [
        f"{one['merchant']}  {one['url']}  told up to {one['cursor']}, {one['waiting']} waiting"
        + (
            f"; {one['tries']} tries in vain ({one['last_status']}), next in {one['next_in_s']} s"
            if one["tries"]
            else ""
        )
        for one in shown
    ]
    say(arguments, {"webhooks": shown}, "\n".join(lines) or "No merchant is told anything.")
    return 0
