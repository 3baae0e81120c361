"""A customer face on a clock that stands still, and what is needed to build one."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from PySide6.QtCore import QEvent, QSize
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from kiosk.domain.series import Catalogue, parse_catalogue
from kiosk.i18n.language import Language, open_language
from kiosk.resources import asset
from kiosk.till.commands import Command
from kiosk.till.state import Balance
from kiosk.ui.customer_face import CustomerFace
from kiosk.ui.fonts import load_fonts
from kiosk.ui.presenters.customer.samples import till_of
from kiosk.ui.screens.customer.parts import SerialField
from kiosk.ui.theme import ThemeName, apply_theme, load_theme
from tests.fakes.clock import FakeClock

PORTRAIT, LANDSCAPE = QSize(1080, 1920), QSize(1280, 800)


def euros() -> Catalogue:
    """Today's cards."""
    return parse_catalogue(asset("series", "euro.toml").read_text("utf-8"))


def language(name: str) -> Language:
    """French or English, in the shop's zone."""
    return open_language(asset("locale"), name, ZoneInfo("Europe/Paris"))


def dress(app: QApplication, theme: ThemeName = ThemeName.LIGHT) -> None:
    """Fonts and look, as the product starts with."""
    load_fonts(asset("fonts"))
    apply_theme(app, load_theme(asset("themes"), theme))


def discard(widget: QWidget) -> None:
    """Delete a widget now: what waits for an event loop is restyled with the next test's theme."""
    widget.close()
    widget.deleteLater()
    QApplication.sendPostedEvents(widget, QEvent.Type.DeferredDelete)


class Scene:
    """A face, its clock, and what it asked for, put on or sounded."""

    def __init__(self, *, size: QSize = PORTRAIT) -> None:
        self.clock = FakeClock()
        self.asked: list[Command] = []
        self.looks: list[ThemeName] = []
        self.beeps = 0
        self.demonstration = False
        self.face = CustomerFace(
            languages={name: language(name) for name in ("fr", "en")},
            language="fr",
            theme=ThemeName.LIGHT,
            clock=self.clock,
            look=self.looks.append,
            beep=self._beep,
            size=size,
        )
        self.face.command.connect(self.asked.append)
        self.catalogue = euros()
        self.publish(Balance())

    def publish(self, balance: Balance | None, *, link_up: bool = True) -> None:
        """The till says something."""
        state = till_of(self.catalogue, balance, link_up=link_up)
        self.face.show_state(replace(state, demonstration_keys=self.demonstration))

    def wait(self, ms: int) -> None:
        """Time passes, and the face notices."""
        self.clock.advance(ms)
        self.face.tick()

    @property
    def page(self) -> str:
        """What kind of page is on screen."""
        return type(self.face.screen_now).__name__

    def words(self) -> str:
        """Every word that any page of the face holds, on screen or not."""
        labels = " ".join(label.text() for label in self.face.findChildren(QLabel))
        return " ".join([labels, *(field.marks for field in self.face.findChildren(SerialField))])

    def close(self) -> None:
        """End it."""
        self.face.stop()
        discard(self.face)

    def _beep(self) -> None:
        self.beeps += 1
