"""Serials and codes: what the check digits catch, and that neither is ever shown whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.card import NumberFault, ScratchCode, Serial, damm, make_code, make_serial, parse_code, parse_serial

digits12 = st.text("0123456789", min_size=12, max_size=12)
digits11 = st.text("0123456789", min_size=11, max_size=11)


@given(digits12, st.sampled_from(["01", "03", "11", "13"]))
def test_a_serial_is_read_back_from_its_print(random12: str, series_no: str) -> None:
    """A card whose own print is refused by the till cannot be sold."""
    serial = make_serial(random12=random12, series_no=series_no)
    assert parse_serial(serial.grouped) == serial
    assert serial.series_no == series_no
    assert int(serial.digits) % 97 == 1


@given(digits12, st.integers(0, 15), st.integers(1, 9))
def test_one_wrong_digit_is_always_caught(random12: str, place: int, shift: int) -> None:
    """A typing error that passes would ask for, or sell, somebody else's card."""
    digits = make_serial(random12=random12, series_no="12").digits
    wrong = digits[:place] + str((int(digits[place]) + shift) % 10) + digits[place + 1 :]
    assert parse_serial(wrong) is NumberFault.CHECK


@given(digits12, st.integers(0, 14))
def test_swapped_neighbours_are_always_caught(random12: str, place: int) -> None:
    """The commonest typing error after a single wrong digit."""
    digits = make_serial(random12=random12, series_no="12").digits
    swapped = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
    assert swapped == digits or parse_serial(swapped) is NumberFault.CHECK


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", NumberFault.NOT_DIGITS),
        ("1234", NumberFault.LENGTH),
        ("1234 5678 9012 11", NumberFault.LENGTH),
        ("12345678901211971", NumberFault.LENGTH),
        ("1234-5678-9012-1197", NumberFault.NOT_DIGITS),
        ("abcdefghijklmnop", NumberFault.NOT_DIGITS),
        ("١٢٣٤٥٦٧٨٩٠١٢١١٩٧", NumberFault.NOT_DIGITS),
        ("1234567890121196", NumberFault.CHECK),
    ],
)
def test_what_is_no_serial_says_why(text: str, fault: NumberFault) -> None:
    """The clerk must hear whether a digit is missing or one is wrong."""
    assert parse_serial(text) is fault


@given(digits11, st.integers(0, 11), st.integers(1, 9))
def test_a_mistyped_code_never_counts_as_an_attempt(random11: str, place: int, shift: int) -> None:
    """A shopper who mistypes one digit must not use up a try (CD-01)."""
    digits = make_code(random11).digits
    wrong = digits[:place] + str((int(digits[place]) + shift) % 10) + digits[place + 1 :]
    assert parse_code(wrong) is NumberFault.CHECK
    assert parse_code(f"{digits[:4]} {digits[4:8]}-{digits[8:]}") == make_code(random11)


def test_damm_agrees_with_the_published_example() -> None:
    """A wrong table would refuse every printed card; 572 has check digit 4 in the published example."""
    assert damm("572") == "4"
    assert damm("5724") == "0"


def test_neither_a_serial_nor_a_code_shows_itself() -> None:
    """A log, a crash report or a failing assertion must not carry a card number."""
    serial, code = make_serial(random12="123456789012", series_no="11"), make_code("98765432101")
    for text in (repr(serial), str(serial), f"{serial}", repr(code), str(code), f"{[code]}"):
        assert "12345678" not in text
        assert "98765" not in text
    assert "1197" in repr(serial)


@pytest.mark.parametrize("random", ["1", "12345678901x", "1234567890123"])
def test_the_press_room_cannot_make_a_short_number(random: str) -> None:
    """A serial of fewer random digits would be easier to guess."""
    with pytest.raises(ValueError, match="digits"):
        make_serial(random12=random, series_no="11")
    with pytest.raises(ValueError, match="digits"):
        make_code(random)


def test_values_compare_by_their_digits() -> None:
    """The basket finds a card it already holds."""
    assert Serial("1234567890121197") == Serial("1234567890121197")
    assert ScratchCode("1") != ScratchCode("2")
