"""The basket between scan and payment: holds that are answered late, kept alive, lost or given up."""

from kiosk.domain import events as ev
from kiosk.domain.refusals import Reason
from kiosk.domain.sale import LinePhase
from kiosk.till import commands as do
from kiosk.till.state import Stage
from tests.helpers.till_rig import CARD, OTHER, open_till


def test_without_an_answer_the_card_is_unheld_after_three_seconds() -> None:
    """The clerk and the customer would wait for the network."""
    rig = open_till()
    rig.scan()
    rig.pass_time(2_900)
    assert rig.line().phase is LinePhase.ASKED
    rig.pass_time(200)
    assert rig.line().phase is LinePhase.UNHELD


def test_a_late_hold_still_counts() -> None:
    """A card that is held would be treated as if it were not."""
    rig = open_till()
    rig.scan()
    rig.answer("reserve", None)
    assert rig.line().phase is LinePhase.UNHELD
    rig.pass_time(1_100)
    assert len(rig.asked("reserve")) == 2
    assert rig.asked("reserve")[0] == rig.asked("reserve")[1], "a repeat is the same message under the same id"
    rig.answer("reserve", "reserved", until_ms=rig.clock.now_ms() + 120_000, pack="P1", position=3)
    assert rig.line().phase is LinePhase.HELD
    assert (rig.line().pack, rig.line().position) == ("P1", 3)


def test_an_answer_that_answers_nothing_is_never_a_hold() -> None:
    """A confused authority would be taken for a yes."""
    rig = open_till()
    rig.scan()
    rig.answer("reserve", "committed")
    assert rig.line().phase is LinePhase.UNHELD
    assert len(rig.asked("reserve")) == 1, "and it is not asked again without a pause"


def test_a_hold_is_extended_every_45_seconds_with_a_rising_number() -> None:
    """The hold would end at two minutes while the customer looks for money."""
    rig = open_till()
    rig.sell()
    for n in (1, 2, 3):
        rig.pass_time(45_100)
        assert [call.n for call in rig.asked("extend")] == list(range(1, n + 1))
        rig.answer("extend", "extended", until_ms=rig.clock.now_ms() + 120_000)
    assert rig.line().phase is LinePhase.HELD


def test_after_ten_minutes_the_card_is_unheld_and_not_asked_for_again() -> None:
    """A forgotten basket would keep cards from every other till for ever."""
    rig = open_till()
    rig.sell()
    for _ in range(13):
        rig.pass_time(45_100)
        rig.answer("extend", "extended", until_ms=rig.clock.now_ms() + 120_000)
    extensions = len(rig.asked("extend"))
    rig.pass_time(300_000)
    assert len(rig.asked("extend")) <= extensions + 1
    assert rig.line().phase is LinePhase.UNHELD
    assert len(rig.asked("reserve")) == 1


def test_a_hold_lost_to_somebody_else_takes_the_card_off_the_basket() -> None:
    """The customer would pay for a card that another till has sold."""
    rig = open_till()
    rig.sell()
    rig.pass_time(45_100)
    rig.answer("extend", "lost", reason="held_elsewhere", till="Caisse 2")
    assert rig.notice.reason is Reason.HELD_ELSEWHERE
    assert rig.state.sale is None


def test_a_hold_that_only_ran_out_leaves_the_card_unheld() -> None:
    """The clerk would be told that a free card is gone."""
    rig = open_till()
    rig.sell()
    rig.pass_time(45_100)
    rig.answer("extend", "lost")
    assert rig.line().phase is LinePhase.UNHELD


def test_a_removed_card_is_cancelled_until_the_authority_says_so() -> None:
    """The hold would keep the card from the other till, or a late reserve would take it after all."""
    rig = open_till()
    rig.sell(CARD, OTHER)
    rig.tell(do.RemoveLine(rig.line().line_id))
    assert rig.line().phase is LinePhase.RELEASED
    for pause in (1_000, 2_000, 4_000, 8_000, 14_500):
        asked = len(rig.asked("cancel"))
        rig.answer("cancel", None)
        rig.pass_time(pause - 100)
        assert len(rig.asked("cancel")) == asked
        rig.pass_time(600)
        assert len(rig.asked("cancel")) == asked + 1
        rig.clock_known()  # the line itself is not down
    rig.answer("cancel", "cancelled")
    assert rig.events(ev.LineCancelled)
    assert not rig.state.book.owed
    assert [line.serial for line in rig.sale.live] == [OTHER]


def test_put_back_scans_the_card_again_after_its_cancel() -> None:
    """The new hold would meet the old one and be refused as held elsewhere."""
    rig = open_till()
    rig.sell(CARD, OTHER)
    first = rig.line().line_id
    rig.tell(do.RemoveLine(first))
    assert rig.state.removed is not None
    rig.tell(do.PutBack())
    assert rig.line().line_id != first
    assert len(rig.asked("reserve")) == 1, "the reserve waits for the cancel"
    rig.answer("cancel", "cancelled")
    assert rig.asked("reserve")[-1].line_id == rig.line().line_id
    assert rig.state.removed is None


def test_clearing_the_basket_releases_every_card_and_abandons_the_sale() -> None:
    """Cards would stay held for a customer who left."""
    rig = open_till()
    rig.sell(CARD, OTHER)
    rig.tell(do.ClearBasket())
    assert rig.at(Stage.SALE)
    assert rig.state.sale is None
    assert len(rig.state.book.owed) == 2
    assert rig.events(ev.SaleAbandoned)


def test_locking_keeps_the_basket_and_its_holds() -> None:
    """A clerk who turns round for a moment would scan everything again."""
    rig = open_till()
    rig.sell()
    rig.tell(do.Lock(by_idle=True))
    assert rig.at(Stage.LOCKED)
    rig.pass_time(45_100)
    assert rig.asked("extend")
    rig.log_in("marc")
    assert rig.at(Stage.SALE)
    assert [line.serial for line in rig.sale.live] == [CARD]
    assert [type(event).__name__ for event in rig.events()][-2:] == ["ClerkLoggedOut", "ClerkLoggedIn"]
