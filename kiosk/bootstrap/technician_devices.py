"""The devices without a till behind them, for the technician's page: the real drivers on the ports that the page chooses.

Each runs with a trace of its bytes; what is tested here is what will sell. One thread of its own, so that no call of the page
waits. Implements ``kiosk.ui.technician_port``; not responsible for the page.
"""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

from kiosk.bootstrap.terminal import software_version
from kiosk.clock import Clock, IdSource
from kiosk.devices.bankcard.simulated import SimulatedBankCard
from kiosk.devices.discovery import Lister, list_ports
from kiosk.devices.display import EpsonDisplay
from kiosk.devices.meaning import Dialect, Meant, explain, symbology_name
from kiosk.devices.ports import open_address
from kiosk.devices.printing.driver import EscposPrinter
from kiosk.devices.printing.profiles import UnknownProfileError
from kiosk.devices.scanning.scanner import SerialScanner
from kiosk.devices.spy import SpyTransport, Trace
from kiosk.devices.transport import Opener, Transport
from kiosk.domain.sale import ChargeOutcome, PrintOutcome
from kiosk.errors import Trouble
from kiosk.receipt.document import Align, Blank, Document, Row, Rule, Size, Text
from kiosk.settings import DeviceAddress, DeviceSettings, Settings, save_settings
from kiosk.till.messages import (
    BankCardAnswered,
    DeviceHealth,
    DeviceState,
    DrawerKicked,
    PrintFinished,
    Scanned,
    ScanUnread,
)
from kiosk.ui.technician_port import (
    Choices,
    PortChoice,
    Role,
    RoleSeen,
    Saving,
    TechnicianSeen,
    TestResult,
    TraceRow,
    Verdict,
)

LOOK_EVERY_S: Final = 0.25
WORK_MAX: Final = 256
STOP_S: Final = 2.0
SCAN_S: Final = 15
DISPLAY_S: Final = 2
LONGEST_S: Final = 60  # no driver takes longer to answer a test
HEX_BYTES: Final = 12
TEST_DIGITS: Final = 4

_log = logging.getLogger(__name__)


class _Driver(Protocol):
    def start(self) -> None: ...

    def stop(self, timeout_s: float = STOP_S) -> bool: ...


class _Bench:
    """One role: its driver, its trace, the test that is under way. Touched by the technician's thread only."""

    def __init__(self, role: Role, clock: Clock) -> None:
        self.role = role
        self.trace = Trace(clock)
        self.driver: _Driver | None = None
        self.generation = 0
        self.seen = RoleSeen()
        self.test_id = ""
        self.test_began_ms = 0
        self.test_ends_ms: int | None = None
        self.shown = ""
        self.passed = 0


