"""The basket: a scanned or typed card is refused at once or journaled and held, its hold is kept alive, a removed card is let go.

Nothing here takes money. A card without a hold (no answer in time, or the link is down) stays in the basket as unheld; whether it
may be paid for is ``kiosk.till.offers``. Not responsible for the acknowledgement of cancels (``cancelling``).
"""

from typing import Final

from kiosk.domain.activation import EXTEND_EVERY_MS, HOLD_LIMIT_MS, HOLD_MS, EntryMode
from kiosk.domain.events import Event, LineReleased, LineScanned, ReserveAnswered, ReserveRequested, SaleAbandoned
from kiosk.domain.refusals import Reason, ScanRefusal
from kiosk.domain.sale import BASKET_PHASES, LinePhase, ReleaseCause
from kiosk.errors import Bug
from kiosk.protocol.messages import LineAnswer
from kiosk.till.completing import Completing
from kiosk.till.desk import Desk
from kiosk.till.enquiries import Enquiries
from kiosk.till.messages import LineAnswered
from kiosk.till.reading import CardRead, KnownSale, read_card, refusal_here
from kiosk.till.state import Line, Notice

HOLD_WAIT_MS: Final = 3_000  # then the card is unheld, and the clerk goes on
NO_ROOM: Final = "JRN-11"
TAMPERED: Final = "JRN-06"
LAST_CHANCE_MS: Final = 10_000
EXTEND_TIMER: Final = "extend:"
WAIT_TIMER: Final = "hold:"


