"""A clock and an id source that a test owns: time moves only when told to, ids come from a seed."""

import random

from kiosk.clock import uuid7_text

START_MS = 1_767_258_000_000  # 2026-01-01 09:00 UTC


class FakeClock:
    """Stands still until ``advance``. ``jump`` moves the wall clock alone (a corrected clock); ``drift_ppm`` makes it run wrong."""

    def __init__(self, *, now_ms: int = START_MS, drift_ppm: int = 0) -> None:
        self._now_us = now_ms * 1000
        self._monotonic_us = 5_000_000
        self._boots = 1
        self.drift_ppm = drift_ppm

    @property
    def boot_id(self) -> str:
        return f"00000000-0000-4000-8000-{self._boots:012d}"

    def now_ms(self) -> int:
        return self._now_us // 1000

    def monotonic_ms(self) -> int:
        return self._monotonic_us // 1000

    def advance(self, ms: int) -> None:
        """Let ``ms`` true milliseconds pass."""
        if ms < 0:
            raise ValueError("time does not pass backwards; use jump()")
        self._monotonic_us += ms * 1000
        self._now_us += ms * 1000 + ms * self.drift_ppm // 1000

    def jump(self, ms: int) -> None:
        """Somebody set the clock: forwards or backwards, the monotonic clock unmoved."""
        self._now_us += ms * 1000

    def reboot(self) -> None:
        """The machine was started again: another boot id, monotonic time from nearly 0."""
        self._boots += 1
        self._monotonic_us = 1_000_000


class SeededIds:
    """The same seed gives the same ids, in order."""

    def __init__(self, clock: FakeClock, *, seed: int = 1) -> None:
        self._clock = clock
        self._random = random.Random(seed)

    def uuid7(self) -> str:
        return uuid7_text(unix_ms=self._clock.now_ms(), random10=self._random.randbytes(10))

    def token_bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)
