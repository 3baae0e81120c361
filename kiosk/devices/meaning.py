"""What bytes on a port mean, for the technician who looks at them: a trace cut into commands and answers, each with its name.

Reads masked bytes (``spy``) and never acts on anything. It has a table of its own: what the drivers send is told by somebody else
than the one who sends it. Words are the screen's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from kiosk.devices.bankcard.frames import ETX, STX
from kiosk.devices.printing.status import Asb, Cleared, Flow, GsR, Info, ProcessId, Restarted, Rt, StatusParser
from kiosk.devices.scanning.frames import Framer, Unread
from kiosk.devices.scanning.symbology import split_aim
from kiosk.devices.spy import TraceLine

ROWS_MAX: Final = 200
TEXT_MAX: Final = 40
PAGES: Final = {0: "CP437", 2: "CP850", 16: "CP1252", 19: "CP858", 71: "CP1252"}


class Dialect(Enum):
    """What kind of device speaks on a port."""

    PRINTER = "printer"
    SCANNER = "scanner"
    DISPLAY = "display"
    BANKCARD = "bankcard"


@dataclass(frozen=True, slots=True)
class Meant:
    """Bytes that belong together. ``code`` is their name in the maker's manual, ``word`` names the meaning, ``text`` fills it."""

    at_ms: int
    sent: bool
    data: bytes
    code: str
    word: str
    text: str = ""


# first bytes → (bytes in all, name in the manual, meaning)
_COMMANDS: Final[tuple[tuple[bytes, int, str, str], ...]] = (
    (b"\x1b@", 2, "ESC @", "initialize"),
    (b"\x1bt", 3, "ESC t", "code_page"),
    (b"\x1ba", 3, "ESC a", "style"),
    (b"\x1bE", 3, "ESC E", "style"),
    (b"\x1bM", 3, "ESC M", "style"),
    (b"\x1bR", 3, "ESC R", "style"),
    (b"\x1d!", 3, "GS !", "style"),
    (b"\x1dB", 3, "GS B", "style"),
    (b"\x1bd", 3, "ESC d", "feed"),
    (b"\x1bJ", 3, "ESC J", "feed"),
    (b"\x1bp", 5, "ESC p", "drawer"),
    (b"\x1da", 3, "GS a", "status_on"),
    (b"\x1dVA", 4, "GS V", "cut"),
    (b"\x1dVB", 4, "GS V", "cut"),
    (b"\x1dV", 3, "GS V", "cut"),
    (b"\x1dI", 3, "GS I", "ask_model"),
    (b"\x1dr", 3, "GS r", "ask_end"),
    (b"\x10\x04\x01", 3, "DLE EOT 1", "ask_status"),
    (b"\x10\x04\x02", 3, "DLE EOT 2", "ask_cause"),
    (b"\x10\x04\x03", 3, "DLE EOT 3", "ask_error"),
    (b"\x10\x04\x04", 3, "DLE EOT 4", "ask_paper"),
    (b"\x10\x14\x08", 10, "DLE DC4", "clear_buffer"),
    (b"\x1fC", 3, "US C", "cursor"),
    (b"\x1f$", 4, "US $", "cursor"),
    (b"\x1f", 2, "US", "cursor"),
    (b"\x0c", 1, "FF", "clear"),
    (b"\x0b", 1, "VT", "home"),
)
_QUESTIONS: Final = {"ask_status": 1, "ask_cause": 2, "ask_error": 3, "ask_paper": 4}
_SYMBOLOGIES: Final = {
    "C": "Code 128",
    "E": "EAN",
    "d": "DataMatrix",
    "Q": "QR",
    "e": "DataBar",
    "A": "Code 39",
    "I": "ITF",
}


def symbology_name(aim: str | None) -> str:
    """The common name of an AIM identifier (``C0``), empty when none was sent."""
    return "" if not aim else _SYMBOLOGIES.get(aim[0], f"]{aim}")


def explain(lines: Sequence[TraceLine], dialect: Dialect) -> tuple[Meant, ...]:
    """The newest rows of a trace, oldest first. Never raises, whatever the bytes are."""
    reader = _Reader(dialect)
    rows = [row for line in lines for row in reader.read(line)]
    return tuple(rows[-ROWS_MAX:])


