"""The journal's one connection: created so that a power cut cannot undo it, opened with what it relies on checked, and used by one
thread. Every transaction has a name, and with it two crash points.

Not responsible for what is stored (``store``, ``outbox``, ``downloads``) nor for keeping a second process out (``lock``).
"""

import errno
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from kiosk.errors import Bug, Trouble
from kiosk.failpoints import failpoint
from kiosk.files import sync_file, sync_folder
from kiosk.journal import schema
from kiosk.journal.sqlite_trouble import BROKEN, DAMAGED, DENIED, DISK, FATAL, FOREIGN, FULL, trouble_of

NEW_SUFFIX: Final = ".new"
ASIDE_SUFFIX: Final = ".aside"
_LOGS: Final = ("-wal", "-journal", "-shm")
MAX_PROBLEMS: Final = 10  # of quick_check; one is enough to stop
Value = str | int | bytes | None


class Database:
    """An open journal file. The thread that opened it owns it, until another calls ``adopt``; any other call is a bug."""

    def __init__(self, path: Path) -> None:
        self._owner = threading.get_ident()
        self._broken: Trouble | None = None
        self.path = path
        try:
            self._connection = sqlite3.connect(
                path.absolute().as_uri() + "?mode=rw", uri=True, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise trouble_of(error) from error
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    @property
    def sound(self) -> bool:
        """Whether the disk has not failed under it; see ``transaction``."""
        return self._broken is None

    def adopt(self) -> None:
        """The calling thread owns the connection from now on; the one before may no longer touch it."""
        self._owner = threading.get_ident()

    def rows(self, sql: str, values: Sequence[Value] = ()) -> Iterator[tuple[Value, ...]]:
        """The rows of a question."""
        self._check()
        try:
            # not "yield from": it would close the cursor of a reader that was given up, perhaps after the connection
            for row in self._connection.execute(sql, values):  # noqa: UP028 - see above
                yield row
        except sqlite3.Error as error:
            raise self._trouble(error) from error

    def row(self, sql: str, values: Sequence[Value] = ()) -> tuple[Value, ...] | None:
        """The first row, or ``None``."""
        self._check()
        try:
            found: tuple[Value, ...] | None = self._connection.execute(sql, values).fetchone()
        except sqlite3.Error as error:
            raise self._trouble(error) from error
        return found

    def number(self, sql: str, values: Sequence[Value] = ()) -> int:
        """The one whole number that the question asks for."""
        found = self.row(sql, values)
        assert found is not None and isinstance(found[0], int)
        return found[0]

    def write(self, sql: str, values: Sequence[Value] = ()) -> int:
        """Change something inside a transaction; how many rows changed."""
        self._check()
        assert self._connection.in_transaction, "every change has a named transaction around it"
        try:
            return self._connection.execute(sql, values).rowcount
        except sqlite3.Error as error:
            raise self._trouble(error) from error

    def meta(self, key: str) -> str | None:
        """A value of the side table ``meta``."""
        found = self.row("SELECT v FROM meta WHERE k = ?", (key,))
        return None if found is None else str(found[0])

    def meta_number(self, key: str) -> int:
        """A whole number of ``meta``, 0 when it was never set. Raises ``Trouble`` JRN-03 for anything else: no chain covers it."""
        text = self.meta(key) or "0"
        if not (text.isascii() and text.isdecimal()):
            raise Trouble(DAMAGED, retryable=False, detail=f"the note {key!r} is not a number")
        return int(text)

    def set_meta(self, key: str, value: str | None) -> None:
        """Set or, with ``None``, remove a value of ``meta``."""
        if value is None:
            self.write("DELETE FROM meta WHERE k = ?", (key,))
        else:
            self.write("INSERT INTO meta(k, v) VALUES(?, ?) ON CONFLICT(k) DO UPDATE SET v = excluded.v", (key, value))

    @contextmanager
    def transaction(self, name: str) -> Iterator[None]:
        """All or nothing, durable when the block ends. Raises ``Trouble``; then nothing was stored, except that after JRN-02 only
        the next start can tell (``FATAL``): every later call repeats the trouble until then.

        ``name`` is a literal such as ``journal.append``; it makes the crash points ``….before_commit`` and ``….after_commit``.
        """
        self._check()
        self._execute("BEGIN IMMEDIATE")
        try:
            yield
            failpoint(f"{name}.before_commit")
            self._execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # SQLite has rolled back by itself after most errors of the disk
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            raise
        failpoint(f"{name}.after_commit")

    def check_file(self) -> None:
        """Our check of the file's schema, then SQLite's quick check. Raises ``Trouble`` JRN-03 or JRN-06. Slower as it grows.

        The schema first: one flipped bit in it (``length`` become ``dength``) makes every later question an error of SQL.
        """
        self._check()
        try:
            altered = schema.differences(self._connection)
        except sqlite3.Error as error:
            raise self._trouble(error) from error
        if altered:
            raise Trouble(BROKEN, retryable=False, detail="; ".join(altered))
        problems = [str(row[0]) for row in self.rows(f"PRAGMA quick_check({MAX_PROBLEMS})")]
        if problems != ["ok"]:
            raise Trouble(DAMAGED, retryable=False, detail="; ".join(problems))

    def copy_to(self, target: sqlite3.Connection) -> None:
        """SQLite's online backup, all pages in one step, through this one connection."""
        self._check()
        try:
            self._connection.backup(target)
        except sqlite3.Error as error:
            raise self._trouble(error) from error

    def close(self) -> None:
        """Checkpoint what the write-ahead log holds and close: a single file is left. After a failed disk only close."""
        self._check_thread()
        if self._broken is None:
            with suppress(sqlite3.Error):  # what was committed is in the log; the next start checkpoints it
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._connection.close()
        self._broken = Trouble(DENIED, retryable=False, detail="the journal was closed")

    def abandon(self) -> None:
        """Close without a word, for a start that failed."""
        with suppress(sqlite3.Error):
            self._connection.close()

    def _prepare(self) -> None:
        for pragma in schema.PRAGMAS:
            self._execute(pragma)
        found = self.number("PRAGMA application_id"), self.number("PRAGMA user_version")
        if found[0] != schema.APPLICATION_ID or found[1] > schema.VERSION:
            raise Trouble(FOREIGN, retryable=False, detail=f"application id and version {found} are not this program's")
        for pragma, value in schema.EXPECTED:
            row = self.row(f"PRAGMA {pragma}")
            if row is None or row[0] != value:
                raise Trouble(DENIED, retryable=False, detail=f"SQLite did not take {pragma}={value}")

    def _execute(self, sql: str) -> None:
        self._check()
        try:
            self._connection.execute(sql).fetchall()
        except sqlite3.Error as error:
            raise self._trouble(error) from error

    def _check_thread(self) -> None:
        if threading.get_ident() != self._owner:
            raise Bug("the journal's connection belongs to the till thread")

    def _check(self) -> None:
        self._check_thread()
        if self._broken is not None:
            raise self._broken

    def _trouble(self, error: sqlite3.Error) -> Trouble:
        trouble = trouble_of(error)
        if trouble.code in FATAL:
            self._broken = trouble
        return trouble


def create(path: Path, *, meta: dict[str, str], genesis: Sequence[tuple[str, int, bytes]]) -> None:
    """Make the journal file at ``path``, which must not exist, so that a power cut leaves all of it or nothing (JR-02).

    It is built beside its place, in WAL mode from its first page, synced, moved, and the folder synced, before the first entry.
    Logs that a vanished journal left at its place would be replayed into the new one: they are moved aside, and kept.
    """
    for end in _LOGS:
        orphan = path.with_name(path.name + end)
        if orphan.exists():
            os.replace(orphan, orphan.with_name(orphan.name + ASIDE_SUFFIX))
    new = path.with_name(path.name + NEW_SUFFIX)
    for leftover in (new, *(new.with_name(new.name + end) for end in _LOGS)):
        leftover.unlink(missing_ok=True)
    try:
        connection = sqlite3.connect(new, isolation_level=None)
        try:
            for pragma in schema.PRAGMAS:
                connection.execute(pragma).fetchall()
            connection.execute("BEGIN IMMEDIATE")
            schema.create_tables(connection)
            connection.executemany("INSERT INTO meta(k, v) VALUES(?, ?)", sorted(meta.items()))
            connection.executemany("INSERT INTO genesis(chain, no, hash) VALUES(?, ?, ?)", genesis)
            failpoint("journal.create.before_commit")
            connection.execute("COMMIT")
            failpoint("journal.create.after_commit")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            connection.close()
        sync_file(new)
        failpoint("journal.create.before_move")
        os.replace(new, path)
        failpoint("journal.create.after_move")
        sync_folder(path.parent)
    except sqlite3.Error as error:
        raise trouble_of(error) from error
    except OSError as error:
        raise file_trouble(error, path) from error


def file_trouble(error: OSError, path: Path) -> Trouble:
    """Our trouble for an error of the file system: JRN-01, JRN-02 or JRN-05."""
    code = {errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.EIO: DISK}.get(error.errno or 0, DENIED)
    return Trouble(code, retryable=False, detail=f"{path}: {error.strerror}")
