"""Withdrawing lines: money given back while the activation was unknown, refunds of refused lines, and cancels until acknowledged.

A ``CancelRequested`` stops the commits of its line for ever; the card stays locked on this till until the authority says cancelled
or too late. Not responsible for when the clerk may choose (``activating``).
"""

from collections.abc import Sequence

from kiosk.domain.events import CancelRefused, CancelRequested, Event, LineCancelled, LineRefunded
from kiosk.domain.money import Money, total
from kiosk.domain.sale import LinePhase
from kiosk.domain.tender import TenderKind
from kiosk.errors import Bug
from kiosk.till.activating import Activating
from kiosk.till.cashing import Cashing
from kiosk.till.desk import Desk
from kiosk.till.enquiries import Enquiries
from kiosk.till.messages import LineAnswered
from kiosk.till.state import Line


class Cancelling:
    """Gives money back and delivers tombstones."""

    def __init__(self, desk: Desk, enquiries: Enquiries, activating: Activating, cashing: Cashing) -> None:
        self._desk = desk
        self._enquiries = enquiries
        self._activating = activating
        self._cashing = cashing

    def advance(self) -> None:
        """Ask for every cancel that is owed and not under way."""
        if not self._desk.link_up:
            return
        for line_id in self._desk.book.owed:
            line = self._desk.book.line(line_id)
            if line is not None and not self._enquiries.busy(line_id):
                self._enquiries.ask("cancel", line)

    def answered(self, message: LineAnswered) -> None:
        """The authority holds the tombstone, or the card was spent before it came (X8)."""
        if message.line_id not in self._desk.book.owed or message.answer is None:
            return
        line = self._desk.book.line(message.line_id)
        if line is None:
            raise Bug("a cancel is owed for a line that is not in the book")
        event: Event
        match message.answer.outcome:
            case "cancelled":
                event = LineCancelled(line.line_id)
            case "too_late":
                event = CancelRefused(line.line_id, reason=message.answer.reason or "spent")
                self._desk.say("act.cancel_too_late", line=line, amount=line.face)
            case _:
                return  # no answer to a cancel: it is asked again
        self._desk.append_and_complete(line.sale_id, event)
        self._enquiries.forget(line.line_id)

    def give_back(self, lines: Sequence[Line], *, first: tuple[Event, ...] = (), returned: bool = False) -> None:
        """The clerk returns the money for these lines of one sale, or has returned it, and keeps the cards."""
        sale = self._desk.book.sale(lines[0].sale_id)
        tender = _tender(None if sale is None else sale.tender)
        cash = tender == TenderKind.CASH.value
        events: list[Event] = list(first)
        for line in lines:
            if line.phase is LinePhase.REFUSED:
                events.append(LineRefunded(line.line_id, tender, line.face.minor))
                continue
            shown = line.line_id in self._desk.passing.rescanned
            events.append(CancelRequested(line.line_id, shown, line.face.minor if cash else 0))
        self._desk.append_and_complete(lines[0].sale_id, *events)
        for line in lines:
            self._activating.withdrawn(line)
        if cash and not returned:
            self._cashing.kick_drawer(lines[0].sale_id, reason="refund")
        back = total([line.face for line in lines], self._desk.currency)
        self._desk.say("act.given_back", amount=back, count=len(lines))

    def refund(self, line_id: str) -> None:
        """A refused line's money goes back by the same tender."""
        line = self._desk.book.line(line_id)
        sale = self._desk.sale
        if line is None or sale is None or line.sale_id != sale.sale_id or line.phase is not LinePhase.REFUSED:
            return
        if any(other.replaces == line_id and other in self._desk.basket() for other in sale.live):
            return  # its replacement is being held right now
        self._desk.passing.replacing = None
        amount: Money = line.face
        self._desk.append_and_complete(sale.sale_id, LineRefunded(line_id, _tender(sale.tender), amount.minor))
        if sale.tender == TenderKind.CASH.value:
            self._cashing.kick_drawer(sale.sale_id, reason="refund")
        self._desk.say("act.refunded", amount=amount, line=line)


def _tender(tender: str | None) -> str:
    if tender is None:
        raise Bug("a line was refused after money that never came in")
    return tender
