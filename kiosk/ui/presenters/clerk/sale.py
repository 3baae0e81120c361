"""The sale page: scan zone, cards to sell, basket, total, means of payment. Pure."""

from dataclasses import dataclass
from typing import Final, assert_never

from kiosk.domain.activation import EntryMode
from kiosk.domain.sale import LinePhase
from kiosk.domain.tender import TenderKind
from kiosk.i18n import wording
from kiosk.i18n.formats import serial_groups, serial_tail
from kiosk.i18n.language import Language
from kiosk.till.state import Line, Notice, Sale, TenderHurdle, TenderOffer, TillState
from kiosk.ui.draft import Draft
from kiosk.ui.intents import Arm, Back, ClearBasket, Disarm, Intent, OpenTask, PayByCard, RemoveLine, Task
from kiosk.ui.presenters.notices import bad_news, is_print_trouble
from kiosk.ui.presenters.parts import (
    Action,
    Card,
    LineRow,
    cap,
    card_of,
    card_of_line,
    face_of,
    find_series,
    total_of,
)

LOW_STOCK: Final = 8


@dataclass(frozen=True, slots=True)
class ZoneView:
    """The scan zone: waiting, armed on a value, read, refused (stays until the next scan)."""

    kind: str
    icon: str
    tone: str
    title: str
    hint: str
    action: Action


@dataclass(frozen=True, slots=True)
class TileView:
    """One series to arm."""

    card: Card
    intent: Intent
    stock: str
    stock_tone: str
    armed: bool
    allowed: bool


@dataclass(frozen=True, slots=True)
class View:
    """The whole sale page."""

    zone: ZoneView
    cards_title: str
    tiles: tuple[TileView, ...]
    quick_title: str
    quick: tuple[Action, ...]
    last_title: str
    last: str
    shortcuts: Action
    basket: str
    count: str
    clear: Action
    clear_question: str
    clear_detail: str
    clear_keep: Action
    rows: tuple[LineRow, ...]
    rows_short: tuple[LineRow, ...]
    empty_title: str
    empty_text: str
    total_title: str
    total: str
    cash: Action
    card: Action


def view(state: TillState, draft: Draft, lang: Language) -> View:
    """Return the page for a state."""
    words, formats = lang.words, lang.formats
    lines = _newest_first(state.sale)
    count = len(lines)
    return View(
        zone=zone(state, draft, lang),
        cards_title=words("sale.cards_t"),
        tiles=tuple(_tiles(state, draft, lang)),
        quick_title=words("sale.quick"),
        quick=_quick(state, draft, lang),
        last_title=words("sale.last"),
        last=last_sale(state, lang) or words("sale.last_none"),
        shortcuts=Action(words("sale.shortcuts"), OpenTask(Task.HELP), cap=cap(draft, lang, "F1")),
        basket=words("sale.basket"),
        count=words.count("common.cards", count) if count else "",
        clear=Action(words("sale.clear"), ClearBasket(), icon="trash-2", shown=count > 0),
        clear_question=words("sale.clear_q") if draft.clearing and count else "",
        clear_detail=words.count("sale.clear_d", count) if draft.clearing and count else "",
        clear_keep=Action(
            words("common.keep"), Back(), icon="arrow-left", shortcut="escape", cap=cap(draft, lang, "key.escape")
        ),
        rows=tuple(_row(line, state, draft, lang, short=False) for line in lines),
        rows_short=tuple(_row(line, state, draft, lang, short=True) for line in lines),
        empty_title=words("sale.empty_t"),
        empty_text=words("sale.empty_d"),
        total_title=words("sale.total"),
        total=formats.money(state.due if state.due is not None else total_of(state.sale, state)),
        cash=_pay(TenderKind.CASH, state, draft, lang),
        card=_pay(TenderKind.BANK_CARD, state, draft, lang),
    )


def _newest_first(sale: Sale | None) -> list[Line]:
    return list(reversed(sale.live)) if sale is not None else []


