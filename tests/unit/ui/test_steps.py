"""What intents do: typing, going back, asking twice, and the commands that reach the till."""

from dataclasses import replace

import pytest

from kiosk.domain.currency import EUR
from kiosk.domain.money import Money
from kiosk.domain.sale import LinePhase
from kiosk.domain.tender import TenderKind
from kiosk.till import commands as do
from kiosk.till.state import Balance, Question, RecoveryQuestion, Stage, TenderHurdle, TenderOffer, TillState
from kiosk.ui import intents as on
from kiosk.ui.draft import Draft, Looks
from kiosk.ui.intents import Task
from kiosk.ui.sample_parts import EMPTY, basket, cash, done, line, line_id, sale, state
from kiosk.ui.steps import Step, settle, step

FULL = state(Stage.SALE, sale(basket()))
BARE = state(Stage.SALE)
OUT = state(Stage.LOGGED_OUT)


def type_in(draft: Draft, text: str, at: TillState) -> Draft:
    for character in text:
        draft = step(draft, on.Typed(character), at).draft
    return draft


# ---- money


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("50", "50"),
        ("50,5", "50,5"),
        ("50.55", "50,55"),
        ("50,555", "50,55"),
        ("50,,5", "50,5"),
        (",5", "0,5"),
        ("007", "7"),
        ("12345678", "123456"),
        ("5x0", "50"),
        ("50\b", "5"),
        ("5\b\b\b", ""),
    ],
)
def test_typing_an_amount(typed: str, kept: str) -> None:
    """The till would take another amount than the one on the keys."""
    assert type_in(Draft(task=Task.CASH), typed, FULL).received == kept


def test_an_untouched_cash_page_is_the_exact_amount() -> None:
    """F9, Enter would not be a whole sale."""
    done_ = step(Draft(task=Task.CASH), on.Submit(), FULL)
    assert done_.commands == (do.PayCash(9000, 9000),)


def test_what_was_typed_is_what_is_paid() -> None:
    """The change would be computed from another amount."""
    draft = type_in(Draft(task=Task.CASH), "100,50", FULL)
    assert step(draft, on.Submit(), FULL).commands == (do.PayCash(10050, 9000),)


def test_notes_are_added_to_what_was_given() -> None:
    """Two notes of 50 would count as one."""
    draft = Draft(task=Task.CASH)
    for _ in range(2):
        draft = step(draft, on.AddNote(5000), FULL).draft
    assert draft.received == "100"
    draft = step(draft, on.Receive(20000), FULL).draft
    assert draft.received == "200"
    assert step(draft, on.Receive(9000, settle=True), FULL).commands == (do.PayCash(9000, 9000),)


def test_notes_have_a_limit() -> None:
    """A stuck key would make an amount that no field can show."""
    draft = Draft(task=Task.CASH, received="999999")
    assert step(draft, on.AddNote(10000), FULL).draft == draft


def test_a_digit_in_the_sale_opens_cash_only_when_cash_may_be_taken() -> None:
    """An empty basket would ask for money."""
    assert type_in(Draft(), "5", FULL) == Draft(task=Task.CASH, received="5")
    assert type_in(Draft(), "5", BARE) == Draft()
    refused = replace(FULL, tenders=(TenderOffer(TenderKind.CASH, TenderHurdle.OFFLINE),))
    assert type_in(Draft(), "5", refused) == Draft()
    assert step(Draft(), on.OpenTask(Task.CASH), refused) == Step(Draft())


@pytest.mark.parametrize(
    ("hurdle", "manual"), [(None, False), (TenderHurdle.NO_TERMINAL, True), (TenderHurdle.ANSWER_AWAITED, False)]
)
def test_a_bank_card_goes_by_hand_only_without_a_terminal(hurdle: TenderHurdle | None, manual: bool) -> None:
    """The clerk would type an amount that the terminal got already, or wait for a terminal that is not there."""
    at = replace(FULL, tenders=(TenderOffer(TenderKind.BANK_CARD, hurdle),))
    assert step(Draft(), on.PayByCard(), at).commands == (do.PayBankCard(manual=manual, due_minor=9000),)


# ---- people


def test_a_pin_leaves_the_draft_when_it_is_sent() -> None:
    """A PIN would stay in memory and on the dots."""
    draft = type_in(Draft(user_id="u1"), "1357", OUT)
    sent = step(draft, on.Submit(), OUT)
    assert sent.commands == (do.LogIn("u1", "1357"),)
    assert sent.draft.pin == ""
    assert "1357" not in repr(draft)


def test_choosing_another_name_forgets_the_digits() -> None:
    """Léa's digits would be tried on Marc."""
    draft = type_in(Draft(user_id="u1"), "13", OUT)
    assert step(draft, on.ChooseClerk("u2"), OUT).draft.pin == ""
    assert step(draft, on.Move(1), OUT).draft == Draft(user_id="u2")


