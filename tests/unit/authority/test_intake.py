"""The tills' journals arriving at the authority: promises and their exceptions, the chain, repeats, forgeries."""

import dataclasses
from typing import Any

import msgspec
import pytest

from kiosk.authority.accounts import shop_debt
from kiosk.authority.services.policy import demonstration_policy, set_policy
from kiosk.authority.services.refused import TurnedAway
from kiosk.authority.store import cards, places
from kiosk.authority.store.books import account_balance
from kiosk.authority.store.ports import Store
from kiosk.domain.activation import Block, CardState
from kiosk.domain.card import make_serial
from kiosk.protocol.keys import SigningKey
from kiosk.protocol.messages import MAX_BATCH_ENTRIES, SignedEntry
from tests.fakes.clock import FakeClock
from tests.helpers.authority import OTHER_SHOP, SHOP, TILL, TILL_2, TILL_ELSEWHERE, World, issue_lot, make_world
from tests.helpers.entries import Journal

HOUR_MS = 3_600_000


@pytest.fixture
def world(either_store: Store, clock: FakeClock) -> World:
    """Both packs of the shop are bound to the first till, and the policy allows promises."""
    made = make_world(either_store, clock=clock, bind=(0, 1))
    made.store.write(lambda tx: set_policy(tx, demonstration_policy("EUR"), now_ms=clock.now_ms()))
    return made


@pytest.fixture
def journal(world: World) -> Journal:
    return Journal(world)


def _debt(world: World, shop_id: str = SHOP) -> int:
    return world.store.read(lambda tx: account_balance(tx, shop_debt(shop_id, "EUR")))


def _exceptions(world: World) -> list[tuple[object, ...]]:
    return world.rows("SELECT code, owner, card_id FROM exception ORDER BY exception_no")


def _block(world: World, serial: str) -> int:
    """Block a card; the version under which the block list says so."""
    world.store.write(lambda tx: cards.block(tx, int(serial), Block.LOST))
    return world.card(serial).block_version


def test_a_promised_card_becomes_spendable_and_is_charged_once(world: World, journal: Journal) -> None:
    """A card sold while the line was down would stay worthless, or be charged twice (INV-6)."""
    line, serial = world.new_id(), world.serials[0]
    entry = journal.promise(line, serial)
    assert journal.deliver(entry) == [("applied", None)]
    assert (world.card(serial).state, _debt(world)) == (CardState.ACTIVE, 2000)
    assert world.status(line).record == "committed"
    assert journal.deliver(entry) == [("already", None)]
    assert world.commit(line, serial).outcome == "committed", "the commit that goes on asking hears the same"
    assert _debt(world) == 2000
    assert _exceptions(world) == []


def test_a_commit_that_came_through_makes_the_promise_already(world: World, journal: Journal) -> None:
    """A card whose answer was lost, and that was then promised, would be charged twice."""
    line, serial = world.new_id(), world.serials[0]
    world.commit(line, serial)
    assert journal.deliver(journal.promise(line, serial)) == [("already", None)]
    assert _debt(world) == 2000


def test_every_other_kind_is_kept_and_moves_nothing(world: World, journal: Journal) -> None:
    """A journal entry could sell a card that the authority had refused; or an unknown kind would stop the outbox."""
    line, serial = world.new_id(), world.serials[0]
    entries = [
        journal.append("CommitRequested", {"line_id": line}),
        journal.append("ActivationCommitted", {"line_id": line, "record": "committed"}),
        journal.append("KindOfTheFuture", {"anything": [1, 2]}),
        journal.append("SaleClosed", {"sale_id": "s"}, v=2),
    ]
    assert journal.deliver(*entries) == [("applied", None)] * 4
    assert world.card(serial).state is CardState.IN_STOCK
    assert world.rows("SELECT seq, kind FROM entry ORDER BY seq") == [
        (1, "CommitRequested"), (2, "ActivationCommitted"), (3, "KindOfTheFuture"), (4, "SaleClosed"),
    ]  # fmt: skip


def test_x1_the_first_line_keeps_the_card(world: World, journal: Journal) -> None:
    """A copied barcode would charge the shop twice, or take the card from the customer who paid first."""
    serial = world.serials[0]
    world.commit(world.new_id(), serial)
    line = world.new_id()
    entry = journal.promise(line, serial)
    assert journal.deliver(entry) == [("exception", "X1")]
    assert journal.deliver(entry) == [("exception", "X1")], "the first answer may have been lost"
    assert _exceptions(world) == [("X1", "operator", int(serial))]
    assert _debt(world) == 2000
    assert world.status(line).record == "refused"


