"""The lanes to a store: one thread that writes, and one that reads where a read takes its time.

What arrives while a commit is on its way to the disk is the next batch, and is answered after it: a natural micro-batch, without a
timer. An idle authority answers after one commit, a busy one shares each commit between all who wait. Questions of one group
(payments) are decided together, with one reading and one writing; a batch that fails is split until the culprit is alone. Not
responsible for the work itself, nor for the order between callers: each waits for its own answer.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from kiosk.authority.store.ports import BUSY, OVERLOADED, Done, Failed, Group, Store, T, Work, trouble
from kiosk.authority.store.spends import StaleFacts
from kiosk.errors import Bug, Trouble

MAX_WAITING = 2_048  # beyond it a caller hears 503 and comes back, which is better than an answer after its patience
MAX_BATCH = 512
STALE_TRIES = 5  # an operator's command changed a card while a payment of it was decided: decide again
JOIN_LIMIT_S = 40.0  # longer than a commit may wait for PostgreSQL

Result = Done | Failed
Resolve = Callable[[Result], None]


@dataclass(slots=True)
class _Item:
    """A work of its own, or with ``group`` a question that is answered together with its neighbours. Who waits is told through
    ``loop`` where there is one."""

    work: Any  # Any: a Work of any value, or a question of the group
    group: Group | None
    future: "Future[Any] | asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop | None = None


class _Lane:
    """A thread that owns one side of a store. ``submit`` from any thread; ``stop`` finishes what was taken in and ends it."""

    def __init__(self, run: Callable[[Sequence[Work[Any]]], list[Result]], *, name: str) -> None:
        self._run = run
        self._name = name
        self._waiting: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self.batches = 0

    def start(self) -> None:
        self._thread.start()

    def submit(self, work: Work[T]) -> "Future[T]":
        """Queue ``work``. Raises ``Trouble`` AUT-05 when too many wait already, or the authority is ending."""
        future: Future[T] = Future()
        self._put(_Item(work, None, future))
        return future

    def post(self, work: Any, group: Group | None = None) -> "asyncio.Future[Any]":  # Any: as in _Item
        """The same from a running event loop, for a work or for a question of ``group``. Who stops waiting changes nothing:
        what was taken in is done."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._put(_Item(work, group, future, loop))
        return future

    def stop(self) -> None:
        """Take nothing more in, finish what waits, end the thread."""
        self._closed = True
        self._waiting.put(None)
        self._thread.join(JOIN_LIMIT_S)
        if self._thread.is_alive():
            raise Bug(f"the {self._name} did not end")

    def _put(self, item: _Item) -> None:
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

    def _take(self) -> tuple[list[_Item], bool]:
        item = self._waiting.get()
        batch: list[_Item] = []
        while item is not None:
            batch.append(item)
            if len(batch) >= MAX_BATCH:
                return batch, False
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _commit(self, batch: list[_Item], tries: int = STALE_TRIES) -> None:
        """Commit the batch and tell everybody; or split it."""
        self.batches += 1
        works, owners = _arrange(batch)
        try:
            results = self._run(works)
        except Exception as error:
            if isinstance(error, Trouble) or len(batch) == 1:
                _tell([(item, Failed(error)) for item in batch])  # the disk's failure is everybody's
                return
            self._split(batch)
            return
        told: list[tuple[_Item, Result]] = []
        again: list[tuple[list[_Item], int]] = []
        for items, result in zip(owners, results, strict=True):
            match result:
                case Failed(StaleFacts()) if tries > 1:
                    again.append((items, tries - 1))
                case Failed() if len(items) > 1:
                    middle = len(items) // 2
                    again += [(items[:middle], STALE_TRIES), (items[middle:], STALE_TRIES)]
                case Failed(StaleFacts()):
                    told.append((items[0], Failed(trouble(BUSY, "a card was being changed all the time"))))
                case Done(value) if items[0].group is not None:
                    assert isinstance(value, list) and len(value) == len(items), "a group returns one result a question"
                    told += zip(items, value, strict=True)
                case _:
                    told.append((items[0], result))
        _tell(told)
        for items, left in again:
            self._commit(items, left)

    def _split(self, batch: list[_Item]) -> None:
        middle = len(batch) // 2
        self._commit(batch[:middle])
        self._commit(batch[middle:])


class BatchWriter(_Lane):
    """Owns the store's write side."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.write_batch, name="authority-writer")


class BatchReader(_Lane):
    """Owns the store's read side, where a read waits for another machine. Those that wait share a snapshot."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.read_batch, name="authority-reader")


def _arrange(batch: Sequence[_Item]) -> tuple[list[Work[Any]], list[list[_Item]]]:
    """The works of a batch, those of one group as one work, and beside each the items that it answers."""
    works: list[Work[Any]] = []
    owners: list[list[_Item]] = []
    groups: dict[Group, list[_Item]] = {}
    for item in batch:
        if item.group is None:
            works.append(item.work)
            owners.append([item])
        else:
            groups.setdefault(item.group, []).append(item)
    for group, items in groups.items():
        works.append(partial(_decide, group, [item.work for item in items]))
        owners.append(items)
    return works, owners


def _decide(
    group: Group, questions: list[Any], tx: Any
) -> list[Result]:  # Any: the group knows its questions; tx is a Transaction
    return group(tx, questions)


def _tell(told: Sequence[tuple[_Item, Result]]) -> None:
    """Give each its result: on one's own thread at once, on an event loop with one call for all that wait there."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Item, Result]]] = {}
    for item, result in told:
        if item.loop is None:
            _settle([(item, result)])
        else:
            by_loop.setdefault(item.loop, []).append((item, result))
    for loop, pairs in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, pairs)


def _settle(pairs: Sequence[tuple[_Item, Result]]) -> None:
    for item, result in pairs:
        if item.future.done():
            continue  # who asked has gone; the work is done all the same (SV-04)
        match result:
            case Done(value):
                item.future.set_result(value)
            case Failed(error):
                item.future.set_exception(error)


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

    async def together(self, group: Group, question: Any) -> Any:  # Any: the group knows its questions and answers
        return await self._writer.post(question, group)

    async def read(self, work: Work[T]) -> T:
        if self._reader is None:
            return self._store.read(work)
        value: T = await self._reader.post(work)
        return value


@contextmanager
def lanes(store: Store) -> Iterator[BatchRunner]:
    """The threads that this store needs, ended in order: what was taken in is committed and answered."""
    with ExitStack() as ending:
        writer = BatchWriter(store)
        writer.start()
        ending.callback(writer.stop)
        reader = BatchReader(store) if store.reads_wait else None
        if reader is not None:
            reader.start()
            ending.callback(reader.stop)
        yield BatchRunner(store, writer, reader)


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
