"""The fold's steps of a line: into the basket, out of it, activated, promised, withdrawn. The rules of the design's table.

Pure; used by ``kiosk.till.fold`` alone.
"""

from dataclasses import replace

from kiosk.domain import events as ev
from kiosk.domain.currency import currency
from kiosk.domain.money import Money
from kiosk.domain.sale import BASKET_PHASES, DOUBTFUL_PHASES, LinePhase
from kiosk.errors import Bug
from kiosk.till import foldparts as parts
from kiosk.till.foldparts import HANDED_OVER, line_of, must, put, sale_of, with_line
from kiosk.till.ports import Entry
from kiosk.till.state import Book, Line, Sale

# ---- the basket


def scanned(book: Book, entry: Entry, event: ev.LineScanned) -> Book:
    must(book.currency != "", "the first entry of a journal is TillStarted")
    must(book.line(event.line_id) is None, "a line id is new")
    line = Line(
        line_id=event.line_id,
        sale_id=event.sale_id,
        serial=event.serial,
        series=event.series,
        face=Money(event.face_minor, currency(book.currency)),
        entry_mode=event.entry_mode,
        phase=LinePhase.ASKED,
        scanned_ms=entry.at_ms,
        asked_ms=entry.at_ms,
        replaces=event.replaces,
    )
    sale = book.sale(event.sale_id)
    if sale is None:
        must(event.replaces is None, "a replacement joins the sale of what it replaces")
        opened = Sale(sale_id=event.sale_id, opened_ms=entry.at_ms, user=entry.user, lines=(line,))
        return replace(book, sales=(*book.sales, opened), current=event.sale_id)
    must(not sale.closed and sale.completed is None and sale.question is None, "the sale is open")
    must(all(other.serial != event.serial for other in sale.live), "a card is once in a basket")
    if event.replaces is None:
        must(not sale.tenders and sale.charge_pending is None, "nothing joins a sale that is being paid")
    else:
        must(line_of(book, event.replaces).phase is LinePhase.REFUSED, "only a refused line is replaced")
    return put(replace(book, current=sale.sale_id), replace(sale, lines=(*sale.lines, line)))


def reserve_requested(book: Book, _: Entry, event: ev.ReserveRequested) -> Book:
    must(line_of(book, event.line_id).phase is LinePhase.ASKED, "a hold is asked for once")
    return book


def reserve_answered(book: Book, _: Entry, event: ev.ReserveAnswered) -> Book:
    line = line_of(book, event.line_id, *BASKET_PHASES)
    match event.outcome:
        case "reserved":
            phase = LinePhase.HELD
        case "refused":
            phase = LinePhase.RELEASED  # the authority holds nothing: no cancel is owed
        case "unanswered":
            phase = LinePhase.UNHELD
        case other:
            raise Bug(f"a hold is not answered with {other!r}")
    answered = replace(
        line,
        phase=phase,
        until_ms=event.until_ms,
        reason=event.reason,
        pack=event.pack or line.pack,
        position=line.position if event.position is None else event.position,
    )
    return with_line(book, answered)


def released(book: Book, _: Entry, event: ev.LineReleased) -> Book:
    line = line_of(book, event.line_id, *BASKET_PHASES, LinePhase.TENDERED)
    must(line.phase is not LinePhase.TENDERED or event.cause == "not_tendered", "paid lines are not taken out")
    released = with_line(book, replace(line, phase=LinePhase.RELEASED))
    return replace(released, owed=(*released.owed, line.line_id))


def abandoned(book: Book, entry: Entry, event: ev.SaleAbandoned) -> Book:
    sale = sale_of(book, event.sale_id)
    must(not sale.live and not sale.closed, "a sale with a line in it is not abandoned")
    book = put(book, replace(sale, abandoned=True, closed=True, question=None))
    return parts.pruned(parts.off_counter(book, sale.sale_id), entry.at_ms)


# ---- activation


def commit_requested(book: Book, entry: Entry, event: ev.CommitRequested) -> Book:
    line = line_of(book, event.line_id)
    book = parts.paid_for(book, line)
    return with_line(book, replace(line, phase=LinePhase.COMMITTING, asked_ms=entry.at_ms, until_ms=None))


def unknown(book: Book, _: Entry, event: ev.ActivationUnknown) -> Book:
    return with_line(book, replace(line_of(book, event.line_id, LinePhase.COMMITTING), phase=LinePhase.UNKNOWN))