def test_x2_a_card_in_another_stock_is_activated_for_a_trusted_shop_only(world: World, journal: Journal) -> None:
    """A customer with a receipt would hold a dead card; or any till could make any shop's cards spendable."""
    theirs = Journal(world, till=TILL_ELSEWHERE)
    trusted, untrusted = world.serials[0], world.serials[1]
    assert theirs.deliver(theirs.promise(world.new_id(), trusted)) == [("exception", "X2")]
    assert (world.card(trusted).state, _debt(world, OTHER_SHOP), _debt(world)) == (CardState.ACTIVE, 2000, 0)
    world.sql("UPDATE shop SET trusted = 0 WHERE shop_id = ?", OTHER_SHOP)
    assert theirs.deliver(theirs.promise(world.new_id(), untrusted)) == [("exception", "X2")]
    card = world.card(untrusted)
    assert (card.state, card.block) == (CardState.IN_STOCK, None), "a till cannot freeze another shop's card either"
    assert _debt(world, OTHER_SHOP) == 2000


def test_x2_a_card_bound_to_the_till_beside_is_activated_and_looked_into(world: World) -> None:
    """A card sold by the wrong till of the shop would stay dead."""
    beside = Journal(world, till=TILL_2)
    assert beside.deliver(beside.promise(world.new_id(), world.serials[0])) == [("exception", "X2")]
    assert world.card(world.serials[0]).state is CardState.ACTIVE


def test_x2_a_card_that_never_left_the_warehouse_belongs_to_who_sold_it(world: World, journal: Journal) -> None:
    """A pack that was sold before anybody marked it shipped would stop the whole delivery."""
    lot = issue_lot(world.authority, cards_count=2, seed=5)
    serial = cards.serial_of(lot.packs[0].first_card)
    assert journal.deliver(journal.promise(world.new_id(), serial)) == [("exception", "X2")]
    card = world.card(serial)
    assert (card.state, card.shop_id) == (CardState.ACTIVE, SHOP)


def test_x2_an_unknown_card_is_a_task_and_nothing_more(world: World, journal: Journal) -> None:
    """A forged card would stop the delivery of all that comes after it."""
    forged = make_serial(random12="000000000001", series_no="12").digits
    assert journal.deliver(journal.promise(world.new_id(), forged)) == [("exception", "X2")]
    assert _exceptions(world) == [("X2", "operator", int(forged))]
    assert _debt(world) == 0


def test_x3_and_x4_tell_the_clerk_who_knew_from_the_one_who_could_not(world: World, journal: Journal) -> None:
    """The shop would pay for a block that it could not know, or not for one that it ignored."""
    version = _block(world, world.serials[0])
    knew = journal.promise(world.new_id(), world.serials[0], blocklist_version=version)
    _block(world, world.serials[1])
    could_not = journal.promise(world.new_id(), world.serials[1], blocklist_version=version)
    assert journal.deliver(knew, could_not) == [("exception", "X3"), ("exception", "X4")]
    assert {code: owner for code, owner, _ in _exceptions(world)} == {"X3": "shop", "X4": "operator"}
    assert world.card(world.serials[0]).state is CardState.IN_STOCK
    assert _debt(world) == 0


def test_x5_more_than_allowed_is_activated_and_takes_the_allowance_away(world: World, journal: Journal) -> None:
    """A manipulated till could promise without end."""
    entries = [journal.promise(world.new_id(), world.serials[n], sale_id=f"s{n // 2}") for n in range(11)]
    answers = journal.deliver(*entries)
    assert answers == [("applied", None)] * 10 + [("exception", "X5")]
    assert world.card(world.serials[10]).state is CardState.ACTIVE
    policy = [c for c in world.authority.changes(TILL).changes if c.stream == "policy"]
    assert [change.payload["enabled"] for change in policy] == [False]
    others = [c for c in world.authority.changes(TILL_2).changes if c.stream == "policy"]
    assert [change.payload["enabled"] for change in others] == [True], "the till beside did nothing wrong"


def test_settled_promises_free_the_allowance_as_they_do_at_the_till(world: World, journal: Journal) -> None:
    """An honest till that sold through a long day of short cuts would be taken for a manipulated one."""
    entries: list[SignedEntry] = []
    for n in range(15):
        line = world.new_id()
        entries.append(journal.promise(line, world.serials[n], sale_id=f"s{n}"))
        entries.append(journal.append("PromiseSettled", {"line_id": line, "outcome": "applied"}))
    assert {code for _, code in journal.deliver(*entries)} == {None}


