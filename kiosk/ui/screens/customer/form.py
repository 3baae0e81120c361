"""How a customer screen is arranged: upright or lying, with normal or large type, and the type that goes with it.

Responsible for: the sizes that differ between arrangements, so that no screen invents its own. Large text is 1.35 times the scale
and drops drawings (design, section 7). Not responsible for colours.
"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QWidget

from kiosk.ui.fonts import ROLES, sized_font
from kiosk.ui.widgets.button import Button
from kiosk.ui.widgets.keypad import Keypad
from kiosk.ui.widgets.text import Text

LARGE_PERCENT: Final = 135


class Shape(Enum):
    """The two arrangements."""

    PORTRAIT = "portrait"
    LANDSCAPE = "landscape"


@dataclass(frozen=True, slots=True)
class Form:
    """One arrangement; every screen is built for one and never changes it."""

    shape: Shape
    large: bool

    @property
    def upright(self) -> bool:
        """Whether the screen stands."""
        return self.shape is Shape.PORTRAIT

    @property
    def margin(self) -> int:
        """Left and right of everything."""
        return 48 if self.upright else 28

    @property
    def gap(self) -> int:
        """Between controls; 14 px is the floor."""
        return 18

    @property
    def control(self) -> int:
        """Height of the blue key and its neighbours."""
        return 128 if self.upright else 100

    @property
    def footer(self) -> int:
        """Height of the row that every page has."""
        return 160 if self.upright else 116

    @property
    def rows(self) -> int:
        """How many payments fit at a time."""
        if self.upright:
            return 3 if self.large else 5
        return 2 if self.large else 3


def form_of(area: QSize, *, large: bool) -> Form:
    """The arrangement for a window."""
    return Form(Shape.PORTRAIT if area.height() > area.width() else Shape.LANDSCAPE, large)


def type_of(role: str, form: Form) -> QFont:
    """The font of a role in this arrangement."""
    spec = ROLES[role]
    return sized_font(replace(spec, size=spec.size * LARGE_PERCENT // 100) if form.large else spec)


def words(
    role: str,
    form: Form,
    *,
    tone: str = "text",
    wrap: bool = False,
    elide: bool = False,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    parent: QWidget | None = None,
) -> Text:
    """A label in this arrangement's size."""
    made = Text(role=role, tone=tone, wrap=wrap, elide=elide, align=align, parent=parent)
    made.set_font(type_of(role, form))
    return made


def key(
    form: Form,
    *,
    kind: str,
    icon: str = "",
    height: int | None = None,
    role: str = "klabel",
    pad: int = 24,
    parent: QWidget | None = None,
) -> Button:
    """A key of the customer's size."""
    made = Button(kind=kind, icon=icon, role=role, height=height or form.control, icon_size=40, pad=pad, parent=parent)
    _retype(made, role, form)
    return made


def keypad(form: Form, *, key_height: int, gap: int = 14, parent: QWidget | None = None) -> Keypad:
    """The number pad of the customer's size."""
    made = Keypad(kind="secondaryk", role="kkey", key_height=key_height, gap=gap, parent=parent)
    for button in made.findChildren(Button):
        _retype(button, "kkey", form)
    return made


def _retype(button: Button, role: str, form: Form) -> None:
    if not form.large:
        return
    for label in button.findChildren(Text):
        label.set_font(type_of(role, form))
