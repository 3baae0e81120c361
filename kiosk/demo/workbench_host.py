"""The workbench without its window: the devices' master side and the cable to the authority, in one process that outlives the till.

Commands arrive over ``DIR/workbench.sock`` (``ControlClient``) or from the window. Orderly start and stop; a failed start leaves
nothing behind. Not responsible for what the devices do (``kiosk.devices.virtual``) nor for the demonstration's other processes.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from kiosk.demo.control import ControlServer
from kiosk.demo.fault_proxy import Fault, FaultProxy
from kiosk.demo.rack import RackCard, read_rack
from kiosk.devices.virtual.bankcard import Policy, VirtualBankCard
from kiosk.devices.virtual.display import VirtualDisplay
from kiosk.devices.virtual.faults import Part, parse_fault
from kiosk.devices.virtual.printer import VirtualPrinter
from kiosk.devices.virtual.pty_host import Plugged
from kiosk.devices.virtual.scanner import VirtualScanner
from kiosk.i18n.translator import LANGUAGES

CONFIG_NAME: Final = "workbench.json"
SOCKET_NAME: Final = "workbench.sock"
DEMO_SOCKET_NAME: Final = "demo.sock"
CUSTOMER_MS: Final = 1_200  # what the virtual customer needs at the bank-card terminal
PAPER: Final[Mapping[str, tuple[Part, ...]]] = {
    "in": (Part.PAPER_IN,),
    "low": (Part.PAPER_IN, Part.PAPER_LOW),
    "out": (Part.PAPER_OUT,),
}

_log = logging.getLogger(__name__)


class WorkbenchError(ValueError):
    """A command that cannot be done; the message says what can."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One person of the demonstration's shop; shown in the workbench only."""

    name: str
    role: str
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WorkbenchConfig:
    """``workbench.json``: where the authority is on loopback, which port the till is told (0: any), who may log in."""

    authority_port: int
    proxy_port: int = 0
    language: str = "fr"
    pins: tuple[Pin, ...] = ()


