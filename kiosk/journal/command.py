"""``kiosk journal snapshot|replay``: a copy for the verifier, and the entries in a form that a technician can read.

Both work on a stopped till: the journal has one connection, and while the till runs it is the till's. Not responsible for checking
signatures (``kiosk verify`` does, with code of its own).
"""

import argparse
import json
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from kiosk.errors import Trouble
from kiosk.journal.archive import write_copy
from kiosk.journal.chain import COLUMNS, Link, Row, checked
from kiosk.journal.codec import MASTER, Content, utc_text
from kiosk.journal.database import Database
from kiosk.journal.entries import Entries, row_of
from kiosk.journal.lock import FolderLock
from kiosk.journal.sqlite_trouble import DENIED, trouble_of

# the files of ended years are journal-<terminal>.<year>.db
_ENDED: Final = re.compile(r".*\.[0-9]{4}\.db")
_SECRETIVE: Final = "serial"  # shown with its last four digits, as everywhere
_LEFT_OUT: Final = ("shop", "lines", "tenders")  # of a SaleCompleted: its line says the total
MAX_SHOWN: Final = 240


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``kiosk journal``."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    snapshot = actions.add_parser("snapshot", help="write a one-file copy that “kiosk verify” checks")
    snapshot.add_argument("target", type=Path, metavar="COPY", help="the file to write; replaced if it exists")
    snapshot.set_defaults(handler=_snapshot)
    replay = actions.add_parser("replay", help="print every entry, checked against its chain")
    replay.add_argument(
        "file", type=Path, nargs="?", metavar="COPY", help="a copy; without it, the journal in the data folder"
    )
    replay.add_argument("--after", type=int, default=0, metavar="SEQ", help="only the entries after this one")
    replay.set_defaults(handler=_replay)


def _snapshot(arguments: argparse.Namespace) -> int:
    with _live(arguments.data) as database:
        database.check_file()
        write_copy(database, arguments.target)
    sys.stderr.write(f"written: {arguments.target}\n")
    return 0


def _replay(arguments: argparse.Namespace) -> int:
    after: int = arguments.after
    if arguments.file is not None:
        with _copy(arguments.file) as (genesis, rows):
            _print_all(genesis, rows(), after, sys.stdout)
    else:
        with _live(arguments.data) as database:
            entries = Entries(database)
            genesis = entries.genesis(MASTER)
            _print_all(genesis, entries.after(genesis.no), after, sys.stdout)
    return 0


def _print_all(genesis: Link, rows: Iterator[Row], after: int, out: TextIO) -> None:
    for row, content in checked(rows, genesis):
        if row.seq > after:
            out.write(entry_line(row, content) + "\n")


def entry_line(row: Row, content: Content) -> str:
    """One entry on one line: number, local time, user, receipt or other fiscal number, kind, and the short fields of its body."""
    local = utc_text(content.at_ms + content.offset_minutes * 60_000)[:-1].replace("T", " ")
    number = "" if content.chain is None else f"{content.chain} {content.chain_no}"
    body = json.loads(row.content)["body"]
    shown = " ".join(f"{name}={_shown(name, value)}" for name, value in body.items() if name not in _LEFT_OUT)
    line = f"{row.seq:>7}  {local}  {content.user or '–':<12}  {number:<12}  {row.kind:<18}  {shown}"
    return line if len(line) <= MAX_SHOWN else line[: MAX_SHOWN - 1] + "…"


def _shown(name: str, value: object) -> str:
    if name == _SECRETIVE and isinstance(value, str):
        return f"••••{value[-4:]}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _live_path(folder: Path) -> Path:
    found = sorted(path for path in folder.glob("journal-*.db") if not _ENDED.fullmatch(path.name))
    if len(found) != 1:
        what = "no journal" if not found else "more than one journal"
        raise Trouble(DENIED, retryable=False, detail=f"{folder}: {what} here")
    return found[0]


@contextmanager
def _live(folder: Path) -> Iterator[Database]:
    path = _live_path(folder)
    lock = FolderLock(folder)
    try:
        database = Database(path)
        try:
            yield database
        finally:
            database.close()
    finally:
        lock.release()


@contextmanager
def _copy(path: Path) -> Iterator[tuple[Link, Callable[[], Iterator[Row]]]]:
    try:
        connection = sqlite3.connect(path.resolve().as_uri() + "?mode=ro&immutable=1", uri=True)
        try:
            found = connection.execute("SELECT no, hash FROM genesis WHERE chain = ?", (MASTER,)).fetchone()
            if found is None:
                raise Trouble(DENIED, retryable=False, detail=f"{path}: it does not say where it begins")

            def rows() -> Iterator[Row]:
                question = f"SELECT {COLUMNS} FROM entry ORDER BY seq"
                return (row_of(values) for values in connection.execute(question))

            yield Link(found[0], found[1]), rows
        finally:
            connection.close()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            raise Trouble(DENIED, retryable=False, detail=f"{path}: this is not a journal") from None
        raise trouble_of(error) from error
    except sqlite3.Error as error:
        raise trouble_of(error) from error
