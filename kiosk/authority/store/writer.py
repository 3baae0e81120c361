"""The lanes to a store on threads: one that writes, and one that reads where a read takes its time.

What arrives while a commit is on its way to the disk is the next batch, and is answered after it: a natural micro-batch, without a
timer. An idle authority answers after one commit, a busy one shares each commit between all who wait. Questions of one group
(payments) are decided together, with one reading and one writing; a batch that fails is split until the culprit is alone. Not
responsible for the work itself, nor for the order between callers: each waits for its own answer.
"""

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import Any

from kiosk.authority.store.batches import (
    MAX_BATCH,
    MAX_WAITING,
    STALE_TRIES,
    Item,
    Result,
    Told,
    arrange,
    halves,
    judge,
    tell,
)
from kiosk.authority.store.loop_lane import LoopRunner
from kiosk.authority.store.ports import (
    OVERLOADED,
    Failed,
    Group,
    LoopStore,
    Runner,
    Store,
    T,
    Transaction,
    Work,
    trouble,
)
from kiosk.errors import Bug, Trouble

JOIN_LIMIT_S = 40.0  # longer than a commit may wait for PostgreSQL


class _Lane:
    """A thread that owns one side of a store. ``submit`` from any thread; ``stop`` finishes what was taken in and ends it."""

    def __init__(self, run: Callable[[Sequence[Work[Any]]], list[Result]], *, name: str) -> None:
        self._run = run
        self._name = name
        self._waiting: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self.batches = 0

    def start(self) -> None:
        self._thread.start()

    def submit(self, work: Work[T]) -> "Future[T]":
        """Queue ``work``. Raises ``Trouble`` AUT-05 when too many wait already, or the authority is ending."""
        future: Future[T] = Future()
        self._put(Item(work, None, future))
        return future

    def post(self, work: Any, group: Group | None = None) -> "asyncio.Future[Any]":  # Any: as in Item
        """The same from a running event loop, for a work or for a question of ``group``. Who stops waiting changes nothing:
        what was taken in is done."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._put(Item(work, group, future, loop))
        return future

    def stop(self) -> None:
        """Take nothing more in, finish what waits, end the thread."""
        self._closed = True
        self._waiting.put(None)
        self._thread.join(JOIN_LIMIT_S)
        if self._thread.is_alive():
            raise Bug(f"the {self._name} did not end")

    def _put(self, item: Item) -> None:
        if self._closed:
            raise trouble(OVERLOADED, "the authority is stopping")
        if self._waiting.qsize() >= MAX_WAITING:
            raise trouble(OVERLOADED, f"{MAX_WAITING} requests are waiting already")
        self._waiting.put(item)

    def _loop(self) -> None:
        ending = False
        while not ending:
            batch, ending = self._take()
            if batch:
                self._commit(batch)

    def _take(self) -> tuple[list[Item], bool]:
        item = self._waiting.get()
        batch: list[Item] = []
        while item is not None:
            batch.append(item)
            if len(batch) >= MAX_BATCH:
                return batch, False
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _commit(self, batch: list[Item], tries: int = STALE_TRIES) -> None:
        """Commit the batch and tell everybody; or split it."""
        self.batches += 1
        works, owners = arrange(batch)
        told: Told = []
        try:
            results = self._run(works)
        except Exception as error:
            if isinstance(error, Trouble) or len(batch) == 1:
                tell([(item, Failed(error)) for item in batch])  # the disk's failure is everybody's
                return
            again = halves(batch)
        else:
            told, again = judge(owners, results, tries=tries)
        tell(told)
        for items, left in again:
            self._commit(items, left)


class BatchWriter(_Lane):
    """Owns the store's write side."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.write_batch, name="authority-writer")


class BatchReader(_Lane):
    """Owns the store's read side, where a read waits for another machine. Those that wait share a snapshot."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.read_batch, name="authority-reader")


class BatchRunner:
    """The HTTP side's way to a store: writes through the batch writer, reads through the reader, or at once where there is none."""

    def __init__(self, store: Store, writer: BatchWriter, reader: BatchReader | None = None) -> None:
        if store.reads_wait and reader is None:
            raise Bug("a read of this store would hold up the event loop")
        self._store = store
        self._writer = writer
        self._reader = reader

    async def write(self, work: Work[T]) -> T:
        value: T = await self._writer.post(work)
        return value

    def ask(
        self, group: Group, question: Any
    ) -> "asyncio.Future[Any]":  # Any: the group knows its questions and answers
        return self._writer.post(question, group)

    async def together(self, group: Group, question: Any) -> Any:  # Any: as in ``ask``
        return await self.ask(group, question)

    async def read(self, work: Work[T]) -> T:
        if self._reader is None:
            return self._store.read(work)
        value: T = await self._reader.post(work)
        return value


@contextmanager
def lanes(store: Store) -> Iterator[BatchRunner]:
    """Lanes on threads, for any store and any number of event loops one after another; ended in order: what was taken in is
    committed and answered."""
    with ExitStack() as ending:
        writer = BatchWriter(store)
        writer.start()
        ending.callback(writer.stop)
        reader = BatchReader(store) if store.reads_wait else None
        if reader is not None:
            reader.start()
            ending.callback(reader.stop)
        yield BatchRunner(store, writer, reader)


@asynccontextmanager
async def serving_lanes(store: Store) -> AsyncIterator[Runner]:
    """The lanes that suit a store best while one event loop serves: on the loop itself where the database is another process,
    on a thread where the work of the database is done in this one."""
    if isinstance(store, LoopStore):
        runner = LoopRunner(store)
        try:
            # at once: what was claimed for serving moves with the connection, and must not wait for somebody to pay
            await runner.write(_nothing)
            yield runner
        finally:
            await runner.end()
    else:
        with lanes(store) as threads:
            yield threads


def _nothing(_tx: Transaction) -> None:
    """The work that only wants a connection."""


class DirectRunner:
    """The same without lanes: each work is its own commit, at once. For tests of the HTTP side."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def write(self, work: Work[T]) -> T:
        return await self._done(self._store.write, work)

    async def together(self, group: Group, question: Any) -> Any:  # Any: the group knows its questions and answers
        (result,) = await self._done(self._store.write, lambda tx: group(tx, [question]))
        if isinstance(result, Failed):
            raise result.error
        return result.value

    async def read(self, work: Work[T]) -> T:
        return await self._done(self._store.read, work)

    async def _done(self, call: Callable[[Work[T]], T], work: Work[T]) -> T:
        # a store that waits for another machine has a loop of its own, which cannot run inside this one
        return await asyncio.to_thread(call, work) if self._store.reads_wait else call(work)
