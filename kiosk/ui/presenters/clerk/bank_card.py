"""Bank card: the steps of the terminal, or what the clerk reads on it. Pure. Three answers: accepted, refused, unknown."""

from dataclasses import dataclass

from kiosk.domain.sale import ChargeOutcome
from kiosk.i18n.language import Language
from kiosk.till.state import TillState
from kiosk.ui.draft import Draft
from kiosk.ui.intents import Answer, AnswerTerminal
from kiosk.ui.presenters.clerk.cash import ItemView, due_of, items_of
from kiosk.ui.presenters.parts import Action, cap


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of the terminal: done, current or still to come."""

    text: str
    state: str


@dataclass(frozen=True, slots=True)
class View:
    """The page. `answers` is empty while the terminal itself is expected to answer."""

    title: str
    due_title: str
    due: str
    items: tuple[ItemView, ...]
    headline: str
    instruction: str
    busy: bool
    steps: tuple[StepView, ...]
    question: str
    answers: tuple[Action, ...]
    note: str


def view(state: TillState, draft: Draft, lang: Language) -> View:
    """Return the page for a charge."""
    words, formats = lang.words, lang.formats
    sale = state.sale
    charge = sale.charge if sale is not None else None
    amount = formats.money(charge.amount if charge is not None else due_of(state))
    manual = charge is not None and charge.manual
    mute = charge is not None and charge.outcome == ChargeOutcome.UNKNOWN.value
    asks = manual or mute
    if manual and not mute:
        headline, instruction = words("card.manual_t", amount=amount), words("card.manual_d")
    elif mute:
        headline, instruction = words("card.mute_t"), words("card.mute_d")
    else:
        headline, instruction = words("card.wait_t"), ""
    steps = (
        StepView(words("card.step_sent", amount=amount), "done"),
        StepView(words("card.step_customer"), "current"),
        StepView(words("card.step_answer"), "todo"),
    )
    return View(
        title=words("pay.card_t"),
        due_title=words("pay.due"),
        due=amount,
        items=items_of(state, lang),
        headline=headline,
        instruction=instruction,
        busy=not asks,
        steps=() if asks else steps,
        question=words("pay.card_ask") if asks else "",
        answers=_answers(draft, lang, unknown=not mute) if asks else (),
        note=words("card.no_back"),
    )


def _answers(draft: Draft, lang: Language, *, unknown: bool) -> tuple[Action, ...]:
    words = lang.words
    accepted = Action(
        words("card.accepted"),
        AnswerTerminal(Answer.ACCEPTED),
        icon="check",
        shortcut="a",
        cap=cap(draft, lang, "A"),
        detail=words("card.accepted_d"),
    )
    refused = Action(
        words("card.refused"),
        AnswerTerminal(Answer.REFUSED),
        icon="x",
        shortcut="r",
        cap=cap(draft, lang, "R"),
        detail=words("card.refused_d"),
    )
    silent = Action(
        words("card.unknown"),
        AnswerTerminal(Answer.UNKNOWN),
        icon="circle-question-mark",
        shortcut="i",
        cap=cap(draft, lang, "I"),
        detail=words("card.unknown_d"),
        shown=unknown,
    )
    # no answer is the blue one: Enter must never claim that money came in
    return (accepted, refused, silent) if unknown else (accepted, refused)
