"""Capture, cancel, refund and return: what a merchant is certain of, and what goes back to whom."""

import pytest

from kiosk.authority.services.pay.answers import Declined
from kiosk.authority.services.pay.asked import id_bytes, lapse
from kiosk.authority.services.refused import TurnedAway
from kiosk.authority.store.ports import Done
from kiosk.authority.store.spends import lapsed_payments
from kiosk.domain.scenarios import Scenario, scenario_serial
from kiosk.protocol.payments import PaymentAnswer
from kiosk.protocol.problems import ProblemKind
from tests.helpers.spending import CINEMA, PRESS, Till, make_spending, reason


@pytest.fixture
def till() -> Till:
    return make_spending()


def yes(outcome: object) -> PaymentAnswer:
    assert isinstance(outcome, PaymentAnswer), outcome
    return outcome


def sweep(till: Till) -> list[str]:
    """What the authority does by itself about lapsed windows."""
    now_ms = till.world.clock.now_ms()
    found = till.world.store.read(lambda tx: lapsed_payments(tx, now_ms=now_ms, limit=100))
    results = till.world.store.write(lambda tx: till.world.authority.spending.batch(tx, [lapse(one) for one in found]))
    return [yes(result.value).status for result in results if isinstance(result, Done)]


def test_an_authorization_holds_money_and_a_capture_takes_it(till: Till) -> None:
    """The merchant would send the goods and find the card empty."""
    serial = till.serials[0]
    held = till.charge(serial, 1500, capture=False)
    assert (held.status, held.captured.amount_minor, till.balance(serial)) == ("authorized", 0, 500)
    assert till.account("authorized/EUR") == -1500
    assert reason(till.pay(till.ask((serial, till.next_code(serial)), minor=501))) == "insufficient_funds"
    taken = yes(till.capture(held.payment_id))
    assert (taken.status, taken.captured.amount_minor) == ("captured", 1500)
    assert (till.account("authorized/EUR"), till.account("merchant/EUR/presse")) == (0, -1200)


def test_a_partial_capture_gives_the_rest_back_at_once(till: Till) -> None:
    """The shopper's rest would hang in the air until the window lapses."""
    serial = till.serials[0]
    held = till.charge(serial, 1500, capture=False)
    taken = yes(till.capture(held.payment_id, 600))
    assert (taken.captured.amount_minor, till.balance(serial)) == (600, 1400)
    assert till.account("authorized/EUR") == 0
    assert till.account("card-liability/EUR") == -(1400 + 2 * 2000)


def test_a_cancel_gives_everything_back_but_the_code(till: Till) -> None:
    """The shopper's money would be gone, or a code that the merchant saw would live on."""
    serial = till.serials[0]
    code = till.codes[serial][0]
    held = till.charge(serial, 1500, capture=False)
    assert yes(till.cancel(held.payment_id)).status == "cancelled"
    assert till.balance(serial) == 2000
    assert reason(till.pay(till.ask((serial, code), minor=100))) == "declined"


def test_what_nobody_captures_goes_back_by_itself(till: Till) -> None:
    """Money stuck in processing: the complaint that shoppers have most."""
    serial, clock = till.serials[0], till.world.clock
    held = till.charge(serial, 1500, capture=False)
    clock.advance(599_999)  # type: ignore[attr-defined] # the tests' own clock
    assert sweep(till) == []
    clock.advance(1)  # type: ignore[attr-defined] # the tests' own clock
    assert reason(till.capture(held.payment_id)) == "window_over"
    assert sweep(till) == ["returned"]
    assert sweep(till) == []
    assert till.balance(serial) == 2000
    assert reason(till.capture(held.payment_id)) == "window_over"


def test_a_captured_payment_is_not_returned(till: Till) -> None:
    """The shopper would keep goods and money."""
    held = till.charge(till.serials[0], 1500, capture=False)
    till.capture(held.payment_id)
    till.world.clock.advance(700_000)  # type: ignore[attr-defined] # the tests' own clock
    assert sweep(till) == []


def test_a_window_that_lapses_while_it_is_captured_is_one_or_the_other(till: Till) -> None:
    """A sweep that was read before the capture would give back what the merchant had taken."""
    held = till.charge(till.serials[0], 1500, capture=False)
    yes(till.capture(held.payment_id))
    till.world.clock.advance(700_000)  # type: ignore[attr-defined] # the tests' own clock
    (result,) = till.world.store.write(
        lambda tx: till.world.authority.spending.batch(tx, [lapse(id_bytes(held.payment_id))])
    )
    assert isinstance(result, Done) and isinstance(result.value, Declined)
    assert till.balance(till.serials[0]) == 500


def test_refunds_go_back_to_the_card_and_never_above_the_capture(till: Till) -> None:
    """A merchant could fill a card with money that nobody paid."""
    serial = till.serials[0]
    paid = till.charge(serial, 1000)
    assert yes(till.refund(paid.payment_id, 300)).refunded.amount_minor == 300
    assert reason(till.refund(paid.payment_id, 701)) == "over_amount"
    whole = yes(till.refund(paid.payment_id))
    assert (whole.status, whole.refunded.amount_minor, till.balance(serial)) == ("refunded", 1000, 2000)
    assert reason(till.refund(paid.payment_id, 1)) == "not_captured"
    assert till.account("merchant/EUR/presse") == till.account("scheme/EUR") == till.account("distribution/EUR") == 0


