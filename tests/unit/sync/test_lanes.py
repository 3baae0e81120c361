"""Which waiting call goes next."""

import random
import threading

from hypothesis import given
from hypothesis import strategies as st

from kiosk.sync.lanes import Job, Lanes


def _nothing() -> None:
    pass


def job(lane: str, *, urgent: bool = False) -> Job:
    return Job(lane, urgent, _nothing, _nothing)


def test_one_line_in_order() -> None:
    """A commit could overtake the reserve of its own card."""
    lanes = Lanes()
    first, second, other = job("a"), job("a", urgent=True), job("b")
    for one in (first, second, other):
        assert lanes.put(one)
    assert lanes.take() is first
    assert lanes.take() is other
    lanes.done(first)
    assert lanes.take() is second


def test_what_a_customer_waits_for_goes_first() -> None:
    """Questions about yesterday's sale would keep the next customer waiting."""
    lanes = Lanes()
    late, urgent = job("a"), job("b", urgent=True)
    lanes.put(late)
    lanes.put(urgent)
    assert lanes.take() is urgent
    assert lanes.take() is late


def test_room_is_bounded() -> None:
    """A network that is slow all day would fill the memory."""
    lanes = Lanes(max_waiting=2)
    assert [lanes.put(job(str(number))) for number in range(3)] == [True, True, False]
    lanes.take()
    assert lanes.put(job("x"))


def test_closing() -> None:
    """The till could not be stopped."""
    lanes = Lanes()
    got: list[Job | None] = []
    thread = threading.Thread(target=lambda: got.append(lanes.take()))
    thread.start()
    assert lanes.close() == ()
    thread.join(5)
    assert got == [None]
    assert not lanes.put(job("a"))
    full = Lanes()
    one = job("a")
    full.put(one)
    assert full.close() == (one,)


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=30), st.integers(0, 2**32))
def test_every_job_runs_once_and_lanes_never_overlap(plan: list[tuple[int, bool]], seed: int) -> None:
    """A call would be lost, sent twice, or two of one card be under way at once."""
    lanes, chance = Lanes(), random.Random(seed)
    jobs = [job(str(lane), urgent=urgent) for lane, urgent in plan]
    for one in jobs:
        lanes.put(one)
    running: list[Job] = []
    taken: list[Job] = []
    while len(taken) < len(jobs) or running:
        free = {one.lane for one in jobs if one not in taken} - {one.lane for one in running}
        if free and (not running or chance.random() < 0.6):
            got = lanes.take()
            assert got is not None
            assert got.lane not in {other.lane for other in running}
            running.append(got)
            taken.append(got)
        else:
            lanes.done(running.pop(chance.randrange(len(running))))
    for lane in {one.lane for one in jobs}:
        assert [one for one in taken if one.lane == lane] == [one for one in jobs if one.lane == lane]
