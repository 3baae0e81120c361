"""The messages about a line, asked of the whole authority in memory: records, answers, books, and repeats."""

import pytest

from kiosk.authority.accounts import card_liability, shop_debt
from kiosk.authority.services.limits import RollingLimit, save_limit
from kiosk.authority.services.refused import TurnedAway
from kiosk.authority.store.books import account_balance
from kiosk.authority.store.ports import Store
from kiosk.domain.activation import HOLD_MS, CardState, Record
from kiosk.domain.card import make_serial
from kiosk.protocol.problems import ProblemKind
from tests.fakes.clock import FakeClock
from tests.helpers.authority import OTHER_SHOP, SHOP, TILL_2, TILL_ELSEWHERE, World, make_world


@pytest.fixture
def world(either_store: Store, clock: FakeClock) -> World:
    return make_world(either_store, clock=clock)


def _debt(world: World, shop_id: str = SHOP) -> int:
    return world.store.read(lambda tx: account_balance(tx, shop_debt(shop_id, "EUR")))


def test_a_sale_reserves_commits_and_is_charged_once(world: World, clock: FakeClock) -> None:
    """A card that was paid would not be spendable, or the shop would owe the wrong amount."""
    line, serial = world.new_id(), world.serials[0]
    reserved = world.reserve(line, serial)
    assert (reserved.outcome, reserved.record, reserved.until_ms) == ("reserved", "reserved", clock.now_ms() + HOLD_MS)
    assert (reserved.series, reserved.position) == ("12", 1)
    committed = world.commit(line, serial)
    assert (committed.outcome, committed.record, committed.card) == ("committed", "committed", "active")
    assert world.card(serial).balance_minor == 2000
    assert _debt(world) == 2000
    assert world.store.read(lambda tx: account_balance(tx, card_liability("EUR"))) == -2000
    status = world.status(line)
    assert (status.record, status.card) == ("committed", "active")


def test_a_commit_without_a_reserve_activates(world: World) -> None:
    """A card scanned while the line was slow could not be sold although the authority is back."""
    line, serial = world.new_id(), world.serials[0]
    assert world.commit(line, serial).outcome == "committed"
    assert world.reserve(line, serial).outcome == "committed"


def test_a_repeat_gets_the_first_answer_word_for_word(world: World, clock: FakeClock) -> None:
    """A till whose answer was lost would hear something else the second time."""
    line, serial = world.new_id(), world.serials[0]
    first = world.reserve(line, serial), world.commit(line, serial)
    clock.advance(5 * HOLD_MS)
    assert (world.reserve(line, serial), world.commit(line, serial)) == first
    assert _debt(world) == 2000


def test_other_content_under_the_same_id_changes_nothing(world: World) -> None:
    """Two different sales under one id would be taken for one, and one of them would be lost."""
    line = world.new_id()
    world.reserve(line, world.serials[0])
    with pytest.raises(TurnedAway) as other_card:
        world.reserve(line, world.serials[1])
    with pytest.raises(TurnedAway) as other_card_later:
        world.commit(line, world.serials[1])
    with pytest.raises(TurnedAway) as other_sale:
        world.reserve(line, world.serials[0], sale_id="sale-2")
    kinds = {caught.value.kind for caught in (other_card, other_card_later, other_sale)}
    assert kinds == {ProblemKind.IDEMPOTENCY_CONFLICT}
    assert world.card(world.serials[1]).state is CardState.IN_STOCK


def test_another_till_hears_who_holds_the_card_and_gets_it_when_the_hold_lapses(world: World, clock: FakeClock) -> None:
    """Two tills would sell one card, or a forgotten basket would keep a card for ever."""
    mine, theirs, serial = world.new_id(), world.new_id(), world.serials[0]
    world.reserve(mine, serial)
    refused = world.reserve(theirs, serial, till=TILL_2)
    assert (refused.reason, refused.till, refused.until_ms) == ("held_elsewhere", "Caisse 1", clock.now_ms() + HOLD_MS)
    clock.advance(HOLD_MS)
    later = world.new_id()
    assert world.reserve(later, serial, till=TILL_2).outcome == "reserved"
    assert world.extend(mine, 1).reason == "held_elsewhere"
    assert world.commit(mine, serial).reason == "held_elsewhere"


