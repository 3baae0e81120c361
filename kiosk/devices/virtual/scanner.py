"""A bar-code scanner that is not there: what it "reads" is sent down a real pseudo-terminal.

    with VirtualScanner(link=folder / "scanner") as scanner:
        scanner.scan("4971…", aim="C0")

Not responsible for labels: any bytes can be sent, wrong ones too.
"""

from collections import deque
from pathlib import Path
from typing import Final

from kiosk.clock import Clock, SystemClock
from kiosk.devices.virtual.pty_host import READ_BYTES, Plugged, PtyHost

NO_READ: Final = b"NOREAD\r"


class VirtualScanner(Plugged):
    """Sends frames. While it is unplugged they are lost, like a trigger that is pulled on a dead cable."""

    def __init__(self, *, link: Path, clock: Clock | None = None) -> None:
        self._twin = _ScannerTwin(clock or SystemClock())
        self._host = PtyHost(link, self._twin, clock=clock)

    def scan(self, text: str, *, aim: str | None = "C0", suffix: bytes = b"\r") -> None:
        """Read a label: its text with the AIM identifier, if one is set up, and the suffix."""
        head = f"]{aim}" if aim else ""
        self.send(head.encode("ascii") + text.encode("ascii") + suffix)

    def no_read(self) -> None:
        """See something and not be able to read it."""
        self.send(NO_READ)

    def send(self, data: bytes, *, gap_ms: int = 0) -> None:
        """Send raw bytes; one by one with a pause between them when ``gap_ms`` is given."""
        self._host.call(lambda: self._twin.send(data, gap_ms))

    @property
    def heard(self) -> bytes:
        """What the program said to the scanner; a polite one says nothing."""
        return bytes(self._twin.heard)


class _ScannerTwin:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queue: deque[tuple[int, bytes]] = deque()
        self.heard = bytearray()

    def send(self, data: bytes, gap_ms: int) -> None:
        now_ms = self._clock.monotonic_ms()
        if gap_ms:
            self._queue.extend((now_ms + place * gap_ms, bytes([byte])) for place, byte in enumerate(data))
        else:
            self._queue.append((now_ms, data))

    def arrived(self, data: bytes) -> None:
        self.heard += data

    def leaving(self) -> bytes:
        out = bytearray()
        while self._queue and self._queue[0][0] <= self._clock.monotonic_ms():
            out += self._queue.popleft()[1]
        return bytes(out)

    def room(self) -> int:
        return READ_BYTES

    def due_s(self) -> float | None:
        return max(0.0, (self._queue[0][0] - self._clock.monotonic_ms()) / 1000) if self._queue else None

    def elapsed(self) -> None:
        """Nothing happens by itself."""
