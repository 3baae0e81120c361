"""Nonces, addresses, problems, enrolment: the small parts of the protocol."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.protocol import routes
from kiosk.protocol.codec import decode, encode
from kiosk.protocol.enrolment import (
    ALPHABET,
    enrolment_keys,
    make_enrolment_code,
    parse_enrolment_code,
    show_enrolment_code,
    sign_enrolment,
)
from kiosk.protocol.nonces import REMEMBER_S, SPAN_S, Nonces, NonceVerdict
from kiosk.protocol.problems import TRAITS, Problem, ProblemKind, problem
from kiosk.protocol.signing import Fault
from tests.helpers.wire import LINE_ID, OTHER_KEY, TERMINAL_KEY, key


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 9), st.integers(-300, 300)), max_size=60))
def test_nonces_against_a_list(steps: list[tuple[int, int, int]]) -> None:
    """A request would be heard twice while its date is still good, or a nonce be kept for ever."""
    nonces, now = Nonces(), 1_000
    known: set[tuple[int, int]] = set()
    for pause, name, skew in steps:
        now += pause
        verdict = nonces.use("k", str(name), created_s=now + skew, now_s=now)
        assert verdict is NonceVerdict.FRESH or (now + skew) // SPAN_S in {date // SPAN_S for _, date in known}
        known.add((name, now + skew))
        for other, date in known:
            if date >= now - REMEMBER_S:
                assert nonces.use("k", str(other), created_s=date, now_s=now) is NonceVerdict.SEEN


def test_nonces_are_bounded_and_apart() -> None:
    """One mad till would fill the authority's memory, or shut out the others."""
    nonces = Nonces(max_per_key=3, max_in_all=5)

    def use(keyid: str, nonce: int, now_s: int = 0) -> NonceVerdict:
        return nonces.use(keyid, str(nonce), created_s=now_s, now_s=now_s)

    assert [use("a", n) for n in range(4)] == [NonceVerdict.FRESH] * 3 + [NonceVerdict.FULL]
    assert use("b", 0) is NonceVerdict.FRESH
    assert use("a", 0) is NonceVerdict.SEEN
    assert [use("c", n) for n in range(2)] == [NonceVerdict.FRESH, NonceVerdict.FULL]
    assert use("a", 9, now_s=SPAN_S + REMEMBER_S) is NonceVerdict.FRESH
    assert [use("b", n, now_s=SPAN_S + REMEMBER_S) for n in range(4)] == [NonceVerdict.FRESH] * 3 + [NonceVerdict.FULL]


def test_nonces_survive_a_clock_set_back() -> None:
    """Setting the authority's clock back would open a window for replays."""
    nonces = Nonces()
    assert nonces.use("a", "n", created_s=10_000, now_s=10_000) is NonceVerdict.FRESH
    assert nonces.use("a", "m", created_s=9_800, now_s=9_800) is NonceVerdict.FRESH
    assert nonces.use("a", "n", created_s=10_000, now_s=9_800) is NonceVerdict.SEEN


def test_addresses_and_keys() -> None:
    """Till and authority would disagree on what is the same request."""
    assert routes.line("commit", LINE_ID) == routes.Route("POST", f"/v1/lines/{LINE_ID}/commit", f"commit/{LINE_ID}")
    assert routes.line("extend", LINE_ID, n=2).key == f"extend/{LINE_ID}/2"
    assert routes.line("status", LINE_ID) == routes.Route("GET", f"/v1/lines/{LINE_ID}", None)
    assert routes.changes("a b&c=/", limit=5).query == "cursor=a+b%26c%3D%2F&limit=5"
    assert routes.entries(b"a").key != routes.entries(b"b").key
    assert routes.entries(b"a") == routes.entries(b"a")


@pytest.mark.parametrize(
    "line_id", ["", "..", "a/b", LINE_ID.upper().replace("0", "A"), LINE_ID + "\n", LINE_ID + "/x"]
)
def test_addresses_take_ids_only(line_id: str) -> None:
    """Whatever stands where an id belongs could lead a request to another address."""
    with pytest.raises(ValueError):
        routes.line("commit", line_id)
    with pytest.raises(ValueError):
        routes.void(line_id)


