"""The demonstration's child processes: started with a ready line, killed on purpose, and always stopped, whatever happened."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

READY_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 5.0
MOMENT_S = 0.25
READY_MARK = "ready"


class ChildError(RuntimeError):
    """A child did not become ready; the message holds the end of what it wrote."""


class Child:
    """One process. Its output goes to ``log``; the first line that starts with "ready" means that it can be used."""

    def __init__(
        self, name: str, arguments: Sequence[str], *, log: Path, environ: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self._log = log
        self._ready = threading.Event()
        self.ready_line = ""
        log.parent.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # a demonstration's authority is a file in its own folder, whatever database this machine's real one has
            env={**os.environ, "PYTHONUNBUFFERED": "1", "KIOSK_DATABASE": "", **(environ or {})},
            start_new_session=True,  # a Ctrl-C in the shell reaches the demonstration first, which then stops its children in order
        )
        self._reader = threading.Thread(target=self._read, name=f"output of {name}", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def wait_ready(self) -> str:
        """The ready line. Raises ``ChildError`` when the process ended first or took longer than ``READY_TIMEOUT_S``."""
        self._ready.wait(READY_TIMEOUT_S)
        if not self.ready_line:
            self.stop()
            raise ChildError(f"{self.name} did not start:\n{self.tail()}")
        return self.ready_line

    def wait(self, timeout_s: float | None = None) -> int:
        """The exit code, once the process has ended. Raises ``subprocess.TimeoutExpired``."""
        return self._process.wait(timeout_s)

    def wait_a_while(self) -> bool:
        """Wait a moment for its end. Whether it has ended."""
        try:
            self._process.wait(MOMENT_S)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """kill -9, as a power cut would: nothing is flushed, nothing is said."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._reader.join(STOP_TIMEOUT_S)

    def stop(self) -> int:
        """Ask it to end, insist after ``STOP_TIMEOUT_S``. The exit code; safe to call twice."""
        if self.running:
            self._process.terminate()
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._reader.join(STOP_TIMEOUT_S)
        return self._process.returncode

    def tail(self, lines: int = 15) -> str:
        """The end of its output."""
        if not self._log.exists():
            return "(no output)"
        return "\n".join(self._log.read_text("utf-8", "replace").splitlines()[-lines:])

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output, self._log.open("ab") as log:
            for line in output:
                log.write(line)
                log.flush()
                if not self.ready_line and line.startswith(READY_MARK.encode()):
                    self.ready_line = line.decode("utf-8", "replace").strip()
                    self._ready.set()
        self._ready.set()  # ended: wake whoever waits
