"""Asks one question until its outcome is known or patience ends. The same key and the same bytes each time, signed anew.

The one rule that everything here serves: what may have happened is never reported as a no, and never asked for under another key.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from kiosk_merchant.clock import Clock
from kiosk_merchant.outcomes import Declined, NoAnswer, Rejected, Unknown
from kiosk_merchant.patience import Patience
from kiosk_merchant.reading import Json, Unreadable, json_object
from kiosk_merchant.signing import NONCE_BYTES, Signer, sign_request
from kiosk_merchant.wire import Body, Reply, Silence, Wire

PROBLEM_JSON: Final = "application/problem+json"
# problems that are computed after the authority has looked for the key, or that no repeat can change: they settle the question
_SETTLING: Final = frozenset({400, 404, 409, 413, 422})
_log = logging.getLogger("kiosk_merchant")


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """One request. Without ``key`` it reads and changes nothing."""

    method: str
    path: str
    query: str = ""
    body: Body = field(default_factory=Body)
    key: str | None = None

    @classmethod
    def reading(cls, path: str, query: str = "") -> "Question":
        """A GET."""
        return cls("GET", path, query)

    @classmethod
    def writing(cls, path: str, content: Mapping[str, object], *, key: str) -> "Question":
        """A POST under an idempotency key; the same content gives the same bytes."""
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return cls("POST", path, "", Body(text.encode()), key)

    @property
    def target(self) -> str:
        """Path and query as they stand on the wire."""
        return self.path + (f"?{self.query}" if self.query else "")

    def __repr__(self) -> str:
        return f"Question({self.method} {self.path})"


@dataclass(frozen=True, slots=True)
class _Again:
    """Not settled by this attempt. ``open``: the attempt may have been acted on. ``last``: what to raise if patience ends here and
    no attempt was open. ``now``: the cause is corrected, no pause is needed."""

    why: str
    open: bool
    retry_after_s: int | None = None
    last: Rejected | None = None
    now: bool = False


class Asker:
    """Asks for one merchant under one key; shared by threads."""

    def __init__(
        self,
        wire: Wire,
        *,
        signer: Signer,
        key_id: str,
        authority_name: str,
        version: str,
        patience: Patience,
        clock: Clock,
    ) -> None:
        self._wire = wire
        self._signer = signer
        self._key_id = key_id
        self._authority_name = authority_name
        self._version = version
        self._patience = patience
        self._clock = clock
        self._behind_ms = 0  # how far the machine's clock is behind the authority's, once that told us

    def ask(self, question: Question) -> Json:
        """The yes. Raises ``Declined``, ``Rejected``, and after all attempts ``Unknown`` (``NoAnswer`` for reading)."""
        end_s = self._clock.monotonic_s() + self._patience.deadline_s
        may_have_happened = False
        again = _Again("no attempt", open=False)
        for repeat in range(self._patience.attempts):
            left_s = end_s - self._clock.monotonic_s()
            if left_s <= 0:
                break
            found = self._attempt(question, min(self._patience.timeout_s, left_s), may_have_happened)
            if not isinstance(found, _Again):
                return found
            again = found
            may_have_happened |= again.open
            _log.info("%s %s, attempt %d: %s", question.method, question.path, repeat + 1, again.why)
            pause_s = (
                0.0
                if again.now
                else self._patience.pause(self._clock, repeat=repeat, retry_after_s=again.retry_after_s)
            )
            if repeat + 1 == self._patience.attempts or self._clock.monotonic_s() + pause_s >= end_s:
                break
            if pause_s:
                self._clock.wait_s(pause_s)
        raise self._unsettled(question, again, may_have_happened=may_have_happened)

    def _unsettled(self, question: Question, again: _Again, *, may_have_happened: bool) -> Exception:
        if again.last is not None and not may_have_happened:
            return again.last
        if question.key is None:
            return NoAnswer(again.why, retry_after_s=again.retry_after_s)
        return Unknown(again.why, key=question.key, sent=may_have_happened, retry_after_s=again.retry_after_s)

    def _attempt(self, question: Question, timeout_s: float, may_have_happened: bool) -> Json | _Again:  # noqa: FBT001 - handed on, private
        signed = sign_request(
            self._signer,
            key_id=self._key_id,
            authority_name=self._authority_name,
            method=question.method,
            path=question.path,
            query=question.query,
            body=question.body.data,
            idempotency_key=question.key,
            version=self._version,
            created_s=(self._clock.now_ms() + self._behind_ms) // 1000,
            nonce=self._clock.token(NONCE_BYTES),
        )
        try:
            reply = self._wire.exchange(
                question.method,
                question.target,
                host=self._authority_name,
                fields=signed,
                body=question.body,
                timeout_s=timeout_s,
            )
        except Silence as silence:
            return _Again(silence.why, open=silence.sent)
        try:
            content = json_object(reply.body)
            if reply.status == 200:
                return content
            if reply.content_type == PROBLEM_JSON:
                return self._problem(reply, content, may_have_happened=may_have_happened)
        except Unreadable:
            pass
        # a page of something in between, a redirect, half an answer: nobody told us what happened
        return _Again(
            f"status {reply.status}, not an answer of the authority", open=True, retry_after_s=reply.retry_after_s
        )

    def _problem(self, reply: Reply, content: Json, *, may_have_happened: bool) -> _Again:
        """What to do after a problem. Raises when it settles the question."""
        name = str(content.get("type", "")).rsplit(":", 1)[-1][:64]
        detail, reason, payment_id = (str(content.get(part, "")) for part in ("detail", "reason", "payment_id"))
        if reply.status in {402, 409} and reason and payment_id:
            raise Declined(reason, payment_id)
        after_s = reply.retry_after_s
        turned_away = Rejected(name, status=reply.status, detail=detail, retry_after_s=after_s)
        if reply.status >= 500:
            return _Again(name, open=True, retry_after_s=after_s)
        if reply.status == 429:
            return _Again(name, open=False, retry_after_s=after_s, last=turned_away)
        if name == "replayed-request":
            return _Again(name, open=True)  # another copy of this attempt got through, and its answer did not come here
        if name == "clock-skew" and type(time_ms := content.get("time_ms")) is int:
            behind_ms = time_ms - self._clock.now_ms()
            corrected = abs(behind_ms - self._behind_ms) > 1000
            self._behind_ms = behind_ms
            if corrected:
                return _Again(name, open=False, last=turned_away, now=True)
        if may_have_happened and reply.status not in _SETTLING:
            return _Again(name, open=True, retry_after_s=after_s)  # turned away now, but an earlier attempt was not
        raise turned_away
