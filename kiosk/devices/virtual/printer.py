"""A receipt printer that is not there: on a real pseudo-terminal, with paper to look at and hands that can open its cover.

    with VirtualPrinter(link=folder / "printer") as printer:
        printer.inject(parse_fault("paper_out 400"))
        ...
        printer.receipts[0], printer.picture(0)

Shipped: the workbench and the tests use the same one. Behaviour of the mechanism is ``printer_engine``'s, drawing is ``roll``'s.
"""

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Final, assert_never, cast

from kiosk.clock import Clock, SystemClock
from kiosk.devices.virtual.faults import (
    Answering,
    Change,
    Fault,
    Flow,
    Late,
    Overrun,
    Part,
    Speed,
    Taking,
    Talk,
)
from kiosk.devices.virtual.printer_engine import Paper, PrinterEngine
from kiosk.devices.virtual.pty_host import READ_BYTES, Plugged, PtyHost
from kiosk.devices.virtual.roll import Roll

if TYPE_CHECKING:
    from PIL.Image import Image

XOFF: Final = b"\x13"
XON: Final = b"\x11"
DOTS: Final = 512
BURST_S: Final = 0.05  # a slow wire delivers in portions of so much time
SCRAMBLE: Final = bytes((byte * 37 + 11) & 0xFF for byte in range(256))


class VirtualPrinter(Plugged):
    """An 80 mm printer (42 columns of 512 dots unless told otherwise). ``baud`` makes bytes unreadable at any other speed."""

    def __init__(self, *, link: Path, dots: int = DOTS, baud: int | None = None, clock: Clock | None = None) -> None:
        self._dots = dots
        self._twin = _PrinterTwin(PrinterEngine(), clock or SystemClock())
        self._host = PtyHost(link, self._twin, clock=clock)
        self._twin.host = self._host
        self._twin.baud = baud

    @property
    def _engine(self) -> PrinterEngine:
        return self._twin.engine

    def inject(self, fault: Fault) -> None:
        """Do something to the printer; done on return, or armed when the fault waits for bytes."""
        self._host.call(lambda: self._twin.inject(fault))

    @property
    def receipts(self) -> list[bytes]:
        """The bytes of each piece of paper that was cut off, oldest first."""
        return self._host.call(lambda: [bytes(paper.data) for paper in self._engine.sheets])

    @property
    def printed_ids(self) -> list[bytes]:
        """The process ids that were worked through, in order: what came before each is on paper."""
        return self._host.call(lambda: list(self._engine.printed_ids))

    @property
    def drawer_open(self) -> bool:
        return self._engine.drawer_open

    @property
    def drawer_kicks(self) -> int:
        return self._engine.drawer_kicks

    @property
    def lost_bytes(self) -> int:
        """Bytes that fell on the floor: power off, or no flow control."""
        return self._engine.lost_bytes

    @property
    def unknown(self) -> str:
        """The bytes that stopped the printer because it does not know them, or nothing."""
        return self._engine.unknown

    @property
    def real_time(self) -> list[bytes]:
        """Real-time commands that were obeyed."""
        return self._host.call(lambda: list(self._engine.real_time))

    @property
    def condition(self) -> dict[str, bool]:
        """Switches and sensors by name, for a workbench to show."""
        engine = self._engine
        return {
            "power": engine.power,
            "paper_low": engine.paper_low,
            "paper_out": engine.paper_out,
            "cover_open": engine.cover_open,
            "drawer_open": engine.drawer_open,
            "plugged": self._host.plugged,
        }

    def text(self, number: int) -> tuple[str, ...]:
        """The lines of a receipt as the paper shows them; −1 is the newest."""
        return self._roll(self._sheet(number)).lines

    def picture(self, number: int) -> bytes:
        """A PNG of a receipt."""
        return self._roll(self._sheet(number)).picture()

    def dots(self, number: int) -> "Image":
        """A receipt's bare dots, black on white, for a bar-code reader."""
        return cast("Image", self._roll(self._sheet(number)).dots())

    def hanging(self) -> tuple[str, ...]:
        """The text that hangs out of the printer and was not cut off."""
        return self._roll(self._host.call(lambda: _copy(self._engine.current))).lines

    def hanging_picture(self) -> bytes:
        return self._roll(self._host.call(lambda: _copy(self._engine.current))).picture()

    def _sheet(self, number: int) -> Paper:
        return self._host.call(lambda: _copy(self._engine.sheets[number]))

    def _roll(self, paper: Paper) -> Roll:
        roll = Roll(self._dots)
        roll.print(paper.tokens)
        return roll


