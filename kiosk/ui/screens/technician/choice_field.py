"""A field with choices under its label; one that is free may also be written in.

Responsible for telling what a person chose or finished writing, once. Not responsible for whether it makes sense.
"""

from typing import Final

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy, QVBoxLayout, QWidget

from kiosk.ui.fonts import font
from kiosk.ui.presenters.technician.devices import FieldView
from kiosk.ui.presenters.technician.setup import FieldName
from kiosk.ui.theme import restyle
from kiosk.ui.widgets.icon import Icon
from kiosk.ui.widgets.text import Text

HEIGHT_PX: Final = 48
TEXT_CHARS_MAX: Final = 200


class _Box(QComboBox):
    """A combo box that a scrolling hand cannot change by accident."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class ChoiceField(QWidget):
    """One field. ``chosen`` carries ``(FieldName, value)``."""

    chosen = Signal(object)

    def __init__(self, name: FieldName, *, free: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._values: tuple[str, ...] = ()
        self._shown = ""
        self._label = Text(role="smalls", tone="text2", parent=self)
        self._box = _Box(self)
        self._box.setFont(font("body"))
        self._box.setFixedHeight(HEIGHT_PX)
        self._box.setEditable(free)
        self._box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        line = self._box.lineEdit()
        if line is not None:
            line.setFont(font("body"))
            line.setMaxLength(TEXT_CHARS_MAX)
            line.editingFinished.connect(self._written)
            self._box.setCompleter(None)  # type: ignore[arg-type]  # Qt's way to have none
        self._box.activated.connect(self._picked)
        self._arrow = Icon("chevron-down", size=20, tone="text2", parent=self._box)
        inner = QVBoxLayout(self)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(4)
        inner.addWidget(self._label)
        inner.addWidget(self._box)
        self._label.setBuddy(self._box)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_field(self, view: FieldView, *, wrong: bool = False) -> None:
        """Show label, choices and value; what is being written is left alone."""
        self._label.set_text(view.label)
        self._box.setAccessibleName(view.label)
        self.setVisible(view.shown)
        restyle(self._box, kind="wrong" if wrong else "")
        values = tuple(value for value, _ in view.choices)
        labels = tuple(label for _, label in view.choices)
        if values != self._values or labels != tuple(self._box.itemText(at) for at in range(self._box.count())):
            self._values = values
            writing = self._box.currentText()
            self._box.clear()
            self._box.addItems(list(labels))
            if view.free:
                self._box.setEditText(writing)
        if view.free:
            line = self._box.lineEdit()
            if line is not None and (view.value != self._shown or not line.hasFocus()) and line.text() != view.value:
                line.setText(view.value)
            self._shown = view.value
        elif view.value in values:
            self._box.setCurrentIndex(values.index(view.value))
        else:
            self._box.setCurrentIndex(-1)

    def write(self, text: str) -> None:
        """Write into a free field and leave it, as a hand would."""
        line = self._box.lineEdit()
        assert line is not None, "not a free field"
        line.setText(text)
        self._written()

    def pick(self, value: str) -> None:
        """Pick a choice by its value, as a hand would."""
        self._box.setCurrentIndex(self._values.index(value))
        self._picked(self._box.currentIndex())

    @property
    def shown(self) -> str:
        """What stands in the field."""
        return self._box.currentText()

    def _picked(self, place: int) -> None:
        if 0 <= place < len(self._values):
            self.chosen.emit((self._name, self._values[place]))

    def _written(self) -> None:
        self.chosen.emit((self._name, self._box.currentText()))

    def sizeHint(self) -> QSize:
        return QSize(140, super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrow.move(self._box.width() - 30, (HEIGHT_PX - 20) // 2)
