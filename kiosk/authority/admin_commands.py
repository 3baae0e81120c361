"""The operator's commands about the authority itself, its shops, its terminals and its rules, and those that only look.

Not responsible for cards (``admin_cards``) nor for rights and four eyes: whoever may read the data folder is the operator until
the office exists.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import msgspec

from kiosk.authority import installation
from kiosk.authority.admin_support import database_of, opened, say, show
from kiosk.authority.services import distribute
from kiosk.authority.services.enrol import Enrolment
from kiosk.authority.services.policy import set_policy
from kiosk.authority.services.refused import malformed
from kiosk.authority.store import alerts, books, cards, packs, places
from kiosk.authority.store.entries import count_entries
from kiosk.authority.store.lines import find_lines
from kiosk.authority.store.places import ShopRow
from kiosk.authority.store.ports import Transaction
from kiosk.authority.store.settings import find_policy
from kiosk.clock import SystemClock, SystemIds
from kiosk.domain.limits import HOUR_MS, OfflinePolicy
from kiosk.protocol.enrolment import show_enrolment_code

MINUTE_MS = 60_000


def init(arguments: argparse.Namespace) -> int:
    clock = SystemClock()
    authority = installation.initialise(
        arguments.data,
        clock=clock,
        ids=SystemIds(clock),
        public_name=arguments.public_name or installation.DEFAULT_PUBLIC_NAME,
        demonstration=arguments.demonstration,
        database=database_of(arguments),
    )
    key = authority.keys.signing.public
    authority.store.close()
    text = (
        f"A new authority is in {arguments.data}.\nIts key, as tills show it: {' '.join(key.words)}\n"
        "Back up the folder keys/ now and keep it apart from the database: without it no card can ever be spent."
    )
    if arguments.demonstration:
        text += "\nDEMONSTRATION: it accepts demonstration keystores. Never use it for real money."
    value = {
        "data": str(arguments.data),
        "authority_key": key.text,
        "words": list(key.words),
        "demonstration": arguments.demonstration,
    }
    say(arguments, value, text)
    return 0


def serve(arguments: argparse.Namespace) -> int:
    # the web server is imported by the one command that needs it
    from kiosk.authority.serve import serve as serve_http

    with opened(arguments) as authority:
        serve_http(
            authority,
            arguments.data,
            host=arguments.host,
            port=arguments.port,
            beside=lambda: installation.open_beside(arguments.data, database_of(arguments)),
            on_ready=lambda address: say(arguments, {"ready": address}, f"ready {address}"),
        )
    return 0


def shop_add(arguments: argparse.Namespace) -> int:
    row = ShopRow(
        shop_id=arguments.shop,
        name=arguments.name,
        address=arguments.address,
        siret=arguments.siret,
        naf=arguments.naf,
        vat_id=arguments.vat_id,
        currency=arguments.currency,
        trusted=not arguments.untrusted,
    )
    with opened(arguments) as authority:
        authority.store.write(lambda tx: distribute.add_shop(tx, row, now_ms=authority.clock.now_ms()))
    say(arguments, asdict(row), f"Shop {row.shop_id} ({row.name}) sells in {row.currency}.")
    return 0


def enrol_code(arguments: argparse.Namespace) -> int:
    with opened(arguments) as authority:
        enrolment = Enrolment(
            clock=authority.clock, ids=authority.ids, keys=authority.keys, demonstration=authority.demonstration
        )
        issued = authority.store.write(lambda tx: enrolment.issue(tx, shop_id=arguments.shop, till_name=arguments.till))
        words = authority.keys.signing.public.words
        minutes = (issued.until_ms - authority.clock.now_ms()) // MINUTE_MS
    shown = show_enrolment_code(issued.code)
    say(
        arguments,
        {"code": shown, "until_ms": issued.until_ms, "words": list(words)},
        f"Enrolment code {shown}, for one terminal, {minutes} minutes.\nThe till will show these words: {' '.join(words)}",
    )
    return 0


def revoke(arguments: argparse.Namespace) -> int:
    def work(tx: Transaction) -> list[str]:
        if not places.revoke_terminal(tx, arguments.terminal, now_ms=now_ms):
            raise malformed(f"no terminal {arguments.terminal}: 'kiosk authority status' lists them")
        return packs.packs_of_terminal(tx, arguments.terminal)

    with opened(arguments) as authority:
        now_ms = authority.clock.now_ms()
        bound = authority.store.write(work)
    text = f"Terminal {arguments.terminal} is refused from now on."
    if bound:
        # it may have promised some of their cards: that nobody sells them meanwhile is a person's to end
        text += f"\nNobody can sell its packs until 'kiosk authority bind' gives them to another: {' '.join(bound)}"
    say(arguments, {"terminal": arguments.terminal, "packs": bound}, text)
    return 0


def policy(arguments: argparse.Namespace) -> int:
    with opened(arguments) as authority:
        if arguments.do != "show":
            wanted = _policy(arguments)
            authority.store.write(
                lambda tx: set_policy(
                    tx, wanted, now_ms=authority.clock.now_ms(), valid_for_ms=arguments.valid_hours * HOUR_MS
                )
            )
        row = authority.store.read(lambda tx: find_policy(tx, arguments.currency))
    shown = asdict(row.policy if row else OfflinePolicy(currency=arguments.currency))
    lines = "\n".join(f"  {name} = {value}" for name, value in shown.items())
    say(arguments, shown, f"Offline policy for {arguments.currency}:\n{lines}")
    return 0


def status(arguments: argparse.Namespace) -> int:
    with opened(arguments) as authority:
        shown = authority.store.read(_status)
    show(arguments, shown)
    return 0


def line(arguments: argparse.Namespace) -> int:
    def work(tx: Transaction) -> list[dict[str, object]]:
        found: list[dict[str, object]] = []
        for row in find_lines(tx, arguments.line_id):
            card = cards.find_card(tx, row.card_id)
            found.append(
                {
                    "line_id": row.line_id,
                    "terminal": row.terminal_id,
                    "record": row.record.value,
                    "reason": row.reason.value if row.reason else None,
                    "serial": "••••" + cards.last4_of(row.card_id),
                    "card": card.state.value if card else None,
                    "block": card.block.value if card and card.block else None,
                }
            )
        return found

    with opened(arguments) as authority:
        found = authority.store.read(work)
    if not found:
        raise malformed("no terminal ever spoke of this line")
    show(arguments, {"lines": found})
    return 0


def openapi(arguments: argparse.Namespace) -> int:
    from kiosk.authority.openapi import document

    text = json.dumps(document(), indent=2, ensure_ascii=False) + "\n"
    if arguments.output:
        Path(arguments.output).write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return 0


def _status(tx: Transaction) -> dict[str, object]:
    return {
        "cards": {state.value: count for state, count in cards.count_states(tx).items()},
        "lots": [{"lot": number, "series": series, "cards": count} for number, series, count in packs.lots(tx)],
        "terminals": [
            {
                "terminal": row.terminal_id,
                "shop": row.shop_id,
                "till": row.till_name,
                "keystore": row.keystore,
                "entries": count_entries(tx, terminal_id=row.terminal_id, epoch=row.epoch),
                "online_only": row.online_only_version is not None,
                "revoked": row.revoked_ms is not None,
                "packs": packs.packs_of_terminal(tx, row.terminal_id),
            }
            for row in places.terminals(tx)
        ],
        "exceptions": [
            {
                "code": row.code.value,
                "serial": "••••" + cards.last4_of(row.card_id),
                "shop": row.shop_id,
                "owner": row.owner,
                "deadline_ms": row.deadline_ms,
            }
            for row in books.open_exceptions(tx)
        ],
        "alerts": alerts.count_alerts(tx),
    }


def _policy(arguments: argparse.Namespace) -> OfflinePolicy:
    if not 1 <= arguments.valid_hours <= 72:
        raise malformed("a policy is valid for 1 to 72 hours")  # never longer without contact (AC-06)
    given = {
        "max_cards_per_sale": arguments.max_per_sale,
        "max_cards_outstanding": arguments.max_cards,
        "outstanding_value_minor": arguments.max_value_minor,
        "max_contact_age_ms": None if arguments.max_contact_hours is None else arguments.max_contact_hours * HOUR_MS,
    }
    if any(value is not None and value < 0 for value in given.values()):
        raise malformed("a number of the policy is 0 or more")
    base = OfflinePolicy(
        enabled=arguments.do == "allow", let_go_while_unknown=arguments.let_go, currency=arguments.currency
    )
    return msgspec.convert(
        asdict(base) | {name: value for name, value in given.items() if value is not None}, OfflinePolicy
    )
