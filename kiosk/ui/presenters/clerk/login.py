"""Login and lock: who is there, how many digits were typed, what went wrong. Pure. The PIN itself never enters a View."""

from dataclasses import dataclass

from kiosk.i18n import wording
from kiosk.i18n.language import Language
from kiosk.till.state import Stage, TillState
from kiosk.ui.draft import MIN_PIN, Draft
from kiosk.ui.intents import ChooseClerk, OpenTask, SetLanguage, Submit, Task
from kiosk.ui.presenters.clerk.frame import network_chip
from kiosk.ui.presenters.parts import Action, ChipView, cap, initials


@dataclass(frozen=True, slots=True)
class PersonView:
    """One person of the list."""

    intent: ChooseClerk
    name: str
    role: str
    initials: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class View:
    """The whole login page."""

    brand: str
    title: str
    instruction: str
    place: str
    day: str
    chips: tuple[ChipView, ...]
    language: Action
    settings: Action
    who: str
    people: tuple[PersonView, ...]
    nobody: str
    pin: str
    typed: int
    places: int
    fault: str
    hint: str
    erase_name: str
    submit: Action


def view(state: TillState, draft: Draft, lang: Language) -> View:
    """Return the page for a state."""
    words, formats = lang.words, lang.formats
    locked = state.stage is Stage.LOCKED
    now = formats.moment(state.now_ms)
    chosen = chosen_clerk(state, draft)
    count = len(state.sale.live) if locked and state.sale is not None else 0
    fault = _fault(state, chosen, lang)
    other = "en" if lang.name == "fr" else "fr"
    return View(
        brand=words("app.name"),
        title=_title(state, lang),
        instruction=words.count("login.basket_kept", count) if count else _instruction(state, lang),
        place=f"{state.shop_name} · {state.till_name}",
        day=f"{formats.long_day(now)} · {formats.clock(now)}",
        chips=(network_chip(state, lang), *_keys_chip(state, lang)),
        language=Action(words(f"lang.{other}"), SetLanguage(other), icon="languages"),
        settings=Action(words("nav.more"), OpenTask(Task.SETTINGS), icon="sun-moon"),
        who=words("login.who"),
        people=tuple(
            PersonView(
                ChooseClerk(one.user_id),
                name=one.name,
                role=wording.role(lang, one.role),
                initials=initials(one.name),
                chosen=one.user_id == chosen,
            )
            for one in state.clerks
        ),
        nobody="" if state.clerks else words("login.nobody"),
        pin=words("login.pin"),
        typed=len(draft.pin),
        places=max(MIN_PIN, len(draft.pin)),
        fault=fault,
        hint=words("login.forgot"),
        erase_name=words("common.erase"),
        submit=Action(
            words("login.unlock") if locked else words("login.open"),
            Submit(),
            icon="lock-open" if locked else "arrow-right",
            shortcut="enter",
            cap=cap(draft, lang, "key.enter"),
            allowed=chosen is not None and len(draft.pin) >= MIN_PIN and not is_shut(state, chosen),
        ),
    )


def chosen_clerk(state: TillState, draft: Draft) -> str | None:
    """Return whose PIN is being typed: the chosen one, the one who locked, or the only one there is."""
    known = [one.user_id for one in state.clerks]
    if draft.user_id in known:
        return draft.user_id
    if state.stage is Stage.LOCKED and state.book.user in known:
        return state.book.user
    return known[0] if len(known) == 1 else None


def is_shut(state: TillState, user_id: str | None) -> bool:
    """Say whether this person may not try now, after too many wrong PINs."""
    until = state.login.locked_until_ms
    return until is not None and until > state.now_ms and state.login.user_id == user_id


def _title(state: TillState, lang: Language) -> str:
    if state.stage is not Stage.LOCKED:
        return lang.words("login.hello")
    name = next((one.name for one in state.clerks if one.user_id == state.book.user), state.book.user)
    return lang.words("login.locked_screen", name=name)


def _instruction(state: TillState, lang: Language) -> str:
    if state.stage is Stage.LOCKED:
        return lang.words("login.locked_d")
    return lang.words("login.instruction")


def _fault(state: TillState, chosen: str | None, lang: Language) -> str:
    login = state.login
    if login.user_id != chosen:
        return ""
    if login.locked_until_ms is not None:
        left = -(-(login.locked_until_ms - state.now_ms) // 1000)
        return lang.words("login.locked", s=left) if left > 0 else ""
    return lang.words.count("login.wrong", login.tries_left) if login.tries_left is not None else ""


def _keys_chip(state: TillState, lang: Language) -> tuple[ChipView, ...]:
    if not state.demonstration_keys:
        return ()
    return (ChipView(lang.words("frame.demo_chip"), "info", "info"),)
