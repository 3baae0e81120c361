"""Questions to the authority and what their answers are worth, as pure functions: no network, no clock, no randomness of its own.

A question is built from a call of the till, signed for one attempt, and its answer is read only after its signature was found good.
Everything else (unsigned, badly signed, garbage, a redirect, a wrong status) is ``NoAnswer``, never a yes and never a no (PR-08).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Generic, Literal, TypeVar

import msgspec

from kiosk.clock import IdSource
from kiosk.errors import Bug, Trouble
from kiosk.protocol import routes
from kiosk.protocol.codec import MAX_ANSWER_BYTES, Malformed, decode, encode
from kiosk.protocol.keys import SigningKey, VerifyKey
from kiosk.protocol.messages import (
    Amount,
    BalanceAnswer,
    BalanceRequest,
    CancelRequest,
    ChangesAnswer,
    CommitRequest,
    EntriesAnswer,
    EntriesRequest,
    ExtendRequest,
    LineAnswer,
    ReserveRequest,
    TimeAnswer,
)
from kiosk.protocol.problems import PROBLEM_JSON, Problem
from kiosk.protocol.routes import Route
from kiosk.protocol.signature_fields import NONCE_BYTES
from kiosk.protocol.signing import Signed, sign_request, verify_answer
from kiosk.till.ports import LineCall

T = TypeVar("T", bound=msgspec.Struct)


class Silence(Enum):
    """Why there is no answer; the value is the code of the trouble, explained in ``docs/operations.md``."""

    NO_ROUTE = "NET-01"  # nobody took the connection
    CONNECT_TIMEOUT = "NET-02"
    TIMEOUT = "NET-03"  # sent, and no whole answer in time
    BROKEN = "NET-04"  # the connection ended before the answer did
    TLS = "NET-05"
    NOT_OURS = "NET-06"  # a redirect, a status or a size that the authority does not use: something stands in between
    UNSIGNED = "NET-07"  # no signature of the pinned key over this answer to this request
    GARBAGE = "NET-08"  # signed, and yet not a message of this protocol
    STOPPING = "NET-09"  # this terminal is stopping


class NoAnswer(Trouble):
    """No signed answer. ``sent`` is false only when certainly no byte of the request left this machine."""

    def __init__(self, silence: Silence, *, sent: bool, detail: str = "") -> None:
        super().__init__(silence.value, retryable=silence is not Silence.TLS, detail=detail)
        self.silence = silence
        self.sent = sent


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer as it stands on the wire; nothing about it is believed yet."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this terminal is. ``authority`` is the public name that signatures cover; ``version`` this software's."""

    terminal_id: str
    request_key: SigningKey
    authority_key: VerifyKey
    authority: str
    version: str


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """One request, the same for each of its attempts. ``outcomes``: what a believable answer may say, empty for anything."""

    route: Route
    body: bytes
    kind: type[T]
    outcomes: frozenset[str] = frozenset()


# the answers that the authority's table (``kiosk.domain.activation_table``) can give to each verb
_OUTCOMES: Final = {
    "reserve": frozenset({"reserved", "refused", "committed"}),
    "extend": frozenset({"extended", "lost"}),
    "commit": frozenset({"committed", "refused"}),
    "status": frozenset({"status"}),
    "cancel": frozenset({"cancelled", "too_late", "refused"}),
}


def line_question(call: LineCall) -> Question[LineAnswer]:
    """What a call about a line becomes on the wire. The same call gives the same bytes and the same idempotency key, always."""
    route = routes.line(call.verb, call.line_id, n=call.n)
    body = _line_body(call)
    return Question(route, b"" if body is None else encode(body), LineAnswer, _OUTCOMES[call.verb])


def _line_body(call: LineCall) -> msgspec.Struct | None:
    face = Amount(amount_minor=call.face.minor, currency=call.face.currency.code)
    match call.verb:
        case "reserve":
            return ReserveRequest(sale_id=call.sale_id, serial=call.serial, entry_mode=_mode(call), face=face)
        case "extend":
            return ExtendRequest(n=call.n)
        case "commit":
            return CommitRequest(
                sale_id=call.sale_id, serial=call.serial, entry_mode=_mode(call), face=face, tender=_tender(call)
            )
        case "cancel":
            return CancelRequest(serial=call.serial, card_rescanned=call.rescanned)
        case _:
            return None


def _mode(call: LineCall) -> Literal["scanned", "keyed"]:
    match call.entry_mode:
        case "scanned" | "keyed" as mode:
            return mode
        case _:
            raise Bug("a card is scanned or keyed")


def _tender(call: LineCall) -> Literal["cash", "bank_card"]:
    match call.tender:
        case "cash" | "bank_card" as tender:
            return tender
        case _:
            raise Bug("a commit names how it was paid")


def balance_question(question_id: str, serial: str) -> Question[BalanceAnswer]:
    body = encode(BalanceRequest(serial=serial))
    return Question(routes.balance(question_id), body, BalanceAnswer, frozenset({"found", "not_found"}))


def entries_question(batch: EntriesRequest) -> Question[EntriesAnswer]:
    body = encode(batch)
    return Question(routes.entries(body), body, EntriesAnswer)


def changes_question(cursor: str) -> Question[ChangesAnswer]:
    return Question(routes.changes(cursor), b"", ChangesAnswer)


def time_question() -> Question[TimeAnswer]:
    return Question(routes.time(), b"", TimeAnswer)


def sign_attempt(question: Question[T], identity: Identity, *, created_s: int, ids: IdSource) -> Signed:
    """Sign one attempt: a fresh nonce each time, the same idempotency key (PR-07)."""
    return sign_request(
        signer=identity.request_key,
        keyid=identity.terminal_id,
        authority=identity.authority,
        method=question.route.method,
        path=question.route.path,
        query=question.route.query,
        body=question.body,
        idempotency_key=question.route.key,
        version=identity.version,
        created_s=created_s,
        nonce=ids.token_bytes(NONCE_BYTES),
    )


def read_answer(question: Question[T], signed: Signed, answer: HttpAnswer, *, authority_key: VerifyKey) -> T | Problem:
    """The authority's message, or its problem. Raises ``NoAnswer`` for everything that it did not sign for this very request."""
    if len(answer.body) > MAX_ANSWER_BYTES:
        raise NoAnswer(Silence.NOT_OURS, sent=True, detail="too large")
    if not verify_answer(
        verifier=authority_key,
        status=answer.status,
        headers=answer.headers,
        body=answer.body,
        request_signature=signed.signature,
    ):
        ours = answer.status == 200 or answer.status >= 400
        raise NoAnswer(Silence.UNSIGNED if ours else Silence.NOT_OURS, sent=True, detail=f"status {answer.status}")
    try:
        if answer.status == 200:
            message = decode(answer.body, question.kind, limit=MAX_ANSWER_BYTES)
            if question.outcomes and getattr(message, "outcome", None) not in question.outcomes:
                raise NoAnswer(Silence.GARBAGE, sent=True, detail="an outcome that this question does not have")
            return message
        if answer.status >= 400 and _content_type(answer) == PROBLEM_JSON:
            return decode(answer.body, Problem, limit=MAX_ANSWER_BYTES)
    except Malformed as error:
        raise NoAnswer(Silence.GARBAGE, sent=True, detail=error.detail) from None
    raise NoAnswer(Silence.NOT_OURS, sent=True, detail=f"status {answer.status}")


def _content_type(answer: HttpAnswer) -> str:
    values = [value for name, value in answer.headers if name.lower() == b"content-type"]
    return values[0].decode("latin-1").partition(";")[0].strip().lower() if len(values) == 1 else ""
