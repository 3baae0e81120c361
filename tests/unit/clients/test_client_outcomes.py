"""What the merchants' client makes of answers and of silence: yes, no, unknown, and never one for the other."""

import pytest

from kiosk_merchant import Card, Declined, NoAnswer, Patience, Rejected, Unknown
from tests.helpers.scripted_authority import PAYMENT_ID, Say, ScriptedAuthority, StillClock, payment_json, problem

CARD = Card("1234567890121294", "111122223339")
YES = Say(body=payment_json())


def test_a_yes_is_a_value() -> None:
    """The shop would not know what was taken."""
    with ScriptedAuthority(Say(body=payment_json(250, refunded=100, reference="R1", future={"x": 1}))) as authority:
        payment = authority.client().payment(PAYMENT_ID)
    assert (payment.payment_id, payment.currency, payment.reference) == (PAYMENT_ID, "EUR", "R1")
    assert (payment.amount_minor, payment.captured_minor, payment.refunded_minor, payment.kept_minor) == (
        250,
        250,
        100,
        150,
    )
    assert payment.legs[0].card == "4711"
    with pytest.raises(AttributeError):
        payment.status = "refunded"  # type: ignore[misc] # frozen, which is what is tested


@pytest.mark.parametrize(("name", "status"), [("payment-declined", 402), ("payment-refused", 409)])
def test_a_no_is_raised_with_its_reason(name: str, status: int) -> None:
    """A shop that forgets to look at the answer would deliver for nothing."""
    no = problem(name, status, reason="insufficient_funds", payment_id=PAYMENT_ID)
    with ScriptedAuthority(no) as authority, pytest.raises(Declined) as caught:
        authority.client().charge(250, cards=[CARD], key="k")
    assert (caught.value.reason, caught.value.payment_id) == ("insufficient_funds", PAYMENT_ID)
    assert len(authority.heard) == 1, "a no is final and not asked again"


LOST = [
    Say(drop=True),
    problem("internal", 500),
    problem("busy", 503, retry_after_s=2),
    problem("replayed-request", 401),
    Say(502, raw=b"<html>", headers={"content-type": "text/html"}),
    Say(302, raw=b"", headers={"location": "https://elsewhere.example/"}),
    Say(200, raw=b"<html>welcome to the hotel"),
    Say(200, raw=b"[1]"),
    Say(200, raw=b'{"payment_id":', headers={"content-length": "40", "connection": "close"}),
    Say(200, raw=b" " * 1_100_000),
]


@pytest.mark.parametrize("lost", LOST, ids=range(len(LOST)))
def test_what_is_no_answer_is_asked_again_with_the_same_key(lost: Say) -> None:
    """The shopper would pay twice, or the shop call a payment declined that was made."""
    clock = StillClock()
    with ScriptedAuthority(lost, YES) as authority:
        payment = authority.client(clock).charge(250, cards=[CARD], key="the-key")
    assert payment.captured_minor == 250
    assert [one.headers["idempotency-key"] for one in authority.heard] == ["the-key", "the-key"]
    assert len({one.headers["signature-input"] for one in authority.heard}) == 2, "each attempt is signed anew"
    assert clock.waited == ([3.0] if lost.headers.get("retry-after") else [1.0])


@pytest.mark.parametrize("lost", LOST, ids=range(len(LOST)))
def test_what_stays_unknown_is_raised_with_its_key(lost: Say) -> None:
    """Without the key the caller can only ask under a new one, and the shopper pays twice."""
    with ScriptedAuthority(lost) as authority, pytest.raises(Unknown) as caught:
        authority.client().charge(250, cards=[CARD], key="the-key")
    assert caught.value.key == "the-key"
    assert caught.value.sent
    assert "the-key" in str(caught.value)
    assert len(authority.heard) >= 3


def test_what_comes_with_a_redirect_is_bounded_too() -> None:
    """Something in between could fill the memory of the merchant's site."""
    endless = Say(302, raw=b" " * 1_100_000, headers={"location": "https://elsewhere.example/"})
    with ScriptedAuthority(endless) as authority, pytest.raises(NoAnswer) as caught:
        authority.client().payment(PAYMENT_ID)
    assert "302" not in str(caught.value), "it was read to its end, and then looked at"


def test_a_silent_reading_is_no_answer_without_a_key() -> None:
    """Reading changes nothing; a key in the error would invite asking for money with it."""
    with ScriptedAuthority(Say(drop=True)) as authority, pytest.raises(NoAnswer) as caught:
        authority.client().payment(PAYMENT_ID)
    assert not isinstance(caught.value, Unknown)


