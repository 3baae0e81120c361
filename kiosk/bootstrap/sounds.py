"""Plays the till's sounds with whatever the system has, in a thread of its own; silent where there is nothing. Never waits.

Implements ``kiosk.till.ports.SoundPlayer``. A sound always goes with a visible change, so a missing one loses nothing.
"""

import contextlib
import queue
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

WAITING_MAX: Final = 4  # more than this is noise, not information
PLAY_TIMEOUT_S: Final = 3.0
_PLAYERS: Final = (("pw-play",), ("paplay",), ("aplay", "-q"))


class Sounds:
    """``play`` returns at once. ``volume`` 0 is silence; the loudness itself is the system's."""

    def __init__(self, folder: Path, *, volume: int) -> None:
        self._folder = folder
        self.volume = volume
        self._command = next((list(words) for words in _PLAYERS if shutil.which(words[0])), None)
        self._waiting: queue.Queue[str | None] = queue.Queue(WAITING_MAX)
        self._thread = threading.Thread(target=self._run, name="sounds", daemon=True)
        self._thread.start()

    def play(self, name: str) -> None:
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(name)

    def stop(self) -> None:
        """End after the sound that is being played."""
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(None)

    def _run(self) -> None:
        while (name := self._waiting.get()) is not None:
            path = self._folder / f"{name}.wav"
            if self.volume > 0 and path.is_file():
                self._sound(path)

    def _sound(self, path: Path) -> None:
        if sys.platform == "win32":
            import winsound

            winsound.PlaySound(str(path), winsound.SND_FILENAME)
        elif self._command is not None:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run([*self._command, str(path)], capture_output=True, timeout=PLAY_TIMEOUT_S, check=False)
