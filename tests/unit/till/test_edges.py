"""The counter where two things happen at once: a second press, a lock, trouble with the disk, a device that is gone."""

import pytest

from kiosk.domain import events as ev
from kiosk.domain.refusals import PromiseRefusal
from kiosk.domain.sale import ChargeOutcome, LinePhase, PrintOutcome
from kiosk.errors import Trouble
from kiosk.till import commands as do
from kiosk.till import messages as come
from kiosk.till.state import Stage
from tests.helpers.till_rig import CARD, OTHER, Rig, open_till, serial


def background_done(rig: Rig) -> str:
    """A sale that was left to itself and that the authority has activated since; its id."""
    rig.sell()
    rig.pay()
    sale_id = rig.sale.sale_id
    rig.tell(do.ContinueInBackground())
    rig.answer("commit", "committed")
    assert rig.state.background == (sale_id,)
    return sale_id


def test_opening_a_background_sale_twice_does_not_hand_it_over() -> None:
    """A second press would call the cards handed over that still lie on the tray, and the next Enter would halt the till."""
    rig = open_till()
    sale_id = background_done(rig)
    rig.tell(do.OpenSale(sale_id))
    rig.tell(do.OpenSale(sale_id))
    assert rig.at(Stage.RESULT)
    assert not rig.events(ev.SaleClosed)
    rig.tell(do.NextSale())
    assert len(rig.events(ev.SaleClosed)) == 1
    assert rig.at(Stage.SALE)


def test_a_lock_takes_back_a_payment_that_still_waits() -> None:
    """The drawer would open, and a sale go on, at a till that nobody stands at."""
    rig = open_till()
    rig.scan()
    rig.pay()
    assert rig.state.paying
    rig.tell(do.Lock())
    rig.answer("reserve", "reserved", until_ms=rig.clock.now_ms() + 120_000)
    assert not rig.drawer.kicks
    assert not rig.events(ev.TenderAccepted)
    rig.log_in()
    assert rig.at(Stage.SALE)
    assert not rig.state.paying


def test_an_open_balance_takes_back_a_payment_that_still_waits() -> None:
    """An activation would begin behind the balance page, where nobody sees what becomes of it."""
    rig = open_till()
    rig.scan()
    rig.pay()
    rig.tell(do.OpenBalance())
    rig.answer("reserve", "reserved", until_ms=rig.clock.now_ms() + 120_000)
    assert not rig.drawer.kicks
    assert not rig.events(ev.TenderAccepted)


def test_a_second_press_on_print_makes_no_duplicata() -> None:
    """The customer would get two papers, and the journal a copy that nobody asked for."""
    rig = open_till()
    rig.sell()
    rig.pay()
    rig.answer("commit", "committed")
    rig.tell(do.PrintReceipt())
    rig.tell(do.PrintReceipt())
    assert len(rig.printer.jobs) == 1
    receipt_no = rig.sale.receipt_no
    assert receipt_no is not None
    rig.tell(come.PrintFinished(rig.printer.jobs[0][0], PrintOutcome.PRINTED, "", 900))
    rig.tell(do.PrintCopy(receipt_no))
    rig.tell(do.PrintCopy(receipt_no))
    assert [event.copy_no for event in rig.events(ev.CopyRequested) if isinstance(event, ev.CopyRequested)] == [1]


def test_a_refused_card_is_replaced_in_a_full_basket() -> None:
    """The customer who paid for the most cards allowed could not get the last one, only money."""
    rig = open_till()
    cards = [serial(1000 + number) for number in range(10)]
    rig.sell(*cards)
    rig.pay()
    for card in cards[1:]:
        rig.answer("commit", "committed", card=card)
    rig.answer("commit", "refused", card=cards[0], reason="already_sold")
    assert rig.at(Stage.REFUSED)
    rig.tell(do.ReplaceRefused(rig.line(cards[0]).line_id))
    rig.scan(CARD)
    assert rig.asked("reserve", CARD)


def test_money_on_a_bank_card_is_asked_for_again_when_the_disk_failed_to_note_it() -> None:
    """The till would show the bank-card page for ever, with the customer's money taken and no card activated."""
    rig = open_till()
    rig.sell()
    rig.tell(do.PayBankCard())
    charge_id = rig.terminal.charges[0][0]
    rig.journal.trouble_next = Trouble("JRN-01", retryable=True)
    rig.tell(come.BankCardAnswered(charge_id, ChargeOutcome.ACCEPTED))
    assert rig.at(Stage.CHARGING)
    rig.pass_time(6_000)
    assert rig.terminal.asked == [charge_id]
    rig.tell(come.BankCardAnswered(charge_id, ChargeOutcome.ACCEPTED))
    assert rig.line().phase is LinePhase.COMMITTING


