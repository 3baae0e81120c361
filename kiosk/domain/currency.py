"""The currencies a terminal can be set to: ISO 4217 code and exponent. Not responsible for how an amount is written
(i18n does that)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Currency:
    """One ISO 4217 currency: alphabetic ``code`` and ``exponent``, the number of minor-unit digits."""

    code: str
    exponent: int

    def __str__(self) -> str:
        return self.code


EUR = Currency("EUR", 2)
FRF = Currency(
    "FRF", 2
)  # the French franc of the 2001 card; withdrawn, kept because the demonstration of 2001 signs francs

_BY_CODE = {currency.code: currency for currency in (EUR, FRF)}


class UnknownCurrencyError(ValueError):
    """The code is not a currency of this scheme."""


def currency(code: str) -> Currency:
    """The currency with this ISO 4217 code. Raises ``UnknownCurrencyError`` for any other text."""
    try:
        return _BY_CODE[code]
    except KeyError:
        raise UnknownCurrencyError(f"unknown currency {code!r}: one of {', '.join(_BY_CODE)} is expected") from None
