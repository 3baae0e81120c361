"""The technician's adapter on real pseudo-terminals: the real drivers, tested and traced, without a till."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from kiosk.bootstrap.technician_devices import TechnicianDevices
from kiosk.clock import SystemClock, SystemIds
from kiosk.devices.virtual import VirtualPrinter, VirtualScanner, parse_fault
from kiosk.devices.virtual.bankcard import VirtualBankCard
from kiosk.devices.virtual.display import VirtualDisplay
from kiosk.settings import (
    FILE_NAME,
    PREVIOUS_NAME,
    AuthoritySettings,
    DeviceAddress,
    DeviceSettings,
    Settings,
    load_settings,
    save_settings,
)
from kiosk.till.messages import DeviceState
from kiosk.ui.technician_port import Choices, Role, TechnicianSeen, Verdict
from tests.helpers.mailbox import Mailbox
from tests.helpers.till_rig import CARD

NOTHING = Choices(scanner=None, printer=None, display=None, bankcard_mode=None, bankcard=None)


class Bench:
    """The adapter and what it published."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = Settings(
            authority=AuthoritySettings(address="https://a.example", public_name="a.example"),
            devices=DeviceSettings(printer=self.address("printer")),
        )
        save_settings(folder, self.settings)
        self.mail = Mailbox()
        clock = SystemClock()
        self.devices = TechnicianDevices(
            folder,
            self.settings,
            publish=self.mail,
            clock=clock,
            ids=SystemIds(clock),
            lister=lambda: [SimpleNamespace(device=str(folder / "printer"), description="FTDI")],
        )

    def address(self, name: str) -> DeviceAddress:
        return DeviceAddress("serial", str(self.folder / name), 19_200)

    def until(self, role: Role, state: DeviceState) -> TechnicianSeen:
        return self.mail.wait(TechnicianSeen, lambda seen: seen.role(role).state is state)

    def verdict(self, role: Role) -> tuple[Verdict, str]:
        seen = self.mail.wait(TechnicianSeen, lambda seen: seen.role(role).result is not None)
        result = seen.role(role).result
        assert result is not None
        return result.verdict, result.detail


@contextmanager
def running(folder: Path) -> Iterator[Bench]:
    made = Bench(folder)
    made.devices.start()
    try:
        yield made
    finally:
        made.devices.stop()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with VirtualPrinter(link=tmp_path / "printer") as printer, running(tmp_path) as made:
        made.printer = printer  # type: ignore[attr-defined]  # the twin that most tests look at
        made.until(Role.PRINTER, DeviceState.READY)
        yield made


def twin(bench: Bench) -> VirtualPrinter:
    found = bench.printer  # type: ignore[attr-defined]  # see the fixture
    assert isinstance(found, VirtualPrinter)
    return found


def test_the_printer_is_tested_with_a_page_that_it_confirms(bench: Bench) -> None:
    """« Test réussi » would be said of a page that never came out."""
    bench.devices.test(Role.PRINTER)
    assert bench.verdict(Role.PRINTER) == (Verdict.PASSED, "")
    (paper,) = [twin(bench).text(0)]
    assert any("éèêëàâçîïôùû" in line for line in paper)
    assert any("20,00 €" in line for line in paper)


def test_a_printer_without_paper_is_not_ready_and_says_why(bench: Bench) -> None:
    """The technician would look for a fault in the cable."""
    twin(bench).inject(parse_fault("paper_out"))
    seen = bench.until(Role.PRINTER, DeviceState.ATTENTION)
    assert seen.role(Role.PRINTER).reason == "paper_out"
    bench.devices.test(Role.PRINTER)
    assert bench.verdict(Role.PRINTER) == (Verdict.REFUSED, "paper_out")


def test_the_drawer_is_opened_through_the_printer(bench: Bench) -> None:
    """The key would light up and the drawer stay shut."""
    bench.devices.kick()
    seen = bench.mail.wait(TechnicianSeen, lambda seen: seen.role(Role.PRINTER).result is not None)
    result = seen.role(Role.PRINTER).result
    assert result is not None
    assert result.drawer
    assert result.verdict is Verdict.PASSED
    assert twin(bench).drawer_kicks == 1


def test_the_bytes_are_shown_with_their_meaning(bench: Bench) -> None:
    """The technician would see that something passes, and not what."""
    seen = bench.mail.wait(
        TechnicianSeen, lambda seen: {"ask_status", "online"} <= {row.word for row in seen.role(Role.PRINTER).trace}
    )
    row = next(row for row in seen.role(Role.PRINTER).trace if row.word == "ask_status")
    assert (row.sent, row.hexes, row.code) == (True, "10 04 01", "DLE EOT 1")


def test_another_port_is_used_at_once_and_the_old_one_let_go(bench: Bench, tmp_path: Path) -> None:
    """The page would test the old port, or hold it against the till."""
    bench.devices.use(Role.PRINTER, replace(bench.address("printer"), path=str(tmp_path / "nothing")))
    seen = bench.until(Role.PRINTER, DeviceState.ABSENT)
    assert seen.role(Role.PRINTER).reason == "absent"
    bench.devices.test(Role.PRINTER)
    assert bench.verdict(Role.PRINTER) == (Verdict.REFUSED, "absent")
    with running(tmp_path) as other:
        other.until(Role.PRINTER, DeviceState.READY)
    bench.devices.use(Role.PRINTER, None)
    bench.until(Role.PRINTER, DeviceState.DISABLED)


