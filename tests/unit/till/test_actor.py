"""The till's thread: its mailbox, its timers, and how it halts."""

import threading
import time
from collections.abc import Callable
from unittest.mock import patch

import pytest

from kiosk.clock import SystemClock
from kiosk.errors import Trouble
from kiosk.till import actor as actors
from kiosk.till import commands as do
from kiosk.till import messages as come
from kiosk.till.actor import BUG_CODE, MAILBOX_ITEMS, TillActor, Timers
from kiosk.till.core import Till
from kiosk.till.ports import Scheduler
from tests.helpers.till_rig import Rig

DEADLINE_S = 5.0


class Seen:
    """A till that writes down what it is given and does what a test wants with it."""

    def __init__(self, scheduler: Scheduler, handle: Callable[[object], None] = lambda item: None) -> None:
        self.scheduler = scheduler
        self.items: list[object] = []
        self.codes: list[str] = []
        self.stopped = False
        self.threads: set[str] = set()
        self._handle = handle

    def start(self) -> None:
        self.threads.add(threading.current_thread().name)

    def handle(self, item: object) -> None:
        self.threads.add(threading.current_thread().name)
        self.items.append(item)
        self._handle(item)

    def stop(self) -> None:
        self.stopped = True

    def halt(self, code: str) -> None:
        self.codes.append(code)


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, with a deadline."""
    end = time.monotonic() + DEADLINE_S
    event = threading.Event()
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        event.wait(0.002)


def hold(gate: threading.Event) -> None:
    """Keep the thread busy until the gate opens."""
    assert gate.wait(DEADLINE_S)


class Running:
    """An actor around a ``Seen``."""

    def __init__(
        self, handle: Callable[[object], None] = lambda item: None, *, clock: SystemClock | None = None
    ) -> None:
        self.tills: list[Seen] = []
        self.halted: list[str] = []
        self.ended: list[bool] = []

        def make(scheduler: Scheduler) -> Till:
            self.tills.append(Seen(scheduler, handle))
            return self.tills[0]  # type: ignore[return-value]  # stands in for a till

        self.actor = TillActor(
            make,
            clock=clock or SystemClock(),
            on_halt=self.halted.append,
            on_stopped=lambda: self.ended.append(True),
        )
        self.actor.start()
        until(lambda: bool(self.tills))

    @property
    def till(self) -> Seen:
        return self.tills[0]


def test_everything_runs_in_the_one_thread_and_in_order() -> None:
    """Two threads would write into one journal, or a payment would overtake its scan."""
    running = Running()
    for n in range(50):
        assert running.actor.post(do.PayCash(n))
    assert running.actor.stop()
    assert running.till.items == [do.PayCash(n) for n in range(50)]
    assert running.till.threads == {"till"}
    assert running.till.stopped
    assert running.ended == [True]


def test_timers_come_due_by_themselves_and_can_be_moved_and_forgotten() -> None:
    """An activation would never become unknown, or would after it was answered."""
    running = Running()
    now = SystemClock().monotonic_ms()
    running.till.scheduler.set("b", now + 30)
    running.till.scheduler.set("a", now + 10)
    running.till.scheduler.set("gone", now + 5)
    running.till.scheduler.cancel("gone")
    running.till.scheduler.set("b", now + 15)
    running.actor.post(do.DismissNotice())
    until(lambda: len(running.till.items) == 3)
    running.actor.stop()
    names = [item.name for item in running.till.items if isinstance(item, come.TimerDue)]
    assert names == ["a", "b"]


def test_a_timer_that_was_moved_comes_once() -> None:
    """A status would be asked twice."""
    timers = Timers()
    timers.set("a", 10)
    timers.set("a", 20)
    timers.set("a", 10)
    assert timers.next_ms() == 10
    assert timers.pop_due(9) is None
    assert timers.pop_due(10) == "a"
    assert timers.pop_due(1_000) is None
    assert timers.next_ms() is None


def test_a_bug_halts_the_till_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    """A till that no longer knows what is true would go on selling."""

    def handle(item: object) -> None:
        assert item != do.NextSale(), "a broken invariant"

    running = Running(handle)
    running.actor.post(do.NextSale())
    running.actor.post(do.PayCash(1))
    until(lambda: bool(running.halted))
    assert running.halted == [BUG_CODE]
    assert running.till.codes == [BUG_CODE]
    assert running.actor.post(do.PayCash(2))
    assert running.actor.stop()
    assert running.till.items == [do.NextSale()], "nothing is handled after the halt"
    assert "a bug halts the till" in caplog.text


def test_trouble_at_the_start_halts_with_its_own_code(caplog: pytest.LogCaptureFixture) -> None:
    """The clerk would see an empty window and no code."""
    halted: list[str] = []

    def make(scheduler: Scheduler) -> Till:
        raise Trouble("JRN-07", retryable=False)

    actor = TillActor(make, clock=SystemClock(), on_halt=halted.append)
    actor.start()
    until(lambda: bool(halted))
    assert halted == ["JRN-07"]
    assert actor.stop()
    assert "JRN-07" in caplog.text


def test_a_full_mailbox_refuses_instead_of_blocking(caplog: pytest.LogCaptureFixture) -> None:
    """A till that hangs would freeze the screen and every device with it."""
    gate = threading.Event()
    running = Running(lambda item: hold(gate))
    running.actor.post(do.NextSale())
    until(lambda: running.actor.stuck_for_ms() > 0)
    with patch.object(actors._log, "error"):
        taken = sum(running.actor.post(do.NextSale()) for _ in range(MAILBOX_ITEMS + 5))
    assert taken == MAILBOX_ITEMS
    assert not running.actor.post(do.NextSale())
    gate.set()
    assert running.actor.stop()
    assert "mailbox is full" in caplog.text


def test_the_watchdog_sees_how_long_the_thread_has_been_busy() -> None:
    """A disk that hangs would look like a till that waits."""
    gate = threading.Event()
    running = Running(lambda item: hold(gate))
    assert running.actor.stuck_for_ms() == 0
    running.actor.post(do.NextSale())
    until(lambda: running.actor.stuck_for_ms() >= 20)
    gate.set()
    until(lambda: running.actor.stuck_for_ms() == 0)
    assert running.actor.stop()


def test_the_core_shows_that_it_is_halted_without_its_journal() -> None:
    """The broken journal would keep the screen from saying that it is broken."""
    rig = Rig()
    rig.journal.close()
    rig.till.halt("JRN-03")
    assert rig.state.trouble == "JRN-03"
    assert rig.state.stage.value == "halted"


def test_an_end_that_cannot_be_noted_is_an_end(caplog: pytest.LogCaptureFixture) -> None:
    """On a full disk the process would not stop, and the journal would stay locked until it is killed."""
    running = Running()

    def full() -> None:
        raise Trouble("JRN-01", retryable=True)

    with patch.object(running.till, "stop", full):
        assert running.actor.stop(timeout_s=1.0)
    assert running.ended == [True]
    assert not running.halted
    assert "JRN-01" in caplog.text
