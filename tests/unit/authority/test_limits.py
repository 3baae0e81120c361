"""The rolling limits of terminal and shop, and what an activation tells the operator without the till hearing of it."""

from kiosk.authority.services.alert_kinds import AlertKind
from kiosk.authority.services.limits import RollingLimit, load_limit, save_limit
from kiosk.authority.store.settings import put_setting
from tests.fakes.clock import FakeClock
from tests.helpers.authority import TILL, TILL_2, World, make_world


def alerts_of(world: World) -> list[tuple[object, ...]]:
    return world.rows("SELECT kind, terminal_id FROM alert ORDER BY alert_no")


def limited(limit: RollingLimit, clock: FakeClock) -> World:
    world = make_world(clock=clock)
    world.store.write(lambda tx: save_limit(tx, limit))
    return world


def test_two_tills_of_a_shop_share_its_limit(clock: FakeClock) -> None:
    """A clerk who is talked into it would go on at the till beside."""
    world = limited(RollingLimit(window_ms=60_000, shop_cards=3), clock)
    first = clock.now_ms()
    assert world.commit(world.new_id(), world.serials[0]).outcome == "committed"
    clock.advance(1_000)
    assert world.commit(world.new_id(), world.serials[1], till=TILL_2).outcome == "committed"
    assert world.commit(world.new_id(), world.serials[2]).outcome == "committed"
    for till in (TILL, TILL_2):
        refused = world.commit(world.new_id(), world.serials[3], till=till)
        assert (refused.reason, refused.until_ms) == ("limit", first + 60_000)
    assert alerts_of(world) == [("rolling_limit", TILL), ("rolling_limit", TILL_2)]
    clock.advance(59_000)
    assert world.commit(world.new_id(), world.serials[3], till=TILL_2).outcome == "committed"


def test_activations_of_before_shops_were_counted_disturb_no_number(clock: FakeClock) -> None:
    """The first sale after the update would fail, or an old sale could no longer be cancelled."""
    world = limited(RollingLimit(), clock)
    old = world.new_id()
    world.commit(old, world.serials[0])
    world.sql("UPDATE line SET nth_shop = NULL")
    new = world.new_id()
    assert world.commit(new, world.serials[1], till=TILL_2).outcome == "committed"
    assert world.cancel(old, world.serials[0]).outcome == "cancelled"
    before, after = world.line(old), world.line(new, till=TILL_2)
    assert before is not None and before.nth_shop is None
    assert after is not None and after.nth_shop == 1


def test_many_cards_of_one_value_in_a_short_time_are_told(clock: FakeClock) -> None:
    """The false technician on the telephone would be found out at the end of the month."""
    world = limited(RollingLimit(burst_cards=3, burst_ms=60_000), clock)
    for serial in world.serials[:2]:
        world.commit(world.new_id(), serial)
    clock.advance(61_000)
    for serial in world.serials[2:4]:
        world.commit(world.new_id(), serial)
    assert alerts_of(world) == []
    answer = world.commit(world.new_id(), world.serials[4])
    assert answer.outcome == "committed", "an alert stops nobody"
    world.commit(world.new_id(), world.serials[5])
    assert alerts_of(world) == [("activation_burst", TILL)], "the same within an hour is one"


def test_many_typed_serials_are_told(clock: FakeClock) -> None:
    """Numbers read out over the telephone would look like any other sale."""
    world = limited(RollingLimit(keyed_alert=2, keyed_cards=20), clock)
    for serial in world.serials[:3]:
        world.commit(world.new_id(), serial)
    world.commit(world.new_id(), world.serials[3], keyed=True)
    assert alerts_of(world) == []
    world.commit(world.new_id(), world.serials[4], keyed=True)
    assert alerts_of(world) == [(AlertKind.KEYED_ACTIVATIONS.value, TILL)]


def test_limits_that_were_set_before_the_shop_had_one_are_kept(clock: FakeClock) -> None:
    """The operator's own numbers would be forgotten by the update."""
    world = make_world(clock=clock)
    world.store.write(lambda tx: put_setting(tx, "rolling_limit", '{"window_ms":3600000,"cards":50,"keyed_cards":4}'))
    assert world.store.read(load_limit) == RollingLimit(cards=50, keyed_cards=4)
