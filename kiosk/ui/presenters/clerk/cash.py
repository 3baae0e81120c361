"""Cash: what is due, what was given, what goes back, in which notes and coins. Pure.

An untouched page means the exact amount: scan, F9, Enter is a whole sale.
"""

from dataclasses import dataclass
from typing import Final

from kiosk.domain.money import Money
from kiosk.domain.tender import MissingMoney, TenderKind, cash_tender, quick_amounts
from kiosk.i18n.language import Language
from kiosk.till.state import TillState
from kiosk.ui.draft import Draft
from kiosk.ui.intents import AddNote, Back, PayByCard, Receive, Submit
from kiosk.ui.presenters.clerk.sale import hurdle_free, offer_of
from kiosk.ui.presenters.parts import Action, Card, cap, card_of_line, total_of

# what a drawer gives back, per currency, largest first; francs as of 2001
NOTES: Final = {"EUR": (20000, 10000, 5000, 2000, 1000, 500), "FRF": (50000, 20000, 10000, 5000, 2000)}
COINS: Final = {"EUR": (200, 100, 50, 20, 10, 5, 2, 1), "FRF": (1000, 500, 200, 100, 50, 20, 10, 5)}
ADDED: Final = {"EUR": (500, 1000, 2000, 5000, 10000), "FRF": (1000, 2000, 5000, 10000, 20000)}
CHANGE_LIMIT_FACTOR: Final = 20  # more than this many times the due amount is a slip of the finger
CHANGE_KINDS_SHOWN: Final = 4


@dataclass(frozen=True, slots=True)
class ItemView:
    """Cards of one series in the basket."""

    card: Card
    text: str
    amount: str


@dataclass(frozen=True, slots=True)
class QuickView:
    """One quick key."""

    text: str
    intent: Receive | AddNote
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """The whole page."""

    back: Action
    title: str
    other: Action
    due_title: str
    due: str
    items: tuple[ItemView, ...]
    received_title: str
    received: str
    received_hint: str
    unit: str
    change_title: str
    change: str
    change_detail: str
    change_tone: str
    gives: str
    exact: QuickView
    quick: tuple[QuickView, ...]
    added: tuple[QuickView, ...]
    mark: str
    erase_name: str
    submit: Action


def view(state: TillState, draft: Draft, lang: Language) -> View:
    """Return the page for what was typed so far."""
    words, formats = lang.words, lang.formats
    due = due_of(state)
    received = received_of(draft, due)
    outcome = cash_tender(due=due, received=received)
    too_much = received.minor > due.minor * CHANGE_LIMIT_FACTOR
    if isinstance(outcome, MissingMoney):
        title, amount, detail, tone = words("pay.missing_t"), formats.money(outcome.missing), "", "warning"
        fault = words("pay.missing", amount=formats.money(outcome.missing))
    elif too_much:
        title, amount, detail, tone = words("pay.change"), "–", words("pay.too_much"), "warning"
        fault = words("pay.check_amount")
    else:
        title, amount, tone, fault = words("pay.change"), formats.money(outcome.change), "success", ""
        detail = change_text(outcome.change, lang)
    bank = offer_of(state, TenderKind.BANK_CARD)
    code = due.currency.code
    return View(
        back=Action(
            words("common.back"), Back(), icon="arrow-left", shortcut="escape", cap=cap(draft, lang, "key.escape")
        ),
        title=words("pay.cash_t"),
        other=Action(
            words("sale.bank"),
            PayByCard(),
            icon="credit-card",
            shortcut="f10",
            cap=cap(draft, lang, "F10"),
            shown=bank is not None,
            allowed=bank is not None and hurdle_free(bank),
        ),
        due_title=words("pay.due"),
        due=formats.money(due),
        items=items_of(state, lang),
        received_title=words("pay.received"),
        received=_typed(draft, lang),
        received_hint=formats.number(due),
        unit=formats.symbol(due),
        change_title=title,
        change=amount,
        change_detail=detail,
        change_tone=tone,
        gives=words("pay.gives"),
        exact=QuickView(words("pay.exact"), Receive(due.minor, settle=True)),
        quick=tuple(
            QuickView(
                formats.money_short(one),
                Receive(one.minor),
                chosen=bool(draft.received) and received.minor == one.minor,
            )
            for one in quick_amounts(due)
        ),
        added=tuple(
            QuickView(words("pay.add", amount=formats.money_short(Money(minor, due.currency))), AddNote(minor))
            for minor in ADDED[code]
        ),
        mark=formats.decimal_mark,
        erase_name=words("common.erase"),
        submit=Action(
            words("pay.confirm"),
            Submit(),
            icon="check",
            shortcut="enter",
            cap=cap(draft, lang, "key.enter"),
            allowed=not fault and not state.paying,
            reason=fault,
            detail=words("sale.wait_answer") if state.paying else "",
        ),
    )


def due_of(state: TillState) -> Money:
    """Return what is to be paid."""
    return state.due if state.due is not None else total_of(state.sale, state)


def received_of(draft: Draft, due: Money) -> Money:
    """Return what was given: what was typed, or the exact amount while nothing was."""
    return Money(minor_of(draft.received, due.currency.exponent), due.currency) if draft.received else due


def minor_of(text: str, exponent: int) -> int:
    """Return the minor units of a typed amount, `220`, `220,5` or `220.50`."""
    units, _, rest = text.replace(".", ",").partition(",")
    scale: int = 10**exponent
    return int(units or "0") * scale + int((rest + "0" * exponent)[:exponent] or "0")


def typed_of(minor: int, exponent: int) -> str:
    """Return an amount as a clerk would have typed it."""
    units, rest = divmod(minor, 10**exponent)
    return f"{units},{rest:0{exponent}d}" if rest else str(units)


def change_text(change: Money, lang: Language) -> str:
    """Return the notes and coins to give back, largest first; the smallest kinds are left to the clerk when it gets long."""
    if change.minor == 0:
        return lang.words("pay.none")
    left = change.minor
    parts: list[str] = []
    code = change.currency.code
    for kinds, key in ((NOTES[code], "pay.change_notes"), (COINS[code], "pay.change_coins")):
        for minor in kinds:
            count, left = divmod(left, minor)
            if count:
                value = lang.formats.money_short(Money(minor, change.currency))
                parts.append(lang.words.count(key, count, v=value))
    if left:
        return ""  # an amount that no coin can give
    shown = parts[:CHANGE_KINDS_SHOWN]
    return " + ".join(shown) + (" + …" if len(parts) > len(shown) else "")


def _typed(draft: Draft, lang: Language) -> str:
    """Return what was typed, grouped, with the language's mark; the minor part exactly as far as it was typed."""
    if not draft.received:
        return ""
    units, mark, rest = draft.received.replace(".", ",").partition(",")
    return lang.formats.grouped(int(units or "0"), digits=1) + (lang.formats.decimal_mark + rest if mark else "")


def items_of(state: TillState, lang: Language) -> tuple[ItemView, ...]:
    """Return the basket by series, for the pages of payment."""
    found: dict[str, tuple[Card, int, Money]] = {}
    for line in reversed(state.sale.live if state.sale else ()):
        card, count, amount = found.get(
            line.series, (card_of_line(state, lang, line), 0, Money(0, state.catalogue.currency))
        )
        found[line.series] = (card, count + 1, amount + line.face)
    return tuple(
        ItemView(
            card,
            text=card.name if count == 1 else lang.words("common.times", n=count, what=card.name),
            amount=lang.formats.money(amount),
        )
        for card, count, amount in found.values()
    )
