"""What the clerk is asked after a restart about cards whose activation or hand-over nobody knows, and what each answer does."""

from collections.abc import Sequence

import pytest

from kiosk.domain import events as ev
from kiosk.domain.refusals import PromiseRefusal, ScanRefusal
from kiosk.domain.sale import LinePhase
from kiosk.protocol.messages import LineAnswer
from kiosk.till import commands as do
from kiosk.till import messages as come
from kiosk.till.ports import Entry
from kiosk.till.state import Question, Stage
from tests.helpers.till_rig import CARD, OTHER, Rig, open_till


def answer(rig: Rig, *, yes: bool) -> None:
    """The clerk answers the question on screen."""
    assert rig.state.question is not None
    rig.tell(do.AnswerRecovery(yes, rig.state.question))


def asked(rig: Rig, question: Question) -> bool:
    """Whether this is what the clerk is asked."""
    return rig.at(Stage.RECOVERY) and rig.state.question is not None and rig.state.question.question is question


def committing(*cards: str) -> Rig:
    """A till that died while activations were under way."""
    rig = open_till()
    rig.stock()
    rig.sell(*cards)
    rig.pay()
    rig.restart()
    return rig


def test_committing_asks_the_status_by_itself_and_the_clerk_where_the_card_is() -> None:
    """Either the authority or the clerk would be left out, and each knows only half."""
    rig = committing()
    assert asked(rig, Question.CUSTOMER_LEFT)
    assert len(rig.asked("status")) == 1
    assert not rig.asked("commit"), "the status comes first"
    rig.answer("status", "status", record="unseen")
    assert len(rig.asked("commit")) == 1, "and the asking does not wait for the clerk"


def test_the_question_comes_after_the_log_in_and_cannot_be_passed() -> None:
    """An answer about money would have no author, or none would be given."""
    rig = open_till()
    rig.sell()
    rig.pay()
    rig.restart(log_in=False)
    assert rig.at(Stage.LOGGED_OUT)
    assert rig.asked("status")
    rig.log_in("marc")
    assert rig.at(Stage.RECOVERY)
    rig.scan(OTHER)
    assert rig.notice.scan is ScanRefusal.BUSY
    for command in (do.NextSale(), do.ContinueInBackground(), do.ClearBasket(), do.OpenBalance()):
        rig.tell(command)
    assert asked(rig, Question.CUSTOMER_LEFT)
    rig.restart()
    assert asked(rig, Question.CUSTOMER_LEFT), "and it survives the next crash"


def test_left_with_the_card_promises_it_and_hands_the_sale_over() -> None:
    """The customer would hold a card that nobody answers for."""
    rig = committing()
    answer(rig, yes=True)
    assert rig.line().phase is LinePhase.PROMISED
    assert [type(event).__name__ for event in rig.events()][-4:] == [
        "RecoveryAnswered", "CardPromised", "SaleCompleted", "SaleClosed",
    ]  # fmt: skip
    promised = rig.events(ev.CardPromised)[0]
    assert isinstance(promised, ev.CardPromised)
    assert promised.outside_policy is None
    assert rig.at(Stage.SALE)


def test_left_with_the_card_outside_the_policy_is_promised_all_the_same_and_the_commit_goes_on() -> None:
    """A rule would undo what has happened, and the card would stay dead."""
    rig = open_till()
    rig.sell()
    rig.pay()
    rig.restart()
    answer(rig, yes=True)
    promised = rig.events(ev.CardPromised)[0]
    assert isinstance(promised, ev.CardPromised)
    assert promised.outside_policy == PromiseRefusal.POLICY_OFF.value
    rig.answer("status", "status", record="unseen")
    assert len(rig.asked("commit")) == 1
    rig.answer("commit", "committed")
    assert rig.line().phase is LinePhase.ACTIVATED
    assert rig.state.book.promises, "the promise itself is settled by its delivery"
    rig.pass_time(1_000)
    assert not rig.state.book.promises


def test_a_promise_outside_the_policy_that_is_refused_waits_for_its_exception() -> None:
    """The refusal would be shown as if the clerk could still do something about it."""
    rig = open_till()
    rig.sell()
    rig.pay()
    rig.silent = True
    rig.restart()
    answer(rig, yes=True)
    rig.answer("status", "status", record="refused", reason="limit")
    assert rig.line().phase is LinePhase.PROMISED
    asked_before = len(rig.gateway.calls)
    rig.pass_time(14_000)
    assert len(rig.gateway.calls) == asked_before, "the record wins; nothing is asked any more"
    rig.codes[CARD] = "X9"
    rig.silent = False
    rig.clock_known()
    rig.pass_time(1_000)
    assert rig.state.book.tasks[0][1] == "X9"