class TechnicianDevices:
    """Implements ``kiosk.ui.technician_port.TechnicianPort``. ``publish`` is called from its thread with what changed."""

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        *,
        publish: Callable[[TechnicianSeen], None],
        clock: Clock,
        ids: IdSource,
        lister: Lister | None = None,
        opener: Opener = open_address,
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._publish = publish
        self._clock = clock
        self._ids = ids
        self._lister = lister
        self._opener = opener
        self._work: queue.Queue[Callable[[], None] | None] = queue.Queue(WORK_MAX)
        self._benches = {role: _Bench(role, clock) for role in Role}
        self._last = TechnicianSeen()
        self._now = TechnicianSeen()
        self._thread = threading.Thread(target=self._main, name="technician", daemon=True)

    def start(self) -> None:
        """Begin with what the settings say."""
        devices = self._settings.devices
        self._thread.start()
        self.list_ports()
        for role, address in (
            (Role.SCANNER, devices.scanner),
            (Role.PRINTER, devices.printer),
            (Role.DISPLAY, devices.display),
            (Role.BANKCARD, devices.bankcard_port),
        ):
            self.use(role, address)

    def stop(self) -> None:
        """Let go of every port."""
        self._work.put(None)
        self._thread.join(STOP_S * (len(Role) + 1))

    # ---- the port; any thread

    def list_ports(self) -> None:
        self._do(self._list)

    def use(self, role: Role, address: DeviceAddress | None) -> None:
        self._do(lambda: self._use(self._benches[role], address))

    def test(self, role: Role) -> None:
        self._do(lambda: self._test(self._benches[role]))

    def kick(self) -> None:
        self._do(self._kick)

    def save(self, choices: Choices) -> None:
        self._do(lambda: self._save(choices))

    def clear_trace(self, role: Role) -> None:
        self._do(lambda: self._forget(self._benches[role]))

    def _do(self, work: Callable[[], None]) -> None:
        try:
            self._work.put_nowait(work)
        except queue.Full:
            _log.warning("too much asked at once of the technician's thread")

    # ---- the technician's thread

    def _main(self) -> None:
        while True:
            try:
                work = self._work.get(timeout=LOOK_EVERY_S)
            except queue.Empty:
                self._look()
                continue
            if work is None:
                break
            work()
            self._look()
        for bench in self._benches.values():
            if bench.driver is not None:
                bench.driver.stop(STOP_S)

    def _look(self) -> None:
        for bench in self._benches.values():
            if bench.test_ends_ms is not None and self._clock.monotonic_ms() >= bench.test_ends_ms:
                self._overdue(bench)
            if bench.trace.passed != bench.passed:
                bench.passed = bench.trace.passed
                rows = tuple(_row(meant) for meant in explain(bench.trace.lines(), Dialect(bench.role.value)))
                bench.seen = replace(bench.seen, trace=rows)
        roles = {role: bench.seen for role, bench in self._benches.items()}
        self._now = replace(self._now, roles=MappingProxyType(roles))
        if self._now != self._last:
            self._last = self._now
            self._publish(self._now)

    def _list(self) -> None:
        found = list_ports(self._lister)
        choices = tuple(
            PortChoice(port.stable, " — ".join(text for text in (port.path, port.description) if text))
            for port in found
        )
        self._now = replace(self._now, ports=choices, listed_at_ms=self._clock.now_ms())

    def _use(self, bench: _Bench, address: DeviceAddress | None) -> None:
        if address == bench.seen.address and (address is None) == (bench.driver is None):
            return
        if bench.driver is not None and not bench.driver.stop(STOP_S):
            _log.warning("%s did not let go of its port in time", bench.role.value)
        bench.generation += 1
        bench.driver, bench.trace, bench.passed = None, Trace(self._clock), 0
        bench.seen = RoleSeen(address=address)
        bench.test_ends_ms = None
        if address is None:
            return
        try:
            bench.driver = self._driver(bench, address)
        except UnknownProfileError:
            bench.seen = replace(bench.seen, state=DeviceState.DENIED, reason="settings")
            return
        bench.driver.start()

    def _driver(self, bench: _Bench, address: DeviceAddress) -> _Driver:
        trace, generation = bench.trace, bench.generation

        def opener(where: DeviceAddress) -> Transport:
            return SpyTransport(self._opener(where), trace)

        def post(message: object) -> None:  # on the device's thread
            self._do(lambda: self._heard(bench, generation, message))

        match bench.role:
            case Role.PRINTER:
                cache = self._folder / "cache"
                return EscposPrinter(address, post=post, clock=self._clock, cache=cache, opener=opener)
            case Role.SCANNER:
                return SerialScanner(address, post=post, clock=self._clock, opener=opener)
            case Role.DISPLAY:
                return EpsonDisplay(address, post=post, clock=self._clock, opener=opener)
            case Role.BANKCARD:
                return SimulatedBankCard(address, post=post, clock=self._clock, opener=opener)

    def _heard(self, bench: _Bench, generation: int, message: object) -> None:
        if generation != bench.generation:
            return  # a driver that was replaced meanwhile
        match message:
            case DeviceHealth(_, state, reason, _, paper):
                bench.seen = replace(bench.seen, state=state, reason=reason, paper=paper)
            case PrintFinished(job_id, outcome, reason, _) if job_id == bench.test_id:
                self._end(bench, _print_verdict(outcome), detail=reason)
            case DrawerKicked(job_id, outcome) if job_id == bench.test_id:
                sent = outcome in (PrintOutcome.PRINTED, PrintOutcome.PROBABLE)
                reason = bench.seen.reason or "no_answer"
                self._end(
                    bench, Verdict.PASSED if sent else Verdict.REFUSED, detail="" if sent else reason, drawer=True
                )
            case BankCardAnswered(charge_id, outcome) if charge_id == bench.test_id:
                # an id that it never saw is answered with a no: that answer is what the test is for
                answered = outcome is not ChargeOutcome.UNKNOWN
                self._end(bench, Verdict.PASSED if answered else Verdict.SILENT)
            case Scanned(text, aim, _, complete) if bench.seen.testing:
                verdict = Verdict.PASSED if complete else Verdict.NO_SUFFIX
                self._end(bench, verdict, detail=symbology_name(aim), length=len(text))
            case ScanUnread() if bench.seen.testing:
                self._end(bench, Verdict.UNREAD)
            case _:
                pass

    def _test(self, bench: _Bench) -> None:
        if bench.seen.testing:
            return
        self._begin(bench)
        if bench.driver is None:
            self._end(bench, Verdict.REFUSED, detail=bench.seen.reason or "not_set_up")
        elif bench.seen.state not in (DeviceState.READY, DeviceState.ATTENTION):
            self._end(bench, Verdict.REFUSED, detail=bench.seen.reason or "absent")
        else:
            self._ask(bench)

    def _ask(self, bench: _Bench) -> None:
        match bench.driver:
            case EscposPrinter() as printer:
                printer.submit(bench.test_id, _test_page(self._settings, bench.test_id))
            case SerialScanner():
                bench.test_ends_ms = bench.test_began_ms + SCAN_S * 1000
            case EpsonDisplay() as display:
                bench.shown = f"{bench.test_id[-TEST_DIGITS:].upper()}"
                display.show(f"ESSAI {bench.shown}", software_version())
                bench.test_ends_ms = bench.test_began_ms + DISPLAY_S * 1000
            case SimulatedBankCard() as terminal:
                terminal.status(bench.test_id)
            case _:
                raise AssertionError(bench.driver)

    def _kick(self) -> None:
        bench = self._benches[Role.PRINTER]
        if bench.seen.testing:
            return
        self._begin(bench)
        if isinstance(bench.driver, EscposPrinter):
            bench.driver.kick(bench.test_id)
        else:
            self._end(bench, Verdict.REFUSED, detail="not_set_up", drawer=True)

    def _begin(self, bench: _Bench) -> None:
        bench.test_id = self._ids.uuid7()
        bench.test_began_ms = self._clock.monotonic_ms()
        bench.test_ends_ms = bench.test_began_ms + LONGEST_S * 1000
        bench.seen = replace(bench.seen, testing=True, result=None)

    def _overdue(self, bench: _Bench) -> None:
        if bench.role is Role.DISPLAY:
            gone = bench.seen.state is not DeviceState.READY
            verdict = Verdict.REFUSED if gone else Verdict.LOOK
            self._end(bench, verdict, detail=bench.seen.reason if gone else f"ESSAI {bench.shown}")
        else:
            self._end(bench, Verdict.SILENT)

    def _end(self, bench: _Bench, verdict: Verdict, *, detail: str = "", length: int = 0, drawer: bool = False) -> None:
        took_ms = self._clock.monotonic_ms() - bench.test_began_ms
        bench.test_id, bench.test_ends_ms = "", None
        result = TestResult(verdict, took_ms, detail, length, drawer)
        bench.seen = replace(bench.seen, testing=False, result=result)

    def _save(self, choices: Choices) -> None:
        devices = DeviceSettings(
            printer=choices.printer,
            scanner=choices.scanner,
            display=choices.display,
            bankcard=choices.bankcard_mode,
            bankcard_port=choices.bankcard,
        )
        number = 1 if self._now.saving is None else self._now.saving.number + 1
        try:
            save_settings(self._folder, replace(self._settings, devices=devices))
        except Trouble as trouble:
            _log.warning("settings not saved: %s", trouble)
            self._now = replace(self._now, saving=Saving(number, trouble.code))
            return
        self._settings = replace(self._settings, devices=devices)
        self._now = replace(self._now, saving=Saving(number))

    def _forget(self, bench: _Bench) -> None:
        bench.trace.clear()


