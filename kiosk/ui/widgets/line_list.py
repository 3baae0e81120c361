"""The basket: one row a card, newest first, each with its own delete key.

Responsible for: showing rows, which one is chosen (arrow keys), and emitting what shall go. Rows are reused, so that a
scan costs one row and not a page. Not responsible for removing anything: the till answers with another list.
"""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from kiosk.ui.presenters.parts import LineRow
from kiosk.ui.theme import restyle
from kiosk.ui.widgets.button import IconButton
from kiosk.ui.widgets.card_face import ValueChip
from kiosk.ui.widgets.chip import Dot
from kiosk.ui.widgets.text import Text

ROW_HEIGHT = 68


class _Row(QFrame):
    removed = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._line_id = ""
        self.setFixedHeight(ROW_HEIGHT)
        self._value = ValueChip(parent=self)
        self._title = Text(role="label", elide=True, parent=self)
        self._dot = Dot(size=8, parent=self)
        self._serial = Text(role="small", tone="text2", elide=True, parent=self)
        self._price = Text(role="titles", parent=self)
        self.delete = IconButton("trash-2", name="", parent=self)
        self.delete.clicked.connect(self._remove)
        second = QHBoxLayout()
        second.setSpacing(5)
        second.addWidget(self._dot)
        second.addWidget(self._serial, 1)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addStretch()
        words.addWidget(self._title)
        words.addLayout(second)
        words.addStretch()
        inner = QHBoxLayout(self)
        inner.setContentsMargins(10, 0, 4, 0)
        inner.setSpacing(0)
        inner.addWidget(self._value)
        inner.addSpacing(10)
        inner.addLayout(words, 1)
        inner.addSpacing(6)
        inner.addWidget(self._price)
        inner.addWidget(self.delete)

    def show_row(self, row: LineRow) -> None:
        self._line_id = row.line_id
        self._value.set_card(value=row.value, series=row.series)
        self._title.set_text(row.title)
        self._serial.set_text(f"{row.serial} · {row.state}" if row.state else row.serial)
        self._dot.set_tone(row.tone)
        self._price.set_text(row.price)
        self.delete.setAccessibleName(row.delete_name)
        self.setAccessibleName(f"{row.title} {row.price} {row.state}".strip())
        restyle(self, kind="line_on" if row.chosen or row.fresh else "line")

    def _remove(self) -> None:
        self.removed.emit(self._line_id)


class LineList(QScrollArea):
    """The rows of a basket. `removed` carries a line id."""

    removed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._body = body = QWidget()
        body.setProperty("kind", "plain")
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addStretch()
        self.setWidget(body)
        self._rows: list[_Row] = []

    def show_rows(self, rows: Sequence[LineRow]) -> None:
        """Show these rows, in this order; the chosen one is brought into sight."""
        while len(self._rows) < len(rows):
            made = _Row(self._body)
            made.removed.connect(self.removed)
            self._column.insertWidget(len(self._rows), made)
            self._rows.append(made)
        for index, widget in enumerate(self._rows):
            if index < len(rows):
                widget.show_row(rows[index])
            widget.setVisible(index < len(rows))
        for index, row in enumerate(rows):
            if row.chosen:
                self.ensureWidgetVisible(self._rows[index], 0, 8)

    def row_of(self, line_id: str) -> QWidget | None:
        """Return the widget of a line (tests look at it)."""
        return next((row for row in self._rows if row.isVisibleTo(self) and row._line_id == line_id), None)
