"""Delivers the outbox's batches: in order, again and again with growing pauses, until the authority has spoken on each entry.

Nothing is dropped and nothing blocks what is behind it: a batch that cannot be taken is halved until the guilty entry stands alone,
and only that one gets the problem's name as its outcome (the journal parks it). Not responsible for where entries come from or for
what an outcome means; the till reads and writes its journal itself.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from kiosk.clock import IdSource
from kiosk.protocol.messages import MAX_BATCH_ENTRIES, Anchor, EntriesAnswer, EntriesRequest, EntryResult, SignedEntry
from kiosk.protocol.problems import Problem, ProblemKind
from kiosk.sync.exchange import NoAnswer, Question, entries_question

TAKEN: Final = frozenset({"applied", "already", "exception"})
# what may be said of one entry: taken, or the name of the problem why it cannot be taken (the journal parks it)
SPOKEN: Final = TAKEN | {kind.value for kind in ProblemKind}
FAILURES_BEFORE_BLAME: Final = 6  # an authority that fails on a batch this often is asked for its halves (AC-10)
_BLAMES: Final = frozenset({ProblemKind.MALFORMED_REQUEST, ProblemKind.TOO_LARGE})
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """How long a delivery waits after a failure: uniform between 0 and ``first_ms`` doubled with each failure, at most
    ``longest_ms``; after the link came back uniform up to ``recovery_ms``, so that a whole town does not return at once (PR-17)."""

    first_ms: int = 1_000
    longest_ms: int = 300_000
    recovery_ms: int = 30_000
    retry_after_max_ms: int = 3_600_000


class Asks(Protocol):
    """One attempt at a question; raises ``NoAnswer``."""

    def __call__(self, question: Question[EntriesAnswer], /, *, timeout_ms: int) -> EntriesAnswer | Problem: ...


class Sender:
    """Used by one thread; ``link_is_up`` and ``stop`` may come from any."""

    def __init__(self, *, ask: Asks, ids: IdSource, pauses: Pauses, timeout_ms: int) -> None:
        self._ask = ask
        self._ids = ids
        self._pauses = pauses
        self._timeout_ms = timeout_ms
        self._wake = threading.Condition()
        self._woken = False
        self._stopped = False
        self._failures = 0

    def deliver(self, batch: EntriesRequest) -> EntriesAnswer | None:
        """What the authority said of the entries; those that it has not spoken of are not in the answer and stay owed.

        Returns as soon as something is known and the link fails, so that a half that arrived is not kept waiting by the other.
        ``None`` only after ``stop``.
        """
        left: list[Sequence[SignedEntry]] = [batch.entries]
        results: list[EntryResult] = []
        suspects: list[EntryResult] = []
        anchor: Anchor | None = None
        max_batch = MAX_BATCH_ENTRIES
        while left and not self._stopped:
            part = left.pop()
            match self._attempt(msgspec.structs.replace(batch, entries=list(part)), part):
                case EntriesAnswer() as answer:
                    self._failures = 0
                    results += answer.results
                    anchor, max_batch = answer.anchor or anchor, answer.max_batch
                    if len(answer.results) < len(part):
                        break
                case _Blamed(name=name, surely=surely) if len(part) == 1:
                    blamed = EntryResult(seq=part[0].seq, outcome=name)
                    (results if surely else suspects).append(blamed)
                case _Blamed():
                    middle = len(part) // 2
                    left += [part[middle:], part[:middle]]  # the first half is sent first: order is kept
                case _Again(retry_after_ms=wait_ms):
                    if results:
                        break
                    left.append(part)
                    self._pause(wait_ms)
        if results:
            results += suspects  # the authority works, and fails on these: so they are to blame
        elif not self._stopped:
            self._pause(0)  # it failed on everything: that is an outage, and nobody is blamed
        return None if self._stopped and not results else self._told(results, anchor, max_batch)

    def _told(self, results: list[EntryResult], anchor: Anchor | None, max_batch: int) -> EntriesAnswer:
        for result in results:
            if result.outcome not in TAKEN:
                _log.error("the authority cannot take entry %d (%s): it waits for a person", result.seq, result.outcome)
        in_order = sorted(results, key=lambda result: result.seq)
        return EntriesAnswer(results=in_order, anchor=anchor, max_batch=max_batch)

    def link_is_up(self) -> None:
        """A signed answer came to another question: a delivery that pauses goes on soon."""
        with self._wake:
            self._woken = True
            self._wake.notify_all()

    def stop(self) -> None:
        with self._wake:
            self._stopped = True
            self._wake.notify_all()

    def pause_ms(self) -> int:
        """The length of the next pause after the failures so far."""
        ceiling = min(self._pauses.longest_ms, self._pauses.first_ms << min(self._failures, 20))
        return self._uniform(ceiling)

    def _attempt(self, batch: EntriesRequest, part: Sequence[SignedEntry]) -> "EntriesAnswer | _Blamed | _Again":
        self._failures += 1
        try:
            answer = self._ask(entries_question(batch), timeout_ms=self._timeout_ms)
        except NoAnswer:
            return _Again()
        if isinstance(answer, Problem):
            if answer.kind in _BLAMES:
                return _Blamed(answer.name, surely=True)
            if answer.kind is ProblemKind.INTERNAL and self._failures >= FAILURES_BEFORE_BLAME:
                return _Blamed(answer.name, surely=False)
            _log.info("a delivery met %s", answer.name)
            return _Again((answer.retry_after_s or 0) * 1000)
        seqs = [result.seq for result in answer.results]
        spoken_in_order = seqs == [entry.seq for entry in part[: len(seqs)]]
        if not seqs or not spoken_in_order or any(result.outcome not in SPOKEN for result in answer.results):
            _log.warning("the authority's answer to a delivery does not fit the entries: asked again")
            return _Again()
        return answer

    def _pause(self, retry_after_ms: int) -> None:
        wait_ms = max(self.pause_ms(), min(retry_after_ms, self._pauses.retry_after_max_ms))
        with self._wake:
            self._woken = False
            self._wake.wait_for(lambda: self._woken or self._stopped, wait_ms / 1000)
            if self._woken and not self._stopped and not retry_after_ms:
                self._failures = 0
                self._wake.wait_for(lambda: self._stopped, self._uniform(min(wait_ms, self._pauses.recovery_ms)) / 1000)

    def _uniform(self, ceiling_ms: int) -> int:
        return int.from_bytes(self._ids.token_bytes(4), "big") * (ceiling_ms + 1) >> 32


@dataclass(frozen=True, slots=True)
class _Again:
    retry_after_ms: int = 0


@dataclass(frozen=True, slots=True)
class _Blamed:
    """What was sent is to blame, or not ``surely``: then the moment may be."""

    name: str
    surely: bool
