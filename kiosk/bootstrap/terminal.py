"""One terminal, assembled: journal, devices, gateway and till behind one object that is started, talked to and stopped.

Start-up: till thread (which opens its journal) → gateway → devices; the stop is the reverse, each join bounded. Not
responsible for screens: they get every published state through ``publish`` and give commands to ``post``.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Final

from kiosk.bootstrap.watchdog import Watchdog
from kiosk.clock import Clock, SystemClock, SystemIds
from kiosk.devices.registry import build_devices
from kiosk.domain.events import ShopIdentity
from kiosk.domain.series import Catalogue, parse_catalogue
from kiosk.errors import Trouble
from kiosk.i18n.formats import Formats, local_zone
from kiosk.journal.quarantine import JournalIdentity
from kiosk.journal.store import SqliteJournal
from kiosk.receipt.words import parse_receipt_words
from kiosk.resources import asset
from kiosk.settings import Settings, SettingsTrouble, load_settings
from kiosk.sync.asker import Endpoint
from kiosk.sync.gateway import HttpAuthorityGateway
from kiosk.sync.identity import Enrolled, load_identity
from kiosk.sync.keyfiles import open_keystore
from kiosk.sync.keystore import TerminalKeys
from kiosk.till import desk
from kiosk.till.actor import TillActor
from kiosk.till.commands import Command
from kiosk.till.core import Till
from kiosk.till.messages import Message, Scanned
from kiosk.till.pins import PinRegister, parse_clerks
from kiosk.till.ports import Scheduler, SoundPlayer
from kiosk.till.receipts import SaleReceipts
from kiosk.till.state import Book, Stage, TillState

CLERKS_NAME: Final = "clerks.toml"
DEVICES_STOP_S: Final = 2.0
_CATALOGUES: Final = ("euro", "franc-2001")

_log = logging.getLogger(__name__)


def software_version() -> str:
    """As signed, printed and sent (CAI-14): name and version."""
    return f"kiosk {version('kiosk')}"


def catalogue(name: str) -> Catalogue:
    """The shipped catalogue of series with this name."""
    return parse_catalogue(asset("series", f"{name}.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Machine:
    """What a folder says this terminal is: its settings, who it was enrolled as, and its keys."""

    folder: Path
    settings: Settings
    enrolled: Enrolled
    keys: TerminalKeys

    @classmethod
    def load(cls, folder: Path) -> "Machine":
        """Read everything. Raises ``Trouble``: SET-01, ENR-05 when it was never enrolled, KEY-… when the keys cannot be had."""
        settings = load_settings(folder)
        enrolled = load_identity(folder)
        if enrolled is None:
            raise Trouble(
                "ENR-05", retryable=False, detail=f"{folder} is not enrolled yet: run kiosk enrol --data {folder}"
            )
        _one_currency(settings, enrolled)
        return cls(folder, settings, enrolled, open_keystore(enrolled.keystore, folder).load())


def _one_currency(settings: Settings, enrolled: Enrolled) -> None:
    """A terminal has one currency: of its settings, of what it sells, and of the shop it was enrolled for. Raises SET-01."""
    sold = catalogue(settings.series).currency.code
    if settings.currency != sold:
        raise SettingsTrouble(f"currency: {settings.currency} does not go with series {settings.series}; write {sold}")
    if enrolled.currency != sold:
        raise SettingsTrouble(
            f"series: {settings.series} is sold in {sold}, this shop was enrolled for {enrolled.currency}"
        )


class Terminal:
    """A running till without a face. ``publish`` is called in the till thread with each state and must return at once.

    ``balance_only`` is the customer's face: a balance is always open, nobody logs in and nothing is sold.
    """

    def __init__(
        self,
        machine: Machine,
        *,
        publish: Callable[[TillState], None],
        sounds: SoundPlayer,
        clock: Clock | None = None,
        balance_only: bool = False,
    ) -> None:
        self._machine = machine
        self._publish = publish
        self._sounds = sounds
        self._balance_only = balance_only
        self._connected = False
        self._clock = clock or SystemClock()
        self._ids = SystemIds(self._clock)
        self._catalogue = catalogue(machine.settings.series)
        self._journal: SqliteJournal | None = None
        self._actor = TillActor(self._make, clock=self._clock, on_halt=self._halted, on_stopped=self._close_journal)
        self._gateway = HttpAuthorityGateway(
            endpoint=Endpoint(machine.settings.authority.address, machine.settings.authority.trust or None),
            identity=machine.enrolled.identity(machine.keys, version=version("kiosk")),
            post=self._take,
            clock=self._clock,
            ids=self._ids,
        )
        self._devices = build_devices(
            machine.settings.devices, post=self._take, clock=self._clock, cache=machine.folder / "cache"
        )
        self._watchdog = Watchdog(
            stuck_for_ms=self._actor.stuck_for_ms, on_stuck=self._halted, stacks=machine.folder / "stuck.txt"
        )

    def start(self) -> None:
        """Start the till; returns at once. The first published state tells that it is there, with nobody to talk to yet."""
        self._actor.start()
        self._watchdog.start()

    def connect(self) -> None:
        """Begin to talk to the authority and the devices. Apart from ``start``, so that a face can show its first page before the
        libraries for them are loaded; what the till asked for meanwhile waits."""
        self._connected = True
        self._gateway.start()
        self._devices.start()

    def post(self, command: Command) -> None:
        """Ask the till for something, from any thread. Its answer is the next published state."""
        self._actor.post(command)

    def hear(self, read: Scanned) -> None:
        """What a scanner that types like a keyboard has read: the face caught it. From any thread."""
        self._take(read)

    def stop(self) -> None:
        """Stop in reverse. What was under way stays unknown, and the next start takes it up."""
        self._watchdog.stop()
        if self._connected:
            if late := self._devices.stop(DEVICES_STOP_S):
                _log.warning("devices that did not end in time: %s", ", ".join(late))
            self._gateway.stop()
        if not self._actor.stop():
            _log.warning("the till thread did not end in time")

    def _take(self, message: object) -> None:
        """What a device or the gateway has to say, from their threads."""
        assert isinstance(message, Message)
        self._actor.post(message)

    # ---- in the till thread

    def _make(self, scheduler: Scheduler) -> Till:
        machine, settings, zone = self._machine, self._machine.settings, local_zone()
        self._journal = SqliteJournal(
            machine.folder,
            identity=JournalIdentity(terminal=machine.enrolled.terminal_id, epoch=machine.enrolled.epoch),
            key=machine.keys.journal_key,
            clock=self._clock,
        )
        clerks = machine.folder / CLERKS_NAME
        ports = desk.Ports(
            journal=self._journal,
            gateway=self._gateway,
            printer=self._devices.printer,
            drawer=self._devices.drawer,
            display=self._devices.display,
            bankcard=self._devices.bankcard,
            sounds=self._sounds,
            scheduler=scheduler,
            receipts=SaleReceipts(
                words=parse_receipt_words(asset("receipts", f"{settings.language}.toml").read_text("utf-8")),
                money=Formats(settings.language, zone).money,
                zone=zone,
                terminal=machine.enrolled.terminal_id,
                epoch=machine.enrolled.epoch,
                sign=machine.keys.journal_key.sign,
            ),
            clerks=PinRegister(parse_clerks(clerks.read_text("utf-8")) if clerks.exists() else ()),
            clock=self._clock,
            ids=self._ids,
            publish=self._publish,
        )
        return Till(
            settings=desk.Settings(
                catalogue=self._catalogue,
                other_catalogues=tuple(catalogue(name) for name in _CATALOGUES if name != settings.series),
                shop=_shop(machine),
                software=software_version(),
                demonstration_keys=machine.enrolled.demonstration,
                balance_only=self._balance_only,
            ),
            ports=ports,
        )

    def _close_journal(self) -> None:
        if self._journal is not None:
            self._journal.close()

    def _halted(self, code: str) -> None:
        """Nothing can be published by the till itself any more: show that, and why."""
        self._publish(
            TillState(
                book=Book(),
                stage=Stage.HALTED,
                catalogue=self._catalogue,
                shop_name=self._machine.settings.shop.name,
                till_name=self._machine.settings.shop.till,
                now_ms=self._clock.now_ms(),
                demonstration_keys=self._machine.enrolled.demonstration,
                trouble=code,
            )
        )


def _shop(machine: Machine) -> ShopIdentity:
    """Who sells: as the operator registered the shop, with what this machine's settings say instead."""
    own = machine.settings.shop
    said = {
        "name": own.name,
        "address": own.address,
        "siret": own.siret,
        "naf": own.naf,
        "vat_id": own.vat_id,
        "till_name": own.till,
    }
    return replace(machine.enrolled.shop_identity(), **{key: text for key, text in said.items() if text})