class _PrinterTwin:
    """Stands between the host's thread and the mechanism: speed, silence, stalls, late answers."""

    host: PtyHost

    def __init__(self, engine: PrinterEngine, clock: Clock) -> None:
        self.engine = engine
        self.baud: int | None = None
        self._clock = clock
        self._pending: deque[tuple[int, bytes]] = deque()
        self._bytes_per_s = 0
        self._allowance = 0.0
        self._allowed_at_ms = clock.monotonic_ms()

    def inject(self, fault: Fault) -> None:
        match fault:
            case Change(part, after_bytes) if after_bytes:
                self.engine.arm(after_bytes, lambda: self._change(part))
            case Change(part):
                self._change(part)
            case Answering(talk):
                self.engine.talk = talk
                self.host.split_output = talk is Talk.SPLIT
            case Taking(flow, after_bytes) if after_bytes:
                self.engine.arm(after_bytes, lambda: self._take(flow))
            case Taking(flow):
                self._take(flow)
            case Speed(bytes_per_s):
                self._bytes_per_s = bytes_per_s
                self._allowed_at_ms = self._clock.monotonic_ms()
            case Late(ms):
                self.engine.late_ms = ms
            case Overrun(buffer_bytes):
                self.engine.overrun_bytes = buffer_bytes
            case _:
                assert_never(fault)
        self.engine.work()

    def _change(self, part: Part) -> None:
        match part:
            case Part.UNPLUG:
                self.host.unplug()
            case Part.REPLUG:
                self.host.plug()
            case _:
                self.engine.change(part)

    def _take(self, flow: Flow) -> None:
        before, self.engine.flow = self.engine.flow, flow
        if flow is Flow.XOFF:
            self.engine.answers.append((0, XOFF))
        elif before is Flow.XOFF:
            self.engine.answers.append((0, XON))

    # the host's calls

    def arrived(self, data: bytes) -> None:
        self._allowance -= len(data)
        self.engine.feed(data if self._in_tune else data.translate(SCRAMBLE))
        self.engine.work()

    def leaving(self) -> bytes:
        now_ms = self._clock.monotonic_ms()
        self._pending.extend((now_ms + delay_ms, data) for delay_ms, data in self.engine.answers)
        self.engine.answers.clear()
        ready = [data for due_ms, data in self._pending if due_ms <= now_ms]
        self._pending = deque(item for item in self._pending if item[0] > now_ms)
        data = b"".join(ready)
        return data if self._in_tune else data.translate(SCRAMBLE)

    def room(self) -> int:
        room = self.engine.room()
        if not self._bytes_per_s:
            return room
        now_ms = self._clock.monotonic_ms()
        most = self._bytes_per_s * BURST_S
        self._allowance = min(most, self._allowance + (now_ms - self._allowed_at_ms) / 1000 * self._bytes_per_s)
        self._allowed_at_ms = now_ms
        return min(room, int(self._allowance), READ_BYTES)

    def due_s(self) -> float | None:
        waits = [max(0.0, (due_ms - self._clock.monotonic_ms()) / 1000) for due_ms, _ in self._pending]
        if self._bytes_per_s:
            waits.append(BURST_S / 2)
        return min(waits, default=None)

    def elapsed(self) -> None:
        self.engine.work()

    @property
    def _in_tune(self) -> bool:
        return self.baud is None or self.host.speed == self.baud


def _copy(paper: Paper) -> Paper:
    return Paper(list(paper.tokens), bytearray(paper.data), paper.cut)
