"""What a printer says, byte by byte: real-time status, automatic status, answers in stream order, blocks. Pure.

The masks are Epson's (ESC/POS reference, "status" tables): real-time bytes ``0xx1xx10``, the first automatic byte ``0xx1xx00``, the
three that follow and the stream answers ``0xx0xxxx``. Not responsible for asking nor for judging how old an answer is.
"""

from dataclasses import dataclass
from typing import Final

XON: Final = 0x11
XOFF: Final = 0x13
BLOCK_HEADS: Final = frozenset({0x37, 0x3B, 0x5F})  # response, power-on notification, printer information
BLOCK_BYTES_MAX: Final = 80


@dataclass(frozen=True, slots=True)
class Rt:
    """One real-time answer. Which question it answers, only the asker knows."""

    byte: int


@dataclass(frozen=True, slots=True)
class Asb:
    """Automatic status: sent when something changes."""

    first: int
    second: int
    third: int
    fourth: int

    @property
    def offline(self) -> bool:
        return bool(self.first & 0x08)

    @property
    def cover_open(self) -> bool:
        return bool(self.first & 0x20)

    @property
    def drawer_pin_high(self) -> bool:
        return bool(self.first & 0x04)

    @property
    def cutter_error(self) -> bool:
        return bool(self.second & 0x08)

    @property
    def unrecoverable(self) -> bool:
        return bool(self.second & 0x20)

    @property
    def recovers_itself(self) -> bool:
        return bool(self.second & 0x40)

    @property
    def paper_low(self) -> bool:
        return bool(self.third & 0x03)

    @property
    def paper_out(self) -> bool:
        return bool(self.third & 0x0C)


@dataclass(frozen=True, slots=True)
class GsR:
    """An answer in stream order (``GS r``): what was sent before it has been worked through."""

    byte: int


@dataclass(frozen=True, slots=True)
class ProcessId:
    """The data before the process-id command has been printed."""

    id: bytes


@dataclass(frozen=True, slots=True)
class Cleared:
    """The buffers are empty."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """The printer was switched on: whatever it had not printed is gone."""


@dataclass(frozen=True, slots=True)
class Info:
    """Maker or model."""

    text: str


@dataclass(frozen=True, slots=True)
class Flow:
    """``go`` is XON; otherwise the printer asked to be left alone."""

    go: bool


@dataclass(frozen=True, slots=True)
class Junk:
    """Bytes that no printer of this kind sends: another device, or another speed."""

    data: bytes


Answer = Rt | Asb | GsR | ProcessId | Cleared | Restarted | Info | Flow | Junk


class StatusParser:
    """Feed it what arrives, in any pieces; it gives the answers that are complete. Never raises on any input."""

    def __init__(self) -> None:
        self._block = bytearray()
        self._asb = bytearray()

    def feed(self, data: bytes) -> list[Answer]:
        """The answers that these bytes complete, in order."""
        answers: list[Answer] = []
        for byte in data:
            answers.extend(self._byte(byte))
        return answers

    def reset(self) -> None:
        """Forget half an answer: the line was lost."""
        self._block.clear()
        self._asb.clear()

    def _byte(self, byte: int) -> list[Answer]:
        if byte in (XON, XOFF):  # may come anywhere and is part of nothing
            return [Flow(byte == XON)]
        if self._block:
            return self._in_block(byte)
        if self._asb:
            if byte & 0x90 == 0x00:
                self._asb.append(byte)
                if len(self._asb) < 4:
                    return []
                answer = Asb(*self._asb)
                self._asb.clear()
                return [answer]
            if byte & 0x93 == 0x12:  # a real-time answer may come in between
                return [Rt(byte)]
            broken = Junk(bytes(self._asb))
            self._asb.clear()
            return [broken, *self._byte(byte)]
        if byte in BLOCK_HEADS:
            self._block.append(byte)
            return []
        if byte & 0x93 == 0x12:
            return [Rt(byte)]
        if byte & 0x93 == 0x10:
            self._asb.append(byte)
            return []
        if byte & 0x90 == 0x00:
            return [GsR(byte)]
        return [Junk(bytes([byte]))]

    def _in_block(self, byte: int) -> list[Answer]:
        if byte != 0x00:
            self._block.append(byte)
            if len(self._block) <= BLOCK_BYTES_MAX:
                return []
            answer: Answer = Junk(bytes(self._block))
        else:
            answer = _block(bytes(self._block))
        self._block.clear()
        return [answer]


def _block(data: bytes) -> Answer:
    head, rest = data[0], data[1:]
    if head == 0x37 and len(rest) == 5 and rest[0] == 0x22:
        return ProcessId(rest[1:])
    if head == 0x37 and rest == b"\x25":
        return Cleared()
    if head == 0x3B:
        return Restarted()
    if head == 0x5F and all(32 <= byte < 127 for byte in rest):
        return Info(rest.decode("ascii"))
    return Junk(data)
