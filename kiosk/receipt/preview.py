"""A document as plain text and as a picture, for screens, goldens and people without a printer.

What a certain printer makes of it is the virtual printer's business; this is the document itself on ideal paper.
"""

from typing import Final, assert_never

from kiosk.receipt import code128, qr
from kiosk.receipt.document import Align, Barcode, Document, Qr, Size, Weight
from kiosk.receipt.layout import Columns, Line, lay_out
from kiosk.receipt.paper import FONT_A, FONT_B, Strip

LEADING_DOTS: Final = 30  # the usual line spacing: 24 dots of letters and 6 of air
SMALL_LEADING_DOTS: Final = 22
HEAD_DOTS: Final = 40
TAIL_DOTS: Final = 64
BAR_DOTS: Final = 72
BAR_MODULE_DOTS: Final = 2


def preview_text(document: Document, columns: Columns) -> str:
    """The document as lines of text, as wide as the paper; sizes are lost, bar codes are named."""
    lines: list[str] = []
    for item in lay_out(document, columns):
        match item:
            case Line(text, align, size, weight):
                shown = f"[{text}]" if weight is Weight.INVERSE else text
                lines.append(_aligned(shown, align, columns.small if size is Size.SMALL else columns.normal).rstrip())
            case Barcode(text):
                lines.append(_aligned(f"|||| {text} ||||", Align.CENTER, columns.normal).rstrip())
            case Qr(text):
                lines.append(_aligned(f"[QR {len(text)}]", Align.CENTER, columns.normal).rstrip())
            case _:
                assert_never(item)
    return "\n".join(lines) + "\n"


def preview_picture(document: Document, columns: Columns) -> bytes:
    """The document as a PNG on ideal paper."""
    width = columns.normal * FONT_A.width
    strip = Strip(width)
    y = HEAD_DOTS
    for item in lay_out(document, columns):
        match item:
            case Line():
                y = _draw_line(strip, item, y)
            case Barcode(text):
                y = _draw_barcode(strip, text, y)
            case Qr(text):
                rows = qr.matrix(text)
                dots = qr.module_dots(modules=len(rows), width_dots=width)
                y += qr.QUIET_MODULES * dots // 2
                strip.raster(rows, x=(width - len(rows) * dots) // 2, y=y, wide=dots, tall=dots)
                y += (len(rows) + qr.QUIET_MODULES // 2) * dots
            case _:
                assert_never(item)
    return strip.picture(y + TAIL_DOTS)


def _aligned(text: str, align: Align, width: int) -> str:
    match align:
        case Align.LEFT:
            return text
        case Align.CENTER:
            return text.center(width)
        case Align.RIGHT:
            return text.rjust(width)


def _draw_line(strip: Strip, line: Line, y: int) -> int:
    cell = FONT_B if line.size is Size.SMALL else FONT_A
    wide = 2 if line.size is Size.BIG else 1
    tall = wide
    strip.text(
        line.text,
        x=_start(line.align, len(line.text) * cell.width * wide, strip.width_dots),
        y=y,
        cell=cell,
        wide=wide,
        tall=tall,
        bold=line.weight is Weight.BOLD,
        inverse=line.weight is Weight.INVERSE,
    )
    leading = SMALL_LEADING_DOTS if line.size is Size.SMALL else LEADING_DOTS
    return y + max(leading, cell.height * tall + (6 if tall > 1 else 0))


def _draw_barcode(strip: Strip, text: str, y: int) -> int:
    bars = code128.modules(text)
    x = (strip.width_dots - len(bars) * BAR_MODULE_DOTS) // 2
    strip.raster([bars], x=x, y=y, wide=BAR_MODULE_DOTS, tall=BAR_DOTS)
    caption = _start(Align.CENTER, len(text) * FONT_A.width, strip.width_dots)
    strip.text(text, x=caption, y=y + BAR_DOTS + 4, cell=FONT_A)
    return y + BAR_DOTS + LEADING_DOTS


def _start(align: Align, width: int, room: int) -> int:
    match align:
        case Align.LEFT:
            return 0
        case Align.CENTER:
            return (room - width) // 2
        case Align.RIGHT:
            return room - width
