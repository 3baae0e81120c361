"""A plain function beside a task of an event loop: what the function has to wait for, the task waits for, and the loop goes on
meanwhile.

The function runs in a greenlet. Where it needs an answer it hands the answer's coroutine over to the task, and is gone on with
once the task has the value; so a function that was written for one database at hand serves another that is a process far away.
The only file that knows of greenlets. Not responsible for what is waited for.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from greenlet import getcurrent, greenlet

T = TypeVar("T")


class Beside:
    """One function at a time. ``run`` on the loop, ``wait`` inside the function."""

    def __init__(self) -> None:
        self._worker: greenlet | None = None

    @property
    def inside(self) -> bool:
        """Whether this is asked from inside the function."""
        return self._worker is not None and getcurrent() is self._worker

    async def run(self, function: Callable[[], T]) -> T:
        """The function's value; what it raises comes out."""
        worker = self._worker = greenlet(function)
        try:
            asked = worker.switch()
            while not worker.dead:
                try:
                    value = await asked
                except BaseException as error:
                    asked = worker.throw(error)
                else:
                    asked = worker.switch(value)
        finally:
            self._worker = None
        result: T = asked  # what a finished greenlet hands over is its function's value
        return result

    def wait(self, answer: Coroutine[Any, Any, T]) -> T:
        """The value of ``answer``, for which the task waits; only ``inside``."""
        assert self._worker is not None, "asked from inside"
        value: T = self._worker.parent.switch(answer)
        return value


def a_loop_is_running() -> bool:
    """Whether this thread's event loop is running, so that another one may not."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