def test_a_hold_is_extended_for_ten_minutes_in_all(world: World, clock: FakeClock) -> None:
    """A basket left open would lock a card away from the other till for the day."""
    line, serial = world.new_id(), world.serials[0]
    started = clock.now_ms()
    world.reserve(line, serial)
    answers = []
    for n in range(1, 14):
        clock.advance(45_000)
        answers.append(world.extend(line, n))
    assert [answer.outcome for answer in answers] == ["extended"] * 10 + ["lost"] * 3
    assert max(answer.until_ms or 0 for answer in answers) <= started + 600_000


def test_a_cancel_returns_the_card_and_the_debt_and_stays_for_ever(world: World) -> None:
    """Money given back would still be owed by the shop, or a late commit would sell the card behind the clerk's back."""
    line, serial = world.new_id(), world.serials[0]
    world.commit(line, serial)
    assert world.cancel(line, serial).outcome == "cancelled"
    card = world.card(serial)
    assert (card.state, card.block, card.balance_minor, card.sold_line) == (CardState.IN_STOCK, None, 0, None)
    assert _debt(world) == 0
    assert world.reserve(line, serial).reason == "cancelled"
    again = world.new_id()
    assert world.commit(again, serial).outcome == "committed", "the same card sells again under a new line"
    assert _debt(world) == 2000


def test_a_cancel_of_a_line_never_seen_leaves_a_tombstone(world: World) -> None:
    """A commit that was overtaken by its cancel would activate a card whose money went back."""
    line, serial = world.new_id(), world.serials[0]
    assert world.cancel(line, serial).outcome == "cancelled"
    late = world.commit(line, serial)
    assert (late.outcome, late.reason, late.record) == ("refused", "cancelled", "cancelled")
    assert world.card(serial).state is CardState.IN_STOCK


def test_a_card_that_was_not_rescanned_is_blocked_until_somebody_looks(world: World) -> None:
    """A clerk could return the money, let the customer go with a spendable card, and nobody would ask."""
    line, serial = world.new_id(), world.serials[0]
    world.commit(line, serial)
    world.cancel(line, serial, rescanned=False)
    assert world.reserve(world.new_id(), serial).reason == "not_sellable"


def test_a_cancel_after_spending_is_too_late_and_becomes_a_task(world: World) -> None:
    """A card that was spent would be given back to the shop, and the merchant's money would come from nowhere."""
    line, serial = world.new_id(), world.serials[0]
    world.commit(line, serial)
    world.sql("UPDATE card SET balance_minor = 500, codes_used = 1 WHERE card_id = ?", int(serial))
    late = world.cancel(line, serial)
    assert (late.outcome, late.reason, late.record) == ("too_late", "spent", "committed")
    assert world.rows("SELECT code, owner, amount_minor FROM exception") == [("X8", "operator", 2000)]
    assert _debt(world) == 2000


def test_one_neutral_answer_for_everything_that_must_not_be_told(world: World) -> None:
    """A thief at the counter, or a till of another shop, would learn which cards exist and which are known as stolen."""
    blocked = world.serials[1]
    world.sql("UPDATE card SET block = 'stolen' WHERE card_id = ?", int(blocked))
    unknown = make_serial(random12="123456789012", series_no="12").digits
    answers = [
        world.reserve(world.new_id(), blocked),
        world.reserve(world.new_id(), unknown),
        world.reserve(world.new_id(), world.serials[2], till=TILL_ELSEWHERE),
    ]
    assert len(set(answers)) == 1
    assert (answers[0].reason, answers[0].card, answers[0].pack) == ("not_sellable", None, None)
    assert world.rows("SELECT kind FROM alert") == [("stolen_card",)]


def test_a_till_cannot_touch_or_read_another_tills_line(world: World) -> None:
    """A till of another shop could cancel a sale that it has nothing to do with."""
    line, serial = world.new_id(), world.serials[0]
    world.commit(line, serial)
    assert world.status(line, till=TILL_ELSEWHERE).record == Record.UNSEEN.value
    answer = world.cancel(line, serial, till=TILL_ELSEWHERE)
    assert (answer.outcome, answer.card) == ("cancelled", None), "its own tombstone, of a line that it never had"
    assert world.card(serial).state is CardState.ACTIVE
    assert world.status(line).record == "committed"
    assert _debt(world, OTHER_SHOP) == 0


