"""Time and ids as capabilities that are passed in, so that tests and the simulator own both.

The only place that reads the machine's clock or draws random ids. Not responsible for judging whether the clock is right
(``kiosk.sync.clock_check`` compares it with the authority) nor for keys and codes (their rooms draw those themselves).
"""

import secrets
import time
import uuid
from pathlib import Path
from typing import Protocol

_BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """Two clocks that must not be mixed: one may jump and is for people and records, one never jumps and is for waiting."""

    @property
    def boot_id(self) -> str:
        """Names the span in which ``monotonic_ms`` values may be compared: one start of the machine."""

    def now_ms(self) -> int:
        """UTC, milliseconds since 1970. May jump in either direction."""

    def monotonic_ms(self) -> int:
        """Milliseconds that only grow within one ``boot_id``, also while the machine sleeps where the system can tell."""


class IdSource(Protocol):
    """Where ids and nonces come from."""

    def uuid7(self) -> str:
        """A new UUIDv7 (RFC 9562, 5.7) as text: the time is readable, the rest cannot be guessed."""

    def token_bytes(self, count: int) -> bytes:
        """``count`` unguessable bytes."""


class SystemClock:
    """The machine's clock."""

    def __init__(self) -> None:
        self._boot_id = _read_boot_id()
        # CLOCK_MONOTONIC stands still while a laptop sleeps: a hold would look fresh after a night
        self._monotonic = getattr(time, "CLOCK_BOOTTIME", None)

    @property
    def boot_id(self) -> str:
        return self._boot_id

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        if self._monotonic is None:
            return time.monotonic_ns() // 1_000_000
        return time.clock_gettime_ns(self._monotonic) // 1_000_000


class SystemIds:
    """Ids from the operating system's generator; the time part comes from the clock that is passed in."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def uuid7(self) -> str:
        return uuid7_text(unix_ms=self._clock.now_ms(), random10=secrets.token_bytes(10))

    def token_bytes(self, count: int) -> bytes:
        return secrets.token_bytes(count)


def uuid7_text(*, unix_ms: int, random10: bytes) -> str:
    """The UUIDv7 of a time and 10 random bytes (74 bits of them are used), laid out as RFC 9562, 5.7 says."""
    if len(random10) != 10 or not 0 <= unix_ms < 1 << 48:
        raise ValueError("a UUIDv7 is made of 48 bits of milliseconds and 10 random bytes")
    value = unix_ms << 80 | int.from_bytes(random10, "big")
    value = value & ~(0xF << 76) | 0x7 << 76  # version
    value = value & ~(0x3 << 62) | 0x2 << 62  # variant
    return str(uuid.UUID(int=value))


def _read_boot_id() -> str:
    try:
        return _BOOT_ID_FILE.read_text(encoding="ascii").strip()
    except OSError:
        # no such file outside Linux: one id per process, which claims less than is true and never more
        return str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
