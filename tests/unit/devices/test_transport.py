"""Ports: what the system says in our codes, exclusive opening, loss, and no waiting."""

import errno
import os
import pty
import select
import socket
import termios
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from kiosk.clock import SystemClock
from kiosk.devices.ports import address_exists, open_address
from kiosk.devices.serial_transport import open_serial
from kiosk.devices.spy import SpyTransport, Trace, mask
from kiosk.devices.transport import CODES, trouble_of
from kiosk.errors import Bug, Trouble
from kiosk.settings import DeviceAddress, parse_device_address


@pytest.mark.parametrize(("number", "code"), [(number, code) for number, (code, _) in CODES.items()])
@pytest.mark.parametrize("kind", [OSError, serial.SerialException, termios.error])
def test_every_foreign_number_has_our_code(kind: type[Exception], number: int, code: str) -> None:
    """A technician would see “[Errno 5]” and no sentence."""
    assert trouble_of(kind(number, os.strerror(number)), "/dev/x").code == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (serial.SerialException("device reports readiness to read but returned no data"), "DEV-04"),
        (serial.PortNotOpenError(), "DEV-04"),
        (ValueError("Not a valid baudrate: 7"), "DEV-05"),
        (TimeoutError("timed out"), "DEV-07"),
        (socket.gaierror(-2, "Name or service not known"), "DEV-07"),
        (OSError(errno.ENOSPC, "?"), "DEV-09"),
        (Trouble("DEV-02", retryable=False), "DEV-02"),
    ],
)
def test_and_every_other_complaint(error: Exception, code: str) -> None:
    """A library's own error would end a device's thread."""
    trouble = trouble_of(error, "/dev/x")
    assert trouble.code == code
    assert code == "DEV-02" or "/dev/x" in str(trouble)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[tuple[int, str]]:
    master, slave = pty.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    os.close(slave)
    try:
        os.close(master)
    except OSError as error:
        assert error.errno == errno.EBADF  # noqa: PT017 - closed by the test that pulls the plug


def _address(path: str, options: str = "") -> DeviceAddress:
    return parse_device_address(f"serial://{path}?baud=9600{options}")


@pytest.mark.parametrize("options", ["", "&flow=rtscts", "&flow=xonxoff", "&bits=7&parity=E", "&stop=2"])
def test_bytes_go_both_ways(terminal: tuple[int, str], options: str) -> None:
    """A device with unusual settings would be silent."""
    master, path = terminal
    port = open_serial(_address(path, options))
    try:
        assert port.write_some(b"abc\r\n\x10\x04\x01") == 8
        assert os.read(master, 100) == b"abc\r\n\x10\x04\x01"
        assert port.read_some() == b""
        os.write(master, b"\x12\r")
        assert port.read_some() == b"\x12\r"
        assert port.modem_lines() is None
    finally:
        port.close_now()
        port.close_now()
    with pytest.raises(Trouble, match="DEV-04"):
        port.write_some(b"x")
    assert port.modem_lines() is None


def test_a_full_line_takes_nothing_and_does_not_wait(terminal: tuple[int, str]) -> None:
    """A stalled printer would hold the thread for ever."""
    _, path = terminal
    port = open_serial(_address(path))
    try:
        taken = 0
        while size := port.write_some(b"x" * 1000):
            assert size <= 256
            taken += size
        assert taken > 4000
        port.discard_output()
        assert port.write_some(b"x") == 1
    finally:
        port.close_now()


def test_a_port_is_for_one_program(terminal: tuple[int, str]) -> None:
    """Two programs would share a printer and each lose half of its answers."""
    _, path = terminal
    port = open_serial(_address(path))
    try:
        with pytest.raises(Trouble, match="DEV-03"):
            open_serial(_address(path))
    finally:
        port.close_now()
    open_serial(_address(path)).close_now()


def test_a_port_that_is_not_there_or_none(tmp_path: Path) -> None:
    """The clerk would be told to call a technician for a loose cable."""
    with pytest.raises(Trouble, match="DEV-01"):
        open_serial(_address(f"{tmp_path}/none"))
    (tmp_path / "file").write_text("x")
    with pytest.raises(Trouble, match="DEV-05"):
        open_serial(_address(f"{tmp_path}/file"))
    assert not address_exists(_address(f"{tmp_path}/none"))
    with pytest.raises(Bug):
        open_address(DeviceAddress("usb", "x"))


def test_the_plug_is_pulled() -> None:
    """The till would believe in a printer that lies on the floor."""
    master, slave = pty.openpty()
    port = open_serial(_address(os.ttyname(slave)))
    os.close(slave)
    os.close(master)
    with pytest.raises(Trouble, match="DEV-04"):
        port.read_some()
    with pytest.raises(Trouble, match="DEV-04"):
        port.write_some(b"x")
    port.discard_output()
    port.close_now()


def test_a_device_on_the_network() -> None:
    """A network printer could not be used, or would hang the till when it is off."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        link = open_address(parse_device_address(f"socket://127.0.0.1:{port}"))
        there, _ = server.accept()
        assert link.write_some(b"abc") == 3
        assert there.recv(10) == b"abc"
        assert link.read_some() == b""
        link.discard_output()
        there.close()
        select.select([link.fileno()], [], [], 5)
        with pytest.raises(Trouble, match="DEV-04"):
            link.read_some()
        link.close_now()
        with pytest.raises(Trouble, match="DEV-04"):
            link.write_some(b"x")
    with pytest.raises(Trouble, match="DEV-07"):
        open_address(parse_device_address(f"socket://127.0.0.1:{port}"))


def test_the_trace_shows_bytes_and_hides_numbers(terminal: tuple[int, str]) -> None:
    """A technician's log would hold every serial that was scanned."""
    master, path = terminal
    trace = Trace(SystemClock())
    port = SpyTransport(open_serial(_address(path)), trace)
    try:
        port.write_some(b"\x10\x04\x01")
        os.write(master, b"]C012345678")
        port.read_some()
        os.write(master, b"90123456\r")
        port.read_some()
        port.discard_output()
        assert port.fileno() > 0
    finally:
        port.close_now()
    assert [(line.sent, line.data) for line in trace.lines()] == [
        (True, b"\x10\x04\x01"),
        (False, b"]C0" + b"*" * 12 + b"3456\r"),
    ]


def test_the_trace_forgets() -> None:
    """A year of bytes would fill the memory."""
    trace = Trace(SystemClock())
    for _ in range(200):
        trace.add(b"x" * 1000, sent=True)
        trace.add(b"y", sent=False)
    assert sum(len(line.data) for line in trace.lines()) <= 64_000


@pytest.mark.parametrize(
    ("data", "masked"),
    [
        (b"1234567", b"1234567"),
        (b"12345678", b"****5678"),
        (b"1234 5678 9012 3456", b"**** **** **** 3456"),
        (b"a1234-5678b", b"a****-5678b"),
    ],
)
def test_masks(data: bytes, masked: bytes) -> None:
    """Half a serial is enough to guess the rest."""
    assert mask(data) == masked
