"""The AIM identifier that a scanner may put before what it read: which symbology it was. Pure. (ISO/IEC 15424)

It tells a 13-digit article from a 13-digit serial, and a card's Code 128 from everything else. A text without one stays as it is.
"""

from dataclasses import dataclass
from typing import Final

CODE_128: Final = "C0"
GS1_128: Final = "C1"
_LETTERS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_MODIFIERS: Final = frozenset("0123456789ABCDEF")


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: ``symbology`` is the identifier without its bracket, ``None`` when the scanner sends none."""

    text: str
    symbology: str | None


def split_aim(frame: str) -> Read:
    """The text of a frame and its symbology, if it begins with ``]``, a letter and a modifier."""
    if len(frame) > 3 and frame[0] == "]" and frame[1] in _LETTERS and frame[2].upper() in _MODIFIERS:
        return Read(frame[3:], frame[1:3])
    return Read(frame, None)
