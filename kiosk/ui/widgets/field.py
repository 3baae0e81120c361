"""A field that shows what is being typed on pad or keyboard: a serial or an amount.

Responsible for: looks (focused, wrong), the unit beside it, an icon, an action at its end. Not responsible for the text:
the presenter makes it ready, grouped and checked.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from kiosk.ui.theme import restyle
from kiosk.ui.widgets.button import IconButton
from kiosk.ui.widgets.icon import Icon
from kiosk.ui.widgets.text import Text


class Field(QFrame):
    """One field. `cleared` is emitted by the cross at its end, which is there while there is something to clear."""

    cleared = Signal()

    def __init__(
        self,
        *,
        role: str = "titles",
        height: int = 64,
        icon: str = "",
        clear_name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._icon = Icon(icon, size=24, tone="primary_text", parent=self)
        self._icon.setVisible(bool(icon))
        self._text = Text(role=role, parent=self)
        self._unit = Text(role="display", tone="text3", align=Qt.AlignmentFlag.AlignRight, parent=self)
        self._unit.hide()
        self._clear = IconButton("x", name=clear_name, parent=self)
        self._clear.clicked.connect(self.cleared)
        self._clear.setVisible(False)
        self._clearable = bool(clear_name)
        inner = QHBoxLayout(self)
        inner.setContentsMargins(18, 0, 12, 0)
        inner.setSpacing(12)
        inner.addWidget(self._icon)
        inner.addWidget(self._text, 1)
        inner.addWidget(self._unit)
        inner.addWidget(self._clear)
        restyle(self, kind="field_on")

    def set_value(self, text: str, *, empty: str = "", wrong: bool = False) -> None:
        """Show what was typed so far; `empty` stands there, paler, while there is nothing."""
        self._text.set_text(text or empty)
        self._text.set_tone("text" if text else "text3")
        self._clear.setVisible(self._clearable and bool(text))
        restyle(self, kind="field_danger" if wrong else "field_on")

    def set_size(self, *, role: str, height: int) -> None:
        """Grow or shrink with the room there is."""
        self._text.set_role(role)
        self.setFixedHeight(height)

    def set_unit(self, unit: str) -> None:
        """Show a unit at the end."""
        self._unit.set_text(unit)
        self._unit.setVisible(bool(unit))

    def set_name(self, name: str, *, clear_name: str = "") -> None:
        """Name the field, and its cross, for assistive technology."""
        self.setAccessibleName(name)
        if clear_name:
            self._clear.setAccessibleName(clear_name)
            self._clearable = True

    @property
    def shown(self) -> str:
        """What stands in the field."""
        return self._text.full_text
