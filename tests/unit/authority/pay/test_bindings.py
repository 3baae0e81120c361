"""A right code that a merchant saw and that bought nothing is kept for that merchant's purchase, and for nobody else (CD-10)."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kiosk.authority.services.audit import audit
from kiosk.authority.services.pay.asked import id_bytes
from kiosk.authority.services.shoppers import cards_of_payment
from kiosk.authority.store.bindings import find_bindings
from kiosk.authority.store.cards import card_id_of
from kiosk.authority.store.ports import Done, Store
from kiosk.domain.binding import BINDING_MS, Binding
from kiosk.domain.payment import PAUSE_MS, WRONG_CODES_FREE
from kiosk.domain.scenarios import Scenario, scenario_serial
from kiosk.protocol.messages import BalanceRequest
from kiosk.protocol.payments import PaymentAnswer
from tests.helpers.authority import TILL
from tests.helpers.checkouts import make_hosted, paid
from tests.helpers.spending import CINEMA, PRESS, Till, make_spending, reason

FACE = 2_000


@pytest.fixture
def till(either_store: Store) -> Iterator[Till]:
    made = make_spending(either_store)
    yield made
    assert made.world.store.read(audit) == []


@contextmanager
def one_wrong_try(till: Till, serial: str) -> Iterator[None]:
    """What is asked inside counts as one wrong code of the card."""
    before = _wrong(till, serial)
    yield
    assert _wrong(till, serial) == before + 1


def _wrong(till: Till, serial: str) -> int:
    ((wrong,),) = till.world.rows("SELECT wrong_codes FROM card WHERE card_id = ?", int(serial))
    return int(str(wrong))


def binding(till: Till, serial: str, number: int = 1) -> Binding | None:
    card_id = card_id_of(serial)
    return till.world.store.read(lambda tx: find_bindings(tx, [card_id])).get((card_id, number))


def later(till: Till, ms: int) -> None:
    till.world.clock.advance(ms)  # type: ignore[attr-defined] # the tests' own clock


def bound(
    till: Till, *, minor: int = FACE + 1, reference: str | None = "A-1", currency: str = "EUR"
) -> tuple[str, str]:
    """A card's first code after it was declined for this purchase."""
    card = till.serials[0], till.codes[till.serials[0]][0]
    expected = "insufficient_funds" if currency == "EUR" else "wrong_currency"
    assert reason(till.pay(till.ask(card, minor=minor, reference=reference, currency=currency))) == expected
    return card


def test_a_code_that_was_seen_is_kept_for_its_order(till: Till) -> None:
    """The shopper who adds a second card could not finish the purchase."""
    card = bound(till, minor=3_000)
    number = till.callers[PRESS].merchant_no
    kept = binding(till, card[0])
    assert kept == Binding(
        merchant_no=number,
        reference="A-1",
        amount_minor=3_000,
        until_ms=till.world.clock.now_ms() + BINDING_MS,
    )
    second = till.serials[1], till.next_code(till.serials[1])
    answer = till.pay(till.ask(card, second, minor=3_000, reference="A-1"))
    assert isinstance(answer, PaymentAnswer) and answer.captured.amount_minor == 3_000
    assert [till.balance(serial) for serial in till.serials[:2]] == [0, 1_000]


@pytest.mark.parametrize(
    ("minor", "reference", "merchant"),
    [(2_000, "A-2", PRESS), (2_000, None, PRESS), (2_000, "A-1", CINEMA), (2_002, "A-1", PRESS)],
    ids=["another purchase", "no purchase", "another merchant", "more money"],
)
def test_every_other_use_is_a_wrong_code(till: Till, minor: int, reference: str | None, merchant: str) -> None:
    """A merchant who saw the code, or whoever reads its diary, could spend the card elsewhere; or learn that the code is right."""
    card = bound(till)
    kept = binding(till, card[0])
    with one_wrong_try(till, card[0]):
        assert reason(till.pay(till.ask(card, minor=minor, reference=reference), merchant=merchant)) == "declined"
    assert binding(till, card[0]) == kept
    assert till.balance(card[0]) == FACE
    assert isinstance(till.pay(till.ask(card, minor=2_000, reference="A-1")), PaymentAnswer)
    with one_wrong_try(till, card[0]):
        assert reason(till.pay(till.ask(card, minor=1, reference="A-1"))) == "declined", "it was used"