def test_a_yes_that_cannot_be_read_is_unknown() -> None:
    """A newer authority's yes would be reported as a failure, and paid again."""
    with ScriptedAuthority(Say(body={"payment_id": PAYMENT_ID})) as authority, pytest.raises(Unknown) as caught:
        authority.client().charge(250, cards=[CARD], key="k")
    assert caught.value.key == "k"


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("malformed-request", 400),
        ("bad-signature", 401),
        ("unknown-merchant", 401),
        ("merchant-suspended", 403),
        ("hosted-page-only", 403),
        ("not-found", 404),
        ("idempotency-conflict", 422),
    ],
)
def test_a_question_turned_away_is_not_repeated(name: str, status: int) -> None:
    """A site with a revoked key would hammer the authority and never tell its operator why."""
    with ScriptedAuthority(problem(name, status, detail="because")) as authority, pytest.raises(Rejected) as caught:
        authority.client().charge(250, cards=[CARD], key="k")
    assert (caught.value.name, caught.value.status, caught.value.detail) == (name, status, "because")
    assert len(authority.heard) == 1


def test_turned_away_after_silence_is_still_unknown() -> None:
    """A key revoked between two attempts would make a payment that was taken look as if it never happened."""
    with ScriptedAuthority(Say(drop=True), problem("merchant-suspended", 403)) as authority, pytest.raises(Unknown):
        authority.client().charge(250, cards=[CARD], key="k")


def test_a_decline_after_silence_settles_it() -> None:
    """The answer kept for the key is the answer, also for a no."""
    no = problem("payment-declined", 402, reason="declined", payment_id=PAYMENT_ID)
    with ScriptedAuthority(Say(drop=True), no) as authority, pytest.raises(Declined):
        authority.client().charge(250, cards=[CARD], key="k")


def test_a_limit_is_waited_for_and_then_told() -> None:
    """A site that is told to slow down must neither hammer nor believe that something was paid."""
    clock = StillClock()
    with ScriptedAuthority(problem("slow-down", 429, retry_after_s=1)) as authority, pytest.raises(Rejected) as caught:
        authority.client(clock).charge(250, cards=[CARD], key="k")
    assert caught.value.retry_after_s == 1
    assert all(pause >= 1 for pause in clock.waited)
    assert len(authority.heard) > 1


def test_a_long_retry_after_is_left_to_the_caller() -> None:
    """A shopper would wait in front of a white page for a quarter of an hour."""
    clock = StillClock()
    with ScriptedAuthority(problem("busy", 503, retry_after_s=900)) as authority, pytest.raises(Unknown) as caught:
        authority.client(clock).charge(250, cards=[CARD], key="k")
    assert caught.value.retry_after_s == 900
    assert not clock.waited


def test_pauses_grow_and_end() -> None:
    """A thousand sites that repeat at once and for ever keep a recovering authority down."""
    clock = StillClock()
    patience = Patience(attempts=50, timeout_s=1.0, deadline_s=20.0, pause_s=1.0, pause_max_s=4.0)
    with ScriptedAuthority(Say(drop=True)) as authority, pytest.raises(Unknown):
        authority.client(clock, patience=patience).charge(250, cards=[CARD], key="k")
    assert clock.waited == [1.0, 2.0, 4.0, 4.0, 4.0, 4.0]
    with pytest.raises(ValueError, match="at least one"):
        Patience(attempts=0)


def test_a_wrong_clock_is_corrected_once() -> None:
    """A site whose clock is wrong could not be paid at all, although the authority tells it the time."""
    clock = StillClock()
    late = clock.ms + 3_600_000
    skew = problem("clock-skew", 401, time_ms=late)
    with ScriptedAuthority(skew, YES, YES) as authority:
        client = authority.client(clock)
        client.charge(250, cards=[CARD], key="k")
        client.charge(250, cards=[CARD], key="k2")
    created = [one.headers["signature-input"].partition("created=")[2].partition(";")[0] for one in authority.heard]
    assert created[1:] == [str(late // 1000)] * 2
    assert not clock.waited
    with ScriptedAuthority(skew) as authority, pytest.raises(Rejected):
        authority.client(clock).charge(250, cards=[CARD], key="k")
    assert len(authority.heard) == 2


def test_a_silent_authority_ends_an_attempt() -> None:
    """One line that hangs would hold every worker of the shop."""
    patience = Patience(attempts=1, timeout_s=0.2, deadline_s=5.0)
    half = Say(200, raw=b"{", headers={"content-length": "50"})  # kept open: the rest never comes
    with ScriptedAuthority(half) as authority, pytest.raises(Unknown) as caught:
        authority.client(patience=patience).charge(250, cards=[CARD], key="k")
    assert caught.value.sent
