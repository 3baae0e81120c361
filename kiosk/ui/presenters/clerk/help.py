"""Help: every key and what it does, on a page of its own. Pure."""

from dataclasses import dataclass

from kiosk.i18n.language import Language
from kiosk.till.state import TillState
from kiosk.ui.draft import Draft
from kiosk.ui.intents import Back
from kiosk.ui.presenters.parts import Action, cap

# (drawn key, its meaning): a word's key where the drawing differs between languages
LEFT = (
    ("key.scan", "help.scan"),
    ("F1", "help.f1"),
    ("F2", "help.f2"),
    ("F3", "help.f3"),
    ("F4", "help.f4"),
    ("F9", "help.f9"),
    ("F10", "help.f10"),
    ("F12", "help.f12"),
)
RIGHT = (
    ("key.enter", "help.enter"),
    ("key.escape", "help.escape"),
    ("↑ ↓", "help.arrows"),
    ("key.delete", "help.delete"),
    ("help.ctrl_z", "help.undo"),
    ("key.yes", "help.receipt"),
    ("help.digit_keys", "help.digits"),
    ("key.tab", "help.tab"),
)


@dataclass(frozen=True, slots=True)
class View:
    """The page: two columns of (key, meaning)."""

    title: str
    back: Action
    sell_title: str
    sell: str
    keys_title: str
    columns: tuple[tuple[tuple[str, str], ...], ...]
    notice: str


def view(state: TillState, draft: Draft, lang: Language) -> View:
    """Return the page in a language."""
    words = lang.words
    return View(
        title=words("help.t"),
        back=Action(
            words("common.back"), Back(), icon="arrow-left", shortcut="escape", cap=cap(draft, lang, "key.escape")
        ),
        sell_title=words("help.sell"),
        sell=words("help.sell_d"),
        keys_title=words("help.keyboard"),
        columns=tuple(
            tuple((words(key) if "." in key else key, words(meaning)) for key, meaning in column)
            for column in (LEFT, RIGHT)
        ),
        notice=words("rcpt.notice"),
    )
