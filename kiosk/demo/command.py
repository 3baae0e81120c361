"""``kiosk demo``: a till, its workbench and an authority on this machine; with ``--tour`` the same without hands, into a folder;
with ``--shop`` a merchant's site where the cards are spent.

Not responsible for what happens in it (``world``, ``tour``, ``shop_world``).
"""

import argparse
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import Final

from kiosk.demo.operator import Operator, OperatorError
from kiosk.demo.processes import ChildError
from kiosk.demo.report import TourReport
from kiosk.demo.shop_command import play_shop
from kiosk.demo.tour import Tour
from kiosk.demo.world import World, record_of

FAILED: Final = 1
_FINAL_RECORD: Final = {"activated": "committed", "promised": "committed"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--tour", action="store_true", help="do everything by itself, with pictures, and check it")
    parser.add_argument("--shop", action="store_true", help="a site that takes the cards, in place of the till")
    parser.add_argument("--output", type=Path, default=Path("out/demo"), metavar="DIR", help="emptied and filled")
    parser.add_argument("--series", choices=("euro", "franc-2001"), default="euro", help="which cards are sold")
    parser.add_argument("--language", choices=("fr", "en"), default="fr")
    parser.set_defaults(handler=run)


def run(arguments: argparse.Namespace) -> int:
    """0: the window was closed, or every step of the tour was as expected."""
    output: Path = arguments.output.absolute()
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)  # whoever stops the demonstration stops its processes too
    if arguments.shop:
        return play_shop(output / "shop", _say, language=arguments.language)
    world = World(output / "world", series=arguments.series, language=arguments.language)
    try:
        _say("Preparing cards, shop and till…")
        world.open(windows=not arguments.tour)
        return _tour(world, output) if arguments.tour else _play(world)
    except (OperatorError, ChildError) as error:
        _say(f"The demonstration could not start: {error}")
        return FAILED
    except KeyboardInterrupt:
        return 0
    finally:
        world.close()


def _end(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _play(world: World) -> int:
    """Until the till's window is closed by hand; a till that was killed at the workbench may be started again there."""
    world.start_till(stage=False)
    _say("The till and its workbench are on the screen. The clerks' codes are shown in the workbench.")
    world.wait_for_end()
    return 0


def _tour(world: World, output: Path) -> int:
    report = Tour(world, output, _say).walk()
    terminal = world.terminal_id
    world.close()
    _keep_databases(world, output, terminal)
    if report.ok:
        _compare(report, world.operator)
    report.write(output / "tour.json")
    if not report.ok:
        _say(f"The tour failed: {report.failure}\nIts diaries are in {output / 'world' / 'log'}.")
        return FAILED
    shutil.rmtree(output / "world")
    _say(f"All {len(report.steps)} steps as expected: {output}")
    return 0


def _compare(report: TourReport, operator: Operator) -> None:
    """The last word of the till on each line against the authority's database, after both have ended."""
    last = {line.line_id: line.till for step in report.steps for line in step.lines}
    for line_id, phase in last.items():
        held = record_of(operator, line_id)
        if phase in _FINAL_RECORD and held != _FINAL_RECORD[phase]:
            report.ok = False
            report.failure = f"line {line_id}: the till says {phase}, the authority {held}"


def _keep_databases(world: World, output: Path, terminal: str) -> None:
    """One file each, complete without a write-ahead log; copied after their owners have ended. The journal's copy is verified."""
    journal = output / f"journal-{terminal}.db"
    for words in (("journal", "--data", str(world.till_folder), "snapshot", str(journal)), ("verify", str(journal))):
        done = subprocess.run([sys.executable, "-m", "kiosk", *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise OperatorError(f"kiosk {words[0]}: {done.stderr.strip() or done.stdout.strip()}")
    with (
        closing(sqlite3.connect(world.operator.folder / "authority.db")) as live,
        closing(sqlite3.connect(output / "authority.db")) as copy,
    ):
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
