"""The golden journal: one entry of every kind, with a clock that stands on chosen moments, signed with a key that anybody may know.

Signatures are deterministic (RFC 6979), so the same events give the same bytes. ``tests/golden/journal/`` keeps one copy for each
released format; a released one is never written again.
"""

from pathlib import Path

from kiosk.domain import events as ev
from kiosk.journal.store import SqliteJournal
from tests.fakes.clock import FakeClock
from tests.helpers.journal import OTHER_SERIAL, SERIAL, SHOP, open_store, public_key_pair

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "journal"
GOLDEN_KEY = "golden journal"
TERMINAL = "T0042"

LINE_1 = "019b78f2-9a80-7000-8000-000000000001"
LINE_2 = "019b78f2-9a80-7000-8000-000000000002"
LINE_3 = "019b78f2-9a80-7000-8000-000000000003"
SALE_1 = "019b78f2-9a80-7000-8000-0000000000a1"
SALE_2 = "019b78f2-9a80-7000-8000-0000000000a2"
SALE_3 = "019b78f2-9a80-7000-8000-0000000000a3"


def golden_events() -> list[tuple[str, list[ev.Event]]]:
    """(user, events of one append), in order."""
    clerk = "clerk-1"
    return [
        ("", [ev.TillStarted("0.1.0", "euro", "EUR")]),
        ("", [ev.LogInRefused(clerk, 4)]),
        (clerk, [ev.ClerkLoggedIn(clerk)]),
        (clerk, [ev.LineScanned(SALE_1, LINE_1, SERIAL, "11", 1000, "scanned"), ev.ReserveRequested(LINE_1)]),
        (clerk, [ev.ReserveAnswered(LINE_1, "reserved", until_ms=1_767_258_120_000, pack="P-0007", position=12)]),
        (clerk, [ev.TenderAccepted(SALE_1, "cash", 1000, 2000)]),
        (clerk, [ev.CommitRequested(LINE_1)]),
        (clerk, [ev.ActivationUnknown(LINE_1)]),
        (clerk, [ev.ActivationCommitted(LINE_1), _completed(SALE_1, LINE_1, "activated", _cash(1000, 2000))]),
        (clerk, [ev.DrawerOpened("job-1", SALE_1, "sale")]),
        (clerk, [ev.PrintRequested("job-2", 1)]),
        (clerk, [ev.PrintEnded("job-2", "unknown", "paper_out")]),
        (clerk, [ev.CopyRequested("job-3", 1, 1, clerk, "le papier manquait")]),
        (clerk, [ev.SaleClosed(SALE_1)]),
        (clerk, [ev.LinkLost()]),
        (clerk, [ev.LineScanned(SALE_2, LINE_2, OTHER_SERIAL, "11", 1000, "scanned"), ev.ReserveRequested(LINE_2)]),
        (clerk, [ev.ReserveAnswered(LINE_2, "unanswered")]),
        (clerk, [ev.TenderAccepted(SALE_2, "cash", 1000, 1000)]),
        (clerk, [_promised(), _completed(SALE_2, LINE_2, "promised", _cash(1000, 1000))]),
        (clerk, [ev.LinkRestored()]),
        (clerk, [ev.PromiseSettled(LINE_2, "exception", "X3")]),
        (clerk, [ev.TaskSettled(LINE_2, "X3")]),
        (clerk, [ev.LineScanned(SALE_3, LINE_3, SERIAL, "11", 1000, "keyed", replaces=LINE_2)]),
        (clerk, [ev.ReserveAnswered(LINE_3, "refused", reason="already_sold")]),
        (clerk, [ev.LineReleased(LINE_3, "refused"), ev.SaleAbandoned(SALE_3)]),
        (
            clerk,
            [ev.ChargeRequested(SALE_3, "charge-1", 1000, True), ev.ChargeAnswered("charge-1", "accepted", "clerk")],
        ),
        (clerk, [ev.ActivationRefused(LINE_3, "limit"), ev.LineRefunded(LINE_3, "bank_card", 1000)]),
        (clerk, [ev.CancelRequested(LINE_3, True, 1000), ev.LineCancelled(LINE_3), ev.CancelRefused(LINE_3, "spent")]),
        (clerk, [ev.TillLocked(clerk, True), ev.ClerkLoggedOut(clerk)]),
        ("", [ev.TillStopped()]),
        ("", [ev.TillStarted("0.1.0", "euro", "EUR", tampered="the anchor saw entry 99, the journal ends at 41")]),
        ("", [ev.RecoveryAnswered(SALE_3, "customer_left", False)]),
    ]


def write_golden(folder: Path) -> SqliteJournal:
    """An open journal with the golden events in it; the clock stands on 2026-01-01 09:00 UTC and moves a quarter second a step."""
    clock = FakeClock()
    journal = open_store(folder, clock, terminal=TERMINAL, key=public_key_pair(GOLDEN_KEY))
    for user, events in golden_events():
        clock.advance(250)
        journal.append(events, user=user)
    return journal


def _cash(amount_minor: int, received_minor: int) -> ev.PaidTender:
    return ev.PaidTender("cash", amount_minor, received_minor, received_minor - amount_minor)


def _completed(sale_id: str, line_id: str, outcome: str, tender: ev.PaidTender) -> ev.Event:
    line = ev.SoldLine(line_id, "Carte 10 €", "mpv", SERIAL[-4:], "11", 1, 1000, 1000, outcome)
    return ev.SaleCompleted(sale_id, (line,), (tender,), 1000, "EUR", "clerk-1", SHOP, "0.1.0")


def _promised() -> ev.Event:
    return ev.CardPromised(
        LINE_2, SALE_2, OTHER_SERIAL, "11", 1000, "P-0007", 13, 3, 41, 17, outside_policy="too_many_cards"
    )
