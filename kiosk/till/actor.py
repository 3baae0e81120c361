"""The one till thread: a bounded mailbox, timers, and the core, which runs here and nowhere else.

Whoever has something to tell or ask posts it; nothing is answered but by the next published state. A bug halts the till: it is
logged, the halted state is published, and the process is to be started again, which replays the journal. Not responsible for that
start, nor for watching the thread (a watchdog asks ``stuck_for_ms``).
"""

import heapq
import logging
import queue
import threading
from collections.abc import Callable
from typing import Final

from kiosk.clock import Clock
from kiosk.errors import Bug, Trouble
from kiosk.till.commands import Command
from kiosk.till.core import Till
from kiosk.till.messages import Message, TimerDue
from kiosk.till.ports import Scheduler

MAILBOX_ITEMS: Final = 1_000
LONGEST_WAIT_S: Final = 1.0  # timers are looked at this often at least: the machine may have slept
BUG_CODE: Final = "TIL-01"

_log = logging.getLogger(__name__)


class _Stop:
    """The last item of a mailbox."""


class Timers:
    """A ``Scheduler`` for one thread: names with their times, the earliest first. Setting a name again moves it."""

    def __init__(self) -> None:
        self._due: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []

    def set(self, name: str, due_ms: int) -> None:
        self._due[name] = due_ms
        heapq.heappush(self._heap, (due_ms, name))

    def cancel(self, name: str) -> None:
        self._due.pop(name, None)

    def next_ms(self) -> int | None:
        """When the next timer is due, or ``None``."""
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)  # moved or cancelled meanwhile
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now_ms: int) -> str | None:
        """The name of a timer whose time has come, which is forgotten; ``None`` when there is none."""
        due_ms = self.next_ms()
        if due_ms is None or due_ms > now_ms:
            return None
        _, name = heapq.heappop(self._heap)
        del self._due[name]
        return name


class TillActor:
    """Runs a till in a thread of its own. ``make`` is called in that thread, because the journal belongs to it."""

    def __init__(
        self,
        make: Callable[[Scheduler], Till],
        *,
        clock: Clock,
        on_halt: Callable[[str], None] = lambda code: None,
        on_stopped: Callable[[], None] = lambda: None,
    ) -> None:
        """``on_halt`` gets the code of what broke; ``on_stopped`` runs last in the thread (it closes the journal)."""
        self._make = make
        self._clock = clock
        self._on_halt = on_halt
        self._on_stopped = on_stopped
        self._mailbox: queue.Queue[Message | Command | _Stop] = queue.Queue(MAILBOX_ITEMS)
        self._timers = Timers()
        self._busy_since_ms: int | None = None
        self._thread = threading.Thread(target=self._run, name="till", daemon=True)

    def start(self) -> None:
        """Start the thread; the first published state tells that the till is there."""
        self._thread.start()

    def post(self, item: Message | Command) -> bool:
        """Put something into the mailbox, from any thread, without waiting. ``False``: the mailbox is full and the item is lost,
        which every sender must survive, as it must survive a power cut."""
        try:
            self._mailbox.put_nowait(item)
        except queue.Full:
            _log.error("the till's mailbox is full: %s is lost", type(item).__name__)
            return False
        return True

    def stop(self, timeout_s: float = 5.0) -> bool:
        """An orderly end after what is in the mailbox. Returns whether the thread ended in time."""
        try:
            self._mailbox.put(_Stop(), timeout=timeout_s)
        except queue.Full:
            return False
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def stuck_for_ms(self) -> int:
        """How long the thread has been at its present item; 0 while it waits for one."""
        since_ms = self._busy_since_ms
        return 0 if since_ms is None else max(0, self._clock.monotonic_ms() - since_ms)

    # ---- in the till's thread

    def _run(self) -> None:
        till: Till | None = None
        try:
            self._busy_since_ms = self._clock.monotonic_ms()
            till = self._make(self._timers)
            till.start()
            self._serve(till)
        except Trouble as trouble:
            _log.exception("the till cannot work: %s", trouble.code)
            self._halt(till, trouble.code)
        except Exception:  # the top of a thread: whatever this is, the till must not go on
            _log.exception("a bug halts the till")
            self._halt(till, BUG_CODE)
        finally:
            self._busy_since_ms = None
            self._on_stopped()

    def _serve(self, till: Till) -> None:
        while True:
            self._busy_since_ms = None
            item = self._next()
            self._busy_since_ms = self._clock.monotonic_ms()
            if isinstance(item, _Stop):
                try:
                    till.stop()
                except Trouble as trouble:  # on a full disk the thread ends all the same, and lets go of the journal
                    _log.error("the end could not be noted: %s", trouble.code)
                return
            if item is not None:
                till.handle(item)

    def _next(self) -> Message | Command | _Stop | None:
        """A timer that is due, else what is in the mailbox, else ``None`` after a while."""
        now_ms = self._clock.monotonic_ms()
        name = self._timers.pop_due(now_ms)
        if name is not None:
            return TimerDue(name)
        next_ms = self._timers.next_ms()
        wait_s = LONGEST_WAIT_S if next_ms is None else min(LONGEST_WAIT_S, (next_ms - now_ms) / 1000)
        try:
            return self._mailbox.get(timeout=max(0.001, wait_s))
        except queue.Empty:
            return None

    def _halt(self, till: Till | None, code: str) -> None:
        if till is not None:
            try:
                till.halt(code)
            except (Trouble, Bug):
                _log.exception("the halted state could not be shown")
        self._on_halt(code)
        self._busy_since_ms = None
        while not isinstance(
            self._mailbox.get(), _Stop
        ):  # nothing is handled any more, and nobody blocks on a full mailbox
            pass
