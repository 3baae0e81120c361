"""The signed bytes of an entry: one text for one meaning, read back exactly, and newer entries survive an older program."""

import dataclasses
import hashlib
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain import events as ev
from kiosk.journal.codec import (
    CHAINS,
    GENESIS,
    Content,
    NotAnEntry,
    decode,
    encode,
    entry_hash,
    local_offset_minutes,
    utc_ms,
    utc_text,
)
from tests.helpers.journal import completed, scanned

texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40)
numbers = st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)


def bodies(kind: type[Any]) -> st.SearchStrategy[Any]:  # Any: the strategies of 33 classes
    """Any event of a kind, from its annotations: a kind added tomorrow is tested tomorrow."""
    hints = get_type_hints(kind)
    return st.builds(kind, **{field.name: _strategy(hints[field.name]) for field in dataclasses.fields(kind)})


def _strategy(hint: Any) -> st.SearchStrategy[Any]:  # Any: an annotation
    if hint is str:
        return texts
    if hint is bool:
        return st.booleans()
    if hint is int:
        return numbers
    if dataclasses.is_dataclass(hint):
        assert isinstance(hint, type)
        return bodies(hint)
    inner = get_args(hint)
    if inner[-1] is Ellipsis:
        return st.lists(_strategy(inner[0]), max_size=3).map(tuple)
    return st.one_of(*(st.none() if one is type(None) else _strategy(one) for one in inner))


def content(event: ev.Event, **changes: Any) -> Content:  # Any: fields of Content
    plain = Content(
        terminal="T0001",
        epoch=1,
        seq=7,
        at_ms=1_767_258_000_250,
        offset_minutes=60,
        mono_ms=5_000,
        boot="boot-1",
        user="clerk-1",
        event=event,
    )
    return dataclasses.replace(plain, **changes)


@pytest.mark.parametrize("kind", ev.KINDS.values(), ids=list(ev.KINDS))
def test_every_kind_is_read_back_as_it_was_written(kind: type[ev.Event]) -> None:
    """A restart would fold another event than the one that happened."""

    @given(event=bodies(kind), user=texts, offset=st.integers(-720, 840))
    def check(event: ev.Event, user: str, offset: int) -> None:
        written = content(event, user=user, offset_minutes=offset)
        assert decode(encode(written)) == written

    check()


def test_every_event_of_the_union_has_a_kind() -> None:
    """An event could be appended and never be read again."""
    assert set(get_args(ev.Event)) - {ev.OpaqueEvent} == set(ev.KINDS.values())
    assert set(ev.FISCAL.values()) <= set(CHAINS)
    assert set(ev.FISCAL) <= set(ev.KINDS.values())


def test_the_bytes_are_those_of_the_document() -> None:
    """A verifier written from the document would call an honest journal forged."""
    entry = content(ev.LineReleased("line-1", "removed"))
    assert encode(entry) == (
        b'{"at":"2026-01-01T09:00:00.250Z","body":{"cause":"removed","line_id":"line-1"},"boot":"boot-1","epoch":1,'
        b'"kind":"LineReleased","mono_ms":5000,"offset_minutes":60,"seq":7,"terminal":"T0001","user":"clerk-1","v":1}'
    )


def test_what_is_absent_is_left_out() -> None:
    """A null would be signed, which other languages write and read in other ways."""
    data = encode(content(scanned()))
    assert b"null" not in data
    assert b"replaces" not in data
    event = scanned()
    assert isinstance(event, ev.LineScanned)
    assert b'"replaces":"line-0"' in encode(content(dataclasses.replace(event, replaces="line-0")))


def test_a_fiscal_entry_signs_its_chain() -> None:
    """A receipt's number could be changed without touching its signature."""
    entry = content(completed(), chain="ticket", chain_no=41, chain_prev=hashlib.sha256(b"x").digest())
    data = encode(entry)
    assert b'"chain":"ticket","chain_no":41,"chain_prev":"2d711642b726b044' in data
    assert decode(data) == entry


