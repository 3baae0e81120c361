"""No answer: keep the card, keep the cash, the till keeps asking; from 20 s on three choices. Pure.

Never shown as a failure. Giving back asks twice: the second touch says that the money is with the customer.
"""

from dataclasses import dataclass
from typing import Final

from kiosk.domain.money import Money
from kiosk.domain.sale import DOUBTFUL_PHASES
from kiosk.i18n import wording
from kiosk.i18n.language import Language
from kiosk.till.state import TillState
from kiosk.ui.draft import Draft
from kiosk.ui.intents import Back, GiveBack, GoOn, LetGo, Wait
from kiosk.ui.presenters.parts import Action, ResultRow, cap, result_row, total_of

CHOICES_FROM_MS: Final = 20_000


@dataclass(frozen=True, slots=True)
class View:
    """The page. `asking_back` shows the confirmation of giving the money back instead of the choices."""

    title: str
    text: str
    cards_title: str
    since: str
    rows: tuple[ResultRow, ...]
    todo_title: str
    todo: tuple[str, ...]
    what: str
    soon: str
    asking_back: bool
    back_question: str
    back_detail: str
    confirm: Action
    keep: Action
    wait: Action
    give: Action
    let: Action
    go_on: Action


def view(state: TillState, draft: Draft, lang: Language) -> View:
    """Return the page for how long there has been no answer."""
    words, formats = lang.words, lang.formats
    sale = state.sale
    lines = sale.live if sale is not None else ()
    amount = formats.money(total_of(sale, state))
    doubtful = [line for line in lines if line.phase in DOUBTFUL_PHASES]
    in_doubt = formats.money(Money(sum(line.face.minor for line in doubtful), state.catalogue.currency))
    open_ = state.choices and bool(doubtful)
    seconds = state.waiting_ms // 1000
    left = max(1, -(-(CHOICES_FROM_MS - state.waiting_ms) // 1000))
    let_reason = wording.promise_refusal(lang, state.let_go) if state.let_go is not None else ""
    asking = draft.giving_back and open_
    return View(
        title=words("act.unknown_t") if doubtful else words("unk.cancelling_t"),
        text=words("unk.d") if doubtful else words("unk.cancelling_d"),
        cards_title=words("act.of_sale"),
        since=words("unk.since", s=seconds) if seconds else "",
        rows=tuple(result_row(state, lang, line) for line in lines),
        todo_title=words("unk.todo"),
        todo=(
            words.count("unk.cards", max(1, len(doubtful))),
            words("unk.keep_cash", amount=amount),
            words("unk.dont"),
        ),
        what=words("act.what"),
        soon="" if open_ or not doubtful or seconds * 1000 >= CHOICES_FROM_MS else words("unk.soon", s=left),
        asking_back=asking,
        back_question=words("unk.give_q", amount=in_doubt),
        back_detail=words("unk.give_q_d"),
        confirm=Action(words("unk.give_yes"), GiveBack(), icon="check", shown=asking),
        keep=Action(
            words("common.back"),
            Back(),
            icon="arrow-left",
            shortcut="escape",
            cap=cap(draft, lang, "key.escape"),
            shown=asking,
        ),
        wait=Action(
            words("unk.wait"),
            Wait(),
            icon="hourglass",
            shortcut="enter",
            cap=cap(draft, lang, "key.enter"),
            detail=words("unk.wait_d"),
            shown=open_ and not asking,
        ),
        give=Action(
            words("unk.give"), GiveBack(), icon="undo-2", detail=words("unk.give_d"), shown=open_ and not asking
        ),
        let=Action(
            words("unk.let"),
            LetGo(),
            icon="hand",
            detail=words("unk.let_d"),
            allowed=state.let_go is None,
            reason=let_reason,
            shown=open_ and not asking,
        ),
        go_on=Action(words("act.bg"), GoOn(), icon="arrow-right", shown=not asking),
    )
