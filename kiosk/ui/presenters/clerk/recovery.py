"""After a restart: the one question that only the clerk can answer. Pure. Neither answer is the blue one."""

from dataclasses import dataclass
from typing import assert_never

from kiosk.i18n.language import Language
from kiosk.till.state import Question, TillState
from kiosk.ui.draft import Draft
from kiosk.ui.intents import Recover
from kiosk.ui.presenters.parts import Action, ResultRow, cap, result_row


@dataclass(frozen=True, slots=True)
class View:
    """The page."""

    title: str
    text: str
    question: str
    detail: str
    yes: Action
    no: Action
    cards_title: str
    rows: tuple[ResultRow, ...]
    note: str


def view(state: TillState, draft: Draft, lang: Language) -> View:
    """Return the page for the question on screen."""
    words, formats = lang.words, lang.formats
    asked = state.question
    key, question, detail = "rec.cash", "", ""
    rows: tuple[ResultRow, ...] = ()
    if asked is not None:
        amount = formats.money(asked.amount)
        last4 = ", …".join(asked.last4)
        match asked.question:
            case Question.CASH_TAKEN:
                key, question = "rec.cash", words("rec.cash_q")
                detail = words("rec.cash_d", amount=amount, last4=last4)
            case Question.CUSTOMER_LEFT:
                key, question = "rec.left", words("rec.left_q", last4=last4)
                detail = words("rec.left_d", amount=amount)
            case Question.MONEY_RETURNED:
                key, question = "rec.back", words("rec.back_q")
                detail = words("rec.back_d", amount=amount, last4=last4)
            case _:
                assert_never(asked.question)
        sale = state.book.sale(asked.sale_id)
        rows = tuple(result_row(state, lang, line) for line in (sale.live if sale is not None else ()))
    return View(
        title=words("rec.t"),
        text=words("rec.d"),
        question=question,
        detail=detail,
        yes=Action(
            words(f"{key}_yes"),
            Recover(yes=True),
            icon="check",
            shortcut="yes",
            cap=cap(draft, lang, "key.yes"),
            detail=words(f"{key}_yes_d"),
        ),
        no=Action(
            words(f"{key}_no"),
            Recover(yes=False),
            icon="x",
            shortcut="n",
            cap=cap(draft, lang, "key.no"),
            detail=words(f"{key}_no_d"),
        ),
        cards_title=words("act.of_sale"),
        rows=rows,
        note=words("rec.why"),
    )
