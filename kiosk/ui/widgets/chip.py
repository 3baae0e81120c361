"""Chips: an icon and a word on a small coloured ground; the dot beside a line; bar and ring of progress.

Responsible for: status at a glance, always with a word or beside one. Not responsible for what the status is.
"""

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from kiosk.ui.theme import ground, ink, restyle
from kiosk.ui.widgets.icon import Icon
from kiosk.ui.widgets.text import Text

CHIP_HEIGHT = 28
RING_TICK_MS = 40
RING_STEP_DEGREES = 12
_TONES = {"success": "success", "warning": "warning", "danger": "danger", "info": "info", "neutral": "text2"}


class Chip(QFrame):
    """A status: `tone` is success, warning, danger, info or neutral."""

    def __init__(
        self,
        text: str = "",
        *,
        icon: str = "",
        tone: str = "neutral",
        height: int = CHIP_HEIGHT,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._icon = Icon(icon, size=16, parent=self)
        self._text = Text(role="caption" if height <= CHIP_HEIGHT else "smalls", parent=self)
        inner = QHBoxLayout(self)
        inner.setContentsMargins(10, 0, 10, 0)
        inner.setSpacing(6)
        inner.addWidget(self._icon)
        inner.addWidget(self._text)
        self.set_look(text, icon=icon, tone=tone)

    def set_look(self, text: str, *, icon: str = "", tone: str = "neutral", ground_kind: str | None = None) -> None:
        """Change word, drawing and meaning."""
        self._text.set_text(text)
        self._text.setVisible(bool(text))
        self._icon.set_icon(icon)
        self._icon.setVisible(bool(icon))
        self.setAccessibleName(text)
        kind = ground_kind or ("chip" if tone == "neutral" else f"chip_{tone}")
        restyle(self, kind=kind)
        self._text.set_tone(_TONES[tone])
        self._icon.set_tone(_TONES[tone])

    @property
    def words(self) -> str:
        """The word on the chip."""
        return self._text.full_text


class Dot(QWidget):
    """A small disc whose colour is its tone; stands beside a word that says the same."""

    def __init__(self, *, size: int = 10, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(QSize(size, size))
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_tone(self, tone: str) -> None:
        """Change the colour by its name in the sheet."""
        restyle(self, tone=tone)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink(self))
        painter.drawEllipse(QRectF(self.rect()))


class Bar(QWidget):
    """A share of a whole, 0 to 1000 thousandths."""

    def __init__(self, *, height: int = 10, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._thousandths = 0
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_share(self, thousandths: int) -> None:
        """Show this share."""
        self._thousandths = max(0, min(1000, thousandths))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        radius = self.height() / 2
        painter.setBrush(ground(self))
        painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
        width = self.width() * self._thousandths / 1000
        if width > 0:
            painter.setBrush(ink(self))
            painter.drawRoundedRect(QRectF(0, 0, max(width, self.height()), self.height()), radius, radius)


class Ring(QWidget):
    """Something is under way. It turns only while it is on screen; `set_moving(False)` for still pictures."""

    def __init__(self, *, size: int = 56, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(size, size)
        self._angle = 90
        self._moving = True
        self._timer = QTimer(self)
        self._timer.setInterval(RING_TICK_MS)
        self._timer.timeout.connect(self._turn)

    def set_moving(self, moving: bool) -> None:
        """Reduced motion: a ring that stands still still says that something is under way."""
        self._moving = moving
        if not moving:
            self._timer.stop()

    def _turn(self) -> None:
        self._angle = (self._angle - RING_STEP_DEGREES) % 360
        self.update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._moving:
            self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = max(4, self.width() // 10)
        box = QRectF(self.rect()).adjusted(width / 2, width / 2, -width / 2, -width / 2)
        painter.setPen(QPen(ground(self), width))
        painter.drawEllipse(box)
        painter.setPen(QPen(ink(self), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawArc(box, self._angle * 16, 100 * 16)
