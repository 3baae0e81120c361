"""What a clerk has begun and the till does not know yet: the open page, digits typed, a choice in a list, looks.

Responsible for: one frozen value beside the till's state; nothing durable, nothing that money depends on. No Qt.
"""

from dataclasses import dataclass, field

from kiosk.ui.intents import Task

MAX_PIN: int = 8
MIN_PIN: int = 4
MAX_AMOUNT_DIGITS: int = 6
MAX_SERIAL_DIGITS: int = 16


@dataclass(frozen=True, slots=True)
class Looks:
    """How this terminal shows itself."""

    theme: str = "light"
    language: str = "fr"
    volume: int = 60
    key_caps: bool = True


@dataclass(frozen=True, slots=True)
class Draft:
    """The clerk's unfinished input. `pin` is a secret and has no repr; `serial` neither."""

    task: Task = Task.SALE
    looks: Looks = field(default_factory=Looks)
    user_id: str | None = None
    pin: str = field(default="", repr=False)
    serial: str = field(default="", repr=False)
    received: str = ""
    armed: str | None = None
    line_id: str | None = None
    sale_id: str | None = None
    page: int = 0
    giving_back: bool = False
    clearing: bool = False
    settling: bool = False  # a task: asked whether it was dealt with
