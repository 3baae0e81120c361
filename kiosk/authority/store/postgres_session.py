"""One side of a PostgreSQL store: a connection with an event loop of its own, for one thread at a time, made anew when it is lost.

The authority's work is written as plain functions, and a function in the middle of a transaction cannot await. So ``whole`` runs it
beside a task of the private loop (``beside``): one start of the loop for a transaction and not one for each statement, which would
take twice as long as the statement itself. None of it may happen on a thread whose own loop is running. A connection is judged
before it is used: what it calls durable must be. Not responsible for what a transaction is made of (``postgres``).
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

import asyncpg
import uvloop

from kiosk.authority.store.beside import Beside, a_loop_is_running
from kiosk.authority.store.ports import (
    ALREADY_SERVED,
    BUSY,
    IN_DOUBT,
    NEWER_DATABASE,
    UNSAFE_DATABASE,
    Row,
    Value,
    trouble,
)
from kiosk.authority.store.postgres_connection import Servers, Wanted
from kiosk.authority.store.postgres_doubt import NOTHING, Doubts
from kiosk.authority.store.postgres_settings import (
    CLOSE_LIMIT_S,
    MANY_ROWS,
    NO_SETTINGS,
    SERVING_LOCK,
    SETTLE,
    WANTED,
    Limits,
)
from kiosk.authority.store.postgres_statements import Statements
from kiosk.authority.store.postgres_trouble import FOREIGN, StatementFailed, statement_failed
from kiosk.authority.store.turns import Turn, Turns
from kiosk.errors import Bug, Trouble
from kiosk.failpoints import failpoint

T = TypeVar("T")


class PostgresSession:
    """``begin`` connects when there is no connection; ``abandon`` and ``hang_up`` never raise. Everything else raises
    ``StatementFailed`` for what the database says, and ``Trouble`` when there is no usable database at all."""

    def __init__(
        self,
        servers: Servers,
        doubts: Doubts,
        limits: Limits,
        *,
        purpose: str,
        planning: Mapping[str, str] = NO_SETTINGS,
        lock: int = SERVING_LOCK,
    ) -> None:
        self._servers = servers
        self._doubts = doubts
        self._limits = limits
        self._wanted = Wanted(limits=limits, purpose=purpose, planning=planning, on_warning=self._heard)
        self._lock_number = lock
        self._loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
        self._connection: asyncpg.Connection | None = None
        self._statements: Statements | None = None
        self._version: int | None = None
        self._claimed = False
        self._sure: int | None = None
        self._warned = False
        self._beside = Beside()
        self._private = True
        self._beginning: str | None = None
        self._ended = False
        self._turn: Turn[object] | None = None
        self._under_way: Callable[[], None] | None = None

    @property
    def closed(self) -> bool:
        """Whether there is no connection at the moment."""
        return self._connection is None or self._connection.is_closed()

    @property
    def in_transaction(self) -> bool:
        return self._connection is not None and not self.closed and bool(self._connection.is_in_transaction())

    # a transaction

    def whole(self, function: Callable[[], T]) -> T:
        """Run a function that makes several calls; what it raises comes out."""
        if a_loop_is_running():
            raise Bug("a PostgreSQL store is used on a thread of its own, not on an event loop's")
        return self._loop.run_until_complete(self._beside.run(function))

    def begin(self, sql: str, under_way: Callable[[], None] | None = None) -> None:
        """A transaction begins with ``sql``, once a statement needs it. ``under_way`` is called when its last writing begins."""
        self.ready()
        self._beginning = sql
        self._ended = False
        self._under_way = under_way
        if self._turn is not None:
            self._turn.begin()

    @property
    def begun(self) -> bool:
        """Whether a statement has needed the transaction."""
        return self._beginning is None

    def open(self) -> None:
        """Open the transaction that was begun, on a new connection if the old one is found dead: nothing was lost with it."""
        if self._beginning is None:
            return
        self._take_turn()
        sql, self._beginning = self._beginning, None
        try:
            self.execute(sql)
        except StatementFailed:
            if not self.closed:
                raise
            self.ready()
            self.execute(sql)

    def make_durable(self) -> None:
        """Commit. Raises ``Trouble`` AUT-13 when the outcome is not known, never ends the wait by a cancel (SV-04)."""
        if self._ended or not self.begun:
            self._beginning = None
            return
        failpoint("authority.postgres.before_commit")
        said = self._last(lambda: self.execute("COMMIT"))
        failpoint("authority.postgres.after_commit")
        self._give_turn()
        if said != "COMMIT":
            raise Bug("a statement failed and its work went on: PostgreSQL took the transaction back")

    def look(self, sql: str, values: Sequence[object]) -> list[Row]:
        """Rows as they are now. Before anything else was done they need no transaction."""
        if self.begun:
            return self.rows(sql, values)
        try:
            return self._call(self._live().rows(sql, values))
        except StatementFailed:
            if not self.closed:
                raise
            self.ready()
            return self._call(self._live().rows(sql, values))

    def ahead(self) -> object | None:
        """What the writing under way will leave; from now on this transaction stands and falls with it."""
        return None if self._turn is None else self._turn.ahead()

    def end_with(self, sql: str, values: Sequence[object], *, leaves: object = None) -> None:
        """The one statement that writes, which is its own transaction: durable on return, and unknown (AUT-13) when its answer
        is lost. Only where nothing has needed a transaction yet, and nothing follows. ``leaves``: for ``ahead`` of others."""
        assert not self.begun, "a statement that ends its transaction stands alone"
        self._take_turn()
        if self._turn is not None:
            self._turn.leave(leaves)
        if self._under_way is not None:
            self._under_way()
        failpoint("authority.postgres.before_single")
        self._last(lambda: self._call(self._live().rows(sql, values)))
        failpoint("authority.postgres.after_single")
        self._beginning, self._ended = None, True
        self._give_turn()

    def _take_turn(self) -> None:
        if self._turn is not None and not self._wait(self._turn.take()):
            raise StatementFailed(trouble(BUSY, "the batch before this one failed"), again=True, clean=True)

    def _give_turn(self, *, failed: bool = False) -> None:
        if self._turn is not None:
            self._turn.give(failed=failed)

    def _last(self, statement: Callable[[], T]) -> T:
        """What makes durable: whatever the server did not answer itself is unknown."""
        self._warned = False
        try:
            value = statement()
        except StatementFailed as failed:
            if failed.clean:
                raise
            self.hang_up()
            self._doubts.count += 1
            raise trouble(IN_DOUBT, "the connection ended during a commit") from failed
        if self._warned:
            self._doubts.count += 1
            raise trouble(IN_DOUBT, "PostgreSQL warned at a commit: a standby may lack it")
        return value

    def abandon(self) -> None:
        """Take back whatever is open."""
        self._beginning = None
        try:
            if self.in_transaction:
                self.execute("ROLLBACK")
        except StatementFailed:
            self.hang_up()
        finally:
            self._give_turn(failed=True)

    # statements

    def execute(self, sql: str) -> str:
        """One or several statements without values; what PostgreSQL says of the last."""
        return self._call(self._live().execute(sql))

    def execute_unhurried(self, sql: str) -> None:
        """The same without limits of time: a migration of a large table takes what it takes."""
        self.open()
        self._call(self._live().execute(f"SET LOCAL statement_timeout = 0; {sql}"), limited=False)

    def first(self, sql: str, values: Sequence[Value]) -> Row | None:
        self.open()
        return self._call(self._live().first(sql, values))

    def rows(self, sql: str, values: Sequence[object]) -> list[Row]:
        self.open()
        return self._call(self._live().rows(sql, values))

    def count(self, sql: str, values: Sequence[Value]) -> int:
        """How many rows the statement touched; -1 for one that touches none by its nature."""
        self.open()
        last = self._call(self._live().said(sql, values)).rpartition(" ")[2]
        return int(last) if last.isdigit() else -1

    def many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        self.open()
        waiting = iter(rows)
        while some := list(islice(waiting, MANY_ROWS)):
            self._call(self._live().many(sql, some))

    # the connection

    def ready(self) -> None:
        """Have a connection that keeps what it is told to keep, and shows nothing that may be lost. Raises ``Trouble``."""
        try:
            if self.closed:
                self._sure = None
                self._connection = self._call(self._servers.connect(self._wanted))
                self._statements = Statements(self._connection)
                self._settle()
            if self._claimed and self._sure != self._doubts.count:
                self._make_sure()
        except StatementFailed as failed:
            self.hang_up()
            raise failed.found from failed.__cause__
        except Trouble:
            self.hang_up()
            raise

    def claim(self, *, nobody_holds: int) -> None:
        """Hold the serving lock from now on, over every new connection too. Raises ``Trouble`` AUT-10, also while another process
        holds ``nobody_holds``, the lock of a second writer."""
        self.ready()
        try:
            self._lock()
            if self.first("SELECT pg_try_advisory_lock(?)", (nobody_holds,)) != (True,):
                self.hang_up()
                raise trouble(ALREADY_SERVED, "another process that serves this database is not quite gone")
            self.first("SELECT pg_advisory_unlock(?)", (nobody_holds,))
        except StatementFailed as failed:
            raise failed.found from failed.__cause__
        self._claimed = True

    def claim_beside(self, first: "PostgresSession") -> None:
        """Hold the lock of a second writer with the next connection, if the first holds its own."""
        self._claimed = first._claimed

    def expect_version(self, version: int) -> None:
        """Whatever answers after a reconnection has this schema, or is refused."""
        self._version = version

    def hang_up(self) -> None:
        """Drop the connection at once. The server finishes what it was told, or takes an open transaction back."""
        if self._connection is not None:
            self._connection.terminate()
            if not self._loop.is_running():
                self._loop.run_until_complete(asyncio.sleep(0))  # the socket is closed by the loop

    def close(self) -> None:
        """Say good-bye and end the loop."""
        self.hang_up_and_leave()
        if self._private and not self._loop.is_closed():
            self._loop.close()

    def _settle(self) -> None:
        """Judge a new connection before anything is entrusted to it."""
        row = self.first(SETTLE, ())
        assert row is not None, "a row of settings"
        for (name, wanted), found in zip(WANTED.items(), row, strict=False):
            if found != wanted:
                raise trouble(UNSAFE_DATABASE, f"PostgreSQL runs with {name} = {found}: set it to {wanted}")
        if self._claimed:
            self._lock()
        if self._version is not None:
            found_version = self.first("SELECT max(version) FROM schema_version", ())
            if found_version != (self._version,):
                raise trouble(NEWER_DATABASE, f"a database with another schema answers, not {self._version}")

    def _make_sure(self) -> None:
        """Until a standby has what stands here, as far as commits wait for one, nothing is told of it."""
        doubts = self._doubts.count
        self._last(lambda: self.execute(NOTHING))
        self._sure = doubts

    def _lock(self) -> None:
        if self.first("SELECT pg_try_advisory_lock(?)", (self._lock_number,)) != (True,):
            raise trouble(
                ALREADY_SERVED, "another process serves this database or changes its schema, or a commit still waits"
            )

    def _heard(self, _connection: object, message: object) -> None:
        # the driver calls this before the commit's own answer comes back: both stand in one queue of the loop
        self._warned = True

    def _live(self) -> Statements:
        if self._statements is None:
            raise Bug("a statement before its transaction")
        return self._statements

    # another loop

    def use_loop(self, loop: asyncio.AbstractEventLoop | None, turns: Turns[object] | None = None) -> None:
        """Belong to a running loop from now on (``None``: to a private one again). The connection stays behind; the next
        transaction makes one, which is judged, and claims what was claimed, anew."""
        if self._private and not self._loop.is_closed():
            self._loop.close()
        self._private = loop is None
        self._turn = None if turns is None else Turn(turns)
        self._loop = loop or uvloop.new_event_loop()
        self._connection = self._statements = None

    def hang_up_and_leave(self) -> None:
        """Close the connection in good order, on the private loop and so on a thread without a running one."""
        if self._connection is not None and not self.closed:
            try:
                self._call(self._connection.close(timeout=CLOSE_LIMIT_S))
            except StatementFailed:
                self.hang_up()

    async def leave(self) -> None:
        """The same on the loop that it belongs to."""
        if self._connection is not None and not self.closed:
            try:
                await self._connection.close(timeout=CLOSE_LIMIT_S)
            except FOREIGN:
                self._connection.terminate()

    async def whole_here(self, function: Callable[[], T]) -> T:
        """``whole`` on the running loop, to which it belongs."""
        return await self._beside.run(function)

    def _wait(self, answer: Coroutine[Any, Any, T]) -> T:
        return self._beside.wait(answer) if self._beside.inside else self._loop.run_until_complete(answer)

    def _call(self, answer: Coroutine[Any, Any, T], *, limited: bool = True) -> T:
        try:
            return self._wait(self._bounded(answer) if limited else answer)
        except FOREIGN as error:
            failed = statement_failed(error, closed=self._connection is not None and self._connection.is_closed())
            if not failed.clean:
                self.hang_up()
            raise failed from error

    async def _bounded(self, answer: Awaitable[T]) -> T:
        # a wait ends by hanging up: a cancel would make a commit that no standby has look like a success (SV-04)
        hang_up = self._loop.call_later(self._limits.answer_s, self.hang_up)
        try:
            return await answer
        finally:
            hang_up.cancel()
