"""Cards presented for payment: what buys, what does not, and what a stranger can learn from the difference."""

import pytest

from kiosk.authority.services.refused import TurnedAway
from kiosk.authority.store.alerts import count_alerts
from kiosk.authority.store.merchants import add_contract, contracts
from kiosk.domain.card import make_code, make_serial
from kiosk.domain.payment import PAUSE_MS, WRONG_CODES_FREE
from kiosk.domain.scenarios import Scenario, scenario_serial
from kiosk.protocol.messages import Amount, BalanceRequest
from kiosk.protocol.payments import PaymentAnswer, PaymentRequest, Scratch
from kiosk.protocol.problems import ProblemKind
from tests.helpers.authority import TILL
from tests.helpers.spending import CINEMA, PRESS, Till, make_spending, reason

WRONG = make_code("00000000000").digits
UNKNOWN = make_serial(random12="000000000001", series_no="12").digits  # nobody printed it


@pytest.fixture
def till() -> Till:
    return make_spending()


def test_a_charge_takes_the_money_once_and_shares_it(till: Till) -> None:
    """The shopper would pay twice, or the merchant get another share than its contract says."""
    serial = till.serials[0]
    answer = till.charge(serial, 250)
    assert (answer.status, answer.amount, answer.captured) == ("captured", Amount(250, "EUR"), Amount(250, "EUR"))
    assert [leg.card for leg in answer.legs] == [serial[-4:]]
    assert till.balance(serial) == 1750
    assert till.account("merchant/EUR/presse") == -200
    assert till.account("distribution/EUR") == -30
    assert till.account("scheme/EUR") == -20


def test_a_repeat_gets_the_first_answer_for_ever(till: Till) -> None:
    """A site that lost our answer would ask again and take the money a second time."""
    serial = till.serials[0]
    request = till.ask((serial, till.next_code(serial)), minor=400)
    first = till.pay(request, key="k")
    assert isinstance(first, PaymentAnswer)
    till.refund(first.payment_id, 100)
    till.world.clock.advance(400 * 86_400_000)  # type: ignore[attr-defined] # the tests' own clock
    assert till.pay(request, key="k") == first
    assert till.balance(serial) == 1700


def test_a_repeated_refusal_stays_refused(till: Till) -> None:
    """A site that repeats a declined payment after the pause would suddenly be paid for goods that it never sent."""
    serial = till.serials[0]
    request = till.ask((serial, WRONG), minor=400)
    assert reason(till.pay(request, key="k")) == "declined"
    assert reason(till.pay(request, key="k")) == "declined"
    assert till.world.rows("SELECT wrong_codes FROM card WHERE wrong_codes > 0") == [(1,)], "a repeat is no second try"


def test_other_content_under_a_key_is_turned_away(till: Till) -> None:
    """Two purchases under one number would become one, and the second shopper would get goods that nobody paid."""
    serial = till.serials[0]
    till.pay(till.ask((serial, till.next_code(serial)), minor=400), key="k")
    with pytest.raises(TurnedAway) as caught:
        till.pay(till.ask((serial, till.next_code(serial)), minor=500), key="k")
    assert caught.value.kind is ProblemKind.IDEMPOTENCY_CONFLICT
    assert till.balance(serial) == 1600


def test_two_merchants_may_use_the_same_key(till: Till) -> None:
    """One merchant's numbering would block another's."""
    one = till.charge(till.serials[0], 100, key="k", merchant=PRESS)
    other = till.charge(till.serials[0], 100, key="k", merchant=CINEMA)
    assert one.payment_id != other.payment_id


def test_a_code_buys_once(till: Till) -> None:
    """A merchant who saw a code could use it again."""
    serial = till.serials[0]
    code = till.next_code(serial)
    assert isinstance(till.pay(till.ask((serial, code), minor=100)), PaymentAnswer)
    assert reason(till.pay(till.ask((serial, code), minor=100))) == "declined"
    assert till.balance(serial) == 1900


def test_all_codes_buy_and_then_none(till: Till) -> None:
    """A card's last codes would be dead paper."""
    serial = till.serials[0]
    for _ in till.codes[serial]:
        till.charge(serial, 20)
    assert till.balance(serial) == 2000 - 25 * 20
    assert reason(till.pay(till.ask((serial, till.codes[serial][7]), minor=1))) == "declined"


