"""Who writes next: two batches are under way at once, one being written while the other is read and decided.

The second is decided on what the first *will* leave, and written right after it. Nothing rests on that promise: a batch's one
writing undoes itself unless the counter and every card are as it was decided on, and whoever was decided on a writing that failed
is decided anew. Belongs to one event loop. Not responsible for what a batch leaves (``spend_batches``) nor for statements
(``postgres_session``).
"""

import asyncio
from typing import Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """What a writing that is under way leaves when it succeeds; ``failed`` once it did not."""

    __slots__ = ("failed", "leaves")

    def __init__(self, leaves: T) -> None:
        self.leaves = leaves
        self.failed = False


class Turns(Generic[T]):
    """The turns of all who write to one database: one at a time, in the order of asking."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.ahead: Ahead[T] | None = None


class Turn(Generic[T]):
    """One connection's part in the turns. ``begin`` for each transaction; ``give`` may be called without a turn."""

    def __init__(self, turns: Turns[T]) -> None:
        self._turns = turns
        self._has = False
        self._after: Ahead[T] | None = None
        self._own: Ahead[T] | None = None

    def begin(self) -> None:
        """A transaction begins that rests on nothing yet."""
        self._after = None

    def ahead(self) -> T | None:
        """What the writing under way will leave, if it says so; from now on this transaction stands and falls with it."""
        self._after = self._turns.ahead
        return None if self._after is None else self._after.leaves

    async def take(self) -> bool:
        """Wait for the turn, and keep it. ``False``: what this transaction rests on did not come true."""
        if not self._has:
            await self._turns.lock.acquire()
            self._has = True
        return self._after is None or not self._after.failed

    def leave(self, leaves: T) -> None:
        """With the turn: all that is left to do is one writing, which leaves this."""
        self._own = self._turns.ahead = Ahead(leaves)

    def give(self, *, failed: bool = False) -> None:
        """The turn is over: what was written is in the database, or ``failed``."""
        if not self._has:
            return
        if self._own is not None:
            self._own.failed = failed
            self._own = self._turns.ahead = None
        self._has = False
        self._turns.lock.release()
