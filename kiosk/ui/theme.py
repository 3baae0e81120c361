"""Colours and borders of every face: one sheet with `@tokens`, filled strictly, applied to the whole application.

Responsible for: reading `tokens.json`, substituting `base.qss` (an unknown token or one that nothing uses is an error),
and the product's only call of `setStyleSheet`. Not responsible for type (`fonts`) or drawings (`icons`). Widgets that
paint themselves find their colours in their palette, which the sheet fills: see `ink`, `ground`, `mark`, `fill`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory, QWidget

TOKEN: Final = re.compile(r"@([a-z][a-z0-9_]*)")
COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)


class ThemeName(Enum):
    """The looks that a clerk may choose."""

    LIGHT = "light"
    DARK = "dark"
    HIGH_CONTRAST = "high_contrast"


class ThemeError(Exception):
    """Sheet and tokens do not fit: a mistake in what was shipped."""


@dataclass(frozen=True, slots=True)
class Theme:
    """One look: its name, its tokens and the finished sheet."""

    name: ThemeName
    tokens: Mapping[str, str]
    sheet: str


def substitute(sheet: str, tokens: Mapping[str, str]) -> str:
    """Fill every `@token`. Raises `ThemeError` for a token without value and for a value that nothing uses."""
    bare = COMMENT.sub("", sheet)
    used = set(TOKEN.findall(bare))
    unknown, unused = used - tokens.keys(), tokens.keys() - used
    if unknown:
        raise ThemeError(f"unknown tokens: {', '.join(sorted(unknown))}")
    if unused:
        raise ThemeError(f"unused tokens: {', '.join(sorted(unused))}")
    return TOKEN.sub(lambda found: tokens[found.group(1)], bare)


def load_theme(folder: Path, name: ThemeName) -> Theme:
    """Read `tokens.json` and `base.qss` of a folder and make one look of them."""
    design = json.loads((folder / "tokens.json").read_text(encoding="utf-8"))
    tokens: dict[str, str] = dict(design["color"][name.value])
    borders = design["border"]
    thick = name is ThemeName.HIGH_CONTRAST
    tokens["line"] = f"{borders['high_contrast'] if thick else borders['hairline']}px"
    tokens["line_strong"] = f"{borders['strong']}px"
    tokens["line_focus"] = f"{borders['field_focus']}px"
    # without background steps the blocks of the high contrast theme need an outline
    tokens["block_line"] = tokens["border"] if thick else "transparent"
    # the accent is the ground of the customer's balance there, and would not be seen on itself
    tokens["hero_bar"] = tokens["on_primary"] if thick else tokens["accent"]
    for size in ("key", "chip", "control", "card", "control_kiosk", "card_kiosk", "hero_kiosk"):
        tokens[f"radius_{size}"] = f"{design['radius'][size]}px"
    sheet = substitute((folder / "base.qss").read_text(encoding="utf-8"), tokens)
    return Theme(name=name, tokens=tokens, sheet=sheet)


def apply_theme(app: QApplication, theme: Theme) -> None:
    """Put a look on the whole application; widgets that exist are restyled, so prefer a moment when nobody waits."""
    if app.style().objectName().lower() != "fusion":
        app.setStyle(QStyleFactory.create("Fusion"))
    if app.styleSheet() != theme.sheet:
        app.setStyleSheet(theme.sheet)


def restyle(widget: QWidget, **properties: str) -> None:
    """Set dynamic properties that the sheet selects by, and let the sheet look again if one changed."""
    changed = False
    for name, value in properties.items():
        if widget.property(name) != value:
            widget.setProperty(name, value)
            changed = True
    if changed:
        style = widget.style()
        style.unpolish(widget)
        style.polish(widget)
        widget.update()


def ink(widget: QWidget) -> QColor:
    """Return the sheet's `color` for a widget that paints itself."""
    return widget.palette().color(QPalette.ColorRole.WindowText)


def ground(widget: QWidget) -> QColor:
    """Return the sheet's `background-color` for a widget that paints itself."""
    return widget.palette().color(QPalette.ColorRole.Window)


def mark(widget: QWidget) -> QColor:
    """Return the sheet's `selection-color` for a widget that paints itself."""
    return widget.palette().color(QPalette.ColorRole.HighlightedText)


def fill(widget: QWidget) -> QColor:
    """Return the sheet's `selection-background-color` for a widget that paints itself."""
    return widget.palette().color(QPalette.ColorRole.Highlight)
