"""What a terminal downloads, and what it may ask about a card."""

import pytest

from kiosk.authority.services import distribute
from kiosk.authority.services.policy import demonstration_policy, set_policy
from kiosk.authority.services.refused import TurnedAway
from kiosk.authority.store import cards
from kiosk.authority.store.ports import Store
from kiosk.domain.activation import Block
from kiosk.domain.card import make_serial
from kiosk.domain.limits import HOUR_MS, OfflinePolicy
from kiosk.protocol.codec import encode
from kiosk.protocol.messages import BalanceRequest, Change
from kiosk.protocol.problems import ProblemKind
from tests.fakes.clock import FakeClock
from tests.helpers.authority import TILL, TILL_2, TILL_ELSEWHERE, World, issue_lot, make_world


@pytest.fixture
def world(either_store: Store, clock: FakeClock) -> World:
    return make_world(either_store, clock=clock)


def _all(world: World, till: str = TILL, *, cursor: str = "", limit: int = 500) -> tuple[list[Change], str]:
    """Every change after ``cursor``, page by page."""
    found: list[Change] = []
    while True:
        page = world.authority.changes(till, cursor, limit)
        assert len(page.changes) <= limit
        found += page.changes
        cursor = page.cursor
        if not page.more:
            return found, cursor


def _stock(changes: list[Change]) -> dict[str, dict[str, object]]:
    return {change.key: dict(change.payload) for change in changes if change.stream == "stock"}


@pytest.mark.parametrize("limit", [1, 7, 20, 500])
def test_pages_of_any_size_add_up_to_the_whole_stock(world: World, limit: int) -> None:
    """A card that fell between two pages could not be sold without the line, for ever (T-FEED)."""
    changes, cursor = _all(world, limit=limit)
    assert set(_stock(changes)) == set(world.serials)
    assert len(changes) == 20
    assert [change.version for change in changes] == sorted(change.version for change in changes)
    assert _all(world, cursor=cursor) == ([], cursor)
    assert _all(world, TILL_ELSEWHERE)[0] == [], "another shop's stock is nobody's business"


def test_a_sale_a_cancel_and_a_binding_reach_the_tills_as_they_are_now(world: World) -> None:
    """A till without the line would promise a card that the till beside had sold."""
    _, cursor = _all(world, TILL_2)
    line, serial = world.new_id(), world.serials[0]
    world.commit(line, serial)
    changes, cursor = _all(world, TILL_2, cursor=cursor)
    assert _stock(changes)[serial]["state"] == "active"
    world.cancel(line, serial, rescanned=False)
    changes, cursor = _all(world, TILL_2, cursor=cursor)
    assert _stock(changes)[serial]["state"] == "in_stock"
    assert [(c.key, c.payload) for c in changes if c.stream == "block"] == [(serial, {"blocked": True})]
    world.store.write(lambda tx: cards.block(tx, int(serial), None))
    pack = world.card(serial).pack
    world.store.write(lambda tx: distribute.bind(tx, pack, terminal_id=TILL_2))
    changes, _ = _all(world, TILL_2, cursor=cursor)
    assert [c.payload for c in changes if c.stream == "block"] == [{"blocked": False}]
    assert {payload["bound"] for payload in _stock(changes).values()} == {True}
    assert {payload["bound"] for payload in _stock(_all(world)[0]).values()} == {False}


def test_a_cursor_of_another_till_or_another_time_begins_anew(world: World) -> None:
    """A till restored from another's backup would silently miss changes."""
    _, cursor = _all(world, TILL)
    world.sql("UPDATE feed SET version = 1")
    for till, text in ((TILL_2, cursor), (TILL, cursor[:-2]), (TILL, "!"), (TILL, cursor)):
        with pytest.raises(TurnedAway) as refused:
            world.authority.changes(till, text)
        assert refused.value.kind is ProblemKind.CURSOR_EXPIRED


def test_nothing_may_be_promised_before_the_operator_says_so(world: World) -> None:
    """Every new shop would sell without the line although nobody decided that."""
    assert [change for change in _all(world)[0] if change.stream == "policy"] == []


