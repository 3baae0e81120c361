"""Typing a serial that the scanner cannot read: 16 digits, checked while the clerk still looks at the card. Pure."""

from dataclasses import dataclass, field

from kiosk.domain.card import NumberFault, parse_serial
from kiosk.i18n.formats import serial_groups
from kiosk.i18n.language import Language
from kiosk.till.state import TillState
from kiosk.ui.draft import MAX_SERIAL_DIGITS, Draft
from kiosk.ui.intents import Back, Submit
from kiosk.ui.presenters.parts import Action, cap


@dataclass(frozen=True, slots=True)
class View:
    """The page; `fault` stays while the number is wrong, what was typed is kept."""

    back: Action
    title: str
    instruction: str
    label: str
    number: str = field(repr=False)
    count: str
    wrong: bool
    fault: str
    note: str
    erase_name: str
    submit: Action


def view(state: TillState, draft: Draft, lang: Language) -> View:
    """Return the page for what was typed so far."""
    words = lang.words
    typed = len(draft.serial)
    wrong = typed == MAX_SERIAL_DIGITS and isinstance(parse_serial(draft.serial), NumberFault)
    whole = typed == MAX_SERIAL_DIGITS and not wrong
    return View(
        back=Action(
            words("common.back"), Back(), icon="arrow-left", shortcut="escape", cap=cap(draft, lang, "key.escape")
        ),
        title=words("type.t"),
        instruction=words("type.d"),
        label=words("common.serial"),
        number=serial_groups(draft.serial),
        count=words("type.ok") if whole else words("type.count", i=typed, n=MAX_SERIAL_DIGITS),
        wrong=wrong,
        fault=words("sale.err_check") if wrong else "",
        note=words("type.scan"),
        erase_name=words("common.erase"),
        submit=Action(
            words("type.add"),
            Submit(),
            icon="check",
            shortcut="enter",
            cap=cap(draft, lang, "key.enter"),
            allowed=whole,
            reason=words.count("sale.err_digits", MAX_SERIAL_DIGITS - typed)
            if typed and not wrong and not whole
            else "",
        ),
    )
