"""One daemon thread that owns one port: opens it, waits for bytes and jobs, notices its loss, opens it again.

The caller never waits. ABSENT → OPENING → READY ↔ ATTENTION → LOST → (0.5, 1, 2, 5 s) → OPENING. What the bytes mean is the
``Behaviour``'s business, whose methods all run on this thread. Not responsible for repeating a job: a job is run once or refused.
"""

import logging
import os
import select
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Generic, Protocol, TypeVar

from kiosk.clock import Clock
from kiosk.devices.health import HealthBoard
from kiosk.devices.transport import STALLED, Transport
from kiosk.errors import Trouble
from kiosk.till.messages import DeviceState

_log = logging.getLogger(__name__)

JOBS_MAX: Final = 32  # waiting for one device; more than this is refused at once
BACKOFF_S: Final = (0.5, 1.0, 2.0, 5.0)
LOOK_S: Final = 0.25  # how often a missing port is looked for while waiting
STOP_MARGIN_S: Final = 0.5  # what a stop keeps back of its timeout for closing and joining

JobT = TypeVar("JobT")
JobT_contra = TypeVar("JobT_contra", contravariant=True)


class Stopped(Exception):  # noqa: N818 - not an error: the way out of a wait
    """The worker is to end now."""


class Link:
    """The open port as a behaviour sees it: waiting with deadlines, on the device's thread only."""

    def __init__(
        self, transport: Transport, *, wake_fd: int, clock: Clock, ends_in_s: Callable[[], float | None]
    ) -> None:
        self._transport = transport
        self._wake_fd = wake_fd
        self._clock = clock
        self._ends_in_s = ends_in_s  # None while nobody wants the worker to stop
        self.taken_bytes = 0  # handed to the system since the port was opened

    def wait(self, timeout_s: float) -> bytes:
        """What arrives within ``timeout_s``, or nothing; also returns early, empty, when somebody wakes the worker."""
        self._select(timeout_s, writing=False)
        return self._transport.read_some()

    def write(self, data: bytes, *, stall_s: float, on_input: Callable[[bytes], None]) -> None:
        """Hand over all of ``data`` while listening. Raises ``Trouble`` DEV-06 after ``stall_s`` without progress.

        ``on_input`` gets what arrives meanwhile and may raise to stop. ``taken_bytes`` counts what was handed over before that.
        """
        left = memoryview(data)
        deadline_ms = self._clock.monotonic_ms() + round(stall_s * 1000)
        while left:
            remaining_s = (deadline_ms - self._clock.monotonic_ms()) / 1000
            if remaining_s <= 0:
                raise Trouble(STALLED, retryable=True, detail=f"no progress for {stall_s} s, {len(left)} bytes left")
            readable, writable = self._select(remaining_s, writing=True)
            if readable and (arrived := self._transport.read_some()):
                on_input(arrived)
            if writable and (taken := self._transport.write_some(bytes(left))):
                self.taken_bytes += taken
                left = left[taken:]
                deadline_ms = self._clock.monotonic_ms() + round(stall_s * 1000)

    def discard_output(self) -> None:
        """Forget what the system has not sent yet."""
        self._transport.discard_output()

    def _select(self, timeout_s: float, *, writing: bool) -> tuple[bool, bool]:
        ends_in_s = self._ends_in_s()
        if ends_in_s is not None:
            if ends_in_s <= 0:
                raise Stopped
            timeout_s = min(timeout_s, ends_in_s)
        fd = self._transport.fileno()
        readable, writable, _ = select.select([fd, self._wake_fd], [fd] if writing else [], [], max(0.0, timeout_s))
        if self._wake_fd in readable:
            _drain(self._wake_fd)  # a stop, or a job: the caller's next wait sees which
        return fd in readable, bool(writable)


class Behaviour(Protocol[JobT_contra]):
    """What one kind of device does with its port. Any method that gets a link may raise ``Trouble``: the port is then lost."""

    tick_s: float  # how often ``tick`` is wanted

    def opened(self, link: Link) -> None:
        """The port is open: find out what is there and set the health."""
        ...

    def received(self, link: Link, data: bytes) -> None:
        """Bytes came unasked."""
        ...

    def run(self, link: Link, job: JobT_contra) -> None:
        """Do one job to its end and post its one outcome, whatever happens, before returning or raising."""
        ...

    def refuse(self, job: JobT_contra, reason: str) -> None:
        """Post that a job was refused: nothing of it was sent."""
        ...

    def tick(self, link: Link) -> None:
        """Look after an idle device."""
        ...

    def lost(self) -> None:
        """The port is gone; forget half-read bytes."""
        ...


