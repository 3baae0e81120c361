"""What a scan or a typed number is, and what this till alone can say against it, before anybody is asked. Pure; nothing changes.

Not responsible for what the authority says of the card.
"""

from dataclasses import dataclass
from typing import Final

from kiosk.domain.activation import EntryMode
from kiosk.domain.card import NumberFault, Serial, parse_serial
from kiosk.domain.refusals import ScanRefusal
from kiosk.domain.sale import BASKET_PHASES, FINAL_PHASES, LinePhase
from kiosk.domain.series import Series
from kiosk.till.desk import Settings
from kiosk.till.state import Book, Line, Sale

SYMBOLOGY: Final = "C0"  # Code 128 without FNC1, as AIM names it
MAX_LINES: Final = 10  # what the receipt's QR holds
# lines of a sale whose card the customer does not get: they leave room for the card that replaces them
_LEFT_BEHIND: Final = frozenset({LinePhase.REFUSED, LinePhase.REFUNDED, LinePhase.CANCELLED, LinePhase.TOO_LATE})
SOLD_PHASES: Final = frozenset({LinePhase.ACTIVATED, LinePhase.TOO_LATE})


@dataclass(frozen=True, slots=True)
class CardRead:
    """A card of a series that is sold here."""

    serial: str
    series: Series
    mode: EntryMode

    def __repr__(self) -> str:
        return f"CardRead(••••{self.serial[-4:]})"


@dataclass(frozen=True, slots=True)
class KnownSale:
    """This till sold the card itself."""

    at_ms: int


def read_serial(text: str, *, symbology: str | None, mode: EntryMode, complete: bool = True) -> Serial | ScanRefusal:
    """The serial in a scan or in typed digits, of whatever series."""
    scanned = mode is EntryMode.SCANNED
    if scanned and (not complete or (symbology is not None and symbology != SYMBOLOGY)):
        return ScanRefusal.MISREAD
    parsed = parse_serial(text)
    match parsed:
        case Serial():
            return parsed
        case NumberFault.CHECK:
            return ScanRefusal.CHECK_DIGITS
        case NumberFault.LENGTH:
            return ScanRefusal.MISREAD if scanned else ScanRefusal.LENGTH
        case NumberFault.NOT_DIGITS:
            return ScanRefusal.MISREAD


def read_card(
    settings: Settings, text: str, *, symbology: str | None, mode: EntryMode, complete: bool = True
) -> CardRead | ScanRefusal:
    """The card in a scan or in typed digits, if its series is sold here."""
    serial = read_serial(text, symbology=symbology, mode=mode, complete=complete)
    if isinstance(serial, ScanRefusal):
        return serial
    series = settings.catalogue.find(serial.series_no)
    if series is not None:
        return CardRead(serial.digits, series, mode)
    for other in settings.other_catalogues:
        if other.currency != settings.catalogue.currency and other.find(serial.series_no) is not None:
            return ScanRefusal.OTHER_CURRENCY
    return ScanRefusal.UNKNOWN_SERIES


def refusal_here(book: Book, read: CardRead, *, counter: Sale | None) -> ScanRefusal | KnownSale | Line | None:
    """What this till's own book says against the card: the line it already is, a sale, a lock, a ceiling. ``None``: nothing.

    ``counter`` is the sale on screen.
    """
    if counter is not None:
        same = next((line for line in counter.live if line.serial == read.serial), None)
        if same is not None:
            return same
    mine = [(sale, line) for sale in book.sales for line in sale.lines if line.serial == read.serial]
    for sale, line in reversed(mine):
        if line.phase is LinePhase.PROMISED:
            return ScanRefusal.PROMISED_HERE
        if line.phase in SOLD_PHASES:
            return KnownSale(sale.completed_ms or line.asked_ms)
        if (
            line.phase not in FINAL_PHASES
        ):  # a cancel that is not acknowledged (AC-08), or a sale left in the background
            return ScanRefusal.LOCKED_HERE
    if counter is None or counter.completed is not None:
        return None
    staying = [line for line in counter.live if line.phase not in _LEFT_BEHIND]
    same_series = sum(1 for line in staying if line.series == read.series.number)
    full = len([line for line in counter.live if line.phase in BASKET_PHASES]) >= MAX_LINES
    return ScanRefusal.TOO_MANY if full or same_series >= read.series.max_per_sale else None
