"""Cards of a finished or stuck sale: what each is and how it ended, the reason of a refused one under it."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from kiosk.ui.presenters.parts import ResultRow
from kiosk.ui.theme import restyle
from kiosk.ui.widgets.card_face import ValueChip
from kiosk.ui.widgets.chip import Chip
from kiosk.ui.widgets.text import Text

LEAST_WIDTH_PX: Final = 200
LEAST_HEIGHT_PX: Final = 72


class _Row(QFrame):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setMinimumHeight(64)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._value = ValueChip(parent=self)
        self._title = Text(role="label", elide=True, parent=self)
        self._serial = Text(role="small", tone="text2", elide=True, parent=self)
        self._chip = Chip(height=32, parent=self)
        self._why = Text(role="body", wrap=True, parent=self)
        self._reference = Text(role="small", tone="text2", wrap=True, parent=self)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addStretch()
        words.addWidget(self._title)
        words.addWidget(self._serial)
        words.addStretch()
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self._value)
        top.addLayout(words, 1)
        top.addWidget(self._chip)
        inner = QVBoxLayout(self)
        inner.setContentsMargins(12, 10, 12, 10)
        inner.setSpacing(6)
        inner.addLayout(top)
        inner.addWidget(self._why)
        inner.addWidget(self._reference)

    def show_row(self, row: ResultRow) -> None:
        self._value.set_card(value=row.card.short, series=row.card.colour)
        self._title.set_text(row.title)
        self._serial.set_text(row.serial)
        bad = bool(row.why)
        ground = "chip_on" if bad else None
        self._chip.set_look(row.chip, icon=row.chip_icon, tone=row.chip_tone, ground_kind=ground)
        for label, text in ((self._why, row.why), (self._reference, row.reference)):
            label.set_text(text)
            label.setVisible(bool(text))
        restyle(self, kind="line_danger" if bad else "line")
        self.setAccessibleName(f"{row.title} {row.chip} {row.why}".strip())


class ResultList(QScrollArea):
    """The rows, one under the other; more than fit are scrolled."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._body = QWidget()
        self._body.setProperty("kind", "plain")
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self.setWidget(self._body)
        self._rows: list[_Row] = []
        self._wanted = 1

    def show_rows(self, rows: Sequence[ResultRow]) -> None:
        """Show these cards."""
        while len(self._rows) < len(rows):
            made = _Row(self._body)
            self._column.addWidget(made)
            self._rows.append(made)
        for index, widget in enumerate(self._rows):
            if index < len(rows):
                widget.show_row(rows[index])
            widget.setVisible(index < len(rows))
        self._fit()

    def _fit(self) -> None:
        width = max(self.viewport().width(), LEAST_WIDTH_PX)
        layout = self._column
        wanted = layout.heightForWidth(width) if layout.hasHeightForWidth() else layout.sizeHint().height()
        self._wanted = max(wanted, 1)
        self.setMaximumHeight(self._wanted)
        self.setMinimumHeight(min(self._wanted, LEAST_HEIGHT_PX))
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(LEAST_WIDTH_PX, self._wanted)

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type] # Qt hands a QResizeEvent, which is only passed on
        self._fit()
