"""Pages with nothing to do but read: the till is starting, or it has halted. Pure. A halt says what to keep and what to do."""

from dataclasses import dataclass

from kiosk.i18n.language import Language
from kiosk.till.state import Stage, TillState
from kiosk.ui.draft import Draft
from kiosk.ui.intents import Restart
from kiosk.ui.presenters.parts import Action, cap


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
    """Return the page for a till that starts or has halted."""
    words = lang.words
    halted = state.stage is Stage.HALTED
    small = [words("act.ref", ref=state.trouble)] if halted and state.trouble else []
    small += [words("frame.demo_chip")] if state.demonstration_keys else []
    return View(
        busy=not halted,
        icon="triangle-alert",
        tone="danger",
        title=words("halt.t") if halted else words("start.t"),
        text=words("halt.d") if halted else words("start.d"),
        notes=(words("halt.cards"), words("halt.again")) if halted else (),
        reference=" · ".join(small),
        action=Action(
            words("halt.restart"),
            Restart(),
            icon="refresh-cw",
            shortcut="enter",
            cap=cap(draft, lang, "key.enter"),
            shown=halted,
        ),
    )
