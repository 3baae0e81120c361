"""The one table of pages: complete, and nothing in it is a dead end."""

import pytest

from kiosk.till.state import Stage
from kiosk.ui.clerk_face import PRESENTERS
from kiosk.ui.flow import SCREENS, TABLE, screen_for
from kiosk.ui.intents import Task
from kiosk.ui.shell import BUILDERS


def test_every_pair_has_a_screen() -> None:
    """A till would stand on a page that does not exist."""
    assert set(TABLE) == {(stage, task) for stage in Stage for task in Task}
    assert set(BUILDERS) == set(PRESENTERS) == SCREENS


@pytest.mark.parametrize("task", list(Task))
def test_the_till_s_moments_cannot_be_left_by_a_page(task: Task) -> None:
    """A clerk would look at receipts while a question about money waits."""
    for stage in (Stage.RECOVERY, Stage.HALTED, Stage.STARTING):
        assert screen_for(stage, task) == screen_for(stage, Task.SALE)
    for stage in (Stage.CHARGING, Stage.ACTIVATING, Stage.UNKNOWN, Stage.REFUSED):
        assert screen_for(stage, task) in (screen_for(stage, Task.SALE), "help")


def test_nothing_is_sold_before_somebody_is_logged_in() -> None:
    """A passer-by would reach the basket."""
    for stage in (Stage.LOGGED_OUT, Stage.LOCKED):
        assert {screen_for(stage, task) for task in Task} == {"login", "help", "settings"}
