"""Are you still there? A countdown that one touch ends, as often as wanted (WCAG 2.2.1). Nothing of the visit stands here."""

from dataclasses import dataclass
from typing import Final

from kiosk.i18n.language import Language
from kiosk.ui.presenters.customer.visit import IDLE_COUNTDOWN_MS, CustomerState, seconds_left

BEEP_EVERY_S: Final = 5


@dataclass(frozen=True, slots=True)
class View:
    """``share`` is what is left of the countdown, in thousandths. ``beep``: this second has its sound."""

    seconds: str
    share: int
    title: str
    detail: str
    stay: str
    leave: str
    sound: str
    beep: bool


def view(state: CustomerState, lang: Language) -> View:
    """The warning with the seconds that are left."""
    left = seconds_left(state)
    seconds = 0 if left is None else left
    return View(
        seconds=str(seconds),
        share=min(1000, seconds * 1_000_000 // IDLE_COUNTDOWN_MS),
        title=lang.words("k.idle_t"),
        detail=lang.words("k.idle_d", s=seconds),
        stay=lang.words("k.idle_y"),
        leave=lang.words("k.idle_n"),
        sound=lang.words("k.idle_beep"),
        beep=seconds > 0 and seconds % BEEP_EVERY_S == 0,
    )
