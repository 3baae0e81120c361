"""The customer display, two lines of twenty characters: shows the last thing it was told, at most five times a second.

Epson DM-D commands. One way only: whether anybody reads it cannot be known, but a port that is gone is noticed, and the last text
comes back with it. Not responsible for words.
"""

import threading
from collections.abc import Callable
from typing import Final, Never

from kiosk.clock import Clock
from kiosk.devices.health import HealthBoard
from kiosk.devices.ports import address_exists, open_address
from kiosk.devices.printing.plain import plain_text
from kiosk.devices.transport import STALLED, Opener
from kiosk.devices.worker import DeviceWorker, Link
from kiosk.errors import Trouble
from kiosk.settings import DeviceAddress
from kiosk.till.messages import DeviceHealth, DeviceState

COLUMNS: Final = 20
CODEC: Final = "cp1252"
PAGE: Final = 16
SHOW_S: Final = 0.2  # a frame every so often, the newest wins
WRITE_S: Final = 0.5  # a display that takes no bytes for so long is left alone until it does
START: Final = b"\x1b@\x1bt" + bytes([PAGE]) + b"\x1fC\x00\x0c"  # reset, code page, cursor off, clear
HOME: Final = b"\x0b"


def frame(top: str, bottom: str) -> bytes:
    """The bytes that show two lines: home and forty characters, in one piece, so that nothing flickers."""
    return HOME + b"".join(_line(text) for text in (top, bottom))


def _line(text: str) -> bytes:
    plain = plain_text(text, CODEC).replace("\n", " ")
    return plain[:COLUMNS].ljust(COLUMNS).encode(CODEC)


class EpsonDisplay:
    """Implements ``kiosk.till.ports.CustomerDisplay``. ``show`` never waits; health is posted as ``display``."""

    def __init__(
        self,
        address: DeviceAddress,
        *,
        post: Callable[[object], None],
        clock: Clock,
        opener: Opener = open_address,
    ) -> None:
        self._health = HealthBoard("display", post, clock)
        self._behaviour = _DisplayBehaviour(self._health)
        self._worker: DeviceWorker[Never] = DeviceWorker(
            "display",
            self._behaviour,
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

    def show(self, top: str, bottom: str) -> None:
        """Show two lines soon; a later call replaces an earlier one that was not shown yet. Longer text is cut at 20."""
        self._behaviour.wish(top, bottom)


class _DisplayBehaviour:
    tick_s = SHOW_S

    def __init__(self, health: HealthBoard) -> None:
        self._health = health
        self._lock = threading.Lock()
        self._wish: tuple[str, str] | None = None
        self._shown: tuple[str, str] | None = None

    def wish(self, top: str, bottom: str) -> None:
        with self._lock:
            self._wish = (top, bottom)

    def opened(self, link: Link) -> None:
        self._shown = None
        self._write(link, START)
        self._health.set(DeviceState.READY)
        self.tick(link)

    def received(self, link: Link, data: bytes) -> None:
        """A display says nothing; an echo of another device on the same cable is not for us."""

    def run(self, link: Link, job: Never) -> None:
        raise NotImplementedError  # there are no jobs: the wish is the state

    def refuse(self, job: Never, reason: str) -> None:
        raise NotImplementedError

    def tick(self, link: Link) -> None:
        with self._lock:
            wish = self._wish
        if wish is not None and wish != self._shown and self._write(link, frame(*wish)):
            self._shown = wish

    def lost(self) -> None:
        self._shown = None

    def _write(self, link: Link, data: bytes) -> bool:
        try:
            link.write(data, stall_s=WRITE_S, on_input=lambda _: None)
        except Trouble as trouble:
            if trouble.code != STALLED:
                raise
            link.discard_output()
            self._health.set(DeviceState.ATTENTION, "stalled")
            return False
        if self._health.current.state is DeviceState.ATTENTION:
            self._health.set(DeviceState.READY)
        return True
