"""Small drawings on a screen: an outline in the colour of its words, and the round badge of results.

Responsible for: painting `icons` in the colour that the sheet gives by tone. Not responsible for clicks.
"""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from kiosk.ui.icons import icon_pixmap
from kiosk.ui.theme import ground, ink, restyle


class Icon(QLabel):
    """One outline, `size` px square, in the sheet's colour for its tone."""

    def __init__(self, name: str, *, size: int = 22, tone: str = "text", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._size = size
        self.setProperty("tone", tone)
        self.setFixedSize(size, size)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_icon(self, name: str) -> None:
        """Show another drawing."""
        if name != self._name:
            self._name = name
            self.update()

    def set_tone(self, tone: str) -> None:
        """Change the colour by its name in the sheet."""
        restyle(self, tone=tone)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._name:
            return
        painter = QPainter(self)
        pixmap = icon_pixmap(self._name, colour=ink(self), size=self._size, ratio=self.devicePixelRatioF())
        painter.drawPixmap(0, 0, pixmap)


class RoundIcon(QWidget):
    """An outline on a filled disc: scan zone (60), result header (72), empty lists (64)."""

    def __init__(
        self, name: str, *, size: int = 72, glyph: int = 36, tone: str = "primary", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._name = name
        self._glyph = glyph
        self.setProperty("tone", tone)
        self.setFixedSize(QSize(size, size))
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_look(self, name: str, tone: str) -> None:
        """Show another drawing and meaning."""
        self._name = name
        restyle(self, tone=tone)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground(self))
        painter.drawEllipse(QRectF(self.rect()))
        pixmap = icon_pixmap(self._name, colour=ink(self), size=self._glyph, ratio=self.devicePixelRatioF())
        offset = (self.width() - self._glyph) // 2
        painter.drawPixmap(offset, offset, pixmap)
