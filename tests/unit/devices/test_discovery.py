"""Which ports there are, and which name to write down."""

from dataclasses import dataclass
from pathlib import Path

from kiosk.devices.discovery import list_ports
from kiosk.devices.doctor_words import ENGLISH, FRENCH, WORDS
from kiosk.i18n.translator import placeholders


@dataclass
class _Port:
    device: str
    description: str


def test_the_name_that_will_still_be_right_tomorrow(tmp_path: Path) -> None:
    """After a power cut the printer would be the scanner."""
    by_id, by_path = tmp_path / "by-id", tmp_path / "by-path"
    by_id.mkdir()
    by_path.mkdir()
    for name in ("ttyUSB0", "ttyUSB1", "ttyS0"):
        (tmp_path / name).write_text("")
    (by_id / "usb-EPSON-if00").symlink_to(tmp_path / "ttyUSB0")
    (by_path / "pci-1").symlink_to(tmp_path / "ttyUSB0")
    (by_path / "pci-2").symlink_to(tmp_path / "ttyUSB1")
    ports = [
        _Port(str(tmp_path / "ttyUSB1"), "n/a"),
        _Port(str(tmp_path / "ttyUSB0"), "TM-T20II"),
        _Port(str(tmp_path / "ttyS0"), ""),
    ]
    found = list_ports(lambda: ports, by_id=by_id, by_path=by_path)
    assert [(Path(port.stable).name, port.own_name, port.description) for port in found] == [
        ("ttyS0", False, ""),
        ("usb-EPSON-if00", True, "TM-T20II"),
        ("pci-2", False, ""),
    ]
    assert [
        Path(port.stable).name for port in list_ports(lambda: ports, by_id=tmp_path / "no", by_path=tmp_path / "no")
    ] == [
        "ttyS0",
        "ttyUSB0",
        "ttyUSB1",
    ]


def test_the_doctor_says_the_same_in_both_languages() -> None:
    """An English technician would see a Python error in the middle of the diagnosis."""
    assert FRENCH.keys() == ENGLISH.keys()
    assert all(placeholders(FRENCH[key]) == placeholders(ENGLISH[key]) for key in FRENCH)
    assert WORDS.keys() == {"fr", "en"}
