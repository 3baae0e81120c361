"""A customer display that is not there: two lines of twenty characters on a real pseudo-terminal, and a picture of them.

Understands Epson's DM-D commands by its own table and stops at any other byte (``unknown``).
"""

import io
from pathlib import Path
from typing import Final

from kiosk.clock import Clock
from kiosk.devices.virtual.pty_host import READ_BYTES, Plugged, PtyHost
from kiosk.resources import asset

COLUMNS: Final = 20
ROWS: Final = 2
PAGES: Final = {0: "cp437", 16: "cp1252", 19: "cp858"}
_PARAMETERS: Final = {b"\x1bt": 1, b"\x1bR": 1, b"\x1b=": 1, b"\x1fC": 1, b"\x1fX": 1, b"\x1fE": 1, b"\x1f$": 2}
_BARE: Final = (b"\x1b@", b"\x1f\x01", b"\x1f\x02", b"\x1f\x03", b"\x1fB")

CELL: Final = (44, 72)
GLASS: Final = (13, 27, 30)
GLOW: Final = (112, 240, 222)
FRAME: Final = (44, 48, 54)


class VirtualDisplay(Plugged):
    """``lines`` is what a customer reads now."""

    def __init__(self, *, link: Path, clock: Clock | None = None) -> None:
        self._twin = _DisplayTwin()
        self._host = PtyHost(link, self._twin, clock=clock)

    @property
    def lines(self) -> tuple[str, str]:
        """The two lines, without trailing spaces."""
        top, bottom = ("".join(row).rstrip() for row in self._twin.rows)
        return top, bottom

    @property
    def unknown(self) -> str:
        """The bytes that stopped the display, or nothing."""
        return self._twin.unknown

    @property
    def frames(self) -> int:
        """How often the text was written anew."""
        return self._twin.frames

    def stall(self, *, stalled: bool = True) -> None:
        """Stop taking bytes, or go on."""
        self._host.call(lambda: setattr(self._twin, "stalled", stalled))

    def picture(self) -> bytes:
        """A PNG of the glass."""
        from PIL import Image, ImageDraw, ImageFilter, ImageFont

        wide, high = COLUMNS * CELL[0] + 80, ROWS * CELL[1] + 80
        glow = Image.new("L", (wide, high), 0)
        draw = ImageDraw.Draw(glow)
        font = ImageFont.truetype(str(asset("fonts", "JetBrainsMono-Bold.ttf")), 54)
        for row, text in enumerate(self.lines):
            for column, char in enumerate(text):
                draw.text((40 + column * CELL[0], 40 + row * CELL[1] + 54), char, fill=255, font=font, anchor="ls")
        picture = Image.new("RGB", (wide, high), FRAME)
        ImageDraw.Draw(picture).rounded_rectangle((16, 16, wide - 16, high - 16), 14, fill=GLASS)
        light = Image.new("RGB", (wide, high), GLOW)
        picture.paste(light, mask=glow.filter(ImageFilter.GaussianBlur(6)).point([level // 3 for level in range(256)]))
        picture.paste(light, mask=glow)
        out = io.BytesIO()
        picture.save(out, "PNG", optimize=True)
        return out.getvalue()


class _DisplayTwin:
    def __init__(self) -> None:
        self.rows = [[" "] * COLUMNS for _ in range(ROWS)]
        self.unknown = ""
        self.frames = 0
        self.stalled = False
        self._place = 0
        self._codec = "cp437"
        self._input = bytearray()

    def arrived(self, data: bytes) -> None:
        self._input += data
        while self._input and not self.unknown:
            taken = self._one(bytes(self._input))
            if taken == 0:
                return
            del self._input[:taken]

    def leaving(self) -> bytes:
        return b""

    def room(self) -> int:
        return 0 if self.stalled else READ_BYTES

    def due_s(self) -> float | None:
        return None

    def elapsed(self) -> None:
        """Nothing happens by itself."""

    def _one(self, data: bytes) -> int:
        """Obey the first command; how many bytes it had, 0 when it is not complete."""
        first = data[0]
        if first >= 0x20:
            char = data[:1].decode(self._codec, "replace")
            self.rows[self._place // COLUMNS % ROWS][self._place % COLUMNS] = char
            self._place = (self._place + 1) % (COLUMNS * ROWS)
            return 1
        if first == 0x0C:
            self._clear()
            return 1
        if first == 0x0B:
            self._place = 0
            self.frames += 1
            return 1
        if len(data) < 2 and first in (0x1B, 0x1F):
            return 0
        head = data[:2]
        if head in _BARE:
            if head == b"\x1b@":
                self._clear()
            return 2
        if head in _PARAMETERS:
            size = 2 + _PARAMETERS[head]
            if len(data) < size:
                return 0
            if head == b"\x1bt":
                self._codec = PAGES.get(data[2], "cp437")
            elif head == b"\x1f$":
                self._place = (data[3] - 1) * COLUMNS + data[2] - 1
            return size
        self.unknown = data[:3].hex(" ")
        return 0

    def _clear(self) -> None:
        self.rows = [[" "] * COLUMNS for _ in range(ROWS)]
        self._place = 0
