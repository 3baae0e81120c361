"""Children of the demonstration: ready, killed, stopped, and their last words when they do not start."""

from pathlib import Path

import pytest

from kiosk.demo.processes import Child, ChildError


def test_a_child_becomes_ready_and_is_stopped(tmp_path: Path) -> None:
    """An authority left running would hold its port, and the next demonstration would not start."""
    child = Child("zen", ["http.server", "--bind", "127.0.0.1", "0"], log=tmp_path / "log")
    assert child.running is True
    assert child.stop() != 0
    assert child.stop() != 0  # twice is harmless
    assert child.running is False


def test_a_child_that_fails_says_why(tmp_path: Path) -> None:
    """ "It did not start" without its last words would leave the reader alone."""
    child = Child("nothing", ["kiosk_has_no_such_module"], log=tmp_path / "log")
    with pytest.raises(ChildError, match="No module named"):
        child.wait_ready()


def test_a_killed_child_is_gone(tmp_path: Path) -> None:
    """kill -9 is how the tour cuts the power; the till must really be gone afterwards."""
    child = Child("victim", ["http.server", "--bind", "127.0.0.1", "0"], log=tmp_path / "log")
    child.kill()
    assert not child.running
    assert child.wait() == -9