def test_already_sold_says_when_only_in_the_shop_that_sold_it(world: World, clock: FakeClock) -> None:
    """The clerk could not tell the customer that the card was sold here an hour ago."""
    world.commit(world.new_id(), world.serials[0])
    sold = clock.now_ms()
    clock.advance(1000)
    answer = world.reserve(world.new_id(), world.serials[0], till=TILL_2)
    assert (answer.reason, answer.sold_at_ms, answer.till) == ("already_sold", sold, "Caisse 1")


def test_a_number_that_is_no_serial_or_id_is_turned_away(world: World) -> None:
    """Garbage would leave records behind under an id that no till ever made."""
    for line, serial in (
        (world.new_id(), "123"),
        ("not-an-id", world.serials[0]),
        (world.new_id(), world.serials[0] + " "),
    ):
        with pytest.raises(TurnedAway) as refused:
            world.reserve(line, serial)
        assert refused.value.kind is ProblemKind.MALFORMED_REQUEST
    assert world.rows("SELECT count(*) FROM line") == [(0,)]


def test_the_rolling_limit_says_until_when_and_typed_cards_reach_it_earlier(clock: FakeClock) -> None:
    """A clerk who is talked into activating a whole rack over the telephone would not be stopped."""
    world = make_world(clock=clock)
    world.store.write(lambda tx: save_limit(tx, RollingLimit(window_ms=60_000, cards=3, keyed_cards=1)))
    first = clock.now_ms()
    assert world.commit(world.new_id(), world.serials[0], keyed=True).outcome == "committed"
    clock.advance(1_000)
    refused = world.commit(world.new_id(), world.serials[1], keyed=True)
    assert (refused.reason, refused.until_ms) == ("limit", first + 60_000)
    assert world.commit(world.new_id(), world.serials[2]).outcome == "committed"
    assert world.commit(world.new_id(), world.serials[3]).outcome == "committed"
    assert world.reserve(world.new_id(), world.serials[4]).reason == "limit"
    clock.advance(59_000)
    assert world.reserve(world.new_id(), world.serials[4]).outcome == "reserved"


def test_a_void_within_its_window_kills_the_card_and_the_debt(world: World, clock: FakeClock) -> None:
    """Cash would leave the drawer for a card that can still be spent."""
    line, serial, void_id = world.new_id(), world.serials[0], world.new_id()
    world.commit(line, serial)
    assert world.void(line, serial, till=TILL_2).reason == "other_till"
    assert world.void(line, serial, rescanned=False).reason == "not_rescanned"
    assert world.void(line, world.serials[1]).reason == "not_sold"
    assert world.void(line, serial, till=TILL_ELSEWHERE).reason == "not_sold"
    clock.advance(15 * 60_000)
    assert world.void(line, serial, void_id=void_id).outcome == "voided"
    assert world.void(line, serial, void_id=void_id).outcome == "voided", "a repeat hears the same"
    assert world.card(serial).state is CardState.VOID
    assert _debt(world) == 0
    assert world.status(line).record == "voided"
    assert world.void(line, serial).reason == "not_sold"


def test_a_void_after_its_window_is_refused(world: World, clock: FakeClock) -> None:
    """A clerk could take back yesterday's sales and keep the cash."""
    line, serial = world.new_id(), world.serials[0]
    world.commit(line, serial)
    clock.advance(15 * 60_000 + 1)
    assert world.void(line, serial).reason == "window"
    assert world.card(serial).state is CardState.ACTIVE


def test_a_neutral_refusal_stays_neutral_when_it_is_withdrawn(world: World) -> None:
    """Scan, remove, look up: a till would learn after all which card is known as stolen and which does not exist."""
    blocked, void = world.serials[1], world.serials[2]
    world.sql("UPDATE card SET block = 'stolen' WHERE card_id = ?", int(blocked))
    world.sql("UPDATE card SET state = 'void' WHERE card_id = ?", int(void))
    unknown = make_serial(random12="123456789012", series_no="12").digits
    heard = []
    for serial in (blocked, void, unknown):
        line = world.new_id()
        world.reserve(line, serial)
        heard.append((world.commit(line, serial), world.cancel(line, serial), world.status(line)))
    assert len(set(heard)) == 1
