"""Tasks about cards that the authority could not take as told: who may call one done, and that nobody else makes it vanish."""

import pytest

from kiosk.domain import events as ev
from kiosk.till import commands as do
from kiosk.till.state import Clerk
from kiosk.till.tasks import may_settle
from tests.helpers.till_rig import Rig, open_till, refused_afterwards

PIN = "1357"


def with_task() -> tuple[Rig, str]:
    """A till on which the authority could not take a promise; Léa, a clerk, is logged in."""
    rig = open_till()
    rig.stock()
    rig.lose_link()
    line_id = refused_afterwards(rig, "X4")
    assert rig.state.book.tasks == ((line_id, "X4"),)
    return rig, line_id


def test_a_manager_calls_it_done_and_it_stays_done() -> None:
    """The red line would stand on every page for ever, and hide whatever comes after it."""
    rig, line_id = with_task()
    rig.tell(do.Lock())
    rig.tell(do.LogIn("marc", PIN))
    rig.tell(do.SettleTask(line_id))
    assert rig.state.book.tasks == () and rig.notice.key == "tix.settled"
    assert rig.events(ev.TaskSettled) == [ev.TaskSettled(line_id, "X4")]
    rig.restart()
    assert rig.state.book.tasks == ()


def test_a_clerk_cannot() -> None:
    """Whoever made the mistake could make it vanish."""
    rig, line_id = with_task()
    rig.tell(do.SettleTask(line_id))
    assert rig.state.book.tasks == ((line_id, "X4"),)
    assert rig.notice.key == "tix.manager_only" and not rig.events(ev.TaskSettled)


def test_a_second_press_and_a_line_without_a_task_change_nothing() -> None:
    """An entry about nothing would stand in the journal for ever."""
    rig, line_id = with_task()
    rig.tell(do.Lock())
    rig.tell(do.LogIn("marc", PIN))
    for line in (line_id, line_id, "no-such-line"):
        rig.tell(do.SettleTask(line))
    assert len(rig.events(ev.TaskSettled)) == 1


@pytest.mark.parametrize(
    ("roles", "user", "may"),
    [
        ({"lea": "clerk", "marc": "manager"}, "marc", True),
        ({"lea": "clerk", "marc": "manager"}, "lea", False),
        ({"lea": "clerk", "marc": "manager"}, "", False),
        ({"lea": "clerk"}, "lea", True),
    ],
)
def test_a_shop_without_a_manager_is_its_clerks(roles: dict[str, str], user: str, may: bool) -> None:
    """In a shop of one person the task would stand for ever."""
    assert may_settle([Clerk(one, one, role) for one, role in roles.items()], user) is may