def test_whoever_has_no_right_code_hears_one_word(till: Till) -> None:
    """A stranger could sort serials into worthless and worth stealing."""
    unsold = till.world.serials[-1]
    blocked, paused, void = till.serials
    till.world.sql("UPDATE card SET block = 'stolen' WHERE card_id = ?", int(blocked))
    for _ in range(WRONG_CODES_FREE):
        till.pay(till.ask((paused, WRONG), minor=100))
    till.world.sql("UPDATE card SET state = 'void', balance_minor = 0 WHERE card_id = ?", int(void))
    answers = {
        name: till.pay(till.ask((serial, code), minor=100))
        for name, serial, code in (
            ("unknown", UNKNOWN, WRONG),
            ("unsold", unsold, WRONG),
            ("blocked, right code", blocked, till.codes[blocked][0]),
            ("paused, right code", paused, till.codes[paused][0]),
            ("void, right code", void, till.codes[void][0]),
        )
    }
    assert {name: reason(answer) for name, answer in answers.items()} == dict.fromkeys(answers, "declined")


def test_money_is_spoken_of_only_after_a_right_code(till: Till) -> None:
    """The shopper could not tell a mistyped code from an empty card; a stranger could."""
    serial = till.serials[0]
    assert reason(till.pay(till.ask((serial, WRONG), minor=2001))) == "declined"
    assert reason(till.pay(till.ask((serial, till.codes[serial][0]), minor=2001))) == "insufficient_funds"
    assert isinstance(till.pay(till.ask((serial, till.codes[serial][0]), minor=2000)), PaymentAnswer), "the code lives"
    assert reason(till.pay(till.ask((serial, till.codes[serial][1]), minor=1))) == "insufficient_funds"


def test_a_card_of_another_currency_does_not_pay(till: Till) -> None:
    """A franc would be taken for a euro."""
    serial = till.serials[0]
    assert reason(till.pay(till.ask((serial, till.codes[serial][0]), minor=100, currency="FRF"))) == "wrong_currency"
    assert till.balance(serial) == 2000


def test_five_wrong_codes_pause_a_card_and_the_pause_ends(till: Till) -> None:
    """A guesser would go on, or whoever knows a serial could lock somebody's card for ever."""
    serial, clock = till.serials[0], till.world.clock
    for _ in range(WRONG_CODES_FREE):
        till.pay(till.ask((serial, WRONG), minor=100))
    right = till.ask((serial, till.codes[serial][0]), minor=100)
    assert reason(till.pay(right)) == "declined"
    clock.advance(PAUSE_MS)  # type: ignore[attr-defined] # the tests' own clock
    till.pay(till.ask((serial, WRONG), minor=100))
    assert reason(till.pay(right)) == "declined", "each further one pauses again"
    clock.advance(PAUSE_MS)  # type: ignore[attr-defined] # the tests' own clock
    assert isinstance(till.pay(right), PaymentAnswer)
    assert till.world.rows("SELECT wrong_codes, locked_until_ms FROM card WHERE card_id = ?", int(serial)) == [(0, 0)]


def test_a_try_at_an_unsold_card_is_told_to_the_operator(till: Till) -> None:
    """A lot whose codes leaked would be noticed by its buyers."""
    unsold = till.world.serials[-1]
    till.pay(till.ask((unsold, WRONG), minor=100))
    till.pay(till.ask((unsold, WRONG), minor=100))
    assert till.world.store.read(count_alerts) == {"unsold_card_tried": 1}


def test_several_cards_pay_together_the_oldest_first(till: Till) -> None:
    """Small rests on old cards would stay unspent until they expire."""
    first, second, third = till.serials
    cards = [(serial, till.next_code(serial)) for serial in (third, second, first)]
    answer = till.pay(till.ask(*cards, minor=2500))
    assert isinstance(answer, PaymentAnswer)
    assert [(leg.card, leg.amount.amount_minor) for leg in answer.legs] == [(first[-4:], 2000), (second[-4:], 500)]
    assert [till.balance(serial) for serial in till.serials] == [0, 1500, 2000]
    assert till.world.card(first).state.value == "exhausted"
    assert till.world.card(third).codes_used == 0, "a card that was not needed keeps its code"


def test_one_wrong_card_among_several_takes_nothing(till: Till) -> None:
    """The shopper would lose a code and money for a payment that was not made."""
    first, second, _ = till.serials
    answer = till.pay(till.ask((first, till.codes[first][0]), (second, WRONG), minor=2500))
    assert reason(answer) == "declined"
    assert [till.balance(first), till.balance(second)] == [2000, 2000]
    assert till.world.card(first).codes_used == 0


