"""The bytes of a port as rows on dark ground: when, which way, which bytes, what they mean. Follows the newest row.

Paints only what is in sight. Not responsible for masking: what it is given may be shown.
"""

from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from kiosk.ui.fonts import font
from kiosk.ui.presenters.technician.devices import LineView
from kiosk.ui.theme import fill, ground, ink, mark

ROW_PX: Final = 27
PAD_PX: Final = 13
# where the columns begin
TIME_PX, WAY_PX, HEX_PX, CODE_PX, MEANING_PX = PAD_PX, 122, 178, 470, 590
QUIET: Final = 0.62


class TraceRows(QWidget):
    """The rows themselves."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[LineView, ...] = ()
        self._nothing = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_lines(self, lines: tuple[LineView, ...], nothing: str) -> None:
        """Show these rows, or a sentence while there are none."""
        self._lines, self._nothing = lines, nothing
        self.setMinimumHeight(len(lines) * ROW_PX + 2 * PAD_PX)
        self.setAccessibleName(nothing or f"{lines[-1].direction} {lines[-1].hexes} {lines[-1].meaning}")
        self.update()

    @property
    def lines(self) -> tuple[LineView, ...]:
        """What is shown."""
        return self._lines

    def sizeHint(self) -> QSize:
        return QSize(700, self.minimumHeight())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), ground(self))
        painter.setFont(font("monos"))
        if not self._lines:
            painter.setPen(ink(self))
            painter.setOpacity(QUIET)
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._nothing)
            return
        first = max(0, (event.rect().top() - PAD_PX) // ROW_PX)
        last = min(len(self._lines), (event.rect().bottom() - PAD_PX) // ROW_PX + 1)
        for place in range(first, last):
            self._row(painter, self._lines[place], PAD_PX + place * ROW_PX)

    def _row(self, painter: QPainter, line: LineView, top: int) -> None:
        def write(text: str, left: int, right: int, *, quiet: bool = False) -> None:
            painter.setOpacity(QUIET if quiet else 1.0)
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, right - left - 10)
            painter.drawText(QRect(left, top, right - left - 10, ROW_PX), Qt.AlignmentFlag.AlignVCenter, shown)

        painter.setPen(ink(self))
        write(line.time, TIME_PX, WAY_PX, quiet=True)
        painter.setPen(mark(self) if line.sent else fill(self))
        write(line.direction, WAY_PX, HEX_PX)
        painter.setPen(ink(self))
        write(line.hexes, HEX_PX, CODE_PX)
        write(line.code, CODE_PX, MEANING_PX, quiet=True)
        write(line.meaning, MEANING_PX if line.code else CODE_PX, self.width(), quiet=not line.sent)


class TraceView(QScrollArea):
    """Rows that scroll; the newest stays in sight unless somebody looks further up."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(120)
        self._rows = TraceRows(self)
        self.setWidget(self._rows)
        self._following = True
        bar = self.verticalScrollBar()
        bar.rangeChanged.connect(self._follow)
        bar.sliderMoved.connect(self._moved)

    def set_lines(self, lines: tuple[LineView, ...], nothing: str) -> None:
        """Show these rows."""
        if lines != self._rows.lines or not lines:
            self._rows.set_lines(lines, nothing)

    def _moved(self, place: object) -> None:
        del place
        bar = self.verticalScrollBar()
        self._following = bar.sliderPosition() >= bar.maximum() - ROW_PX

    def _follow(self) -> None:
        if self._following:
            self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())
