"""A short message at the bottom left: good news and undo, nothing else. Trouble stays on screen and is not a toast.

Responsible for: showing one message for 4 s, or 8 s with an action, and going away by itself. Position only; no animation
that a slow till would stutter on.
"""

from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from kiosk.ui.widgets.button import Button
from kiosk.ui.widgets.icon import Icon
from kiosk.ui.widgets.text import Text

PLAIN_MS: Final = 4_000
WITH_ACTION_MS: Final = 8_000
MARGIN_PX: Final = 20
FOOT_PX: Final = 68  # the line at the bottom of a page stays reachable


class Toast(QFrame):
    """One message over its parent. `acted` is emitted by its action, `gone` when its time is over."""

    acted = Signal()
    gone = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.setProperty("kind", "card")
        self.setFixedHeight(58)
        self._serial = -1
        self._icon = Icon("circle-check", size=22, tone="success", parent=self)
        self._text = Text(role="label", parent=self)
        self._action = Button(kind="ghost", height=44, parent=self)
        self._action.clicked.connect(self._act)
        inner = QHBoxLayout(self)
        inner.setContentsMargins(16, 0, 8, 0)
        inner.setSpacing(12)
        inner.addWidget(self._icon)
        inner.addWidget(self._text, 1)
        inner.addWidget(self._action)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._leave)
        self.hide()

    def show_message(self, text: str, *, icon: str, tone: str, serial: int, action: str = "") -> None:
        """Show a message; `serial` tells a new message from the same one shown again. Empty hides it at once."""
        if not text:
            self._timer.stop()
            self._serial = -1
            self.hide()
            return
        if serial == self._serial:
            return
        self._serial = serial
        self._icon.set_icon(icon)
        self._icon.set_tone(tone)
        self._text.set_text(text)
        self._action.set_text(action)
        self._action.setVisible(bool(action))
        self.setAccessibleName(text)
        self.adjustSize()
        self.place()
        self.raise_()
        self.show()
        self._timer.start(WITH_ACTION_MS if action else PLAIN_MS)

    def place(self) -> None:
        """Stand at the bottom left of the parent."""
        self.move(MARGIN_PX, self._over.height() - self.height() - FOOT_PX)

    def _act(self) -> None:
        self._leave()
        self.acted.emit()

    def _leave(self) -> None:
        self._timer.stop()
        self.hide()
        self.gone.emit()
