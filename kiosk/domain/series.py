"""A series is one product: face value, currency, number of codes, who may pay how, ceilings, dates. Read from TOML
text, never code.

Not responsible for reading files (``kiosk.resources`` does) nor for whether a card of the series may be sold now
(the authority says).
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from kiosk.domain.currency import Currency, currency
from kiosk.domain.money import Money
from kiosk.domain.tender import TenderKind


class SeriesError(ValueError):
    """A series file is wrong; the message names the file's key and what is expected."""


@dataclass(frozen=True, slots=True)
class Series:
    """One product. ``number`` are the two digits inside the serial; ``dots`` and ``colour`` are its look on every screen."""

    number: str
    name: str
    face: Money
    codes: int
    tenders: frozenset[TenderKind]
    max_per_sale: int
    sold_from: date
    sold_until: date | None
    valid_months: int
    colour: str
    dots: int

    def sellable_on(self, day: date) -> bool:
        """Whether the series may be sold on this day (inclusive bounds)."""
        return self.sold_from <= day and (self.sold_until is None or day <= self.sold_until)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The series of one set (today's euros, the francs of 2001), by number. All of one currency, as a terminal has one."""

    name: str
    currency: Currency
    series: tuple[Series, ...]

    def find(self, number: str) -> Series | None:
        """The series with this number, or ``None``."""
        return next((one for one in self.series if one.number == number), None)


def parse_catalogue(text: str) -> Catalogue:
    """The catalogue in a TOML text. Raises ``SeriesError`` naming the key that is wrong."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SeriesError(f"the series file is not TOML: {error}") from None
    try:
        money = currency(str(data["currency"]))
        series = tuple(_series(row, money) for row in data["series"])
        catalogue = Catalogue(name=str(data["name"]), currency=money, series=series)
    except KeyError as error:
        raise SeriesError(f"the series file lacks {error.args[0]!r}") from None
    _unique(one.number for one in series)
    return catalogue


def _series(row: dict[str, object], money: Currency) -> Series:
    number = str(row["number"])
    face = row["face_minor"]
    codes, dots = row["codes"], row["dots"]
    months, ceiling = row["valid_months"], row["max_per_sale"]
    sold_from, sold_until = row["sold_from"], row.get("sold_until")
    tenders = row["tenders"]
    if len(number) != 2 or not number.isdigit():
        raise SeriesError(f"series {number!r}: number has two digits")
    for key, value in (
        ("face_minor", face),
        ("codes", codes),
        ("dots", dots),
        ("valid_months", months),
        ("max_per_sale", ceiling),
    ):
        if type(value) is not int or value <= 0:
            raise SeriesError(f"series {number}: {key} is a whole number above 0")
    if not isinstance(sold_from, date) or not (sold_until is None or isinstance(sold_until, date)):
        raise SeriesError(f"series {number}: sold_from and sold_until are dates such as 2026-01-01")
    if not isinstance(tenders, list):
        raise SeriesError(f"series {number}: tenders is a list")
    assert isinstance(face, int) and isinstance(codes, int) and isinstance(dots, int)
    assert isinstance(months, int) and isinstance(ceiling, int)
    try:
        kinds = frozenset(TenderKind(kind) for kind in tenders)
    except ValueError:
        raise SeriesError(
            f"series {number}: tenders are among {', '.join(kind.value for kind in TenderKind)}"
        ) from None
    return Series(
        number=number,
        name=str(row["name"]),
        face=Money(face, money),
        codes=codes,
        tenders=kinds,
        max_per_sale=ceiling,
        sold_from=sold_from,
        sold_until=sold_until,
        valid_months=months,
        colour=str(row["colour"]),
        dots=dots,
    )


def _unique(numbers: Iterable[str]) -> None:
    seen: set[str] = set()
    for number in numbers:
        if number in seen:
            raise SeriesError(f"series {number} stands twice")
        seen.add(number)
