"""The link to the authority as a fact: down after 15 s without a signed answer, back with the next one; and the clock's honesty.

While it is down only ``GET /v1/time`` probes it, and no sale waits for it. Not responsible for what is asked once it is back.
"""

from typing import Final

from kiosk.domain.events import LinkLost, LinkRestored
from kiosk.protocol.problems import ProblemKind
from kiosk.till.desk import SILENCE_MS, SILENCE_TIMER, Desk
from kiosk.till.messages import LinkProbed

PROBE_TIMER: Final = "probe"
PROBE_IDLE_MS: Final = (
    60_000  # a till that nobody uses says hello once a minute: the clock, and the last contact of a promise
)
PROBE_DOWN_MS: Final = 5_000  # after a probe without an answer
PROBE_LIMIT_MS: Final = 20_000  # a probe whose outcome never came back is given up
TURNED_AWAY: Final = frozenset({ProblemKind.REVOKED_TERMINAL.value, ProblemKind.UNKNOWN_TERMINAL.value})
CLOCK_OFF_MS: Final = 60_000  # beyond it nothing may be promised
CLOCK_JUMP_MS: Final = 300_000  # JR-18


class Link:
    """Follows the link and the clock."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._heard_at: int | None = None
        self._probing = False
        self._wall_minus_mono = 0

    def start(self) -> None:
        """Ask at once: the first answer tells the time."""
        self._wall_minus_mono = self._desk.now_ms() - self._desk.mono_ms()
        self._probe()

    def heard(self) -> bool:
        """A signed answer arrived. Returns whether it brought the link back."""
        self._heard_at = self._desk.mono_ms()
        self._desk.passing.asked_since = None
        self._desk.let_sleep(SILENCE_TIMER)
        if self._desk.link_up:
            return False
        self._desk.append(LinkRestored())
        return True

    def told(self, problem: str | None, *, answered: bool) -> None:
        """A question was answered, or turned away with a signed problem. A terminal that is revoked takes no money and promises
        nothing until it is answered again: nobody would activate those cards (X6)."""
        if answered:
            self._desk.passing.revoked = False
        elif problem in TURNED_AWAY:
            self._desk.passing.revoked = True

    def probed(self, message: LinkProbed) -> bool:
        """A probe came back. Returns whether it brought the link back."""
        self._probing = False
        self.told(message.problem, answered=message.time_ms is not None)
        if message.time_ms is None:
            self._desk.wake(PROBE_TIMER, PROBE_DOWN_MS)
            return False
        self._desk.passing.clock_off_ms = message.clock_off_ms
        self._wall_minus_mono = self._desk.now_ms() - self._desk.mono_ms()
        self._desk.wake(PROBE_TIMER, PROBE_IDLE_MS)
        return self.heard()

    def silent(self) -> None:
        """The timer of the silence: 15 s passed since the first question that had no signed answer."""
        since = self._desk.passing.asked_since
        if since is None or not self._desk.link_up:
            return
        left_ms = since + SILENCE_MS - self._desk.mono_ms()
        if left_ms > 0:
            self._desk.wake(SILENCE_TIMER, left_ms)
            return
        self._desk.append(LinkLost())
        if not self._probing:
            self._probe()

    def probe_due(self) -> None:
        """The timer of the probe. Nothing is asked of a link that answered a moment ago."""
        heard_ms = None if self._heard_at is None else self._desk.mono_ms() - self._heard_at
        if self._desk.link_up and not self._probing and heard_ms is not None and heard_ms < PROBE_IDLE_MS:
            self._desk.wake(PROBE_TIMER, PROBE_IDLE_MS - heard_ms)
            return
        self._probe()

    def contact_age_ms(self) -> int | None:
        """Since the last signed answer: monotonic in this process, by the wall clock after a restart; ``None`` without any."""
        if self._heard_at is not None:
            return self._desk.mono_ms() - self._heard_at
        contact_ms = self._desk.snapshot().contact_ms
        return max(0, self._desk.now_ms() - contact_ms) if contact_ms else None

    def clock_sound(self) -> bool:
        """Whether the wall clock may date a promise: it agrees with the authority's, and nobody moved it since (JR-18).

        Before a signed time arrived in this process it must at least not be behind what the journal and the downloads have seen.
        """
        now_ms = self._desk.now_ms()
        jumped_ms = abs(now_ms - self._desk.mono_ms() - self._wall_minus_mono)
        if jumped_ms > CLOCK_JUMP_MS:
            return False
        off_ms = self._desk.passing.clock_off_ms
        if off_ms is not None:
            return abs(off_ms) <= CLOCK_OFF_MS
        seen_ms = max(self._desk.book.last_at_ms, self._desk.snapshot().contact_ms)
        return now_ms >= seen_ms - CLOCK_JUMP_MS

    def _probe(self) -> None:
        self._probing = True
        self._desk.wake(PROBE_TIMER, PROBE_LIMIT_MS)
        self._desk.questioned()
        self._desk.ports.gateway.probe()
