"""A sale that goes well, in the order of the design's table."""

from kiosk.domain import events as ev
from kiosk.domain.sale import LinePhase
from kiosk.till import commands as do
from kiosk.till.state import Stage
from tests.helpers.till_rig import CARD, OTHER, open_till


def test_scan_cash_and_activation_in_the_order_of_the_table() -> None:
    """Money or cards would move before the journal knows of it, or in another order than recovery expects."""
    rig = open_till()
    rig.scan()
    assert rig.line().phase is LinePhase.ASKED
    assert rig.asked("reserve")[0].line_id == rig.line().line_id
    rig.answer("reserve", "reserved", until_ms=rig.clock.now_ms() + 120_000)
    assert rig.line().phase is LinePhase.HELD
    rig.pay(5000)
    assert rig.at(Stage.ACTIVATING)
    rig.answer("commit", "committed")
    assert rig.at(Stage.RESULT)
    assert rig.sale.receipt_no == 1
    rig.tell(do.NextSale())
    assert rig.at(Stage.SALE)
    kinds = [type(event).__name__ for event in rig.events()][2:]
    assert kinds == [
        "LineScanned", "ReserveRequested", "ReserveAnswered", "TenderAccepted", "CommitRequested", "ActivationCommitted",
        "SaleCompleted", "SaleClosed",
    ]  # fmt: skip
    completed = rig.events(ev.SaleCompleted)[0]
    assert isinstance(completed, ev.SaleCompleted)
    assert (completed.total_minor, completed.tenders[0].change_minor) == (2000, 3000)


def test_two_cards_are_activated_before_the_sale_is_complete() -> None:
    """A customer would leave with a card that cannot be spent."""
    rig = open_till()
    rig.sell(CARD, OTHER)
    rig.pay()
    rig.answer("commit", "committed", card=CARD)
    assert rig.at(Stage.ACTIVATING)
    assert not rig.events(ev.SaleCompleted)
    rig.answer("commit", "committed", card=OTHER)
    assert rig.at(Stage.RESULT)