def read_config(folder: Path) -> WorkbenchConfig:
    """The configuration in a folder. Raises ``WorkbenchError`` naming what is wrong with it."""
    try:
        data = json.loads((folder / CONFIG_NAME).read_text("utf-8"))
        pins = tuple(Pin(str(one["name"]), str(one["role"]), str(one["pin"])) for one in data.get("clerks", []))
        config = WorkbenchConfig(
            authority_port=int(data["authority_port"]),
            proxy_port=int(data.get("proxy_port", 0)),
            language=str(data.get("language", "fr")),
            pins=pins,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WorkbenchError(f"{folder / CONFIG_NAME}: {type(error).__name__}: {error}") from None
    if config.language not in LANGUAGES:
        raise WorkbenchError(f"{CONFIG_NAME}: language is one of {', '.join(LANGUAGES)}")
    return config


class WorkbenchHost:
    """Everything that the till takes for the outside world. ``start`` once, ``stop`` always. Any thread may call the commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = read_config(folder)
        self.rack: tuple[RackCard, ...] = read_rack(folder)
        self.scanned = [0] * len(self.rack)
        self.printer = VirtualPrinter(link=folder / "printer")
        self.scanner = VirtualScanner(link=folder / "scanner")
        self.display_device = VirtualDisplay(link=folder / "display")
        self.bankcard_device = VirtualBankCard(link=folder / "bankcard", delay_ms=CUSTOMER_MS)
        self._devices: dict[str, Plugged] = {
            "printer": self.printer,
            "scanner": self.scanner,
            "display": self.display_device,
            "bankcard": self.bankcard_device,
        }
        self._plugged = dict.fromkeys(self._devices, False)
        self._proxy: FaultProxy | None = None
        self._control: ControlServer | None = None

    def start(self) -> None:
        """Plug everything in and listen. Raises ``OSError`` when a port is taken; nothing is left running then."""
        try:
            self._proxy = FaultProxy(("127.0.0.1", self.config.authority_port), port=self.config.proxy_port)
            for name, device in self._devices.items():
                device.start()
                self._plugged[name] = True
            self._control = ControlServer(self.folder / SOCKET_NAME, self.commands)
        except OSError:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop listening, drop the cable, unplug. May be called twice."""
        control, self._control = self._control, None
        if control is not None:
            control.close()
        proxy, self._proxy = self._proxy, None
        if proxy is not None:
            proxy.close()
        for name, device in self._devices.items():
            device.stop()
            self._plugged[name] = False

    @property
    def ready_line(self) -> str:
        """What the starting process waits for: the port to tell the till and the paths of the devices."""
        paths = " ".join(f"{name}={device.link}" for name, device in self._devices.items())
        return f"ready proxy={self.proxy.port} {paths}"

    @property
    def proxy(self) -> FaultProxy:
        """The cable. Raises ``WorkbenchError`` before the start."""
        if self._proxy is None:
            raise WorkbenchError("the workbench is not started")
        return self._proxy

    @property
    def commands(self) -> Mapping[str, Callable[..., object]]:
        """Every command by its name on the control socket."""
        return {
            "cards": self.cards,
            "scan": self.scan,
            "scan_text": self.scan_text,
            "no_read": self.no_read,
            "network": self.network,
            "printer": self.printer_fault,
            "paper": self.paper,
            "plug": self.plug,
            "bankcard": self.bankcard,
            "decide": self.decide,
            "receipts": self.receipts,
            "receipt_png": self.receipt_png,
            "receipt_escpos": self.receipt_escpos,
            "receipt_text": self.receipt_text,
            "hanging": self.hanging,
            "display": self.display,
            "state": self.state,
        }

    # ---- cards

    def cards(self) -> list[dict[str, object]]:
        """The rack: place, label, series, last four digits, what a till will make of it, how often it was scanned."""
        return [
            {
                "card": place,
                "label": f"{card.series} ••••{card.last4}",
                "series": card.series,
                "last4": card.last4,
                "hint": card.hint,
                "face_minor": card.face.minor,
                "currency": card.face.currency.code,
                "scanned": self.scanned[place],
            }
            for place, card in enumerate(self.rack)
        ]

    def scan(self, card: int) -> None:
        """Hold the card at this place of the rack under the scanner."""
        if not 0 <= card < len(self.rack):
            raise WorkbenchError(f"card is 0 to {len(self.rack) - 1}")
        self.scanner.scan(self.rack[card].serial)
        self.scanned[card] += 1

    def scan_text(self, text: str, aim: str | None = "C0") -> None:
        """Hold any other bar code under the scanner; ``aim`` is its AIM identifier or nothing."""
        self.scanner.scan(text, aim=aim)

    def no_read(self) -> None:
        """A label that the scanner cannot read."""
        self.scanner.no_read()

    # ---- the cable

    def network(self, mode: str, ms: int = 0, times: int | None = None, path: str = "") -> None:
        """Behave like this from the next exchange on: a ``Fault`` of the proxy by its name, ``pass`` for none."""
        try:
            fault = Fault(mode)
        except ValueError:
            raise WorkbenchError(f"mode is one of {', '.join(one.value for one in Fault)}") from None
        self.proxy.set(fault, ms=ms, times=times, path=path)

    # ---- the printer

    def printer_fault(self, fault: str) -> None:
        """A line such as ``paper_out 120``, ``cover_open``, ``mute``, ``stall 300``, ``power_off``, ``slow 960``."""
        self.printer.inject(parse_fault(fault))

    def paper(self, level: str) -> None:
        """``in``, ``low`` or ``out``."""
        if level not in PAPER:
            raise WorkbenchError(f"level is one of {', '.join(PAPER)}")
        for part in PAPER[level]:
            self.printer.inject(parse_fault(part.value))

    def receipts(self) -> int:
        """How many pieces of paper were cut off."""
        return len(self.printer.receipts)

    def receipt_png(self, i: int, path: str) -> None:
        """Write the picture of one receipt; −1 is the newest."""
        self._known(i)
        Path(path).write_bytes(self.printer.picture(i))

    def receipt_escpos(self, i: int, path: str) -> None:
        """Write the bytes of one receipt as they came to the printer."""
        self._known(i)
        Path(path).write_bytes(self.printer.receipts[i])

    def receipt_text(self, i: int) -> list[str]:
        """The lines of one receipt as the paper shows them."""
        self._known(i)
        return list(self.printer.text(i))

    def hanging(self) -> list[str]:
        """The lines that hang out of the printer and were not cut off."""
        return list(self.printer.hanging())

    def _known(self, i: int) -> None:
        count = self.receipts()
        if not -count <= i < count:
            raise WorkbenchError(f"there are {count} receipts")

    # ---- the other devices

    def plug(self, device: str, on: bool) -> None:  # noqa: FBT001 - the name on the wire
        """Pull a device's plug, or put it back under the same path."""
        if device not in self._devices:
            raise WorkbenchError(f"device is one of {', '.join(self._devices)}")
        if on:
            self._devices[device].replug()
        else:
            self._devices[device].unplug()
        self._plugged[device] = on

    def bankcard(self, mode: str) -> None:
        """What the bank-card terminal does with the next charges: ``accept``, ``refuse``, ``ask`` or ``mute``."""
        try:
            self.bankcard_device.policy = Policy(mode)
        except ValueError:
            raise WorkbenchError(f"mode is one of {', '.join(one.value for one in Policy)}") from None

    def decide(self, accept: bool) -> None:  # noqa: FBT001 - the name on the wire
        """Decide on the charge that waits because of ``ask``."""
        self.bankcard_device.decide(accept=accept)

    def display(self) -> list[str]:
        """The two lines that the customer reads."""
        return list(self.display_device.lines)

    def state(self) -> dict[str, object]:
        """How everything stands: cable, printer, plugs, bank-card terminal, display, paper."""
        mode, counts = self.proxy.mode, self.proxy.counts
        waiting = self.bankcard_device.waiting
        return {
            "network": mode.fault.value,
            "network_ms": mode.ms,
            "network_times": mode.times,
            "requests": counts.requests,
            "printer": dict(self.printer.condition),
            "drawer_kicks": self.printer.drawer_kicks,
            "plugged": dict(self._plugged),
            "bankcard": self.bankcard_device.policy.value,
            "bankcard_waiting": None if waiting is None else waiting.minor,
            "bankcard_currency": None if waiting is None else waiting.currency,
            "display": self.display(),
            "receipts": self.receipts(),
            "hanging": len(self.hanging()),
        }
