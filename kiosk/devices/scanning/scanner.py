"""The bar-code scanner on a serial port: posts what was read, once, with its symbology.

It takes no jobs and asks nothing: a silent scanner and no scanner look alike while the port is there. Whether a text is a card is
the till's business, and so is the sound; the scanner's own beep only says that it saw something.
"""

from collections.abc import Callable
from typing import Final, Never

from kiosk.clock import Clock
from kiosk.devices.health import HealthBoard
from kiosk.devices.ports import address_exists, open_address
from kiosk.devices.scanning.frames import SILENCE_MS, Frame, Framer, Unread
from kiosk.devices.scanning.symbology import split_aim
from kiosk.devices.transport import Opener
from kiosk.devices.worker import DeviceWorker, Link
from kiosk.settings import DeviceAddress
from kiosk.till.messages import DeviceHealth, DeviceState, Scanned, ScanUnread

IDLE_TICK_S: Final = 1.0


class SerialScanner:
    """Posts ``Scanned`` and ``ScanUnread``, and ``DeviceHealth`` as ``scanner``."""

    def __init__(
        self,
        address: DeviceAddress,
        *,
        post: Callable[[object], None],
        clock: Clock,
        opener: Opener = open_address,
    ) -> None:
        self._health = HealthBoard("scanner", post, clock)
        self._worker: DeviceWorker[Never] = DeviceWorker(
            "scanner",
            _ScannerBehaviour(post, self._health, clock),
            open_port=lambda: opener(address),
            port_exists=lambda: address_exists(address),
            health=self._health,
            clock=clock,
        )

    @property
    def health(self) -> DeviceHealth:
        """What was posted last."""
        return self._health.current

    def start(self) -> None:
        self._worker.start()

    def stop(self, timeout_s: float = 2.0) -> bool:
        """End within ``timeout_s``. Whether it has ended."""
        return self._worker.stop(timeout_s)


class _ScannerBehaviour:
    tick_s = IDLE_TICK_S

    def __init__(self, post: Callable[[object], None], health: HealthBoard, clock: Clock) -> None:
        self._post = post
        self._health = health
        self._clock = clock
        self._framer = Framer()

    def opened(self, link: Link) -> None:
        del link
        self._framer.reset()
        self._health.set(DeviceState.READY)

    def received(self, link: Link, data: bytes) -> None:
        self._tell(self._framer.feed(data, self._clock.monotonic_ms()))
        while self._framer.waiting:
            more = link.wait((SILENCE_MS + 1) / 1000)
            now_ms = self._clock.monotonic_ms()
            self._tell(self._framer.feed(more, now_ms) if more else self._framer.silence(now_ms))

    def run(self, link: Link, job: Never) -> None:
        raise NotImplementedError  # there are no jobs

    def refuse(self, job: Never, reason: str) -> None:
        raise NotImplementedError

    def tick(self, link: Link) -> None:
        """A scanner is not asked anything: some take every byte for a command."""

    def lost(self) -> None:
        self._framer.reset()

    def _tell(self, found: list[Frame | Unread]) -> None:
        for item in found:
            if isinstance(item, Unread):
                self._post(ScanUnread(item.value))
            else:
                read = split_aim(item.text)
                self._post(Scanned(read.text, read.symbology, self._clock.now_ms(), item.complete))
