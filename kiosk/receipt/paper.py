"""A strip of thermal paper to draw on, dot by dot, and the picture of it: used by the preview and by the virtual printer.

The unit is the printer's dot (203 per inch, eight per millimetre). Not responsible for what is drawn where.
Pillow is imported when a strip is made, for it costs 50 ms.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kiosk.resources import asset

if TYPE_CHECKING:
    from PIL import Image, ImageFont

ZOOM: Final = 2  # picture pixels per dot: letters are drawn finer than the printer's, rasters exactly
STRIP_DOTS_MAX: Final = 24_000  # three metres; a longer strip is a runaway job
MARGIN_DOTS: Final = 36  # white paper left and right of the printable width
ROOM_DOTS: Final = 24  # around the paper
TOOTH_DOTS: Final = 8  # of the cutter's edge
INK: Final = (38, 38, 44)
WHITE: Final = (253, 252, 248)
DESK: Final = (231, 233, 238)
SHADOW: Final = (196, 199, 208)


@dataclass(frozen=True, slots=True)
class Cell:
    """One character's place in dots, before enlargement."""

    width: int
    height: int
    font_px: int


FONT_A: Final = Cell(12, 24, 20)
FONT_B: Final = Cell(9, 17, 15)


class Strip:
    """Grows downwards as it is drawn on. Coordinates in dots; x = 0 is the first printable dot."""

    def __init__(self, width_dots: int) -> None:
        from PIL import Image

        self.width_dots = width_dots
        self._ink: Image.Image = Image.new("L", (width_dots * ZOOM, 400 * ZOOM), 0)
        self._fonts: dict[tuple[str, int], ImageFont.FreeTypeFont] = {}

    def text(
        self,
        text: str,
        *,
        x: int,
        y: int,
        cell: Cell,
        wide: int = 1,
        tall: int = 1,
        bold: bool = False,
        inverse: bool = False,
    ) -> None:
        """Draw characters from ``x``, each ``cell.width * wide`` dots; ``wide`` and ``tall`` enlarge like the printer does."""
        from PIL import Image, ImageDraw

        if not text:
            return
        self._reach(y + cell.height * tall)
        # letters are drawn at their full height and then pressed to the cell's width: smoother than doubled dots
        zoom = ZOOM * tall
        font = self._font("JetBrainsMono-Bold.ttf" if bold else "JetBrainsMono-Regular.ttf", cell.font_px * zoom)
        run = Image.new("L", (len(text) * cell.width * zoom, cell.height * zoom), 0)
        draw = ImageDraw.Draw(run)
        baseline = round(cell.height * zoom * 0.78)
        for place, char in enumerate(text):  # one by one: the font has ligatures, a printer has none
            draw.text((place * cell.width * zoom, baseline), char, fill=255, font=font, anchor="ls")
        if wide != tall:
            run = run.resize((len(text) * cell.width * wide * ZOOM, run.height), Image.Resampling.LANCZOS)
        if inverse:
            run = run.point([255 - level for level in range(256)])
        self._ink.paste(run, (x * ZOOM, y * ZOOM))

    def raster(self, rows: Sequence[Sequence[bool]], *, x: int, y: int, wide: int = 1, tall: int = 1) -> None:
        """Draw dots, ``True`` is black, each ``wide`` × ``tall`` dots large."""
        from PIL import Image

        if not rows or not rows[0]:
            return
        self._reach(y + len(rows) * tall)
        flat = bytes(255 if dot else 0 for row in rows for dot in row)
        picture = Image.frombytes("L", (len(rows[0]), len(rows)), flat)
        size = (picture.width * wide * ZOOM, picture.height * tall * ZOOM)
        self._ink.paste(picture.resize(size, Image.Resampling.NEAREST), (x * ZOOM, y * ZOOM))

    def picture(self, length_dots: int) -> bytes:
        """The strip as a PNG: warm white paper with the cutter's edge on a plain desk."""
        from PIL import Image, ImageDraw, ImageFilter

        self._reach(length_dots)
        margin, room, tooth = MARGIN_DOTS * ZOOM, ROOM_DOTS * ZOOM, TOOTH_DOTS * ZOOM
        wide, long = self.width_dots * ZOOM + 2 * margin, length_dots * ZOOM
        size = (wide + 2 * room, long + 2 * room)
        shape = Image.new("L", size, 0)
        draw = ImageDraw.Draw(shape)
        edge = [(room, room), (room + wide, room)]
        teeth = wide // tooth
        for place in range(teeth, -1, -1):
            edge.append((room + place * wide // teeth, room + long - (tooth if place % 2 else 0)))
        draw.polygon(edge, fill=255)
        desk = Image.new("RGB", size, DESK)
        soft = Image.new("L", size, 0)
        soft.paste(shape, (0, 3 * ZOOM))
        desk.paste(Image.new("RGB", size, SHADOW), mask=soft.filter(ImageFilter.GaussianBlur(4 * ZOOM)))
        desk.paste(Image.new("RGB", size, WHITE), mask=shape)
        ink = self._ink.crop((0, 0, self.width_dots * ZOOM, long))
        desk.paste(Image.new("RGB", ink.size, INK), (room + margin, room), mask=ink)
        out = io.BytesIO()
        desk.quantize(64, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        return out.getvalue()

    def dots(self, length_dots: int) -> "Image.Image":
        """The bare ink, black on white, one pixel a dot and no paper around it: what a bar-code reader is shown."""
        from PIL import Image, ImageOps

        self._reach(length_dots)
        ink = self._ink.crop((0, 0, self.width_dots * ZOOM, length_dots * ZOOM))
        return ImageOps.invert(ink.resize((self.width_dots, length_dots), Image.Resampling.BOX))

    def _reach(self, length_dots: int) -> None:
        from PIL import Image

        if length_dots > STRIP_DOTS_MAX:
            raise ValueError(f"a strip ends after {STRIP_DOTS_MAX} dots")
        if length_dots * ZOOM > self._ink.height:
            taller = Image.new("L", (self._ink.width, max(length_dots * ZOOM, self._ink.height * 2)), 0)
            taller.paste(self._ink, (0, 0))
            self._ink = taller

    def _font(self, name: str, pixels: int) -> "ImageFont.FreeTypeFont":
        from PIL import ImageFont

        if (name, pixels) not in self._fonts:
            self._fonts[name, pixels] = ImageFont.truetype(str(asset("fonts", name)), pixels)
        return self._fonts[name, pixels]