# ---- the scan zone


def zone(state: TillState, draft: Draft, lang: Language) -> ZoneView:
    """Return the scan zone: the last refusal if there is one, else what the next scan is expected to be."""
    words = lang.words
    typing = Action(words("sale.type"), OpenTask(Task.TYPE), icon="keyboard")
    refusal = "" if is_print_trouble(state.notice) else bad_news(state.notice, lang)
    if refusal:
        return ZoneView("scan_refused", "x", "danger", refusal, _card_hint(state.notice, lang), typing)
    differs = _differing(state, draft)
    if differs is not None and draft.armed is not None:
        expected = find_series(state, draft.armed)
        v, w = face_of(differs, lang), lang.formats.face(expected.face) if expected else ""
        remove = Action(words("sale.remove", v=v), RemoveLine(differs.line_id), icon="trash-2")
        return ZoneView("scan_refused", "triangle-alert", "danger", words("sale.err_value", v=v, w=w), "", remove)
    hint = words("sale.scan_hint")
    if not state.link_up and state.offline.refusal is None:
        hint = words.count("sale.offline_left", state.offline.cards)
    elif not state.link_up:
        reason = state.offline.refusal
        hint = wording.promise_refusal(lang, reason) if reason is not None else hint
    if draft.armed is not None:
        armed = find_series(state, draft.armed)
        title = words("sale.scan_v", v=lang.formats.face(armed.face)) if armed else words("sale.scan")
        stop = Action(words("common.cancel"), Disarm(), icon="x")
        return ZoneView("scan", "scan-barcode", "primary", title, hint, stop)
    return ZoneView("scan", "scan-barcode", "primary", words("sale.scan"), hint, typing)


def _card_hint(notice: Notice | None, lang: Language) -> str:
    if notice is None or notice.last4 is None:
        return ""
    return lang.words("sale.refused_card", last4=notice.last4)


def _differing(state: TillState, draft: Draft) -> Line | None:
    """Return the newest line if it is not of the series that was armed."""
    lines = _newest_first(state.sale)
    if draft.armed is None or not lines or lines[0].line_id != draft.line_id:
        return None
    return lines[0] if lines[0].series != draft.armed else None


# ---- what can be sold, what can be done


def _tiles(state: TillState, draft: Draft, lang: Language) -> list[TileView]:
    stock = dict(state.stock)
    tiles = []
    for series in state.catalogue.series:
        left = stock.get(series.number)
        text, tone = "", "neutral"
        if left == 0:
            text, tone = lang.words("sale.out"), "warning"
        elif left is not None:
            text = lang.words("sale.in_stock", n=left)
            tone = "warning" if left <= LOW_STOCK else "neutral"
        tiles.append(
            TileView(
                card=card_of(lang, series),
                intent=Arm(series.number),
                stock=text,
                stock_tone=tone,
                armed=draft.armed == series.number,
                allowed=left != 0,
            )
        )
    return tiles


def _quick(state: TillState, draft: Draft, lang: Language) -> tuple[Action, ...]:
    words = lang.words
    return (
        Action(
            words("sale.balance"),
            OpenTask(Task.BALANCE),
            icon="search",
            cap=cap(draft, lang, "F3"),
            allowed=state.link_up,
            reason=words("common.network_needed"),
            detail=words("sale.balance_d"),
        ),
        Action(
            words("sale.reprint"),
            OpenTask(Task.TICKETS),
            icon="printer",
            cap=cap(draft, lang, "F4"),
            detail=words("sale.reprint_d"),
        ),
    )