def test_a_charge_of_a_terminal_that_is_no_longer_connected_is_the_clerks_to_answer() -> None:
    """A shop whose bank-card terminal was taken away could never end that sale."""
    rig = open_till()
    rig.sell()
    rig.tell(do.PayBankCard())
    rig.bank_card = False
    rig.restart()
    assert rig.at(Stage.CHARGING)
    charge = rig.sale.charge
    assert charge is not None
    assert charge.outcome == "unknown"
    rig.tell(do.AnswerCharge("accepted"))
    assert rig.line().phase is LinePhase.COMMITTING


@pytest.mark.parametrize("verb", ["reserve", "commit"])
def test_an_answer_that_the_disk_cannot_note_is_not_asked_for_without_end(verb: str) -> None:
    """A full disk would make the till ask the authority as fast as the line allows."""
    rig = open_till()
    if verb == "reserve":
        rig.scan()
    else:
        rig.sell()
        rig.pay()
    for _ in range(3):
        rig.journal.trouble_next = Trouble("JRN-11", retryable=True)
        rig.answer(verb, "reserved" if verb == "reserve" else "committed", until_ms=rig.clock.now_ms() + 120_000)
    questions = [call for call in rig.gateway.calls if call.verb in (verb, "status")]
    assert len(questions) == 1
    rig.pass_time(5_000)
    assert len([call for call in rig.gateway.calls if call.verb in (verb, "status")]) > 1


def test_a_till_that_heard_of_its_revocation_promises_nothing() -> None:
    """Customers would pay for cards that nobody will activate (X6)."""
    rig = open_till()
    rig.stock()
    rig.sell()
    rig.silent = True
    rig.pass_time(61_000)
    rig.tell(come.LinkProbed(None, problem="revoked-terminal"))
    rig.pass_time(16_000)
    assert not rig.state.link_up
    assert rig.state.offline.refusal is PromiseRefusal.POLICY_OFF
    rig.pay()
    assert not rig.events(ev.TenderAccepted)
    rig.regain_link()
    rig.lose_link()
    assert rig.state.offline.refusal is None


def test_two_refused_cards_are_refunded_once_each() -> None:
    """A second press would take the money of another card out of the drawer."""
    rig = open_till()
    rig.sell(CARD, OTHER)
    rig.pay()
    for card in (CARD, OTHER):
        rig.answer("commit", "refused", card=card, reason="already_sold")
    line_id = rig.line(CARD).line_id
    rig.tell(do.RefundRefused(line_id))
    rig.tell(do.RefundRefused(line_id))
    assert len(rig.events(ev.LineRefunded)) == 1
    assert rig.line(OTHER).phase is LinePhase.REFUSED


def refused_and_withdrawn() -> Rig:
    """Two paid cards: one refused, one without an answer whose money went back; then the link is gone."""
    rig = open_till()
    rig.sell(CARD, OTHER)
    rig.pay()
    rig.answer("commit", "refused", card=CARD, reason="already_sold")
    rig.pass_time(21_000)
    rig.tell(do.ChooseUnknown(do.UnknownChoice.GIVE_BACK))
    assert rig.line(OTHER).phase is LinePhase.CANCELLING
    return rig


def test_a_refused_card_is_refunded_although_another_ones_cancel_is_on_its_way() -> None:
    """The customer would wait for the money of the refused card until the line is back."""
    rig = refused_and_withdrawn()
    assert rig.at(Stage.REFUSED)
    rig.tell(do.RefundRefused(rig.line(CARD).line_id))
    assert rig.line(CARD).phase is LinePhase.REFUNDED
    assert rig.at(Stage.UNKNOWN)


@pytest.mark.parametrize("how", ["typed", "cut short", "another symbology", "scanned"])
def test_only_a_scan_proves_that_the_card_lies_on_the_tray(how: str) -> None:
    """A clerk could type the number of a card that has left, and nobody would ask where it is."""
    rig = open_till()
    rig.sell()
    rig.pay()
    rig.pass_time(21_000)
    match how:
        case "typed":
            rig.tell(do.AddCard(CARD))
        case "cut short":
            rig.tell(come.Scanned(CARD, "C0", rig.clock.now_ms(), complete=False))
        case "another symbology":
            rig.tell(come.Scanned(CARD, "Q3", rig.clock.now_ms(), complete=True))
        case _:
            rig.scan()
    rig.tell(do.ChooseUnknown(do.UnknownChoice.GIVE_BACK))
    assert rig.line().rescanned is (how == "scanned")


