"""What is left to do about cards that the authority could not take as told: who may call a task done, and calling it so.

Not responsible for how tasks come about (``delivery``, ``activating``) nor for the authority's own list of them.
"""

from collections.abc import Iterable
from typing import Final

from kiosk.domain.events import TaskSettled
from kiosk.till.desk import Desk
from kiosk.till.state import Clerk

MANAGER: Final = "manager"


def may_settle(clerks: Iterable[Clerk], user_id: str) -> bool:
    """A manager; anybody in a shop that has none."""
    roles = {clerk.user_id: clerk.role for clerk in clerks}
    return roles.get(user_id) == MANAGER or MANAGER not in roles.values()


def settle_task(desk: Desk, line_id: str) -> None:
    """Journal that the tasks about a line were dealt with; nothing for one that has none any more."""
    codes = [code for task, code in desk.book.tasks if task == line_id]
    if not codes:
        return
    if not may_settle(desk.ports.clerks.clerks(), desk.book.user):
        desk.say("tix.manager_only")
        return
    line = desk.book.line(line_id)
    desk.append(*(TaskSettled(line_id, code) for code in codes))
    desk.say("tix.settled", line=line)
