"""What a question becomes on the wire, and what an answer is worth."""

import dataclasses

import msgspec
import pytest

from kiosk.domain.currency import EUR
from kiosk.domain.money import Money
from kiosk.errors import Bug
from kiosk.protocol import routes
from kiosk.protocol.codec import decode, encode
from kiosk.protocol.keys import SigningKey
from kiosk.protocol.messages import (
    BalanceRequest,
    CancelRequest,
    CommitRequest,
    EntriesRequest,
    ExtendRequest,
    LineAnswer,
    ReserveRequest,
    SignedEntry,
    TimeAnswer,
)
from kiosk.protocol.problems import PROBLEM_JSON, ProblemKind, problem
from kiosk.protocol.signing import Signed, Verified, sign_answer
from kiosk.sync.exchange import (
    HttpAnswer,
    Identity,
    NoAnswer,
    Question,
    Silence,
    balance_question,
    changes_question,
    entries_question,
    line_question,
    read_answer,
    sign_attempt,
    time_question,
)
from kiosk.till.ports import LineCall
from tests.fakes.clock import SeededIds
from tests.helpers.wire import AUTHORITY, AUTHORITY_KEY, LINE_ID, NOW_S, OTHER_KEY, TERMINAL, TERMINAL_KEY, Wire, pairs

IDENTITY = Identity(TERMINAL, TERMINAL_KEY, AUTHORITY_KEY.public, AUTHORITY, "0.1.0")
CALL = LineCall("commit", LINE_ID, "sale", "0000000000001111", "scanned", Money(2000, EUR), tender="cash")
YES = LineAnswer(outcome="committed", record="committed")


def call(verb: str) -> LineCall:
    return dataclasses.replace(CALL, verb=verb, n=2 if verb == "extend" else 0, rescanned=True)


def test_each_verb_has_its_message() -> None:
    """The authority would be asked for something else than the till decided."""
    face = {"amount_minor": 2000, "currency": "EUR"}
    same: dict[str, object] = {"sale_id": "sale", "serial": "0000000000001111", "entry_mode": "scanned", "face": face}
    expected: dict[str, tuple[type[msgspec.Struct], dict[str, object]]] = {
        "reserve": (ReserveRequest, same),
        "extend": (ExtendRequest, {"n": 2}),
        "commit": (CommitRequest, {**same, "tender": "cash"}),
        "cancel": (CancelRequest, {"serial": "0000000000001111", "card_rescanned": True}),
    }
    for verb, (kind, content) in expected.items():
        question = line_question(call(verb))
        assert msgspec.to_builtins(decode(question.body, kind)) == content
        assert question.route == routes.line(verb, LINE_ID, n=2)
    assert line_question(call("status")).body == b""
    assert line_question(call("status")).route.method == "GET"


def test_every_attempt_is_the_same_question_newly_signed(ids: SeededIds) -> None:
    """A retry would be a second sale, or be refused as a replay."""
    first, second = line_question(CALL), line_question(CALL)
    assert first == second
    one, two = (sign_attempt(question, IDENTITY, created_s=NOW_S, ids=ids) for question in (first, second))
    assert one.headers["idempotency-key"] == two.headers["idempotency-key"]
    assert one.headers["signature-input"] != two.headers["signature-input"]
    wire = Wire()
    for signed in (one, two):
        parts = wire.parts(first.route, first.body)
        parts = msgspec.structs.replace(parts, headers=pairs(dict(signed.headers)))
        assert isinstance(wire.check(parts), Verified)


def test_other_questions() -> None:
    """Balances, deliveries, downloads and the clock would be asked at wrong addresses."""
    balance = balance_question(LINE_ID, "0000000000001111")
    assert decode(balance.body, BalanceRequest).serial == "0000000000001111"
    assert "1111" not in balance.route.path + (balance.route.key or "")
    batch = EntriesRequest(epoch=1, entries=[SignedEntry(seq=1, content="{}", prev="", hash="", signature="")])
    assert decode(entries_question(batch).body, EntriesRequest) == batch
    assert changes_question("c 1").route.query == "cursor=c+1&limit=500"
    assert time_question().route == routes.time()


@pytest.mark.parametrize(
    "wrong", [{"entry_mode": "guessed"}, {"tender": None}, {"tender": "mobile"}, {"verb": "void"}, {"line_id": "x"}]
)
def test_a_call_that_makes_no_sense_is_a_bug(wrong: dict[str, str]) -> None:
    """A mistake of the till would be sent, and refused for ever."""
    with pytest.raises((Bug, ValueError)):
        line_question(dataclasses.replace(CALL, **wrong))  # type: ignore[arg-type]  # wrong values are the point


