"""Which waiting call is sent next: calls about one line one after the other, calls that a customer waits for before the rest.

Bounded, thread-safe, and ignorant of what a call is. Not responsible for sending.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

MAX_WAITING = 200


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """``lane``: jobs of one lane never run at the same time, and run in the order in which they came. ``urgent`` jobs go first.
    ``lost`` says what is true when ``run`` never ran or did not end."""

    lane: str
    urgent: bool
    run: Callable[[], None]
    lost: Callable[[], None]


class Lanes:
    """A bounded waiting room for several workers."""

    def __init__(self, *, max_waiting: int = MAX_WAITING) -> None:
        self._max_waiting = max_waiting
        self._condition = threading.Condition()
        self._waiting: deque[Job] = deque()
        self._busy: set[str] = set()
        self._closed = False

    def put(self, job: Job) -> bool:
        """Queue a job. ``False`` when the room is full or closed; the job will then never run."""
        with self._condition:
            if self._closed or len(self._waiting) >= self._max_waiting:
                return False
            self._waiting.append(job)
            self._condition.notify()
            return True

    def take(self) -> Job | None:
        """The next job that may run, waiting for one; ``None`` once closed. Each job taken is given to ``done`` afterwards."""
        with self._condition:
            while not self._closed:
                if (job := self._next()) is not None:
                    self._waiting.remove(job)
                    self._busy.add(job.lane)
                    return job
                self._condition.wait()
            return None

    def done(self, job: Job) -> None:
        """The job ended: the next one of its lane may run."""
        with self._condition:
            self._busy.discard(job.lane)
            self._condition.notify()

    def close(self) -> tuple[Job, ...]:
        """Let every waiting worker go. Returns the jobs that never ran."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
            left = tuple(self._waiting)
            self._waiting.clear()
            return left

    def _next(self) -> Job | None:
        # the oldest job of a lane stands for the whole lane: a later urgent one must not overtake it
        seen: set[str] = set(self._busy)
        heads: list[Job] = []
        for job in self._waiting:
            if job.lane not in seen:
                seen.add(job.lane)
                heads.append(job)
        return next((job for job in heads if job.urgent), heads[0] if heads else None)
