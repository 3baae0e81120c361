"""Show the card, or type its 16 digits: masked digits, how many there are, and why a number did not lead to a balance.

A fault stays until something is typed or scanned, and what was typed is kept (RGAA). Not responsible for the check itself.
"""

from dataclasses import dataclass
from typing import assert_never

from kiosk.domain.card import SERIAL_DIGITS
from kiosk.i18n.language import Language
from kiosk.ui.presenters.customer import footer
from kiosk.ui.presenters.customer.footer import FooterView
from kiosk.ui.presenters.customer.visit import (
    DIGIT_SHOWN_MS,
    CustomerState,
    Fault,
    Visit,
    busy,
)

HIDDEN = "•"


@dataclass(frozen=True, slots=True)
class View:
    """``marks`` is one character a typed place: the mask, or a digit that may be seen. ``spoken`` says the count and no digit."""

    brand: str
    title: str
    under: str
    where: str
    fault: str
    either: str
    marks: str
    places: int
    spoken: str
    hint: str
    progress: str
    reveal: str
    erase: str
    go: str
    may_go: bool
    busy: bool
    footer: FooterView


def view(state: CustomerState, lang: Language) -> View:
    """The page as it stands."""
    words, visit = lang.words, state.visit
    waits = busy(state)
    count = len(visit.typed)
    return View(
        brand=state.till.catalogue.name,
        title=words("k.show"),
        under=words("k.under"),
        where=words("k.where"),
        fault=_fault(visit, lang),
        either=words("k.or"),
        marks=_marks(visit, state.now_ms),
        places=SERIAL_DIGITS,
        spoken=words.count("k.typed", count, m=SERIAL_DIGITS),
        hint=words("k.digits"),
        progress=words("k.progress", i=count, n=SERIAL_DIGITS),
        reveal=words("k.hide" if visit.revealed else "k.reveal") if count else "",
        erase=words("common.erase"),
        go=words("common.loading_short" if waits else "k.see"),
        may_go=count == SERIAL_DIGITS and visit.asked_at_ms is None,
        busy=waits,
        footer=footer.view(visit, lang, back=True),
    )


def _marks(visit: Visit, now_ms: int) -> str:
    if visit.revealed or not visit.typed:
        return visit.typed
    newest = visit.typed[-1] if now_ms - visit.typed_at_ms < DIGIT_SHOWN_MS else HIDDEN
    return HIDDEN * (len(visit.typed) - 1) + newest


def _fault(visit: Visit, lang: Language) -> str:
    words = lang.words
    match visit.fault:
        case None:
            return ""
        case Fault.UNREAD:
            return words("k.unread")
        case Fault.LENGTH:
            return words.count("sale.err_digits", SERIAL_DIGITS - len(visit.typed))
        case Fault.CHECK:
            return words("sale.err_check")
        case Fault.UNKNOWN:
            return words("k.unknown")
        case Fault.INACTIVE:
            return words("k.notactive")
        case Fault.UNANSWERED:
            return words("k.noanswer")
        case _:
            assert_never(visit.fault)
