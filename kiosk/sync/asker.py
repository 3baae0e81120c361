"""Asks the authority one question over links that are opened as needed and kept warm; each attempt is signed anew (PR-07).

Not responsible for threads (``gateway``), for asking again (``sender``, the till) nor for bytes (``http``).
"""

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import msgspec

from kiosk.clock import Clock, IdSource
from kiosk.protocol.problems import Problem, ProblemKind
from kiosk.sync.clock_check import ClockCheck
from kiosk.sync.exchange import Identity, NoAnswer, Question, Silence, read_answer, sign_attempt

if TYPE_CHECKING:
    from kiosk.sync.http import HttpLink

T = TypeVar("T", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the authority is reached, and the file of certificates to believe in place of the usual ones. Its public name is part
    of the ``Identity``."""

    address: str
    trust: str | None = None


class Asker:
    """Asks one question at a time over links that it opens as needed. Shared by all threads of a gateway;
    a question has a link to itself while it is under way."""

    def __init__(
        self, *, endpoint: Endpoint, identity: Identity, clock: Clock, ids: IdSource, clock_check: ClockCheck
    ) -> None:
        self._endpoint = endpoint
        self._identity = identity
        self._clock = clock
        self._ids = ids
        self._clock_check = clock_check
        self._lock = threading.Lock()
        self._idle: list[HttpLink] = []  # the last used is used first: its connection is warm
        self._in_use: list[HttpLink] = []
        self._stopped = False

    def ask(self, question: Question[T], *, timeout_ms: int) -> T | Problem:
        """One attempt, and after a signed ``clock-skew`` a second one with the corrected time. Raises ``NoAnswer``."""
        link = self._borrow()
        try:
            asked_mono_ms = self._clock.monotonic_ms()
            answer = self._attempt(link, question, timeout_ms)
            if isinstance(answer, Problem) and answer.kind is ProblemKind.CLOCK_SKEW and answer.time_ms is not None:
                # refused before anything was looked at, so this is no repetition of an effect (PR-22)
                self._clock_check.learn(answer.time_ms, asked_mono_ms=asked_mono_ms)
                answer = self._attempt(link, question, timeout_ms)
            return answer
        finally:
            self._give_back(link)

    def stop(self) -> None:
        """End every exchange under way; later questions get ``NoAnswer``."""
        with self._lock:
            self._stopped = True
            links = [*self._in_use, *self._idle]
            self._idle.clear()
        for link in links:
            link.stop()

    def _attempt(self, link: "HttpLink", question: Question[T], timeout_ms: int) -> T | Problem:
        signed = sign_attempt(question, self._identity, created_s=self._clock_check.now_ms() // 1000, ids=self._ids)
        answer = link.exchange(
            method=question.route.method,
            path=question.route.path,
            query=question.route.query,
            headers=signed.headers,
            body=question.body,
            timeout_ms=timeout_ms,
        )
        return read_answer(question, signed, answer, authority_key=self._identity.authority_key)

    def _borrow(self) -> "HttpLink":
        from kiosk.sync.http import HttpLink  # late: the window is up before requests is loaded

        with self._lock:
            if self._stopped:
                raise NoAnswer(Silence.STOPPING, sent=False)
            link = self._idle.pop() if self._idle else None
            if link is None:
                link = HttpLink(
                    address=self._endpoint.address, public_name=self._identity.authority, trust=self._endpoint.trust
                )
            self._in_use.append(link)
            return link

    def _give_back(self, link: "HttpLink") -> None:
        with self._lock:
            self._in_use.remove(link)
            if not self._stopped:
                self._idle.append(link)
                return
        link.close()
