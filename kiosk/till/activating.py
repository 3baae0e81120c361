"""Making cards spendable once the money is in: commit, ask, and ask again for ever; or promise, when the link is down.

``CommitRequested`` is durable before the commit is sent. An attempt waits 6 s, then the status is asked after 1, 2, 4, 8 s and so
on; ``unseen`` sends the same commit again, under the same id. Unknown is a state after 10 s, a choice for the clerk after 20 s, and
never a failure. Not responsible for withdrawing a line (``cancelling``) nor for the questions of a restart (``recovery``).
"""

from collections.abc import Sequence
from typing import Final

from kiosk.domain.events import (
    ActivationCommitted,
    ActivationRefused,
    ActivationUnknown,
    CardPromised,
    CommitRequested,
    Event,
)
from kiosk.domain.refusals import PromiseRefusal, Reason
from kiosk.domain.sale import DOUBTFUL_PHASES, LinePhase, ReleaseCause
from kiosk.protocol.messages import LineAnswer
from kiosk.till.desk import Desk
from kiosk.till.enquiries import Enquiries
from kiosk.till.messages import LineAnswered
from kiosk.till.offers import Offers, unknown_lines
from kiosk.till.selling import Selling, reason_of
from kiosk.till.state import Line, Notice, Sale

UNKNOWN_AFTER_MS: Final = 10_000
CHOICES_AFTER_MS: Final = 20_000
BACKGROUND_AFTER_MS: Final = 3_000
UNKNOWN_TIMER: Final = "unknown:"
TICK_TIMER: Final = "tick"
TICK_MS: Final = 1_000


