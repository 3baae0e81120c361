"""The workbench's window on a real host: a click scans, a key faults, paper and display follow, and the layout is whole."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from kiosk.clock import SystemClock
from kiosk.demo.control import ControlServer
from kiosk.demo.workbench_host import DEMO_SOCKET_NAME, WorkbenchHost
from kiosk.demo.workbench_parts import BenchKey, CardButton, Glass
from kiosk.demo.workbench_window import WorkbenchWindow
from kiosk.devices.display import EpsonDisplay
from kiosk.devices.printing.driver import EscposPrinter
from kiosk.devices.scanning.scanner import SerialScanner
from kiosk.settings import DeviceAddress
from kiosk.till.messages import DeviceHealth, DeviceState, Scanned
from kiosk.ui.lint import lint
from tests.helpers.customer import discard, dress, language
from tests.helpers.devices import STEADY
from tests.helpers.mailbox import Mailbox
from tests.helpers.receipts import receipt
from tests.helpers.till_rig import CARD, serial

WAIT_MS = 10_000
PINS = [{"name": "Nadia B.", "role": "clerk", "pin": "2846"}]


class Bench:
    """Host and window."""

    def __init__(self, folder: Path, lang: str) -> None:
        rows = [{"serial": CARD, "series": "12", "face_minor": 2000, "currency": "EUR", "hint": "in_stock"}]
        for number, hint in enumerate(("stolen", "other_shop", "damaged", "not_received")):
            rows.append({"serial": serial(number), "series": "12", "face_minor": 2000, "currency": "EUR", "hint": hint})
        (folder / "cards.json").write_text(json.dumps(rows), "utf-8")
        (folder / "workbench.json").write_text(
            json.dumps({"authority_port": 9, "clerks": PINS, "language": lang}), "utf-8"
        )
        self.folder = folder
        self.host = WorkbenchHost(folder)
        self.host.start()
        self.window = WorkbenchWindow(self.host, language(lang))
        self.window.show()
        self.mail = Mailbox()

    def address(self, device: str) -> DeviceAddress:
        return DeviceAddress("serial", str(self.folder / device), 19_200)

    def key(self, text: str) -> BenchKey:
        (found,) = [key for key in self.window.findChildren(BenchKey) if key.words == text]
        return found

    def words(self) -> str:
        return " ".join(label.text() for label in self.window.findChildren(QLabel) if label.isVisible())

    def close(self) -> None:
        discard(self.window)
        self.host.stop()


@pytest.fixture(params=["fr", "en"])
def bench(qapp: QApplication, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    dress(qapp)
    made = Bench(tmp_path, request.param)
    yield made
    made.close()


@pytest.fixture
def french(qapp: QApplication, tmp_path: Path) -> Iterator[Bench]:
    dress(qapp)
    made = Bench(tmp_path, "fr")
    yield made
    made.close()


def test_a_click_on_a_card_scans_it(french: Bench, qtbot: QtBot) -> None:
    """The demonstration would begin with a card that nobody can scan."""
    scanner = SerialScanner(french.address("scanner"), post=french.mail, clock=SystemClock())
    scanner.start()
    try:
        french.mail.wait(DeviceHealth, lambda health: health.state is DeviceState.READY)
        card = next(one for one in french.window.findChildren(CardButton) if CARD[-4:] in one.accessibleName())
        QTest.mouseClick(card, Qt.MouseButton.LeftButton)
        assert french.mail.wait(Scanned).text == CARD
        qtbot.waitUntil(lambda: "scannée" in card.accessibleName(), timeout=WAIT_MS)
    finally:
        assert scanner.stop()


def test_a_key_shows_what_it_did(french: Bench, qtbot: QtBot) -> None:
    """Nobody would know whether the network is cut now."""
    QTest.mouseClick(french.key("Couper le réseau"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "coupé" in french.words(), timeout=WAIT_MS)
    QTest.mouseClick(french.key("Rétablir le réseau"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Couper le réseau" in french.words(), timeout=WAIT_MS)


def test_paper_and_display_follow(french: Bench, qtbot: QtBot) -> None:
    """The receipt would come out where nobody sees it."""
    printer = EscposPrinter(french.address("printer"), post=french.mail, clock=SystemClock(), timings=STEADY)
    display = EpsonDisplay(french.address("display"), post=french.mail, clock=SystemClock())
    printer.start()
    display.start()
    try:
        display.show("CARTE 20", "20,00")
        french.mail.wait(DeviceHealth, lambda one: (one.device, one.state) == ("printer", DeviceState.READY))
        printer.submit("one", receipt())
        qtbot.waitUntil(lambda: "1\u00a0ticket sorti" in french.words(), timeout=WAIT_MS)
        glass = french.window.findChild(Glass)
        assert glass is not None
        qtbot.waitUntil(lambda: glass.accessibleName() == "CARTE 20 / 20,00", timeout=WAIT_MS)
    finally:
        assert printer.stop(5.0)
        assert display.stop()


def test_the_till_is_killed_through_the_demonstration(french: Bench, qtbot: QtBot) -> None:
    """The key would kill nothing, or be there when nobody listens."""
    assert "Tuer la caisse" not in french.words()
    told: list[str] = []
    demonstration = ControlServer(
        french.folder / DEMO_SOCKET_NAME,
        {"kill_till": lambda: told.append("kill"), "start_till": lambda: told.append("start")},
    )
    try:
        qtbot.waitUntil(lambda: "Tuer la caisse" in french.words(), timeout=WAIT_MS)
        QTest.mouseClick(french.key("Tuer la caisse"), Qt.MouseButton.LeftButton)
        QTest.mouseClick(french.key("Relancer la caisse"), Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: told == ["kill", "start"], timeout=WAIT_MS)
    finally:
        demonstration.close()


def test_a_press_that_fails_says_why(french: Bench, qtbot: QtBot) -> None:
    """A click would do nothing, without a word."""
    (french.folder / DEMO_SOCKET_NAME).touch()
    qtbot.waitUntil(lambda: "Tuer la caisse" in french.words(), timeout=WAIT_MS)
    QTest.mouseClick(french.key("Tuer la caisse"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Impossible" in french.words(), timeout=WAIT_MS)


def test_the_window_is_whole(bench: Bench, qtbot: QtBot) -> None:
    """A word of the first window that a visitor sees would be cut."""
    (bench.folder / DEMO_SOCKET_NAME).touch()
    for fault in ("paper_low", "cover_open"):
        bench.host.printer_fault(fault)
    bench.host.network("cut")
    keys = bench.window.findChildren(BenchKey)
    qtbot.waitUntil(lambda: sum(key.property("kind") == "chosen" for key in keys) == 4, timeout=WAIT_MS)
    kill = language(bench.host.config.language).words("wb.kill")
    qtbot.waitUntil(lambda: kill in bench.words(), timeout=WAIT_MS)
    QApplication.sendPostedEvents()
    assert [str(finding) for finding in lint(bench.window)] == []
    assert "2846" in bench.words()
    assert not any(digits in bench.words() for digits in (CARD, CARD[:8]))
