"""A device behind a TCP port (a printer on 9100), or behind a serial-to-network box. Same role as a serial port.

Not responsible for finding such devices; the technician writes the address.
"""

import os
import socket
from contextlib import suppress
from typing import Final

from kiosk.devices.transport import LOST, PIECE_BYTES, READ_BYTES, trouble_of
from kiosk.errors import Trouble
from kiosk.failpoints import failpoint
from kiosk.settings import DeviceAddress

CONNECT_TIMEOUT_S: Final = 2.0


class SocketTransport:
    """An open connection; see ``Transport``."""

    def __init__(self, connection: socket.socket, where: str) -> None:
        self._socket = connection
        self._where = where

    def fileno(self) -> int:
        number = self._socket.fileno()
        if number < 0:
            raise Trouble(LOST, retryable=True, detail=f"{self._where}: closed")
        return number

    def write_some(self, data: bytes) -> int:
        failpoint("devices.socket.before_write")
        try:
            return os.write(self.fileno(), data[:PIECE_BYTES])
        except BlockingIOError:
            return 0
        except OSError as error:
            raise trouble_of(error, self._where) from error

    def read_some(self) -> bytes:
        try:
            data = self._socket.recv(READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise trouble_of(error, self._where) from error
        if not data:
            raise Trouble(LOST, retryable=True, detail=f"{self._where}: the device closed the connection")
        return data

    def discard_output(self) -> None:
        """Nothing can be taken back from a network."""

    def close_now(self) -> None:
        with suppress(OSError):
            self._socket.close()


def open_socket(address: DeviceAddress) -> SocketTransport:
    """Connect to ``host:port``. Raises ``Trouble`` DEV-07 when nobody answers within two seconds."""
    host, _, port = address.path.rpartition(":")
    try:
        connection = socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_TIMEOUT_S)
    except (OSError, ValueError) as error:
        raise trouble_of(error, address.path) from error
    connection.setblocking(False)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return SocketTransport(connection, address.path)
