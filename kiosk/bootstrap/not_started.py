"""A terminal that cannot start says so on its screen: why, what to do, and a button that tries again. Without it whoever stands at
the counter would see nothing at all. The customer's face says that the counter helps, and tries again by itself.

Not responsible for finding out what is wrong (``Machine.load``) nor for the words (``presenters.clerk.message``).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from kiosk.bootstrap.faces import RESTART_CODE, languages, load_looks
from kiosk.bootstrap.terminal import catalogue
from kiosk.clock import SystemClock
from kiosk.errors import Trouble
from kiosk.resources import asset
from kiosk.settings import AuthoritySettings, Settings, SettingsTrouble, load_settings
from kiosk.till.state import Book, Stage, TillState
from kiosk.ui.clerk_face import ClerkFace
from kiosk.ui.customer_face import CustomerFace
from kiosk.ui.draft import Looks
from kiosk.ui.fonts import load_fonts
from kiosk.ui.shell import Shell
from kiosk.ui.theme import ThemeName, apply_theme, load_theme

NOT_STARTED_CODE: Final = 1  # as for any command that met trouble
RETRY_MS: Final = 60_000


class NotStarted(QObject):
    """One window with one page. ``end`` ends the application with a code: ``RESTART_CODE`` to try again."""

    def __init__(
        self, app: QApplication, folder: Path, trouble: Trouble, *, customer: bool, end: Callable[[int], None]
    ) -> None:
        super().__init__()
        self._app = app
        self._end = end
        self._clock = SystemClock()
        self._languages = languages()
        load_fonts(asset("fonts"))
        settings = _settings_or_usual(folder)
        state = TillState(
            book=Book(),
            stage=Stage.HALTED,
            catalogue=catalogue(settings.series),
            shop_name=settings.shop.name,
            till_name=settings.shop.till,
            now_ms=self._clock.now_ms(),
            trouble=trouble.code,
        )
        self.window = self._customer(state, settings) if customer else self._clerk(state, load_looks(folder, settings))
        self.window.setWindowTitle("Kiosk")

    def _clerk(self, state: TillState, looks: Looks) -> QWidget:
        self._put_on(ThemeName(looks.theme))
        shell = Shell(too_small=self._languages[looks.language].words("frame.small"))
        face = ClerkFace(shell=shell, languages=self._languages, looks=looks, clock=self._clock, parent=self)
        face.restart.connect(self._try_again)
        shell.closing.connect(self._give_up)
        face.show_state(state)
        return shell

    def _customer(self, state: TillState, settings: Settings) -> QWidget:
        self._put_on(ThemeName(settings.theme))
        face = CustomerFace(
            languages=self._languages,
            language=settings.language,
            theme=ThemeName(settings.theme),
            clock=self._clock,
            look=self._put_on,
            beep=_silence,
        )
        face.closing.connect(self._give_up)
        face.show_state(state)
        again = QTimer(self)
        again.setInterval(RETRY_MS)
        again.timeout.connect(self._try_again)
        again.start()
        return face

    def _put_on(self, theme: ThemeName) -> None:
        apply_theme(self._app, load_theme(asset("themes"), theme))

    def _try_again(self) -> None:
        self._end(RESTART_CODE)

    def _give_up(self) -> None:
        self._end(NOT_STARTED_CODE)


def _settings_or_usual(folder: Path) -> Settings:
    """How the terminal looks and speaks, also when its settings are what is wrong."""
    try:
        return load_settings(folder)
    except SettingsTrouble:
        return Settings(authority=AuthoritySettings(address="", public_name=""))


def _silence() -> None:
    """There is no visit, so nothing warns of its end."""
