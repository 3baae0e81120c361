"""``kiosk run``: starts the terminal in the data folder with one face, and restarts it when the face asks for that.

Prints one line that begins with "ready" when the first page is on screen, for whoever started it. A terminal that cannot start says
why on standard error and on its screen. Not responsible for setting up.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kiosk.bootstrap.terminal import Machine
from kiosk.errors import Trouble
from kiosk.log import open_log

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

FACES: Final = ("clerk", "customer", "technician")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--face", choices=FACES, default="clerk", help="who stands before the screen (default: clerk)")
    parser.add_argument("--full-screen", action="store_true", help="fill the screen, without a frame")
    parser.set_defaults(handler=run)


def run(arguments: argparse.Namespace) -> int:
    """Run until the window is closed or SIGTERM comes. 0: ended in order; 1: it could not start."""
    folder: Path = arguments.data
    if arguments.face == "technician":
        from kiosk.bootstrap.technician import run_technician

        return run_technician(folder)
    customer: bool = arguments.face == "customer"
    try:
        machine = Machine.load(folder)
        log = open_log(folder / "log", name=arguments.face)
    except Trouble as trouble:
        sys.stderr.write(f"kiosk: {trouble}\n")
        sys.stderr.flush()
        code = _not_started(folder, trouble, customer=customer, full_screen=arguments.full_screen)
    else:
        with log:
            code = _face(machine, customer=customer, full_screen=arguments.full_screen)

    from kiosk.bootstrap.faces import RESTART_CODE  # not before: it loads the screens

    if code == RESTART_CODE:
        os.execv(sys.executable, [sys.executable, "-m", "kiosk", *sys.argv[1:]])
    return code


def _face(machine: Machine, *, customer: bool, full_screen: bool) -> int:
    from kiosk.bootstrap.faces import Face
    from kiosk.bootstrap.signals import Signals

    app = _application()
    face: Face
    if customer:
        from kiosk.bootstrap.customer import Customer

        face = Customer(app, machine)
    else:
        from kiosk.bootstrap.faces import Clerk

        face = Clerk(app, machine)
    signals = Signals(app)
    try:
        if full_screen:
            face.window.showFullScreen()
        face.ready.connect(say_ready)
        face.open()
        return app.exec()
    finally:
        face.close()
        signals.close()


def _not_started(folder: Path, trouble: Trouble, *, customer: bool, full_screen: bool) -> int:
    from kiosk.bootstrap.not_started import NotStarted
    from kiosk.bootstrap.signals import Signals

    app = _application()
    page = NotStarted(app, folder, trouble, customer=customer, end=app.exit)
    signals = Signals(app)
    try:
        if full_screen:
            page.window.showFullScreen()
        page.window.show()
        return app.exec()
    finally:
        signals.close()


def _application() -> "QApplication":
    from PySide6.QtWidgets import QApplication

    app = QApplication([sys.argv[0]])
    app.setQuitOnLastWindowClosed(False)
    return app


def say_ready() -> None:
    """The line that whoever started this process may wait for."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