class Activating:
    """Pursues every paid line until the authority has said yes or no."""

    def __init__(self, desk: Desk, enquiries: Enquiries, offers: Offers, selling: Selling) -> None:
        self._desk = desk
        self._enquiries = enquiries
        self._offers = offers
        self._selling = selling
        self._commit_next: set[str] = set()  # the authority does not have the commit, as far as is known
        self._given_up: set[str] = set()  # promised outside the policy and refused: its exception is on its way

    # ---- what is due

    def advance(self) -> None:
        """Begin what is paid, go on with replacements, and keep asking. Safe to call at any time, any number of times."""
        for sale in self._desk.book.sales:
            if sale.closed or sale.question is not None:
                continue
            tendered = tuple(line for line in sale.lines if line.phase is LinePhase.TENDERED)
            if tendered:
                self.begin(tendered)
            for line in sale.lines:
                if line.replaces is not None and line.phase in (LinePhase.HELD, LinePhase.UNHELD):
                    self._replace(line)
        if not self._desk.link_up:
            return
        for sale in self._desk.book.sales:
            for line in sale.lines:
                if self._wanted(line) and not self._enquiries.busy(line.line_id):
                    self._pursue(line)

    def begin(self, lines: Sequence[Line], *, first: tuple[Event, ...] = ()) -> None:
        """The money for these lines of one sale is in: promise them if the link is down and the policy allows it, else commit."""
        sale = self._desk.book.sale(lines[0].sale_id)
        tender = None if sale is None else sale.tender
        if not self._desk.link_up and tender is not None and self._offers.promise(tuple(lines), tender=tender) is None:
            self.promise(lines, first=first)
            return
        self._desk.append(*first, *(CommitRequested(line.line_id) for line in lines))
        self._desk.passing.choices_from = 0
        for line in lines:
            self._desk.passing.committed_at[line.line_id] = self._desk.mono_ms()
            self._commit_next.add(line.line_id)
            self._enquiries.forget(line.line_id)
            self._desk.wake(UNKNOWN_TIMER + line.line_id, UNKNOWN_AFTER_MS)
        self.tick()

    def promise(
        self, lines: Sequence[Line], *, first: tuple[Event, ...] = (), close: bool = False, outside: bool = False
    ) -> None:
        """``CardPromised`` for these lines of one sale, with ``SaleCompleted`` in the same transaction if that ends it.

        ``outside``: the customer has left with the cards, whatever the policy says; the entry then names what it overrides.
        """
        snapshot = self._desk.snapshot()
        sale = self._desk.book.sale(lines[0].sale_id)
        overridden = None
        if outside and sale is not None:
            why = self._offers.promise(tuple(lines), tender=sale.tender or "")
            refused = any(line.phase is LinePhase.REFUSED for line in lines)
            overridden = why or (PromiseRefusal.LOCKED if refused else None)
        events: list[Event] = []
        for line in lines:
            card = self._desk.ports.journal.find_card(line.serial)
            events.append(
                CardPromised(
                    line_id=line.line_id,
                    sale_id=line.sale_id,
                    serial=line.serial,
                    series=line.series,
                    face_minor=line.face.minor,
                    pack=card.pack if card else line.pack or "",
                    position=card.position if card else line.position or 0,
                    policy_version=snapshot.policy.version,
                    snapshot_version=snapshot.stock_version,
                    blocklist_version=snapshot.blocklist_version,
                    outside_policy=None if overridden is None else overridden.value,
                )
            )
        self._desk.append_and_complete(lines[0].sale_id, *first, *events, close=close)
        for line in lines:
            self._desk.let_sleep(UNKNOWN_TIMER + line.line_id)
            if overridden is None:
                self._enquiries.forget(line.line_id)

    # ---- answers

    def answered(self, message: LineAnswered) -> None:
        """What came of a commit or a status. Only a signed yes is a yes; anything that is no answer is asked again."""
        line = self._desk.book.line(message.line_id)
        answer = message.answer
        if line is None or answer is None or line.phase not in (*DOUBTFUL_PHASES, LinePhase.PROMISED):
            return
        verdict = _verdict(message.verb, answer)
        if verdict is True:
            self._desk.append_and_complete(line.sale_id, ActivationCommitted(line.line_id))
            self._over(line)
        elif isinstance(verdict, Reason):
            self._refused(line, verdict, answer)
        elif verdict is False:
            self._commit_next.add(line.line_id)

    def unknown_due(self, line_id: str) -> None:
        """The timer of a commit: 10 s without an answer."""
        line = self._desk.book.line(line_id)
        if line is not None and line.phase is LinePhase.COMMITTING:
            self._desk.append(ActivationUnknown(line_id))

    def tick(self) -> None:
        """Once a second while an activation is on screen, so that what the screen says follows the time."""
        if any(line.phase in DOUBTFUL_PHASES for line in (self._desk.sale.lines if self._desk.sale else ())):
            self._desk.wake(TICK_TIMER, TICK_MS)

    def waiting_ms(self, sale: Sale | None) -> int:
        """How long the oldest unanswered activation of the sale has been under way in this process."""
        if sale is None:
            return 0
        now = self._desk.mono_ms()
        begun = [
            self._desk.passing.committed_at.get(line.line_id, now)
            for line in sale.lines
            if line.phase in DOUBTFUL_PHASES
        ]
        return now - min(begun, default=now)

    def choices(self, sale: Sale | None) -> bool:
        """Whether the clerk may decide: 20 s without an answer, and a line that is unknown."""
        return sale is not None and bool(unknown_lines(sale)) and self.waiting_ms(sale) >= CHOICES_AFTER_MS

    def choices_shown(self, sale: Sale | None) -> bool:
        """Whether the clerk is asked: not for a while after choosing to wait."""
        return self.choices(sale) and self._desk.mono_ms() >= self._desk.passing.choices_from

    def wait_longer(self) -> None:
        """The customer waits: ask the clerk again later."""
        self._desk.passing.choices_from = self._desk.mono_ms() + CHOICES_AFTER_MS

    def recovered(self, line: Line) -> None:
        """A restart found the line without an answer: the clocks of this process begin now, and the status is asked first."""
        self._desk.passing.committed_at[line.line_id] = self._desk.mono_ms()
        if line.phase is LinePhase.COMMITTING:
            self._desk.wake(UNKNOWN_TIMER + line.line_id, UNKNOWN_AFTER_MS)

    def withdrawn(self, line: Line) -> None:
        """The clerk gave the money back: nothing is asked about the commit any more."""
        self._over(line)

    # ---- inside

    def _wanted(self, line: Line) -> bool:
        if line.phase in DOUBTFUL_PHASES:
            return True
        pending = line.line_id in self._desk.book.promises and line.line_id not in self._given_up
        return line.phase is LinePhase.PROMISED and line.outside_policy is not None and pending

    def _pursue(self, line: Line) -> None:
        if self._desk.waits_for_cancel(line):
            return
        if line.line_id in self._commit_next:
            self._commit_next.discard(line.line_id)
            self._enquiries.ask("commit", line)
        else:
            self._enquiries.ask("status", line)

    def _replace(self, line: Line) -> None:
        """The card that replaces a refused one has its hold, or none: the money is in, so it goes on or leaves at once."""
        sale = self._desk.book.sale(line.sale_id)
        if sale is None or sale.tender is None:
            return
        listed = line.phase is LinePhase.HELD or self._offers.listed(line)
        refusal = None if self._desk.link_up else self._offers.promise((line,), tender=sale.tender)
        if (self._desk.link_up and listed) or (not self._desk.link_up and refusal is None):
            self._desk.passing.replacing = None
            self.begin((line,))
            return
        self._selling.release((line,), cause=ReleaseCause.REFUSED)
        self._desk.tell(Notice(promise=refusal or PromiseRefusal.NOT_LISTED, line_id=line.line_id), sound="error")

    def _refused(self, line: Line, reason: Reason, answer: LineAnswer) -> None:
        if line.phase is LinePhase.PROMISED:
            self._given_up.add(
                line.line_id
            )  # the record wins; the exception that names the line comes with the delivery
            return
        self._desk.append(ActivationRefused(line.line_id, reason.value))
        self._over(line)
        self._desk.tell(
            Notice(
                reason=reason,
                line_id=line.line_id,
                last4=line.serial[-4:],
                until_ms=answer.until_ms,
                till=answer.till,
                sold_at_ms=answer.sold_at_ms,
            ),
            sound="error",
        )

    def _over(self, line: Line) -> None:
        self._enquiries.forget(line.line_id)
        self._desk.let_sleep(UNKNOWN_TIMER + line.line_id)
        self._desk.passing.committed_at.pop(line.line_id, None)
        self._commit_next.discard(line.line_id)


def _verdict(verb: str, answer: LineAnswer) -> bool | Reason | None:
    """Yes, a reason for no, ``False`` when the commit is not there yet, ``None`` when this answers nothing."""
    if verb == "commit":
        match answer.outcome:
            case "committed":
                return True
            case "refused":
                return reason_of(answer.reason)
            case _:
                return None
    match answer.record if answer.outcome == "status" else "":
        case "committed":
            return True
        case "refused":
            return reason_of(answer.reason)
        case "cancelled" | "voided":
            return Reason.CANCELLED
        case "unseen" | "reserved":
            return False
        case _:
            return None
