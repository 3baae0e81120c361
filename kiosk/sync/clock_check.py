"""The authority's time as this terminal knows it: a signed time pins it to the monotonic clock; the machine's clock is never set.

Requests are dated with it, so that a till whose wall clock is wrong still sells (PR-22). Not responsible for journal times nor for
what may be promised with a wrong clock (the till decides; it hears the difference with every ``LinkProbed``).
"""

import threading
from typing import Final

from kiosk.clock import Clock

BANNER_MS: Final = 60_000  # a wall clock that is further off is shown to the clerk


class ClockCheck:
    """Safe to use from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._offset_ms: int | None = None  # authority's UTC minus our monotonic time
        self._boot = clock.boot_id

    def learn(self, time_ms: int, *, asked_mono_ms: int) -> None:
        """A signed time arrived, for a question asked at ``asked_mono_ms``: it was true half-way, as near as can be known."""
        half_way = (asked_mono_ms + self._clock.monotonic_ms()) // 2
        with self._lock:
            self._offset_ms = time_ms - half_way
            self._boot = self._clock.boot_id

    def now_ms(self) -> int:
        """The authority's time if it was ever learnt in this boot, else the machine's."""
        with self._lock:
            if self._offset_ms is None or self._boot != self._clock.boot_id:
                return self._clock.now_ms()
            return self._clock.monotonic_ms() + self._offset_ms

    def off_ms(self) -> int:
        """The machine's wall clock minus the authority's; 0 while nothing was learnt."""
        return self._clock.now_ms() - self.now_ms()

    def banner_due(self) -> bool:
        """Whether the wall clock is so wrong that the clerk should be told."""
        return abs(self.off_ms()) > BANNER_MS
