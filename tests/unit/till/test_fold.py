"""The fold: every prefix is a legal book, what the table does not allow is refused, old sales are forgotten in time."""

import pytest

from kiosk.domain import events as ev
from kiosk.errors import Bug
from kiosk.till import commands as do
from kiosk.till import fold
from kiosk.till.foldparts import KEEP_MS
from kiosk.till.state import Book
from tests.helpers.till_rig import CARD, OTHER, Rig, open_till


def a_full_day() -> Rig:
    """Every kind of end that a sale can have."""
    rig = open_till()
    rig.stock()
    rig.sell(CARD, OTHER)
    rig.pay()
    rig.answer("commit", "committed")
    rig.answer("commit", "refused", card=OTHER, reason="limit")
    rig.tell(do.RefundRefused(rig.line(OTHER).line_id))
    rig.tell(do.PrintReceipt())
    rig.tell(do.NextSale())
    rig.sell(OTHER)
    rig.tell(do.ClearBasket())
    rig.answer("cancel", "cancelled", card=OTHER)
    rig.lose_link()
    rig.scan(OTHER)
    rig.tell(do.ClearBasket())
    rig.regain_link()
    rig.restart()
    rig.till.stop()
    return rig


def test_every_prefix_of_a_day_folds_to_a_legal_book_and_the_whole_to_what_was_published() -> None:
    """A crash at some entry could not be recovered from."""
    rig = a_full_day()
    book = Book()
    for entry in rig.journal.entries():
        book = fold.fold(book, entry)
        assert book.last_seq == entry.seq
    assert book == fold.replay(rig.journal.entries())
    assert not book.running


def scanned(line_id: str = "L1", card: str = CARD, replaces: str | None = None, sale_id: str = "S1") -> ev.LineScanned:
    """A card enters the basket."""
    return ev.LineScanned(sale_id, line_id, card, "12", 2_000, "scanned", replaces)