def test_unknown_verb() -> None:
    """A misspelt verb would be sent to nowhere, again and again."""
    with pytest.raises(ValueError):
        routes.line("comit", LINE_ID)


def test_problems_are_complete_and_stable() -> None:
    """A till would not know what to do with a problem, or an old till would not recognise it."""
    assert set(TRAITS) == set(ProblemKind)
    assert ProblemKind.CLOCK_SKEW.uri == "urn:kiosk:problem:clock-skew"
    for kind in ProblemKind:
        made = problem(kind, detail="d", time_ms=1, retry_after_s=2)
        back = decode(encode(made), Problem)
        assert back == made
        assert back.kind is kind
        assert back.name == kind.value
        assert 400 <= back.status <= 599
    assert {fault.value for fault in Fault} <= {kind.value for kind in ProblemKind}


def test_problem_of_a_newer_authority() -> None:
    """An older till would fail on a problem it has not heard of, and not just treat it as no answer."""
    new = b'{"type":"urn:kiosk:problem:strike","title":"t","status":503,"retryable":true,"till_action":"wait","new":1}'
    assert decode(new, Problem).kind is None
    assert decode(new, Problem).name == "strike"


CODE = "0123456789"


def test_enrolment_proofs() -> None:
    """Somebody could enrol with a key that is not his, or swap one of the two on the way."""
    request = sign_enrolment(
        code=CODE, request_key=TERMINAL_KEY, journal_key=OTHER_KEY, nonce=bytes(16), software="1", machine="m",
        keystore="demonstration",
    )  # fmt: skip
    assert enrolment_keys(request) == (TERMINAL_KEY.public, OTHER_KEY.public)
    stranger = key(9).public.text
    changes = [
        {"code": "0123456780"},
        {"request_key": stranger},
        {"journal_key": stranger},
        {"nonce": "AAAAAAAAAAAAAAAAAAAAAQ"},
        {"nonce": ""},
        {"proof": request.journal_proof},
        {"journal_proof": request.proof},
        {"proof": ""},
        {"proof": "é"},
        {"request_key": request.journal_key, "journal_key": request.request_key},
    ]
    for change in changes:
        assert enrolment_keys(msgspec.structs.replace(request, **change)) is None, change


def test_one_key_for_both_is_refused() -> None:
    """The key that is online all day would also sign the journal."""
    request = sign_enrolment(
        code=CODE, request_key=TERMINAL_KEY, journal_key=TERMINAL_KEY, nonce=bytes(16), software="1", machine="m",
        keystore="file",
    )  # fmt: skip
    assert enrolment_keys(request) is None


@given(st.binary(min_size=7, max_size=7))
def test_enrolment_code(random: bytes) -> None:
    """A code read aloud or typed in small letters would not be the code."""
    code = make_enrolment_code(random)
    assert len(code) == 10
    assert set(code) <= set(ALPHABET)
    shown = show_enrolment_code(code)
    assert parse_enrolment_code(shown) == code
    assert parse_enrolment_code(f" {shown.lower()} ".replace("1", "l").replace("0", "o")) == code


@pytest.mark.parametrize("text", ["", "12345", "ABCDE-FGHJU", "ABCDE-FGHJKM", "ABCDE-FGHJ!", "１２３４５６７８９０"])
def test_what_is_no_enrolment_code(text: str) -> None:
    """One of the five tries would be wasted on what cannot be a code."""
    assert parse_enrolment_code(text) is None


def test_enrolment_codes_use_all_their_bits() -> None:
    """Codes would be easier to guess than 50 bits."""
    assert make_enrolment_code(bytes(7)) == "0000000000"
    assert make_enrolment_code(b"\xff" * 7) == "ZZZZZZZZZZ"
    assert len({make_enrolment_code((1 << bit).to_bytes(7, "big")) for bit in range(6, 56)}) == 50
