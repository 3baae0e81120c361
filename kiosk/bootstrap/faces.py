"""A terminal with a face: the Qt application, the bridge, one window, and the till behind them. The clerk's is here.

Only this room brings screens and till together. Not responsible for what either does.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication, QWidget

from kiosk.bootstrap.terminal import Machine, Terminal
from kiosk.clock import SystemClock
from kiosk.devices.scanning.symbology import split_aim
from kiosk.i18n.formats import local_zone
from kiosk.i18n.language import Language, open_language
from kiosk.i18n.translator import LANGUAGES
from kiosk.resources import asset
from kiosk.settings import Settings
from kiosk.till.messages import Scanned
from kiosk.till.state import TillState
from kiosk.ui.bridge import Bridge
from kiosk.ui.clerk_face import ClerkFace
from kiosk.ui.draft import Looks
from kiosk.ui.fonts import load_fonts
from kiosk.ui.shell import Shell
from kiosk.ui.sounds import Sounds
from kiosk.ui.theme import ThemeName, apply_theme, load_theme
from kiosk.ui.wedge import Burst
from kiosk.ui.wedge_keys import WedgeKeys

LOOKS_NAME: Final = "looks.json"
RESTART_CODE: Final = 75  # asks to be started again: what service managers take as a passing failure


def languages() -> Mapping[str, Language]:
    """Every language, opened; a catalogue that contradicts itself stops the start here and not in the shop."""
    zone = local_zone()
    return {name: open_language(asset("locale"), name, zone) for name in LANGUAGES}


class Face(QObject):
    """What the clerk's and the customer's face share: window first, then the till; the end in reverse. All in the GUI thread.

    ``ready`` comes once, when the till's first page is on screen.
    """

    ready = Signal()

    def __init__(self, app: QApplication, machine: Machine, *, volume: int, balance_only: bool) -> None:
        super().__init__()
        self.app = app
        self.machine = machine
        self.clock = SystemClock()
        self.languages = languages()
        self.bridge = Bridge(self)
        self.sounds = Sounds(asset("sounds"), volume=volume)
        self.terminal = Terminal(
            machine, publish=self.bridge.publish, sounds=self.sounds, clock=self.clock, balance_only=balance_only
        )
        load_fonts(asset("fonts"))
        self.window: QWidget
        self.state: TillState | None = None
        self.bridge.arrived.connect(self._seen)

    def open(self) -> None:
        """Put the window on screen and start the till behind it."""
        self.window.show()
        self.wedge = WedgeKeys(self.window, self)
        self.wedge.scanned.connect(self._scanned)
        self.wedge.watch()
        self.terminal.start()

    def put_on(self, theme: ThemeName) -> None:
        """Change the look of the whole application."""
        apply_theme(self.app, load_theme(asset("themes"), theme))

    def close(self) -> None:
        """Stop the till and what it owns."""
        self.terminal.stop()
        self.sounds.stop()

    def _seen(self, state: TillState) -> None:
        first = self.state is None
        self.state = state
        if first:
            QTimer.singleShot(0, self, self._tell_ready)  # after the page that this state brings was painted

    def _tell_ready(self) -> None:
        self.window.repaint()
        self.ready.emit()
        self.terminal.connect()

    def _scanned(self, burst: Burst) -> None:
        read = split_aim(burst.text)
        self.terminal.hear(Scanned(read.text, read.symbology, self.clock.now_ms(), burst.complete))

    def _quit(self) -> None:
        self.app.exit(0)


class Clerk(Face):
    """The till's face at the counter."""

    def __init__(self, app: QApplication, machine: Machine) -> None:
        looks = load_looks(machine.folder, machine.settings)
        super().__init__(app, machine, volume=looks.volume, balance_only=False)
        self._looks = looks
        self.put_on(ThemeName(looks.theme))
        self.shell = Shell(too_small=self.languages[looks.language].words("frame.small"))
        self.window = self.shell
        self.shell.setWindowTitle("Kiosk")
        self.face = ClerkFace(shell=self.shell, languages=self.languages, looks=looks, clock=self.clock, parent=self)
        self.face.command.connect(self.terminal.post)
        self.face.looks_changed.connect(self._remember)
        self.face.restart.connect(self._restart)
        self.bridge.arrived.connect(self.face.show_state)
        self.shell.closing.connect(self._quit)

    def _remember(self, looks: Looks) -> None:
        if looks.theme != self._looks.theme:
            self.put_on(ThemeName(looks.theme))
        self.sounds.volume = looks.volume
        self._looks = looks
        save_looks(self.machine.folder, looks)

    def _restart(self) -> None:
        self.app.exit(RESTART_CODE)


def load_looks(folder: Path, settings: Settings) -> Looks:
    """How this terminal was last made to look; what the settings say when it was never changed or the file is unreadable."""
    usual = Looks(theme=settings.theme, language=settings.language)
    try:
        kept = Looks(**json.loads((folder / LOOKS_NAME).read_text("utf-8")))
        ThemeName(kept.theme)
    except (OSError, ValueError, TypeError):
        return usual
    return kept if kept.language in LANGUAGES and 0 <= kept.volume <= 100 else usual


def save_looks(folder: Path, looks: Looks) -> None:
    """Keep how this terminal looks; only a convenience, so not fsynced."""
    (folder / LOOKS_NAME).write_text(json.dumps(asdict(looks)) + "\n", "utf-8")
