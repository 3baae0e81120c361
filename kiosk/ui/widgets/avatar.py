"""Marks of a person: initials on a disc, and the dots of a PIN that is being typed.

Responsible for: showing how many digits were typed, never which. Not responsible for checking anything.
"""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from kiosk.ui.fonts import TypeRole, sized_font
from kiosk.ui.theme import ground, ink, restyle

DOT_PX = 18
DOT_GAP_PX = 22


class Avatar(QWidget):
    """Initials on a disc."""

    def __init__(self, *, size: int = 48, tone: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._initials = ""
        self.setProperty("tone", tone)
        self.setFixedSize(size, size)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_person(self, initials: str, *, tone: str | None = None) -> None:
        """Show these initials."""
        self._initials = initials
        if tone is not None:
            restyle(self, tone=tone)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground(self))
        painter.drawEllipse(QRectF(self.rect()))
        painter.setPen(ink(self))
        painter.setFont(sized_font(TypeRole(max(13, round(self.height() * 0.36)), 0, 600, 100)))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._initials)


class PinDots(QWidget):
    """One dot for each digit of a PIN, filled as it is typed."""

    def __init__(self, *, places: int = 4, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._places = places
        self._typed = 0
        self.setFixedHeight(DOT_PX + 2)

    def set_typed(self, typed: int, *, places: int) -> None:
        """Show how many of how many digits are there."""
        self._typed, self._places = typed, places
        self.setAccessibleName(f"{typed} / {places}")
        self.update()

    def set_tone(self, tone: str) -> None:
        """`danger` after a wrong PIN, else empty."""
        restyle(self, tone=tone)

    def sizeHint(self) -> QSize:
        return QSize(self._places * DOT_PX + (self._places - 1) * DOT_GAP_PX + 2, DOT_PX + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = (self.width() - self.sizeHint().width()) / 2 + 1
        for place in range(self._places):
            box = QRectF(left + place * (DOT_PX + DOT_GAP_PX), 1, DOT_PX, DOT_PX)
            if place < self._typed:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(ground(self))
                painter.drawEllipse(box)
            else:
                painter.setPen(QPen(ink(self), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(box.adjusted(1, 1, -1, -1))


class DotField(QWidget):
    """The brand's field of 25 codes, one of them being revealed; decoration of the login screen."""

    def __init__(self, *, step: int = 62, dot: int = 36, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._step, self._dot = step, dot
        side = 4 * step + dot
        self.setFixedSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for r in range(5):
            for c in range(5):
                distance = abs(r - 2) + abs(c - 2)
                painter.setOpacity(1.0 if distance == 0 else 0.24 if distance == 2 else 0.10)
                painter.setBrush(ground(self) if distance == 0 else ink(self))
                painter.drawEllipse(QRectF(c * self._step, r * self._step, self._dot, self._dot))