def test_an_unknown_kind_survives_as_opaque() -> None:
    """After going back to an older version the till would not start, or forget what the newer one wrote."""
    data = encode(content(ev.LineReleased("line-1", "removed"))).replace(b"LineReleased", b"LineBlessed")
    event = decode(data).event
    assert event == ev.OpaqueEvent("LineBlessed", '{"cause":"removed","line_id":"line-1"}')


def test_a_newer_format_survives_as_opaque_with_its_envelope() -> None:
    """The chains of a newer version's entries could not be checked."""
    data = encode(content(ev.LineReleased("line-1", "removed"))).replace(b'"v":1', b'"v":2')
    read = decode(data)
    assert isinstance(read.event, ev.OpaqueEvent)
    assert (read.seq, read.terminal) == (7, "T0001")


def test_an_opaque_event_is_not_written() -> None:
    """We would sign what we do not understand."""
    with pytest.raises(AssertionError):
        encode(content(ev.OpaqueEvent("X", "{}")))


def test_a_field_that_a_newer_version_added_to_a_body_is_let_be() -> None:
    """An older program could not read its successor's journal at all."""
    data = encode(content(ev.LineReleased("line-1", "removed"))).replace(b'"cause"', b'"because":1,"cause"')
    assert decode(data).event == ev.LineReleased("line-1", "removed")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        encode(content(scanned()))[:-1],
        encode(content(scanned())).replace(b'"v":1', b'"v":"1"'),
        encode(content(scanned())).replace(b".250Z", b".25Z"),
        encode(content(scanned())).replace(b".250Z", b"Z"),
        encode(content(scanned())).replace(b"2026-01-01", b"2026-02-30"),
        encode(content(scanned())).replace(b'"face_minor":1000', b'"face_minor":"1000"'),
        encode(content(scanned())).replace(b'"face_minor":1000', b'"face_minor":1000.5'),
        encode(content(scanned())).replace(b'"serial"', b'"cereal"'),
        encode(content(scanned())).replace(b'"boot"', b'"chain":"ticket","boot"'),
        encode(content(completed(), chain="ticket", chain_no=1, chain_prev=GENESIS)).replace(b'"00', b'"zz'),
        encode(content(completed(), chain="ticket", chain_no=1, chain_prev=b"\xab" * 32)).replace(b'"ab', b'"AB'),
        encode(content(completed(), chain="ticket", chain_no=1, chain_prev=GENESIS)).replace(b'"00', b'"'),
    ],
)
def test_what_is_no_entry_is_refused(data: bytes) -> None:
    """Garbage from a failing disk would be folded into money."""
    with pytest.raises(NotAnEntry):
        decode(data)


def test_the_refusal_does_not_show_the_content() -> None:
    """A damaged entry would write a card's serial into the log."""
    data = encode(content(scanned())).replace(b'"face_minor":1000', b'"face_minor":"1234567890121104"')
    with pytest.raises(NotAnEntry) as caught:
        decode(data)
    assert "1234567890121104" not in str(caught.value)


def test_an_entry_has_a_limit() -> None:
    """One entry could be too big for a delivery and stay in the outbox for ever."""
    with pytest.raises(AssertionError):
        encode(content(ev.PrintEnded("job", "refused", "x" * 70_000)))


@given(at_ms=st.integers(min_value=0, max_value=4_102_444_800_000))
def test_times_are_exact_and_sort_as_texts(at_ms: int) -> None:
    """Two sales of one second would change places, or a receipt would bear another time than the journal."""
    assert utc_ms(utc_text(at_ms)) == at_ms
    assert (utc_text(at_ms) < utc_text(at_ms + 1)) is True


def test_the_hash_is_of_prev_and_content() -> None:
    """The chain would not be the one that the document describes."""
    assert entry_hash(b"\x01" * 32, b"abc") == hashlib.sha256(b"\x01" * 32 + b"abc").digest()


def test_the_local_offset_is_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    """A receipt of July would show the time of winter."""
    import time

    monkeypatch.setenv("TZ", "Europe/Paris")
    time.tzset()
    try:
        assert local_offset_minutes(1_767_258_000_000) == 60  # 2026-01-01
        assert local_offset_minutes(1_782_896_400_000) == 120  # 2026-07-01
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
