"""A whole shop for tests and benchmarks: a real authority process, a fault proxy, virtual devices on real ptys, one terminal.

Everything is what ships; only the screens are missing. The till runs in this process (``Shop.open_till``), so that a test can
wait for its states.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from kiosk.bootstrap.terminal import Machine, Terminal
from kiosk.demo.fault_proxy import FaultProxy
from kiosk.demo.scheme import DemoCard
from kiosk.demo.world import World
from kiosk.devices.virtual.bankcard import VirtualBankCard
from kiosk.devices.virtual.display import VirtualDisplay
from kiosk.devices.virtual.printer import VirtualPrinter
from kiosk.devices.virtual.scanner import VirtualScanner
from kiosk.till.commands import Command, LogIn
from kiosk.till.messages import DeviceState
from kiosk.till.state import Stage, TillState

WAIT_S: Final = 15.0


class Silence:
    """A ``SoundPlayer`` that remembers."""

    def __init__(self) -> None:
        self.played: list[str] = []

    def play(self, name: str) -> None:
        self.played.append(name)


class Till:
    """A running terminal whose states can be waited for."""

    def __init__(self, folder: Path) -> None:
        self._changed = threading.Condition()
        self._state: TillState | None = None
        self.sounds = Silence()
        self.terminal = Terminal(Machine.load(folder), publish=self._publish, sounds=self.sounds)
        self.terminal.start()
        self.terminal.connect()

    @property
    def state(self) -> TillState:
        assert self._state is not None, "nothing was published yet"
        return self._state

    def wait(self, condition: Callable[[TillState], bool], what: str, timeout_s: float = WAIT_S) -> TillState:
        """The first state for which ``condition`` holds; fails with ``what`` and the last state."""
        with self._changed:
            met = self._changed.wait_for(lambda: self._state is not None and condition(self._state), timeout_s)
            assert met, f"never: {what}; last: {self._state and (self._state.stage, self._state.sale)}"
            assert self._state is not None
            return self._state

    def do(self, command: Command) -> None:
        self.terminal.post(command)

    def log_in(self, user_id: str = "nadia", pin: str = "2846") -> TillState:
        self.wait(lambda state: state.stage in (Stage.LOGGED_OUT, Stage.LOCKED), "the log-in page")
        self.do(LogIn(user_id, pin))
        return self.wait(lambda state: state.stage not in (Stage.LOGGED_OUT, Stage.LOCKED), "logged in")

    def stop(self) -> None:
        self.terminal.stop()

    def _publish(self, state: TillState) -> None:
        with self._changed:
            self._state = state
            self._changed.notify_all()


class Shop(World):
    """A ``World`` whose workbench is in this process. Use as a context manager; ``folder`` is emptied first."""

    def __init__(self, folder: Path, *, series: str = "euro") -> None:
        super().__init__(folder, series=series)
        self.tills: list[Till] = []

    def __enter__(self) -> "Shop":
        try:
            self.open(windows=False)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for till in self.tills:
            till.stop()
        self.close()
        if hasattr(self, "proxy"):
            self.proxy.close()
            for twin in (self.printer, self.scanner, self.display, self.bankcard):
                twin.stop()

    def open_till(self, *, ready: bool = True) -> Till:
        """Start the till; with ``ready`` wait until its devices are."""
        till = Till(self.till_folder)
        self.tills.append(till)
        if ready:
            till.wait(_all_ready, "all devices ready")
        return till

    def scan(self, card: DemoCard) -> None:
        self.scanner.scan(card.serial)

    def _start_workbench(self, authority_port: int, *, windows: bool) -> None:
        del windows
        self.proxy = FaultProxy(("127.0.0.1", authority_port))
        folder = self.bench_folder
        self.printer = VirtualPrinter(link=folder / "printer")
        self.scanner = VirtualScanner(link=folder / "scanner")
        self.display = VirtualDisplay(link=folder / "display")
        self.bankcard = VirtualBankCard(link=folder / "bankcard")
        for twin in (self.printer, self.scanner, self.display, self.bankcard):
            twin.start()
        self._devices = {name: folder / name for name in ("printer", "scanner", "display", "bankcard")}
        self._proxy_port = int(self.proxy.address.rpartition(":")[2])


def _all_ready(state: TillState) -> bool:
    ready = {health.device for health in state.devices if health.state is DeviceState.READY}
    return {"printer", "scanner", "display", "bankcard"} <= ready
