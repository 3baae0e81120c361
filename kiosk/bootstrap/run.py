"""``kiosk run``: starts the terminal in the data folder with one face, and restarts it when the face asks for that.

Prints one line that begins with "ready" when the first page is on screen, for whoever started it. Not responsible for setting up.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Final

from kiosk.bootstrap.terminal import Machine
from kiosk.log import open_log

FACES: Final = ("clerk", "customer", "technician")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--face", choices=FACES, default="clerk", help="who stands before the screen (default: clerk)")
    parser.add_argument("--full-screen", action="store_true", help="fill the screen, without a frame")
    parser.set_defaults(handler=run)


def run(arguments: argparse.Namespace) -> int:
    """Run until the window is closed or SIGTERM comes. 0: ended in order; 75: to be started again."""
    folder: Path = arguments.data
    if arguments.face == "technician":
        from kiosk.bootstrap.technician import run_technician

        return run_technician(folder)
    machine = Machine.load(folder)
    with open_log(folder / "log", name=arguments.face):
        return _face(machine, customer=arguments.face == "customer", full_screen=arguments.full_screen)


def _face(machine: Machine, *, customer: bool, full_screen: bool) -> int:
    from PySide6.QtWidgets import QApplication

    from kiosk.bootstrap.faces import RESTART_CODE, Face
    from kiosk.bootstrap.signals import Signals

    app = QApplication([sys.argv[0]])
    app.setQuitOnLastWindowClosed(False)
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
        code = app.exec()
    finally:
        face.close()
        signals.close()
    if code == RESTART_CODE:
        os.execv(sys.executable, [sys.executable, "-m", "kiosk", *sys.argv[1:]])
    return code


def say_ready() -> None:
    """The line that whoever started this process may wait for."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
