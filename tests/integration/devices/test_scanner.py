"""The scanner's driver on a real pseudo-terminal."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kiosk.clock import SystemClock
from kiosk.devices.scanning.scanner import SerialScanner
from kiosk.devices.virtual import VirtualScanner
from kiosk.settings import parse_device_address
from kiosk.till.messages import DeviceHealth, DeviceState, Scanned, ScanUnread
from tests.helpers.mailbox import Mailbox


@dataclass
class Desk:
    twin: VirtualScanner
    mail: Mailbox


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    mail = Mailbox()
    with VirtualScanner(link=tmp_path / "scanner") as twin:
        address = parse_device_address(f"serial://{tmp_path}/scanner?baud=9600")
        driver = SerialScanner(address, post=mail, clock=SystemClock())
        driver.start()
        mail.wait(DeviceHealth, lambda message: message.state is DeviceState.READY)
        yield Desk(twin, mail)
        assert driver.stop()
        assert twin.heard == b""


def test_a_card_is_read_with_its_symbology(desk: Desk) -> None:
    """The till could not tell a card from a magazine."""
    desk.twin.scan("1234567890123456")
    read = desk.mail.wait(Scanned)
    assert (read.text, read.symbology, read.complete) == ("1234567890123456", "C0", True)
    assert "1234567890123456" not in repr(read)


def test_two_labels_in_one_breath_and_one_in_pieces(desk: Desk) -> None:
    """A quick clerk's second card would be lost."""
    desk.twin.send(b"]C01111\r]C02222\r")
    assert [desk.mail.wait(Scanned).text for _ in range(2)] == ["1111", "2222"]
    desk.twin.send(b"]C03333\r", gap_ms=20)
    assert desk.mail.wait(Scanned).text == "3333"


def test_no_suffix_no_read_and_noise(desk: Desk) -> None:
    """Half a number would be looked up, or NOREAD sold."""
    desk.twin.scan("44445555", suffix=b"")
    assert desk.mail.wait(Scanned).complete is False
    desk.twin.no_read()
    assert desk.mail.wait(ScanUnread).reason == "no_read"
    desk.twin.send(bytes(range(128, 255)) * 6 + b"\r")
    assert desk.mail.wait(ScanUnread).reason == "too_long"
    desk.twin.send(b"\xfe\xff\r")
    assert desk.mail.wait(ScanUnread).reason == "junk"


def test_the_same_label_again_at_once_is_the_same_read(desk: Desk) -> None:
    """A card on the stand would be scanned five times a second."""
    for _ in range(3):
        desk.twin.scan("9999")
    desk.twin.scan("8888")
    assert [desk.mail.wait(Scanned).text for _ in range(2)] == ["9999", "8888"]
    assert len(desk.mail.of(Scanned)) == 2


def test_a_thousand_scans(desk: Desk) -> None:
    """A scanner that runs wild would be lost, or lose others' scans."""
    for number in range(1000):
        desk.twin.scan(f"{number:08d}")
    desk.mail.wait(Scanned, lambda read: read.text == "00000999")
    assert [read.text for read in desk.mail.of(Scanned)] == [f"{number:08d}" for number in range(1000)]


def test_unplugged_in_the_middle_of_a_label(desk: Desk) -> None:
    """The rest of one card would be glued to the next."""
    desk.twin.send(b"]C012345678")
    desk.twin.unplug()
    desk.mail.wait(DeviceHealth, lambda message: message.state is DeviceState.LOST)
    desk.twin.replug()
    desk.mail.wait(DeviceHealth, lambda message: message.state is DeviceState.READY)
    desk.twin.scan("87654321")
    assert desk.mail.wait(Scanned, lambda read: read.complete).text == "87654321"
