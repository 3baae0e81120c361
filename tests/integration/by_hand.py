"""A technician's first day as a program: settings by hand, enrolment, one sale (``python -m tests.integration.by_hand DIR``).

Run by ``test_by_hand`` in a process of its own, which at the end looks whether any code of the demonstration was loaded.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from kiosk.bootstrap.terminal import Machine, Terminal
from kiosk.devices.virtual.printer import VirtualPrinter
from kiosk.devices.virtual.scanner import VirtualScanner
from kiosk.domain.sale import LinePhase
from kiosk.till.commands import LogIn, PayCash, PrintReceipt
from kiosk.till.messages import DeviceState
from kiosk.till.state import Stage, TillState

KEYSTORE = "demonstration"  # a test machine has no keyring; the authority must then be a demonstration's
SETTINGS = """
language = "fr"

[authority]
address = "{address}"
public_name = "authority.example"

[devices]
printer = "serial://{printer}?baud=19200&profile=TM-T88V"
scanner = "serial://{scanner}?baud=9600"
bankcard = "manual"
"""


def kiosk(*words: str, typed: str = "") -> str:
    """One command, as typed in a shell."""
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", *words], input=typed, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"kiosk {' '.join(words)}: {done.stderr or done.stdout}")
    return done.stdout


def cards(authority: Path) -> str:
    """An authority, a shop and a pack of cards in it; the first card's serial."""
    at = ("--data", str(authority))
    kiosk("authority", "init", *at, "--demonstration", "--public-name", "authority.example")
    kiosk("authority", "shop", "add", "TABAC-1", *at, "--name", "Tabac de la Gare", "--siret", "73282932000074")
    kiosk("authority", "issue", *at, "--series", "12", "--cards", "20", "--pack-cards", "20")
    kiosk("authority", "ship", *at, "--lot", "1", "--shop", "TABAC-1")
    (manifest,) = (authority / "lots").glob("manifest-*.json")
    (pack,) = json.loads(manifest.read_text("utf-8"))["packs"]
    kiosk("authority", "receive", *at, "--shop", "TABAC-1", pack["serials"][0], pack["serials"][-1])
    return str(pack["serials"][0])


class Counter:
    """Waits for what the till publishes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._state: TillState | None = None

    def publish(self, state: TillState) -> None:
        with self._changed:
            self._state = state
            self._changed.notify_all()

    def wait(self, condition: Callable[[TillState], bool], what: str) -> TillState:
        with self._changed:
            if not self._changed.wait_for(lambda: self._state is not None and condition(self._state), 30.0):
                raise SystemExit(f"never: {what}")
            assert self._state is not None
            return self._state

    def play(self, name: str) -> None:
        """No loudspeaker."""


def sell(folder: Path, scanner: VirtualScanner, printer: VirtualPrinter, serial: str) -> None:
    """One card for cash, with its receipt."""
    counter = Counter()
    terminal = Terminal(Machine.load(folder), publish=counter.publish, sounds=counter)
    terminal.start()
    terminal.connect()
    try:
        counter.wait(
            lambda state: {h.device for h in state.devices if h.state is DeviceState.READY} >= {"scanner", "printer"},
            "devices",
        )
        terminal.post(LogIn("nadia", "2846"))
        counter.wait(lambda state: state.stage is Stage.SALE, "logged in")
        scanner.scan(serial)
        counter.wait(lambda state: bool(state.sale and state.sale.lines[-1].phase is LinePhase.HELD), "the card")
        terminal.post(PayCash(2_000))
        counter.wait(lambda state: state.stage is Stage.RESULT, "activated")
        terminal.post(PrintReceipt())
        counter.wait(lambda state: bool(state.book.jobs and state.book.jobs[-1].outcome == "printed"), "printed")
    finally:
        terminal.stop()
    text = "\n".join(printer.text(0))
    if "20,00 €" not in text or "Tabac de la Gare" not in text:
        raise SystemExit(f"the receipt says:\n{text}")


def main(folder: Path) -> None:
    """Everything, in ``folder``."""
    authority, till = folder / "authority", folder / "till"
    serial = cards(authority)
    serving = subprocess.Popen(
        [sys.executable, "-m", "kiosk", "authority", "serve", "--data", str(authority), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert serving.stdout is not None
    address = serving.stdout.readline().split()[1]
    try:
        with VirtualScanner(link=folder / "scanner") as scanner, VirtualPrinter(link=folder / "printer") as printer:
            till.mkdir()
            (till / "terminal.toml").write_text(
                SETTINGS.format(address=address, printer=printer.link, scanner=scanner.link), "utf-8"
            )
            made = json.loads(
                kiosk(
                    "authority",
                    "enrol-code",
                    "--shop",
                    "TABAC-1",
                    "--till",
                    "Caisse 1",
                    "--json",
                    "--data",
                    str(authority),
                )
            )
            kiosk("enrol", "--data", str(till), "--keystore", KEYSTORE, typed=made["code"] + "\n")
            kiosk("clerk", "add", "nadia", "--data", str(till), "--name", "Nadia B.", typed="2846\n")
            found = kiosk("doctor", str(printer.link))
            if "TM-" not in found:
                raise SystemExit(f"the doctor says:\n{found}")
            sell(till, scanner, printer, serial)
    finally:
        serving.terminate()
        serving.wait(10)
        serving.stdout.close()
    loaded = sorted(name for name in sys.modules if name.startswith(("kiosk.demo", "kiosk.authority", "PySide6")))
    if loaded:
        raise SystemExit(f"a till needs none of {loaded}")


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    main(Path(sys.argv[1]))
