"""From settings to running devices: which driver serves which address, all started together and stopped together within one time.

A terminal without a printer or a display gets a stand-in that answers as one, so that the till needs no second way. Not responsible
for what the devices say afterwards: they post to the till's mailbox themselves.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from kiosk.clock import Clock
from kiosk.devices.bankcard.simulated import SimulatedBankCard
from kiosk.devices.display import EpsonDisplay
from kiosk.devices.drawer import PrinterDrawer
from kiosk.devices.ports import open_address
from kiosk.devices.printing.driver import EscposPrinter
from kiosk.devices.printing.profiles import UnknownProfileError
from kiosk.devices.scanning.scanner import SerialScanner
from kiosk.devices.transport import Opener
from kiosk.domain.sale import PrintOutcome
from kiosk.receipt.document import Document
from kiosk.settings import DeviceSettings, SettingsTrouble
from kiosk.till.messages import DeviceHealth, DeviceState, DrawerKicked, PrintFinished
from kiosk.till.ports import BankCardTerminal, CashDrawer, CustomerDisplay, ReceiptPrinter

STOP_S: Final = 2.0


class _Running(Protocol):
    def start(self) -> None: ...

    def stop(self, timeout_s: float = STOP_S) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """The devices of one terminal, ready for the till's ports. ``bankcard`` is ``None`` where the clerk reads the terminal."""

    printer: ReceiptPrinter
    drawer: CashDrawer
    display: CustomerDisplay
    bankcard: BankCardTerminal | None
    running: tuple[tuple[str, _Running], ...]

    def start(self) -> None:
        """Start every driver; returns at once."""
        for _, driver in self.running:
            driver.start()

    def stop(self, timeout_s: float = STOP_S) -> tuple[str, ...]:
        """Stop all at the same time, within ``timeout_s`` altogether. The names of those that did not end in it."""
        ended: dict[str, bool] = {}

        def end(name: str, driver: _Running) -> None:
            ended[name] = driver.stop(timeout_s)

        threads = [
            threading.Thread(target=end, args=(name, driver), name=f"stop-{name}", daemon=True)
            for name, driver in self.running
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout_s)
        return tuple(name for name, _ in self.running if not ended.get(name, False))


class AbsentPrinter:
    """Stands where no printer is set up: refuses every job at once."""

    def __init__(self, post: Callable[[object], None], clock: Clock) -> None:
        self._post = post
        self._clock = clock

    def start(self) -> None:
        self._post(DeviceHealth("printer", DeviceState.DISABLED, "not_set_up", self._clock.now_ms()))

    def stop(self, timeout_s: float = STOP_S) -> bool:
        del timeout_s
        return True

    def submit(self, job_id: str, document: Document) -> None:
        del document
        self._post(PrintFinished(job_id, PrintOutcome.REFUSED, "not_set_up", 0))

    def kick(self, job_id: str) -> None:
        self._post(DrawerKicked(job_id, PrintOutcome.REFUSED))


class AbsentDisplay:
    """Stands where no customer display is set up."""

    def show(self, top: str, bottom: str) -> None:
        """Nobody reads it."""


def build_devices(
    settings: DeviceSettings,
    *,
    post: Callable[[object], None],
    clock: Clock,
    cache: Path | None = None,
    opener: Opener = open_address,
) -> Devices:
    """The drivers for these settings, not started. Raises ``SettingsTrouble`` for what no driver can serve.

    ``post`` is the till's mailbox and is called from the devices' threads. ``cache`` is a private folder of this terminal.
    """
    running: list[tuple[str, _Running]] = []
    printer = _printer(settings, post, clock, cache, opener)
    running.append(("printer", printer))
    if settings.scanner is not None:
        running.append(("scanner", SerialScanner(settings.scanner, post=post, clock=clock, opener=opener)))
    display: CustomerDisplay = AbsentDisplay()
    if settings.display is not None:
        if (protocol := settings.display.option("protocol", "epson")) != "epson":
            raise SettingsTrouble(f"devices.display: there is no driver for the protocol {protocol}; write epson")
        shown = EpsonDisplay(settings.display, post=post, clock=clock, opener=opener)
        running.append(("display", shown))
        display = shown
    bankcard: BankCardTerminal | None = None
    if settings.bankcard == "simulated":
        if settings.bankcard_port is None:
            raise SettingsTrouble("devices.bankcard_port: a simulated terminal needs its port, serial:///…?baud=9600")
        charged = SimulatedBankCard(settings.bankcard_port, post=post, clock=clock, opener=opener)
        running.append(("bankcard", charged))
        bankcard = charged
    return Devices(
        printer=printer,
        drawer=PrinterDrawer(printer),
        display=display,
        bankcard=bankcard,
        running=tuple(running),
    )


def _printer(
    settings: DeviceSettings, post: Callable[[object], None], clock: Clock, cache: Path | None, opener: Opener
) -> EscposPrinter | AbsentPrinter:
    if settings.printer is None:
        return AbsentPrinter(post, clock)
    try:
        return EscposPrinter(settings.printer, post=post, clock=clock, cache=cache, opener=opener)
    except UnknownProfileError as error:
        raise SettingsTrouble(f"devices.printer: {error}") from error