class Selling:
    """Fills and empties the basket."""

    def __init__(self, desk: Desk, enquiries: Enquiries, completing: Completing) -> None:
        self._desk = desk
        self._enquiries = enquiries
        self._completing = completing
        self._extensions: dict[str, int] = {}
        self._held_until: dict[str, int] = {}  # monotonic
        self._lapsed: set[str] = set()  # held for ten minutes: not asked for again

    # ---- into the basket

    def add(self, text: str, *, symbology: str | None, mode: EntryMode, complete: bool = True) -> None:
        """A scan or a typed number for the sale on screen; the first one opens it, and hands the last one over."""
        read = read_card(self._desk.settings, text, symbology=symbology, mode=mode, complete=complete)
        if isinstance(read, ScanRefusal):
            self._desk.refuse_scan(read)
            return
        if self._refused_here(read):
            return
        self._completing.hand_over()
        self.put_in(read, replaces=None)

    def replace(self, text: str, *, symbology: str | None, mode: EntryMode, complete: bool = True) -> None:
        """A scan or a typed number that is to replace the refused line which the clerk chose: same series, another card."""
        sale = self._desk.sale
        replaced = (
            next((line for line in sale.lines if line.line_id == self._desk.passing.replacing), None) if sale else None
        )
        if sale is None or replaced is None or self._desk.basket():
            self._desk.refuse_scan(ScanRefusal.BUSY)
            return
        read = read_card(self._desk.settings, text, symbology=symbology, mode=mode, complete=complete)
        if isinstance(read, ScanRefusal):
            self._desk.refuse_scan(read)
            return
        if read.series.number != replaced.series:
            self._desk.tell(Notice(key="act.replace_other_series", last4=read.serial[-4:]), sound="scan_refused")
            return
        if self._refused_here(read):
            return
        self.put_in(read, replaces=replaced)

    def put_in(self, read: CardRead, *, replaces: Line | None) -> Line | None:
        """Journal the card and ask for its hold. ``None`` when the disk lets no sale start (JR-11) or a payment is under way."""
        sale = self._desk.sale
        if replaces is None and sale is not None and (sale.tenders or sale.charge_pending):
            return None
        if replaces is None and not self._desk.ports.journal.healthy():
            tampered = self._desk.ports.journal.tampered() is not None
            self._desk.tell(Notice(trouble=TAMPERED if tampered else NO_ROOM), sound="error")
            return None
        ids = self._desk.ports.ids
        sale_id = ids.uuid7() if sale is None else sale.sale_id
        line_id = ids.uuid7()
        scanned = LineScanned(
            sale_id=sale_id,
            line_id=line_id,
            serial=read.serial,
            series=read.series.number,
            face_minor=read.series.face.minor,
            entry_mode=read.mode.value,
            replaces=None if replaces is None else replaces.line_id,
        )
        events: list[Event] = [scanned, ReserveRequested(line_id)]
        if not self._desk.link_up:
            events.append(ReserveAnswered(line_id, outcome="unanswered"))
        self._desk.append(*events)
        self._desk.passing.counter = sale_id
        self._desk.passing.removed = None
        self._desk.hush()
        self._desk.ports.sounds.play("scan_ok")
        if self._desk.link_up:
            self._desk.wake(WAIT_TIMER + line_id, HOLD_WAIT_MS)
        return self._desk.book.line(line_id)

    def put_back(self) -> None:
        """Undo of the last removal: the card comes in again under a new line id."""
        removed = self._desk.passing.removed
        if removed is None:
            return
        self.add(removed.serial, symbology=None, mode=EntryMode(removed.entry_mode))

    # ---- out of the basket

    def remove(self, line_id: str, *, cause: ReleaseCause = ReleaseCause.REMOVED) -> None:
        """Take one card out; a cancel is owed for it until the authority holds the tombstone."""
        line = next((line for line in self._desk.basket() if line.line_id == line_id), None)
        if line is None:
            return
        self.release([line], cause=cause)
        self._desk.passing.removed = line
        self._desk.say("sale.removed", amount=line.face, line=line)

    def clear(self) -> None:
        """Take every card out."""
        lines = self._desk.basket()
        if lines:
            self.release(lines, cause=ReleaseCause.CLEARED)
            self._desk.say("sale.cleared", count=len(lines))

    def release(
        self, lines: list[Line] | tuple[Line, ...], *, cause: ReleaseCause, first: tuple[Event, ...] = ()
    ) -> None:
        """Release lines of one sale, after the events in ``first``; the sale is abandoned when that leaves nothing of it."""
        sale = self._desk.book.sale(lines[0].sale_id)
        if sale is None:
            raise Bug("a line without a sale")
        gone = {line.line_id for line in lines}
        events: list[Event] = [*first, *(LineReleased(line.line_id, cause.value) for line in lines)]
        if all(line.line_id in gone for line in sale.live):
            events.append(SaleAbandoned(sale.sale_id))
        self._desk.append(*events)
        self._left(lines)
        if events[-1] == SaleAbandoned(sale.sale_id) and self._desk.passing.counter == sale.sale_id:
            self._desk.passing.counter = None

    # ---- holds

    def advance(self) -> None:
        """Ask for every hold that is wanted and not asked for: at once after the scan, later for unheld cards of an open basket."""
        if not self._desk.link_up:
            return
        for sale in self._desk.book.sales:
            if sale.closed or sale.question is not None or sale.charge_pending is not None:
                continue
            for line in sale.lines:
                again = line.phase is LinePhase.UNHELD and line.replaces is None and line.line_id not in self._lapsed
                wanted = line.phase is LinePhase.ASKED or again
                if wanted and not self._enquiries.busy(line.line_id) and not self._desk.waits_for_cancel(line):
                    self._enquiries.ask("reserve", line)

    def answered(self, message: LineAnswered) -> None:
        """What came of a reserve."""
        line = self._desk.book.line(message.line_id)
        if line is None or line.phase not in BASKET_PHASES or self._paying(line):
            return
        answer = message.answer
        if answer is None:
            self._unanswered(line)
        elif answer.outcome == "reserved":
            self._held(line, answer)
        elif answer.outcome == "refused":
            self._lost(line, answer)
        else:
            self._unanswered(line)  # no answer to a reserve: never taken for a yes

    def wait_over(self, line_id: str) -> None:
        """The timer of a hold that was asked for."""
        line = self._desk.book.line(line_id)
        if line is not None and line.phase is LinePhase.ASKED:
            self._unanswered(line)

    def extend_due(self, line_id: str) -> None:
        """The timer of a hold that must be kept alive, at most ten minutes in all."""
        line = self._desk.book.line(line_id)
        if line is None or line.phase is not LinePhase.HELD:
            return
        now = self._desk.mono_ms()
        if now >= self._held_until.get(line_id, now):
            self._lapse(line)
            return
        next_ms = min(now + EXTEND_EVERY_MS, self._held_until[line_id])
        self._desk.ports.scheduler.set(EXTEND_TIMER + line_id, next_ms)
        if self._desk.now_ms() - line.scanned_ms < HOLD_LIMIT_MS and self._desk.link_up:
            self._extensions[line_id] = self._extensions.get(line_id, 0) + 1
            self._desk.questioned()
            self._desk.ports.gateway.send(self._enquiries.call("extend", line, n=self._extensions[line_id]))

    def extended(self, message: LineAnswered) -> None:
        """What came of an extension."""
        line = self._desk.book.line(message.line_id)
        if line is None or line.phase is not LinePhase.HELD or message.answer is None:
            return
        if message.answer.outcome == "extended":
            self._keep(line, message.answer.until_ms)
        elif message.answer.outcome == "lost" and message.answer.reason is None:
            self._lapse(line)  # nobody else has the card
        elif message.answer.outcome == "lost" and not self._paying(line):
            self._lost(line, message.answer)

    # ---- inside

    def _refused_here(self, read: CardRead) -> bool:
        """Whether this till's own book has something against the card; then the clerk has been told."""
        last4 = read.serial[-4:]
        match refusal_here(self._desk.book, read, counter=self._desk.sale):
            case None:
                return False
            case ScanRefusal() as refusal:
                self._desk.refuse_scan(refusal, last4=last4)
            case KnownSale(at_ms):
                notice = Notice(reason=Reason.ALREADY_SOLD, last4=last4, sold_at_ms=at_ms)
                self._desk.tell(notice, sound="scan_refused")
            case Line() as line:
                self._desk.refuse_scan(ScanRefusal.ALREADY_IN_BASKET, line=line, last4=last4)
        return True

    def _held(self, line: Line, answer: LineAnswer) -> None:
        held = ReserveAnswered(
            line.line_id, outcome="reserved", until_ms=answer.until_ms, pack=answer.pack, position=answer.position
        )
        self._desk.append(held)
        self._desk.let_sleep(WAIT_TIMER + line.line_id)
        self._keep(line, answer.until_ms)

    def _keep(self, line: Line, until_ms: int | None) -> None:
        authority_ms = self._desk.now_ms() - (self._desk.passing.clock_off_ms or 0)
        left_ms = 0 if until_ms is None else until_ms - authority_ms
        # a repeated answer may name a hold that has ended: one extension is tried before the line counts as unheld
        left_ms = max(LAST_CHANCE_MS, min(left_ms, HOLD_MS))
        self._held_until[line.line_id] = self._desk.mono_ms() + left_ms
        self._desk.wake(EXTEND_TIMER + line.line_id, min(EXTEND_EVERY_MS, left_ms // 2))

    def _lapse(self, line: Line) -> None:
        self._lapsed.add(line.line_id)
        self._desk.let_sleep(EXTEND_TIMER + line.line_id)
        if not self._paying(line):
            self._desk.append(ReserveAnswered(line.line_id, outcome="unanswered"))

    def _lost(self, line: Line, answer: LineAnswer) -> None:
        reason = reason_of(answer.reason)
        refused = ReserveAnswered(line.line_id, outcome="refused", reason=reason.value)
        sale = self._desk.book.sale(line.sale_id)
        last = sale is not None and len(sale.live) == 1
        self._desk.append(refused, *((SaleAbandoned(line.sale_id),) if last else ()))
        self._left([line])
        if last and self._desk.passing.counter == line.sale_id:
            self._desk.passing.counter = None
        notice = Notice(
            reason=reason,
            line_id=line.line_id,
            last4=line.serial[-4:],
            until_ms=answer.until_ms,
            till=answer.till,
            sold_at_ms=answer.sold_at_ms,
        )
        self._desk.tell(notice, sound="scan_refused")

    def _unanswered(self, line: Line) -> None:
        self._desk.let_sleep(WAIT_TIMER + line.line_id)
        if line.phase is LinePhase.ASKED:
            self._desk.append(ReserveAnswered(line.line_id, outcome="unanswered"))

    def _left(self, lines: list[Line] | tuple[Line, ...]) -> None:
        for line in lines:
            self._enquiries.forget(line.line_id)
            self._desk.let_sleep(WAIT_TIMER + line.line_id)
            self._desk.let_sleep(EXTEND_TIMER + line.line_id)
            self._extensions.pop(line.line_id, None)
            self._held_until.pop(line.line_id, None)
            self._lapsed.discard(line.line_id)

    def _paying(self, line: Line) -> bool:
        sale = self._desk.book.sale(line.sale_id)
        return sale is not None and sale.charge_pending is not None


def reason_of(text: str | None) -> Reason:
    """The wire's reason; one that this version does not know gets the neutral sentence."""
    try:
        return Reason(text)
    except ValueError:
        return Reason.NOT_SELLABLE