@pytest.mark.parametrize("received_minor", [10**9, 2**53, 10**18, -1])
def test_an_amount_that_nobody_can_have_given_takes_no_money_and_halts_nothing(received_minor: int) -> None:
    """A key held down on the number pad would stop the till in the middle of a sale."""
    rig = open_till()
    rig.sell()
    rig.pay(received_minor)
    assert not rig.events(ev.TenderAccepted)
    assert rig.at(Stage.SALE)


def failing(rig: Rig) -> None:
    """The next append fails; nothing of it is stored."""
    rig.journal.trouble_next = Trouble("JRN-01", retryable=True)


def test_an_activation_becomes_unknown_although_the_disk_failed_at_that_moment() -> None:
    """The clerk would never be asked what to do, and the customer would wait for ever."""
    rig = open_till()
    rig.sell()
    rig.pay()
    rig.pass_time(9_900)
    failing(rig)
    rig.pass_time(200)
    assert rig.line().phase is LinePhase.COMMITTING
    rig.pass_time(2_500)
    assert rig.line().phase is LinePhase.UNKNOWN


def test_a_silent_link_goes_down_although_the_disk_failed_at_that_moment() -> None:
    """Sales would wait for an authority that is gone, until it is back."""
    rig = open_till()
    rig.silent = True
    rig.scan()
    rig.pass_time(14_900)
    failing(rig)
    rig.pass_time(200)
    assert rig.state.link_up
    rig.pass_time(2_500)
    assert not rig.state.link_up


def test_a_hold_without_an_answer_ends_although_the_disk_failed_at_that_moment() -> None:
    """A card could not be paid for, because its answer would be awaited for ever."""
    rig = open_till()
    rig.scan()
    rig.pass_time(2_900)
    failing(rig)
    rig.pass_time(200)
    assert rig.line().phase is LinePhase.ASKED
    rig.pass_time(2_500)
    assert rig.line().phase is LinePhase.UNHELD


def test_an_open_drawer_and_a_printed_paper_are_noted_once_the_disk_can() -> None:
    """The drawer would have been open without a trace, and a printed receipt would look as if it were still in the printer."""
    rig = open_till()
    rig.sell()
    rig.pay()
    rig.answer("commit", "committed")
    rig.tell(do.PrintReceipt())
    failing(rig)
    rig.tell(come.DrawerKicked(rig.drawer.kicks[0], PrintOutcome.PROBABLE))
    failing(rig)
    rig.tell(come.PrintFinished(rig.printer.jobs[0][0], PrintOutcome.PRINTED, "", 900))
    assert not rig.events(ev.DrawerOpened, ev.PrintEnded)
    rig.pass_time(2_500)
    assert len(rig.events(ev.DrawerOpened)) == 1
    assert len(rig.events(ev.PrintEnded)) == 1


@pytest.mark.parametrize("command", [do.PayCash(4_000, due_minor=4_000), do.PayBankCard(due_minor=4_000)])
def test_a_payment_is_for_the_amount_that_was_on_screen(command: do.PayCash | do.PayBankCard) -> None:
    """The refusal of a card comes as the clerk presses: both cards would be handed over, one of them paid and dead."""
    rig = open_till()
    rig.sell(CARD)
    rig.scan(OTHER)
    rig.answer("reserve", "refused", card=OTHER, reason="not_sellable")
    rig.tell(command)
    assert not rig.events(ev.TenderAccepted, ev.ChargeRequested)
    assert rig.notice.reason is not None
    rig.pay()
    assert rig.line(CARD).phase is LinePhase.COMMITTING


def test_who_has_left_is_asked_once_although_another_ones_cancel_is_on_its_way() -> None:
    """Without the line, every start would ask the same question about a customer who is long gone."""
    rig = open_till()
    rig.sell(CARD, OTHER)
    rig.pay()
    rig.pass_time(21_000)
    rig.answer("status", "status", card=OTHER, record="committed")
    rig.tell(do.ChooseUnknown(do.UnknownChoice.GIVE_BACK))
    rig.silent = True
    rig.restart()
    question = rig.state.question
    assert question is not None
    assert question.last4 == (OTHER[-4:],)
    rig.tell(do.AnswerRecovery(yes=True, question=question))
    rig.restart()
    assert rig.state.question is None
    rig.answer("cancel", "cancelled")
    assert [sale.closed for sale in rig.state.book.sales] == [True]
