"""Bytes to and from one open port, without waiting: the small role that a serial port, a socket and a spy fill.

Also the one table that turns the system's complaints about ports into our trouble codes. Not responsible for waiting (``worker``),
for opening (``serial_transport``, ``socket_transport``) nor for what the bytes mean.
"""

import errno
import socket
from collections.abc import Callable
from typing import Final, Protocol

from kiosk.errors import Trouble
from kiosk.settings import DeviceAddress

PIECE_BYTES: Final = (
    256  # small enough that a stalled device is noticed early, and that little is in the system's hands
)
READ_BYTES: Final = 4096

ABSENT: Final = "DEV-01"
DENIED: Final = "DEV-02"
IN_USE: Final = "DEV-03"
LOST: Final = "DEV-04"
SETTING: Final = "DEV-05"
STALLED: Final = "DEV-06"
UNREACHABLE: Final = "DEV-07"
OTHER: Final = "DEV-09"

# what the system says → (our code, may the same attempt succeed without a person doing something first)
CODES: Final[dict[int, tuple[str, bool]]] = {
    errno.ENOENT: (ABSENT, True),
    errno.ENODEV: (ABSENT, True),
    errno.ENXIO: (ABSENT, True),
    errno.EACCES: (DENIED, False),
    errno.EPERM: (DENIED, False),
    errno.EBUSY: (IN_USE, True),
    errno.EAGAIN: (IN_USE, True),  # flock of another program: only opening can say this, reads and writes never wait
    errno.EIO: (LOST, True),
    errno.EBADF: (LOST, True),
    errno.EPIPE: (LOST, True),
    errno.ECONNRESET: (LOST, True),
    errno.ENOTCONN: (LOST, True),
    errno.EINVAL: (SETTING, False),
    errno.ENOTTY: (SETTING, False),
    errno.ENOTSUP: (SETTING, False),
    errno.ECONNREFUSED: (UNREACHABLE, True),
    errno.EHOSTUNREACH: (UNREACHABLE, True),
    errno.ENETUNREACH: (UNREACHABLE, True),
    errno.ETIMEDOUT: (UNREACHABLE, True),
}


class Transport(Protocol):
    """One open port. No call waits; each raises ``Trouble`` with DEV-04 when the device is gone."""

    def fileno(self) -> int:
        """The descriptor to ``select`` on."""
        ...

    def write_some(self, data: bytes) -> int:
        """Hand over a piece; how many bytes were taken, 0 when there is no room now. Taken is not printed."""
        ...

    def read_some(self) -> bytes:
        """What has arrived, empty when nothing has."""
        ...

    def discard_output(self) -> None:
        """Forget bytes that were taken and not sent yet, and lift a stop (XOFF) that was never followed by a go."""
        ...

    def close_now(self) -> None:
        """Close without waiting for anything to be sent; never raises; may be called twice."""
        ...


Opener = Callable[[DeviceAddress], Transport]


def trouble_of(error: Exception, where: str) -> Trouble:
    """Our trouble for what a port's library or the system raised. ``where`` is the port's name, for the technician."""
    if isinstance(error, Trouble):
        return error
    if isinstance(error, ValueError):
        return Trouble(SETTING, retryable=False, detail=f"{where}: {error}")
    if isinstance(error, TimeoutError | socket.gaierror):
        return Trouble(UNREACHABLE, retryable=True, detail=f"{where}: {error}")
    number = _errno_of(error)
    code, retryable = CODES.get(number, (OTHER, True)) if number is not None else (LOST, True)
    return Trouble(code, retryable=retryable, detail=f"{where}: {error}")


def _errno_of(error: BaseException) -> int | None:
    """The number of an ``OSError``, or of a ``termios.error``, which is none; or of what pyserial wrapped without its number."""
    number = error.errno if isinstance(error, OSError) else next(iter(error.args), None)
    if isinstance(number, int):
        return number
    return None if error.__context__ is None else _errno_of(error.__context__)