class DeviceWorker(Generic[JobT]):
    """Runs a behaviour on a port of its own. ``submit`` may be called from any thread and never waits."""

    def __init__(
        self,
        name: str,
        behaviour: Behaviour[JobT],
        *,
        open_port: Callable[[], Transport],
        port_exists: Callable[[], bool],
        health: HealthBoard,
        clock: Clock,
    ) -> None:
        self._name = name
        self._behaviour = behaviour
        self._open_port = open_port
        self._port_exists = port_exists
        self._health = health
        self._clock = clock
        self._lock = threading.Lock()
        self._jobs: deque[JobT] = deque()
        self._accepting = False
        self._stop_at_ms: int | None = None
        self._busy = False
        self._wake_r = self._wake_w = -1
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; returns at once. May be called again after ``stop``."""
        if self._thread is not None:
            return
        self._wake_r, self._wake_w = os.pipe()
        os.set_blocking(self._wake_r, False)
        os.set_blocking(self._wake_w, False)
        self._stop_at_ms = None
        self._accepting = True
        self._thread = threading.Thread(target=self._main, name=f"device-{self._name}", daemon=True)
        self._thread.start()

    def submit(self, job: JobT) -> None:
        """Queue a job. Refused at once when the worker is stopped or too many wait."""
        with self._lock:
            accepted = self._accepting and len(self._jobs) < JOBS_MAX
            if accepted:
                self._jobs.append(job)
                self._wake()
        if not accepted:
            self._behaviour.refuse(job, "queue_full" if self._accepting else "stopped")

    def stop(self, timeout_s: float = 2.0) -> bool:
        """End within ``timeout_s``: a running job may finish, waiting ones are refused. Whether the thread has ended."""
        thread = self._thread
        if thread is None:
            return True
        with self._lock:
            self._accepting = False
            self._stop_at_ms = self._clock.monotonic_ms() + round(max(0.0, timeout_s - STOP_MARGIN_S) * 1000)
            self._wake()
        thread.join(timeout_s)
        if thread.is_alive():
            return False
        self._thread = None
        for fd in (self._wake_r, self._wake_w):
            os.close(fd)
        self._wake_r = self._wake_w = -1
        return True

    def _wake(self) -> None:
        with suppress(BlockingIOError):  # a full pipe wakes just as well
            os.write(self._wake_w, b"!")

    def _stopping(self) -> bool:
        return self._stop_at_ms is not None

    def _ends_in_s(self) -> float | None:
        if self._stop_at_ms is None:
            return None
        # a running job has until the deadline, everything else ends at once
        return (self._stop_at_ms - self._clock.monotonic_ms()) / 1000 if self._busy else 0.0

    def _main(self) -> None:
        attempt = 0
        while not self._stopping():
            if self._once():
                attempt = 0
            if not self._stopping():
                self._pause(BACKOFF_S[min(attempt, len(BACKOFF_S) - 1)])
                attempt += 1
        self._refuse_waiting("stopped")
        self._health.set(DeviceState.DISABLED)

    def _once(self) -> bool:
        """Open the port and serve it until it is lost. Whether it was open at all."""
        if self._health.current.state is DeviceState.DISABLED:
            self._health.set(DeviceState.OPENING)
        try:
            transport = self._open_port()
        except Trouble as trouble:
            self._health.gone(trouble)
            return False
        link = Link(transport, wake_fd=self._wake_r, clock=self._clock, ends_in_s=self._ends_in_s)
        try:
            self._behaviour.opened(link)
            self._serve(link)
        except Stopped:
            pass
        except Trouble as trouble:
            self._health.gone(trouble)
        except Exception:  # the top of the thread: a fault of ours must not silence the device for good
            _log.exception("%s: fault in the driver", self._name)
            self._health.set(DeviceState.LOST, "fault")
        finally:
            self._behaviour.lost()
            transport.close_now()
        return True

    def _serve(self, link: Link) -> None:
        next_tick_ms = self._clock.monotonic_ms() + round(self._behaviour.tick_s * 1000)
        while not self._stopping():
            job = self._take()
            if job is not None:
                self._busy = True
                try:
                    self._behaviour.run(link, job)
                finally:
                    self._busy = False
                continue
            wait_ms = next_tick_ms - self._clock.monotonic_ms()
            if wait_ms <= 0:
                self._behaviour.tick(link)
                next_tick_ms = self._clock.monotonic_ms() + round(self._behaviour.tick_s * 1000)
                continue
            if data := link.wait(wait_ms / 1000):
                self._behaviour.received(link, data)

    def _take(self) -> JobT | None:
        with self._lock:
            return self._jobs.popleft() if self._jobs else None

    def _refuse_waiting(self, reason: str | None = None) -> None:
        while (job := self._take()) is not None:
            self._behaviour.refuse(job, reason or self._health.current.reason or "absent")

    def _pause(self, pause_s: float) -> None:
        """Wait before the next attempt, refusing jobs; ends early when a port that was missing is there again."""
        end_ms = self._clock.monotonic_ms() + round(pause_s * 1000)
        was_missing = not self._port_exists()
        while not self._stopping():
            self._refuse_waiting()
            left_ms = end_ms - self._clock.monotonic_ms()
            if left_ms <= 0 or (was_missing and self._port_exists()):
                return
            readable, _, _ = select.select([self._wake_r], [], [], min(left_ms / 1000, LOOK_S))
            if readable:
                _drain(self._wake_r)


def _drain(fd: int) -> None:
    with suppress(BlockingIOError):
        while os.read(fd, 4096):
            pass
