"""Receipts: the sales of the last days, newest first, what became of each card, and a copy on demand. Pure."""

from dataclasses import dataclass
from typing import Final

from kiosk.domain.sale import DOUBTFUL_PHASES, LinePhase
from kiosk.domain.tender import TenderKind
from kiosk.i18n import wording
from kiosk.i18n.language import Language
from kiosk.till.state import Sale, TillState
from kiosk.till.tasks import may_settle
from kiosk.ui.draft import Draft
from kiosk.ui.intents import Back, ChooseSale, Move, OpenSale, Page, SettleTask
from kiosk.ui.presenters.clerk.result import last_job, print_action
from kiosk.ui.presenters.clerk.result import note_of as print_note
from kiosk.ui.presenters.parts import Action, ResultRow, cap, receipt_no, result_row, total_of

ROWS_A_PAGE: Final = 7


@dataclass(frozen=True, slots=True)
class SaleRow:
    """One sale of the list."""

    intent: ChooseSale
    title: str
    detail: str
    amount: str
    chip: str
    chip_icon: str
    chip_tone: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class View:
    """The page: the list at the left, the chosen sale at the right."""

    title: str
    back: Action
    rows: tuple[SaleRow, ...]
    empty_title: str
    empty_text: str
    page: str
    newer: Action
    older: Action
    pick: str
    chosen_title: str
    chosen_detail: str
    cards: tuple[ResultRow, ...]
    total: str
    note: str
    note_kind: str
    note_icon: str
    settle: Action
    copy: Action
    resume: Action
    up: Move
    down: Move