def test_no_reference_is_an_order_of_its_own(till: Till) -> None:
    """A site that sends no references would be kept from the code, or another of its purchases would get it."""
    card = bound(till, reference=None)
    assert reason(till.pay(till.ask(card, minor=100, reference="A-1"))) == "declined"
    assert isinstance(till.pay(till.ask(card, minor=100)), PaymentAnswer)


def test_after_a_day_it_is_spoiled_for_ever(till: Till) -> None:
    """A code that stands in somebody's log would be money as long as the card is valid."""
    card = bound(till)
    later(till, BINDING_MS - 1)
    assert reason(till.pay(till.ask(card, minor=2_001, reference="A-1"))) == "insufficient_funds"
    later(till, 1)
    for number, days in enumerate((0, 1, 30), start=1):
        later(till, days * BINDING_MS)
        with one_wrong_try(till, card[0]):
            assert reason(till.pay(till.ask(card, minor=100, reference="A-1"))) == "declined"
        other = card[0], till.codes[card[0]][number]
        assert isinstance(till.pay(till.ask(other, minor=10)), PaymentAnswer), "the others pay on"
    assert binding(till, card[0]) is not None, "it is the reason why the code is dead"


def test_a_scratched_card_is_nobodys_stock(till: Till) -> None:
    """The shop would sell it to the next customer, with its film off and a code less; the buyer may have it made void."""
    serial, _ = bound(till)
    line = till.world.card(serial).sold_line
    assert line is not None
    late = till.world.cancel(line, serial)
    assert (late.outcome, late.reason) == ("too_late", "spent")
    assert till.balance(serial) == FACE
    other = till.serials[1]
    assert till.world.cancel(till.world.card(other).sold_line or "", other).outcome == "cancelled", (
        "nobody gave its codes"
    )
    assert till.world.void(line, serial).outcome == "voided"
    assert reason(till.pay(till.ask((serial, till.codes[serial][0]), minor=100, reference="A-1"))) == "declined"


def test_asking_again_takes_the_smaller_amount_and_no_longer(till: Till) -> None:
    """A merchant could keep a code alive by asking every day, or go up again after the shopper agreed to less."""
    card = bound(till, minor=4_000)
    first = binding(till, card[0])
    assert first is not None
    later(till, 60_000)
    for asked, kept in ((3_000, 3_000), (2_500, 2_500), (2_500, 2_500)):
        assert reason(till.pay(till.ask(card, minor=asked, reference="A-1"))) == "insufficient_funds"
        now = binding(till, card[0])
        assert now is not None and (now.amount_minor, now.until_ms) == (kept, first.until_ms)
    assert reason(till.pay(till.ask(card, minor=3_000, reference="A-1"))) == "declined"


def test_a_wrong_currency_binds_too(till: Till) -> None:
    """The merchant heard that the code is right, and would be free with it."""
    card = bound(till, minor=500, currency="FRF")
    assert reason(till.pay(till.ask(card, minor=500, reference="A-2"))) == "declined"
    assert isinstance(till.pay(till.ask(card, minor=500, reference="A-1")), PaymentAnswer)


def test_of_several_cards_each_right_code_is_bound(till: Till) -> None:
    """The merchant saw all of them."""
    cards = [(serial, till.next_code(serial)) for serial in till.serials[:2]]
    assert reason(till.pay(till.ask(*cards, minor=4_500, reference="A-1"))) == "insufficient_funds"
    for card in cards:
        assert reason(till.pay(till.ask(card, minor=100, reference="A-2"))) == "declined"
    assert isinstance(till.pay(till.ask(*cards, minor=3_500, reference="A-1")), PaymentAnswer)


def test_beside_a_wrong_code_nothing_is_bound(till: Till) -> None:
    """The merchant was not told which code is right, and a stranger who guesses would spoil other people's codes one by one."""
    right, other = till.serials[:2]
    cards = (right, till.codes[right][0]), (other, till.codes[right][1])
    assert reason(till.pay(till.ask(*cards, minor=4_500))) == "declined"
    assert binding(till, right) is None
    assert isinstance(till.pay(till.ask(cards[0], minor=100, reference="A-2")), PaymentAnswer)


