"""The operator's commands that watch over the scheme: alerts, the audit, the ledger's accounts, and the limits.

Arguments, words and work; the rules are in the services. Not responsible for cards, terminals and merchants themselves.
"""

import argparse
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, replace
from datetime import UTC, datetime

from kiosk.authority import installation
from kiosk.authority.admin_support import Handler, database_of, opened, say
from kiosk.authority.services import accounting, alert_words
from kiosk.authority.services import audit as auditing
from kiosk.authority.services.guard_limits import GuardLimits, limit_names, load_guard_limits, save_guard_limits
from kiosk.authority.services.limits import RollingLimit, load_limit, save_limit
from kiosk.authority.services.refused import malformed
from kiosk.authority.store import alerts, merchants
from kiosk.authority.store.ports import Transaction

_Sub = argparse._SubParsersAction
Command = Callable[["_Sub[argparse.ArgumentParser]", str, str, Handler], argparse.ArgumentParser]


def configure(found: "_Sub[argparse.ArgumentParser]", command: Command) -> None:
    """Add the commands; ``command`` makes one with what all commands share."""
    shown = command(
        found, "alerts", "what a person should look at; 'alerts seen N' when it is dealt with", alerts_command
    )
    shown.add_argument("do", nargs="?", choices=["seen"])
    shown.add_argument("numbers", nargs="*", type=int, metavar="N")
    command(found, "audit", "do the books add up; exit code 1 if not", audit)
    command(found, "ledger", "every account and its sum; a debit is positive", ledger)
    limited = command(found, "limits", "how many cards may be activated in an hour, and how many codes guessed", limits)
    limited.add_argument("--cards", type=int, help="activated by one terminal")
    limited.add_argument("--keyed-cards", type=int, help="of which typed by hand")
    limited.add_argument("--shop-cards", type=int, help="activated by all terminals of a shop")
    limited.add_argument("--burst-cards", type=int, help="of one value within a quarter of an hour: an alert")
    limited.add_argument("--keyed-alert", type=int, help="typed by hand within an hour: an alert")
    limited.add_argument(
        "--guard",
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help="one of the guess limits that are shown; takes effect within seconds; may be given several times",
    )


def alerts_command(arguments: argparse.Namespace) -> int:
    if arguments.do == "seen":
        return _seen(arguments)

    def work(tx: Transaction) -> tuple[list[alerts.AlertRow], dict[int, str]]:
        return alerts.unseen_alerts(tx), {row.merchant_no: row.merchant_id for row in merchants.merchants(tx)}

    with opened(arguments) as authority:
        rows, names = authority.store.read(work)
    shown = [
        {
            "alert": row.alert_no,
            "kind": row.kind,
            "at_ms": row.at_ms,
            "about": alert_words.about(row, names),
            "detail": row.detail,
            "sentence": alert_words.sentence(row, names),
        }
        for row in rows
    ]
    lines = [f"{row.alert_no:>5}  {_time(row.at_ms)}  {alert_words.sentence(row, names)}" for row in rows]
    say(arguments, {"alerts": shown}, "\n".join(lines) or "Nothing waits for anybody.")
    return 0


def _seen(arguments: argparse.Namespace) -> int:
    if not arguments.numbers:
        raise malformed("name the alerts by their numbers: 'kiosk authority alerts' lists them")

    def work(tx: Transaction) -> list[int]:
        return [
            number for number in arguments.numbers if not alerts.see_alert(tx, number, at_ms=authority.clock.now_ms())
        ]

    with opened(arguments) as authority:
        missing = authority.store.write(work)
    if missing:
        raise malformed(f"no alert {', '.join(map(str, missing))} waits; the others are marked as seen")
    say(arguments, {"seen": arguments.numbers}, f"{len(arguments.numbers)} dealt with.")
    return 0


def audit(arguments: argparse.Namespace) -> int:
    with closing(installation.open_beside(arguments.data, database_of(arguments))) as store:
        findings = store.read(auditing.audit)
    value = {
        "findings": [
            asdict(one)
            | {"check": one.check.name.lower(), "sentence": str(one), "difference": one.found - one.expected}
            for one in findings
        ]
    }
    say(arguments, value, "\n".join(map(str, findings)) or "The books add up.")
    return 1 if findings else 0


def ledger(arguments: argparse.Namespace) -> int:
    with opened(arguments) as authority:
        sums = authority.store.read(accounting.account_sums)
    width = max((len(one.account) for one in sums), default=0)
    lines = [f"{one.account:<{width}}  {one.amount_minor:>14}" for one in sums]
    say(arguments, {"accounts": [asdict(one) for one in sums]}, "\n".join(lines) or "Nothing was ever posted.")
    return 0


def limits(arguments: argparse.Namespace) -> int:
    def work(tx: Transaction) -> tuple[RollingLimit, GuardLimits]:
        limit, guard = _rolling(arguments, load_limit(tx)), _guard(arguments, load_guard_limits(tx))
        save_limit(tx, limit)
        save_guard_limits(tx, guard)
        return limit, guard

    with opened(arguments) as authority:
        limit, guard = authority.store.write(work)
    lines = [
        f"One terminal may activate {limit.cards} cards an hour, of which {limit.keyed_cards} typed; "
        f"all terminals of a shop {limit.shop_cards}.",
        f"Told to the operator: {limit.burst_cards} cards of one value within a quarter of an hour, {limit.keyed_alert} typed.",
        "Guess limits (--guard NAME=NUMBER):",
        *(f"  {name} = {value}" for name, value in asdict(guard).items()),
    ]
    say(arguments, asdict(limit) | {"guard": asdict(guard)}, "\n".join(lines))
    return 0


def _rolling(arguments: argparse.Namespace, limit: RollingLimit) -> RollingLimit:
    given = {
        "cards": arguments.cards,
        "keyed_cards": arguments.keyed_cards,
        "shop_cards": arguments.shop_cards,
        "burst_cards": arguments.burst_cards,
        "keyed_alert": arguments.keyed_alert,
    }
    changed = replace(limit, **{name: value for name, value in given.items() if value is not None})
    if arguments.cards is not None and arguments.shop_cards is None:  # what one terminal may do, its shop may
        changed = replace(changed, shop_cards=max(changed.shop_cards, changed.cards))
    return changed


def _guard(arguments: argparse.Namespace, guard: GuardLimits) -> GuardLimits:
    for text in arguments.guard:
        name, _, number = text.partition("=")
        if name not in limit_names() or not number.isdecimal():
            raise malformed(f"--guard is NAME=NUMBER, the name one of {', '.join(limit_names())}")
        guard = replace(guard, **{name: int(number)})
    return guard


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
