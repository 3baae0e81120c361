"""The till's durable state as a fold over the journal: ``fold(book, entry) -> Book``, pure, and legal for every prefix.

This is the design's table of a line at the till as code: an entry that the table does not allow raises ``Bug``, before it is
written (the till folds on trial) and after it was read. Not responsible for deciding what happens next, nor for anything that is
not worth an entry.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from kiosk.domain import events as ev
from kiosk.domain.currency import currency
from kiosk.domain.money import Money, total
from kiosk.domain.sale import BASKET_PHASES, LinePhase
from kiosk.domain.tender import TenderKind
from kiosk.errors import Bug
from kiosk.till import foldhouse, foldlines
from kiosk.till import foldparts as parts
from kiosk.till.foldparts import HANDED_OVER, must, put, sale_of, with_lines
from kiosk.till.ports import Entry
from kiosk.till.state import Book, Charge, Question, Sale

# a line in one of these phases no longer keeps its sale from being completed
COMPLETE_PHASES: Final = frozenset(
    {LinePhase.ACTIVATED, LinePhase.PROMISED, LinePhase.CANCELLED, LinePhase.REFUNDED, LinePhase.TOO_LATE}
)


def replay(entries: Iterable[Entry]) -> Book:
    """The book after ``entries``. Raises ``Bug`` on the first one that no till of ours can have written."""
    book = Book()
    for entry in entries:
        book = fold(book, entry)
    return book


def fold(book: Book, entry: Entry) -> Book:
    """The book after one more entry. Raises ``Bug`` when the entry is not legal here."""
    must(entry.seq > book.last_seq, "entries are folded in order")
    step = _STEPS.get(type(entry.event))
    folded = book if step is None else step(book, entry, entry.event)
    return replace(folded, last_seq=entry.seq, last_at_ms=max(book.last_at_ms, entry.at_ms))


def on_trial(book: Book, event: ev.Event, *, at_ms: int, user: str) -> Book:
    """The book as it would be after ``event``; nothing is stored. Raises ``Bug`` when the event is not legal here."""
    chain = ev.FISCAL.get(type(event))
    entry = Entry(
        seq=book.last_seq + 1,
        at_ms=max(at_ms, book.last_at_ms),
        mono_ms=0,
        boot="",
        user=user,
        event=event,
        hash=b"",
        signature=b"",
        chain=chain,
        chain_no=book.last_receipt_no + 1 if chain is not None else None,
    )
    return fold(book, entry)


def completable(sale: Sale) -> bool:
    """Whether ``SaleCompleted`` is due: paid, and each line activated, promised, cancelled or refunded."""
    paid = bool(sale.tenders) and sale.completed is None and not sale.abandoned
    return paid and bool(sale.live) and all(line.phase in COMPLETE_PHASES for line in sale.live)


# ---- money


def _charge_requested(book: Book, _: Entry, event: ev.ChargeRequested) -> Book:
    sale = parts.payable(book, event.sale_id)
    amount = Money(event.amount_minor, currency(book.currency))
    must(amount == parts.due(sale, book.currency), "a bank card is charged what is due")
    return put(book, replace(sale, charge=Charge(event.charge_id, amount, event.manual)))


def _charge_answered(book: Book, _: Entry, event: ev.ChargeAnswered) -> Book:
    sale = next((sale for sale in book.sales if sale.charge and sale.charge.charge_id == event.charge_id), None)
    if sale is None or sale.charge is None:
        raise Bug("an answer to a charge that nobody asked for")
    must(sale.charge.outcome in (None, "unknown"), "a charge is answered once")
    must(event.outcome in ("accepted", "refused", "unknown"), "a charge has three outcomes")
    return put(book, replace(sale, charge=replace(sale.charge, outcome=event.outcome)))


def _tender_accepted(book: Book, _: Entry, event: ev.TenderAccepted) -> Book:
    sale = parts.payable(book, event.sale_id, accepting=event.charge_id)
    must(event.amount_minor == parts.due(sale, book.currency).minor, "what is due is what is taken")
    must(event.received_minor >= event.amount_minor, "nobody pays less than is due")
    if event.tender == TenderKind.BANK_CARD.value:
        must(sale.charge is not None and sale.charge.outcome == "accepted", "a bank card is accepted first")
    change = event.received_minor - event.amount_minor
    paid = ev.PaidTender(event.tender, event.amount_minor, event.received_minor, change, event.charge_id)
    tendered = tuple(
        replace(line, phase=LinePhase.TENDERED) if line.phase in BASKET_PHASES else line for line in sale.lines
    )
    return put(book, replace(sale, tenders=(*sale.tenders, paid), lines=tendered))


# ---- the end of a sale


def _completed(book: Book, entry: Entry, event: ev.SaleCompleted) -> Book:
    sale = sale_of(book, event.sale_id)
    must(completable(sale), "a sale is completed once, and when each of its lines is")
    must(tuple(line.line_id for line in event.lines) == tuple(line.line_id for line in sale.live), "every line counts")
    if entry.chain_no is None:
        raise Bug("a completed sale has a receipt number")
    must(entry.chain_no > book.last_receipt_no, "receipt numbers rise")
    sold = [line.face for line in sale.live if line.phase in HANDED_OVER]
    must(event.total_minor == total(sold, currency(book.currency)).minor, "the total is what was sold")
    done = replace(
        sale,
        completed=event,
        completed_ms=entry.at_ms,
        completed_seq=entry.seq,
        receipt_no=entry.chain_no,
        signature=entry.signature,
    )
    return replace(put(book, done), last_receipt_no=entry.chain_no)


def _closed(book: Book, entry: Entry, event: ev.SaleClosed) -> Book:
    sale = sale_of(book, event.sale_id)
    must(sale.completed is not None and not sale.closed, "a completed sale is handed over once")
    lines = tuple(replace(line, doubt=False) if line.doubt else line for line in sale.lines)
    book = put(book, replace(sale, closed=True, question=None, lines=lines))
    return parts.pruned(parts.off_counter(book, sale.sale_id), entry.at_ms)


def _recovery_answered(book: Book, _: Entry, event: ev.RecoveryAnswered) -> Book:
    sale = sale_of(book, event.sale_id)
    must(sale.question is not None and sale.question.value == event.question, "an answer follows its question")
    if event.question == Question.CUSTOMER_LEFT.value and not event.yes:
        return put(book, replace(sale, question=Question.MONEY_RETURNED))
    left = event.question == Question.CUSTOMER_LEFT.value  # answered with yes, or it would be the next question's turn
    answered = put(book, replace(sale, question=None, left=left))
    if event.question == Question.MONEY_RETURNED.value and not event.yes:
        return with_lines(answered, sale.sale_id, lambda line: replace(line, doubt=False))
    return answered


_Step = Callable[..., Book]  # each takes the class of event that it stands beside
_STEPS: Final[dict[type, _Step]] = {
    ev.TillStarted: foldhouse.started,
    ev.TillStopped: foldhouse.stopped,
    ev.ClerkLoggedIn: foldhouse.logged_in,
    ev.ClerkLoggedOut: foldhouse.logged_out,
    ev.TillLocked: foldhouse.locked,
    ev.LogInRefused: foldhouse.log_in_refused,
    ev.LinkLost: foldhouse.link_lost,
    ev.LinkRestored: foldhouse.link_restored,
    ev.LineScanned: foldlines.scanned,
    ev.ReserveRequested: foldlines.reserve_requested,
    ev.ReserveAnswered: foldlines.reserve_answered,
    ev.LineReleased: foldlines.released,
    ev.SaleAbandoned: foldlines.abandoned,
    ev.ChargeRequested: _charge_requested,
    ev.ChargeAnswered: _charge_answered,
    ev.TenderAccepted: _tender_accepted,
    ev.CommitRequested: foldlines.commit_requested,
    ev.ActivationUnknown: foldlines.unknown,
    ev.ActivationCommitted: foldlines.committed,
    ev.ActivationRefused: foldlines.refused,
    ev.CardPromised: foldlines.promised,
    ev.PromiseSettled: foldlines.settled,
    ev.TaskSettled: foldlines.task_settled,
    ev.CancelRequested: foldlines.cancel_requested,
    ev.LineCancelled: foldlines.line_cancelled,
    ev.CancelRefused: foldlines.cancel_refused,
    ev.LineRefunded: foldlines.refunded,
    ev.SaleCompleted: _completed,
    ev.SaleClosed: _closed,
    ev.RecoveryAnswered: _recovery_answered,
    ev.PrintRequested: foldhouse.print_requested,
    ev.CopyRequested: foldhouse.copy_requested,
    ev.PrintEnded: foldhouse.print_ended,
}
# entries that change nothing a clerk or a restart needs: the pulse of the drawer, and kinds that a newer version wrote
SILENT_KINDS: Final = frozenset({ev.DrawerOpened, ev.OpaqueEvent})