def test_the_policy_is_renewed_while_tills_ask_and_runs_out_when_they_do_not(world: World, clock: FakeClock) -> None:
    """A stolen till would keep its allowance for ever, or an honest one would lose it every day at noon."""
    world.store.write(lambda tx: set_policy(tx, demonstration_policy("EUR"), now_ms=clock.now_ms()))
    changes, cursor = _all(world)
    first = next(change for change in changes if change.stream == "policy")
    assert OfflinePolicy(**first.payload) == OfflinePolicy(  # type: ignore[arg-type] # the payload's values are these fields
        version=first.version, enabled=True, valid_until_ms=clock.now_ms() + 24 * HOUR_MS, let_go_while_unknown=True
    )
    clock.advance(11 * HOUR_MS)
    assert _all(world, cursor=cursor)[0] == []
    clock.advance(2 * HOUR_MS)
    (renewed,), _ = _all(world, cursor=cursor)
    assert renewed.version > first.version
    assert renewed.payload["valid_until_ms"] == clock.now_ms() + 24 * HOUR_MS


def _balance(world: World, serial: str, till: str = TILL) -> dict[str, object]:
    answer = world.authority.balance(till, BalanceRequest(serial))
    return {name: value for name in answer.__struct_fields__ if (value := getattr(answer, name)) is not None}


def test_a_balance_says_what_is_left_and_until_when(world: World, clock: FakeClock) -> None:
    """The customer would be told a wrong amount."""
    serial = world.serials[0]
    world.commit(world.new_id(), serial)
    answer = world.authority.balance(TILL_ELSEWHERE, BalanceRequest(serial))
    assert (answer.outcome, answer.state, answer.series) == ("found", "active", "12")
    assert answer.balance is not None and answer.balance.amount_minor == 2000
    assert (answer.codes_left, answer.codes, answer.payments) == (25, 25, [])
    assert answer.expires_ms is not None and answer.expires_ms > clock.now_ms() + 729 * 24 * HOUR_MS
    world.sql("UPDATE card SET balance_minor = 500, codes_used = 5 WHERE card_id = ?", int(serial))
    spent = world.authority.balance(TILL, BalanceRequest(serial))
    assert spent.balance is not None and spent.balance.amount_minor == 500
    assert spent.codes_left == 23


def test_unknown_foreign_and_not_received_are_one_answer(world: World) -> None:
    """Anybody with a serial could find out which cards lie in which shop."""
    lot = issue_lot(world.authority, cards_count=1, seed=9)
    printed = cards.serial_of(lot.packs[0].first_card)
    francs = world.serials[1]
    world.commit(world.new_id(), francs)
    world.sql("UPDATE lot SET currency = 'FRF'")
    answers = [
        _balance(world, make_serial(random12="123456789012", series_no="12").digits),
        _balance(world, printed),
        _balance(world, francs),
        _balance(world, world.serials[0], TILL_ELSEWHERE),
    ]
    assert answers == [{"outcome": "not_found"}] * 4


def test_a_card_in_stock_is_inactive_and_a_blocked_one_shows_no_money(world: World) -> None:
    """A thief at the kiosk would learn what a blocked card is worth."""
    assert _balance(world, world.serials[0])["state"] == "inactive"
    serial = world.serials[1]
    world.commit(world.new_id(), serial)
    world.store.write(lambda tx: cards.block(tx, int(serial), Block.STOLEN))
    blocked = _balance(world, serial)
    assert blocked["state"] == "blocked"
    assert "balance" not in blocked
    with pytest.raises(TurnedAway):
        world.authority.balance(TILL, BalanceRequest("12"))


def test_the_feeds_payloads_go_over_the_wire(world: World, clock: FakeClock) -> None:
    """A payload that the till's decoder refuses would end its downloads."""
    world.store.write(lambda tx: set_policy(tx, demonstration_policy("EUR"), now_ms=clock.now_ms()))
    assert encode(world.authority.changes(TILL))
