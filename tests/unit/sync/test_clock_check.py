"""T-CLOCK on the terminal's side: requests are dated with the authority's time, whatever the machine's clock does."""

import pytest

from kiosk.sync.clock_check import ClockCheck
from tests.fakes.clock import START_MS, FakeClock

YEAR_MS = 365 * 86_400_000


@pytest.mark.parametrize("off_ms", [1_000, -1_000, 3_600_000, -3_600_000, 10 * YEAR_MS, -10 * YEAR_MS])
def test_a_wrong_wall_clock_is_seen_and_not_used(clock: FakeClock, off_ms: int) -> None:
    """A till whose battery is empty could not sell; or its owner would not be told."""
    check = ClockCheck(clock)
    assert check.now_ms() == clock.now_ms()
    assert check.off_ms() == 0
    clock.jump(off_ms)
    check.learn(START_MS, asked_mono_ms=clock.monotonic_ms())
    clock.advance(5_000)
    assert check.now_ms() == START_MS + 5_000
    assert check.off_ms() == off_ms
    assert check.banner_due() is (abs(off_ms) > 60_000)


def test_a_jump_afterwards_does_not_matter(clock: FakeClock) -> None:
    """Somebody who sets the clock in the middle of the day would stop all sales."""
    check = ClockCheck(clock)
    check.learn(START_MS, asked_mono_ms=clock.monotonic_ms())
    clock.jump(86_400_000)
    assert check.now_ms() == START_MS
    assert check.off_ms() == 86_400_000


def test_half_of_the_way_is_taken_off(clock: FakeClock) -> None:
    """A slow line would make every till late."""
    check = ClockCheck(clock)
    asked = clock.monotonic_ms()
    clock.advance(4_000)
    check.learn(START_MS + 2_000, asked_mono_ms=asked)
    assert check.now_ms() == START_MS + 4_000


def test_another_boot_forgets(clock: FakeClock) -> None:
    """A monotonic clock that began anew would date requests by days wrong."""
    check = ClockCheck(clock)
    check.learn(START_MS - YEAR_MS, asked_mono_ms=clock.monotonic_ms())
    clock.reboot()
    assert check.now_ms() == clock.now_ms()
    check.learn(START_MS, asked_mono_ms=clock.monotonic_ms())
    assert check.now_ms() == START_MS
