"""Activating: what is being done, card by card, and from 3 s on the way out of waiting. Pure."""

from dataclasses import dataclass
from typing import Final

from kiosk.domain.sale import LinePhase
from kiosk.i18n.language import Language
from kiosk.till.state import TillState
from kiosk.ui.draft import Draft
from kiosk.ui.intents import GoOn
from kiosk.ui.presenters.parts import Action, ResultRow, cap, result_row

EXPLAIN_FROM_MS: Final = 1_000
OFFER_FROM_MS: Final = 3_000


@dataclass(frozen=True, slots=True)
class View:
    """The page; nothing on it is needed for the activation to go on."""

    title: str
    text: str
    cards_title: str
    rows: tuple[ResultRow, ...]
    go_on: Action
    go_on_detail: str


def view(state: TillState, draft: Draft, lang: Language) -> View:
    """Return the page for how long it has taken so far."""
    words = lang.words
    lines = state.sale.live if state.sale is not None else ()
    done = sum(line.phase is LinePhase.ACTIVATED for line in lines)
    explains = state.waiting_ms >= EXPLAIN_FROM_MS
    return View(
        title=words("act.run") if explains else words("act.wait_t"),
        text=words.count("act.run_n", done, m=len(lines)) if explains and len(lines) > 1 else words("act.run_d"),
        cards_title=words("act.of_sale"),
        rows=tuple(result_row(state, lang, line) for line in lines),
        go_on=Action(
            words("act.bg"),
            GoOn(),
            icon="arrow-right",
            shortcut="enter",
            cap=cap(draft, lang, "key.enter"),
            shown=state.waiting_ms >= OFFER_FROM_MS,
        ),
        go_on_detail=words("act.bg_d") if state.waiting_ms >= OFFER_FROM_MS else "",
    )
