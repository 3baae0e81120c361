"""The technician's page on real widgets: every state whole in both languages and sizes, fields that ask, keys that work."""

from collections.abc import Iterator
from types import MappingProxyType

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit

from kiosk.settings import AuthoritySettings, DeviceAddress, DeviceSettings, Settings, ShopSettings
from kiosk.till.messages import DeviceState, PaperLevel
from kiosk.ui.lint import lint
from kiosk.ui.presenters.technician.setup import FieldName, Select
from kiosk.ui.screens.technician.trace import TraceRows
from kiosk.ui.technician_face import TechnicianFace
from kiosk.ui.technician_port import (
    Choices,
    PortChoice,
    Role,
    RoleSeen,
    Saving,
    TechnicianSeen,
    TestResult,
    TraceRow,
    Verdict,
)
from kiosk.ui.theme import ThemeName
from tests.helpers.customer import discard, dress, language

WIDE, NARROW = QSize(1280, 800), QSize(1024, 768)
TRACE = tuple(
    row
    for number in range(40)
    for row in (
        TraceRow(number * 900, True, "10 04 01", "DLE EOT 1", "ask_status", ""),
        TraceRow(number * 900 + 20, False, "16", "0001 0110", "online", ""),
    )
)
BY_ID = "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0"


class FakePort:
    """Remembers what the page asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []

    def list_ports(self) -> None:
        self.asked.append(("list",))

    def use(self, role: Role, address: DeviceAddress | None) -> None:
        self.asked.append(("use", role, str(address)))

    def test(self, role: Role) -> None:
        self.asked.append(("test", role))

    def kick(self) -> None:
        self.asked.append(("kick",))

    def save(self, choices: Choices) -> None:
        self.asked.append(("save", str(choices.printer)))

    def clear_trace(self, role: Role) -> None:
        self.asked.append(("clear", role))


def settings() -> Settings:
    return Settings(
        authority=AuthoritySettings(address="https://a.example", public_name="a.example"),
        shop=ShopSettings(name="Tabac de la Gare", till="Caisse 1"),
        devices=DeviceSettings(
            printer=DeviceAddress("serial", BY_ID, 19_200),
            scanner=DeviceAddress("serial", "/dev/ttyS0", 9600),
            bankcard="simulated",
            bankcard_port=DeviceAddress("serial", "/dev/ttyS2", 9600),
        ),
    )


def samples() -> dict[str, TechnicianSeen]:
    """The page's states by name."""
    ready = RoleSeen(state=DeviceState.READY, paper=PaperLevel.OK, trace=TRACE)
    ports = (PortChoice(BY_ID, "/dev/ttyUSB0 — FT232R USB UART"), PortChoice("/dev/ttyS0", "/dev/ttyS0"))

    def printer(seen: RoleSeen, saving: Saving | None = None) -> TechnicianSeen:
        others = {
            Role.SCANNER: RoleSeen(state=DeviceState.READY),
            Role.BANKCARD: RoleSeen(state=DeviceState.ABSENT, reason="absent"),
        }
        roles = MappingProxyType({**others, Role.PRINTER: seen})
        return TechnicianSeen(roles=roles, ports=ports, listed_at_ms=0, saving=saving)

    broken = RoleSeen(state=DeviceState.ATTENTION, reason="cutter", paper=PaperLevel.OUT, trace=TRACE)
    return {
        "nothing": TechnicianSeen(),
        "no_ports": TechnicianSeen(ports=(), listed_at_ms=0),
        "ready": printer(ready),
        "testing": printer(RoleSeen(state=DeviceState.READY, testing=True)),
        "passed": printer(RoleSeen(state=DeviceState.READY, result=TestResult(Verdict.PASSED, 468)), Saving(1)),
        "probable": printer(RoleSeen(state=DeviceState.READY, result=TestResult(Verdict.PROBABLE, 468))),
        "cover": printer(RoleSeen(state=DeviceState.ATTENTION, reason="cover_open", paper=PaperLevel.LOW)),
        "denied": printer(RoleSeen(state=DeviceState.DENIED, reason="no_permission"), Saving(1, "SET-02")),
        "cutter": printer(broken),
    }


