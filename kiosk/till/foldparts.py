"""Small steps that the fold is made of: find a line or fail, put it back changed, ask the questions of a restart, forget old sales.

Pure like ``kiosk.till.fold``, which is the only one that uses them.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from kiosk.domain.currency import currency
from kiosk.domain.money import Money, total
from kiosk.domain.sale import BASKET_PHASES, DOUBTFUL_PHASES, LinePhase
from kiosk.domain.tender import TenderKind
from kiosk.errors import Bug
from kiosk.till.state import Book, Line, Question, Sale

HANDED_OVER: Final = frozenset({LinePhase.ACTIVATED, LinePhase.PROMISED})
_ASK_ABOUT: Final = DOUBTFUL_PHASES | {LinePhase.REFUSED}
_UNSETTLED: Final = _ASK_ABOUT | {LinePhase.CANCELLING}
KEEP_MS: Final = 48 * 3_600_000  # how long a finished sale stays in the book, for copies and the list of tickets


def must(holds: bool, rule: str) -> None:  # noqa: FBT001 - reads as an assertion
    """Raise ``Bug`` with the rule that was broken."""
    if not holds:
        raise Bug(rule)


def line_of(book: Book, line_id: str, *phases: LinePhase) -> Line:
    """The line, which must be in one of ``phases`` if any are given."""
    line = book.line(line_id)
    if line is None:
        raise Bug("an entry names a line that was never scanned")
    must(not phases or line.phase in phases, f"not legal for a line that is {line.phase.value}")
    return line


def owed_line(book: Book, line_id: str) -> Line:
    """The line whose cancel is owed."""
    must(line_id in book.owed, "a cancel is acknowledged once")
    return line_of(book, line_id)


def sale_of(book: Book, sale_id: str) -> Sale:
    """The sale, which must exist."""
    sale = book.sale(sale_id)
    if sale is None:
        raise Bug("an entry names a sale that was never opened")
    return sale


def put(book: Book, sale: Sale) -> Book:
    """The book with this sale in the place of the one with its id."""
    return replace(book, sales=tuple(sale if one.sale_id == sale.sale_id else one for one in book.sales))


def with_line(book: Book, line: Line) -> Book:
    """The book with this line in the place of the one with its id."""
    return with_lines(book, line.sale_id, lambda one: line if one.line_id == line.line_id else one)


def with_lines(book: Book, sale_id: str, change: Callable[[Line], Line]) -> Book:
    """The book with every line of a sale changed."""
    sale = sale_of(book, sale_id)
    return put(book, replace(sale, lines=tuple(change(line) for line in sale.lines)))


def without(ids: tuple[str, ...], gone: str) -> tuple[str, ...]:
    """``ids`` less one."""
    return tuple(one for one in ids if one != gone)


def due(sale: Sale, code: str) -> Money:
    """What the basket costs."""
    return total([line.face for line in sale.lines if line.phase in BASKET_PHASES], currency(code))


def payable(book: Book, sale_id: str, *, accepting: str | None = None) -> Sale:
    """The sale, which must be ready for money: every line held or unheld, nothing paid, no charge under way.

    ``accepting`` is the charge whose yes is the money.
    """
    sale = sale_of(book, sale_id)
    must(not sale.tenders and not sale.closed, "a sale is paid once")
    must(bool(sale.live), "an empty basket is not paid")
    must(all(line.phase in (LinePhase.HELD, LinePhase.UNHELD) for line in sale.live), "every card was answered for")
    charge = sale.charge
    answered = charge is None or charge.outcome == "refused"
    must(answered or (charge is not None and charge.charge_id == accepting), "a charge is resolved first")
    return sale


def paid_for(book: Book, line: Line) -> Book:
    """The line's money is in: tendered, or handed on by the refused line that it replaces, which leaves the sale."""
    if line.phase is LinePhase.TENDERED:
        return book
    must(line.replaces is not None and line.phase in (LinePhase.HELD, LinePhase.UNHELD), "money comes first")
    assert line.replaces is not None
    refused = line_of(book, line.replaces, LinePhase.REFUSED)
    return with_line(book, replace(refused, phase=LinePhase.RELEASED))


def off_counter(book: Book, sale_id: str) -> Book:
    """The sale is over: if it was at the counter, nothing is."""
    return replace(book, current=None) if book.current == sale_id else book


def after_restart(sale: Sale) -> Sale:
    """The start table: which question, about which lines, only the clerk can answer. An answer given before a second crash is asked
    for again, because the customer may have left since.

    Where one line is doubtful, the whole sale is asked about: the clerk may not have seen the last answers, and may have acted on
    what was on screen before. That holds for a refused line too; a card that left the shop is named by an exception (X9).
    """
    if sale.closed:
        return sale
    asked = sale.completed is not None or any(line.phase in _UNSETTLED for line in sale.lines)
    about = _ASK_ABOUT | (frozenset() if sale.left else HANDED_OVER) if asked else frozenset()
    lines = tuple(replace(line, doubt=line.phase in about) for line in sale.lines)
    if any(line.doubt for line in lines):
        return replace(sale, lines=lines, question=Question.CUSTOMER_LEFT)
    cash = any(line.phase is LinePhase.TENDERED for line in lines) and sale.tender == TenderKind.CASH.value
    return replace(sale, lines=lines, question=Question.CASH_TAKEN if cash else None)


def pruned(book: Book, now_ms: int) -> Book:
    """The book without sales that ended long ago and that nothing waits for."""
    waited_for = {*book.owed, *book.promises, *(line_id for line_id, _ in book.tasks)}
    sales = tuple(
        sale
        for sale in book.sales
        if not sale.closed
        or now_ms - max(sale.opened_ms, sale.completed_ms or 0) < KEEP_MS
        or any(line.line_id in waited_for for line in sale.lines)
    )
    if len(sales) == len(book.sales):
        return book
    receipts = {sale.receipt_no for sale in sales}
    jobs = tuple(job for job in book.jobs if job.receipt_no in receipts or job.outcome is None)
    return replace(book, sales=sales, jobs=jobs)
