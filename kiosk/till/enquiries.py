"""One question at a time to the authority about each line, repeated for ever with growing pauses.

Knows which answer is awaited, whose pause is running and how often none came. Not responsible for which question is next nor for
what an answer means: ``selling``, ``activating`` and ``cancelling`` decide, and ask nothing while the link is down.
"""

from typing import Final

from kiosk.till.desk import Desk
from kiosk.till.messages import LineAnswered
from kiosk.till.ports import LineCall
from kiosk.till.state import Line

TIMER: Final = "ask:"
PAUSES_MS: Final = (1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000)  # the last one repeats
GRACE_MS: Final = 5_000  # beyond a call's own deadline the gateway owes an answer that will not come any more
ANSWERS: Final = {
    "reserve": frozenset({"reserved", "refused"}),
    "commit": frozenset({"committed", "refused"}),
    "status": frozenset({"status"}),
    "cancel": frozenset({"cancelled", "too_late"}),
}
TIMEOUTS_MS: Final = {"reserve": 3_000, "extend": 6_000, "commit": 6_000, "status": 4_000, "cancel": 6_000}


class Enquiries:
    """The questions about lines."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._awaited: dict[str, str] = {}  # line id -> verb
        self._paused: set[str] = set()
        self._unanswered: dict[str, int] = {}

    def busy(self, line_id: str) -> bool:
        """Whether an answer about this line is awaited, or a pause runs."""
        return line_id in self._awaited or line_id in self._paused

    def awaiting(self, line_id: str) -> bool:
        """Whether an answer about this line is awaited."""
        return line_id in self._awaited

    def ask(self, verb: str, line: Line) -> None:
        """Send one question now. The line's intention must be durable (PR-11)."""
        self._paused.discard(line.line_id)
        self._awaited[line.line_id] = verb
        self._desk.wake(TIMER + line.line_id, TIMEOUTS_MS[verb] + GRACE_MS)
        self._desk.questioned()
        self._desk.ports.gateway.send(self.call(verb, line))

    def call(self, verb: str, line: Line, *, n: int = 0) -> LineCall:
        """The message about this line, complete."""
        sale = self._desk.book.sale(line.sale_id)
        return LineCall(
            verb=verb,
            line_id=line.line_id,
            sale_id=line.sale_id,
            serial=line.serial,
            entry_mode=line.entry_mode,
            face=line.face,
            tender=None if sale is None else sale.tender,
            n=n,
            rescanned=line.rescanned,
            timeout_ms=TIMEOUTS_MS[verb],
        )

    def arrived(self, message: LineAnswered) -> None:
        """The outcome of a call came back: after an answer the line may be asked again at once, else a pause begins.

        A signed answer that does not answer the question counts as none, so that nothing is asked without end. A late answer to a
        question that was given up changes nothing here; its content is a fact all the same.
        """
        if self._awaited.get(message.line_id) != message.verb:
            return
        if message.answer is None or message.answer.outcome not in ANSWERS[message.verb]:
            self._pause(message.line_id)
        else:
            self.forget(message.line_id)

    def woken(self, line_id: str) -> None:
        """The line's timer: its pause is over, or an answer is given up."""
        if line_id in self._awaited:
            self._pause(line_id)
        else:
            self._paused.discard(line_id)

    def forget(self, line_id: str) -> None:
        """Nothing about this line is awaited any more, and nothing was unanswered."""
        self._awaited.pop(line_id, None)
        self._paused.discard(line_id)
        self._unanswered.pop(line_id, None)
        self._desk.let_sleep(TIMER + line_id)

    def unnoted(self, line_id: str) -> None:
        """What the authority said could not be journaled: it is asked again, after a pause, because the disk needs one too."""
        self._pause(line_id)

    def end_pauses(self) -> None:
        """The link is back: whatever pauses may be asked now."""
        for line_id in sorted(self._paused):
            self.forget(line_id)

    def _pause(self, line_id: str) -> None:
        self._awaited.pop(line_id, None)
        before = self._unanswered.get(line_id, 0)
        self._unanswered[line_id] = before + 1
        self._paused.add(line_id)
        self._desk.wake(TIMER + line_id, PAUSES_MS[min(before, len(PAUSES_MS) - 1)])