START = ev.TillStarted("0", "EasySmartCodes", "EUR")
HELD = ev.ReserveAnswered("L1", "reserved", 5)
PAID = ev.TenderAccepted("S1", "cash", 2_000, 2_000)
COMMIT = ev.CommitRequested("L1")
BASKET = (START, scanned(), HELD)
PROMISE = ev.CardPromised("L1", "S1", CARD, "12", 2_000, "P", 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("story", "illegal"),
    [
        ((), scanned()),
        (BASKET, scanned()),
        (BASKET, scanned("L2")),
        (BASKET, scanned("L2", OTHER, replaces="L1")),
        (BASKET, COMMIT),
        (BASKET, ev.ActivationCommitted("L1")),
        (BASKET, ev.CancelRequested("L1", False, 0)),
        (BASKET, PROMISE),
        (BASKET, ev.SaleAbandoned("S1")),
        (BASKET, ev.TenderAccepted("S1", "cash", 1_000, 1_000)),
        (BASKET, ev.TenderAccepted("S1", "cash", 2_000, 1_000)),
        (BASKET, ev.TenderAccepted("S1", "bank_card", 2_000, 2_000, "C1")),
        (BASKET, ev.ChargeRequested("S1", "C1", 1_000, False)),
        (BASKET, ev.ReserveAnswered("L1", "maybe")),
        ((*BASKET, ev.ChargeRequested("S1", "C1", 2_000, False)), PAID),
        ((*BASKET, ev.ChargeRequested("S1", "C1", 2_000, False)), scanned("L2", OTHER)),
        ((START, scanned()), PAID),
        ((*BASKET, PAID), PAID),
        ((*BASKET, PAID), scanned("L2", OTHER)),
        ((*BASKET, PAID), ev.LineReleased("L1", "removed")),
        ((*BASKET, PAID), ev.ActivationCommitted("L1")),
        ((*BASKET, PAID, COMMIT), COMMIT),
        ((*BASKET, PAID, COMMIT), ev.LineRefunded("L1", "cash", 2_000)),
        ((*BASKET, PAID, COMMIT), ev.SaleClosed("S1")),
        ((*BASKET, PAID, COMMIT, ev.CancelRequested("L1", True, 2_000)), COMMIT),
        ((*BASKET, PAID, COMMIT, ev.CancelRequested("L1", True, 2_000)), ev.ActivationCommitted("L1")),
        ((*BASKET, PAID, COMMIT, ev.CancelRequested("L1", True, 2_000)), PROMISE),
        ((*BASKET, PAID, COMMIT, ev.ActivationRefused("L1", "limit")), PROMISE),
        ((*BASKET, PAID, COMMIT, ev.ActivationRefused("L1", "limit")), ev.LineRefunded("L1", "cash", 1_000)),
        ((*BASKET, PAID, COMMIT, ev.ActivationRefused("L1", "limit")), ev.LineRefunded("L1", "bank_card", 2_000)),
        ((*BASKET, PAID, PROMISE), PROMISE),
        ((*BASKET, PAID, PROMISE, ev.PromiseSettled("L1", "applied")), ev.PromiseSettled("L1", "applied")),
        ((*BASKET, PAID, PROMISE, ev.PromiseSettled("L1", "applied")), ev.TaskSettled("L1", "X4")),
        ((*BASKET, PAID, PROMISE, ev.PromiseSettled("L1", "exception", "X4")), ev.TaskSettled("L1", "X3")),
        ((START,), ev.LinkRestored()),
        ((START, ev.LinkLost()), ev.LinkLost()),
        ((START,), ev.TillLocked("lea", False)),
        ((START,), ev.ReserveRequested("L9")),
        ((START,), ev.SaleClosed("S9")),
        ((START,), ev.LineCancelled("L9")),
        ((START,), ev.ChargeAnswered("C9", "accepted", "terminal")),
        ((START,), ev.PrintEnded("J9", "printed", "")),
        ((START,), ev.RecoveryAnswered("S9", "cash_taken", True)),
        ((START, ev.PrintRequested("J1", 1)), ev.PrintRequested("J2", 1)),
        ((START,), ev.CopyRequested("J1", 1, 2, "", "")),
        ((START,), ev.TillStarted("0", "2001", "FRF")),
    ],
)
def test_what_the_table_does_not_allow_is_a_bug_before_it_is_written(
    story: tuple[ev.Event, ...], illegal: ev.Event
) -> None:
    """A mistake of ours would become a signed fact."""
    book = Book()
    for event in story:
        book = fold.on_trial(book, event, at_ms=1, user="lea")
    with pytest.raises(Bug) as bug:
        fold.on_trial(book, illegal, at_ms=1, user="lea")
    assert CARD not in str(bug.value)


def test_an_illegal_append_stores_nothing() -> None:
    """The journal would hold an entry that no restart can fold."""
    rig = open_till()
    before = len(rig.events())
    with pytest.raises(Bug):
        rig.till._desk.append(ev.ActivationCommitted("nobody"))
    assert len(rig.events()) == before


def test_every_kind_has_a_step_or_is_known_to_be_silent() -> None:
    """A new kind would be written and forgotten by every restart."""
    assert set(ev.KINDS.values()) | {ev.OpaqueEvent} == set(fold._STEPS) | fold.SILENT_KINDS


def test_a_kind_of_a_newer_version_folds_to_nothing() -> None:
    """After going back to an older version the till would not start."""
    book = fold.on_trial(Book(), START, at_ms=1, user="")
    newer = fold.on_trial(book, ev.OpaqueEvent("ShiftOpened", "{}"), at_ms=1, user="")
    assert newer.sales == book.sales
    assert newer.last_seq == book.last_seq + 1


def test_a_sale_is_forgotten_after_two_days_unless_something_waits_for_it() -> None:
    """The book would grow for ever, or lose a promise that the authority has not settled."""
    rig = open_till()
    rig.stock()
    rig.sell(CARD)
    rig.pay()
    rig.answer("commit", "committed")
    rig.tell(do.NextSale())
    rig.lose_link()
    rig.scan(OTHER)
    rig.pay()
    rig.tell(do.NextSale())
    assert len(rig.state.book.sales) == 2
    rig.journal = rig.journal.crash()
    rig.clock.advance(KEEP_MS)
    rig.till = rig._start()
    assert [line.serial for sale in rig.state.book.sales for line in sale.lines] == [OTHER]
