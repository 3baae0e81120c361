"""The port between the authority's work and a database: transactions that are durable when they return, and reads.

All SQL stands in this package's own files, in the subset that SQLite and PostgreSQL share (``?`` for values; integers, text and
bytes; ``ON CONFLICT``; ``RETURNING``), so that another database is one adapter and one set of migrations. Not responsible for what
the work means: services decide, the files beside this one read and write.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

import msgspec

from kiosk.errors import Trouble

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Value = str | int | bytes | None
Row = tuple[
    Any, ...
]  # a database row has no static type; the functions beside this file turn it into a dataclass at once


class Transaction(Protocol):
    """One open transaction. Statements see what earlier ones did; nothing is durable before the work returned."""

    def one(self, sql: str, *values: Value) -> Row | None:
        """The first row, or ``None``."""
        ...

    def all(self, sql: str, *values: Value) -> list[Row]:
        """Every row; the statement bounds their number itself."""
        ...

    def run(self, sql: str, *values: Value) -> int:
        """How many rows the statement touched: a conditional update is judged by it."""
        ...

    def run_many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """One statement for many rows."""
        ...


Work = Callable[[Transaction], T]


class Done(msgspec.Struct, frozen=True):
    """A work's value; its writes are durable."""

    value: object


class Failed(msgspec.Struct, frozen=True):
    """A work that raised; none of its writes happened, its neighbours in the batch are untouched."""

    error: Exception


# questions that are answered together, one result each and in order, in one transaction; what it raises undoes them all
Group = Callable[[Transaction, Sequence[Any]], list[Done | Failed]]


class Store(Protocol):
    """A database. A write is durable on return. ``Trouble`` AUT-… means that nothing was written, but for AUT-13: then it is not
    known, and whoever asks again under the same id finds out."""

    reads_wait: bool
    """Whether a read may wait for another machine, and so has no place on an event loop."""

    def write(self, work: Work[T]) -> T:
        """Run ``work`` in one write transaction. What ``work`` raises comes out, after a rollback."""
        ...

    def write_batch(self, works: Sequence[Work[Any]]) -> list[Done | Failed]:
        """Run several works in order in one commit; one that raises is split off. ``Trouble`` is everybody's."""
        ...

    def read(self, work: Work[T]) -> T:
        """Run ``work`` on the last committed state; it must not write."""
        ...

    def read_batch(self, works: Sequence[Work[Any]]) -> list[Done | Failed]:
        """Several reads that waited for one another, each with its own value or error."""
        ...

    def claim(self) -> None:
        """Be the one process that serves this database, until ``close``. Raises ``Trouble`` AUT-10 when there is another."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class LoopStore(Store, Protocol):
    """A database that is another process: it may be waited for on an event loop instead of a thread, on one at a time."""

    def join_loop(self) -> None:
        """From now on it is used on the running event loop alone, by the two methods below."""
        ...

    async def write_batch_here(self, works: Sequence[Work[Any]], under_way: Callable[[], None]) -> list[Done | Failed]:
        """``write_batch`` on the loop. After ``under_way`` was called, one more may be begun before this one has returned."""
        ...

    async def read_batch_here(self, works: Sequence[Work[Any]]) -> list[Done | Failed]:
        """``read_batch`` on the loop."""
        ...

    async def leave_loop(self) -> None:
        """Back to being used by plain calls."""
        ...


class Runner(Protocol):
    """How the HTTP side reaches a store without waiting for the disk on its event loop."""

    async def write(self, work: Work[T]) -> T: ...

    async def together(self, group: Group, question: Any) -> Any:
        """Answer a question in one transaction with whatever else the group is asked at the moment."""
        ...

    async def read(self, work: Work[T]) -> T: ...


@runtime_checkable
class AskingRunner(Runner, Protocol):
    """One that can be asked without a task that waits for the answer."""

    def ask(self, group: Group, question: Any) -> "asyncio.Future[Any]":
        """``together``, whose answer will be in the future. Raises ``Trouble`` at once when it is not taken in."""
        ...


DISK_FULL = "AUT-01"
DISK_FAILED = "AUT-02"
BUSY = "AUT-03"
DATABASE_LOST = "AUT-04"
OVERLOADED = "AUT-05"
NOT_INITIALISED = "AUT-06"
NEWER_DATABASE = "AUT-07"
ALREADY_THERE = "AUT-09"
ALREADY_SERVED = "AUT-10"
CONNECTION_LOST = "AUT-12"
IN_DOUBT = "AUT-13"
UNSAFE_DATABASE = "AUT-14"
DATABASE_REFUSES = "AUT-15"

_BEYOND_REPEATING = {
    DATABASE_LOST,
    NOT_INITIALISED,
    NEWER_DATABASE,
    ALREADY_THERE,
    UNSAFE_DATABASE,
    DATABASE_REFUSES,
}


def trouble(code: str, detail: str) -> Trouble:
    """The store's trouble with this code; a person must do something first where the database is lost, wrong or not ours."""
    return Trouble(code, retryable=code not in _BEYOND_REPEATING, detail=detail)
