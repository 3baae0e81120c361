"""The one thread that writes: what arrives while a commit is on its way to the disk is the next batch, and is answered after it.

A natural micro-batch, without a timer: an idle authority answers after one commit, a busy one shares each commit between all who
wait. Not responsible for the work itself, nor for the order between terminals: each waits for its own answer.
"""

import asyncio
import queue
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from kiosk.authority.store.ports import OVERLOADED, Done, Failed, Store, T, Work, trouble
from kiosk.errors import Bug

MAX_WAITING = 2_048  # beyond it a terminal hears 503 and comes back, which is better than an answer after its patience
MAX_BATCH = 256
JOIN_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class _Item:
    work: Work[Any]
    future: "Future[Any]"


class BatchWriter:
    """Owns the store's write side. ``submit`` from any thread; ``stop`` finishes what was taken in and ends the thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: queue.Queue[_Item | None] = queue.Queue(maxsize=MAX_WAITING)
        self._closed = False
        self._thread = threading.Thread(target=self._loop, name="authority-writer", daemon=True)
        self.batches = 0

    def start(self) -> None:
        self._thread.start()

    def submit(self, work: Work[T]) -> "Future[T]":
        """Queue ``work``. Raises ``Trouble`` AUT-05 when too many wait already, or the authority is ending."""
        future: Future[T] = Future()
        if self._closed:
            raise trouble(OVERLOADED, "the authority is stopping")
        try:
            self._waiting.put_nowait(_Item(work, future))
        except queue.Full:
            raise trouble(OVERLOADED, f"{MAX_WAITING} requests are waiting already") from None
        return future

    def stop(self) -> None:
        """Take nothing more in, finish what waits, end the thread."""
        self._closed = True
        self._waiting.put(None)
        self._thread.join(JOIN_LIMIT_S)
        if self._thread.is_alive():
            raise Bug("the authority's writer did not end")

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
            if item.future.set_running_or_notify_cancel():
                batch.append(item)
            if len(batch) >= MAX_BATCH:
                return batch, False
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _commit(self, batch: list[_Item]) -> None:
        self.batches += 1
        try:
            results = self._store.write_batch([item.work for item in batch])
        except Exception as error:
            for item in batch:
                item.future.set_exception(error)
            return
        for item, result in zip(batch, results, strict=True):
            match result:
                case Done(value):
                    item.future.set_result(value)
                case Failed(reason):
                    item.future.set_exception(reason)


class BatchRunner:
    """The HTTP side's way to a store: writes through the batch writer, reads on the reading connection."""

    def __init__(self, store: Store, writer: BatchWriter) -> None:
        self._store = store
        self._writer = writer

    async def write(self, work: Work[T]) -> T:
        # shielded: a client that goes away must not take back a work that is being committed (SV-04)
        return await asyncio.shield(asyncio.wrap_future(self._writer.submit(work)))

    async def read(self, work: Work[T]) -> T:
        return self._store.read(work)


class DirectRunner:
    """The same without a thread: each work is its own commit, at once. For tests of the HTTP side."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def write(self, work: Work[T]) -> T:
        return self._store.write(work)

    async def read(self, work: Work[T]) -> T:
        return self._store.read(work)
