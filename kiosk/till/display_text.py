"""What the customer's two lines of twenty characters say. Pure; the words are data, because the display is the customer's.

Not responsible for the device nor for its character set: the words are plain enough for any.
"""

from dataclasses import dataclass
from typing import Final

from kiosk.domain.money import Money, total
from kiosk.domain.sale import BASKET_PHASES, LinePhase
from kiosk.till.state import Stage, TillState

COLUMNS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayWords:
    """French by default; upper case without accents, as old displays have neither."""

    hello: str = "BONJOUR"
    card: str = "CARTE"
    total: str = "TOTAL"
    change: str = "RENDU"
    thanks: str = "MERCI"


@dataclass(frozen=True, slots=True)
class DisplayText:
    top: str
    bottom: str


def display_text(state: TillState, words: DisplayWords) -> DisplayText:
    """The two lines that go with a state. They name amounts and nothing else of a card."""
    sale = state.sale
    greeting = DisplayText(words.hello, "")
    if sale is None or state.stage in (Stage.LOGGED_OUT, Stage.LOCKED, Stage.STARTING, Stage.HALTED, Stage.RECOVERY):
        return greeting
    if sale.tenders:
        change = Money(sale.tenders[-1].change_minor, state.catalogue.currency)
        top = words.thanks if change.minor == 0 else pair(words.change, change)
        return DisplayText(top, "" if change.minor == 0 else words.thanks)
    basket = [line for line in sale.lines if line.phase in BASKET_PHASES and line.phase is not LinePhase.RELEASED]
    if not basket:
        return greeting
    last = basket[-1]
    due = total([line.face for line in basket], state.catalogue.currency)
    name = f"{words.card} {last.face.minor // 10**last.face.currency.exponent}"
    return DisplayText(pair(name, last.face), pair(words.total, due))


def pair(left: str, amount: Money) -> str:
    """A word and an amount at the two ends of one line; the amount is never cut."""
    digits = amount.currency.exponent
    units, rest = divmod(amount.minor, 10**digits)
    right = f"{units},{rest:0{digits}d}"
    return f"{left[: COLUMNS - len(right) - 1]:<{COLUMNS - len(right)}}{right}"
