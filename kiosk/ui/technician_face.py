"""The technician's window: one page, its drafts, and the machine behind ``TechnicianPort``.

Responsible for carrying: what was seen to the page, what was touched to the rules in ``presenters.technician.setup``, their
requests to the port. Not responsible for any of the three.
"""

from dataclasses import replace
from typing import Final, assert_never

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QVBoxLayout, QWidget

from kiosk.i18n.language import Language
from kiosk.settings import Settings
from kiosk.ui.presenters.technician import devices
from kiosk.ui.presenters.technician.setup import (
    Ask,
    Clear,
    Intent,
    Request,
    Save,
    TechnicianState,
    Try,
    Use,
    begin,
    changed,
)
from kiosk.ui.screens.technician.devices import DevicesScreen
from kiosk.ui.technician_port import TechnicianPort, TechnicianSeen

FIRST_SIZE: Final = QSize(1280, 800)
LEAST_SIZE: Final = QSize(1024, 768)


class TechnicianFace(QWidget):
    """The window. ``show_seen`` takes what the machine says, in the GUI thread. ``profiles`` are the printers that are known."""

    def __init__(
        self,
        port: TechnicianPort,
        *,
        settings: Settings,
        language: Language,
        version: str,
        profiles: tuple[str, ...],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._port = port
        self._lang = language
        self._state = TechnicianState(
            setup=begin(settings.devices),
            seen=TechnicianSeen(),
            shop=settings.shop.name,
            till=settings.shop.till,
            version=version,
            profiles=profiles,
        )
        self._screen = DevicesScreen(self)
        self._screen.intent.connect(self.act)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._screen)
        self.setWindowTitle(language.words("t.mode"))
        self.setMinimumSize(LEAST_SIZE)
        self.resize(FIRST_SIZE)
        self._show()

    def show_seen(self, seen: TechnicianSeen) -> None:
        """Take what the machine says."""
        self._state = replace(self._state, seen=seen)
        self._show()

    def act(self, intent: Intent) -> None:
        """Do what a touch means."""
        setup, requests = changed(self._state, intent)
        self._state = replace(self._state, setup=setup)
        for request in requests:
            self._ask(request)
        self._show()

    @property
    def screen_now(self) -> DevicesScreen:
        """The page (tests look at it)."""
        return self._screen

    def _ask(self, request: Request) -> None:
        match request:
            case Use(role, address):
                self._port.use(role, address)
            case Try(role):
                self._port.test(role)
            case Clear(role):
                self._port.clear_trace(role)
            case Save(choices):
                self._port.save(choices)
            case Ask.KICK:
                self._port.kick()
            case Ask.LIST:
                self._port.list_ports()
            case Ask.QUIT:
                self.close()
            case _:
                assert_never(request)

    def _show(self) -> None:
        self._screen.show_view(devices.view(self._state, self._lang))