def test_what_is_declined_without_looking_binds_nothing(till: Till) -> None:
    """A paused or blocked card would lose codes that nobody was told are right."""
    serial = till.serials[0]
    for _ in range(WRONG_CODES_FREE):
        till.pay(till.ask((serial, till.codes[till.serials[1]][0]), minor=100))
    assert reason(till.pay(till.ask((serial, till.codes[serial][0]), minor=2_001))) == "declined"
    assert binding(till, serial) is None
    later(till, PAUSE_MS)
    assert isinstance(till.pay(till.ask((serial, till.codes[serial][0]), minor=100)), PaymentAnswer)


def test_a_repeat_hears_its_decline_and_changes_no_binding(till: Till) -> None:
    """A site that asks again under the same key would have its shopper's code dead, or alive for longer."""
    card = till.serials[0], till.codes[till.serials[0]][0]
    request = till.ask(card, minor=2_500, reference="A-1")
    assert reason(till.pay(request, key="k")) == "insufficient_funds"
    first = binding(till, card[0])
    later(till, 3_600_000)
    assert reason(till.pay(request, key="k")) == "insufficient_funds"
    assert binding(till, card[0]) == first


def test_it_may_be_held_and_captured_under_its_binding(till: Till) -> None:
    """A code used under its binding would be another kind of payment than all others."""
    card = bound(till)
    held = till.pay(till.ask(card, minor=2_000, reference="A-1", capture=False))
    assert isinstance(held, PaymentAnswer)
    later(till, 60_000)
    assert isinstance(till.capture(held.payment_id), PaymentAnswer)
    assert isinstance(till.refund(held.payment_id, 500), PaymentAnswer)
    assert reason(till.pay(till.ask(card, minor=100, reference="A-1"))) == "declined"


def test_a_binding_of_this_batch_is_seen_in_this_batch(till: Till) -> None:
    """Of two questions in one moment the second would find the code free."""
    serial = till.serials[0]
    first, second = (serial, till.codes[serial][0]), (serial, till.codes[serial][1])
    authority = till.world.authority
    asked = [
        till.ask(first, minor=2_001, reference="A-1"),
        till.ask(first, minor=100, reference="A-2"),
        till.ask(first, minor=1_900, reference="A-1"),
        till.ask(first, minor=50, reference="A-1"),
        till.ask(second, minor=2_001, reference="A-1"),
        till.ask(second, minor=150, reference="A-1"),
        till.ask(second, minor=120, reference="A-1"),
        till.ask(second, minor=130, reference="A-1"),
    ]
    asks = [authority.pay_question(till.callers[PRESS], till.new_key(), request) for request in asked]
    results = authority.store.write(lambda tx: authority.spending.batch(tx, asks))
    heard = [
        "paid" if isinstance(one.value, PaymentAnswer) else reason(one.value)  # type: ignore[arg-type] # an outcome
        for one in results
        if isinstance(one, Done)
    ]
    assert heard == [
        "insufficient_funds", "declined", "paid", "declined",
        "insufficient_funds", "insufficient_funds", "insufficient_funds", "declined",
    ]  # fmt: skip
    kept = binding(till, serial, 2)
    assert kept is not None and kept.amount_minor == 120


def test_our_own_page_binds_nothing(till: Till) -> None:
    """A shopper whose card has too little would lose a code that no merchant has seen."""
    hosted = make_hosted(till)
    card = till.serials[0], till.codes[till.serials[0]][0]
    assert not paid(hosted.pay(hosted.create(minor=2_500).checkout_id, card))
    assert binding(till, card[0]) is None
    assert isinstance(till.pay(till.ask(card, minor=100, reference="elsewhere"), merchant=CINEMA), PaymentAnswer)


@pytest.mark.parametrize(
    ("minor", "reference", "merchant", "pays"),
    [
        (2_000, "A-1", PRESS, True),
        (2_002, "A-1", PRESS, False),
        (2_000, "A-2", PRESS, False),
        (2_000, "A-1", CINEMA, False),
    ],
    ids=["the same purchase", "more money", "another purchase", "another merchant"],
)
def test_our_own_page_takes_a_bound_code_for_its_order_alone(
    till: Till, minor: int, reference: str, merchant: str, pays: bool
) -> None:
    """Whoever saw a code at one site could spend it on the page of another."""
    card = bound(till)
    hosted = make_hosted(till)
    made = hosted.create(minor=minor, reference=reference, merchant=merchant)
    assert paid(hosted.pay(made.checkout_id, card)) is pays
    assert till.balance(card[0]) == (0 if pays else FACE)
    assert _wrong(till, card[0]) == (0 if pays else 1)