def test_nobody_chosen_sends_nothing() -> None:
    """An empty name would be counted as a wrong try."""
    assert step(replace(Draft(), pin="1357"), on.Submit(), OUT).commands == ()


def test_a_pin_has_a_limit() -> None:
    """A cat on the keyboard would fill the memory."""
    assert len(type_in(Draft(user_id="u1"), "1" * 50, OUT).pin) == 8


# ---- the basket


def test_the_newest_card_is_chosen() -> None:
    """Delete would remove an older card than the one just scanned."""
    one = state(Stage.SALE, sale(basket()[:1]))
    draft = settle(Draft(), BARE, one)
    assert draft.line_id == line_id(2)
    draft = settle(draft, one, FULL)
    assert draft.line_id == line_id(0)
    assert step(draft, on.RemoveChosen(), FULL).commands == (do.RemoveLine(line_id(0)),)


def test_moving_stops_at_both_ends() -> None:
    """The choice would jump from the last line to the first, and Delete hit the wrong one."""
    draft = Draft(line_id=line_id(0))
    assert step(draft, on.Move(-1), FULL).draft.line_id == line_id(0)
    for _ in range(5):
        draft = step(draft, on.Move(1), FULL).draft
    assert draft.line_id == line_id(2)


def test_clearing_asks_first() -> None:
    """One slip of the finger would empty a basket of ten cards."""
    asked = step(Draft(), on.ClearBasket(), FULL)
    assert (asked.draft.clearing, asked.commands) == (True, ())
    assert step(asked.draft, on.Back(), FULL).draft.clearing is False
    assert step(asked.draft, on.ClearBasket(), FULL) == Step(Draft(), (do.ClearBasket(),))


def test_an_armed_value_is_met_or_kept() -> None:
    """The page would go on expecting a value that came, or forget one that did not."""
    one = state(Stage.SALE, sale((line(1, "12", LinePhase.HELD),)))
    assert settle(Draft(armed="12"), BARE, one).armed is None
    assert settle(Draft(armed="13"), BARE, one).armed == "13"
    assert step(Draft(armed="13"), on.Arm("13"), FULL).draft.armed is None
    assert step(Draft(), on.Arm("13"), FULL).draft.armed == "13"


def test_an_emptied_basket_leaves_the_cash_page() -> None:
    """The clerk would take money for nothing."""
    draft = settle(Draft(task=Task.CASH, received="50"), FULL, BARE)
    assert (draft.task, draft.received) == (Task.SALE, "")


# ---- pages


def test_back_never_loses_the_basket() -> None:
    """Escape would throw a customer's cards away."""
    for task in Task:
        for stage in Stage:
            made = step(Draft(task=task, serial="12", received="5"), on.Back(), replace(FULL, stage=stage))
            assert not any(isinstance(one, do.ClearBasket | do.RemoveLine) for one in made.commands)


def test_back_from_the_balance_forgets_digits_first() -> None:
    """A slip of one digit would cost the whole page."""
    at = state(Stage.BALANCE, balance=Balance())
    first = step(Draft(serial="12"), on.Back(), at)
    assert (first.draft.serial, first.commands) == ("", ())
    assert step(first.draft, on.Back(), at).commands == (do.CloseBalance(),)


def test_pages_are_shut_while_money_is_under_way() -> None:
    """The clerk would wander off while a card waits for its answer."""
    for stage in (Stage.CHARGING, Stage.ACTIVATING, Stage.UNKNOWN, Stage.REFUSED, Stage.RECOVERY):
        at = replace(FULL, stage=stage)
        for task in (Task.BALANCE, Task.TICKETS, Task.SETTINGS, Task.SALE):
            assert step(Draft(), on.OpenTask(task), at) == Step(Draft()), (stage, task)
        assert step(Draft(), on.OpenTask(Task.HELP), at).draft.task is Task.HELP
        assert step(Draft(), on.Lock(), at).commands == ()


def test_another_page_after_a_sale_hands_the_cards_over() -> None:
    """The sale would stay open behind the page."""
    at = state(Stage.RESULT, done(basket(LinePhase.ACTIVATED), cash(9000, 9000), 482))
    assert step(Draft(), on.OpenTask(Task.TICKETS), at) == Step(Draft(task=Task.TICKETS), (do.NextSale(),))
    assert step(Draft(), on.OpenTask(Task.BALANCE), at).commands == (do.OpenBalance(),)


def test_a_typed_serial_is_added_and_forgotten() -> None:
    """The next card would begin with the digits of the last."""
    made = step(Draft(task=Task.TYPE, serial="7720441600931398"), on.Submit(), FULL)
    assert made == Step(Draft(), (do.AddCard("7720441600931398"),))