def test_a_held_port_is_named(bench: Bench, tmp_path: Path) -> None:
    """A till that still runs would be taken for a broken printer."""
    with running(tmp_path) as other:
        seen = other.until(Role.PRINTER, DeviceState.DENIED)
        assert seen.role(Role.PRINTER).reason == "in_use"


def test_the_scanner_is_tested_by_a_scan_and_its_number_is_masked(bench: Bench, tmp_path: Path) -> None:
    """The page would say that a silent scanner works, or show a whole serial."""
    with VirtualScanner(link=tmp_path / "scanner") as scanner:
        bench.devices.use(Role.SCANNER, bench.address("scanner"))
        bench.until(Role.SCANNER, DeviceState.READY)
        bench.devices.test(Role.SCANNER)
        bench.mail.wait(TechnicianSeen, lambda seen: seen.role(Role.SCANNER).testing)
        scanner.scan(CARD)
        assert bench.verdict(Role.SCANNER) == (Verdict.PASSED, "Code 128")
        seen = bench.mail.wait(TechnicianSeen, lambda seen: bool(seen.role(Role.SCANNER).trace))
        assert CARD not in repr(seen)
        assert CARD.encode().hex(" ").upper() not in repr(seen)
        (row,) = seen.role(Role.SCANNER).trace
        assert row.text.endswith(CARD[-4:])
        bench.devices.clear_trace(Role.SCANNER)
        bench.mail.wait(TechnicianSeen, lambda seen: not seen.role(Role.SCANNER).trace)


def test_a_scanner_without_its_suffix_is_told(bench: Bench, tmp_path: Path) -> None:
    """It would pass here, and every scan would be refused at the till."""
    with VirtualScanner(link=tmp_path / "scanner") as scanner:
        bench.devices.use(Role.SCANNER, bench.address("scanner"))
        bench.until(Role.SCANNER, DeviceState.READY)
        bench.devices.test(Role.SCANNER)
        bench.mail.wait(TechnicianSeen, lambda seen: seen.role(Role.SCANNER).testing)
        scanner.scan(CARD, suffix=b"")
        assert bench.verdict(Role.SCANNER)[0] is Verdict.NO_SUFFIX


def test_the_display_shows_what_the_page_says_that_it_shows(bench: Bench, tmp_path: Path) -> None:
    """The technician would compare two different texts."""
    with VirtualDisplay(link=tmp_path / "display") as display:
        bench.devices.use(Role.DISPLAY, bench.address("display"))
        bench.until(Role.DISPLAY, DeviceState.READY)
        bench.devices.test(Role.DISPLAY)
        verdict, text = bench.verdict(Role.DISPLAY)
        assert verdict is Verdict.LOOK
        assert display.lines[0] == text


def test_the_bank_card_terminal_is_asked_without_money(bench: Bench, tmp_path: Path) -> None:
    """A test would charge somebody's card."""
    with VirtualBankCard(link=tmp_path / "bankcard") as terminal:
        bench.devices.use(Role.BANKCARD, bench.address("bankcard"))
        bench.until(Role.BANKCARD, DeviceState.READY)
        bench.devices.test(Role.BANKCARD)
        assert bench.verdict(Role.BANKCARD)[0] is Verdict.PASSED
        assert [charge.minor for charge in terminal.charges] == [0]


def test_ports_are_listed(bench: Bench, tmp_path: Path) -> None:
    """The list would stay empty on a machine with ports."""
    seen = bench.mail.wait(TechnicianSeen, lambda seen: bool(seen.ports))
    assert seen.ports is not None
    (port,) = seen.ports
    assert (port.path, port.label) == (str(tmp_path / "printer"), f"{tmp_path / 'printer'} — FTDI")


def test_settings_are_saved_and_the_previous_kept(bench: Bench, tmp_path: Path) -> None:
    """A wrong evening's work could not be taken back."""
    before = (tmp_path / FILE_NAME).read_text("utf-8")
    bench.devices.save(replace(NOTHING, scanner=bench.address("scanner"), bankcard_mode="manual"))
    seen = bench.mail.wait(TechnicianSeen, lambda seen: seen.saving is not None)
    assert seen.saving is not None
    assert seen.saving.code == ""
    saved = load_settings(tmp_path)
    assert saved.devices == DeviceSettings(scanner=bench.address("scanner"), bankcard="manual")
    assert saved.authority == bench.settings.authority
    assert (tmp_path / PREVIOUS_NAME).read_text("utf-8") == before


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The technician would leave in the belief that it is saved."""
    with running(tmp_path) as bench:
        (tmp_path / f".{FILE_NAME}.new").mkdir()  # what is written first has no room to be
        bench.devices.save(NOTHING)
        seen = bench.mail.wait(TechnicianSeen, lambda seen: seen.saving is not None)
        assert seen.saving is not None
        assert seen.saving.code == "SET-02"
        assert load_settings(tmp_path) == bench.settings
    assert "SET-02" in caplog.text