def test_a_refused_card_that_has_left_is_promised_so_that_an_exception_names_it() -> None:
    """The customer would hold a dead card and no list would show it."""
    rig = committing()
    rig.answer("status", "status", record="refused", reason="not_sellable")
    assert rig.line().phase is LinePhase.REFUSED
    assert asked(rig, Question.CUSTOMER_LEFT)
    answer(rig, yes=True)
    promised = rig.events(ev.CardPromised)[0]
    assert isinstance(promised, ev.CardPromised)
    assert promised.outside_policy is not None
    assert rig.line().phase is LinePhase.PROMISED


def test_not_left_and_money_returned_cancels() -> None:
    """The customer would be charged for a card that stayed in the shop."""
    rig = committing()
    answer(rig, yes=False)
    assert asked(rig, Question.MONEY_RETURNED)
    kicks = len(rig.drawer.kicks)
    answer(rig, yes=True)
    assert rig.line().phase is LinePhase.CANCELLING
    assert len(rig.drawer.kicks) == kicks, "the money has left the drawer already"
    rig.pass_time(12_000)
    rig.answer("cancel", "cancelled")
    assert rig.at(Stage.SALE)


def test_not_left_and_nothing_returned_goes_on_where_it_was() -> None:
    """The customer stands there, and the till would give up the sale."""
    rig = committing()
    answer(rig, yes=False)
    answer(rig, yes=False)
    assert rig.at(Stage.ACTIVATING)
    rig.answer("status", "status", record="committed")
    assert rig.at(Stage.RESULT)


def test_an_answer_given_before_a_second_crash_is_asked_for_again() -> None:
    """The customer left between two crashes, and the till would go by what was true before."""
    rig = committing()
    answer(rig, yes=False)
    assert asked(rig, Question.MONEY_RETURNED)
    rig.restart()
    assert asked(rig, Question.CUSTOMER_LEFT)


def test_one_doubtful_card_asks_about_the_whole_sale() -> None:
    """Money given back for two cards would be withdrawn for one."""
    rig = open_till()
    rig.stock()
    rig.sell(CARD, OTHER)
    rig.pay()
    rig.answer("commit", "committed")
    rig.restart()
    assert rig.state.question is not None
    assert rig.state.question.last4 == (CARD[-4:], OTHER[-4:])
    answer(rig, yes=False)
    answer(rig, yes=True)
    assert rig.line(CARD).phase is LinePhase.CANCELLING
    assert rig.line(OTHER).phase is LinePhase.CANCELLING


def test_a_completed_sale_asks_the_same_question_yes_closes_it() -> None:
    """Nobody would know whether the cards were handed over."""
    rig = open_till()
    rig.sell()
    rig.pay()
    rig.answer("commit", "committed")
    rig.restart()
    assert asked(rig, Question.CUSTOMER_LEFT)
    answer(rig, yes=True)
    assert rig.at(Stage.SALE)
    assert rig.events(ev.SaleClosed)


def test_a_completed_sale_whose_money_went_back_is_cancelled() -> None:
    """A card that stayed in the shop would be active and charged to it."""
    rig = open_till()
    rig.sell()
    rig.pay()
    rig.answer("commit", "committed")
    rig.restart()
    answer(rig, yes=False)
    answer(rig, yes=True)
    assert rig.line().phase is LinePhase.CANCELLING
    assert rig.at(Stage.SALE), "nothing of the sale was handed over: it is closed"
    rig.answer("cancel", "cancelled")
    assert rig.line().phase is LinePhase.CANCELLED
    rig.restart()
    assert rig.at(Stage.SALE)


def test_a_completed_sale_that_still_lies_there_shows_its_result_again() -> None:
    """The clerk could neither print the receipt nor hand the card over."""
    rig = open_till()
    rig.sell()
    rig.pay()
    rig.answer("commit", "committed")
    rig.restart()
    answer(rig, yes=False)
    answer(rig, yes=False)
    assert rig.at(Stage.RESULT)
    rig.tell(do.PrintReceipt())
    assert len(rig.printer.jobs) == 1


def test_a_withdrawn_promise_is_cancelled_and_its_exception_is_no_task() -> None:
    """The clerk would get a task about a card that lies on the tray."""
    rig = open_till()
    rig.stock()
    rig.lose_link()
    rig.scan()
    rig.pay()
    rig.restart()
    answer(rig, yes=False)
    answer(rig, yes=True)
    rig.codes[CARD] = "X9"
    rig.regain_link()
    rig.pass_time(1_000)
    rig.answer("cancel", "cancelled")
    assert rig.line().phase is LinePhase.CANCELLED
    assert not rig.state.book.tasks
    assert not rig.state.book.promises


