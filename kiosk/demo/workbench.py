"""``python -m kiosk.demo.workbench --dir DIR [--headless] [--language fr|en]``: the workbench as a process of its own.

Prints one line that begins with "ready" when the till may be started, and ends in order on SIGTERM. Not responsible for what it
shows (``workbench_window``) or does (``workbench_host``).
"""

import argparse
import signal
import sys
import threading
from pathlib import Path

from kiosk.demo.workbench_host import WorkbenchError, WorkbenchHost
from kiosk.i18n.translator import LANGUAGES

TROUBLE = 1


def main(argv: list[str] | None = None) -> int:
    """Run until SIGTERM, SIGINT or the window's end. 0: ended in order; 1: could not start, said on standard error."""
    parser = argparse.ArgumentParser(prog="workbench", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True, metavar="DIR", help="holds workbench.json and cards.json")
    parser.add_argument("--headless", action="store_true", help="no window: commands over DIR/workbench.sock only")
    parser.add_argument("--language", choices=LANGUAGES, help="default: as workbench.json says")
    arguments = parser.parse_args(argv)
    try:
        host = WorkbenchHost(arguments.dir.absolute())
        host.start()
    except (WorkbenchError, OSError) as error:
        print(f"workbench: {error}", file=sys.stderr)
        return TROUBLE
    try:
        if arguments.headless:
            return _wait(host)
        return _show(host, arguments.language or host.config.language)
    finally:
        host.stop()


def _wait(host: WorkbenchHost) -> int:
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    print(host.ready_line, flush=True)
    ended.wait()
    return 0


def _show(host: WorkbenchHost, language: str) -> int:
    from kiosk.bootstrap.signals import Signals
    from kiosk.demo.workbench_window import open_window

    app, window = open_window(host, language)
    signals = Signals(app)
    print(host.ready_line, flush=True)
    try:
        return int(app.exec())
    finally:
        window.close()
        signals.close()


if __name__ == "__main__":
    sys.exit(main())
