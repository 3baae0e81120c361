"""Looks of this till: theme, language, sound, key caps. Pure."""

from dataclasses import dataclass

from kiosk.i18n.language import Language
from kiosk.till.state import TillState
from kiosk.ui.draft import Draft
from kiosk.ui.intents import Back, Intent, SetKeyCaps, SetLanguage, SetTheme, SetVolume
from kiosk.ui.presenters.parts import Action, cap


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """One value of a setting."""

    text: str
    icon: str
    intent: Intent
    chosen: bool


@dataclass(frozen=True, slots=True)
class GroupView:
    """One setting."""

    title: str
    choices: tuple[ChoiceView, ...]


@dataclass(frozen=True, slots=True)
class View:
    """The page."""

    title: str
    back: Action
    groups: tuple[GroupView, ...]


def view(state: TillState, draft: Draft, lang: Language) -> View:
    """Return the page for the looks in use."""
    words, looks = lang.words, draft.looks
    themes = (("light", "sun"), ("dark", "moon"), ("high_contrast", "contrast"))
    volumes = ((0, "volume-x"), (30, "volume-2"), (60, "volume-2"), (100, "volume-2"))
    return View(
        title=words("set.t"),
        back=Action(
            words("common.back"), Back(), icon="arrow-left", shortcut="escape", cap=cap(draft, lang, "key.escape")
        ),
        groups=(
            GroupView(
                words("set.theme"),
                tuple(
                    ChoiceView(words(f"set.{name}"), icon, SetTheme(name), chosen=looks.theme == name)
                    for name, icon in themes
                ),
            ),
            GroupView(
                words("set.language"),
                tuple(
                    ChoiceView(words(f"lang.{name}"), "languages", SetLanguage(name), chosen=looks.language == name)
                    for name in ("fr", "en")
                ),
            ),
            GroupView(
                words("set.sound"),
                tuple(
                    ChoiceView(words(f"set.sound_{level}"), icon, SetVolume(level), chosen=looks.volume == level)
                    for level, icon in volumes
                ),
            ),
            GroupView(
                words("set.caps"),
                (
                    ChoiceView(words("set.caps_on"), "keyboard", SetKeyCaps(shown=True), chosen=looks.key_caps),
                    ChoiceView(words("set.caps_off"), "x", SetKeyCaps(shown=False), chosen=not looks.key_caps),
                ),
            ),
        ),
    )
