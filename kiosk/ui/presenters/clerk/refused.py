"""A card was refused after the money came in: which one and why first, then replace or refund. Pure."""

from dataclasses import dataclass

from kiosk.domain.refusals import Reason
from kiosk.domain.sale import LinePhase
from kiosk.domain.tender import TenderKind
from kiosk.i18n import wording
from kiosk.i18n.language import Language
from kiosk.till.state import Line, TillState
from kiosk.ui.draft import Draft
from kiosk.ui.intents import Refund, Replace
from kiosk.ui.presenters.notices import bad_news
from kiosk.ui.presenters.parts import Action, ResultRow, cap, card_of_line, result_row, total_of


@dataclass(frozen=True, slots=True)
class View:
    """The page; `replacing` once the next scan is expected to replace the refused card."""

    title: str
    text: str
    cards_title: str
    rows: tuple[ResultRow, ...]
    what: str
    replacing: bool
    replacing_title: str
    replacing_text: str
    fault: str
    replace: Action
    refund: Action
    kept: str


def view(state: TillState, draft: Draft, lang: Language) -> View:
    """Return the page for the first refused card; the next one follows when this one is settled."""
    words, formats = lang.words, lang.formats
    sale = state.sale
    lines = sale.live if sale is not None else ()
    refused = [line for line in lines if line.phase is LinePhase.REFUSED]
    others = [line for line in lines if line.phase is not LinePhase.REFUSED]
    activated = sum(line.phase is LinePhase.ACTIVATED for line in others)
    first = refused[0] if refused else None
    card = card_of_line(state, lang, first) if first is not None else None
    value = card.short if card is not None else ""
    amount = formats.money(first.face) if first is not None else ""
    title = words.count("act.ko_n", len(refused))
    if activated:
        title = f"{title}, {words.count('act.ok_n', activated)}"
    bank = sale is not None and sale.tender == TenderKind.BANK_CARD.value
    replacing = state.replacing is not None
    return View(
        title=title,
        text=words("act.ko_d", amount=amount),
        cards_title=words("act.of_sale"),
        rows=tuple(result_row(state, lang, line, why=_why(line, lang), reference=_ref(line, lang)) for line in refused)
        + tuple(result_row(state, lang, line) for line in others),
        what=words("act.what"),
        replacing=replacing,
        replacing_title=words("act.replacing_t", v=value),
        replacing_text=words("act.replacing_d"),
        fault=bad_news(state.notice, lang) if replacing else "",
        replace=Action(
            words("act.replace", v=value),
            Replace(first.line_id if first is not None else ""),
            icon="scan-barcode",
            shortcut="enter",
            cap=cap(draft, lang, "key.enter"),
            allowed=first is not None,
            shown=not replacing,
        ),
        refund=Action(
            words("act.refund_bank", amount=amount) if bank else words("act.refund", amount=amount),
            Refund(first.line_id if first is not None else ""),
            icon="credit-card" if bank else "banknote",
            shortcut="r",
            cap=cap(draft, lang, "key.refund"),
            allowed=first is not None,
            detail=words("act.refund_d"),
        ),
        kept=words("act.kept", amount=formats.money(total_of(sale, state))),
    )


def _why(line: Line, lang: Language) -> str:
    try:
        return wording.reason(lang, Reason(line.reason))
    except ValueError:
        return wording.reason(lang, Reason.NOT_SELLABLE)  # a newer authority knows reasons that this till does not


def _ref(line: Line, lang: Language) -> str:
    return lang.words("act.ref", ref=line.line_id[-6:].upper())
