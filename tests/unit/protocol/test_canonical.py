"""The bytes that are hashed and signed: one meaning has one text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.protocol.canonical import MAX_DEPTH, NotCanonical, canonical_bytes, read_canonical

KEYS = st.text(st.characters(max_codepoint=127), max_size=8)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
LEAVES = st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3))
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=5)


@given(OBJECTS)
def test_there_and_back(value: dict[str, object]) -> None:
    """A journal entry would be read back as another one, or its signature would not fit its own text."""
    data = canonical_bytes(value)
    assert read_canonical(data) == value
    assert json.loads(data) == value


@given(OBJECTS)
def test_it_does_not_matter_which_key_came_first(value: dict[str, object]) -> None:
    """The same entry would have two hashes."""
    assert canonical_bytes(dict(reversed(value.items()))) == canonical_bytes(value)


def test_the_form() -> None:
    """A verifier written from the page, in another language, would compute other hashes (RFC 8785, 3.2)."""
    value = {"b": ["é", "\u202f", '"\\/\b\f\n\r\t\x01\x7f', "😀"], "a": {"z": -1, "A": True}, "": 0, "10": 1, "9": 2}
    expected = '{"":0,"10":1,"9":2,"a":{"A":true,"z":-1},"b":["é","\u202f","\\"\\\\/\\b\\f\\n\\r\\t\\u0001\x7f","😀"]}'
    assert canonical_bytes(value) == expected.encode()


@pytest.mark.parametrize(
    "value", [1.0, None, 2**53, -(2**53), b"bytes", {1: 2}, {"é": 1}, "\ud800", {"a": [1, 2.5]}, {1, 2}, [None]]
)
def test_what_has_no_form(value: object) -> None:
    """A float or a null in an entry would be written differently by another machine."""
    with pytest.raises(NotCanonical):
        canonical_bytes({"x": value})


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1}',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\/"}',
        b'{"a":null}',
        b'{"a":9007199254740992}',
        b'{"a":-0}',
        b"[]",
        b'{"a":1}\n',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":"\xff"}',
        b'{"a":NaN}',
        b"",
        b"[" * 100_000,
    ],
)
def test_other_texts_of_the_same_are_refused(data: bytes) -> None:
    """Two different texts of one entry could both be signed and believed."""
    with pytest.raises(NotCanonical):
        read_canonical(data)


def test_depth_has_a_limit() -> None:
    """A deeply nested entry would end the authority with a recursion error."""
    value: object = 1
    for _ in range(MAX_DEPTH + 1):
        value = [value]
    with pytest.raises(NotCanonical):
        canonical_bytes({"x": value})
