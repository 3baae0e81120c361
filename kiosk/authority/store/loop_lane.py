"""The lanes to a database that is another process: run on the event loop of the server itself, with no thread and no lock between.

The same natural micro-batches as ``writer`` makes, by a task that lives while anything waits. A thread would spend its time handing
Python's one lock to the server and back, for each statement. A batch may be begun before the one ahead of it has ended, when that
has only its writing left. Not responsible for batches (``batches``), for what may overlap (``turns``), nor for statements.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
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
    settle,
)
from kiosk.authority.store.ports import OVERLOADED, Done, Failed, Group, LoopStore, T, Work, trouble
from kiosk.errors import Trouble

UNDER_WAY = 2  # one that is written, one that is read and decided
NOT_SPLIT = 16  # so few are one batch, however the others stand

Run = Callable[[Sequence[Work[Any]], Callable[[], None]], Awaitable[list[Done | Failed]]]


class LoopLane:
    """One side of a store on one event loop. ``run`` calls its second argument when the next batch may begin, which it may do
    before its own batch has ended. ``drained`` waits for what was taken in."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._waiting: deque[Item] = deque()
        self._task: asyncio.Task[None] | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._in_hand = 0
        self._overlap = False  # the last batch let the next one begin before it ended
        self._closed = False
        self.batches = 0

    def post(self, work: Any, group: Group | None = None) -> "asyncio.Future[Any]":  # Any: as in Item
        """Queue a work, or a question of ``group``. Who stops waiting changes nothing. Raises ``Trouble`` AUT-05."""
        if self._closed:
            raise trouble(OVERLOADED, "the authority is stopping")
        if len(self._waiting) >= MAX_WAITING:
            raise trouble(OVERLOADED, f"{MAX_WAITING} requests are waiting already")
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._waiting.append(Item(work, group, future))
        if self._task is None:
            # not at once: whoever arrives in the same turn of the loop is in the same batch
            self._task = loop.create_task(self._work())
        return future

    async def drained(self) -> None:
        """Take nothing more in, and wait for the rest."""
        self._closed = True
        if self._task is not None:
            await asyncio.wait({self._task})
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def _work(self) -> None:
        try:
            while self._waiting:
                # one turn of the loop and no timer: whoever stands at the door belongs to this batch
                await asyncio.sleep(0)
                batch = [self._waiting.popleft() for _ in range(self._share())]
                self._in_hand += len(batch)
                next_may = asyncio.get_running_loop().create_future()
                task = asyncio.create_task(self._whole(batch, next_may))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
                await next_may
                while len(self._under_way) >= UNDER_WAY:
                    await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._task = None

    def _share(self) -> int:
        """How many of those who wait make the next batch: where batches overlap, half of all who are here. Two of one size take
        turns, each read and decided while the other is written; a large one and a small one would both wait for the large one."""
        most = MAX_BATCH
        if self._overlap:
            most = min(most, max(NOT_SPLIT, (len(self._waiting) + self._in_hand + 1) // 2))
        return min(len(self._waiting), most)

    async def _whole(self, batch: list[Item], next_may: "asyncio.Future[None]") -> None:
        try:
            await self._commit(batch, STALE_TRIES, partial(_done, next_may))
        finally:
            self._in_hand -= len(batch)
            self._overlap = next_may.done()
            _done(next_may)

    async def _commit(self, batch: list[Item], tries: int, next_may: Callable[[], None]) -> None:
        self.batches += 1
        works, owners = arrange(batch)
        try:
            results: list[Result] = await self._run(works, next_may)
        except Exception as error:
            if isinstance(error, Trouble) or len(batch) == 1:
                settle([(item, Failed(error)) for item in batch])  # the server's failure is everybody's
                return
            told: Told = []
            again = halves(batch)
        else:
            told, again = judge(owners, results, tries=tries)
        settle(told)
        for items, left in again:
            await self._commit(items, left, next_may)


def _done(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


class LoopRunner:
    """See ``AskingRunner``. Takes the store to the loop that asks first; ``end`` brings it back."""

    def __init__(self, store: LoopStore) -> None:
        self._store = store
        self._writer = LoopLane(store.write_batch_here)
        self._reader = LoopLane(lambda works, _next_may: store.read_batch_here(works))
        self._here = False

    async def write(self, work: Work[T]) -> T:
        value: T = await self._lane(self._writer).post(work)
        return value

    def ask(
        self, group: Group, question: Any
    ) -> "asyncio.Future[Any]":  # Any: the group knows its questions and answers
        return self._lane(self._writer).post(question, group)

    async def together(self, group: Group, question: Any) -> Any:  # Any: as in ``ask``
        return await self.ask(group, question)

    async def read(self, work: Work[T]) -> T:
        value: T = await self._lane(self._reader).post(work)
        return value

    async def end(self) -> None:
        """Nothing new; what was taken in is committed and answered; the store is no loop's any more."""
        await self._writer.drained()
        await self._reader.drained()
        if self._here:
            await self._store.leave_loop()
            self._here = False

    def _lane(self, lane: LoopLane) -> LoopLane:
        if not self._here:
            self._store.join_loop()
            self._here = True
        return lane
