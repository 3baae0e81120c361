"""The one crossing from the till's thread to the screens: a QObject of the GUI thread with a Signal(object).

Responsible for: taking states from any thread at once and handing the newest to the GUI thread, whole; what arrives while one
is on its way replaces it. Not responsible for what a state means. No lambda and no method of a worker is ever connected here.
"""

import threading
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal


class Bridge(QObject):
    """`publish` may be called from any thread; `arrived` is emitted in the GUI thread with the newest value."""

    arrived = Signal(object)
    _wake = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._newest: Any = None  # whatever the other side publishes whole: a TillState, a Scene
        self._on_the_way = False
        self._wake.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def publish(self, value: Any) -> None:  # see `_newest`
        """Hand over a value; returns at once, never raises into the caller's thread."""
        with self._lock:
            self._newest = value
            if self._on_the_way:
                return
            self._on_the_way = True
        self._wake.emit()

    def _deliver(self) -> None:
        with self._lock:
            value, self._newest = self._newest, None
            self._on_the_way = False
        self.arrived.emit(value)