def test_a_page_that_declines_leaves_a_binding_as_it_was(till: Till) -> None:
    """What the merchant did not see would change what it may do."""
    card = bound(till, minor=4_000)
    kept = binding(till, card[0])
    hosted = make_hosted(till)
    assert not paid(hosted.pay(hosted.create(minor=3_000, reference="A-1").checkout_id, card))
    assert binding(till, card[0]) == kept


def test_a_test_card_binds_nothing(till: Till) -> None:
    """A rehearsal would be over after its first decline."""
    for scenario, expected in (
        (Scenario.INSUFFICIENT_FUNDS, "insufficient_funds"),
        (Scenario.WRONG_CURRENCY, "wrong_currency"),
    ):
        card = scenario_serial(scenario).digits, "000000000000"
        for reference in ("A-1", "A-2"):
            assert reason(till.pay(till.ask(card, minor=100, reference=reference), merchant="test")) == expected
    assert till.world.rows("SELECT * FROM code_binding") == []


def test_a_code_that_was_seen_is_not_counted_as_left(till: Till) -> None:
    """A till would promise its customer a code that buys nothing any more."""

    def left() -> int | None:
        return till.world.authority.balance(TILL, BalanceRequest(till.serials[0])).codes_left

    card = bound(till)
    assert left() == 24
    till.pay(till.ask(card, minor=100, reference="A-1"))
    assert left() == 24, "used now, and counted once"
    till.pay(till.ask((card[0], till.codes[card[0]][1]), minor=2_500))
    later(till, BINDING_MS)
    assert left() == 23


def test_a_receipt_shows_a_code_that_was_seen_as_used(till: Till) -> None:
    """The shopper would scratch it, or type it at the next shop, and lose a try; an old receipt would show what came later."""
    serial = till.serials[0]
    before = till.charge(serial, 100)
    later(till, 1)
    till.pay(till.ask((serial, till.codes[serial][1]), minor=2_001))
    later(till, 1)
    after = till.pay(till.ask((serial, till.codes[serial][2]), minor=100))

    def shown(payment: object) -> list[tuple[int, ...]]:
        assert isinstance(payment, PaymentAnswer)
        found = till.world.store.read(lambda tx: cards_of_payment(tx, id_bytes(payment.payment_id)))
        return [card.used for card in found]

    assert (shown(before), shown(after)) == ([(1,)], [(1, 2, 3)])


def test_the_usual_payment_asks_nothing_about_bindings(till: Till) -> None:
    """Every payment would pay for what happens to one in a hundred."""
    said: list[str] = []
    serial, other = till.serials[:2]

    def statements(*codes: tuple[str, str], minor: int = 10) -> list[str]:
        said.clear()
        authority = till.world.authority
        request = till.ask(*codes, minor=minor, reference="A-1")
        ask = authority.pay_question(till.callers[PRESS], till.new_key(), request)
        authority.store.write(lambda tx: authority.spending.batch(_Noting(tx, said), [ask]))  # type: ignore[arg-type] # stands in for one
        return [sql for sql in said if "code_binding" in sql]

    assert statements((serial, till.codes[serial][0])) == []
    card = serial, till.codes[serial][1]
    assert len(statements(card, minor=2_500)) == 1, "it is written"
    assert statements((other, till.codes[other][0])) == []
    assert len(statements((serial, till.codes[serial][2]))) == 1, "it is read, while a code of the card is bound"
    assert len(statements(card)) == 1
    assert statements((serial, till.codes[serial][3])) == [], "the bound one was used"


class _Noting:
    """A transaction that notes its statements."""

    def __init__(self, tx: object, said: list[str]) -> None:
        self._tx = tx
        self._said = said

    def __getattr__(self, name: str) -> object:
        found = getattr(self._tx, name)
        if not callable(found) or name == "ahead":
            return found

        def call(sql: str, *values: object, **more: object) -> object:
            self._said.append(sql)
            return found(sql, *values, **more)

        return call
