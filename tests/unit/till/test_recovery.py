"""The start table, row by row: what the till does by itself after a restart and what it asks, until it is answered."""

import pytest

from kiosk.domain import events as ev
from kiosk.domain.sale import ChargeOutcome, LinePhase
from kiosk.till import commands as do
from kiosk.till import messages as come
from kiosk.till.state import Question, Stage
from tests.helpers.till_rig import CARD, OTHER, Rig, open_till


def answer(rig: Rig, *, yes: bool) -> None:
    """The clerk answers the question on screen."""
    assert rig.state.question is not None
    rig.tell(do.AnswerRecovery(yes, rig.state.question))


def asked(rig: Rig, question: Question) -> bool:
    """Whether this is what the clerk is asked."""
    return rig.at(Stage.RECOVERY) and rig.state.question is not None and rig.state.question.question is question


def killed_before_commit(rig: Rig) -> None:
    """Pay in cash and die between the money and the commit."""
    rig.sell()
    rig.journal.on_commit = lambda entries: (
        _die() if any(isinstance(entry.event, ev.TenderAccepted) for entry in entries) else None
    )
    with pytest.raises(SystemError):
        rig.pay()


def _die() -> None:
    raise SystemError


def test_a_basket_is_released_and_nobody_is_asked() -> None:
    """Cards would stay held for a sale that no screen shows."""
    rig = open_till()
    rig.sell(CARD, OTHER)
    rig.restart()
    assert rig.at(Stage.SALE)
    assert rig.line().phase is LinePhase.RELEASED
    assert len(rig.asked("cancel", CARD)) == len(rig.asked("cancel", OTHER)) == 1
    released = rig.events(ev.LineReleased)[0]
    assert isinstance(released, ev.LineReleased)
    assert released.cause == "restart"


def test_a_cancel_that_was_owed_before_is_still_owed_and_sent_again() -> None:
    """A removed card's hold would never be freed."""
    rig = open_till()
    rig.sell()
    rig.tell(do.ClearBasket())
    rig.restart()
    assert len(rig.asked("cancel")) == 1
    rig.answer("cancel", "cancelled")
    assert not rig.state.book.owed


def test_tendered_asks_whether_the_cash_was_taken_yes_commits() -> None:
    """Money that is in the drawer would buy nothing."""
    rig = open_till()
    killed_before_commit(rig)
    rig.restart()
    assert asked(rig, Question.CASH_TAKEN)
    assert rig.state.question is not None
    assert rig.state.question.last4 == (CARD[-4:],)
    assert rig.state.question.amount.minor == 2_000
    assert not rig.gateway.calls, "nothing is sent before the answer"
    answer(rig, yes=True)
    assert rig.at(Stage.ACTIVATING)
    rig.answer("commit", "committed")
    assert rig.at(Stage.RESULT)


def test_tendered_no_cash_taken_releases() -> None:
    """A card would be activated that nobody paid for."""
    rig = open_till()
    killed_before_commit(rig)
    rig.restart()
    answer(rig, yes=False)
    assert rig.at(Stage.SALE)
    assert rig.line().phase is LinePhase.RELEASED
    assert len(rig.asked("cancel")) == 1
    assert rig.events(ev.SaleAbandoned)


def test_tendered_by_bank_card_commits_without_a_question() -> None:
    """The clerk would be asked what the terminal already said."""
    rig = open_till()
    rig.sell()
    rig.tell(do.PayBankCard())
    assert rig.sale.charge is not None
    charge_id = rig.sale.charge.charge_id
    rig.journal.on_commit = lambda entries: (
        _die() if any(isinstance(entry.event, ev.TenderAccepted) for entry in entries) else None
    )
    with pytest.raises(SystemError):
        rig.tell(come.BankCardAnswered(charge_id, ChargeOutcome.ACCEPTED))
    rig.restart()
    assert rig.at(Stage.ACTIVATING)
    assert len(rig.asked("commit")) == 1


@pytest.mark.parametrize(
    ("outcome", "stage"), [(ChargeOutcome.ACCEPTED, Stage.ACTIVATING), (ChargeOutcome.REFUSED, Stage.SALE)]
)
def test_a_charge_under_way_is_asked_about_at_the_terminal_first(outcome: ChargeOutcome, stage: Stage) -> None:
    """The customer's card was charged, and the basket would be thrown away."""
    rig = open_till()
    rig.sell()
    rig.tell(do.PayBankCard())
    assert rig.sale.charge is not None
    charge_id = rig.sale.charge.charge_id
    rig.restart()
    assert rig.terminal.asked == [charge_id]
    assert rig.at(Stage.CHARGING)
    assert rig.line().phase is LinePhase.HELD
    rig.tell(come.BankCardAnswered(charge_id, outcome))
    assert rig.at(stage)
    if outcome is ChargeOutcome.REFUSED:
        assert rig.line().phase is LinePhase.RELEASED


def test_a_charge_that_nobody_knows_is_read_from_the_terminal_by_the_clerk() -> None:
    """The sale would hang on a terminal that is switched off."""
    rig = open_till()
    rig.sell()
    rig.tell(do.PayBankCard())
    assert rig.sale.charge is not None
    charge_id = rig.sale.charge.charge_id
    rig.restart()
    rig.tell(come.BankCardAnswered(charge_id, ChargeOutcome.UNKNOWN))
    assert rig.at(Stage.CHARGING)
    rig.pass_time(5_100)
    assert len(rig.terminal.asked) == 2
    rig.tell(do.AnswerCharge("accepted"))
    assert rig.at(Stage.ACTIVATING)


def test_a_charge_under_way_comes_to_the_counter_before_every_other_sale() -> None:
    """The customer with the bank card would be sent away while the card is being charged."""
    rig = open_till()
    rig.sell(CARD)
    rig.pay()
    rig.tell(do.ContinueInBackground())
    rig.sell(OTHER)
    rig.tell(do.PayBankCard())
    charging = rig.sale.sale_id
    rig.restart()
    answer(rig, yes=False)
    answer(rig, yes=False)
    assert rig.at(Stage.CHARGING)
    assert rig.sale.sale_id == charging
    rig.tell(do.OpenSale(rig.state.background[0]))
    assert rig.at(Stage.CHARGING), "and nothing takes its place while it is open"
