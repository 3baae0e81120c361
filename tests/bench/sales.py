"""From the scanner's first byte to the painted line, and from the clerk's key to the activated card: whole sales on loopback.

Everything ships: pty, till, durable journal, signed HTTP, authority with durable commits, the real screen painted offscreen.
Measured and printed, never asserted.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QApplication

from kiosk.bootstrap.faces import Clerk
from kiosk.bootstrap.terminal import Machine
from kiosk.demo.scheme import SHOP
from kiosk.domain.sale import LinePhase
from kiosk.till.commands import LogIn, NextSale, PayCash
from kiosk.till.messages import DeviceState
from kiosk.till.state import Stage, TillState
from tests.bench.figures import row
from tests.helpers.shop import Shop

STEP_S = 30.0


@dataclass(frozen=True, slots=True)
class Sales:
    """Milliseconds of each sale: scan to painted line, scan to held card, key to activated card on screen."""

    line_ms: Sequence[float]
    held_ms: Sequence[float]
    activated_ms: Sequence[float]

    def lines(self) -> list[str]:
        """For a person."""
        return [
            row("scan to line on screen", self.line_ms),
            row("scan to card held by the authority", self.held_ms),
            row("Enter to card activated on screen", self.activated_ms),
        ]


def measure(*, count: int = 200) -> Sales:
    """Sell ``count`` cards, one after the other."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    line_ms: list[float] = []
    held_ms: list[float] = []
    activated_ms: list[float] = []
    with tempfile.TemporaryDirectory() as folder, Shop(Path(folder)) as shop:
        serials = _stock(shop, count)
        clerk = Clerk(app, Machine.load(shop.till_folder))
        clerk.open()

        def until(condition: Callable[[TillState], bool]) -> float:
            deadline = time.monotonic() + STEP_S
            while clerk.state is None or not condition(clerk.state):
                app.processEvents()
                if time.monotonic() > deadline:
                    raise TimeoutError(f"the sale stopped at {clerk.state and clerk.state.stage}")
            clerk.window.repaint()
            return time.perf_counter()

        until(lambda state: state.stage is Stage.LOGGED_OUT and _scanner_ready(state))
        clerk.terminal.post(LogIn("nadia", "2846"))
        until(lambda state: state.stage is Stage.SALE)
        for serial in serials:
            begun = time.perf_counter()
            shop.scanner.scan(serial)
            line_ms.append(1000 * (until(lambda state: bool(state.sale and state.sale.live)) - begun))
            held_ms.append(1000 * (until(lambda state: _phase(state) is LinePhase.HELD) - begun))
            begun = time.perf_counter()
            clerk.terminal.post(PayCash(2_000))
            activated_ms.append(1000 * (until(lambda state: state.stage is Stage.RESULT) - begun))
            clerk.terminal.post(NextSale())
            until(lambda state: state.stage is Stage.SALE and not (state.sale and state.sale.live))
        clerk.close()
    return Sales(line_ms, held_ms, activated_ms)


def _stock(shop: Shop, count: int) -> list[str]:
    issued = shop.operator.call("issue", "--series", "12", "--cards", str(count), "--pack-cards", str(count))
    ((pack, serials),) = shop.operator.packs_of(str(issued["lot"]))
    shop.operator.call("ship", pack, "--shop", SHOP)
    shop.operator.call("receive", serials[0], serials[-1], "--shop", SHOP)
    shop.operator.call("limits", "--cards", "1000000")
    return serials


def _phase(state: TillState) -> LinePhase | None:
    return state.sale.live[-1].phase if state.sale and state.sale.live else None


def _scanner_ready(state: TillState) -> bool:
    return any(health.device == "scanner" and health.state is DeviceState.READY for health in state.devices)
