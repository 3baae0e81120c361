"""A scanner that types like a keyboard at the clerk's window: its keys reach no page, a person's do."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from kiosk.ui.wedge import Burst
from kiosk.ui.wedge_keys import WedgeKeys

SERIAL = "4929341267091398"
QUIET_MS = 60  # longer than keys are held back: what would come late has come


class Page(QWidget):
    """Notes the keys that come to it, and has a button that Enter would press."""

    def __init__(self) -> None:
        super().__init__()
        self.typed = ""
        self.pressed = 0
        self.button = QPushButton("Payer", self)
        self.button.setAutoDefault(True)
        self.button.clicked.connect(self._press)
        QVBoxLayout(self).addWidget(self.button)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.typed += {Qt.Key.Key_Return: "⏎", Qt.Key.Key_F9: "F9"}.get(Qt.Key(event.key()), event.text())

    def _press(self) -> None:
        self.pressed += 1


class Counter:
    """A window on screen with a wedge before it."""

    def __init__(self, qtbot: QtBot) -> None:
        self._qtbot = qtbot
        self.page = Page()
        qtbot.addWidget(self.page)
        self.page.show()
        self.page.setFocus()
        self.bursts: list[Burst] = []
        self.wedge = WedgeKeys(self.page)
        self.wedge.scanned.connect(self.bursts.append)
        self.wedge.watch()

    @property
    def window(self) -> QWindow:
        return self.page.windowHandle()

    def scan(self, text: str) -> None:
        """As fast as a scanner types."""
        for char in text:
            QTest.keyClick(self.window, ord(char))
        QTest.keyClick(self.window, Qt.Key.Key_Return)

    def press(self, key: Qt.Key, *, then: str) -> None:
        """As a finger does; wait for what the page has then."""
        QTest.keyClick(self.window, key)
        self._qtbot.waitUntil(lambda: self.page.typed == then)


@pytest.fixture
def counter(qtbot: QtBot) -> Iterator[Counter]:
    one = Counter(qtbot)
    yield one
    one.page.close()


def test_a_scan_reaches_no_page(counter: Counter, qtbot: QtBot) -> None:
    """Sixteen digits would be an amount of money, and Enter would take it."""
    counter.scan(SERIAL)
    qtbot.wait(QUIET_MS)
    assert counter.bursts == [Burst(SERIAL, complete=True)]
    assert counter.page.typed == ""


def test_a_scan_presses_no_button(counter: Counter, qtbot: QtBot) -> None:
    """The button that has the keyboard's focus would be pressed by every scan."""
    counter.page.button.setFocus()
    counter.scan(SERIAL)
    qtbot.wait(QUIET_MS)
    assert counter.page.pressed == 0 and len(counter.bursts) == 1


def test_a_person_types_presses_and_goes_on(counter: Counter) -> None:
    """A key would be lost, doubled, or come before the one that was pressed first."""
    counter.press(Qt.Key.Key_1, then="1")
    counter.press(Qt.Key.Key_7, then="17")
    counter.press(Qt.Key.Key_F9, then="17F9")
    counter.press(Qt.Key.Key_Return, then="17F9⏎")
    counter.scan("12")  # rolled over: too short for a scan
    assert counter.page.typed == "17F9⏎12⏎" and counter.bursts == []


def test_space_presses_the_button_that_has_the_focus(counter: Counter, qtbot: QtBot) -> None:
    """A clerk without a mouse could press nothing any more: the key is held back and its release must not overtake it."""
    counter.page.button.setFocus()
    QTest.keyClick(counter.window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: counter.page.pressed == 1)
