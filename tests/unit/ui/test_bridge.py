"""The crossing from the till's thread: whole values, in the GUI thread, the newest wins."""

import threading

from PySide6.QtCore import QObject, QThread
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from kiosk.ui.bridge import Bridge


class Receiver(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.values: list[object] = []
        self.threads: list[QThread] = []

    def take(self, value: object) -> None:
        self.values.append(value)
        self.threads.append(QThread.currentThread())


def test_values_arrive_in_the_gui_thread_and_the_newest_wins(qapp: QApplication, qtbot: QtBot) -> None:
    """A widget would be painted from the till's thread and the process would die; or the screen would lag behind."""
    bridge, receiver = Bridge(), Receiver()
    bridge.arrived.connect(receiver.take)

    def publish_many() -> None:
        for n in range(1000):
            bridge.publish(n)

    worker = threading.Thread(target=publish_many)
    worker.start()
    worker.join(5)
    assert receiver.values == []  # nothing happens in the caller's thread
    qtbot.waitUntil(lambda: bool(receiver.values) and receiver.values[-1] == 999)
    assert len(receiver.values) < 1000
    assert set(receiver.threads) == {qapp.thread()}


def test_each_value_after_a_pause_arrives(qtbot: QtBot) -> None:
    """The screen would stop following the till after the first state."""
    bridge, receiver = Bridge(), Receiver()
    bridge.arrived.connect(receiver.take)
    for n in range(3):
        with qtbot.waitSignal(bridge.arrived):
            bridge.publish(n)
    assert receiver.values == [0, 1, 2]


def test_twenty_thousand_signals(qtbot: QtBot) -> None:
    """PySide6 6.12.0 on Python 3.11 lost a reference at each emit and the till aborted after about 570 (decision 10)."""
    bridge, receiver = Bridge(), Receiver()
    bridge.arrived.connect(receiver.take)
    for _ in range(20_000):
        bridge.arrived.emit(True)
    assert len(receiver.values) == 20_000
    assert receiver.values[-1] is True