QUESTION: Question[LineAnswer] = line_question(CALL)


@pytest.fixture
def attempt(ids: SeededIds) -> Signed:
    return sign_attempt(QUESTION, IDENTITY, created_s=NOW_S, ids=ids)


def answer(
    signed: Signed,
    message: msgspec.Struct | bytes = YES,
    *,
    status: int = 200,
    signer: SigningKey = AUTHORITY_KEY,
    kind: str = "application/json",
) -> HttpAnswer:
    body = message if isinstance(message, bytes) else encode(message)
    fields = sign_answer(
        signer=signer, keyid="a", status=status, body=body, request_signature=signed.signature, created_s=NOW_S
    ).headers
    return HttpAnswer(status, pairs({**fields, "content-type": kind}), body)


def read(signed: Signed, got: HttpAnswer) -> object:
    return read_answer(QUESTION, signed, got, authority_key=AUTHORITY_KEY.public)


def test_a_signed_yes_is_a_yes(attempt: Signed) -> None:
    """A till could not sell."""
    assert read(attempt, answer(attempt)) == YES


def test_a_signed_problem_is_a_problem(attempt: Signed) -> None:
    """A revoked till would ask for ever and nobody would know why."""
    for kind in ProblemKind:
        made = problem(kind, time_ms=5)
        assert read(attempt, answer(attempt, made, status=made.status, kind=f"{PROBLEM_JSON}; charset=utf-8")) == made


def test_what_is_not_signed_for_this_request_is_no_answer(attempt: Signed, ids: SeededIds) -> None:
    """Somebody on the line could say yes in the authority's name."""
    other = sign_attempt(QUESTION, IDENTITY, created_s=NOW_S, ids=ids)
    good = answer(attempt)
    cases = {
        "no signature": dataclasses.replace(good, headers=pairs({"content-type": "application/json"})),
        "another key": answer(attempt, signer=OTHER_KEY),
        "the till's own key": answer(attempt, signer=TERMINAL_KEY),
        "another request of the same sale": answer(other),
        "another status": dataclasses.replace(good, status=201),
        "a body flipped": dataclasses.replace(good, body=good.body.replace(b"committed", b"dommitted")),
        "a body longer": dataclasses.replace(good, body=good.body + b"\n"),
        "no body": dataclasses.replace(good, body=b""),
        "a redirect": HttpAnswer(302, pairs({"location": "http://127.0.0.1/"}), b""),
        "a portal's page": HttpAnswer(200, pairs({"content-type": "text/html"}), b"<html>log in"),
        "too large": HttpAnswer(200, [], b" " * 1_048_577),
    }
    for name, case in cases.items():
        with pytest.raises(NoAnswer) as caught:
            read(attempt, case)
        assert caught.value.silence in {Silence.UNSIGNED, Silence.NOT_OURS}, name
        assert caught.value.sent, name


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b"{}", 200),
        (b"null", 200),
        (b'{"outcome":true,"record":"committed"}', 200),
        (encode(TimeAnswer(time_ms=1)), 200),
        (b'{"outcome":"reserved","record":"reserved"}', 200),
        (b'{"outcome":"activated","record":"committed"}', 200),
        (b"{}", 503),
    ],
)
def test_signed_nonsense_is_no_answer(attempt: Signed, body: bytes, status: int) -> None:
    """A fault of the authority would be taken for a yes, or stop the till."""
    with pytest.raises(NoAnswer) as caught:
        read(attempt, answer(attempt, body, status=status, kind=PROBLEM_JSON))
    assert caught.value.silence is Silence.GARBAGE


@pytest.mark.parametrize(("status", "kind"), [(204, "application/json"), (302, PROBLEM_JSON), (500, "text/plain")])
def test_signed_with_a_status_that_the_authority_does_not_use(attempt: Signed, status: int, kind: str) -> None:
    """A new kind of answer would be guessed at."""
    with pytest.raises(NoAnswer) as caught:
        read(attempt, answer(attempt, YES, status=status, kind=kind))
    assert caught.value.silence is Silence.NOT_OURS


def test_codes_of_silence_are_all_different() -> None:
    """Two causes would share a line of the operations page."""
    assert [silence.value for silence in Silence] == [f"NET-{number:02}" for number in range(1, len(Silence) + 1)]
    trouble = NoAnswer(Silence.TIMEOUT, sent=True, detail="x")
    assert (trouble.code, trouble.retryable, trouble.sent) == ("NET-03", True, True)