def test_activated_but_not_completed_shows_the_result() -> None:
    """An activated card would belong to no sale."""
    rig = open_till()
    rig.sell()
    rig.pay()
    append = rig.journal.append

    def one_by_one(events: Sequence[ev.Event], *, user: str) -> Sequence[Entry]:
        """An older version did not complete in the same transaction; and then it died."""
        kept = [event for event in events if not isinstance(event, ev.SaleCompleted)]
        if not kept:
            raise SystemError
        return append(kept, user=user)

    rig.journal.append = one_by_one  # type: ignore[method-assign]  # see its docstring
    with pytest.raises(SystemError):
        rig.answer("commit", "committed")
    rig.restart()
    assert rig.at(Stage.RESULT)
    assert rig.sale.receipt_no == 1


def test_cancelling_has_nothing_to_ask_and_goes_on() -> None:
    """The clerk would be asked about money that is known to be back."""
    rig = committing()
    answer(rig, yes=False)
    answer(rig, yes=True)
    rig.restart()
    assert rig.at(Stage.UNKNOWN)
    assert len(rig.asked("cancel")) == 1


def test_a_refused_line_is_asked_about_and_shown_again() -> None:
    """The money of a refused card would be forgotten."""
    rig = open_till()
    rig.sell()
    rig.pay()
    rig.answer("commit", "refused", reason="limit")
    rig.restart()
    answer(rig, yes=False)
    answer(rig, yes=False)
    assert rig.at(Stage.REFUSED)
    rig.tell(do.RefundRefused(rig.line().line_id))
    assert rig.line().phase is LinePhase.REFUNDED


def test_a_refused_line_whose_money_went_back_while_it_was_dark_is_refunded() -> None:
    """The books would keep money that is no longer in the drawer."""
    rig = open_till()
    rig.sell()
    rig.pay()
    rig.answer("commit", "refused", reason="limit")
    rig.restart()
    answer(rig, yes=False)
    answer(rig, yes=True)
    assert rig.line().phase is LinePhase.REFUNDED
    assert not rig.drawer.kicks


def test_several_sales_are_asked_about_one_after_the_other_the_oldest_first() -> None:
    """An answer would be given about the wrong customer."""
    rig = open_till()
    rig.sell(CARD)
    rig.pay()
    first = rig.sale.sale_id
    rig.tell(do.ContinueInBackground())
    rig.sell(OTHER)
    rig.pay()
    second = rig.sale.sale_id
    rig.restart()
    assert rig.state.question is not None
    assert rig.state.question.sale_id == first
    stale = rig.state.question
    answer(rig, yes=True)
    assert rig.state.question is not None
    assert rig.state.question.sale_id == second
    rig.tell(do.AnswerRecovery(True, stale))
    assert rig.state.question.sale_id == second, "a second press does not answer the next question"


def test_a_print_job_under_way_is_unknown_and_never_printed_again() -> None:
    """A receipt would come out twice, both as the original."""
    rig = open_till()
    rig.sell()
    rig.pay()
    rig.answer("commit", "committed")
    rig.tell(do.PrintReceipt())
    rig.restart()
    assert not rig.printer.jobs
    ended = rig.events(ev.PrintEnded)[0]
    assert isinstance(ended, ev.PrintEnded)
    assert (ended.outcome, ended.reason) == ("unknown", "restart")


def test_a_start_is_recorded_by_nobody_and_with_what_the_anchor_says() -> None:
    """A clerk would be named for what a process did, and a tampered journal would start in silence (CAI-06)."""
    rig = open_till()
    rig.journal.disk.tampered = "the head is not where the anchor saw it"
    rig.restart(log_in=False)
    entry = [entry for entry in rig.journal.entries() if isinstance(entry.event, ev.TillStarted)][-1]
    assert isinstance(entry.event, ev.TillStarted)
    assert entry.user == ""
    assert entry.event.tampered
    rig.log_in()
    rig.scan()
    assert rig.notice.trouble == "JRN-06"


def test_a_stop_is_recorded_and_asks_nothing_at_the_next_start() -> None:
    """An orderly end would look like a crash (JET 40)."""
    rig = open_till()
    rig.till.stop()
    assert isinstance(rig.events()[-1], ev.TillStopped)
    rig.restart()
    assert rig.at(Stage.SALE)


def test_a_late_answer_from_before_the_crash_is_still_a_fact() -> None:
    """An answer that arrives after the restart would be thrown away because nobody remembers asking."""
    rig = committing()
    rig.tell(come.LineAnswered("commit", rig.line().line_id, LineAnswer(outcome="committed", record="committed")))
    assert rig.line().phase is LinePhase.ACTIVATED
    assert asked(rig, Question.CUSTOMER_LEFT), "and where the card is, only the clerk knows"
