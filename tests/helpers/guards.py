"""Guards that stand around every test: no network but loopback, no thread left behind, no warning in the log unasked."""

import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_LOOPBACK_NAMES = {"localhost", "ip6-localhost", "127.0.0.1", "::1"}
JOIN_LIMIT_S = 5.0


class NetworkRefused(AssertionError):  # noqa: N818 - reads as a sentence in a report
    """A test reached for the network. Not an OSError: the product's own handling of those must not hide it."""


class NetworkGuard:
    """An audit hook, and so below every library: sees connect, bind, sendto and name look-ups of Python's socket module."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        self._installed = False

    def install(self) -> None:
        """Audit hooks cannot be taken out again; installing twice would report twice."""
        if not self._installed:
            self._installed = True
            sys.addaudithook(self._audit)

    def _audit(self, event: str, args: tuple[object, ...]) -> None:
        match event:
            case "socket.connect" | "socket.bind" | "socket.sendto":
                address = args[1]
                host = address[0] if isinstance(address, tuple) else None  # a path (AF_UNIX) is not the network
            case "socket.getaddrinfo" | "socket.gethostbyname":
                host = args[0]
            case _:
                return
        if isinstance(host, bytes):
            host = host.decode("ascii", "replace")
        if isinstance(host, str) and host not in _LOOPBACK_NAMES and not host.startswith("127."):
            self.refused.append(f"{event} {host or 'every interface'}")
            raise NetworkRefused(f"tests use loopback only, not {host or 'every interface'!r} ({event})")


class LogGuard(logging.Handler):
    """Collects warnings of our own loggers: a test that expects some asks for ``caplog``, every other must be silent."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == "kiosk" or record.name.startswith("kiosk."):
            self.lines.append(f"{record.levelname} {record.name}: {record.getMessage()}")


@contextmanager
def no_thread_left() -> Iterator[None]:
    """Fails when a thread that was started inside is still alive ``JOIN_LIMIT_S`` after the test's own tear-down."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + JOIN_LIMIT_S
    left = [thread for thread in threading.enumerate() if thread not in before and not _of_a_library(thread)]
    for thread in left:
        thread.join(max(0.0, deadline - time.monotonic()))
    alive = [thread.name for thread in left if thread.is_alive()]
    assert not alive, f"threads outlived their test: {', '.join(alive)}"


def _of_a_library(thread: threading.Thread) -> bool:
    # the thread method of pytest-timeout and Python's own helpers end by themselves; Qt's adopted threads have no Python target
    adopted = type(thread).__name__ == "_DummyThread"
    return adopted or thread.name.startswith(("pytest_timeout", "asyncio_", "ThreadPoolExecutor"))
