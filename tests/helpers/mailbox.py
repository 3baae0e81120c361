"""A mailbox for what devices post: wait for a message with a deadline, never sleep."""

import threading
from collections.abc import Callable
from typing import Final, TypeVar

from kiosk.clock import SystemClock

WAIT_S: Final = 10.0

_M = TypeVar("_M")


class Mailbox:
    """Call it to post; ``wait`` gives the first message of a kind that fits and was not given before."""

    def __init__(self) -> None:
        self.messages: list[object] = []
        self._changed = threading.Condition()
        self._clock = SystemClock()
        self._given: set[int] = set()

    def __call__(self, message: object) -> None:
        with self._changed:
            self.messages.append(message)
            self._changed.notify_all()

    def wait(self, kind: type[_M], fits: Callable[[_M], bool] = lambda message: True, timeout_s: float = WAIT_S) -> _M:
        """The message; fails with everything that came when none does in time."""
        deadline_ms = self._clock.monotonic_ms() + round(timeout_s * 1000)
        with self._changed:
            while True:
                for place, message in enumerate(self.messages):
                    if place not in self._given and isinstance(message, kind) and fits(message):
                        self._given.add(place)
                        return message
                left_ms = deadline_ms - self._clock.monotonic_ms()
                assert left_ms > 0, f"no {kind.__name__} among {self.messages}"
                self._changed.wait(left_ms / 1000)

    def of(self, kind: type[_M]) -> list[_M]:
        """All messages of a kind so far."""
        with self._changed:
            return [message for message in self.messages if isinstance(message, kind)]
