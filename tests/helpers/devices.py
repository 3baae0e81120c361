"""Drivers on virtual devices, with times short enough for tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kiosk.clock import SystemClock
from kiosk.devices.printing.driver import EscposPrinter
from kiosk.devices.printing.printer import PrintTimings
from kiosk.devices.virtual import VirtualPrinter, parse_fault
from kiosk.domain.sale import PrintOutcome
from kiosk.receipt.document import Document
from kiosk.settings import parse_device_address
from kiosk.till.messages import DeviceHealth, DeviceState, PrintFinished
from tests.helpers.mailbox import Mailbox
from tests.helpers.receipts import receipt

QUICK: Final = PrintTimings(answer_s=0.25, stall_s=0.5, mechanism_s=0.8, poll_s=0.1, clear_s=0.3)
STEADY: Final = PrintTimings(answer_s=1.0, stall_s=2.0, mechanism_s=3.0, poll_s=0.1, clear_s=0.5)
OPENED: Final = frozenset({DeviceState.READY, DeviceState.ATTENTION})


@dataclass
class Bench:
    """A printer driver, its virtual printer and what was posted."""

    twin: VirtualPrinter
    driver: EscposPrinter
    mail: Mailbox

    def inject(self, words: str) -> None:
        """Do something to the printer: ``paper_out 300``."""
        self.twin.inject(parse_fault(words))

    def print(self, job_id: str, document: Document | None = None) -> PrintFinished:
        """Print and wait for the outcome."""
        self.driver.submit(job_id, document or receipt())
        return self.ended(job_id)

    def ended(self, job_id: str) -> PrintFinished:
        """The outcome of a job that was submitted."""
        return self.mail.wait(PrintFinished, lambda message: message.job_id == job_id)

    def health(self, state: DeviceState, reason: str | None = None) -> DeviceHealth:
        """Wait until the printer is in a state."""
        return self.mail.wait(DeviceHealth, lambda message: message.state is state and reason in (None, message.reason))

    def ready(self) -> DeviceHealth:
        return self.health(DeviceState.READY)


@contextmanager
def bench(
    folder: Path, *, options: str = "", timings: PrintTimings = QUICK, start: bool = True, baud: int = 115200
) -> Iterator[Bench]:
    """A plugged-in printer and its driver; both end with the block."""
    mail = Mailbox()
    with VirtualPrinter(link=folder / "printer") as twin:
        address = parse_device_address(f"serial://{folder}/printer?baud={baud}{options}")
        driver = EscposPrinter(address, post=mail, clock=SystemClock(), timings=timings)
        made = Bench(twin, driver, mail)
        if start:
            driver.start()
        try:
            yield made
        finally:
            assert driver.stop(5.0)


SURE: Final = frozenset({PrintOutcome.PRINTED, PrintOutcome.REFUSED})
