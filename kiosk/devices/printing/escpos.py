"""Turns a document into the bytes of one print job for one printer profile. The only import of python-escpos, and a lazy one.

A job begins with ``ESC @ ESC t n`` (one code page for the whole job) and automatic status on, and ends with the cut and the
request that confirms it. It holds no bytes that a printer would obey in real time: rasters are changed by a dot where they would.
Not responsible for sending, nor for the drawer: a pulse is never part of a receipt.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, assert_never

from kiosk.devices.printing.plain import NO_BREAK, plain_document
from kiosk.devices.printing.profiles import Confirm, Profile, QrMeans
from kiosk.errors import Bug
from kiosk.receipt import code128, qr
from kiosk.receipt.document import Align, Barcode, Document, Qr, Size, Weight
from kiosk.receipt.layout import Line, lay_out

if TYPE_CHECKING:
    from PIL import Image

PICKLE_DIR: Final = "ESCPOS_CAPABILITIES_PICKLE_DIR"
RESET: Final = b"\x1b@"
STATUS_ON: Final = b"\x1da\xff"
CUT: Final = b"\x1dVB\x00"  # feed to the cutter, partial cut
TEAR: Final = b"\x1bd\x06"
AIR: Final = b"\x1bJ\x08"  # a millimetre under what is large
QUIET: Final = b"\x1bJ\x14"  # the white that a reader needs below a QR code
STREAM_STATUS: Final = b"\x1dr\x01"
BAR_MODULE_DOTS: Final = 3
BAR_DOTS: Final = 72
BAR_STRETCH: Final = 2  # rows are sent once and printed twice (GS v 0, mode 2)
NATIVE_QR_DOTS: Final = 4
HAZARD: Final = re.compile(b"\x10[\x04\x05\x14]")  # DLE EOT, DLE ENQ, DLE DC4: obeyed anywhere, inside a raster too

_ALIGN: Final = {Align.LEFT: b"\x1ba\x00", Align.CENTER: b"\x1ba\x01", Align.RIGHT: b"\x1ba\x02"}
_FONT: Final = {Size.SMALL: b"\x1bM\x01", Size.NORMAL: b"\x1bM\x00", Size.BIG: b"\x1bM\x00"}
_SCALE: Final = {Size.SMALL: b"\x1d!\x00", Size.NORMAL: b"\x1d!\x00", Size.BIG: b"\x1d!\x11"}


def confirmation(process_id: bytes) -> bytes:
    """The command after which the printer says that everything before it is on paper (GS ( H, function 48)."""
    if len(process_id) != 4 or any(not 0x20 <= byte <= 0x7E for byte in process_id):
        raise Bug("a process id is four printable characters")
    return b"\x1d(H\x06\x00\x30\x30" + process_id


def build_job(document: Document, profile: Profile, process_id: bytes) -> bytes:
    """The bytes of one job. The same document, profile and id give the same bytes."""
    out = bytearray(RESET + b"\x1bt" + bytes([profile.page]) + STATUS_ON)
    style = _Style(out)
    for item in lay_out(plain_document(document, profile.codec), profile.columns):
        match item:
            case Line():
                style.set(item.align, item.size, item.weight)
                out += item.text.replace(NO_BREAK, " ").encode(profile.codec) + b"\n"
                if item.size is Size.BIG:
                    out += AIR
            case Barcode(text):
                style.set(Align.CENTER, Size.NORMAL, Weight.PLAIN)
                out += _barcode(text, profile) + AIR + text.encode("ascii") + b"\n"
            case Qr(text):
                style.set(Align.CENTER, Size.NORMAL, Weight.PLAIN)
                out += _qr(text, profile) + QUIET
            case _:
                assert_never(item)
    style.set(Align.LEFT, Size.NORMAL, Weight.PLAIN)
    out += CUT if profile.cutter else TEAR
    match profile.confirm:
        case Confirm.PROCESS_ID:
            out += confirmation(process_id)
        case Confirm.GS_R:
            out += STREAM_STATUS
        case Confirm.NONE:
            pass
        case _:
            assert_never(profile.confirm)
    if HAZARD.search(out):
        raise Bug(f"{document.title}: the job would be obeyed in real time")
    return bytes(out)


def warm_up(cache: Path | None = None) -> None:
    """Import what building needs (half a second), so that the first receipt does not wait for it."""
    _library(cache)


class _Style:
    """Emits style commands only when something changes."""

    def __init__(self, out: bytearray) -> None:
        self._out = out
        self._now: dict[str, bytes] = {
            "align": _ALIGN[Align.LEFT],
            "font": _FONT[Size.NORMAL],
            "scale": _SCALE[Size.NORMAL],
            "bold": b"\x1bE\x00",
            "inverse": b"\x1dB\x00",
        }

    def set(self, align: Align, size: Size, weight: Weight) -> None:
        wanted = {
            "align": _ALIGN[align],
            "font": _FONT[size],
            "scale": _SCALE[size],
            "bold": b"\x1bE\x01" if weight is Weight.BOLD else b"\x1bE\x00",
            "inverse": b"\x1dB\x01" if weight is Weight.INVERSE else b"\x1dB\x00",
        }
        for name, command in wanted.items():
            if self._now[name] != command:
                self._out += command
        self._now = wanted


def _barcode(text: str, profile: Profile) -> bytes:
    bars = code128.modules(text)
    dots = BAR_MODULE_DOTS
    while len(bars) * dots + 2 * code128.QUIET_MODULES * dots > profile.dots and dots > 1:
        dots -= 1
    row = [bar for bar in bars for _ in range(dots)]
    return _raster([row] * (BAR_DOTS // BAR_STRETCH), profile, wide=1, tall=BAR_STRETCH)


def _qr(text: str, profile: Profile) -> bytes:
    rows = qr.matrix(text)
    dots = qr.module_dots(modules=len(rows), width_dots=profile.dots)
    match profile.qr:
        case QrMeans.RASTER:
            stretch = 2 if dots % 2 == 0 else 1  # half the rows and columns on the wire, doubled by the printer
            per_module = dots // stretch
            drawn = [[module for module in row for _ in range(per_module)] for row in rows for _ in range(per_module)]
            return _raster(drawn, profile, wide=stretch, tall=stretch)
        case QrMeans.NATIVE:
            dummy = _dummy(profile)
            dummy.qr(text, native=True, size=NATIVE_QR_DOTS, center=False)
            return bytes(dummy.output)
        case _:
            assert_never(profile.qr)


def _raster(rows: Sequence[Sequence[bool]], profile: Profile, *, wide: int, tall: int) -> bytes:
    if len(rows[0]) * wide > profile.dots:
        raise Bug(f"a raster of {len(rows[0]) * wide} dots on {profile.dots}")
    dummy = _dummy(profile)
    dummy.image(
        _harmless(rows),
        impl="bitImageRaster",
        center=False,
        high_density_horizontal=wide == 1,
        high_density_vertical=tall == 1,
    )
    return bytes(dummy.output)


def _harmless(rows: Sequence[Sequence[bool]]) -> "Image.Image":
    """The rows as a picture, with one dot changed wherever eight of them would be a real-time command's first byte."""
    from PIL import Image

    width_bytes = (len(rows[0]) + 7) // 8
    packed = bytearray()
    for row in rows:
        bits = "".join("1" if dot else "0" for dot in row).center(width_bytes * 8, "0")
        packed += int(bits, 2).to_bytes(width_bytes, "big")
    while found := HAZARD.search(packed):
        packed[found.start()] ^= 0x08  # 10 → 18: one dot more, nothing that anybody obeys
    black_is_one = Image.frombytes("1", (width_bytes * 8, len(rows)), bytes(packed))
    return black_is_one.point(lambda dot: 0 if dot else 255)


def _dummy(profile: Profile) -> Any:  # the library ships no types
    return _library(None).Dummy(profile=profile.base)


def _library(cache: Path | None) -> Any:
    """python-escpos, told where it may keep its pickle: it loads that file, so nobody else may write there."""
    if cache is not None and PICKLE_DIR not in os.environ:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        cache.chmod(0o700)
        os.environ[PICKLE_DIR] = str(cache)
    from escpos import printer

    return printer
