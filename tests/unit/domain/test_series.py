"""Series are data: both shipped sets read well, and a wrong file says which key is wrong."""

from datetime import date
from pathlib import Path

import pytest

from kiosk.domain.series import SeriesError, parse_catalogue
from kiosk.domain.tender import TenderKind

ASSETS = Path(__file__).parents[3] / "assets" / "series"


def test_todays_cards_hold_at_most_fifty_euros() -> None:
    """An anonymous card bought with cash may not hold more than 50 € (CMF R. 561-16-1)."""
    catalogue = parse_catalogue((ASSETS / "euro.toml").read_text("utf-8"))
    assert [one.face.minor for one in catalogue.series] == [1000, 2000, 5000]
    assert all(one.face.minor <= 5000 for one in catalogue.series if TenderKind.CASH in one.tenders)
    assert [one.number for one in catalogue.series] == ["11", "12", "13"]


def test_the_card_of_2001_is_in_francs() -> None:
    """The announced card: 50, 100 and 200 francs with 25 codes."""
    catalogue = parse_catalogue((ASSETS / "franc-2001.toml").read_text("utf-8"))
    assert catalogue.currency.code == "FRF"
    assert [one.face.minor for one in catalogue.series] == [5000, 10000, 20000]
    assert {one.codes for one in catalogue.series} == {25}


def test_a_series_is_sold_between_its_dates() -> None:
    """A series whose sale has ended must not be offered, and not one day early."""
    text = (ASSETS / "euro.toml").read_text("utf-8").replace("valid_months", "sold_until = 2026-12-31\nvalid_months")
    one = parse_catalogue(text).series[0]
    assert one.sellable_on(date(2026, 1, 1))
    assert one.sellable_on(date(2026, 12, 31))
    assert not one.sellable_on(date(2025, 12, 31))
    assert not one.sellable_on(date(2027, 1, 1))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("face_minor = 1000", "face_minor = 10.0", "face_minor"),
        ("face_minor = 1000", "face_minor = 0", "face_minor"),
        ("face_minor = 1000", "", "face_minor"),
        ('number = "11"', 'number = "12"', "12 stands twice"),
        ('number = "11"', 'number = "1"', "two digits"),
        ('"bank_card"]', '"cheque"]', "tenders"),
        ('currency = "EUR"', "currency = ", "not TOML"),
        ("sold_from = 2026-01-01", 'sold_from = "soon"', "sold_from"),
    ],
)
def test_a_wrong_file_names_its_key(old: str, new: str, message: str) -> None:
    """An operator who edits a series must learn what is wrong with it, not meet a crash in the shop."""
    text = (ASSETS / "euro.toml").read_text("utf-8").replace(old, new, 1)
    with pytest.raises(SeriesError, match=message):
        parse_catalogue(text)
