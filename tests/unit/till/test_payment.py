"""Money: cash with change, the drawer, and the bank card whose unknown is resolved first."""

import pytest

from kiosk.domain import events as ev
from kiosk.domain.refusals import PromiseRefusal
from kiosk.domain.sale import ChargeOutcome, LinePhase, PrintOutcome
from kiosk.domain.tender import TenderKind
from kiosk.errors import Trouble
from kiosk.till import commands as do
from kiosk.till import messages as come
from kiosk.till.state import Charge, Stage, TenderHurdle
from tests.helpers.till_rig import CARD, OTHER, Rig, open_till


def charge(rig: Rig) -> Charge:
    """The bank-card leg of the sale on screen."""
    assert rig.sale.charge is not None
    return rig.sale.charge


def test_the_drawer_opens_only_after_the_money_is_in_the_journal() -> None:
    """A crash would leave an open drawer and no trace of why."""
    rig = open_till()
    rig.sell()
    assert rig.drawer.kicks == []
    rig.journal.trouble_next = Trouble("JRN-01", retryable=False)
    rig.pay()
    assert rig.drawer.kicks == []
    assert rig.line().phase is LinePhase.HELD
    rig.pay()
    assert len(rig.drawer.kicks) == 1
    rig.tell(come.DrawerKicked(rig.drawer.kicks[0], PrintOutcome.PROBABLE))
    opened = rig.events(ev.DrawerOpened)[0]
    assert isinstance(opened, ev.DrawerOpened)
    assert (opened.sale_id, opened.reason) == (rig.sale.sale_id, "sale")


def test_a_drawer_that_stays_shut_is_said_and_not_recorded_as_opened() -> None:
    """The clerk would look for change in a drawer that the books call open."""
    rig = open_till()
    rig.sell()
    rig.pay()
    rig.tell(come.DrawerKicked(rig.drawer.kicks[0], PrintOutcome.REFUSED))
    assert rig.notice.key == "drawer.refused"
    assert not rig.events(ev.DrawerOpened)


def test_too_little_money_changes_nothing_and_names_what_is_missing() -> None:
    """A card would be sold below its value."""
    rig = open_till()
    rig.sell(CARD, OTHER)
    rig.pay(3_000)
    assert rig.notice.key == "pay.missing"
    assert rig.notice.amount is not None
    assert rig.notice.amount.minor == 1_000
    assert rig.at(Stage.SALE)
    assert not rig.events(ev.TenderAccepted)


def test_change_is_part_of_the_tender() -> None:
    """The count of the drawer would not be right."""
    rig = open_till()
    rig.sell()
    rig.pay(5_000)
    assert rig.sale.tenders[0].change_minor == 3_000


def test_a_second_press_does_not_take_the_money_twice() -> None:
    """A double click would charge the next sale, or this one again."""
    rig = open_till()
    rig.sell()
    rig.pay()
    rig.tell(do.PayCash(2_000))
    rig.tell(do.PayBankCard())
    assert len(rig.events(ev.TenderAccepted)) == 1
    assert not rig.terminal.charges


def test_a_payment_given_too_early_waits_for_the_last_hold() -> None:
    """The clerk's quick hand would be ignored, or pay for a card that is refused a moment later."""
    rig = open_till()
    rig.scan()
    rig.pay()
    assert rig.state.paying
    assert rig.at(Stage.SALE)
    rig.answer("reserve", "reserved", until_ms=rig.clock.now_ms() + 120_000)
    assert rig.at(Stage.ACTIVATING)


def test_a_payment_given_too_early_is_dropped_with_the_card_that_is_refused() -> None:
    """Money for two cards would be taken for one."""
    rig = open_till()
    rig.sell(OTHER)
    rig.scan()
    rig.pay(4_000)
    rig.answer("reserve", "refused", reason="already_sold")
    assert not rig.state.paying
    assert rig.at(Stage.SALE)
    assert not rig.events(ev.TenderAccepted)


def test_a_card_without_a_hold_is_paid_only_if_the_stock_list_names_it() -> None:
    """Money would be taken for a card that was never delivered here."""
    rig = open_till()
    rig.scan()
    rig.answer("reserve", None)
    rig.pay()
    assert rig.notice.promise is PromiseRefusal.NOT_LISTED
    assert not rig.events(ev.TenderAccepted)
    assert rig.state.tenders[0].hurdle is TenderHurdle.NOT_LISTED
    rig.stock()
    rig.pay()
    assert rig.at(Stage.ACTIVATING)


def test_a_card_without_a_hold_is_not_paid_if_it_is_blocked() -> None:
    """A stolen card would be paid for before the authority can say so."""
    rig = open_till()
    rig.stock()
    rig.journal.block_card(CARD)
    rig.scan()
    rig.answer("reserve", None)
    rig.pay()
    assert not rig.events(ev.TenderAccepted)


def test_the_charge_is_journaled_before_the_terminal_is_asked() -> None:
    """A crash would forget that a customer's card is being charged."""
    rig = open_till()
    rig.sell()
    rig.journal.trouble_next = Trouble("JRN-01", retryable=False)
    rig.tell(do.PayBankCard())
    assert not rig.terminal.charges
    rig.tell(do.PayBankCard())
    assert rig.terminal.charges == [(charge(rig).charge_id, charge(rig).amount)]
    assert rig.at(Stage.CHARGING)