@pytest.mark.parametrize(
    ("changes", "late_ms"),
    [({"policy_version": 0}, 0), ({"policy_version": 10**6}, 0), ({"face_minor": 2000}, 25 * HOUR_MS)],
    ids=["no policy", "a policy of the future", "a policy that ran out"],
)
def test_x5_a_promise_without_a_policy_in_force(
    world: World, journal: Journal, clock: FakeClock, changes: dict[str, Any], late_ms: int
) -> None:
    """A till without permission could sell for hours before anybody hears of it."""
    clock.advance(late_ms)
    assert journal.deliver(journal.promise(world.new_id(), world.serials[0], **changes)) == [("exception", "X5")]
    assert world.card(world.serials[0]).state is CardState.ACTIVE


def test_x5_said_by_the_till_itself_costs_no_allowance(world: World, journal: Journal) -> None:
    """A clerk who answers the restart's question truthfully would lose offline sales for it."""
    entry = journal.promise(world.new_id(), world.serials[0], outside_policy="not_cash")
    assert journal.deliver(entry) == [("exception", "X5")]
    assert world.rows("SELECT online_only_version FROM terminal WHERE terminal_id = ?", TILL) == [(None,)]


def test_x6_a_revoked_tills_promises_wait_for_a_person(world: World, journal: Journal) -> None:
    """A stolen till could go on making cards spendable with the journal it holds."""
    entry = journal.promise(world.new_id(), world.serials[0])
    world.store.write(lambda tx: places.revoke_terminal(tx, TILL, now_ms=0))
    assert journal.deliver(entry) == [("exception", "X6")]
    assert world.card(world.serials[0]).state is CardState.IN_STOCK
    assert world.rows("SELECT count(*) FROM entry") == [(1,)], "the evidence is kept"


def test_x7_the_lots_face_value_wins_and_the_card_waits(world: World, journal: Journal) -> None:
    """A till with a wrong catalogue would make a 20 € card worth 50 €."""
    entry = journal.promise(world.new_id(), world.serials[0], face_minor=5000)
    assert journal.deliver(entry) == [("exception", "X7")]
    card = world.card(world.serials[0])
    assert (card.balance_minor, card.block, _debt(world)) == (2000, Block.FROZEN, 2000)


def test_x9_the_record_wins_over_a_promise(world: World, journal: Journal) -> None:
    """A card whose money went back would become spendable after all (INV-10)."""
    line, serial = world.new_id(), world.serials[0]
    world.cancel(line, serial)
    assert journal.deliver(journal.promise(line, serial)) == [("exception", "X9")]
    assert world.status(line).record == "cancelled"
    assert (world.card(serial).state, _debt(world)) == (CardState.IN_STOCK, 0)


def test_a_cancel_after_a_promise_takes_the_card_back(world: World, journal: Journal) -> None:
    """A customer who came back at once for the money would leave the shop with the debt."""
    line, serial = world.new_id(), world.serials[0]
    journal.deliver(journal.promise(line, serial))
    assert world.cancel(line, serial).outcome == "cancelled"
    assert (world.card(serial).state, _debt(world)) == (CardState.IN_STOCK, 0)


def test_a_promise_of_another_card_under_a_known_line_is_not_taken(world: World, journal: Journal) -> None:
    """One line id would stand for two cards."""
    line = world.new_id()
    world.commit(line, world.serials[0])
    assert journal.deliver(journal.promise(line, world.serials[1])) == [("idempotency-conflict", None)]
    assert world.card(world.serials[1]).state is CardState.IN_STOCK


def _forged(entry: SignedEntry, **changes: Any) -> SignedEntry:
    return msgspec.structs.replace(entry, **changes)


