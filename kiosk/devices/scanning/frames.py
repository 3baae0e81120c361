"""Cuts a scanner's bytes into frames: where one read ends and the next begins, what is noise, what was read twice. Pure.

Time comes in as milliseconds of a monotonic clock. Not responsible for what a frame means.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

FRAME_BYTES_MAX: Final = 512
SILENCE_MS: Final = 80  # a frame without a suffix ends after so much silence, and is marked
REPEAT_MS: Final = 700  # a scanner on a stand reads the same label again while it is lifted
ENDS: Final = frozenset(b"\r\n\x03")
STX: Final = 0x02
NO_READS: Final = frozenset(
    {"NR", "NOREAD", "NO READ", "?", "ERROR"}
)  # what scanners say when they saw something unreadable


class Unread(Enum):
    """Why nothing was read."""

    NO_READ = "no_read"
    JUNK = "junk"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Frame:
    """One read. ``complete``: its suffix came; without one the end may be missing."""

    text: str
    complete: bool

    def __repr__(self) -> str:
        return f"Frame(…{len(self.text)} characters, complete={self.complete})"


class Framer:
    """Feed it bytes with their time; call ``silence`` when none came. One per port; ``reset`` when the line was lost."""

    def __init__(self, no_reads: frozenset[str] = NO_READS) -> None:
        self._no_reads = no_reads
        self._bytes = bytearray()
        self._overlong = False
        self._last_ms = 0
        self._repeated: tuple[str, int] | None = None

    def feed(self, data: bytes, at_ms: int) -> list[Frame | Unread]:
        """The reads that these bytes complete, in order."""
        found: list[Frame | Unread] = [*self.silence(at_ms)]
        self._last_ms = at_ms
        for byte in data:
            if byte in ENDS:
                found.extend(self._end(at_ms, complete=True))
            elif byte == STX:
                self._bytes.clear()
                self._overlong = False
            elif byte != 0:
                if len(self._bytes) < FRAME_BYTES_MAX:
                    self._bytes.append(byte)
                else:
                    self._overlong = True
        return found

    def silence(self, at_ms: int) -> list[Frame | Unread]:
        """What silence until ``at_ms`` ends, marked as incomplete."""
        if self._bytes and at_ms - self._last_ms >= SILENCE_MS:
            return self._end(at_ms, complete=False)
        return []

    @property
    def waiting(self) -> bool:
        """Whether half a frame is there, so that ``silence`` is wanted soon."""
        return bool(self._bytes)

    def reset(self) -> None:
        """Forget half a frame: what comes next is not its rest."""
        self._bytes.clear()
        self._overlong = False

    def _end(self, at_ms: int, *, complete: bool) -> list[Frame | Unread]:
        raw, overlong = bytes(self._bytes), self._overlong
        self.reset()
        if overlong:
            return [Unread.TOO_LONG]
        if not raw:
            return []
        text = _text(raw)
        if text is None:
            return [Unread.JUNK]
        if text.strip().upper() in self._no_reads:
            return [Unread.NO_READ]
        if self._repeated is not None and self._repeated[0] == text and at_ms - self._repeated[1] < REPEAT_MS:
            self._repeated = (text, at_ms)  # as long as the label lies there it is one read
            return []
        self._repeated = (text, at_ms)
        return [Frame(text, complete)]


def _text(raw: bytes) -> str | None:
    """The characters of a frame: printable ASCII, and GS (1Dh) which ends variable fields; ``None`` for anything else."""
    if all(32 <= byte < 127 or byte == 0x1D for byte in raw):
        return raw.decode("ascii")
    return None
