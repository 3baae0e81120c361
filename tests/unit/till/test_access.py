"""Log in, wrong PINs, lock."""

import pytest

from kiosk.domain import events as ev
from kiosk.till import commands as do
from kiosk.till.access import FIRST_LOCK_MS, LONGEST_LOCK_MS, locked_until_ms
from kiosk.till.state import Book, Stage, WrongTries
from tests.helpers.till_rig import CARD, open_till


def test_nothing_is_sold_before_somebody_logs_in() -> None:
    """A sale would have no author."""
    rig = open_till()
    rig.restart(log_in=False)
    rig.scan()
    rig.tell(do.PayCash(2_000))
    assert rig.at(Stage.LOGGED_OUT)
    assert not rig.events(ev.LineScanned)


def test_five_wrong_pins_lock_the_name_for_30_seconds_then_longer() -> None:
    """Whoever has the till for a minute could try every PIN."""
    rig = open_till()
    rig.tell(do.Lock())
    for left in (4, 3, 2, 1, 0):
        rig.tell(do.LogIn("lea", "0000"))
        assert rig.state.login.tries_left == left
    assert rig.state.login.locked_until_ms is not None
    rig.tell(do.LogIn("lea", "1357"))
    assert rig.at(Stage.LOCKED), "not even the right one, while it is locked out"
    rig.pass_time(29_000)
    rig.tell(do.LogIn("lea", "1357"))
    assert rig.at(Stage.LOCKED)
    rig.pass_time(2_000)
    rig.tell(do.LogIn("lea", "0000"))
    rig.pass_time(31_000)
    rig.tell(do.LogIn("lea", "1357"))
    assert rig.at(Stage.LOCKED), "the second lock is twice as long"
    rig.pass_time(30_000)
    rig.tell(do.LogIn("lea", "1357"))
    assert rig.at(Stage.SALE)


def test_one_name_locked_out_does_not_lock_the_shop() -> None:
    """A joker at the counter would close the shop."""
    rig = open_till()
    rig.tell(do.Lock())
    for _ in range(6):
        rig.tell(do.LogIn("lea", "0000"))
    rig.tell(do.LogIn("marc", "1357"))
    assert rig.at(Stage.SALE)


def test_a_restart_forgives_no_wrong_try() -> None:
    """Pulling the plug would give five more tries."""
    rig = open_till()
    rig.tell(do.Lock())
    for _ in range(5):
        rig.tell(do.LogIn("lea", "0000"))
    rig.restart(log_in=False)
    rig.tell(do.LogIn("lea", "1357"))
    assert rig.at(Stage.LOGGED_OUT)
    assert rig.state.login.locked_until_ms is not None


def test_a_right_pin_forgets_the_wrong_ones() -> None:
    """Typing errors of a whole week would add up to a lock."""
    rig = open_till()
    for _ in range(3):
        rig.tell(do.Lock())
        for _ in range(4):
            rig.tell(do.LogIn("lea", "0000"))
        rig.log_in()
        assert rig.at(Stage.SALE)


def test_an_unknown_name_is_refused_like_a_wrong_pin() -> None:
    """The answer would tell who works here."""
    rig = open_till()
    rig.tell(do.Lock())
    rig.tell(do.LogIn("nobody", "1357"))
    assert rig.state.login.tries_left == 4


@pytest.mark.parametrize(
    ("count", "ms"),
    [(4, None), (5, FIRST_LOCK_MS), (6, 2 * FIRST_LOCK_MS), (9, 16 * FIRST_LOCK_MS), (40, LONGEST_LOCK_MS)],
)
def test_the_lock_doubles_up_to_an_hour(count: int, ms: int | None) -> None:
    """A lock would be too short to matter, or never end."""
    book = Book(wrong=(WrongTries("lea", count, 1_000),))
    until = locked_until_ms(book, "lea", now_ms=1_000)
    assert until == (None if ms is None else 1_000 + ms)


def test_a_clock_set_back_does_not_lock_for_longer() -> None:
    """A clerk would be locked out until next year."""
    book = Book(wrong=(WrongTries("lea", 5, 10_000_000),))
    assert locked_until_ms(book, "lea", now_ms=1_000) == 1_000 + FIRST_LOCK_MS


def test_locking_hands_a_completed_sale_over() -> None:
    """A sale that is over would stay open over night, and be asked about in the morning."""
    rig = open_till()
    rig.sell(CARD)
    rig.pay()
    rig.answer("commit", "committed")
    rig.tell(do.Lock(by_idle=True))
    assert rig.at(Stage.LOCKED)
    assert rig.events(ev.SaleClosed)
    locked = rig.events(ev.TillLocked)[0]
    assert isinstance(locked, ev.TillLocked)
    assert locked.by_idle


def test_pins_are_nowhere_in_the_state_or_its_text() -> None:
    """A screenshot or a log would show a PIN (RGP-03)."""
    rig = open_till()
    rig.tell(do.Lock())
    command = do.LogIn("lea", "8642")
    rig.tell(command)
    assert "8642" not in repr(command)
    assert "8642" not in repr(rig.state)
    assert all("8642" not in str(event) for event in rig.events())
