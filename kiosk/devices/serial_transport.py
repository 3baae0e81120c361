"""A serial port, opened for us alone and never waited for. The only import of pyserial in the product.

pyserial opens and sets the port; reading and writing are ours, because its write timeout does not say what was sent and its flush
waits for ever on a stopped port. POSIX only: a Windows port would need its own file beside this one.
"""

import errno
import fcntl
import os
import termios
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import serial

from kiosk.devices.transport import LOST, PIECE_BYTES, READ_BYTES, trouble_of
from kiosk.errors import Trouble
from kiosk.failpoints import failpoint
from kiosk.settings import DeviceAddress

# a pseudo-terminal and some adapters have no such lines: not available is an answer, not trouble
NO_LINES: Final = frozenset({errno.EINVAL, errno.ENOTTY})


@dataclass(frozen=True, slots=True)
class ModemLines:
    """The state of the lines that a device drives."""

    cts: bool
    dsr: bool
    cd: bool


class SerialTransport:
    """An open serial port; see ``Transport``."""

    def __init__(self, port: serial.Serial, where: str) -> None:
        self._port: serial.Serial | None = port
        self._fd: int = port.fileno()
        self._where = where

    def fileno(self) -> int:
        if self._port is None:
            raise Trouble(LOST, retryable=True, detail=f"{self._where}: closed")
        return self._fd

    def write_some(self, data: bytes) -> int:
        failpoint("devices.serial.before_write")
        try:
            return os.write(self.fileno(), data[:PIECE_BYTES])
        except BlockingIOError:
            return 0
        except OSError as error:
            raise trouble_of(error, self._where) from error

    def read_some(self) -> bytes:
        try:
            data = os.read(self.fileno(), READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise trouble_of(error, self._where) from error
        if not data:  # with VMIN = 1 an empty read is the end of the line and nothing else
            raise Trouble(LOST, retryable=True, detail=f"{self._where}: hung up")
        return data

    def discard_output(self) -> None:
        with suppress(OSError, termios.error):
            termios.tcflush(self.fileno(), termios.TCOFLUSH)
        with suppress(OSError, termios.error):
            termios.tcflow(self.fileno(), termios.TCOON)

    def modem_lines(self) -> ModemLines | None:
        """The lines that the device drives, or ``None`` where the port has none."""
        if self._port is None:
            return None
        try:
            return ModemLines(cts=bool(self._port.cts), dsr=bool(self._port.dsr), cd=bool(self._port.cd))
        except OSError as error:
            if error.errno in NO_LINES:
                return None
            raise trouble_of(error, self._where) from error

    def close_now(self) -> None:
        port, self._port = self._port, None
        if port is None:
            return
        # unsent bytes are dropped first: closing waits 30 s for a device that has stopped us
        with suppress(OSError, termios.error):
            termios.tcflush(self._fd, termios.TCIOFLUSH)
        with suppress(OSError, termios.error):
            fcntl.ioctl(self._fd, termios.TIOCNXCL)  # outlives a close where somebody else holds the terminal open
        with suppress(OSError, termios.error, serial.SerialException):
            port.close()


def open_serial(address: DeviceAddress) -> SerialTransport:
    """Open the port of an address for us alone, dropping bytes from before. Raises ``Trouble`` DEV-01 … DEV-05."""
    flow = address.option("flow", "none")
    port = serial.Serial()
    try:
        port.port = address.path
        port.baudrate = address.baud or 9600
        port.bytesize = int(address.option("bits", "8"))
        port.parity = address.option("parity", "N")
        port.stopbits = int(address.option("stop", "1"))
        port.rtscts = flow == "rtscts"
        port.xonxoff = flow == "xonxoff"
        port.dsrdtr = False  # pyserial has no DTR/DSR flow control on Linux; promising it would lose bytes
        port.timeout = 0
        port.exclusive = True
        port.open()
    except (OSError, ValueError, termios.error) as error:
        with suppress(OSError, termios.error):
            port.close()
        raise trouble_of(error, address.path) from error
    try:
        fd = port.fileno()
        fcntl.ioctl(fd, termios.TIOCEXCL)  # flock alone keeps out only those who ask for it
        os.set_blocking(fd, False)
        attributes = termios.tcgetattr(fd)
        attributes[6][termios.VMIN], attributes[6][termios.VTIME] = 1, 0
        termios.tcsetattr(fd, termios.TCSANOW, attributes)
    except (OSError, termios.error) as error:
        with suppress(OSError, termios.error):
            port.close()
        raise trouble_of(error, address.path) from error
    return SerialTransport(port, address.path)
