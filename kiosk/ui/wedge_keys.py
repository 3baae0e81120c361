"""Catches the keys of a window before any page sees them, and keeps those back that a scanner types (``wedge``).

It stands at the window of the system, where each key comes by once. A person's keys arrive on the page as they were, 35 ms later.
Not responsible for which bursts are a scanner's nor for what a scan means.
"""

from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QWindow
from PySide6.QtWidgets import QWidget

from kiosk.ui.wedge import GAP_MS, Heard, Wedge

_KEYS: Final = (QEvent.Type.KeyPress, QEvent.Type.KeyRelease)
_ENDS: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab)
_BESIDE: Final = (
    Qt.Key.Key_Shift,
    Qt.Key.Key_Control,
    Qt.Key.Key_Alt,
    Qt.Key.Key_AltGr,
    Qt.Key.Key_Meta,
    Qt.Key.Key_CapsLock,
)
_CONTROL: Final = Qt.KeyboardModifier.ControlModifier
_ALT: Final = Qt.KeyboardModifier.AltModifier


class WedgeKeys(QObject):
    """``scanned`` carries the ``Burst`` that a scanner typed. ``watch`` once the window is on screen."""

    scanned = Signal(object)

    def __init__(self, window: QWidget, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window = window
        self._handle: QWindow | None = None
        self._wedge = Wedge[QKeyEvent]()
        self._giving_back = False
        self._silence = QTimer(self)
        self._silence.setSingleShot(True)
        self._silence.setInterval(GAP_MS)
        self._silence.timeout.connect(self._quiet)

    def watch(self) -> None:
        """Begin."""
        self._window.winId()  # makes the window of the system, if it is not there yet
        self._handle = self._window.windowHandle()
        self._handle.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's own hook: whether the event goes no further."""
        if self._giving_back or not isinstance(event, QKeyEvent) or event.type() not in _KEYS:
            return False
        held = self._wedge.holds
        heard = self._take(event)
        if self._wedge.holds:
            self._silence.start()
        if not held and heard.burst is None and len(heard.keys) == 1:
            return False  # nothing was waiting before it: as if we were not here
        self._give(heard)
        return True

    def _take(self, event: QKeyEvent) -> Heard[QKeyEvent]:
        key = event.clone()
        released = event.type() == QEvent.Type.KeyRelease
        if released or event.key() in _BESIDE:
            return self._wedge.beside(key)
        if event.isAutoRepeat():
            return self._wedge.other(event.timestamp(), key)
        if event.key() in _ENDS:
            return self._wedge.ended(event.timestamp(), key)
        # AltGr is both of them on Windows; one alone types nothing
        plain = (event.modifiers() & (_CONTROL | _ALT)) in (Qt.KeyboardModifier.NoModifier, _CONTROL | _ALT)
        if plain and len(event.text()) == 1 and event.text().isprintable():
            return self._wedge.typed(event.text(), event.timestamp(), key)
        return self._wedge.other(event.timestamp(), key)

    def _quiet(self) -> None:
        self._give(self._wedge.silence())

    def _give(self, heard: Heard[QKeyEvent]) -> None:
        if heard.burst is not None:
            self.scanned.emit(heard.burst)
        if self._handle is None:
            return
        self._giving_back = True
        try:
            for key in heard.keys:
                QCoreApplication.sendEvent(self._handle, key)
        finally:
            self._giving_back = False
