"""Amounts, dates and serials as the shop reads them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from kiosk.domain.currency import EUR, FRF
from kiosk.domain.money import Money
from kiosk.i18n.formats import Formats, serial_groups, serial_tail

PARIS = ZoneInfo("Europe/Paris")
FR, EN = Formats("fr", PARIS), Formats("en", PARIS)


@pytest.mark.parametrize(
    ("minor", "french", "english"),
    [
        (0, "0,00\u00a0€", "€0.00"),
        (1, "0,01\u00a0€", "€0.01"),
        (20000, "200,00\u00a0€", "€200.00"),
        (123456789, "1\u202f234\u202f567,89\u00a0€", "€1,234,567.89"),
        (-400, "\u22124,00\u00a0€", "\u2212€4.00"),
    ],
)
def test_money(minor: int, french: str, english: str) -> None:
    """An amount on the screen would be read wrongly."""
    assert (FR.money(Money(minor, EUR)), EN.money(Money(minor, EUR))) == (french, english)


def test_francs() -> None:
    """The demonstration of 2001 would show euros."""
    assert FR.money(Money(5000, FRF)) == "50,00\u00a0F"
    assert FR.money_short(Money(5000, FRF)) == "50\u00a0F"
    assert FR.symbol(Money(1, FRF)) == "F"


def test_short_money_keeps_cents_that_count() -> None:
    """The change « 0,50 € » would read « 1 € » or « 0 € »."""
    assert FR.money_short(Money(50, EUR)) == "0,50\u00a0€"
    assert FR.money_short(Money(2000, EUR)) == "20\u00a0€"
    assert FR.face(Money(2000, EUR)) == "20"
    assert FR.number(Money(22000, EUR)) == "220,00"


def test_moments_are_in_the_shop_s_zone() -> None:
    """A sale of the evening would be dated two hours early."""
    moment = datetime(2026, 10, 12, 19, 47, tzinfo=UTC)
    assert FR.clock(moment) == "21:47"
    assert FR.day_and_time(moment) == "12 octobre à 21:47"
    assert EN.day_and_time(moment) == "12 October at 21:47"
    assert FR.short_day_and_time(moment) == "12 oct. · 21:47"
    assert FR.long_day(moment) == "lundi 12 octobre"
    assert FR.full_day(date(2027, 10, 3)) == "3 octobre 2027"
    assert FR.moment(1_000) == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)


def test_a_moment_without_zone_is_refused() -> None:
    """A time would be shown in whatever zone the machine has."""
    with pytest.raises(ValueError, match="zone"):
        FR.clock(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


def test_day_changes_in_the_shop_s_zone() -> None:
    """A sale just after midnight would be listed under yesterday."""
    before, after = datetime(2026, 6, 1, 21, 59, tzinfo=UTC), datetime(2026, 6, 1, 22, 1, tzinfo=UTC)
    assert not FR.same_day(before, after)


def test_serials() -> None:
    """A clerk could not compare the number with the card."""
    assert serial_groups("77204416009") == "7720\u00a04416\u00a0009"
    assert serial_tail("7720441600931234") == "…\u00a00093\u00a01234"


def test_document_numbers() -> None:
    """A receipt could not be found by its number."""
    assert FR.grouped(482, digits=6) == "000\u202f482"
    assert FR.grouped(1_234_567, digits=6) == "1\u202f234\u202f567"
