"""``kiosk doctor`` on virtual ports: plain words, right exit codes."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.cli import main
from kiosk.devices.doctor import ATTENTION, CLOSED, NOTHING, WELL, Doctor
from kiosk.devices.doctor_words import ENGLISH, FRENCH
from kiosk.devices.serial_transport import open_serial
from kiosk.devices.virtual import VirtualPrinter, VirtualScanner, parse_fault
from kiosk.settings import parse_device_address


@contextmanager
def _doctor(folder: Path, baud: int | None = None) -> Iterator[tuple[VirtualPrinter, Doctor, list[str]]]:
    said: list[str] = []
    with VirtualPrinter(link=folder / "printer", baud=baud) as twin:
        yield twin, Doctor(ENGLISH, say=said.append), said


def test_a_printer_is_found_at_its_speed(tmp_path: Path) -> None:
    """The technician would have to open the printer to read its switches."""
    with _doctor(tmp_path, baud=19200) as (twin, doctor, said):
        assert doctor.examine(f"{tmp_path}/printer") == WELL
        text = "\n".join(said)
        assert "ESC/POS printer at 19200 baud" in text
        assert "model: Kiosk Kiosk virtual" in text
        assert "It is ready." in text
        assert f'printer = "serial://{tmp_path}/printer?baud=19200&profile=TM-T88V"' in text
        assert twin.receipts == []
        assert twin.hanging() == ()
        line = text.splitlines()[-1].split('"')[1]
        assert parse_device_address(line).baud == 19200


@pytest.mark.parametrize(
    ("words", "says"),
    [("paper_out", "put in a roll"), ("cover_open", "close the cover"), ("cutter_jam", "free the cutter")],
)
def test_a_printer_that_needs_somebody(tmp_path: Path, words: str, says: str) -> None:
    """“Printer error” would be all that the shop hears."""
    with _doctor(tmp_path) as (twin, doctor, said):
        twin.inject(parse_fault(words))
        assert doctor.examine(f"serial://{tmp_path}/printer?baud=9600") == ATTENTION
        assert says in "\n".join(said)


def test_a_printer_that_does_not_confirm(tmp_path: Path) -> None:
    """Every receipt would be unknown, with nobody knowing why."""
    with _doctor(tmp_path) as (twin, doctor, said):
        twin.inject(parse_fault("no_confirmation"))
        twin.inject(parse_fault("paper_low"))
        assert doctor.examine(f"serial://{tmp_path}/printer?baud=9600") == WELL
        assert any("profile=clone-80" in line for line in said)
        assert any("nearly used up" in line for line in said)


def test_nobody_answers(tmp_path: Path) -> None:
    """A scanner would be reported as a printer."""
    said: list[str] = []
    with VirtualScanner(link=tmp_path / "scanner"):
        assert Doctor(FRENCH, say=said.append).examine(f"{tmp_path}/scanner") == NOTHING
    assert any("Rien ne répond" in line for line in said)


def test_a_port_that_cannot_be_opened(tmp_path: Path) -> None:
    """The technician would look for a broken printer where a program holds the port."""
    with _doctor(tmp_path) as (_, doctor, said):
        assert doctor.examine(f"{tmp_path}/none") == CLOSED
        assert "There is no port" in said[-1]
        port = open_serial(parse_device_address(f"serial://{tmp_path}/printer?baud=9600"))
        try:
            assert doctor.examine(f"{tmp_path}/printer") == CLOSED
            assert "Another program holds" in said[-1]
        finally:
            port.close_now()
        assert doctor.examine("serial:///dev/x?baud=7") == CLOSED
        assert "baud is one of" in said[-1]


def test_a_printer_on_the_network(tmp_path: Path) -> None:
    """A network printer's address could not be tried."""
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert Doctor(ENGLISH, say=said.append).examine(f"socket://127.0.0.1:{port}") == NOTHING
    assert Doctor(ENGLISH, say=said.append).examine(f"socket://127.0.0.1:{port}") == CLOSED
    assert "Nobody answers at" in said[-1]


def test_the_list_of_ports(tmp_path: Path) -> None:
    """The technician would not know what to type."""
    said: list[str] = []
    doctor = Doctor(FRENCH, say=said.append)
    assert doctor.ports(list) == NOTHING
    assert "Aucun port" in said[-1]

    class Port:
        device = "/dev/ttyS0"
        description = "ttyS0"

    assert doctor.ports(lambda: [Port]) == WELL
    assert any("kiosk doctor /dev/ttyS0" in line for line in said)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command of the README would not exist."""
    with VirtualPrinter(link=tmp_path / "printer"):
        assert main(["doctor", f"{tmp_path}/printer", "--language", "fr", "--trace"]) == WELL
    said = capsys.readouterr().out
    assert "Imprimante ESC/POS à 9600 bauds." in said
    assert "→ 10 04 01\n← 12\n" in said
    assert os.path.lexists(tmp_path / "printer") is False
