"""Type: loads the bundled fonts and makes the QFont of each role of the design's scale.

Responsible for: Inter below 28 px, Inter Display from 28 px, JetBrains Mono for traces, tabular figures (the tabular glyphs of
Inter Display 4.0 beta 7 are not equally wide: large amounts stand alone, never in columns). Not responsible for colours
(`theme`). The scale stands here as data so that a widget needs no file; a test holds it equal to `tokens.json`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QFont, QFontDatabase

DISPLAY_FROM_PX: Final = 28
_LOADED: Final = "kiosk_fonts"


@dataclass(frozen=True, slots=True)
class TypeRole:
    """One role of the scale: size and line in px, weight, tracking in percent of the normal advance."""

    size: int
    line: int
    weight: int
    tracking: float
    tabular: bool = True


ROLES: Final[dict[str, TypeRole]] = {
    "caption": TypeRole(13, 18, 500, 100),
    "body": TypeRole(16, 24, 400, 100),
    "strong": TypeRole(16, 24, 600, 100),
    "label": TypeRole(15, 20, 600, 100),
    "small": TypeRole(14, 20, 400, 100),
    "smalls": TypeRole(14, 20, 600, 100),
    "titles": TypeRole(18, 24, 600, 99.5),
    "title": TypeRole(22, 28, 600, 99),
    "headline": TypeRole(28, 34, 700, 98.5),
    "display": TypeRole(40, 46, 700, 98),
    "amount": TypeRole(56, 60, 700, 97.5),
    "key": TypeRole(26, 32, 600, 100),
    "kbody": TypeRole(30, 40, 400, 100),
    "kstrong": TypeRole(30, 40, 600, 100),
    "klabel": TypeRole(32, 40, 600, 100),
    "ksmall": TypeRole(26, 32, 500, 100),
    "ktitle": TypeRole(44, 52, 700, 98.5),
    "khead": TypeRole(64, 72, 700, 98),
    "kdisplay": TypeRole(104, 112, 700, 97),
    "kamount": TypeRole(128, 136, 700, 96.5),
    "kkey": TypeRole(48, 56, 600, 100),
    "mono": TypeRole(14, 20, 400, 100, tabular=False),
    "monos": TypeRole(13, 18, 400, 100, tabular=False),
}

_WEIGHTS: Final = {
    400: QFont.Weight.Normal,
    500: QFont.Weight.Medium,
    600: QFont.Weight.DemiBold,
    700: QFont.Weight.Bold,
}


class FontError(Exception):
    """A bundled font cannot be loaded."""


def load_fonts(folder: Path) -> tuple[str, ...]:
    """Register every bundled font with Qt, once for each application, and return their families. Raises `FontError` when one
    is refused."""
    app = QCoreApplication.instance()
    known = app.property(_LOADED) if app is not None else None
    if isinstance(known, list):
        return tuple(known)  # registering again would make Qt look at every widget's font again
    families: set[str] = set()
    for path in sorted(folder.glob("*.[ot]tf")):
        number = QFontDatabase.addApplicationFont(str(path))
        if number < 0:
            raise FontError(f"font refused: {path.name}")
        families.update(QFontDatabase.applicationFontFamilies(number))
    if app is not None:
        app.setProperty(_LOADED, sorted(families))
    return tuple(sorted(families))


def font(role: str) -> QFont:
    """Return the font of a role; an unknown role is a KeyError."""
    return sized_font(ROLES[role], mono=role.startswith("mono"))


def sized_font(spec: TypeRole, *, mono: bool = False) -> QFont:
    """Return a font for a size that the scale does not name (drawings)."""
    family = "JetBrains Mono" if mono else "Inter Display" if spec.size >= DISPLAY_FROM_PX else "Inter"
    made = QFont([family])
    made.setPixelSize(spec.size)
    made.setWeight(_WEIGHTS[spec.weight])
    made.setLetterSpacing(QFont.SpacingType.PercentageSpacing, spec.tracking)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    if spec.tabular:
        made.setFeature(QFont.Tag("tnum"), 1)
    return made