class _Reader:
    """Goes through a trace once; remembers the last question, which gives the next answer its meaning."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._asked = 0
        self._codec = "cp437"
        self._parser = StatusParser()

    def read(self, line: TraceLine) -> Iterator[Meant]:
        match self._dialect:
            case Dialect.PRINTER:
                yield from self._commands(line) if line.sent else self._answers(line)
            case Dialect.DISPLAY:
                yield from self._commands(line)
            case Dialect.SCANNER:
                yield from _scans(line)
            case Dialect.BANKCARD:
                yield from _frames(line)

    def _commands(self, line: TraceLine) -> Iterator[Meant]:
        data, at = line.data, 0
        while at < len(data):
            size, code, word, text = _command(data, at, self._codec)
            piece = data[at : at + size]
            if word == "initialize":
                self._codec = "cp437"
            elif word == "code_page" and text in PAGES.values():
                self._codec = text
            self._asked = _QUESTIONS.get(word, self._asked)
            yield Meant(line.at_ms, line.sent, piece, code, word, text)
            at += size

    def _answers(self, line: TraceLine) -> Iterator[Meant]:
        start = 0
        for place in range(len(line.data)):
            for answer in self._parser.feed(line.data[place : place + 1]):
                piece = line.data[start : place + 1]
                start = place + 1
                word, text = self._answer(answer)
                yield Meant(line.at_ms, False, piece, _bits(piece), word, text)
        if start < len(line.data):
            yield Meant(line.at_ms, False, line.data[start:], "", "unknown")

    def _answer(self, answer: object) -> tuple[str, str]:
        match answer:
            case Rt(byte):
                return self._real_time(byte), ""
            case Asb() as status if status.cover_open:
                return "cover_open", ""
            case Asb() as status if status.paper_out:
                return "paper_out", ""
            case Asb() as status:
                return "offline" if status.offline else "auto", ""
            case ProcessId() | GsR():
                return "end", ""
            case Info(text):
                return "model", text
            case Flow(go):
                return "go" if go else "stop", ""
            case Restarted():
                return "restarted", ""
            case Cleared():
                return "clear_buffer", ""
            case _:
                return "unknown", ""

    def _real_time(self, byte: int) -> str:
        match self._asked:
            case 1:
                return "offline" if byte & 0x08 else "online"
            case 2:
                return "cover_open" if byte & 0x04 else "cover_closed"
            case 3:
                return "error" if byte & 0x68 else "no_error"
            case 4 if byte & 0x60:
                return "paper_out"
            case 4:
                return "paper_low" if byte & 0x0C else "paper_ok"
            case _:
                return "auto"


def _command(data: bytes, at: int, codec: str) -> tuple[int, str, str, str]:
    """Length, name, meaning and text of the command at a place; text runs up to the end of its line."""
    for head, size, code, word in _COMMANDS:
        if data.startswith(head, at):
            last = data[at + size - 1] if at + size <= len(data) else 0
            text = PAGES.get(last, str(last)) if word == "code_page" else ""
            return min(size, len(data) - at), code if size < 3 or word != "code_page" else f"{code} {last}", word, text
    if data.startswith(b"\x1d(H", at) or data.startswith(b"\x1d(k", at):
        size = 5 + int.from_bytes(data[at + 3 : at + 5], "little")
        is_end = data[at + 2 : at + 3] == b"H"
        return (
            min(size, len(data) - at),
            "GS ( H" if is_end else "GS ( k",
            "ask_end" if is_end else "picture",
            str(size),
        )
    if data.startswith(b"\x1dv0", at):
        wide, high = int.from_bytes(data[at + 4 : at + 6], "little"), int.from_bytes(data[at + 6 : at + 8], "little")
        return min(8 + wide * high, len(data) - at), "GS v 0", "picture", str(wide * high)
    end = at
    while end < len(data) and data[end] >= 0x20:
        end += 1
    if end == at and data[at] != 0x0A:
        return 1, "", "unknown", ""
    text = data[at:end].decode(codec, "replace").rstrip()
    if end < len(data) and data[end] == 0x0A:
        end, text = end + 1, f"{text} [LF]".strip()
    return end - at, "", "text", text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + "…"


def _scans(line: TraceLine) -> Iterator[Meant]:
    for found in (framer := Framer()).feed(line.data, line.at_ms) + framer.silence(line.at_ms + 10_000):
        if isinstance(found, Unread):
            yield Meant(line.at_ms, line.sent, line.data, "", "unread")
            continue
        read = split_aim(found.text)
        ending = "" if found.complete else " …"
        yield Meant(line.at_ms, line.sent, line.data, symbology_name(read.symbology), "scan", read.text + ending)


def _frames(line: TraceLine) -> Iterator[Meant]:
    rest = line.data
    while rest:
        end = rest.find(bytes([ETX]))
        size = len(rest) if end < 0 else min(len(rest), end + 2)
        piece, rest = rest[:size], rest[size:]
        if end < 0 or piece[0] != STX:
            yield Meant(line.at_ms, line.sent, piece, "", "unknown")
            continue
        fields = piece[1:end].decode("ascii", "replace").split("|")
        told = " ".join([*fields[:1], *fields[2:]])
        yield Meant(line.at_ms, line.sent, piece, "STX … ETX", "bank", told)


def _bits(data: bytes) -> str:
    return f"{data[0] >> 4:04b} {data[0] & 15:04b}" if len(data) == 1 else ""
