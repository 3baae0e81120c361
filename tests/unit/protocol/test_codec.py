"""Messages to bytes and back: nothing that is not exactly the message gets through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.protocol.codec import Malformed, TooLarge, decode, encode, schema_of
from kiosk.protocol.messages import (
    Amount,
    CommitRequest,
    EntriesAnswer,
    EntriesRequest,
    LineAnswer,
    ReserveRequest,
    SignedEntry,
)

RESERVE = ReserveRequest(
    sale_id="s", serial="0000000000001111", entry_mode="scanned", face=Amount(amount_minor=2000, currency="EUR")
)


def test_there_and_back() -> None:
    """A message would arrive as another one."""
    entry = SignedEntry(seq=1, content='{"a":"é"}', prev="00", hash="01", signature="AA")
    for message in (RESERVE, EntriesRequest(epoch=1, entries=[entry]), LineAnswer(outcome="status", record="unseen")):
        assert decode(encode(message), type(message)) == message


@pytest.mark.parametrize("text", [b"2000", b"2000.0", b"2e3", b"2.000E+3"])
def test_a_whole_number_is_a_whole_number(text: bytes) -> None:
    """A client whose JSON library writes 2000.0 could not sell."""
    assert decode(b'{"amount_minor":%s,"currency":"EUR"}' % text, Amount).amount_minor == 2000


@pytest.mark.parametrize(
    "text",
    [b'"2000"', b"2000.5", b"true", b"null", b"[2000]", b"1e30", b"9007199254740993.0", b"NaN", b"1e400", b"0x10"],
)
def test_anything_else_is_no_amount(text: bytes) -> None:
    """A price sent as text or as a fraction could be taken for some other price."""
    with pytest.raises(Malformed):
        decode(b'{"amount_minor":%s,"currency":"EUR"}' % text, Amount)


def test_a_whole_float_deep_inside() -> None:
    """Only the outermost numbers would be read kindly."""
    body = encode(RESERVE).replace(b"2000", b"2000.0")
    assert decode(body, ReserveRequest) == RESERVE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"sale_id"', b'"sale-id"'),
        (b'"sale_id":"s",', b""),
        (b'"scanned"', b'"guessed"'),
        (b'"0000000000001111"', b"1111"),
        (b"}}", b'},"unknown":1}'),
        (b"}}", b'}, "x": 1.0}'),
        (b"}}", b"}"),
        (b'"s"', b'"\xff"'),
    ],
)
def test_requests_are_strict(old: bytes, new: bytes) -> None:
    """A misspelt field near money would be passed over in silence."""
    body = encode(RESERVE)
    assert old in body
    with pytest.raises(Malformed):
        decode(body.replace(old, new), ReserveRequest)


@pytest.mark.parametrize(
    ("text", "good"),
    [(rb"a\u0000b", False), (rb"\\\u0000", False), (rb"\\u0000", True), (rb"\u0001", True), (b"\x00", False)],
)
def test_no_text_holds_a_nul(text: bytes, good: bool) -> None:
    """One database would keep it and another refuse it: a 500 for a till, again and again."""
    body = encode(RESERVE).replace(b'"s"', b'"' + text + b'"')
    if good:
        assert decode(body, ReserveRequest).sale_id
    else:
        with pytest.raises(Malformed):
            decode(body, ReserveRequest)


def test_answers_may_grow() -> None:
    """An older till would stop when the authority begins to say more."""
    answer = decode(b'{"outcome":"status","record":"reserved","new":{"a":1}}', LineAnswer)
    assert answer == LineAnswer(outcome="status", record="reserved")


def test_size_limit() -> None:
    """One client could fill the authority's memory."""
    body = encode(EntriesRequest(epoch=1, entries=[]))
    assert decode(body, EntriesRequest, limit=len(body)).epoch == 1
    with pytest.raises(TooLarge):
        decode(body, EntriesRequest, limit=len(body) - 1)
    with pytest.raises(TooLarge):
        decode(b" " * 262_145, EntriesRequest)


@pytest.mark.parametrize("body", [b"", b"[" * 100_000, b"{}", b"[]", b"null", b"\xef\xbb\xbf{}", b"{'a':1}", b'"' * 9])
def test_garbage_is_malformed(body: bytes) -> None:
    """Garbage would end in an unhandled error and not in a problem."""
    for kind in (ReserveRequest, CommitRequest, EntriesAnswer):
        with pytest.raises(Malformed):
            decode(body, kind)


@given(st.binary(max_size=300))
def test_any_bytes(body: bytes) -> None:
    """Some bytes or other would raise what nobody catches."""
    with pytest.raises(Malformed):
        decode(body, EntriesRequest)


def test_a_complaint_shows_no_value() -> None:
    """A serial that was put into the wrong field would stand in an error text and so in a log."""
    body = encode(RESERVE).replace(b'"scanned"', b'"9999888877776666"')
    with pytest.raises(Malformed) as caught:
        decode(body, ReserveRequest)
    assert "9999" not in caught.value.detail
    assert "$.entry_mode" in caught.value.detail
    with pytest.raises(Malformed) as caught:
        decode(b'{"%s":1}' % (b"x" * 5000), ReserveRequest)
    assert len(caught.value.detail) <= 200


def test_schema_names_what_is_needed() -> None:
    """The published description would not be the one the authority enforces."""
    schema = schema_of(ReserveRequest)["ReserveRequest"]
    assert schema["required"] == ["sale_id", "serial", "entry_mode", "face"]
    assert schema["additionalProperties"] is False
