"""The one thread between the workbench's window and its host: does what was pressed, looks how things stand, draws new receipts.

The window never waits: it gives a piece of work and gets a ``Look`` when something has changed. Not responsible for words.
"""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from kiosk.demo.control import ControlClient, ControlError
from kiosk.demo.workbench_host import DEMO_SOCKET_NAME, WorkbenchHost

LOOK_EVERY_S: Final = 0.25
WORK_MAX: Final = 64
RECEIPTS_SHOWN: Final = 12
JOIN_S: Final = 5.0

Work = Callable[[], object]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """How things stood at one moment. ``papers`` are PNGs, the newest first. ``trouble`` says what could not be done."""

    state: dict[str, object]
    scanned: tuple[int, ...]
    papers: tuple[bytes, ...] = field(repr=False)
    can_kill: bool
    trouble: str = ""


class Hand:
    """``publish`` gets a ``Look`` on this thread, whenever it differs from the one before."""

    def __init__(self, host: WorkbenchHost, publish: Callable[[Look], None]) -> None:
        self._host = host
        self._publish = publish
        self._work: queue.Queue[Work | None] = queue.Queue(WORK_MAX)
        self._last: Look | None = None
        self._trouble = ""
        self._pictures: dict[int, bytes] = {}
        self._hanging: tuple[tuple[str, ...], bytes] = ((), b"")
        self._thread = threading.Thread(target=self._main, name="workbench-hand", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is being done."""
        self._work.put(None)
        self._thread.join(JOIN_S)

    def do(self, work: Work) -> None:
        """Do something soon, in order; too much at once is dropped, as a hand would."""
        try:
            self._work.put_nowait(work)
        except queue.Full:
            _log.info("too many presses at once")

    def tell_demonstration(self, what: str) -> None:
        """Ask whoever runs the demonstration to kill or start the till."""

        def tell() -> None:
            client = ControlClient(self._host.folder / DEMO_SOCKET_NAME)
            try:
                client.call(what)
            finally:
                client.close()

        self.do(tell)

    def _main(self) -> None:
        while True:
            try:
                work = self._work.get(timeout=LOOK_EVERY_S)
            except queue.Empty:
                self._look()
                continue
            if work is None:
                return
            try:
                work()
                self._trouble = ""
            except (OSError, ValueError, ControlError) as error:
                self._trouble = str(error)
            self._look()

    def _look(self) -> None:
        look = Look(
            state=self._host.state(),
            scanned=tuple(self._host.scanned),
            papers=self._papers(),
            can_kill=(self._host.folder / DEMO_SOCKET_NAME).exists(),
            trouble=self._trouble,
        )
        if look != self._last:
            self._last = look
            self._publish(look)

    def _papers(self) -> tuple[bytes, ...]:
        count = self._host.receipts()
        first = max(0, count - RECEIPTS_SHOWN)
        for number in range(first, count):
            if number not in self._pictures:
                self._pictures[number] = self._host.printer.picture(number)
        self._pictures = {number: picture for number, picture in self._pictures.items() if number >= first}
        lines = tuple(self._host.hanging())
        if lines != self._hanging[0]:
            self._hanging = (lines, self._host.printer.hanging_picture() if any(lines) else b"")
        hanging = (self._hanging[1],) if self._hanging[1] else ()
        return (*hanging, *(self._pictures[number] for number in reversed(range(first, count))))