def last_sale(state: TillState, lang: Language) -> str:
    """Return `14:29 · 1 carte · 50,00 € · espèces · activée` of the last completed sale, empty if there is none."""
    done = [sale for sale in state.book.sales if sale.completed is not None and sale.sale_id != state.book.current]
    if not done:
        return ""
    sale = max(done, key=lambda one: one.receipt_no or 0)
    kinds = " + ".join(wording.tender(lang, TenderKind(one.tender)) for one in sale.tenders)
    phases = {line.phase for line in sale.live}
    state_word = wording.phase(lang, next(iter(phases))).lower() if len(phases) == 1 else ""
    parts = (
        lang.formats.clock(lang.formats.moment(sale.completed_ms or sale.opened_ms)),
        lang.words.count("common.cards", len(sale.live)),
        lang.formats.money(total_of(sale, state)),
        kinds,
        state_word,
    )
    return " · ".join(part for part in parts if part)


# ---- the basket


def _row(line: Line, state: TillState, draft: Draft, lang: Language, *, short: bool) -> LineRow:
    card = card_of_line(state, lang, line)
    tone, word = "success", ""
    if line.phase is LinePhase.ASKED:
        tone, word = "", lang.words("sale.checking")
    elif line.phase is LinePhase.UNHELD:
        tone, word = "warning", lang.words("sale.unheld")
    elif line.entry_mode == EntryMode.KEYED.value:
        word = lang.words("sale.keyed")
    return LineRow(
        line_id=line.line_id,
        value=card.short,
        series=card.colour,
        title=card.name,
        price=lang.formats.money(line.face),
        serial=serial_tail(line.serial, 4)
        if word
        else serial_tail(line.serial)
        if short
        else serial_groups(line.serial),
        tone=tone,
        state=word,
        chosen=line.line_id == draft.line_id,
        fresh=state.notice is not None and state.notice.scan is not None and state.notice.line_id == line.line_id,
        delete_name=lang.words("sale.remove", v=card.short),
    )


# ---- payment


def offer_of(state: TillState, kind: TenderKind) -> TenderOffer | None:
    """Return what the till says of a means of payment now."""
    return next((one for one in state.tenders if one.kind is kind), None)


def hurdle_free(offer: TenderOffer, *, terminal: bool = False) -> bool:
    """Say whether a means of payment may be touched now; `terminal`: by a connected bank-card terminal and not by hand."""
    if offer.hurdle is TenderHurdle.NO_TERMINAL:
        return not terminal
    return offer.hurdle in (None, TenderHurdle.ANSWER_AWAITED)


def _pay(kind: TenderKind, state: TillState, draft: Draft, lang: Language) -> Action:
    words = lang.words
    cash = kind is TenderKind.CASH
    offer = offer_of(state, kind)
    allowed, reason = hurdle_text(offer, lang, has_lines=bool(state.sale and state.sale.live))
    key = "F9" if cash else "F10"
    waiting = offer is not None and offer.hurdle is TenderHurdle.ANSWER_AWAITED
    return Action(
        words("sale.cash") if cash else words("sale.bank"),
        OpenTask(Task.CASH) if cash else PayByCard(),
        icon="banknote" if cash else "credit-card",
        shortcut=key.lower(),
        cap=cap(draft, lang, key),
        allowed=allowed and not state.paying,
        reason=reason,
        detail=words("sale.wait_answer") if waiting or (state.paying and not cash) else "",
    )


def hurdle_text(offer: TenderOffer | None, lang: Language, *, has_lines: bool) -> tuple[bool, str]:
    """Return whether a means of payment may be touched, and the reason on its button if not."""
    words = lang.words
    if offer is None or offer.hurdle is TenderHurdle.EMPTY or not has_lines:
        return False, ""
    match offer.hurdle:
        case None | TenderHurdle.ANSWER_AWAITED | TenderHurdle.NO_TERMINAL:
            return True, ""
        case TenderHurdle.NOT_LISTED:
            return False, words("promise.not_listed")
        case TenderHurdle.SERIES:
            return False, words("sale.tender_closed")
        case TenderHurdle.OFFLINE:
            if offer.promise is None:
                return False, words("common.network_needed")
            return False, wording.promise_refusal(lang, offer.promise)
        case _:
            assert_never(offer.hurdle)
