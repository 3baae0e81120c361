"""From the shell to the till's first page, beside the smallest Qt window there is: what our own code costs at the start.

The two take turns in the same run. The till's start includes its journal, its devices' threads and its first painted page.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import ratio, row
from tests.helpers.shop import Shop

BARE = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel
app = QApplication(sys.argv[:1])
window = QLabel("Bonjour.")
window.resize(1280, 800)
window.show()
def ready():
    window.repaint()
    print("ready", flush=True)
QTimer.singleShot(0, ready)
app.exec()
"""


@dataclass(frozen=True, slots=True)
class ColdStart:
    """Milliseconds from the start of the process to its "ready", round by round."""

    till_ms: Sequence[float]
    bare_ms: Sequence[float]

    def lines(self) -> list[str]:
        """For a person."""
        return [
            row("start to the till's first page", self.till_ms),
            row("start to a bare Qt window", self.bare_ms),
            ratio("start/bare_qt", self.till_ms, self.bare_ms),
        ]


def measure(*, rounds: int = 7) -> ColdStart:
    """Start both ``rounds`` times, in turn, after one round that is not counted."""
    till_ms: list[float] = []
    bare_ms: list[float] = []
    with tempfile.TemporaryDirectory() as folder, Shop(Path(folder)) as shop:
        run = [sys.executable, "-m", "kiosk", "run", "--data", str(shop.till_folder)]
        for number in range(rounds + 1):
            till, bare = _start(run), _start([sys.executable, "-c", BARE])
            if number:
                till_ms.append(till)
                bare_ms.append(bare)
    return ColdStart(till_ms, bare_ms)


def _start(command: list[str]) -> float:
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    took_ms = (time.perf_counter() - begun) * 1000
    process.terminate()
    process.wait(10)
    process.stdout.close()
    if not line.startswith("ready"):
        raise RuntimeError(f"{command[2]} did not become ready")
    return took_ms
