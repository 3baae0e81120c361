"""The ring around what the keyboard reached: one overlay that follows the focus, because QSS knows no outer outline.

Responsible for: 3 px, 3 px off, only for focus that came by Tab or a shortcut. Not responsible for moving the focus.
"""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QWidget

from kiosk.ui.theme import ink

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH_PX: Final = 3
GAP_PX: Final = 3


class FocusRing(QWidget):
    """An overlay of its parent, which is the window. The window wraps its `focusNextPrevChild` in `by_keyboard`."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._window = window
        self._target: QWidget | None = None
        self._by_keyboard = False
        self.hide()
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._changed)

    @contextmanager
    def by_keyboard(self) -> "Iterator[None]":
        """Whatever gets the focus inside was reached by the keyboard and gets the ring."""
        self._by_keyboard = True
        try:
            yield
        finally:
            self._by_keyboard = False

    def _changed(self, _old: QWidget | None, now: QWidget | None) -> None:
        if self._target is not None:
            self._target.removeEventFilter(self)
            self._target = None
            self.hide()
        if now is not None and self._by_keyboard and self._window.isAncestorOf(now):
            self._target = now
            now.installEventFilter(self)
            self.show()
            self._follow(now)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._target and isinstance(watched, QWidget):
            if event.type() in (QEvent.Type.Move, QEvent.Type.Resize):
                self._follow(watched)
            elif event.type() == QEvent.Type.Hide:
                self.hide()
        return False

    def _follow(self, target: QWidget) -> None:
        origin = target.mapTo(self._window, QPoint(0, 0))
        grow = WIDTH_PX + GAP_PX
        self.setGeometry(QRect(origin, target.size()).adjusted(-grow, -grow, grow, grow))
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(ink(self), WIDTH_PX))
        half = WIDTH_PX / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), 14, 14)
