"""A pseudo-terminal with a stable name, and the one thread that plays the device behind it.

Everything a twin does happens on that thread (``call`` brings work to it), so twins need no locks. It keeps the program's side
open, because otherwise the terminal hangs up between two programs; and each plugging makes a new terminal under the same link,
because the system gives numbers out again at once. Not responsible for what a device says.
"""

import fcntl
import os
import select
import termios
import threading
import tty
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self, TypeVar

from kiosk.clock import Clock, SystemClock

READ_BYTES: Final = 4096
IDLE_S: Final = 0.25
CALL_S: Final = 5.0
JOIN_S: Final = 5.0
OUTPUT_BYTES_MAX: Final = 64_000  # a program that never reads loses the rest, like on a wire

_T = TypeVar("_T")


class Twin(Protocol):
    """What a virtual device is to its host; every method runs on the host's thread."""

    def arrived(self, data: bytes) -> None:
        """The program sent bytes."""
        ...

    def leaving(self) -> bytes:
        """Bytes to send now; they are the host's from here on."""
        ...

    def room(self) -> int:
        """How many bytes the device takes now: 0 for one that has stopped listening."""
        ...

    def due_s(self) -> float | None:
        """In how many seconds ``elapsed`` should be called, or ``None``."""
        ...

    def elapsed(self) -> None:
        """Time has passed."""
        ...


class PtyHost:
    """Owns a terminal and its link. ``start`` plugs it in; ``stop`` unplugs and ends the thread; both may be called twice."""

    def __init__(self, link: Path, twin: Twin, *, clock: Clock | None = None) -> None:
        self.link = link
        self._twin = twin
        self._clock = clock or SystemClock()
        self._master = self._slave = -1
        self._wake_r = self._wake_w = -1
        self._calls: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._turns = 0
        self._closing = False
        self._output = bytearray()
        self._fault: Exception | None = None
        self._thread: threading.Thread | None = None
        self.split_output = False

    def start(self) -> None:
        """Plug in and begin to listen; the link exists on return."""
        if self._thread is not None:
            return
        self._wake_r, self._wake_w = os.pipe()
        os.set_blocking(self._wake_r, False)
        self._closing = False
        self.plug()
        self._thread = threading.Thread(target=self._main, name=f"virtual-{self.link.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Unplug and end. Raises what went wrong on the thread, if anything did."""
        thread = self._thread
        if thread is None:
            return
        self._closing = True
        self._wake()
        thread.join(JOIN_S)
        assert not thread.is_alive(), f"{thread.name} did not end"
        self._thread = None
        self.unplug()
        for fd in (self._wake_r, self._wake_w):
            os.close(fd)
        self._wake_r = self._wake_w = -1
        if self._fault is not None:
            raise self._fault

    def call(self, work: Callable[[], _T]) -> _T:
        """Do something on the device's thread and give its result; directly when the thread is not running."""
        if self._thread is None or threading.current_thread() is self._thread:
            return work()
        done: Future[_T] = Future()

        def run() -> None:
            try:
                done.set_result(work())
            except Exception as error:
                done.set_exception(error)

        self._calls.append(run)
        self._wake()
        return done.result(CALL_S)

    def wait(self, condition: Callable[[], bool], timeout_s: float = 5.0) -> bool:
        """Wait until something is true of the device, at most ``timeout_s``. Whether it became true."""
        deadline_ms = self._clock.monotonic_ms() + round(timeout_s * 1000)
        while True:
            turn = self._turns
            if condition():
                return True
            left_ms = deadline_ms - self._clock.monotonic_ms()
            if left_ms <= 0:
                return False
            with self._changed:
                if self._turns == turn:
                    self._changed.wait(min(left_ms / 1000, IDLE_S))

    @property
    def plugged(self) -> bool:
        return self._master >= 0

    def plug(self, link: Path | None = None) -> None:
        """Plug in, under another name if one is given."""
        if self.plugged:
            return
        self.link = link or self.link
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)  # before anything is sent: a terminal would echo and translate line ends
        os.set_blocking(self._master, False)
        self._output.clear()
        fresh = self.link.with_name(f".{self.link.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(self._slave))
        fresh.replace(self.link)

    def unplug(self) -> None:
        """Pull the plug: the link is gone and the program's reads fail."""
        if not self.plugged:
            return
        self.link.unlink(missing_ok=True)
        # each number is forgotten before it is closed: closed twice, it would be somebody else's
        master, self._master = self._master, -1
        slave, self._slave = self._slave, -1
        os.close(master)
        os.close(slave)

    @property
    def speed(self) -> int:
        """The speed that the program has set, as the termios constant's baud rate; 0 when unplugged."""
        if self._slave < 0:
            return 0
        code = termios.tcgetattr(self._slave)[4]
        return next((int(name[1:]) for name in _SPEED_NAMES if getattr(termios, name) == code), 0)

    def _wake(self) -> None:
        with suppress(OSError):
            os.write(self._wake_w, b"!")

    def _main(self) -> None:
        try:
            while not self._closing:
                self._turn()
                with self._changed:
                    self._turns += 1
                    self._changed.notify_all()
        except Exception as fault:  # the top of the thread; stop() raises it where somebody sees it
            self._fault = fault

    def _turn(self) -> None:
        while self._calls:
            self._calls.popleft()()
        self._output += self._twin.leaving()
        del self._output[OUTPUT_BYTES_MAX:]
        reading = [self._master] if self.plugged and self._twin.room() > 0 else []
        writing = [self._master] if self.plugged and self._output else []
        due_s = self._twin.due_s()
        readable, writable, _ = select.select(
            [*reading, self._wake_r], writing, [], IDLE_S if due_s is None else max(0.0, min(due_s, IDLE_S))
        )
        if self._wake_r in readable:
            with suppress(BlockingIOError):
                os.read(self._wake_r, READ_BYTES)
        if writable and self.plugged:
            self._write()
        if self.plugged and self._master in readable:
            self._read()
        if self.plugged:
            # a killed program leaves its exclusive mark on a terminal that we hold open; on a real port the last close lifts it
            with suppress(OSError):
                fcntl.ioctl(self._slave, termios.TIOCNXCL)
        self._twin.elapsed()

    def _write(self) -> None:
        size = 1 if self.split_output else len(self._output)
        try:
            taken = os.write(self._master, self._output[:size])
        except BlockingIOError:
            return
        del self._output[:taken]

    def _read(self) -> None:
        try:
            data = os.read(self._master, min(READ_BYTES, self._twin.room()))
        except BlockingIOError:
            return
        if data:
            self._twin.arrived(data)


_SPEED_NAMES: Final = tuple(name for name in dir(termios) if name.startswith("B") and name[1:].isdigit())


class Plugged:
    """What every virtual device offers beside its own abilities: a context that plugs it in and out."""

    _host: PtyHost

    @property
    def link(self) -> Path:
        """The path under which programs find it; absent while unplugged."""
        return self._host.link

    def start(self) -> None:
        """Plug in; the link exists on return."""
        self._host.start()

    def stop(self) -> None:
        """Unplug and end the thread."""
        self._host.stop()

    def unplug(self) -> None:
        self._host.call(self._host.unplug)

    def replug(self, link: Path | None = None) -> None:
        """Plug in again, under another name if one is given."""
        self._host.call(lambda: self._host.plug(link))

    def wait(self, condition: Callable[[], bool], timeout_s: float = 5.0) -> bool:
        """Wait until something is true of the device; whether it became true within ``timeout_s``."""
        return self._host.wait(condition, timeout_s)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