def test_an_accepted_charge_is_the_money_of_the_sale() -> None:
    """The customer would have paid, and no card would be activated."""
    rig = open_till()
    rig.sell()
    rig.tell(do.PayBankCard())
    rig.tell(come.BankCardAnswered(charge(rig).charge_id, ChargeOutcome.ACCEPTED))
    assert rig.at(Stage.ACTIVATING)
    assert rig.asked("commit")[0].tender == "bank_card"
    assert not rig.drawer.kicks


def test_a_refused_charge_leaves_the_basket_for_another_tender() -> None:
    """The cards would have to be scanned again."""
    rig = open_till()
    rig.sell()
    rig.tell(do.PayBankCard())
    rig.tell(come.BankCardAnswered(charge(rig).charge_id, ChargeOutcome.REFUSED))
    assert rig.at(Stage.SALE)
    assert rig.notice.key == "pay.card_refused"
    rig.pay()
    assert rig.sale.tender == "cash"


def test_a_silent_terminal_is_asked_again_and_the_clerk_can_say() -> None:
    """The customer would be charged a second time, or leave without paying."""
    rig = open_till()
    rig.sell()
    rig.tell(do.PayBankCard())
    rig.tell(come.BankCardAnswered(charge(rig).charge_id, ChargeOutcome.UNKNOWN))
    assert rig.at(Stage.CHARGING)
    assert rig.notice.key == "pay.card_mute"
    rig.tell(do.PayCash(2_000))
    assert not rig.events(ev.TenderAccepted), "the unknown is resolved first"
    for asked in (1, 2):
        rig.pass_time(5_100)
        assert len(rig.terminal.asked) == asked
        rig.tell(come.BankCardAnswered(charge(rig).charge_id, ChargeOutcome.UNKNOWN))
    rig.tell(do.AnswerCharge("unknown"))
    assert rig.at(Stage.CHARGING)
    rig.tell(do.AnswerCharge("accepted"))
    assert rig.at(Stage.ACTIVATING)
    answers = [event for event in rig.events(ev.ChargeAnswered) if isinstance(event, ev.ChargeAnswered)]
    assert [(answer.outcome, answer.by) for answer in answers] == [("unknown", "terminal"), ("accepted", "clerk")]


@pytest.mark.parametrize(("said", "stage"), [("accepted", Stage.ACTIVATING), ("refused", Stage.SALE)])
def test_by_hand_the_clerk_reads_the_terminals_screen(said: str, stage: Stage) -> None:
    """A shop whose terminal has no cable could not take bank cards."""
    rig = open_till(bank_card=False)
    rig.sell()
    assert rig.state.tenders[1].hurdle is TenderHurdle.NO_TERMINAL
    rig.tell(do.PayBankCard(manual=True))
    assert rig.at(Stage.CHARGING)
    rig.tell(do.AnswerCharge(said))
    assert rig.at(stage)


def test_by_hand_the_terminals_unknown_keeps_the_question_open() -> None:
    """Nobody would ask again, and the sale would end either way."""
    rig = open_till(bank_card=False)
    rig.sell()
    rig.tell(do.PayBankCard(manual=True))
    rig.tell(do.AnswerCharge("unknown"))
    assert rig.at(Stage.CHARGING)
    rig.pass_time(30_000)
    rig.tell(do.AnswerCharge("refused"))
    assert rig.at(Stage.SALE)


def test_without_a_terminal_the_connected_way_is_refused_with_its_sentence() -> None:
    """The till would wait for a terminal that does not exist."""
    rig = open_till(bank_card=False)
    rig.sell()
    rig.tell(do.PayBankCard())
    assert rig.notice.key == "pay.card_no_terminal"
    assert not rig.events(ev.ChargeRequested)


def test_the_answer_to_an_old_charge_pays_for_nothing() -> None:
    """A terminal that repeats itself would pay for the next customer's cards."""
    rig = open_till()
    rig.sell()
    rig.tell(do.PayBankCard())
    old = charge(rig).charge_id
    rig.tell(come.BankCardAnswered(old, ChargeOutcome.REFUSED))
    rig.tell(come.BankCardAnswered(old, ChargeOutcome.ACCEPTED))
    assert rig.at(Stage.SALE)
    assert not rig.events(ev.TenderAccepted)


def test_the_offers_say_what_stands_in_the_way() -> None:
    """A key would be grey without a reason."""
    rig = open_till()
    assert [(offer.kind, offer.hurdle) for offer in rig.state.tenders] == [
        (TenderKind.CASH, TenderHurdle.EMPTY),
        (TenderKind.BANK_CARD, TenderHurdle.EMPTY),
    ]
    rig.scan()
    assert rig.state.tenders[0].hurdle is TenderHurdle.ANSWER_AWAITED
    rig.answer("reserve", "reserved", until_ms=rig.clock.now_ms() + 120_000)
    assert [offer.hurdle for offer in rig.state.tenders] == [None, None]
    assert rig.state.due is not None
    assert rig.state.due.minor == 2_000
