"""The kiosk's face on a terminal: balances, without a clerk. Apart from the clerk's, so that neither loads the other's pages."""

from typing import Final

from PySide6.QtWidgets import QApplication

from kiosk.bootstrap.faces import Face
from kiosk.bootstrap.terminal import Machine
from kiosk.ui.customer_face import CustomerFace
from kiosk.ui.theme import ThemeName

KIOSK_VOLUME: Final = 30


class Customer(Face):
    """The kiosk's face: balances, without a clerk."""

    def __init__(self, app: QApplication, machine: Machine) -> None:
        super().__init__(app, machine, volume=KIOSK_VOLUME, balance_only=True)
        settings = machine.settings
        self.put_on(ThemeName(settings.theme))
        self.face = CustomerFace(
            languages=self.languages,
            language=settings.language,
            theme=ThemeName(settings.theme),
            clock=self.clock,
            look=self.put_on,
            beep=self._beep,
        )
        self.window = self.face
        self.face.setWindowTitle("Kiosk")
        self.face.command.connect(self.terminal.post)
        self.bridge.arrived.connect(self.face.show_state)
        self.face.closing.connect(self._quit)

    def close(self) -> None:
        self.face.stop()
        super().close()

    def _beep(self) -> None:
        self.sounds.play("queued")
