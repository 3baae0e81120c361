"""Text that a printer can print: French typography brought into its code page, and nothing in it that a printer would obey.

A product name may hold ``ESC p`` and open the drawer, an emoji would print as a box, a thin space as a question mark. Widths
change: this happens before layout. Pure. (MON-03)
"""

import unicodedata
from dataclasses import replace
from typing import Final

from kiosk.receipt.document import Barcode, Blank, Document, Element, Qr, Row, Rule, Text

STAND_IN: Final = "·"  # for a letter that the page lacks in every form; in all Latin pages
PLAIN_STAND_IN: Final = "."

NO_BREAK: Final = "\u00a0"
_SPACES: Final = dict.fromkeys("\u2009\u200a\u2008\u2002\u2003\u2004\u2005\u2006\u3000\t", " ")
_HOLDING: Final = dict.fromkeys("\u00a0\u202f\u2007", NO_BREAK)
_ALWAYS: Final[dict[str, str]] = {
    **_SPACES,
    **_HOLDING,
    "\u2212": "-",
    "\u2010": "-",
    "\u2011": "-",
    "\u2043": "-",
    "≤": "<=",
    "≥": ">=",
    "≠": "<>",
    "≈": "~",
    "→": "->",
    "←": "<-",
    "№": "Nº",
    "\u2028": "\n",
    "\u2029": "\n",
}
# only where the page lacks the character itself
_FALLBACKS: Final[dict[str, str]] = {
    "€": "EUR",
    "œ": "oe",
    "Œ": "OE",
    "Ÿ": "Y",
    "…": "...",
    "–": "-",
    "—": "-",
    "’": "'",
    "‘": "'",
    "‚": ",",
    "“": '"',
    "”": '"',
    "„": '"',
    "•": "*",
    "·": ".",
    "º": "o",
    "ª": "a",
    "™": "(TM)",
    "«": '"',
    "»": '"',
    "×": "x",
}
# controls (but for the line feed), formatting such as bidi and zero-width marks, surrogates, private use, unassigned
_DROPPED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "So", "Sk", "Mn", "Me"})


def plain_text(text: str, codec: str) -> str:
    """``text`` in characters of ``codec`` alone, without controls but the line feed. Never raises, never gives ``?``."""
    return _plain(text, codec).replace(NO_BREAK, " ")


def plain_document(document: Document, codec: str) -> Document:
    """The document with all its texts made plain, but for no-break spaces: layout needs them, the encoder replaces them."""
    return replace(document, elements=tuple(_plain_element(element, codec) for element in document.elements))


def _plain(text: str, codec: str) -> str:
    return "".join(_plain_char(char, codec) for char in unicodedata.normalize("NFC", text))


def _plain_element(element: Element, codec: str) -> Element:
    match element:
        case Text():
            return replace(element, text=_plain(element.text, codec))
        case Row():
            return replace(element, left=_plain(element.left, codec), right=_plain(element.right, codec))
        case Rule() | Blank() | Barcode() | Qr():
            return element


def _plain_char(char: str, codec: str) -> str:
    if char == "\n":
        return char
    if (always := _ALWAYS.get(char)) is not None:
        return always if _fits(always, codec) else "".join(_FALLBACKS.get(part, part) for part in always)
    if unicodedata.category(char) in ("Cc", "Cf"):
        return ""
    if _fits(char, codec):
        return char
    if (fallback := _FALLBACKS.get(char)) is not None:
        return fallback
    if unicodedata.category(char) in _DROPPED:
        return ""
    base = "".join(part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part))
    if base and base != char and _fits(base, codec) and all(unicodedata.category(part) != "Cc" for part in base):
        return base
    return STAND_IN if _fits(STAND_IN, codec) else PLAIN_STAND_IN


def _fits(text: str, codec: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
