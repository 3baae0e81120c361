"""``python -m kiosk.demo.stage --data DIR``: the clerk's face with a hand that the tour moves: keys, a look, a picture.

The face is the one that ``kiosk run`` starts; the hand types on the real widgets and reads what the till published. Commands come
over ``DIR/stage.sock``. Not part of a shop's terminal, which listens on nothing.
"""

import argparse
import sys
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from kiosk.bootstrap.faces import Clerk
from kiosk.bootstrap.run import say_ready
from kiosk.bootstrap.signals import Signals
from kiosk.bootstrap.terminal import Machine
from kiosk.demo.control import ControlServer
from kiosk.log import open_log
from kiosk.ui.flow import screen_for

SOCKET_NAME: Final = "stage.sock"
HAND_TIMEOUT_S: Final = 20.0


class Hand(QObject):
    """Does in the GUI thread what was asked for in the control thread."""

    _asked = Signal(object)

    def __init__(self, clerk: Clerk) -> None:
        super().__init__()
        self._clerk = clerk
        self._asked.connect(self._do, Qt.ConnectionType.QueuedConnection)

    def commands(self) -> dict[str, Callable[..., object]]:
        """By the names that the tour uses."""
        return {"press": self.press, "type": self.type, "look": self.look, "picture": self.picture}

    def press(self, keys: str) -> None:
        """One key or chord on the focused widget: ``F9``, ``Return``, ``Ctrl+L``."""
        self._in_gui(lambda: self._press(keys))

    def type(self, text: str) -> None:
        """Characters, one key each."""
        for character in text:
            self.press(character)

    def picture(self, path: str) -> None:
        """The window as it is, to a PNG file."""
        self._in_gui(lambda: self._clerk.window.grab().save(path))

    def look(self) -> object:
        """What is on screen and what the till holds; of a serial the last four digits."""
        return self._in_gui(self._look)

    # ---- in the GUI thread

    def _press(self, keys: str) -> None:
        target = QApplication.focusWidget() or self._clerk.window
        sequence: Any = QKeySequence(keys)  # the stubs do not know that it can be indexed
        chord = sequence[0]
        QTest.keyClick(target, chord.key(), chord.keyboardModifiers())

    def _look(self) -> dict[str, object]:
        state = self._clerk.state
        if state is None:
            return {"screen": "starting"}
        sale = state.sale
        lines = [] if sale is None else sale.lines
        return {
            "screen": screen_for(state.stage, self._clerk.face.draft.task),
            "stage": state.stage.value,
            "sale": None if sale is None else sale.sale_id,
            "receipt_no": None if sale is None else sale.receipt_no,
            "lines": [
                {"line_id": line.line_id, "serial": f"••••{line.serial[-4:]}", "till": line.phase.value}
                for line in lines
            ],
            "timers": [[line.scanned_ms, line.asked_ms] for line in lines],
            "link_up": state.link_up,
            "outbox": state.outbox,
            "stock": sum(count for _, count in state.stock),
            "devices": {health.device: health.state.value for health in state.devices},
            "paper": {health.device: health.paper.value for health in state.devices},
            "jobs": [[job.receipt_no, job.copy_no, job.outcome] for job in state.book.jobs],
            "promises": len(state.book.promises),
            "notice": None if state.notice is None else state.notice.serial_no,
            "balance": bool(state.balance and state.balance.answer),
            "question": None if state.question is None else state.question.question.value,
        }

    def _do(self, job: "tuple[Future[object], Callable[[], object]]") -> None:
        done, work = job
        try:
            done.set_result(work())
        except Exception as error:  # handed to the asking thread, which tells the tour
            done.set_exception(error)

    # ---- in the control thread

    def _in_gui(self, work: Callable[[], object]) -> object:
        done: Future[object] = Future()
        self._asked.emit((done, work))
        return done.result(HAND_TIMEOUT_S)


def main(argv: list[str] | None = None) -> int:
    """Run the face until SIGTERM; prints a line that begins with "ready" when it can be told what to press."""
    parser = argparse.ArgumentParser(prog="stage", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    folder: Path = parser.parse_args(argv).data
    machine = Machine.load(folder)
    app = QApplication([sys.argv[0]])
    app.setQuitOnLastWindowClosed(False)
    with open_log(folder / "log", name="clerk"):
        clerk = Clerk(app, machine)
        signals = Signals(app)
        hand = Hand(clerk)
        server = ControlServer(folder / SOCKET_NAME, hand.commands())
        clerk.ready.connect(say_ready)
        clerk.open()
        clerk.window.activateWindow()
        code = app.exec()
        server.close()
        clerk.close()
        signals.close()
        return code


if __name__ == "__main__":
    sys.exit(main())