class Page:
    """A face on a fake machine."""

    def __init__(self, lang: str, size: QSize) -> None:
        self.port = FakePort()
        self.face = TechnicianFace(
            self.port,
            settings=settings(),
            language=language(lang),
            version="kiosk 0.1.0",
            profiles=("TM-T88V", "clone-80"),
        )
        self.face.resize(size)
        self.face.show()

    def words(self) -> str:
        return " ".join(label.text() for label in self.face.findChildren(QLabel) if label.isVisible())

    def press(self, name: str) -> None:
        keys = self.face.findChildren(QAbstractButton)
        (key,) = [key for key in keys if key.isVisible() and key.accessibleName() == name]
        QTest.mouseClick(key, Qt.MouseButton.LeftButton)

    def settle(self) -> None:
        for _ in range(4):
            QApplication.sendPostedEvents()


@pytest.fixture
def page(qapp: QApplication) -> Iterator[Page]:
    dress(qapp)
    made = Page("fr", WIDE)
    yield made
    discard(made.face)


@pytest.mark.parametrize("theme", [ThemeName.LIGHT, ThemeName.HIGH_CONTRAST])
@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_state_is_whole(qapp: QApplication, lang: str, size: QSize, theme: ThemeName) -> None:
    """The sentence that says what to do would be cut off on the shop's small screen."""
    dress(qapp, theme)
    made = Page(lang, size)
    faults: dict[str, list[str]] = {}
    try:
        for name, seen in samples().items():
            for role in Role:
                made.face.act(Select(role))
                made.face.show_seen(seen)
                made.settle()
                if found := [str(one) for one in lint(made.face)]:
                    faults[f"{name} {role.value}"] = found
        assert made.face.size() == size
        assert not faults
    finally:
        discard(made.face)
        dress(qapp)


def test_the_keys_reach_the_machine(page: Page) -> None:
    """A key of the page would be painted and dead."""
    page.face.show_seen(samples()["ready"])
    page.settle()
    for name in ("Imprimer un test", "Ouvrir le tiroir", "Détecter les ports", "Effacer", "Enregistrer"):
        page.press(name)
    assert page.port.asked == [
        ("test", Role.PRINTER),
        ("kick",),
        ("list",),
        ("clear", Role.PRINTER),
        ("save", f"serial://{BY_ID}?baud=19200&profile=TM-T88V"),
    ]


def test_fields_ask_once_when_something_was_chosen(page: Page) -> None:
    """The printer would be restarted at every look of the machine, or not at all."""
    page.face.show_seen(samples()["ready"])
    fields = page.face.screen_now.fields
    fields[FieldName.SPEED].pick("9600")
    fields[FieldName.PORT].pick("/dev/ttyS0")
    fields[FieldName.PORT].write("/dev/ttyS0")
    fields[FieldName.PORT].write("192.168.1.20:9100")
    for _ in range(3):
        page.face.show_seen(samples()["ready"])
    assert [asked[2] for asked in page.port.asked] == [
        f"serial://{BY_ID}?baud=9600&profile=TM-T88V",
        "serial:///dev/ttyS0?baud=9600&profile=TM-T88V",
        "socket://192.168.1.20:9100?profile=TM-T88V",
    ]
    page.settle()
    assert "pas encore enregistrés" in page.words()


def test_what_is_being_written_is_left_alone(page: Page) -> None:
    """Each news of the machine, four a second, would take the half-written address away."""
    page.face.show_seen(samples()["ready"])
    field = page.face.screen_now.fields[FieldName.PORT]
    page.face.activateWindow()
    edit = field.findChild(QLineEdit)
    assert edit is not None
    edit.setFocus()
    page.settle()
    assert edit.hasFocus()
    edit.setText("/dev/ttyU")
    page.face.show_seen(samples()["cover"])
    assert field.shown == "/dev/ttyU"


def test_a_text_that_is_no_port_cannot_be_saved(page: Page) -> None:
    """The next start of the till would fail on it."""
    page.face.show_seen(samples()["ready"])
    page.face.screen_now.fields[FieldName.PORT].write("printer")
    page.settle()
    assert "/dev/ttyUSB0" in page.words()
    page.press("Enregistrer")
    assert page.port.asked == []


def test_the_newest_bytes_are_in_sight_and_a_pause_holds_them(page: Page) -> None:
    """The technician would look at the bytes of an hour ago."""
    page.face.show_seen(samples()["ready"])
    page.settle()
    rows = page.face.findChild(TraceRows)
    assert rows is not None
    assert len(rows.lines) == len(TRACE)
    shown = rows.visibleRegion().boundingRect()
    assert shown.bottom() >= rows.height() - 2
    page.press("Pause")
    page.face.show_seen(samples()["testing"])
    assert len(rows.lines) == len(TRACE)
    page.press("Reprendre")
    assert rows.lines == ()


def test_leaving_closes_the_page(page: Page) -> None:
    """The till could not be started again."""
    page.press("Quitter")
    assert not page.face.isVisible()
