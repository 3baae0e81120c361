"""Pages with nothing to do but read: the till is starting, cannot start, or has halted. Pure. Each says what to do; a halt also
what to keep."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kiosk.i18n.language import Language
from kiosk.till.state import Stage, TillState
from kiosk.ui.draft import Draft
from kiosk.ui.intents import Restart
from kiosk.ui.presenters.parts import Action, cap

# what keeps a till from starting, by its code; whatever else halts one did so while it ran
_NOT_STARTED: Final[Mapping[str, str]] = {
    "ENR-03": "unready.files",
    "ENR-05": "unready.enrol",
    "JRN-01": "unready.disk",
    "JRN-04": "unready.held",
    "JRN-05": "unready.journal",
    "JRN-06": "unready.journal",
    "JRN-07": "unready.twice",
    "JRN-08": "unready.journal",
    "KEY-01": "unready.enrol",
    "KEY-02": "unready.keys_locked",
    "KEY-03": "unready.keys",
    "LOG-01": "unready.files",
    "SET-01": "unready.settings",
}


@dataclass(frozen=True, slots=True)
class View:
    """The page. `busy` turns a ring instead of showing an icon."""

    busy: bool
    icon: str
    tone: str
    title: str
    text: str
    notes: tuple[str, ...]
    reference: str
    action: Action


def view(state: TillState, draft: Draft, lang: Language) -> View:
    """Return the page for a till that starts, cannot start or has halted."""
    words = lang.words
    halted = state.stage is Stage.HALTED
    reason = _NOT_STARTED.get(state.trouble or "") if halted else None
    if reason is not None:
        title, text, notes, again = "unready.t", reason, ("", words("halt.again")), "unready.retry"
    elif halted:
        title, text, notes, again = "halt.t", "halt.d", (words("halt.cards"), words("halt.again")), "halt.restart"
    else:
        title, text, notes, again = "start.t", "start.d", ("", ""), "halt.restart"
    small = [words("act.ref", ref=state.trouble)] if halted and state.trouble else []
    small += [words("frame.demo_chip")] if state.demonstration_keys else []
    return View(
        busy=not halted,
        icon="triangle-alert",
        tone="danger" if reason is None else "warning",
        title=words(title),
        text=words(text),
        notes=notes,
        reference=" · ".join(small),
        action=Action(
            words(again),
            Restart(),
            icon="refresh-cw",
            shortcut="enter",
            cap=cap(draft, lang, "key.enter"),
            shown=halted,
        ),
    )
