"""Pieces that several presenters make: buttons, card looks, rows of a result. Ready-made strings and flags only; no Qt."""

from dataclasses import dataclass, field
from typing import Final

from kiosk.domain.money import Money
from kiosk.domain.sale import LinePhase
from kiosk.domain.series import Series
from kiosk.i18n import wording
from kiosk.i18n.formats import NBSP, serial_groups, serial_tail
from kiosk.i18n.language import Language
from kiosk.till.state import Line, Sale, TillState
from kiosk.ui.draft import Draft
from kiosk.ui.intents import Intent

RECEIPT_DIGITS: Final = 6
FALLBACK_COLOUR: Final = "d100"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a person may do here: the button's words, its key, and what it means. `shown` false: no button at all.

    `shortcut` is a key name of `screen.KEYS` (enter, escape, f9, o…); `cap` the same key as it is drawn, in the language.
    """

    text: str
    intent: Intent
    icon: str = ""
    shortcut: str = ""
    cap: str = ""
    allowed: bool = True
    reason: str = ""
    detail: str = ""
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Card:
    """How a series looks: value on its face, name below the value, colour's name in the sheet, lit dots, name in a list."""

    value: str
    short: str
    brand: str
    colour: str
    dots: int
    name: str


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One card of a finished or stuck sale: what it is and how it ended; a refused one says why."""

    card: Card
    title: str
    serial: str = field(repr=False)
    chip: str = ""
    chip_icon: str = ""
    chip_tone: str = "neutral"
    why: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class ChipView:
    """One chip of the status bar. `trouble` keeps it on a narrow screen."""

    text: str
    icon: str
    tone: str = "neutral"
    trouble: bool = False


@dataclass(frozen=True, slots=True)
class RailItem:
    """One task of the rail, with its key for assistive technology."""

    task: str
    icon: str
    text: str
    chosen: bool = False
    allowed: bool = True
    low: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class LineRow:
    """One row, ready to show. `tone` colours the dot beside the serial; `state` says the same in a word, or is empty."""

    line_id: str
    value: str
    series: str
    title: str
    price: str
    serial: str = field(repr=False)
    tone: str = "success"
    state: str = ""
    chosen: bool = False
    fresh: bool = False
    delete_name: str = ""


def cap(draft: Draft, lang: Language, key: str) -> str:
    """Return the drawn key, or nothing where key caps are switched off. A key that starts with a capital is drawn as it is."""
    if not draft.looks.key_caps:
        return ""
    return lang.words(key) if key.startswith(("key.", "help.")) else key


def find_series(state: TillState, number: str) -> Series | None:
    """Return a series of this till's catalogue."""
    return state.catalogue.find(number)


def card_of(lang: Language, series: Series) -> Card:
    """Return the look of a series."""
    value = lang.formats.money_short(series.face)
    short = lang.formats.face(series.face)
    return Card(
        value=value,
        short=short,
        brand=_brand(series, short),
        colour=series.colour,
        dots=series.dots,
        name=lang.words("common.card_v", v=short),
    )


def card_of_line(state: TillState, lang: Language, line: Line) -> Card:
    """Return the look of a line's card; a series that the catalogue lost keeps its value."""
    series = find_series(state, line.series)
    if series is not None:
        return card_of(lang, series)
    short = lang.formats.face(line.face)
    return Card(
        value=lang.formats.money_short(line.face),
        short=short,
        brand="",
        colour=FALLBACK_COLOUR,
        dots=25,
        name=lang.words("common.card_v", v=short),
    )


def serial_text(lang: Language, line: Line) -> str:
    """Return `Nº 7720 4416 0093 1234`."""
    return lang.words("common.serial_no", serial=serial_groups(line.serial))


def face_of(line: Line, lang: Language) -> str:
    """Return the bare value of a line's card, `50`."""
    return lang.formats.face(line.face)


def total_of(sale: Sale | None, state: TillState) -> Money:
    """Return what the lines of a sale come to."""
    total = Money(0, state.catalogue.currency)
    for line in sale.live if sale else ():
        total = total + line.face
    return total


_CHIPS: Final[dict[LinePhase, tuple[str, str]]] = {
    LinePhase.ASKED: ("clock", "neutral"),
    LinePhase.HELD: ("clock", "neutral"),
    LinePhase.UNHELD: ("clock", "neutral"),
    LinePhase.TENDERED: ("clock", "neutral"),
    LinePhase.COMMITTING: ("clock", "neutral"),
    LinePhase.UNKNOWN: ("clock", "warning"),
    LinePhase.ACTIVATED: ("check", "success"),
    LinePhase.REFUSED: ("x", "danger"),
    LinePhase.PROMISED: ("clock", "warning"),
    LinePhase.CANCELLING: ("clock", "warning"),
    LinePhase.CANCELLED: ("undo-2", "neutral"),
    LinePhase.TOO_LATE: ("triangle-alert", "danger"),
    LinePhase.RELEASED: ("undo-2", "neutral"),
    LinePhase.REFUNDED: ("undo-2", "neutral"),
}


def result_row(
    state: TillState, lang: Language, line: Line, *, why: str = "", reference: str = "", narrow: bool = False
) -> ResultRow:
    """Return one card of a sale with its chip; `narrow` for a side panel."""
    card = card_of_line(state, lang, line)
    icon, tone = _CHIPS[line.phase]
    return ResultRow(
        card=card,
        title=card.name if narrow or not card.brand else lang.words("common.series", brand=card.brand, v=card.short),
        serial=serial_tail(line.serial) if narrow else serial_text(lang, line),
        chip=wording.phase(lang, line.phase),
        chip_icon=icon,
        chip_tone=tone,
        why=why,
        reference=reference,
    )


def money_or_nothing(lang: Language, minor: int, state: TillState) -> str:
    """Return an amount of this till's currency."""
    return lang.formats.money(Money(minor, state.catalogue.currency))


def receipt_no(lang: Language, number: int) -> str:
    """Return `000 482`."""
    return lang.formats.grouped(number, digits=RECEIPT_DIGITS)


def initials(name: str) -> str:
    """Return up to two capitals of a name: `NB` of `Nadia B.`."""
    letters = [part[0] for part in name.replace("-", " ").split() if part[0].isalpha()]
    return "".join(letters[:2]).upper()


def shorten(first: str, second: str) -> str:
    """Return two facts on one line: `14:32 · espèces`."""
    return f"{first} · {second}" if first and second else first or second


def join_nbsp(*parts: str) -> str:
    """Return parts that must not be torn apart at the end of a line."""
    return NBSP.join(part for part in parts if part)


def _brand(series: Series, value: str) -> str:
    return series.name.removesuffix(value).strip()