def test_a_new_contract_counts_from_its_day_on(till: Till) -> None:
    """A merchant would be settled at a share that was not agreed yet, or no longer."""
    clock = till.world.clock
    caller = till.callers[PRESS]

    def agree(tx: object) -> None:
        add_contract(
            tx, merchant_no=caller.merchant_no, from_ms=clock.now_ms() + 1000, merchant_share=9000,  # type: ignore[arg-type] # a transaction
            distribution_share=500, now_ms=clock.now_ms(),
        )  # fmt: skip

    till.world.store.write(agree)
    known = tuple(till.world.store.read(contracts))
    for name, old in list(till.callers.items()):
        till.callers[name] = type(old)(merchant_no=old.merchant_no, test=old.test, contracts=known)
    serial = till.serials[0]
    till.charge(serial, 100)
    clock.advance(1000)  # type: ignore[attr-defined] # the tests' own clock
    till.charge(serial, 100)
    assert till.account("merchant/EUR/presse") == -(80 + 90)
    till.charge(serial, 100, merchant=CINEMA)
    assert till.account("merchant/EUR/cinema") == -80, "the others keep everybody's"


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        (Scenario.APPROVED, None),
        (Scenario.DECLINED, "declined"),
        (Scenario.INSUFFICIENT_FUNDS, "insufficient_funds"),
        (Scenario.WRONG_CURRENCY, "wrong_currency"),
    ],
)
def test_a_test_card_forces_its_outcome(till: Till, scenario: Scenario, expected: str | None) -> None:
    """A merchant could not try what happens when a shopper's card is refused."""
    answer = till.pay(till.ask((scenario_serial(scenario).digits, WRONG), minor=250), merchant="test")
    if expected is None:
        assert isinstance(answer, PaymentAnswer) and answer.test
    else:
        assert reason(answer) == expected
    assert till.world.rows("SELECT count(*) FROM ledger WHERE account LIKE 'merchant/%'") == [(0,)]


def test_real_and_test_cards_do_not_meet(till: Till) -> None:
    """A test key would spend a shopper's money, or a test serial buy real goods."""
    serial = till.serials[0]
    assert reason(till.pay(till.ask((serial, till.codes[serial][0]), minor=100), merchant="test")) == "declined"
    assert reason(till.pay(till.ask((scenario_serial(Scenario.APPROVED).digits, WRONG), minor=100))) == "declined"
    assert till.balance(serial) == 2000


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": Amount(0, "EUR")}, "amount_minor"),
        ({"amount": Amount(5001, "EUR")}, "anonymous"),
        ({"amount": Amount(100, "USD")}, "currency"),
        ({"instruments": []}, "1 to 10"),
        ({"instruments": [Scratch("1" * 16, WRONG)]}, "nothing was tried"),
        ({"window_s": 59}, "window_s"),
        ({"window_s": 601}, "window_s"),
        ({"reference": ""}, "reference"),
        ({"reference": "a\nb"}, "reference"),
    ],
)
def test_what_cannot_be_right_is_said_and_tried_on_no_card(till: Till, changes: dict[str, object], words: str) -> None:
    """A typing mistake would cost the shopper one of five tries."""
    serial = till.serials[0]
    fields = {"amount": Amount(100, "EUR"), "instruments": [Scratch(serial, WRONG)]} | changes
    with pytest.raises(TurnedAway, match=words) as caught:
        till.pay(PaymentRequest(**fields))  # type: ignore[arg-type] # built from a table
    assert caught.value.kind is ProblemKind.MALFORMED_REQUEST
    assert till.world.rows("SELECT count(*) FROM spend") == [(0,)]
    assert serial not in caught.value.detail and WRONG not in caught.value.detail


def test_a_card_stands_once_in_a_payment(till: Till) -> None:
    """Two codes of one card in one payment would be two shares of the same money."""
    serial = till.serials[0]
    with pytest.raises(TurnedAway, match="twice"):
        till.pay(till.ask((serial, till.codes[serial][0]), (serial, till.codes[serial][1]), minor=100))


def test_the_till_is_told_what_a_card_paid_lately_but_not_where(till: Till) -> None:
    """A customer who asks at the counter where the money went would hear that nothing was spent."""
    serial = till.serials[0]
    for minor in (100, 200, 300, 400, 50, 60):
        till.charge(serial, minor)
        till.world.clock.advance(1000)  # type: ignore[attr-defined] # the tests' own clock
    answer = till.world.authority.balance(TILL, BalanceRequest(serial=serial))
    assert answer.balance == Amount(890, "EUR")
    assert [row.amount.amount_minor for row in answer.payments or []] == [60, 50, 400, 300, 200]
