"""Notices that the till thread stopped answering, and says so once: a disk that hangs must not look like a till that thinks.

Not responsible for what is then shown; it dumps every thread's stack into the log's folder, which holds no values.
"""

import faulthandler
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

STUCK_MS: Final = 20_000  # far above the slowest fsync seen, far below a clerk's patience with a dead screen
LOOK_S: Final = 1.0
STUCK_CODE: Final = "TIL-02"

_log = logging.getLogger(__name__)


class Watchdog:
    """Calls ``on_stuck`` with TIL-02 when ``stuck_for_ms`` exceeds ``STUCK_MS``; once for each time it happens."""

    def __init__(
        self,
        *,
        stuck_for_ms: Callable[[], int],
        on_stuck: Callable[[str], None],
        stacks: Path,
        look_s: float = LOOK_S,
    ) -> None:
        self._stuck_for_ms = stuck_for_ms
        self._on_stuck = on_stuck
        self._stacks = stacks
        self._look_s = look_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join(2 * LOOK_S)

    def _watch(self) -> None:
        told = False
        while not self._ended.wait(self._look_s):
            stuck = self._stuck_for_ms() > STUCK_MS
            if stuck and not told:
                _log.warning("the till thread has not answered for %d s", STUCK_MS // 1000)
                with self._stacks.open("a", encoding="utf-8") as file:
                    faulthandler.dump_traceback(file, all_threads=True)
                self._on_stuck(STUCK_CODE)
            told = stuck
