"""The store on a PostgreSQL database: one connection writes, one reads, every commit is on the server's disk before it returns.

While it serves, a second connection reads and decides the next batch during the first one's writing (``turns``). One snapshot for a
read. What a broken connection leaves unknown is never told as done. Not responsible for what a writing is (``postgres_writing``),
for connections and their limits (``postgres_session``) nor for what an error means (``postgres_trouble``).
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from kiosk.authority.store.ports import (
    ALREADY_SERVED,
    ALREADY_THERE,
    NOT_INITIALISED,
    Done,
    Failed,
    T,
    Transaction,
    Work,
    trouble,
)
from kiosk.authority.store.postgres_connection import Servers
from kiosk.authority.store.postgres_doubt import Doubts
from kiosk.authority.store.postgres_session import PostgresSession
from kiosk.authority.store.postgres_settings import BY_KEYS, READER_LOCK, SECOND_LOCK, SERVING_LOCK, Limits
from kiosk.authority.store.postgres_transaction import PostgresTransaction
from kiosk.authority.store.postgres_trouble import StatementFailed
from kiosk.authority.store.postgres_writing import WRITE, Writing
from kiosk.authority.store.schema import Dialect, steps_from
from kiosk.authority.store.turns import Turns
from kiosk.errors import Trouble

DEFAULT_LIMITS: Final = Limits()
READ: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

_TABLES: Final = """
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
"""


class PostgresStore:
    """See ``Store``. Writes from one thread at a time, reads from another one at most, neither inside a running event loop."""

    reads_wait = True

    def __init__(self, dsn: str, limits: Limits) -> None:
        """Connects nowhere yet: ``create`` and ``open`` do. ``dsn`` may hold a password and is shown to nobody."""
        share = Servers(dsn), Doubts(), limits
        self._writer = PostgresSession(*share, purpose="writer", planning=BY_KEYS)
        self._second = PostgresSession(*share, purpose="second writer", planning=BY_KEYS, lock=SECOND_LOCK)
        self._reader = PostgresSession(*share, purpose="reader", lock=READER_LOCK)
        self._writing = Writing(self._writer)
        self._idle = [Writing(self._second), self._writing]
        self._reads = PostgresTransaction(self._reader)

    @classmethod
    def create(cls, dsn: str, limits: Limits = DEFAULT_LIMITS) -> "PostgresStore":
        """A schema in an empty database. Raises ``Trouble`` AUT-09 for one that has tables already."""
        return cls._made(cls(dsn, limits), lambda store: store._migrate(0))

    @classmethod
    def open(cls, dsn: str, limits: Limits = DEFAULT_LIMITS) -> "PostgresStore":
        """An existing database, brought to the newest schema. Raises ``Trouble`` AUT-06 when it holds no authority."""
        return cls._made(cls(dsn, limits), lambda store: store._migrate(store._version()))

    @classmethod
    def _made(cls, store: "PostgresStore", prepare: Callable[["PostgresStore"], None]) -> "PostgresStore":
        try:
            prepare(store)
        except BaseException:
            store.close()
            raise
        return store

    def write(self, work: Work[T]) -> T:
        return self._writer.whole(lambda: self._writing.one(work))

    def write_batch(self, works: Sequence[Work[Any]]) -> list[Done | Failed]:
        return self._writer.whole(lambda: self._writing.all(works)) if works else []

    async def write_batch_here(self, works: Sequence[Work[Any]], under_way: Callable[[], None]) -> list[Done | Failed]:
        writing = self._idle.pop()
        try:
            return await writing.session.whole_here(lambda: writing.all(works, under_way))
        finally:
            self._idle.append(writing)

    async def read_batch_here(self, works: Sequence[Work[Any]]) -> list[Done | Failed]:
        return await self._reader.whole_here(lambda: self._read_all(works))

    def join_loop(self) -> None:
        loop, turns = asyncio.get_running_loop(), Turns[object]()
        for session in (self._writer, self._second, self._reader):
            # a private loop cannot run on a thread whose own loop does
            closing = threading.Thread(target=session.hang_up_and_leave, name="authority-moving")
            closing.start()
            closing.join()
            session.use_loop(loop, turns if session is not self._reader else None)
        for session in (self._second, self._reader):
            session.claim_beside(self._writer)

    async def leave_loop(self) -> None:
        for session in (self._writer, self._second, self._reader):
            await session.leave()
            session.use_loop(None)

    def read(self, work: Work[T]) -> T:
        return self._reader.whole(lambda: self._read(work))

    def read_batch(self, works: Sequence[Work[Any]]) -> list[Done | Failed]:
        """All on one snapshot: whoever waits for it asked before it was taken."""
        return self._reader.whole(lambda: self._read_all(works))

    def _read(self, work: Work[T]) -> T:
        try:
            self._reader.begin(READ)
            return work(self._reads)
        except StatementFailed as failed:
            raise failed.found from failed.__cause__
        finally:
            self._reader.abandon()

    def _read_all(self, works: Sequence[Work[Any]]) -> list[Done | Failed]:
        results: list[Done | Failed] = []
        try:
            for work in works:
                if not self._reader.in_transaction:
                    self._reader.begin(READ)
                results.append(self._read_item(work))
        except StatementFailed as failed:
            raise failed.found from failed.__cause__
        finally:
            self._reader.abandon()
        return results

    def claim(self) -> None:
        self._writer.claim(nobody_holds=SECOND_LOCK)

    def close(self) -> None:
        for session in (self._reader, self._second, self._writer):
            session.close()

    def _read_item(self, work: Work[Any]) -> Done | Failed:
        try:
            return Done(work(self._reads))
        except StatementFailed as failed:
            if isinstance(failed.found, Trouble):
                raise
            self._reader.abandon()
            return Failed(failed.found)
        except Exception as error:
            return Failed(error)

    def _version(self) -> int:
        try:
            self._writer.begin(READ)
            return _version(PostgresTransaction(self._writer))
        except StatementFailed as failed:
            raise failed.found from failed.__cause__
        finally:
            self._writer.abandon()

    def _migrate(self, version: int) -> None:
        for number, sql in steps_from(version, Dialect.POSTGRES):
            self._step(number, sql)
            version = number
        for session in (self._writer, self._second):
            session.expect_version(version)

    def _step(self, number: int, sql: str) -> None:
        """One migration and its number, in one transaction, while nobody serves the database."""

        def once() -> None:
            self._writer.begin(WRITE)
            locks = "SELECT pg_try_advisory_xact_lock(?) AND pg_try_advisory_xact_lock(?)"
            if self._writer.first(locks, (SERVING_LOCK, SECOND_LOCK)) != (True,):
                raise trouble(ALREADY_SERVED, "a process serves this database with an older program: stop it first")
            self._check_before(number)
            self._writer.execute_unhurried(sql)
            self._writer.count("INSERT INTO schema_version(version) VALUES (?)", (number,))
            self._writer.make_durable()

        self._writing.attempt(once)

    def _check_before(self, number: int) -> None:
        if number == 1:
            if self._writer.first(_TABLES, ()) != (0,):
                raise trouble(ALREADY_THERE, "the database has tables already: give the authority one of its own")
        elif _version(PostgresTransaction(self._writer)) != number - 1:
            raise trouble(ALREADY_SERVED, "another process is changing the database's schema")


def _version(tx: Transaction) -> int:
    if tx.one("SELECT to_regclass('schema_version')::text") == (None,):
        raise trouble(NOT_INITIALISED, "there is no authority in this database: run 'kiosk authority init' first")
    row = tx.one("SELECT coalesce(max(version), 0) FROM schema_version")
    assert row is not None, "an aggregate always has a row"
    version: int = row[0]
    return version