def test_the_key_of_the_help_closes_it() -> None:
    """F1 would be a one-way street."""
    opened = step(Draft(), on.OpenTask(Task.HELP), FULL).draft
    assert step(opened, on.OpenTask(Task.HELP), FULL).draft.task is Task.SALE


# ---- the hard moments


def test_giving_money_back_asks_twice() -> None:
    """One touch would cancel a card that the customer still holds."""
    at = state(Stage.UNKNOWN, sale(basket(LinePhase.UNKNOWN), tenders=cash(9000, 9000)), choices=True)
    asked = step(Draft(), on.GiveBack(), at)
    assert (asked.draft.giving_back, asked.commands) == (True, ())
    assert step(asked.draft, on.Back(), at) == Step(Draft())
    assert step(asked.draft, on.GiveBack(), at) == Step(Draft(), (do.ChooseUnknown(do.UnknownChoice.GIVE_BACK),))


@pytest.mark.parametrize(
    ("intent", "command"),
    [
        (on.Wait(), do.ChooseUnknown(do.UnknownChoice.WAIT)),
        (on.LetGo(), do.ChooseUnknown(do.UnknownChoice.LET_GO)),
        (on.GoOn(), do.ContinueInBackground()),
        (on.AnswerTerminal(on.Answer.ACCEPTED), do.AnswerCharge("accepted")),
        (on.AnswerTerminal(on.Answer.REFUSED), do.AnswerCharge("refused")),
        (on.AnswerTerminal(on.Answer.UNKNOWN), do.AnswerCharge("unknown")),
        (on.Replace("l"), do.ReplaceRefused("l")),
        (on.Refund("l"), do.RefundRefused("l")),
        (on.PrintReceipt(), do.PrintReceipt()),
        (on.PrintCopy(482), do.PrintCopy(482)),
        (on.NextSale(), do.NextSale()),
        (on.Dismiss(), do.DismissNotice()),
        (on.OpenSale("s"), do.OpenSale("s")),
        (on.PutBack(), do.PutBack()),
        (on.RemoveLine("l"), do.RemoveLine("l")),
        (on.Lock(), do.Lock()),
    ],
)
def test_intents_that_are_one_command(intent: on.Intent, command: do.Command) -> None:
    """A button would do something else than it says."""
    assert step(Draft(), intent, FULL).commands == (command,)


def test_an_answer_after_a_restart_is_for_the_question_on_screen() -> None:
    """A second press would answer the next question unread."""
    asked = RecoveryQuestion(Question.CASH_TAKEN, "now", ("0093",), Money(2000, EUR))
    at = state(Stage.RECOVERY, sale(basket(LinePhase.TENDERED), tenders=cash(9000, 9000)), question=asked)
    assert step(Draft(), on.Recover(yes=True), at).commands == (do.AnswerRecovery(yes=True, question=asked),)
    assert step(Draft(), on.Recover(yes=True), FULL).commands == ()


def test_looks_change_nothing_at_the_till() -> None:
    """Switching the language would touch the sale."""
    draft = Draft()
    for intent in (on.SetTheme("dark"), on.SetLanguage("en"), on.SetVolume(0), on.SetKeyCaps(shown=False)):
        made = step(draft, intent, FULL)
        assert made.commands == ()
        draft = made.draft
    assert draft.looks == Looks(theme="dark", language="en", volume=0, key_caps=False)


def test_a_new_stage_forgets_what_was_begun_and_keeps_the_looks() -> None:
    """Half a PIN or half an amount would wait for the next person."""
    draft = Draft(task=Task.CASH, received="50", pin="13", serial="77", looks=Looks(theme="dark"), giving_back=True)
    after = settle(draft, FULL, state(Stage.ACTIVATING, sale(basket(LinePhase.COMMITTING), tenders=cash(9000, 9000))))
    assert (after.task, after.received, after.pin, after.serial, after.giving_back) == (Task.SALE, "", "", "", False)
    assert after.looks.theme == "dark"


def test_empty_offers_are_what_the_samples_say() -> None:
    """The tests above would start from another till than they think."""
    assert BARE.tenders == EMPTY


def test_a_task_is_settled_by_two_presses_and_not_by_one() -> None:
    """A slip of the finger would take the only reminder away, and there is no way back."""
    draft = Draft(task=Task.TICKETS, sale_id="old-4")
    asked = step(draft, on.SettleTask("L4"), BARE)
    assert asked.commands == () and asked.draft.settling
    assert step(asked.draft, on.SettleTask("L4"), BARE).commands == (do.SettleTask("L4"),)
    for other in (on.Back(), on.ChooseSale("old-3"), on.Page(1), on.Move(1)):
        assert not step(asked.draft, other, BARE).draft.settling
