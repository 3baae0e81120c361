"""The store on a PostgreSQL database: one connection writes, one reads, every commit is on the server's disk before it returns.

READ COMMITTED for writes, because balances change by conditional updates alone (SV-01); one snapshot for a read. A transaction that
the server undid because of others is run again; what a broken connection leaves unknown is never told as done. Not responsible for
connections and their limits (``postgres_session``) nor for what an error means (``postgres_trouble``).
"""

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from kiosk.authority.store.ports import (
    ALREADY_SERVED,
    ALREADY_THERE,
    NOT_INITIALISED,
    Done,
    Failed,
    Row,
    T,
    Transaction,
    Value,
    Work,
    trouble,
)
from kiosk.authority.store.postgres_session import PostgresSession
from kiosk.authority.store.postgres_settings import BY_KEYS, SERVING_LOCK, Limits
from kiosk.authority.store.postgres_trouble import StatementFailed
from kiosk.authority.store.schema import Dialect, steps_from
from kiosk.errors import Trouble

ATTEMPTS: Final = 4
DEFAULT_LIMITS: Final = Limits()
READ: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
WRITE: Final = "BEGIN ISOLATION LEVEL READ COMMITTED"

_TABLES: Final = """
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
"""


class PostgresTransaction:
    """Statements of one side; the transaction around them is the store's."""

    takes_arrays = True

    def __init__(self, session: PostgresSession) -> None:
        self._session = session

    def one(self, sql: str, *values: Value) -> Row | None:
        return self._session.first(sql, values)

    def all(self, sql: str, *values: Value) -> list[Row]:
        return self._session.rows(sql, values)

    def run(self, sql: str, *values: Value) -> int:
        return self._session.count(sql, values)

    def run_many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        self._session.many(sql, rows)

    def fetch(self, sql: str, *values: Value | Sequence[Value]) -> list[Row]:
        """PostgreSQL's own SQL, with ``$1``… for values and lists for arrays: one statement for a whole batch."""
        return self._session.rows(sql, values)

    @property
    def begun(self) -> bool:
        """Whether a statement has needed a transaction around it."""
        return self._session.begun

    def look(self, sql: str, *values: Value | Sequence[Value]) -> list[Row]:
        """``fetch`` of what is true now; the first thing that a work does needs no transaction for it."""
        return self._session.look(sql, values)

    def end_with(self, sql: str, *values: Value | Sequence[Value]) -> None:
        """The work's only writing and its last statement: it is its own transaction."""
        self._session.end_with(sql, values)


