"""Every sample, in every theme, language and size: it shows, the layout lint finds nothing, the keyboard has a way out."""

from collections.abc import Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSize
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from kiosk.i18n.language import Language, open_language
from kiosk.resources import asset
from kiosk.ui.clerk_face import scene_of
from kiosk.ui.fonts import load_fonts
from kiosk.ui.gallery import SIZES, pose
from kiosk.ui.lint import lint
from kiosk.ui.samples import samples
from kiosk.ui.shell import BUILDERS, Shell
from kiosk.ui.theme import ThemeName, apply_theme, load_theme

PARIS = ZoneInfo("Europe/Paris")
# the dark theme differs from the light one in colours only: one size and language of it is enough
LOOKS = [
    (ThemeName.LIGHT, "fr", SIZES[0]),
    (ThemeName.LIGHT, "en", SIZES[1]),
    (ThemeName.LIGHT, "fr", SIZES[1]),
    (ThemeName.DARK, "en", SIZES[0]),
    (ThemeName.HIGH_CONTRAST, "fr", SIZES[1]),
    (ThemeName.HIGH_CONTRAST, "en", SIZES[1]),
    (ThemeName.HIGH_CONTRAST, "fr", SIZES[0]),
]


@pytest.fixture
def plain(qapp: QApplication) -> Iterator[QApplication]:
    """The application as other tests expect to find it afterwards."""
    load_fonts(asset("fonts"))
    yield qapp
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # what is gone need not be restyled
    apply_theme(qapp, load_theme(asset("themes"), ThemeName.LIGHT))


def language(name: str) -> Language:
    return open_language(asset("locale"), name, PARIS)


def window(qtbot: QtBot, size: QSize) -> Shell:
    shell = Shell(too_small="", settle_ms=0)
    qtbot.addWidget(shell)
    shell.resize(size)
    shell.show()
    return shell


@pytest.mark.slow
@pytest.mark.parametrize(
    ("theme", "name", "size"), LOOKS, ids=[f"{theme.value}-{name}-{size.width()}" for theme, name, size in LOOKS]
)
def test_every_sample_is_laid_out_soundly(
    plain: QApplication, qtbot: QtBot, theme: ThemeName, name: str, size: QSize
) -> None:
    """A word would be cut, a button too small for a thumb, or something would lie over something else."""
    apply_theme(plain, load_theme(asset("themes"), theme))
    lang, shell = language(name), window(qtbot, size)
    found: list[str] = []
    for sample in samples():
        pose(shell, sample, lang, theme=theme, size=size)
        assert shell.size() == size, f"{sample.name} grew the window to {shell.size()}"
        found += [f"{sample.name}: {finding}" for finding in lint(shell)]
    assert found == []


# the till, the terminal or the clock leaves these within seconds, and the next sample of the page has its button
LEFT_BY_THE_MACHINE = ("starting", "bank-card", "activating-1s")


def test_every_page_has_a_way_out(plain: QApplication, qtbot: QtBot) -> None:
    """A clerk would stand before a page that no key and no button leaves."""
    lang, shell = language("fr"), window(qtbot, SIZES[0])
    closed = []
    for sample in samples():
        shell.show_scene(scene_of(sample.state, sample.draft, lang))
        if sample.name not in LEFT_BY_THE_MACHINE and not shell.page(sample.screen).actions_now():
            closed.append(sample.name)
    assert closed == []


def test_samples_cover_every_screen() -> None:
    """A page would never be looked at before it reaches a shop."""
    assert {sample.screen for sample in samples()} == set(BUILDERS)
    names = [sample.name for sample in samples()]
    assert len(names) == len(set(names))


def test_samples_are_what_they_say() -> None:
    """The gallery would show another page than its title."""
    lang = language("fr")
    for sample in samples():
        assert scene_of(sample.state, sample.draft, lang).screen == sample.screen, sample.name


@pytest.mark.parametrize("name", ["fr", "en"])
def test_no_view_shows_a_secret(name: str) -> None:
    """A PIN would reach a log, or a whole serial would be printed by a crash."""
    lang = language(name)
    for sample in samples():
        draft = replace(sample.draft, pin="864213") if sample.screen == "login" else sample.draft
        text = repr(scene_of(sample.state, draft, lang)) + repr(draft)
        assert "864213" not in text, sample.name
        for sale in sample.state.book.sales:
            for one in sale.lines:
                assert one.serial not in text.replace("\u00a0", "").replace("\\xa0", ""), sample.name


def test_the_smallest_screen_is_told(plain: QApplication, qtbot: QtBot) -> None:
    """A till on an old monitor would show cut pages instead of saying why."""
    lang = language("fr")
    shell = Shell(too_small=lang.words("frame.small"), settle_ms=0)
    qtbot.addWidget(shell)
    sample = samples()[0]
    shell.show_scene(scene_of(sample.state, sample.draft, lang))
    shell.resize(800, 600)
    shell.show()
    assert not shell.page("login").isVisible()
    assert not shell.press_key("enter")
    shell.resize(1024, 768)
    assert shell.page("login").isVisible()


def test_a_page_shown_again_is_not_built_again(plain: QApplication, qtbot: QtBot) -> None:
    """Each scan would cost a page."""
    lang, shell = language("fr"), window(qtbot, SIZES[0])
    first = shell.page("sale")
    for sample in samples():
        shell.show_scene(scene_of(sample.state, sample.draft, lang))
    assert shell.page("sale") is first
