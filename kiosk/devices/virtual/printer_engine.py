"""A virtual receipt printer without its cable: bytes in, answers and paper out. Pure but for the time it is told.

It knows paper, cover, power, drawer, cutter and heat; obeys real-time commands anywhere in the stream, as real ones do; works
through the rest in order and only while it can print; and confirms a process id when what came before is on paper. A byte that it
does not know stops it for good (``unknown``), so that a test sees it. Shares no table with the builder or the status parser.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, assert_never

from kiosk.devices.virtual.faults import Flow, Part, Talk
from kiosk.devices.virtual.printer_tokens import Token, UnknownBytes, next_token

INPUT_BYTES: Final = 4096  # of a usual printer's receive buffer
MODEL: Final = b"Kiosk virtual"
MAKER: Final = b"Kiosk"
_REAL_TIME: Final = {0x04: 1, 0x05: 1, 0x14: 3}  # command byte → parameters; DLE DC4 8 has more
_CLEAR: Final = bytes.fromhex("01 03 14 01 06 02 08")
_SILENT: Final = frozenset({"nul", "automatic_status", "stream_status", "identify", "response", "pulse"})


@dataclass(slots=True)
class Paper:
    """What came out between two cuts, as the commands that put it there."""

    tokens: list[Token] = field(default_factory=list)
    data: bytearray = field(default_factory=bytearray)
    cut: bool = False

    @property
    def blank(self) -> bool:
        return not any(token.name in ("text", "raster", "symbol", "barcode", "line_feed") for token in self.tokens)


class PrinterEngine:
    """``feed`` takes bytes from the wire, ``work`` prints what can be printed, ``answers`` collects what is to be sent."""

    def __init__(self, *, seed: int = 1) -> None:
        self.power = True
        self.paper_low = False
        self.paper_out = False
        self.cover_open = False
        self.drawer_open = False
        self.errors: set[Part] = set()
        self.talk = Talk.NORMAL
        self.flow = Flow.GO
        self.late_ms = 0
        self.overrun_bytes = 0
        self.drawer_kicks = 0
        self.lost_bytes = 0
        self.real_time: list[bytes] = []
        self.printed_ids: list[bytes] = []
        self.unknown = ""
        self.sheets: list[Paper] = []
        self.current = Paper()
        self.consumed = 0
        self.answers: list[tuple[int, bytes]] = []  # (delay in ms, bytes)
        self._input = bytearray()
        self._held = bytearray()  # the beginning of what may be a real-time command
        self._asb = False
        self._last_asb = b""
        self._armed: list[tuple[int, Callable[[], None]]] = []
        self._random = random.Random(seed)

    # hands

    def change(self, part: Part) -> None:
        """Do to the printer what hands, heat or a jam do."""
        match part:
            case Part.POWER_OFF:
                self._forget()
                self.power = False
                self._asb = False
            case Part.POWER_ON:
                self.power = True
                self._say(b"\x3b\x31\x00")
            case Part.PAPER_OUT:
                self.paper_out = True
            case Part.PAPER_LOW:
                self.paper_low = True
            case Part.PAPER_IN:
                self.paper_out = self.paper_low = False
            case Part.COVER_OPEN:
                self.cover_open = True
            case Part.COVER_CLOSED:
                self.cover_open = False
            case Part.DRAWER_CLOSED:
                self.drawer_open = False
            case Part.CUTTER_JAM | Part.BROKEN | Part.OVERHEATED:
                self.errors.add(part)
            case Part.COOLED:
                self.errors.discard(Part.OVERHEATED)
            case Part.UNPLUG | Part.REPLUG:
                raise ValueError("the plug is the host's")
            case _:
                assert_never(part)
        self._automatic()

    def arm(self, after_bytes: int, action: Callable[[], None]) -> None:
        """Do something when so many more bytes have been worked through; before the command in which they fall."""
        self._armed.append((self.consumed + after_bytes, action))

    @property
    def can_print(self) -> bool:
        ready = self.power and not self.paper_out and not self.cover_open and not self.errors and not self.unknown
        return ready and self.flow is Flow.GO

    # the wire

    def room(self) -> int:
        """How many bytes the printer takes: none while its plug of bytes is full, unless it lets them fall."""
        if self.flow is not Flow.GO:
            return 0
        if self.overrun_bytes:
            return INPUT_BYTES
        return max(0, INPUT_BYTES * 2 - len(self._input)) if self.power else INPUT_BYTES

    def feed(self, data: bytes) -> None:
        """Take bytes; real-time commands are obeyed now, the rest waits for ``work``."""
        if not self.power:
            self.lost_bytes += len(data)
            return
        for byte in data:
            self._byte(byte)

    def work(self) -> None:
        """Print what can be printed now."""
        while self.can_print:
            try:
                token = next_token(bytes(self._input))
            except UnknownBytes as unknown:
                self.unknown = str(unknown)
                return
            if token is None:
                return
            if self._strike(self.consumed + len(token.raw)):
                continue
            del self._input[: len(token.raw)]
            self.consumed += len(token.raw)
            self._execute(token)

    # inside

    def _byte(self, byte: int) -> None:
        if not self._held and byte != 0x10:
            self._store(byte)
            return
        self._held.append(byte)
        held = bytes(self._held)
        if len(held) == 1:
            return
        count = _REAL_TIME.get(held[1])
        if count is None:  # not for now: pass on the first byte, look at the second afresh
            self._held.clear()
            self._store(held[0])
            self._byte(held[1])
            return
        if held[1] == 0x14 and len(held) > 2 and held[2] == 0x08:
            count = 1 + len(_CLEAR)
        if len(held) < 2 + count:
            return
        self._held.clear()
        self.real_time.append(held)
        self._obey(held)

    def _store(self, byte: int) -> None:
        if self.overrun_bytes and len(self._input) >= self.overrun_bytes:
            self.lost_bytes += 1
            return
        self._input.append(byte)

    def _obey(self, command: bytes) -> None:
        match command[1], command[2]:
            case 0x04, question:
                self._say(self._status(question))
            case 0x05, what:
                self.errors.discard(Part.CUTTER_JAM)
                if what == 2:
                    self._forget()
                self._automatic()
            case 0x14, 0x01:
                self._kick()
            case 0x14, 0x08:
                if command[3:] == _CLEAR:
                    self._forget()
                    self._say(b"\x37\x25\x00")
            case _:
                pass

    def _status(self, question: int) -> bytes:
        offline = not self.can_print
        match question:
            case 1:
                bits = (self.drawer_open << 2) | (offline << 3)
            case 2:
                bits = (self.cover_open << 2) | (self.paper_out << 5) | (bool(self.errors) << 6)
            case 3:
                bits = (
                    ((Part.CUTTER_JAM in self.errors) << 3)
                    | ((Part.BROKEN in self.errors) << 5)
                    | ((Part.OVERHEATED in self.errors) << 6)
                )
            case 4:
                bits = (0x0C if self.paper_low or self.paper_out else 0) | (0x60 if self.paper_out else 0)
            case _:
                return b""
        return bytes([0b00010010 | bits])

    def _automatic(self) -> None:
        """Send automatic status if it is on and something changed."""
        first = 0b00010000 | self.drawer_open << 2 | (not self.can_print) << 3 | self.cover_open << 5
        second = (
            (Part.CUTTER_JAM in self.errors) << 3
            | (Part.BROKEN in self.errors) << 5
            | (Part.OVERHEATED in self.errors) << 6
        )
        third = (0x03 if self.paper_low or self.paper_out else 0) | (0x0C if self.paper_out else 0)
        now = bytes([first, second, third, 0])
        if self._asb and self.power and now != self._last_asb:
            self._last_asb = now
            self._say(now)

    def _strike(self, upto: int) -> bool:
        """Do what was armed for a byte before ``upto``; whether anything was."""
        due = [action for at, action in self._armed if at < upto]
        self._armed = [(at, action) for at, action in self._armed if at >= upto]
        for action in due:
            action()
        return bool(due)

    def _execute(self, token: Token) -> None:
        match token.name:
            case "initialize":
                if self.current.blank:
                    self.current = Paper()
            case "automatic_status":
                self._asb = token.args != b"\x00"
                self._last_asb = b""
                self._automatic()
            case "stream_status":
                self._say(bytes([(0x03 if self.paper_low else 0)]))
            case "identify":
                text = {0x42: MAKER, 0x43: MODEL}.get(token.args[0])
                if text is not None:
                    self._say(b"\x5f" + text + b"\x00")
            case "response":
                self._confirm(token)
            case "pulse":
                self._kick()
            case _:
                pass
        if token.name not in _SILENT:
            self.current.tokens.append(token)
            self.current.data += token.raw
        if token.name == "cut":
            self.current.cut = True
            self.sheets.append(self.current)
            self.current = Paper()

    def _confirm(self, token: Token) -> None:
        if token.args[:4] != b"\x06\x00\x30\x30":
            return
        process_id = token.args[4:]
        self.printed_ids.append(process_id)
        answer = b"\x37\x22" + process_id + b"\x00"
        match self.talk:
            case Talk.NO_CONFIRMATION:
                return
            case Talk.FOREIGN_ID:
                answer = b"\x37\x22" + bytes(reversed(process_id)) + b"\x00"
            case Talk.DOUBLE_ID:
                answer *= 2
            case _:
                pass
        self._say(answer, delay_ms=self.late_ms)

    def _kick(self) -> None:
        self.drawer_kicks += 1
        self.drawer_open = True
        self._automatic()

    def _forget(self) -> None:
        self._input.clear()
        self._held.clear()

    def _say(self, data: bytes, *, delay_ms: int = 0) -> None:
        if self.talk is Talk.MUTE or not self.power or not data:
            return
        if self.talk is Talk.GARBAGE:
            data = bytes(self._random.choice(b"\x80\x8f\x93\xa1\xc3\xe0\xff") for _ in data)
        self.answers.append((delay_ms, data))
