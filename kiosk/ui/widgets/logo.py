"""The product's mark: in its colours, or white on the brand's own ground."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from kiosk.ui.icons import logo_pixmap


class Logo(QWidget):
    """The mark, `size` px square."""

    def __init__(self, *, size: int, inverse: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._inverse = inverse
        self.setFixedSize(size, size)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: QPaintEvent) -> None:
        pixmap = logo_pixmap(size=self.width(), ratio=self.devicePixelRatioF(), inverse=self._inverse)
        QPainter(self).drawPixmap(0, 0, pixmap)