def view(state: TillState, draft: Draft, lang: Language) -> View:
    """Return the page for the sales that the till still knows."""
    words = lang.words
    sales = listed(state)
    pages = max(1, -(-len(sales) // ROWS_A_PAGE))
    page = min(draft.page, pages - 1)
    shown = sales[page * ROWS_A_PAGE : (page + 1) * ROWS_A_PAGE]
    chosen = chosen_sale(state, draft)
    waiting = chosen is not None and chosen.sale_id in state.background
    note, note_kind, note_icon = print_note(last_job(state, chosen), lang) if chosen else ("", "sunken", "info")
    copy = print_action(state, chosen, draft, lang, shortcut=False)
    return View(
        title=words("tix.t"),
        back=Action(
            words("common.back"), Back(), icon="arrow-left", shortcut="escape", cap=cap(draft, lang, "key.escape")
        ),
        rows=tuple(_row(sale, state, lang, chosen=sale is chosen) for sale in shown),
        empty_title=words("tix.none_t"),
        empty_text=words("tix.none_d"),
        page=words("tix.page", i=page + 1, n=pages) if pages > 1 else "",
        newer=Action(words("tix.earlier"), Page(-1), icon="chevron-up", allowed=page > 0, shown=pages > 1),
        older=Action(words("tix.later"), Page(1), icon="chevron-down", allowed=page < pages - 1, shown=pages > 1),
        pick=words("tix.pick"),
        chosen_title=_title(chosen, lang) if chosen is not None else "",
        chosen_detail=_detail(chosen, state, lang) if chosen is not None else "",
        cards=tuple(
            result_row(state, lang, line, why=_task(line.line_id, state, lang), narrow=True) for line in chosen.live
        )
        if chosen is not None
        else (),
        total=lang.formats.money(total_of(chosen, state)) if chosen is not None else "",
        note=note,
        note_kind=note_kind,
        note_icon=note_icon,
        settle=_settle(chosen, state, draft, lang),
        copy=Action(
            words("tix.copy"),
            copy.intent,
            icon="printer",
            shortcut="ctrl+p",
            cap=cap(draft, lang, "help.ctrl_p"),
            allowed=copy.allowed,
            reason=copy.reason,
            detail=words("tix.copies"),
            shown=chosen is not None and chosen.receipt_no is not None,
        ),
        resume=Action(
            words("tix.resume"),
            OpenSale(chosen.sale_id if chosen is not None else ""),
            icon="arrow-right",
            shortcut="enter",
            cap=cap(draft, lang, "key.enter"),
            shown=waiting,
        ),
        up=Move(-1),
        down=Move(1),
    )


def listed(state: TillState) -> tuple[Sale, ...]:
    """Return the sales worth a row, newest first: completed ones, and those that wait for an answer."""
    kept = [sale for sale in state.book.sales if sale.receipt_no is not None or sale.sale_id in state.background]
    return tuple(sorted(kept, key=lambda sale: (sale.completed_ms or sale.opened_ms, sale.sale_id), reverse=True))


def chosen_sale(state: TillState, draft: Draft) -> Sale | None:
    """Return the sale shown at the right: the chosen one, else the newest."""
    sales = listed(state)
    return next((sale for sale in sales if sale.sale_id == draft.sale_id), sales[0] if sales else None)


def _title(sale: Sale, lang: Language) -> str:
    if sale.receipt_no is None:
        return lang.words("tix.open")
    return lang.words("tix.no", no=receipt_no(lang, sale.receipt_no))


def _detail(sale: Sale, state: TillState, lang: Language) -> str:
    moment = lang.formats.moment(sale.completed_ms or sale.opened_ms)
    today = lang.formats.same_day(moment, lang.formats.moment(state.now_ms))
    when = lang.formats.clock(moment) if today else lang.formats.short_day_and_time(moment)
    tenders = " + ".join(wording.tender(lang, TenderKind(one.tender)) for one in sale.tenders)
    name = next((one.name for one in state.clerks if one.user_id == sale.user), "")
    return " · ".join(part for part in (when, tenders, name) if part)


def _row(sale: Sale, state: TillState, lang: Language, *, chosen: bool) -> SaleRow:
    chip, icon, tone = _chip(sale, state, lang)
    moment = lang.formats.moment(sale.completed_ms or sale.opened_ms)
    today = lang.formats.same_day(moment, lang.formats.moment(state.now_ms))
    when = lang.formats.clock(moment) if today else lang.formats.short_day_and_time(moment)
    return SaleRow(
        ChooseSale(sale.sale_id),
        title=_title(sale, lang),
        detail=f"{when} · {lang.words.count('common.cards', len(sale.live))}",
        amount=lang.formats.money(total_of(sale, state)),
        chip=chip,
        chip_icon=icon,
        chip_tone=tone,
        chosen=chosen,
    )


def _chip(sale: Sale, state: TillState, lang: Language) -> tuple[str, str, str]:
    """Return word, icon and tone for a whole sale: its worst card."""
    tasks = {line_id for line_id, _ in state.book.tasks}
    if any(line.line_id in tasks for line in sale.live):
        return lang.words("act.s_ko"), "triangle-alert", "danger"
    phases = {line.phase for line in sale.live}
    if phases & DOUBTFUL_PHASES:
        return lang.words("act.s_unknown"), "clock", "warning"
    if LinePhase.REFUSED in phases:
        return lang.words("act.s_ko"), "x", "danger"
    if LinePhase.PROMISED in phases and any(line.line_id in state.book.promises for line in sale.live):
        return lang.words("act.s_q"), "clock", "warning"
    if phases <= {LinePhase.ACTIVATED, LinePhase.PROMISED}:
        return lang.words("act.s_ok"), "check", "success"
    if phases & {LinePhase.REFUNDED}:
        return lang.words("act.s_refunded"), "undo-2", "neutral"
    return lang.words("act.s_cancelled"), "undo-2", "neutral"


def _task(line_id: str, state: TillState, lang: Language) -> str:
    code = dict(state.book.tasks).get(line_id)
    return wording.exception_task(lang, code) if code is not None else ""


def _settle(chosen: Sale | None, state: TillState, draft: Draft, lang: Language) -> Action:
    tasks = dict(state.book.tasks)
    line_id = next((line.line_id for line in chosen.live if line.line_id in tasks), None) if chosen else None
    allowed = may_settle(state.clerks, state.book.user)
    return Action(
        lang.words("tix.settle_sure" if draft.settling else "tix.settle"),
        SettleTask(line_id or ""),
        icon="circle-check",
        allowed=allowed,
        reason="" if allowed else lang.words("tix.manager_only"),
        shown=line_id is not None,
    )