def test_a_refund_brings_an_empty_card_back(till: Till) -> None:
    """The money would lie on a card that says it is finished."""
    serial = till.serials[0]
    paid = till.charge(serial, 2000)
    assert till.world.card(serial).state.value == "exhausted"
    yes(till.refund(paid.payment_id, 500))
    assert (till.world.card(serial).state.value, till.balance(serial)) == ("active", 500)
    till.charge(serial, 500)


def test_a_refund_of_a_closed_card_is_for_the_hotline(till: Till) -> None:
    """The money would go to a card that cannot be used any more."""
    serial = till.serials[0]
    paid = till.charge(serial, 1000)
    till.world.clock.advance(800 * 86_400_000)  # type: ignore[attr-defined] # the tests' own clock
    assert reason(till.refund(paid.payment_id)) == "card_closed"
    assert till.balance(serial) == 1000


def test_money_held_is_certain_whatever_becomes_of_the_card(till: Till) -> None:
    """The merchant has sent the goods; a block of the card must not take the money back."""
    serial = till.serials[0]
    held = till.charge(serial, 1000, capture=False)
    till.world.sql("UPDATE card SET block = 'stolen' WHERE card_id = ?", int(serial))
    assert yes(till.capture(held.payment_id)).status == "captured"


def test_several_cards_are_captured_and_refunded_leg_by_leg(till: Till) -> None:
    """What goes back would go to the wrong card."""
    first, second, _ = till.serials
    cards = [(serial, till.next_code(serial)) for serial in (first, second)]
    held = yes(till.pay(till.ask(*cards, minor=2600, capture=False)))
    taken = yes(till.capture(held.payment_id, 2100))
    assert [leg.captured.amount_minor for leg in taken.legs] == [2000, 100]
    assert [till.balance(first), till.balance(second)] == [0, 1900]
    yes(till.refund(taken.payment_id, 2050))
    assert [till.balance(first), till.balance(second)] == [2000, 1950]
    assert till.account("authorized/EUR") == 0


def test_a_capture_that_needs_one_card_lets_the_other_go(till: Till) -> None:
    """The second card's money would be held for nothing."""
    first, second, _ = till.serials
    cards = [(serial, till.next_code(serial)) for serial in (first, second)]
    held = yes(till.pay(till.ask(*cards, minor=2600, capture=False)))
    taken = yes(till.capture(held.payment_id, 700))
    assert (taken.status, taken.captured.amount_minor) == ("captured", 700)
    assert [till.balance(first), till.balance(second)] == [1300, 2000]


def test_a_repeat_of_each_step_gets_its_own_first_answer(till: Till) -> None:
    """A lost answer to a refund would be repeated as a second refund."""
    held = till.charge(till.serials[0], 1000, capture=False, key="a")
    taken = till.capture(held.payment_id, key="b")
    back = till.refund(held.payment_id, 400, key="c")
    late = till.cancel(held.payment_id, key="d")
    assert till.capture(held.payment_id, key="b") == taken
    assert till.refund(held.payment_id, 400, key="c") == back
    assert till.cancel(held.payment_id, key="d") == late and reason(late) == "not_authorized"
    assert till.balance(till.serials[0]) == 1400


def test_a_key_belongs_to_one_operation(till: Till) -> None:
    """A merchant who counts refunds and purchases together would lose one of them silently."""
    paid = till.charge(till.serials[0], 1000, key="a")
    other = till.charge(till.serials[0], 500, key="b")
    yes(till.refund(paid.payment_id, 100, key="c"))
    for payment, key in ((other, "c"), (other, "a"), (paid, "a")):
        with pytest.raises(TurnedAway) as caught:
            till.refund(payment.payment_id, 100, key=key)
        assert caught.value.kind is ProblemKind.IDEMPOTENCY_CONFLICT
    with pytest.raises(TurnedAway):
        till.charge(till.serials[0], 100, key="c")


def test_another_merchants_payment_is_none(till: Till) -> None:
    """One merchant could refund, or look into, another's sales."""
    paid = till.charge(till.serials[0], 1000, merchant=PRESS)
    for who in (CINEMA, "test"):
        with pytest.raises(TurnedAway) as caught:
            till.refund(paid.payment_id, merchant=who)
        assert caught.value.kind is ProblemKind.NOT_FOUND
    assert till.balance(till.serials[0]) == 1000


def test_a_declined_payment_has_nothing_to_capture(till: Till) -> None:
    """A merchant's software that takes any id for a yes would be paid."""
    outcome = till.pay(till.ask((till.serials[0], "000000000000"), minor=100))
    assert isinstance(outcome, Declined)
    assert reason(till.capture(outcome.payment_id)) == "not_authorized"
    assert reason(till.refund(outcome.payment_id)) == "not_captured"


@pytest.mark.parametrize(
    ("scenario", "step", "expected"),
    [(Scenario.WINDOW_OVER, "capture", "window_over"), (Scenario.CARD_CLOSED, "refund", "card_closed")],
)
def test_a_test_card_forces_what_happens_later(till: Till, scenario: Scenario, step: str, expected: str) -> None:
    """A merchant would see a lapsed window for the first time with a real shopper."""
    serial = scenario_serial(scenario).digits
    request = till.ask((serial, "000000000000"), minor=100, capture=step == "refund")
    paid = yes(till.pay(request, merchant="test"))
    follow = till.capture if step == "capture" else till.refund
    assert reason(follow(paid.payment_id, merchant="test")) == expected
