"""Clerks' file and PINs."""

import pytest

from kiosk.till.pins import (
    ClerkRecord,
    ClerksError,
    PinRefused,
    PinRegister,
    clerks_toml,
    hash_pin,
    is_common,
    parse_clerks,
)
from kiosk.till.state import Clerk


@pytest.fixture(scope="module")
def record() -> ClerkRecord:
    """Léa, whose PIN is 7352."""
    return ClerkRecord(Clerk("lea", "Léa", "clerk"), hash_pin("7352"))


def test_a_pin_is_checked_against_its_hash(record: ClerkRecord) -> None:
    """Anybody could log in, or nobody."""
    register = PinRegister([record])
    assert register.check("lea", "7352")
    assert not register.check("lea", "7353")
    assert not register.check("marc", "7352")
    assert register.clerks() == (record.clerk,)


def test_the_file_is_read_as_it_was_written(record: ClerkRecord) -> None:
    """After the next start the clerks would be gone."""
    assert parse_clerks(clerks_toml([record])) == (record,)
    assert record.pin_hash not in repr(record)
    assert record.pin_hash.startswith("$argon2id$")


@pytest.mark.parametrize(
    ("pin", "reason"),
    [
        ("735", "length"),
        ("735273527", "length"),
        ("73a2", "digits"),
        ("٣٤٥٦", "digits"),
        ("0000", "common"),
        ("1234", "common"),
        ("4321", "common"),
        ("2580", "common"),
        ("1212", "common"),
        ("1221", "common"),
        ("1122", "common"),
        ("1984", "common"),
        ("2001", "common"),
        ("123456", "common"),
        ("112233", "common"),
    ],
)
def test_a_pin_that_everybody_would_try_is_refused(pin: str, reason: str) -> None:
    """The first guess would open the till."""
    with pytest.raises(PinRefused) as refused:
        hash_pin(pin)
    assert refused.value.reason == reason
    assert pin not in str(refused.value)


def test_most_pins_may_be_used() -> None:
    """Nobody would find a PIN that is accepted."""
    assert sum(is_common(f"{pin:04d}") for pin in range(10_000)) < 700


@pytest.mark.parametrize(
    "text",
    [
        "clerk = 3",
        "[[clerk",
        '[[clerk]]\nuser_id = "a"\nname = "A"\nrole = "owner"\npin_hash = "$argon2id$x"\n',
        '[[clerk]]\nuser_id = "a"\nname = "A"\nrole = "clerk"\npin_hash = "1234"\n',
        '[[clerk]]\nname = "A"\nrole = "clerk"\npin_hash = "$argon2id$x"\n',
        '[[clerk]]\nuser_id = "a"\nname = "A"\nrole = "clerk"\npin_hash = "$argon2id$x"\n' * 2,
    ],
)
def test_a_wrong_file_is_refused_and_says_what_is_expected(text: str) -> None:
    """A typing error would lock everybody out without a word, or let a plain PIN stand in the file."""
    with pytest.raises(ClerksError) as error:
        parse_clerks(text)
    assert "$argon2id$" not in str(error.value)


def test_a_damaged_hash_lets_nobody_in() -> None:
    """A broken line in the file would be an open door."""
    register = PinRegister([ClerkRecord(Clerk("lea", "Léa", "clerk"), "$argon2id$broken")])
    assert not register.check("lea", "7352")
