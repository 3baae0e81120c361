"""The store on one SQLite file, or in memory: one connection writes, one reads, every commit is on the disk before it returns.

WAL, ``synchronous=FULL``, ``BEGIN IMMEDIATE`` (SV-02) and an fsync of the directory when the file is made, because a new file's
name is not durable by itself. Nothing here starts a thread: ``writer`` gives the write connection to one, the simulator calls it
directly. Not responsible for what is written.
"""

import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from kiosk.authority.store.ports import (
    BUSY,
    DATABASE_LOST,
    DISK_FAILED,
    DISK_FULL,
    NOT_INITIALISED,
    Done,
    Failed,
    Row,
    T,
    Value,
    Work,
    trouble,
)
from kiosk.authority.store.schema import Dialect, steps_from
from kiosk.errors import Bug, Trouble
from kiosk.failpoints import failpoint
from kiosk.files import sync_folder

BUSY_LIMIT_MS = 5_000  # an operator's command may hold the file for a moment
CHECKPOINT_PAGES = 4_000

_PRAGMAS = (
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cell_size_check=ON",
    "PRAGMA temp_store=MEMORY",
    f"PRAGMA busy_timeout={BUSY_LIMIT_MS}",
)

_TROUBLES = {
    sqlite3.SQLITE_FULL: DISK_FULL,
    sqlite3.SQLITE_IOERR: DISK_FAILED,
    sqlite3.SQLITE_CANTOPEN: DISK_FAILED,
    sqlite3.SQLITE_READONLY: DISK_FAILED,
    sqlite3.SQLITE_PERM: DISK_FAILED,
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_CORRUPT: DATABASE_LOST,
    sqlite3.SQLITE_NOTADB: DATABASE_LOST,
}


def sqlite_trouble(error: sqlite3.Error) -> Trouble | Bug:
    """The one translation of SQLite's errors: the world's failures are trouble, a broken constraint or statement is our bug.

    SQLite's own message is left out: a constraint's text may name a value.
    """
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    code = _TROUBLES.get(primary)
    return trouble(code, f"SQLite says {name}") if code else Bug(f"SQLite says {name}")


class SqliteTransaction:
    """Statements on one connection; the transaction around them is the store's."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def one(self, sql: str, *values: Value) -> Row | None:
        row: Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def all(self, sql: str, *values: Value) -> list[Row]:
        return self._connection.execute(sql, values).fetchall()

    def run(self, sql: str, *values: Value) -> int:
        return self._connection.execute(sql, values).rowcount

    def run_many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        self._connection.executemany(sql, rows)


class SqliteStore:
    """See ``Store``. ``write`` and ``write_batch`` from one thread at a time, ``read`` from another one at most."""

    reads_wait = False

    def __init__(self, path: Path | None) -> None:
        self._path = path
        try:
            self._connection = _connect(str(path) if path else ":memory:")
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
            _migrate(self._connection)
            self._reader = _read_only(path) if path else self._connection
        except sqlite3.Error as error:
            raise sqlite_trouble(error) from error
        self._transaction = SqliteTransaction(self._connection)
        self._reads = SqliteTransaction(self._reader)
        self._inode = _inode(path)

    @classmethod
    def create(cls, path: Path) -> "SqliteStore":
        """A new database that survives a power cut from its first commit on. Raises ``FileExistsError`` if there is one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        store = cls(path)
        sync_folder(path.parent)
        return store

    @classmethod
    def open(cls, path: Path, *, cache_kib: int | None = None) -> "SqliteStore":
        """An existing database, brought to the newest schema. Raises ``Trouble`` AUT-06 when there is none. ``cache_kib``: memory
        for a reader of whole tables."""
        if not path.is_file():
            raise trouble(NOT_INITIALISED, "there is no authority in this folder: run 'kiosk authority init' first")
        store = cls(path)
        if cache_kib is not None:
            store._reader.execute(f"PRAGMA cache_size=-{cache_kib}")
        return store

    @classmethod
    def in_memory(cls) -> "SqliteStore":
        """A database that dies with the process, for tests and the simulator."""
        return cls(None)

    def write(self, work: Work[T]) -> T:
        self._check_file()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            value = work(self._transaction)
            failpoint("authority.write.before_commit")
            self._connection.execute("COMMIT")
            failpoint("authority.write.after_commit")
        except sqlite3.Error as error:
            self._roll_back()
            raise sqlite_trouble(error) from error
        except BaseException:
            self._roll_back()
            raise
        return value

    def write_batch(self, works: Sequence[Work[Any]]) -> list[Done | Failed]:
        self._check_file()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            results = [self._item(work) for work in works]
            failpoint("authority.batch.before_commit")
            self._connection.execute("COMMIT")
            failpoint("authority.batch.after_commit")
        except sqlite3.Error as error:
            self._roll_back()
            raise sqlite_trouble(error) from error
        except BaseException:
            self._roll_back()
            raise
        return results

    def read(self, work: Work[T]) -> T:
        if self._reader is self._connection:
            return work(self._reads)
        try:
            self._reader.execute("BEGIN")  # one snapshot for all statements of the work
            try:
                return work(self._reads)
            finally:
                self._reader.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise sqlite_trouble(error) from error

    def read_batch(self, works: Sequence[Work[Any]]) -> list[Done | Failed]:
        return [self._read_item(work) for work in works]

    def claim(self) -> None:
        """Nothing to do: the file lies in the folder whose lock ``installation.serving`` holds."""

    def close(self) -> None:
        """Checkpoint and close, so that one file holds everything."""
        if self._reader is not self._connection:
            self._reader.close()
        self._connection.close()

    def _item(self, work: Work[Any]) -> Done | Failed:
        self._connection.execute("SAVEPOINT item")
        try:
            done = Done(work(self._transaction))
        except sqlite3.Error as error:
            bug = sqlite_trouble(error)
            if isinstance(bug, Trouble) or not self._connection.in_transaction:
                raise  # the disk's failure is everybody's
            self._split_off()
            return Failed(bug)
        except Exception as error:
            self._split_off()
            return Failed(error)
        self._connection.execute("RELEASE item")
        return done

    def _read_item(self, work: Work[Any]) -> Done | Failed:
        try:
            return Done(self.read(work))
        except Exception as error:
            return Failed(error)

    def _split_off(self) -> None:
        self._connection.execute("ROLLBACK TO item")
        self._connection.execute("RELEASE item")

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise sqlite_trouble(error) from error

    def _check_file(self) -> None:
        # SQLite writes on happily into a file that was deleted or replaced, and every answer would be a lie
        if self._path is not None and _inode(self._path) != self._inode:
            raise trouble(DATABASE_LOST, "the database file was moved, deleted or replaced while in use")


def _connect(target: str) -> sqlite3.Connection:
    # the writer's thread is not the one that opens; it is the only one that uses the connection afterwards
    connection = sqlite3.connect(target, isolation_level=None, check_same_thread=False, cached_statements=256)
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    return connection


def _migrate(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for number, sql in steps_from(version, Dialect.SQLITE):
        # executescript commits first, so the transaction is opened and closed inside the script itself
        failpoint("authority.migrate.before_commit")
        connection.executescript(f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version={number};\nCOMMIT;")
        failpoint("authority.migrate.after_commit")


def _read_only(path: Path) -> sqlite3.Connection:
    connection = _connect(str(path))
    connection.execute("PRAGMA query_only=ON")
    return connection


def _inode(path: Path | None) -> tuple[int, int] | None:
    if path is None:
        return None
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino
