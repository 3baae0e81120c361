"""Keeps the last bytes of a port for the technician: a ring of limited size, serials and codes masked when it is shown.

Off unless somebody asks for it. Not a log: it lives in memory and dies with the process.
"""

import re
import threading
from collections import deque
from dataclasses import dataclass
from typing import Final

from kiosk.clock import Clock
from kiosk.devices.transport import Transport

RING_BYTES: Final = 64_000
PAUSE_MS: Final = 300  # longer than the gaps inside anything that a device says at the slowest speed
MASKED_RUN: Final = 8  # digits in a row that may be a serial or a code
KEPT_DIGITS: Final = 4
# not from the digit of an AIM identifier (]C0) on: it belongs to the scanner, and tells the technician the symbology
_RUN: Final = re.compile(rb"(?<!\][A-Za-z])(?:\d[ -]?){%d,}" % MASKED_RUN)


@dataclass(frozen=True, slots=True)
class TraceLine:
    """Bytes that went one way without a pause in between. ``sent``: from us to the device."""

    at_ms: int
    sent: bool
    data: bytes


class Trace:
    """A ring of the last 64 kB in both directions. Written by the device's thread, read by any."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._lines: deque[TraceLine] = deque()
        self._size = 0
        self._last_ms = 0
        self.passed = 0  # bytes since the beginning: tells whether there is anything new

    def add(self, data: bytes, *, sent: bool) -> None:
        """Remember bytes; what goes one way without a pause becomes one line, so that a number in two pieces is masked as one."""
        if not data:
            return
        with self._lock:
            now_ms, last = self._clock.now_ms(), self._lines[-1] if self._lines else None
            paused = not 0 <= now_ms - self._last_ms <= PAUSE_MS
            self._last_ms = now_ms
            self.passed += len(data)
            if last is not None and last.sent is sent and not paused and len(last.data) < RING_BYTES // 8:
                self._lines[-1] = TraceLine(last.at_ms, sent, last.data + data)
            else:
                self._lines.append(TraceLine(now_ms, sent, data))
            self._size += len(data)
            while self._size > RING_BYTES:
                self._size -= len(self._lines.popleft().data)

    def clear(self) -> None:
        """Forget what passed."""
        with self._lock:
            self._lines.clear()
            self._size = 0
            self.passed += 1

    def lines(self) -> tuple[TraceLine, ...]:
        """The lines, oldest first, with every long run of digits reduced to its last four."""
        with self._lock:
            return tuple(TraceLine(line.at_ms, line.sent, mask(line.data)) for line in self._lines)


def mask(data: bytes) -> bytes:
    """``data`` with all but the last four digits of each long run replaced by ``*``; the length stays."""

    def stars(found: re.Match[bytes]) -> bytes:
        run = found.group()
        digits = [place for place, byte in enumerate(run) if 48 <= byte <= 57]
        hidden = set(digits[:-KEPT_DIGITS])
        return bytes(42 if place in hidden else byte for place, byte in enumerate(run))

    return _RUN.sub(stars, data)


class SpyTransport:
    """A transport that tells a trace what passes through it."""

    def __init__(self, inner: Transport, trace: Trace) -> None:
        self._inner = inner
        self._trace = trace

    def fileno(self) -> int:
        return self._inner.fileno()

    def write_some(self, data: bytes) -> int:
        taken = self._inner.write_some(data)
        self._trace.add(data[:taken], sent=True)
        return taken

    def read_some(self) -> bytes:
        data = self._inner.read_some()
        self._trace.add(data, sent=False)
        return data

    def discard_output(self) -> None:
        self._inner.discard_output()

    def close_now(self) -> None:
        self._inner.close_now()
