"""The watchdog: a till thread that hangs is noticed once, and a till that works is left alone."""

import threading
from pathlib import Path

import pytest

from kiosk.bootstrap.watchdog import STUCK_CODE, STUCK_MS, Watchdog


def test_a_stuck_till_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A disk that hangs must not look like a till that thinks, and one warning is enough."""
    told: list[str] = []
    looked = threading.Semaphore(0)

    def stuck() -> int:
        looked.release()
        return STUCK_MS + 1

    dog = Watchdog(stuck_for_ms=stuck, on_stuck=told.append, stacks=tmp_path / "stuck.txt", look_s=0.01)
    dog.start()
    for _ in range(5):
        assert looked.acquire(timeout=5)
    dog.stop()
    assert told == [STUCK_CODE]
    assert len(caplog.records) == 1
    assert "Thread" in (tmp_path / "stuck.txt").read_text()


def test_a_busy_till_is_left_alone(tmp_path: Path) -> None:
    """A slow disk write is no reason to show the clerk a halted till."""
    told: list[str] = []
    looked = threading.Semaphore(0)

    def busy() -> int:
        looked.release()
        return STUCK_MS

    dog = Watchdog(stuck_for_ms=busy, on_stuck=told.append, stacks=tmp_path / "stuck.txt", look_s=0.01)
    dog.start()
    for _ in range(3):
        assert looked.acquire(timeout=5)
    dog.stop()
    assert not told
