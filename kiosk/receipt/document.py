"""A printed document as data: lines, columns, rules, a barcode, a QR code. One document
becomes ESC/POS bytes, text or a picture.

Not responsible for widths (``layout``), for bytes (``kiosk.devices.printing``) nor for what a receipt must say (``sale_receipt``).
A document ends with a cut; it never opens the drawer and never holds a control character's effect: text is text.
"""

from dataclasses import dataclass
from enum import Enum


class Align(Enum):
    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


class Size(Enum):
    """Character size. ``SMALL`` is the printer's font B; ``BIG`` doubles height and width."""

    SMALL = "small"
    NORMAL = "normal"
    BIG = "big"


class Weight(Enum):
    """``INVERSE`` is white on black: reserved for what must not be overlooked, such as DUPLICATA."""

    PLAIN = "plain"
    BOLD = "bold"
    INVERSE = "inverse"


class Stroke(Enum):
    """How a rule is drawn across the paper."""

    LIGHT = "light"
    HEAVY = "heavy"


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; wrapped at words to the paper's width. ``indent`` is in characters and repeated on each wrapped line."""

    text: str
    align: Align = Align.LEFT
    size: Size = Size.NORMAL
    weight: Weight = Weight.PLAIN
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """Left text and right text on one line; ``right`` (an amount) is never cut nor wrapped, ``left`` wraps above it."""

    left: str
    right: str
    size: Size = Size.NORMAL
    weight: Weight = Weight.PLAIN


@dataclass(frozen=True, slots=True)
class Rule:
    stroke: Stroke = Stroke.LIGHT


@dataclass(frozen=True, slots=True)
class Blank:
    """``lines`` empty lines."""

    lines: int = 1


@dataclass(frozen=True, slots=True)
class Barcode:
    """``text`` as Code 128, with the text below it. ASCII only."""

    text: str


@dataclass(frozen=True, slots=True)
class Qr:
    """``text`` as a QR code. ASCII only: readers disagree on anything else."""

    text: str

    def __post_init__(self) -> None:
        if not self.text.isascii():
            raise ValueError("a QR code on paper carries ASCII only")


Element = Text | Row | Rule | Blank | Barcode | Qr


@dataclass(frozen=True, slots=True)
class Document:
    """What is to be printed, top to bottom. ``title`` names it for people and logs (``receipt 42``); it is not printed."""

    title: str
    elements: tuple[Element, ...]
