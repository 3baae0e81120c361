"""Amounts of money as whole minor units with their currency. No floats, no rounding that loses a unit, no text for people."""

from collections.abc import Sequence

import msgspec

from kiosk.domain.currency import Currency


class CurrencyMismatchError(ValueError):
    """Two amounts of different currencies were combined; a terminal has one currency."""


class Money(msgspec.Struct, frozen=True, gc=False):
    """``minor`` units (cents, centimes) of ``currency``. May be negative as a difference; never a float. A structure of msgspec,
    made twice as fast as a frozen dataclass: each payment makes one."""

    minor: int
    currency: Currency

    def __post_init__(self) -> None:
        if type(self.minor) is not int:  # bool and float are refused: both have reached ledgers elsewhere
            raise TypeError(f"minor units are whole numbers, not {type(self.minor).__name__}")

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __mul__(self, times: int) -> "Money":
        if type(times) is not int:
            raise TypeError("money is multiplied by whole numbers only; use share() for parts")
        return Money(self.minor * times, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: "Money") -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __gt__(self, other: "Money") -> bool:
        return other < self

    def __ge__(self, other: "Money") -> bool:
        return other <= self

    def __bool__(self) -> bool:
        raise TypeError("compare with zero(currency): an amount of 0 is not an absent amount")

    def share(self, weights: Sequence[int]) -> tuple["Money", ...]:
        """Parts in proportion to ``weights`` that sum exactly to this amount.

        Largest-remainder rule; between equal remainders the earlier part gets the unit. Negative amounts mirror positive ones.
        Raises ``ValueError`` for negative weights or weights that are all 0.
        """
        return tuple(Money(part, self.currency) for part in shares(self.minor, weights))

    def split(self, parts: int) -> tuple["Money", ...]:
        """``parts`` nearly equal amounts that sum exactly to this one; the first ones get the odd units."""
        return self.share([1] * parts)

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatchError(f"{self.currency.code} and {other.currency.code} cannot be combined")


def shares(minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """``Money.share`` on bare minor units of one currency, for whoever shares thousands of amounts a second."""
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("weights must be 0 or more, and not all 0")
    scaled = [abs(minor) * weight for weight in weights]
    parts = [value // whole for value in scaled]
    left = abs(minor) - sum(parts)
    if left:
        by_remainder = sorted(range(len(parts)), key=lambda index: (-(scaled[index] % whole), index))
        for index in by_remainder[:left]:
            parts[index] += 1
    return tuple(parts) if minor >= 0 else tuple(-part for part in parts)


def zero(currency: Currency) -> Money:
    """No money, in this currency."""
    return Money(0, currency)


def total(amounts: Sequence[Money], currency: Currency) -> Money:
    """The sum; ``zero(currency)`` for an empty sequence."""
    result = zero(currency)
    for amount in amounts:
        result = result + amount
    return result