class PostgresStore:
    """See ``Store``. Writes from one thread at a time, reads from another one at most, neither inside a running event loop."""

    reads_wait = True

    def __init__(self, dsn: str, limits: Limits) -> None:
        """Connects nowhere yet: ``create`` and ``open`` do. ``dsn`` may hold a password and is shown to nobody."""
        self._writer = PostgresSession(dsn, limits, purpose="writer", planning=BY_KEYS)
        self._reader = PostgresSession(dsn, limits, purpose="reader")
        self._transaction = PostgresTransaction(self._writer)
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
        def once() -> T:
            self._writer.begin(WRITE)
            value = work(self._transaction)
            self._writer.make_durable()
            return value

        return self._writer.whole(lambda: self._attempt(once))

    def write_batch(self, works: Sequence[Work[Any]]) -> list[Done | Failed]:
        return self._writer.whole(lambda: self._write_all(works)) if works else []

    async def write_batch_here(self, works: Sequence[Work[Any]]) -> list[Done | Failed]:
        return await self._writer.whole_here(lambda: self._write_all(works))

    async def read_batch_here(self, works: Sequence[Work[Any]]) -> list[Done | Failed]:
        return await self._reader.whole_here(lambda: self._read_all(works))

    def join_loop(self) -> None:
        loop = asyncio.get_running_loop()
        for session in (self._writer, self._reader):
            # a private loop cannot run on a thread whose own loop does
            closing = threading.Thread(target=session.hang_up_and_leave, name="authority-moving")
            closing.start()
            closing.join()
            session.use_loop(loop)

    async def leave_loop(self) -> None:
        for session in (self._writer, self._reader):
            await session.leave()
            session.use_loop(None)

    def _write_all(self, works: Sequence[Work[Any]]) -> list[Done | Failed]:
        def once() -> list[Done | Failed]:
            self._writer.begin(WRITE)
            return self._alone(works[0]) if len(works) == 1 else self._each(works)

        return self._attempt(once)

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
        self._writer.claim()

    def close(self) -> None:
        self._reader.close()
        self._writer.close()

    def _attempt(self, once: Callable[[], T]) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return once()
            except StatementFailed as failed:
                self._writer.abandon()
                if not failed.again or attempt == ATTEMPTS:
                    raise failed.found from failed.__cause__
            except BaseException:
                self._writer.abandon()
                raise
        raise AssertionError("the last attempt returns or raises")

    def _alone(self, work: Work[Any]) -> list[Done | Failed]:
        """A batch of one needs no savepoint: its transaction is its own."""
        try:
            value = work(self._transaction)
        except StatementFailed as failed:
            if isinstance(failed.found, Trouble):
                raise
            self._writer.abandon()
            return [Failed(failed.found)]
        except Trouble:
            raise  # a work that ended its own transaction does not know how: nobody does
        except Exception as error:
            self._writer.abandon()
            return [Failed(error)]
        self._writer.make_durable()
        return [Done(value)]

    def _each(self, works: Sequence[Work[Any]]) -> list[Done | Failed]:
        self._writer.open()
        self._writer.execute("SAVEPOINT item")
        results = [self._item(work) for work in works]
        self._writer.make_durable()
        return results

    def _item(self, work: Work[Any]) -> Done | Failed:
        try:
            done = Done(work(self._transaction))
        except StatementFailed as failed:
            if isinstance(failed.found, Trouble):
                raise  # the server's failure is everybody's
            self._writer.execute("ROLLBACK TO SAVEPOINT item")
            return Failed(failed.found)
        except Exception as error:
            self._writer.execute("ROLLBACK TO SAVEPOINT item")
            return Failed(error)
        self._writer.execute("RELEASE SAVEPOINT item; SAVEPOINT item")
        return done

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
            return _version(self._transaction)
        except StatementFailed as failed:
            raise failed.found from failed.__cause__
        finally:
            self._writer.abandon()

    def _migrate(self, version: int) -> None:
        for number, sql in steps_from(version, Dialect.POSTGRES):
            self._step(number, sql)
            version = number
        self._writer.expect_version(version)

    def _step(self, number: int, sql: str) -> None:
        """One migration and its number, in one transaction, while nobody serves the database."""

        def once() -> None:
            self._writer.begin(WRITE)
            if self._writer.first("SELECT pg_try_advisory_xact_lock(?)", (SERVING_LOCK,)) != (True,):
                raise trouble(ALREADY_SERVED, "a process serves this database with an older program: stop it first")
            self._check_before(number)
            self._writer.execute_unhurried(sql)
            self._writer.count("INSERT INTO schema_version(version) VALUES (?)", (number,))
            self._writer.make_durable()

        self._attempt(once)

    def _check_before(self, number: int) -> None:
        if number == 1:
            if self._writer.first(_TABLES, ()) != (0,):
                raise trouble(ALREADY_THERE, "the database has tables already: give the authority one of its own")
        elif _version(self._transaction) != number - 1:
            raise trouble(ALREADY_SERVED, "another process is changing the database's schema")


def _version(tx: Transaction) -> int:
    if tx.one("SELECT to_regclass('schema_version')::text") == (None,):
        raise trouble(NOT_INITIALISED, "there is no authority in this database: run 'kiosk authority init' first")
    row = tx.one("SELECT coalesce(max(version), 0) FROM schema_version")
    assert row is not None, "an aggregate always has a row"
    version: int = row[0]
    return version