def test_an_entry_that_is_not_as_signed_is_answered_by_itself(world: World, journal: Journal) -> None:
    """A damaged or forged entry would be believed, or would hold up every honest one behind it."""
    good = journal.append("SaleClosed", {"sale_id": "s"})
    stranger = dataclasses.replace(journal, seq=1, prev=bytes.fromhex(good.hash), key=SigningKey.generate())
    entries = {
        "bad-signature": [
            stranger.append("SaleClosed", {"sale_id": "s"}),
            _forged(good, content=good.content.replace('"s"', '"t"')),
            _forged(good, hash="00" * 32),
            _forged(good, prev="11" * 32),
        ],
        "malformed-request": [
            _forged(good, content="{}"),
            _forged(good, content="not json"),
            _forged(good, content=good.content.replace(":", ": ", 1)),
            _forged(good, prev="zz"),
            _forged(good, signature="!"),
            _forged(good, seq=0),
            journal.sign("SaleClosed", {}, seq=1, prev=bytes(32), terminal=TILL_2),
            journal.sign("SaleClosed", {}, seq=1, prev=bytes(32), epoch=2),
            journal.sign("SaleClosed", {}, seq=1, prev=bytes(32), at="yesterday"),
            journal.sign("CardPromised", {"line_id": "x"}, seq=1, prev=bytes(32)),
            journal.sign("CardPromised", {"line_id": 5}, seq=1, prev=bytes(32)),
        ],
    }
    for expected, bad in entries.items():
        for entry in bad:
            assert journal.deliver(entry) == [(expected, None)], entry.content
    assert world.rows("SELECT count(*) FROM entry") == [(0,)]
    assert journal.deliver(good) == [("applied", None)]


def test_a_journal_that_was_rewritten_is_a_fork(world: World, journal: Journal) -> None:
    """Somebody could take a sale out of the journal after the authority saw it (INV-9)."""
    first, second, third = (journal.append("SaleClosed", {"sale_id": f"s{n}"}) for n in range(3))
    journal.deliver(first, second)
    other = journal.sign("SaleClosed", {"sale_id": "x"}, seq=2, prev=bytes.fromhex(first.hash))
    torn = journal.sign("SaleClosed", {"sale_id": "x"}, seq=3, prev=bytes(32))
    begins = journal.sign("SaleClosed", {"sale_id": "x"}, seq=1, prev=bytes.fromhex(third.hash))
    for entry in (other, torn, begins):
        assert journal.deliver(entry) == [("idempotency-conflict", None)]
    assert journal.deliver(third) == [("applied", None)]
    told = world.rows("SELECT kind, count(*) FROM alert GROUP BY kind")
    assert told == [("journal_forked", 1)], "the same alert within an hour is one"


def test_a_parked_entry_may_come_later_if_it_fits(world: World, journal: Journal) -> None:
    """One entry that waits for a person would hold up a day of sales, or a false one would be slipped into its place."""
    first, second, third = (journal.append("SaleClosed", {"sale_id": f"s{n}"}) for n in range(3))
    assert journal.deliver(first, third) == [("applied", None)] * 2
    false = journal.sign("SaleClosed", {"sale_id": "x"}, seq=2, prev=bytes.fromhex(first.hash))
    assert journal.deliver(false) == [("idempotency-conflict", None)]
    assert journal.deliver(second) == [("applied", None)]


def test_the_anchor_is_the_head_as_held(world: World, journal: Journal, clock: FakeClock) -> None:
    """A till whose journal was cut could not notice it."""
    entries = [journal.append("SaleClosed", {"sale_id": f"s{n}"}) for n in range(3)]
    anchor = world.authority.entries(TILL, journal.batch(*entries)).anchor
    assert anchor is not None
    assert (anchor.epoch, anchor.seq, anchor.hash, anchor.at_ms) == (1, 3, entries[2].hash, clock.now_ms())


def test_a_batch_that_cannot_be_meant_is_turned_away_whole(world: World, journal: Journal) -> None:
    """A wrong build of the till would get half of a nonsensical delivery stored."""
    one, two = journal.append("A", {}), journal.append("B", {})
    bad = [
        journal.batch(),
        journal.batch(two, one),
        journal.batch(one, one),
        msgspec.structs.replace(journal.batch(one), epoch=2),
        msgspec.structs.replace(journal.batch(one), source="receipt"),
        journal.batch(*(_forged(one, seq=n) for n in range(1, MAX_BATCH_ENTRIES + 2))),
    ]
    for batch in bad:
        with pytest.raises(TurnedAway):
            world.authority.entries(TILL, batch)
    assert world.rows("SELECT count(*) FROM entry") == [(0,)]


def test_a_text_that_not_every_database_can_keep_is_parked(world: World, journal: Journal) -> None:
    """One odd character would fail the whole delivery for ever, and with it everything that the till has to tell."""
    odd = journal.sign("SaleClosed", {"sale_id": "a\0b"}, seq=1, prev=bytes(32))
    assert journal.deliver(odd) == [("malformed-request", None)]
