"""The workbench as a process: the till's drivers on its devices, faults over its socket, an orderly end."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kiosk.clock import SystemClock
from kiosk.demo.control import ControlClient, ControlError
from kiosk.demo.processes import Child
from kiosk.demo.workbench_host import WorkbenchError, read_config
from kiosk.devices.bankcard.simulated import SimulatedBankCard
from kiosk.devices.display import EpsonDisplay
from kiosk.devices.printing.driver import EscposPrinter
from kiosk.devices.scanning.scanner import SerialScanner
from kiosk.domain.currency import EUR
from kiosk.domain.money import Money
from kiosk.domain.sale import ChargeOutcome, PrintOutcome
from kiosk.settings import DeviceAddress
from kiosk.till.messages import BankCardAnswered, DeviceHealth, DeviceState, PrintFinished, Scanned, ScanUnread
from tests.helpers.devices import STEADY
from tests.helpers.mailbox import Mailbox
from tests.helpers.receipts import receipt
from tests.helpers.till_rig import CARD, OTHER

WAIT_S = 10.0


class _Authority(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def authority() -> Iterator[int]:
    """Something that answers on loopback; the port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Authority) as served:
        served.daemon_threads = True
        thread = threading.Thread(target=served.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield int(served.server_address[1])
        finally:
            served.shutdown()
            thread.join(WAIT_S)


class Bench:
    """The process and its handle."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        rows = [
            {"serial": CARD, "series": "12", "face_minor": 2000, "currency": "EUR", "hint": "in_stock"},
            {"serial": OTHER, "series": "12", "face_minor": 2000, "currency": "EUR", "hint": "stolen"},
        ]
        (folder / "cards.json").write_text(json.dumps(rows), "utf-8")
        (folder / "workbench.json").write_text(json.dumps({"authority_port": port}), "utf-8")
        self.child = Child(
            "workbench",
            ["kiosk.demo.workbench", "--dir", str(folder), "--headless"],
            log=folder / "log.txt",
        )
        ready = dict(word.split("=", 1) for word in self.child.wait_ready().split()[1:])
        self.proxy = int(ready["proxy"])
        self.paths = {name: path for name, path in ready.items() if name != "proxy"}
        self.client = ControlClient(folder / "workbench.sock")
        self.mail = Mailbox()

    def address(self, device: str) -> DeviceAddress:
        return DeviceAddress("serial", self.paths[device], 19_200)

    def wait(self, device: str, state: DeviceState) -> DeviceHealth:
        return self.mail.wait(DeviceHealth, lambda health: (health.device, health.state) == (device, state))

    def state(self) -> dict[str, object]:
        told = self.client.call("state")
        assert isinstance(told, dict)
        return told

    def get(self) -> bytes:
        """One request through the cable."""
        line = http.client.HTTPConnection("127.0.0.1", self.proxy, timeout=2.0)
        try:
            line.request("GET", "/v1/time")
            return line.getresponse().read()
        finally:
            line.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with authority() as port:
        made = Bench(tmp_path, port)
        try:
            yield made
        finally:
            made.client.close()
            made.child.stop()


def test_a_card_of_the_rack_is_read_by_the_scanner(bench: Bench) -> None:
    """A click on a card would do nothing at the till."""
    scanner = SerialScanner(bench.address("scanner"), post=bench.mail, clock=SystemClock())
    scanner.start()
    try:
        bench.wait("scanner", DeviceState.READY)
        bench.client.call("scan", card=0)
        assert bench.mail.wait(Scanned).text == CARD
        bench.client.call("scan_text", text="3017620422003", aim="E0")
        assert bench.mail.wait(Scanned).symbology == "E0"
        bench.client.call("no_read")
        bench.mail.wait(ScanUnread)
        bench.client.call("plug", device="scanner", on=False)
        bench.wait("scanner", DeviceState.LOST)
        bench.client.call("plug", device="scanner", on=True)
        bench.wait("scanner", DeviceState.READY)
        bench.client.call("scan", card=1)
        assert bench.mail.wait(Scanned).text == OTHER
    finally:
        assert scanner.stop()
    cards = bench.client.call("cards")
    assert isinstance(cards, list)
    assert [(one["last4"], one["hint"], one["scanned"]) for one in cards] == [
        (CARD[-4:], "in_stock", 1),
        (OTHER[-4:], "stolen", 1),
    ]
    with pytest.raises(ControlError):
        bench.client.call("scan", card=2)


def test_a_receipt_can_be_looked_at_and_paper_runs_out(bench: Bench) -> None:
    """The tour would have no picture of its receipts, or a printer that never misbehaves."""
    printer = EscposPrinter(bench.address("printer"), post=bench.mail, clock=SystemClock(), timings=STEADY)
    printer.start()
    try:
        bench.wait("printer", DeviceState.READY)
        printer.submit("one", receipt())
        assert bench.mail.wait(PrintFinished).outcome is PrintOutcome.PRINTED
        assert bench.client.call("receipts") == 1
        picture, raw = bench.folder / "receipt.png", bench.folder / "receipt.escpos"
        bench.client.call("receipt_png", i=0, path=str(picture))
        bench.client.call("receipt_escpos", i=-1, path=str(raw))
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert raw.read_bytes().startswith(b"\x1b@")
        lines = bench.client.call("receipt_text", i=0)
        assert isinstance(lines, list)
        assert any("Tabac" in str(line) or "TABAC" in str(line) for line in lines)
        bench.client.call("paper", level="out")
        bench.wait("printer", DeviceState.ATTENTION)
        printer.submit("two", receipt())
        assert bench.mail.wait(PrintFinished, lambda done: done.job_id == "two").outcome is PrintOutcome.REFUSED
        bench.client.call("paper", level="in")
        bench.wait("printer", DeviceState.READY)
        bench.client.call("printer", fault="cover_open")
        bench.wait("printer", DeviceState.ATTENTION)
        with pytest.raises(ControlError, match="there are 1 receipts"):
            bench.client.call("receipt_png", i=4, path=str(picture))
    finally:
        assert printer.stop(5.0)


def test_the_customer_display_can_be_read(bench: Bench) -> None:
    """Nobody would see in the demonstration what the customer is told."""
    display = EpsonDisplay(bench.address("display"), post=bench.mail, clock=SystemClock())
    display.start()
    try:
        bench.wait("display", DeviceState.READY)
        display.show("CARTE 20", "20,00 €")
        clock, deadline = SystemClock(), SystemClock().monotonic_ms() + 5_000
        while bench.client.call("display") != ["CARTE 20", "20,00 €"]:
            assert clock.monotonic_ms() < deadline, bench.client.call("display")
            threading.Event().wait(0.02)
    finally:
        assert display.stop()


def test_the_bank_card_terminal_does_as_it_is_told(bench: Bench) -> None:
    """The till's unknown charge could not be shown."""
    terminal = SimulatedBankCard(bench.address("bankcard"), post=bench.mail, clock=SystemClock())
    terminal.start()
    try:
        bench.wait("bankcard", DeviceState.READY)
        bench.client.call("bankcard", mode="refuse")
        terminal.charge("c1", Money(2000, EUR))
        assert bench.mail.wait(BankCardAnswered).outcome is ChargeOutcome.REFUSED
        bench.client.call("bankcard", mode="ask")
        terminal.charge("c2", Money(2000, EUR))
        clock, deadline = SystemClock(), SystemClock().monotonic_ms() + 5_000
        while bench.state()["bankcard_waiting"] != 2000:
            assert clock.monotonic_ms() < deadline
            threading.Event().wait(0.02)
        bench.client.call("decide", accept=True)
        assert bench.mail.wait(BankCardAnswered).outcome is ChargeOutcome.ACCEPTED
        with pytest.raises(ControlError, match="accept, refuse, ask, mute"):
            bench.client.call("bankcard", mode="free")
    finally:
        assert terminal.stop()


def test_the_cable_is_cut_and_mended(bench: Bench) -> None:
    """Cutting the network in the demonstration would cut nothing."""
    assert bench.get() == b"ok"
    bench.client.call("network", mode="cut")
    with pytest.raises(OSError, match="refused"):
        bench.get()
    bench.client.call("network", mode="lose_answer", times=1)
    with pytest.raises((OSError, http.client.HTTPException)):
        bench.get()
    assert bench.get() == b"ok"
    with pytest.raises(ControlError, match="pass, cut"):
        bench.client.call("network", mode="rain")


def test_it_ends_in_order_and_says_no_serial(bench: Bench) -> None:
    """The next demonstration would find the old one's devices, or a log with card numbers."""
    bench.client.call("scan", card=0)
    with pytest.raises(ControlError):
        bench.client.call("scan_text", text="é")
    assert bench.child.stop() == 0
    assert not (bench.folder / "workbench.sock").exists()
    assert not any(Path(path).is_symlink() for path in bench.paths.values())
    assert CARD not in (bench.folder / "log.txt").read_text("utf-8")


def test_a_wrong_configuration_is_named(tmp_path: Path) -> None:
    """Whoever starts it by hand would guess what it wants."""
    with pytest.raises(WorkbenchError, match=r"workbench\.json"):
        read_config(tmp_path)
    (tmp_path / "workbench.json").write_text('{"authority_port": 1, "language": "de"}', "utf-8")
    with pytest.raises(WorkbenchError, match="fr, en"):
        read_config(tmp_path)
    (tmp_path / "workbench.json").write_text('{"proxy_port": 1}', "utf-8")
    with pytest.raises(WorkbenchError, match="authority_port"):
        read_config(tmp_path)
