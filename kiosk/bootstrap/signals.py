"""SIGTERM and SIGINT as an event of Qt's loop: Python's handlers only run between byte codes, and a loop that waits runs none.

The system writes a byte to a socket when a signal comes; the loop reads it. Not responsible for what ends then.
"""

import signal
import socket
from types import FrameType
from typing import Final

from PySide6.QtCore import QObject, QSocketNotifier
from PySide6.QtWidgets import QApplication

_NUMBERS: Final = (signal.SIGTERM, signal.SIGINT)


class Signals(QObject):
    """Ends the application in order when it is told to. Made in the main thread, closed there."""

    def __init__(self, app: QApplication) -> None:
        super().__init__()
        self._app = app
        self._near, self._far = socket.socketpair()
        for end in (self._near, self._far):
            end.setblocking(False)
        self._before = signal.set_wakeup_fd(self._far.fileno(), warn_on_full_buffer=False)
        self._handlers = {number: signal.signal(number, _noted) for number in _NUMBERS}
        self._notifier = QSocketNotifier(self._near.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._come)

    def close(self) -> None:
        """Give the signals back."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._before)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._near.close()
        self._far.close()

    def _come(self) -> None:
        self._near.recv(64)
        self._app.exit(0)


def _noted(number: int, frame: FrameType | None) -> None:
    """The wake-up has told the loop already."""