def committed(book: Book, _: Entry, event: ev.ActivationCommitted) -> Book:
    line = line_of(book, event.line_id, *DOUBTFUL_PHASES, LinePhase.PROMISED)
    return with_line(book, replace(line, phase=LinePhase.ACTIVATED))


def refused(book: Book, _: Entry, event: ev.ActivationRefused) -> Book:
    line = line_of(book, event.line_id, *DOUBTFUL_PHASES)
    return with_line(book, replace(line, phase=LinePhase.REFUSED, reason=event.reason))


def promised(book: Book, entry: Entry, event: ev.CardPromised) -> Book:
    line = line_of(book, event.line_id)
    # a refused card that has left the shop is promised all the same: the exception that follows names it (X9)
    refused = line.phase is LinePhase.REFUSED and line.doubt and event.outside_policy is not None
    if line.phase not in DOUBTFUL_PHASES and not refused:
        book = parts.paid_for(book, line)
    must(event.serial == line.serial and event.face_minor == line.face.minor, "a promise names its card")
    promised = replace(
        line,
        phase=LinePhase.PROMISED,
        promised_seq=entry.seq,
        outside_policy=event.outside_policy,
        pack=event.pack or line.pack,  # empty: a card that nobody here knew the place of
        position=event.position if event.pack else line.position,
    )
    book = with_line(book, promised)
    return replace(book, promises=(*book.promises, line.line_id))


def settled(book: Book, _: Entry, event: ev.PromiseSettled) -> Book:
    must(event.line_id in book.promises, "a promise is settled once")
    line = line_of(book, event.line_id)
    book = replace(book, promises=parts.without(book.promises, event.line_id))
    withdrawn = line.phase in (LinePhase.CANCELLING, LinePhase.CANCELLED, LinePhase.TOO_LATE)
    if event.outcome != "exception":
        phase = LinePhase.ACTIVATED if line.phase is LinePhase.PROMISED else line.phase
        return with_line(book, replace(line, phase=phase))
    book = with_line(book, replace(line, exception=event.code))
    if withdrawn:  # the card is back on the tray: that the record wins is what was wanted
        return book
    return replace(book, tasks=(*book.tasks, (line.line_id, event.code or "")))


def task_settled(book: Book, _: Entry, event: ev.TaskSettled) -> Book:
    task = (event.line_id, event.code)
    must(task in book.tasks, "a task is settled once")
    return replace(book, tasks=tuple(one for one in book.tasks if one != task))


def cancel_requested(book: Book, entry: Entry, event: ev.CancelRequested) -> Book:
    line = line_of(book, event.line_id, *DOUBTFUL_PHASES, *HANDED_OVER)
    must(not sale_of(book, line.sale_id).closed, "after the hand-over there is no cancel, only void")
    withdrawn = replace(line, phase=LinePhase.CANCELLING, rescanned=event.rescanned, doubt=False, asked_ms=entry.at_ms)
    book = with_line(book, withdrawn)
    return replace(book, owed=(*book.owed, line.line_id))


def line_cancelled(book: Book, _: Entry, event: ev.LineCancelled) -> Book:
    line = parts.owed_line(book, event.line_id)
    phase = LinePhase.CANCELLED if line.phase is LinePhase.CANCELLING else line.phase
    book = with_line(book, replace(line, phase=phase))
    return replace(book, owed=parts.without(book.owed, line.line_id))


def cancel_refused(book: Book, _: Entry, event: ev.CancelRefused) -> Book:
    line = parts.owed_line(book, event.line_id)
    phase = LinePhase.TOO_LATE if line.phase is LinePhase.CANCELLING else line.phase
    book = with_line(book, replace(line, phase=phase, exception="X8"))
    return replace(book, owed=parts.without(book.owed, line.line_id), tasks=(*book.tasks, (line.line_id, "X8")))


def refunded(book: Book, _: Entry, event: ev.LineRefunded) -> Book:
    line = line_of(book, event.line_id, LinePhase.REFUSED)
    must(event.amount_minor == line.face.minor, "what was paid for the line goes back")
    must(event.tender == sale_of(book, line.sale_id).tender, "money goes back the way it came")
    return with_line(book, replace(line, phase=LinePhase.REFUNDED, doubt=False))
