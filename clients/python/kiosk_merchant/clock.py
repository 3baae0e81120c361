"""Time, randomness and waiting as one capability, so that tests own them. The only file that reads the machine's clock."""

import random
import secrets
import time
from typing import Protocol


class Clock(Protocol):
    """What the client asks of the machine."""

    def now_ms(self) -> int:
        """UTC, milliseconds since 1970; may jump."""

    def monotonic_s(self) -> float:
        """Seconds that only grow, for waiting."""

    def wait_s(self, seconds: float) -> None:
        """Do nothing for so long."""

    def between(self, low: float, high: float) -> float:
        """A random number, to spread the repeats of many sites."""

    def token(self, count: int) -> bytes:
        """Unguessable bytes."""


class SystemClock:
    """The machine's own."""

    def now_ms(self) -> int:
        """UTC, milliseconds since 1970; may jump."""
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        """Seconds that only grow, for waiting."""
        return time.monotonic()

    def wait_s(self, seconds: float) -> None:
        """Do nothing for so long."""
        time.sleep(seconds)

    def between(self, low: float, high: float) -> float:
        """A random number, to spread the repeats of many sites."""
        return random.uniform(low, high)

    def token(self, count: int) -> bytes:
        """Unguessable bytes."""
        return secrets.token_bytes(count)
