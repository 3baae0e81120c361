"""The only place where amounts, dates, times and serial groups become text.

Responsible for: Money and moments in the conventions of one language (French: U+202F for thousands, U+00A0 before the
symbol, U+2212 for minus). Not responsible for words around them (`translator`) nor for reading what a clerk types.
"""

from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Final

from babel import Locale
from babel.dates import format_date, format_datetime, format_time, get_timezone
from babel.numbers import format_currency, format_decimal

from kiosk.domain.money import Money

NBSP: Final = "\u00a0"
MINUS: Final = "\u2212"
SERIAL_GROUP: Final = 4

_LOCALES: Final = {"fr": "fr_FR", "en": "en_GB"}
# Francs are written "50,00 F" on the card of 2001; the tables of today only know the code.
_SYMBOLS: Final = {"EUR": "€", "FRF": "F"}
_DAY_AND_TIME: Final = {"fr": "d MMMM 'à' HH:mm", "en": "d MMMM 'at' HH:mm"}
_SHORT_DAY_AND_TIME: Final = {"fr": "d MMM '·' HH:mm", "en": "d MMM '·' HH:mm"}
_LONG_DAY: Final = {"fr": "EEEE d MMMM", "en": "EEEE d MMMM"}
_SHORT_DAY: Final = "d MMM y"
_FULL_DAY: Final = {"fr": "d MMMM y", "en": "d MMMM y"}


def serial_groups(digits: str) -> str:
    """Return digits in groups of four with no-break spaces, however many there are so far."""
    bare = "".join(ch for ch in digits if ch.isdigit())
    return NBSP.join(bare[i : i + SERIAL_GROUP] for i in range(0, len(bare), SERIAL_GROUP))


def serial_tail(digits: str, count: int = 8) -> str:
    """Return the last digits of a serial after an ellipsis, for narrow screens."""
    return f"…{NBSP}{serial_groups(digits[-count:])}"


class Formats:
    """Text of values in one language and one time zone. Holds no state that changes."""

    def __init__(self, language: str, zone: tzinfo) -> None:
        self.language = language
        self._locale = Locale.parse(_LOCALES[language])
        self._zone = zone

    def money(self, amount: Money) -> str:
        """Return an amount with its minor units and currency: `1 234,50 €`, `−4,00 €`, `€1,234.50`."""
        return self._currency(amount, digits=amount.currency.exponent)

    def money_short(self, amount: Money) -> str:
        """Return an amount without minor units when they are zero (notes, face values): `50 €`."""
        whole = amount.minor % 10**amount.currency.exponent == 0
        return self._currency(amount, digits=0 if whole else amount.currency.exponent)

    def face(self, amount: Money) -> str:
        """Return the bare number of a face value, as printed on a card: `50`."""
        return self.number(amount).replace(self.decimal_mark + "0" * amount.currency.exponent, "")

    def number(self, amount: Money) -> str:
        """Return an amount without its symbol: `220,00`."""
        exponent = amount.currency.exponent
        text = format_decimal(_decimal(amount), format="#,##0." + "0" * exponent, locale=self._locale)
        return text.replace("-", MINUS)

    def symbol(self, amount: Money) -> str:
        """Return the symbol alone, for a field that draws it apart."""
        return _SYMBOLS[amount.currency.code]

    @property
    def decimal_mark(self) -> str:
        """The mark between units and minor units in this language."""
        return "," if self.language == "fr" else "."

    def grouped(self, n: int, *, digits: int) -> str:
        """Return a document number padded with zeros and grouped by three: `000 482`."""
        padded = f"{n:0{digits}d}"
        return "\u202f".join(
            reversed([padded[max(0, i - 3) : i] for i in range(len(padded), 0, -3)]),
        )

    def clock(self, moment: datetime) -> str:
        """Return hours and minutes, `14:32`."""
        return format_time(self._local(moment), "HH:mm", locale=self._locale)

    def day_and_time(self, moment: datetime) -> str:
        """Return `12 octobre à 21:47`."""
        return format_datetime(self._local(moment), _DAY_AND_TIME[self.language], locale=self._locale)

    def short_day_and_time(self, moment: datetime) -> str:
        """Return `12 oct. · 21:47`."""
        return format_datetime(self._local(moment), _SHORT_DAY_AND_TIME[self.language], locale=self._locale)

    def long_day(self, moment: datetime) -> str:
        """Return `mardi 14 octobre`."""
        return format_date(self._local(moment).date(), _LONG_DAY[self.language], locale=self._locale)

    def full_day(self, day: date) -> str:
        """Return `3 octobre 2027`."""
        return format_date(day, _FULL_DAY[self.language], locale=self._locale)

    def short_day(self, day: date) -> str:
        """Return `3 oct. 2027`."""
        return format_date(day, _SHORT_DAY, locale=self._locale)

    def same_day(self, one: datetime, other: datetime) -> bool:
        """Say whether two moments fall on one day in the shop's zone."""
        return self._local(one).date() == self._local(other).date()

    def moment(self, at_ms: int) -> datetime:
        """Return the moment of UTC milliseconds since 1970, as journal and wire carry it."""
        return datetime.fromtimestamp(at_ms / 1000, tz=UTC)

    def _currency(self, amount: Money, *, digits: int) -> str:
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        symbol = _SYMBOLS[amount.currency.code]
        # quoted, so that a letter (F) is never read as a pattern
        pattern = f"'{symbol}'{pattern}" if self.language == "en" and symbol == "€" else f"{pattern}{NBSP}'{symbol}'"
        text = format_currency(
            _decimal(amount), amount.currency.code, format=pattern, locale=self._locale, currency_digits=False
        )
        return text.replace("-", MINUS)

    def _local(self, moment: datetime) -> datetime:
        if moment.tzinfo is None:
            raise ValueError("a moment without a zone")
        return moment.astimezone(self._zone)


def local_zone() -> tzinfo:
    """Return the zone that this machine is set to, daylight saving included; UTC where it is set to none."""
    zone: tzinfo = get_timezone()
    return zone


def _decimal(amount: Money) -> Decimal:
    return Decimal(amount.minor).scaleb(-amount.currency.exponent)