def _print_verdict(outcome: PrintOutcome) -> Verdict:
    match outcome:
        case PrintOutcome.PRINTED:
            return Verdict.PASSED
        case PrintOutcome.PROBABLE:
            return Verdict.PROBABLE
        case PrintOutcome.REFUSED:
            return Verdict.REFUSED
        case PrintOutcome.UNKNOWN:
            return Verdict.UNKNOWN


def _row(meant: Meant) -> TraceRow:
    shown = meant.data[:HEX_BYTES].hex(" ").upper()
    more = "…" if len(meant.data) > HEX_BYTES else ""
    return TraceRow(meant.at_ms, meant.sent, shown + more, meant.code, meant.word, meant.text)


def _test_page(settings: Settings, test_id: str) -> Document:
    """Everything that a receipt may need: accents, the currency's sign, sizes, a line to the edge."""
    return Document(
        title=f"test page {test_id[-TEST_DIGITS:]}",
        elements=(
            Text("ESSAI / TEST", align=Align.CENTER, size=Size.BIG),
            Text(settings.shop.name or "—", align=Align.CENTER),
            Rule(),
            Row("Accents", "éèêëàâçîïôùû"),
            Row("Euro", "20,00 €"),
            Row("Largeur / width", "0123456789"),
            Text("Petits caractères / small print", size=Size.SMALL),
            Rule(),
            Text(f"{software_version()} · {test_id[-TEST_DIGITS:]}", align=Align.CENTER, size=Size.SMALL),
            Blank(),
        ),
    )
