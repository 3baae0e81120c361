"""Cuts the bytes that reach a virtual printer into commands, and refuses every byte it does not know.

Written from the makers' command tables and not from the builder, with which it shares nothing: a mistake on one side is found by
the other. Pure. Real-time commands never reach it; they are taken out of the stream before.
"""

from dataclasses import dataclass
from typing import Final

TEXT_FROM: Final = 0x20


class UnknownBytes(Exception):  # noqa: N818 - a finding about the program under test
    """Bytes that are no command of this printer."""


@dataclass(frozen=True, slots=True)
class Token:
    """One command with its parameters, or a run of characters under the name ``text``. ``raw`` is all of its bytes."""

    name: str
    args: bytes
    raw: bytes


# command → number of parameter bytes
_FIXED: Final[dict[bytes, tuple[str, int]]] = {
    b"\x00": ("nul", 0),
    b"\x09": ("tab", 0),
    b"\x0a": ("line_feed", 0),
    b"\x0d": ("carriage_return", 0),
    b"\x18": ("cancel", 0),
    b"\x1b@": ("initialize", 0),
    b"\x1bt": ("code_page", 1),
    b"\x1bR": ("national_set", 1),
    b"\x1ba": ("justify", 1),
    b"\x1bE": ("emphasize", 1),
    b"\x1bG": ("double_strike", 1),
    b"\x1b-": ("underline", 1),
    b"\x1bM": ("font", 1),
    b"\x1b!": ("print_mode", 1),
    b"\x1b2": ("default_spacing", 0),
    b"\x1b3": ("line_spacing", 1),
    b"\x1b ": ("character_spacing", 1),
    b"\x1bd": ("feed_lines", 1),
    b"\x1bJ": ("feed_dots", 1),
    b"\x1bp": ("pulse", 3),
    b"\x1b{": ("upside_down", 1),
    b"\x1bc3": ("paper_sensors", 1),
    b"\x1bc4": ("stop_sensors", 1),
    b"\x1bc5": ("panel_buttons", 1),
    b"\x1b$": ("absolute_position", 2),
    b"\x1b\\": ("relative_position", 2),
    b"\x1d!": ("character_size", 1),
    b"\x1dB": ("inverse", 1),
    b"\x1da": ("automatic_status", 1),
    b"\x1dr": ("stream_status", 1),
    b"\x1dI": ("identify", 1),
    b"\x1dL": ("left_margin", 2),
    b"\x1dW": ("print_width", 2),
    b"\x1dP": ("motion_units", 2),
    b"\x1db": ("smoothing", 1),
    b"\x1dh": ("barcode_height", 1),
    b"\x1dw": ("barcode_module", 1),
    b"\x1dH": ("barcode_text", 1),
    b"\x1df": ("barcode_font", 1),
    b"\x1c.": ("kanji_off", 0),
    b"\x1c-": ("kanji_underline", 1),
    b"\x1cC": ("kanji_code", 1),
    b"\x1cS": ("kanji_spacing", 2),
}
# command → name; two length bytes follow, then as many parameters
_COUNTED: Final[dict[bytes, str]] = {
    b"\x1d(H": "response",
    b"\x1d(k": "symbol",
    b"\x1d(D": "real_time_switch",
    b"\x1d(E": "set_up",
    b"\x1d(K": "print_control",
    b"\x1d(L": "graphics",
    b"\x1c(A": "kanji_attributes",
}
_LONGEST: Final = 3


def next_token(data: bytes) -> Token | None:
    """The first command in ``data``, or ``None`` when it is not complete yet. Raises ``UnknownBytes``."""
    if not data:
        return None
    if data[0] >= TEXT_FROM and data[0] != 0x7F:
        end = 1
        while end < len(data) and data[end] >= TEXT_FROM and data[end] != 0x7F:
            end += 1
        return Token("text", data[:end], data[:end])
    for size in range(1, min(_LONGEST, len(data)) + 1):
        head = data[:size]
        if head in _FIXED:
            name, count = _FIXED[head]
            return _take(data, name, size, count)
        if head in _COUNTED:
            if len(data) < size + 2:
                return None
            return _take(data, _COUNTED[head], size, 2 + data[size] + data[size + 1] * 256)
        if head == b"\x1dV":
            return _cut(data)
        if head == b"\x1dv0":
            return _raster(data)
        if head == b"\x1dk":
            return _barcode(data)
    known = any(command.startswith(data) for command in (*_FIXED, *_COUNTED, b"\x1dv0", b"\x1dk", b"\x1dV"))
    if known and len(data) < _LONGEST:
        return None
    raise UnknownBytes(data[:_LONGEST].hex(" "))


def _take(data: bytes, name: str, head: int, count: int) -> Token | None:
    if len(data) < head + count:
        return None
    return Token(name, data[head : head + count], data[: head + count])


def _cut(data: bytes) -> Token | None:
    if len(data) < 3:
        return None
    if data[2] in (0, 1, 48, 49):
        return _take(data, "cut", 2, 1)
    if data[2] in (65, 66):
        return _take(data, "cut", 2, 2)
    raise UnknownBytes(data[:3].hex(" "))


def _raster(data: bytes) -> Token | None:
    if len(data) < 8:
        return None
    if data[3] not in (0, 1, 2, 3, 48, 49, 50, 51):
        raise UnknownBytes(data[:4].hex(" "))
    wide, high = data[4] + data[5] * 256, data[6] + data[7] * 256
    return _take(data, "raster", 3, 5 + wide * high)


def _barcode(data: bytes) -> Token | None:
    if len(data) < 3:
        return None
    if data[2] < 65:  # older form: ends with a zero
        end = data.find(b"\x00", 3)
        return None if end < 0 else _take(data, "barcode", 2, end - 1)
    return None if len(data) < 4 else _take(data, "barcode", 2, 2 + data[3])
