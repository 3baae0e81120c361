"""The till's sounds, played by whatever the machine has: aplay or paplay on Linux, winsound on Windows, else silence.

Responsible for: never making anybody wait. A worker thread plays one sound at a time from a short queue; when it is full the
newest sound is dropped, because a late beep tells a lie about the wrong card. Sound is never the only sign.
"""

import array
import contextlib
import io
import logging
import queue
import shutil
import subprocess
import sys
import threading
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Final

QUEUE_LIMIT: Final = 2
PLAY_TIMEOUT_S: Final = 3.0
STOP_TIMEOUT_S: Final = 4.0
FULL_VOLUME: Final = 100
# paplay first: where a sound server runs, aplay may find the card taken
_PLAYERS: Final = (("paplay", ("--client-name=kiosk",)), ("aplay", ("-q", "-")))

_log = logging.getLogger(__name__)
Backend = Callable[[bytes], None]


def scaled(wav: bytes, percent: int) -> bytes:
    """Return a 16-bit WAV at a share of its loudness."""
    with wave.open(io.BytesIO(wav)) as source:
        parameters, frames = source.getparams(), source.readframes(source.getnframes())
    samples = array.array("h", frames)
    if sys.byteorder == "big":
        samples.byteswap()
    quieter = array.array("h", (sample * percent // FULL_VOLUME for sample in samples))
    if sys.byteorder == "big":
        quieter.byteswap()
    made = io.BytesIO()
    with wave.open(made, "wb") as target:
        target.setparams(parameters)
        target.writeframes(quieter.tobytes())
    return made.getvalue()


def find_backend() -> Backend | None:
    """Return the machine's way to play a WAV, or nothing where there is none."""
    if sys.platform == "win32":
        import winsound

        return lambda wav: winsound.PlaySound(wav, winsound.SND_MEMORY)
    for name, options in _PLAYERS:
        path = shutil.which(name)
        if path is not None:
            return _piped([path, *options])
    return None


def _piped(command: list[str]) -> Backend:
    def play(wav: bytes) -> None:
        subprocess.run(
            command,
            input=wav,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PLAY_TIMEOUT_S,
            check=False,
        )

    return play


class Sounds:
    """Plays `<folder>/<name>.wav`. Fills the till's port `SoundPlayer`; `play` may be called from any thread, `stop` ends it."""

    def __init__(self, folder: Path, *, volume: int, backend: Backend | None = None) -> None:
        self._wavs = {path.stem: path.read_bytes() for path in sorted(folder.glob("*.wav"))}
        self._volume = volume
        self._backend = backend or find_backend()
        self._queue: queue.Queue[str | None] = queue.Queue(QUEUE_LIMIT)
        self._failed = False
        self._thread: threading.Thread | None = None
        if self._backend is not None:
            self._thread = threading.Thread(target=self._work, name="sounds", daemon=True)
            self._thread.start()

    @property
    def volume(self) -> int:
        """The loudness, 0 (silence) to 100."""
        return self._volume

    @volume.setter
    def volume(self, percent: int) -> None:
        self._volume = max(0, min(FULL_VOLUME, percent))

    def stop(self) -> None:
        """End the worker after the sound under way, within a bound."""
        if self._thread is None:
            return
        with contextlib.suppress(queue.Full):
            self._queue.put(None, timeout=STOP_TIMEOUT_S)
        self._thread.join(STOP_TIMEOUT_S)
        self._thread = None

    def play(self, name: str) -> None:
        """Play a sound soon, or not at all; returns at once. An unknown name is a KeyError: a mistake of ours."""
        self._wavs[name]
        if self._thread is None or self._volume == 0:
            return
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(name)

    def _work(self) -> None:
        backend = self._backend
        while backend is not None:
            name = self._queue.get()
            if name is None:
                return
            try:
                backend(scaled(self._wavs[name], self._volume))
                self._failed = False
            except (OSError, RuntimeError, subprocess.SubprocessError) as error:
                if not self._failed:  # once lost, once back
                    _log.info("no sound: %s", type(error).__name__)
                self._failed = True
