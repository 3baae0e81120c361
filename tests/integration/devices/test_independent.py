"""Our bytes read, and our virtual printer driven, by programs that are not ours: zxing, zbar, npos, receiptio.

npos and receiptio are installed by ``scripts/bootstrap`` from ``tests/interpreters``; without Node.js these tests are skipped.
"""

import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from pyzbar import pyzbar

from kiosk.devices.printing.escpos import build_job
from kiosk.devices.printing.profiles import find_profile
from kiosk.devices.serial_transport import open_serial
from kiosk.devices.virtual import VirtualPrinter, parse_fault
from kiosk.receipt.layout import COLUMNS
from kiosk.receipt.preview import preview_text
from kiosk.settings import parse_device_address
from tests.helpers.devices import STEADY, bench
from tests.helpers.receipts import QR, SAMPLES, receipt

FOLDER = Path(__file__).resolve().parents[2] / "interpreters"
needs_node = pytest.mark.skipif(
    shutil.which("node") is None or not (FOLDER / "node_modules").is_dir(),
    reason="Node.js and tests/interpreters are not installed: scripts/bootstrap",
)


def _zxing(picture: Image.Image) -> set[tuple[str, str]]:
    return {(code.format.name, code.text) for code in zxingcpp.read_barcodes(picture)}


def _zbar(picture: Image.Image) -> set[tuple[str, str]]:
    names = {"CODE128": "Code128", "QRCODE": "QRCode"}
    return {(names[code.type], code.data.decode("ascii")) for code in pyzbar.decode(picture)}


@pytest.mark.parametrize("profile", ["TM-T88V", "TM-T20II", "TM-T88V-slow"])
def test_two_readers_read_bar_code_and_qr_code_from_the_paper(profile: str, tmp_path: Path) -> None:
    """The customer's proof of purchase could not be scanned."""
    with bench(tmp_path, options=f"&profile={profile}", timings=STEADY) as b:
        b.print("one")
        dots = b.twin.dots(0)
    assert _zxing(dots) == _zbar(dots) == {("Code128", "000042"), ("QRCode", QR)}


def _decode(job: bytes) -> dict[str, Any]:  # JSON of another program
    done = subprocess.run(["node", "decode.cjs"], input=job, cwd=FOLDER, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _picture(rows: list[str], *, tall: int) -> Image.Image:
    """A raster as npos saw it, with white around it; ``tall`` undoes the doubled rows of GS v 0."""
    flat = bytes(0 if dot == "1" else 255 for row in rows for dot in row)
    picture = Image.frombytes("L", (len(rows[0]), len(rows)), flat)
    picture = picture.resize((picture.width * 3, picture.height * 3 * tall), Image.Resampling.NEAREST)
    paper = Image.new("L", (picture.width + 120, picture.height + 120), 255)
    paper.paste(picture, (60, 60))
    return paper


@needs_node
@pytest.mark.parametrize("name", SAMPLES)
def test_npos_reads_the_receipt(name: str) -> None:
    """Only our own virtual printer would understand our receipts."""
    found = _decode(build_job(SAMPLES[name], find_profile("TM-T88V"), b"ab 1"))
    assert found["page"] == "windows-1252"
    text = "".join(part.get("text", "") for part in found["parts"])
    # the words of the receipt, as the preview has them; a printer has no thin spaces, and sizes change the columns
    expected = preview_text(SAMPLES[name], COLUMNS[42]).replace("\u00a0", " ").replace("\u202f", " ").replace("−", "-")
    wanted = [
        word
        for word in expected.replace("≈", "~").split()
        if not word.startswith(("[", "]", "||||")) and "]" not in word
    ]
    words = text.split()
    assert [word for word in wanted if word not in words] == []
    assert "€" in text
    assert found["commands"][0] == "ESC@"
    assert found["commands"][-2:] == ["GSV", "GS(H"]


@needs_node
def test_the_codes_that_npos_sees_are_read_by_zxing_and_zbar() -> None:
    """A whole chain without a line of ours: bytes → npos → readers."""
    found = _decode(build_job(receipt(), find_profile("TM-T88V"), b"ab 1"))
    qr, bars = (part["rows"] for part in found["parts"] if "rows" in part)
    for read in (_zxing, _zbar):
        assert read(_picture(qr, tall=1)) == {("QRCode", QR)}
        assert read(_picture(bars, tall=2)) == {("Code128", "000042")}


@needs_node
def test_npos_refuses_what_is_no_command() -> None:
    """A decoder that accepts everything would prove nothing."""
    done = subprocess.run(
        ["node", "decode.cjs"], input=b"\x1b@abc\x1b\x7f", cwd=FOLDER, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert b"Can not parse" in done.stderr


@contextmanager
def _printer_on_the_network(twin: VirtualPrinter, host: str) -> Iterator[None]:
    """Port 9100 of a loopback address, relayed to the virtual printer's terminal: receiptio speaks to networks only."""
    stop = threading.Event()
    with socket.create_server((host, 9100)) as server:
        server.settimeout(0.1)

        def relay() -> None:
            while not stop.is_set():
                with suppress(TimeoutError):
                    connection, _ = server.accept()
                    with connection:
                        _pump(connection, twin, stop)

        thread = threading.Thread(target=relay, name="relay", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(5)


def _pump(connection: socket.socket, twin: VirtualPrinter, stop: threading.Event) -> None:
    port = open_serial(parse_device_address(f"serial://{twin.link}?baud=115200"))
    connection.settimeout(0.01)
    try:
        while not stop.is_set():
            with suppress(TimeoutError):
                data = connection.recv(4096)
                if not data:
                    return
                while data:
                    data = data[port.write_some(data) :]
            if answer := port.read_some():
                connection.sendall(answer)
    except ConnectionError:
        return
    finally:
        port.close_now()


def _receiptio(host: str, *arguments: str, text: bytes = b"") -> str:
    command = ["node", "node_modules/receiptio/bin/cli.js", "-d", host, "-t", "3", *arguments]
    done = subprocess.run(command, input=text, cwd=FOLDER, capture_output=True, timeout=60, check=False)
    return done.stderr.decode().strip()  # where it puts its result


@needs_node
@pytest.mark.parametrize(
    ("words", "answer"),
    [("normal", "online"), ("cover_open", "coveropen"), ("paper_out", "paperempty"), ("broken", "error")],
)
def test_receiptio_understands_the_virtual_printers_status(words: str, answer: str, tmp_path: Path) -> None:
    """Our driver and our virtual printer would share one misunderstanding of the printer's language."""
    host = f"127.9.{len(words)}.7"  # a loopback address of its own: the port cannot be chosen
    with VirtualPrinter(link=tmp_path / "printer") as twin, _printer_on_the_network(twin, host):
        twin.inject(parse_fault(words))
        assert _receiptio(host, "-q", "-p", "escpos") == answer


@needs_node
def test_receiptio_prints_on_the_virtual_printer(tmp_path: Path) -> None:
    """The virtual printer would accept our bytes and nobody else's."""
    host = "127.9.201.7"
    with VirtualPrinter(link=tmp_path / "printer") as twin, _printer_on_the_network(twin, host):
        assert (
            _receiptio(host, "-p", "escpos", "-l", "fr", text=b"Caf\xc3\xa9 | 1| 1,20\n---\n^TOTAL | ^1,20\n")
            == "success"
        )
        assert twin.unknown == ""
        assert any("Café" in row for row in twin.text(-1))
