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
MASKED_RUN: Final = 8  # digits in a row that may be a serial or a code
KEPT_DIGITS: Final = 4
_RUN: Final = re.compile(rb"(?:\d[ -]?){%d,}" % MASKED_RUN)


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

    def add(self, data: bytes, *, sent: bool) -> None:
        """Remember bytes; neighbours in the same direction become one line, so that a number in two pieces is masked as one."""
        if not data:
            return
        with self._lock:
            if self._lines and self._lines[-1].sent is sent and len(self._lines[-1].data) < RING_BYTES // 8:
                last = self._lines.pop()
                self._lines.append(TraceLine(last.at_ms, sent, last.data + data))
            else:
                self._lines.append(TraceLine(self._clock.now_ms(), sent, data))
            self._size += len(data)
            while self._size > RING_BYTES:
                self._size -= len(self._lines.popleft().data)

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
