"""Starting, stopping, plugging: nothing leaks, nothing hangs, whatever the devices do meanwhile."""

import os
import threading
from functools import partial
from pathlib import Path

import pytest

from kiosk.clock import SystemClock
from kiosk.devices.registry import build_devices
from kiosk.devices.scanning.scanner import SerialScanner
from kiosk.devices.virtual import Policy, VirtualBankCard, VirtualDisplay, VirtualPrinter, VirtualScanner, parse_fault
from kiosk.domain.currency import EUR
from kiosk.domain.money import Money
from kiosk.domain.sale import ChargeOutcome, PrintOutcome
from kiosk.settings import DeviceSettings, SettingsTrouble, parse_device_address
from kiosk.till.messages import (
    BankCardAnswered,
    DeviceHealth,
    DeviceState,
    DrawerKicked,
    PrintFinished,
    Scanned,
)
from tests.helpers.mailbox import Mailbox
from tests.helpers.receipts import receipt


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_two_hundred_connections_leave_nothing_behind(tmp_path: Path) -> None:
    """A loose cable would end a till after a day, out of descriptors."""
    mail = Mailbox()
    with VirtualScanner(link=tmp_path / "scanner") as twin:
        address = parse_device_address(f"serial://{tmp_path}/scanner?baud=9600")
        driver = SerialScanner(address, post=mail, clock=SystemClock())
        driver.start()
        mail.wait(DeviceHealth, lambda message: message.state is DeviceState.READY)
        driver.stop()
        threads, descriptors = threading.active_count(), _descriptors()
        for number in range(200):
            driver.start()
            mail.wait(DeviceHealth, lambda message: message.state is DeviceState.READY)
            if number % 20 == 0:
                twin.unplug()
                mail.wait(DeviceHealth, lambda message: message.state is DeviceState.LOST)
                twin.replug()
            assert driver.stop()
        assert (threading.active_count(), _descriptors()) == (threads, descriptors)


def _is_ready(name: str, message: DeviceHealth) -> bool:
    return message.device == name and message.state is DeviceState.READY


def _settings(folder: Path) -> DeviceSettings:
    def address(name: str) -> str:
        return f"serial://{folder}/{name}?baud=19200"

    return DeviceSettings(
        printer=parse_device_address(address("printer")),
        scanner=parse_device_address(address("scanner")),
        display=parse_device_address(address("display")),
        bankcard="simulated",
        bankcard_port=parse_device_address(address("bankcard")),
    )


def test_everything_together(tmp_path: Path) -> None:
    """Settings written by hand would not start the devices that they name."""
    mail = Mailbox()
    with (
        VirtualPrinter(link=tmp_path / "printer") as printer,
        VirtualScanner(link=tmp_path / "scanner") as scanner,
        VirtualDisplay(link=tmp_path / "display") as display,
        VirtualBankCard(link=tmp_path / "bankcard"),
    ):
        devices = build_devices(_settings(tmp_path), post=mail, clock=SystemClock(), cache=tmp_path / "cache")
        devices.start()
        for name in ("printer", "scanner", "display", "bankcard"):
            mail.wait(DeviceHealth, partial(_is_ready, name))
        scanner.scan("1234567890123456")
        assert mail.wait(Scanned).text == "1234567890123456"
        devices.display.show("CARTE 50", "TOTAL 50,00 €")
        assert display.wait(lambda: display.lines == ("CARTE 50", "TOTAL 50,00 €"))
        assert devices.bankcard is not None
        devices.bankcard.charge("c1", Money(5000, EUR))
        assert mail.wait(BankCardAnswered).outcome is ChargeOutcome.ACCEPTED
        devices.drawer.kick("d1")
        mail.wait(DrawerKicked)
        devices.printer.submit("p1", receipt())
        assert mail.wait(PrintFinished).outcome is PrintOutcome.PRINTED
        assert printer.drawer_kicks == 1
        assert devices.stop() == ()


def test_everything_stalled_ends_in_time(tmp_path: Path) -> None:
    """Switching the till off would hang on a printer without power."""
    mail = Mailbox()
    clock = SystemClock()
    with (
        VirtualPrinter(link=tmp_path / "printer") as printer,
        VirtualScanner(link=tmp_path / "scanner"),
        VirtualDisplay(link=tmp_path / "display") as display,
        VirtualBankCard(link=tmp_path / "bankcard", policy=Policy.ASK) as bankcard,
    ):
        devices = build_devices(_settings(tmp_path), post=mail, clock=clock, cache=tmp_path / "cache")
        devices.start()
        for _ in range(4):
            mail.wait(DeviceHealth, lambda message: message.state is DeviceState.READY)
        printer.inject(parse_fault("stall 900"))
        display.stall()
        assert devices.bankcard is not None
        devices.bankcard.charge("c1", Money(5000, EUR))
        devices.printer.submit("p1", receipt())
        devices.display.show("A", "B")
        assert bankcard.wait(lambda: bankcard.waiting is not None)
        assert printer.wait(lambda: printer.hanging() != ()), "what has not begun is refused, not unknown"
        began = clock.monotonic_ms()
        assert devices.stop(2.0) == ()
        assert clock.monotonic_ms() - began < 2_500
        assert mail.wait(BankCardAnswered).outcome is ChargeOutcome.UNKNOWN
        assert mail.wait(PrintFinished).outcome is PrintOutcome.UNKNOWN


def test_a_terminal_without_devices_answers_all_the_same(tmp_path: Path) -> None:
    """A till without a printer would wait for its receipt for ever."""
    mail = Mailbox()
    devices = build_devices(DeviceSettings(bankcard="manual"), post=mail, clock=SystemClock())
    devices.start()
    devices.printer.submit("p1", receipt())
    devices.drawer.kick("d1")
    devices.display.show("a", "b")
    assert mail.wait(PrintFinished) == PrintFinished("p1", PrintOutcome.REFUSED, "not_set_up", 0)
    assert mail.wait(DrawerKicked).outcome is PrintOutcome.REFUSED
    assert mail.wait(DeviceHealth).reason == "not_set_up"
    assert devices.bankcard is None
    assert devices.stop() == ()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (DeviceSettings(printer=parse_device_address("serial:///dev/x?baud=9600&profile=TM-1")), "no printer profile"),
        (DeviceSettings(display=parse_device_address("serial:///dev/x?baud=9600&protocol=cd5220")), "protocol cd5220"),
        (DeviceSettings(bankcard="simulated"), "bankcard_port"),
    ],
)
def test_settings_that_no_driver_can_serve(settings: DeviceSettings, says: str) -> None:
    """A typing mistake would be found when the first customer waits."""
    with pytest.raises(SettingsTrouble, match=says):
        build_devices(settings, post=Mailbox(), clock=SystemClock())
