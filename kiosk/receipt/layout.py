"""Puts a document into columns: wraps words, sets amounts to the right edge, pads rules. Pure; the unit is one character cell.

Not responsible for code pages (a driver replaces what its page lacks by text of the same width or lays out again) nor for dots.
"""

import re
from dataclasses import dataclass
from typing import Final

from kiosk.receipt.document import Align, Barcode, Blank, Document, Qr, Row, Rule, Size, Stroke, Text, Weight

MIN_COLUMNS: Final = 24
NARROW: Final = 36  # below this the paper is 58 mm wide
GAP: Final = 1  # between a label and its amount
STROKES: Final = {Stroke.LIGHT: "-", Stroke.HEAVY: "="}


@dataclass(frozen=True, slots=True)
class Columns:
    """Characters across the paper in the normal font (A) and in the small one (B)."""

    normal: int
    small: int

    def __post_init__(self) -> None:
        if not MIN_COLUMNS <= self.normal <= self.small:
            raise ValueError("a paper has at least 24 columns, and its small font no fewer than its normal one")

    def of(self, size: Size) -> int:
        """How many characters of this size fit on one line."""
        if size is Size.SMALL:
            return self.small
        return self.normal // 2 if size is Size.BIG else self.normal


# paper by the columns its printer offers: 80 mm as 42 (512 dots) or 48 (576 dots), 58 mm as 32 (384 dots)
COLUMNS: Final = {42: Columns(42, 56), 48: Columns(48, 64), 32: Columns(32, 42)}


@dataclass(frozen=True, slots=True)
class Line:
    """One line, never longer than its size allows. ``align`` is left to the printer, so that halves of a cell count."""

    text: str
    align: Align = Align.LEFT
    size: Size = Size.NORMAL
    weight: Weight = Weight.PLAIN


LaidOut = Line | Barcode | Qr


def lay_out(document: Document, columns: Columns) -> tuple[LaidOut, ...]:
    """The lines of a document for this paper, top to bottom. Nothing of a text is lost: what does not fit goes to the next line."""
    laid: list[LaidOut] = []
    for element in document.elements:
        match element:
            case Text():
                laid.extend(_paragraph(element, columns))
            case Row():
                laid.extend(_row(element, columns))
            case Rule(stroke):
                laid.append(Line(STROKES[stroke] * columns.normal))
            case Blank(lines):
                laid.extend([Line("")] * lines)
            case Barcode() | Qr():
                laid.append(element)
    return tuple(laid)


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` characters. Breaks at plain spaces only: a no-break space holds."""
    lines: list[str] = []
    current = ""
    for word in re.split("[ \\t\\n]+", text):
        joined = f"{current} {word}" if current else word
        if len(joined) <= width:
            current = joined
            continue
        if current:
            lines.append(current)
        while len(word) > width:
            lines.append(word[:width])
            word = word[width:]  # noqa: PLW2901 - what is left of a word that is wider than the paper
        current = word
    return [*lines, current] if current or not lines else lines


def _paragraph(element: Text, columns: Columns) -> list[Line]:
    width = columns.of(element.size) - element.indent
    pad = " " * element.indent
    lines: list[Line] = []
    for paragraph in element.text.split("\n"):
        for line in wrap(paragraph, width):
            text = f" {line} " if element.weight is Weight.INVERSE and len(line) + 2 <= width else line
            lines.append(Line(pad + text, element.align, element.size, element.weight))
    return lines


def _row(element: Row, columns: Columns) -> list[Line]:
    width = columns.of(element.size)
    style = (element.size, element.weight)
    room = width - len(element.right) - GAP
    if room < width // 3:  # a very long right side gets a line of its own
        above = [Line(line, Align.LEFT, *style) for line in wrap(element.left, width)]
        return [*above, *(Line(line, Align.RIGHT, *style) for line in wrap(element.right, width))]
    lines = wrap(element.left, room)
    *above_lines, last = lines
    return [
        *(Line(line, Align.LEFT, *style) for line in above_lines),
        Line(last.ljust(width - len(element.right)) + element.right, Align.LEFT, *style),
    ]
