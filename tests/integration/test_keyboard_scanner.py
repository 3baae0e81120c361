"""A card is scanned with a scanner that types like a keyboard: from the keys of the real window to the authority's hold."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from kiosk.bootstrap.faces import Clerk
from kiosk.bootstrap.terminal import Machine
from kiosk.domain.activation import EntryMode
from kiosk.domain.sale import LinePhase
from kiosk.till.commands import LogIn
from kiosk.till.state import Stage, TillState
from kiosk.ui.intents import Task
from tests.helpers.shop import Shop

pytestmark = pytest.mark.shared_world
WAIT_MS = 15_000


def test_a_card_is_held_and_no_amount_is_typed(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    """With such a scanner, the cheapest and so the most common, nothing could be sold; its digits would open the cash page."""
    with Shop(tmp_path / "shop") as shop:
        clerk = Clerk(qapp, Machine.load(shop.till_folder))
        try:
            clerk.open()

            def until(stage: Stage, *, held: int = 0) -> TillState:
                qtbot.waitUntil(
                    lambda: clerk.state is not None and clerk.state.stage is stage and _held(clerk.state) == held,
                    timeout=WAIT_MS,
                )
                assert clerk.state is not None
                return clerk.state

            until(Stage.LOGGED_OUT)
            clerk.terminal.post(LogIn("nadia", "2846"))
            until(Stage.SALE)
            _type(clerk.window.windowHandle(), f"]C0{shop.scheme.first('12').serial}")
            until(Stage.SALE, held=1)
            _type(clerk.window.windowHandle(), shop.scheme.first("12", skip=1).serial)
            sale = until(Stage.SALE, held=2).sale
            assert sale is not None and {line.entry_mode for line in sale.live} == {EntryMode.SCANNED.value}
            assert clerk.face.draft.task is Task.SALE and clerk.face.draft.received == ""
        finally:
            clerk.close()
            clerk.window.deleteLater()


def _type(window: QWindow, text: str) -> None:
    for char in text:
        QTest.keyClick(window, ord(char))
    QTest.keyClick(window, Qt.Key.Key_Return)


def _held(state: TillState) -> int:
    return sum(line.phase is LinePhase.HELD for line in state.sale.live) if state.sale else 0
