"""Colours: every token used, none unknown, every pair of the design readable, drawings and type as designed."""

import json
import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QFontDatabase, QFontMetricsF, QRawFont
from PySide6.QtWidgets import QApplication

from kiosk.resources import asset
from kiosk.ui.fonts import ROLES, font, load_fonts
from kiosk.ui.icons import icon_pixmap, logo_pixmap
from kiosk.ui.theme import ThemeError, ThemeName, load_theme, substitute

TOKENS = json.loads(asset("themes", "tokens.json").read_text("utf-8"))
UI = Path(__file__).resolve().parents[3] / "kiosk" / "ui"


def test_an_unknown_token_is_refused() -> None:
    """A typing mistake in the sheet would leave a button without a colour."""
    with pytest.raises(ThemeError, match="unknown tokens: primry"):
        substitute("QWidget { color: @primry; }", {})


def test_an_unused_token_is_refused() -> None:
    """A colour of the design would be forgotten."""
    with pytest.raises(ThemeError, match="unused tokens: accent"):
        substitute("QWidget { color: @text; } /* @accent */", {"text": "#000", "accent": "#fff"})


@pytest.mark.parametrize("name", ThemeName)
def test_every_theme_fills_the_sheet(name: ThemeName) -> None:
    """A theme could not be put on."""
    theme = load_theme(asset("themes"), name)
    assert "@" not in theme.sheet
    assert theme.tokens["primary"] in theme.sheet


def test_style_sheets_are_set_in_one_place() -> None:
    """A page would keep its light colours in the dark theme."""
    users = [path.name for path in UI.rglob("*.py") if "setStyleSheet(" in path.read_text("utf-8")]
    assert users == ["theme.py"]


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", [one.value for one in ThemeName])
def test_every_pair_of_the_design_is_readable(name: str) -> None:
    """A word would be too pale for the counter's light (WCAG 2.2, 1.4.3 and 1.4.11)."""
    colours = TOKENS["color"][name]
    for pair in TOKENS["contrast"][name]:
        values = [luminance(colours.get(pair[side], pair[side])) for side in ("fg", "bg")]  # white stands as a value
        a, b = sorted(values, reverse=True)
        ratio = (a + 0.05) / (b + 0.05)
        assert ratio >= pair["required"] - 0.05, f"{pair['fg']} on {pair['bg']}: {ratio:.1f}"


def test_the_type_scale_is_the_design_s() -> None:
    """Words would have another size than designed."""
    for name, wanted in TOKENS["type"].items():
        role = ROLES[name]
        assert (role.size, role.line, role.weight, role.tracking, role.tabular) == (
            wanted["size"],
            wanted["line"],
            wanted["weight"],
            wanted["tracking_percent"],
            wanted["tnum"],
        ), name
    assert ROLES.keys() == TOKENS["type"].keys()


def test_fonts_ship_with_what_french_needs(qapp: QApplication) -> None:
    """Thin spaces, arrows and currency would come from another font, or be boxes."""
    assert set(load_fonts(asset("fonts"))) >= {"Inter", "Inter Display", "JetBrains Mono"}
    assert set(QFontDatabase.styles("Inter")) >= {"Regular", "Medium", "Semi Bold", "Bold"}
    for role in ("body", "amount"):
        raw = QRawFont.fromFont(font(role))
        for character in "\u00a0\u202f€−’«»nº…·↑↓→×éÉàçœ":
            assert raw.supportsCharacter(ord(character)), f"{role}: U+{ord(character):04X}"


def test_figures_are_equally_wide(qapp: QApplication) -> None:
    """A column of prices would not line up. (Inter Display 4.0 beta has no tabular figures: large amounts stand alone.)"""
    load_fonts(asset("fonts"))
    for role in ("caption", "body", "strong", "titles", "title", "key"):
        metrics = QFontMetricsF(font(role))
        assert metrics.horizontalAdvance("1111") == pytest.approx(metrics.horizontalAdvance("0000")), role


def named_icons() -> set[str]:
    """Every icon name in the code of the screens: strings that are an icon's name where an icon is meant."""
    shipped = {path.stem for path in asset("icons").glob("*.svg")}
    found: set[str] = set()
    for path in UI.parent.rglob("*.py"):
        found |= set(re.findall(r'"([a-z][a-z0-9-]*)"', path.read_text("utf-8"))) & shipped
    return found


def test_every_shipped_icon_can_be_drawn_and_is_used(qapp: QApplication) -> None:
    """A button would be without its drawing, or the product would carry drawings that nobody sees."""
    shipped = {path.stem for path in asset("icons").glob("*.svg")}
    for name in shipped:
        image = icon_pixmap(name, colour=QColor("#ff0000"), size=24, ratio=2.0).toImage()
        assert (image.width(), image.height()) == (48, 48)
        assert any(image.pixelColor(x, y).red() > 200 for x in range(48) for y in range(48)), name
    assert shipped - named_icons() == set()


def test_the_logo_has_three_forms(qapp: QApplication) -> None:
    """The login page would show a blue logo on blue."""
    plain = logo_pixmap(size=64, ratio=1.0).toImage()
    inverse = logo_pixmap(size=64, ratio=1.0, inverse=True).toImage()
    mono = logo_pixmap(size=64, ratio=1.0, mono=QColor("#00ff00")).toImage()
    assert plain.pixelColor(32, 6).name() == "#2a3fbf"
    assert inverse.pixelColor(32, 6).name() == "#ffffff"
    assert mono.pixelColor(32, 6).name() == "#00ff00"
