"""Which page is on screen: the one table (stage of the till, task the clerk opened) → screen. No Qt, no logic elsewhere.

A test walks every pair: each has a screen, and each screen a way out.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from kiosk.till.state import Stage
from kiosk.ui.intents import Task

# the till decides these, whatever the clerk had open
_BY_STAGE: Final = {
    Stage.STARTING: "message",
    Stage.LOGGED_OUT: "login",
    Stage.LOCKED: "login",
    Stage.RECOVERY: "recovery",
    Stage.CHARGING: "bank_card",
    Stage.ACTIVATING: "activating",
    Stage.UNKNOWN: "unknown",
    Stage.REFUSED: "refused",
    Stage.RESULT: "result",
    Stage.PROMISED: "result",
    Stage.BALANCE: "balance",
    Stage.HALTED: "message",
}
# with a free counter the clerk decides
_BY_TASK: Final = {
    Task.SALE: "sale",
    Task.TYPE: "type_serial",
    Task.CASH: "cash",
    Task.BALANCE: "sale",  # asked for, and the till has not opened it yet
    Task.TICKETS: "tickets",
    Task.SETTINGS: "settings",
    Task.HELP: "help",
}
# the help may lie over these without anything being lost
_HELP_OVER: Final = frozenset(set(Stage) - {Stage.STARTING, Stage.HALTED, Stage.RECOVERY})
_SETTINGS_OVER: Final = frozenset({Stage.LOGGED_OUT, Stage.LOCKED})


def _table() -> dict[tuple[Stage, Task], str]:
    table = {(Stage.SALE, task): screen for task, screen in _BY_TASK.items()}
    for stage, screen in _BY_STAGE.items():
        for task in Task:
            table[(stage, task)] = screen
        if stage in _HELP_OVER:
            table[(stage, Task.HELP)] = "help"
        if stage in _SETTINGS_OVER:
            table[(stage, Task.SETTINGS)] = "settings"
    return table


TABLE: Final[Mapping[tuple[Stage, Task], str]] = MappingProxyType(_table())
SCREENS: Final = frozenset(TABLE.values())


def screen_for(stage: Stage, task: Task) -> str:
    """Return the name of the screen to show."""
    return TABLE[(stage, task)]
