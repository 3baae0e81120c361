"""The way of ``docs/operations.md``, "A shop from nothing": settings and ports by hand, no code of the demonstration involved."""

import subprocess
import sys
from pathlib import Path

from tests.helpers.failpoints import ROOT


def test_a_till_is_set_up_by_hand_and_sells(tmp_path: Path) -> None:
    """A shop with real hardware follows these steps; if one is missing, it cannot open."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.by_hand", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
