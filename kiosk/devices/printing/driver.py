"""The printer as the till knows it: ``submit``, ``kick``, ``start``, ``stop``. Puts worker, ladder and profile together."""

from collections.abc import Callable
from pathlib import Path

from kiosk.clock import Clock
from kiosk.devices.health import HealthBoard
from kiosk.devices.ports import address_exists, open_address
from kiosk.devices.printing.jobs import Job, KickJob, PrintJob
from kiosk.devices.printing.printer import PrinterBehaviour, PrintTimings
from kiosk.devices.printing.profiles import DEFAULT_PROFILE, find_profile
from kiosk.devices.transport import Opener
from kiosk.devices.worker import DeviceWorker
from kiosk.receipt.document import Document
from kiosk.settings import DeviceAddress
from kiosk.till.messages import DeviceHealth


class EscposPrinter:
    """Implements ``kiosk.till.ports.ReceiptPrinter``. No call waits; each job is answered once by ``PrintFinished``.

    Raises ``UnknownProfileError`` at once for a profile that does not exist. ``cache`` is a private folder for the byte builder.
    """

    def __init__(
        self,
        address: DeviceAddress,
        *,
        post: Callable[[object], None],
        clock: Clock,
        timings: PrintTimings | None = None,
        cache: Path | None = None,
        opener: Opener = open_address,
    ) -> None:
        self._health = HealthBoard("printer", post, clock)
        behaviour = PrinterBehaviour(
            find_profile(address.option("profile", DEFAULT_PROFILE)),
            baud=address.baud,
            post=post,
            health=self._health,
            clock=clock,
            timings=timings or PrintTimings(),
            cache=cache,
        )
        self._worker: DeviceWorker[Job] = DeviceWorker(
            "printer",
            behaviour,
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
        """End within ``timeout_s``; a running job may finish. Whether it has ended."""
        return self._worker.stop(timeout_s)

    def submit(self, job_id: str, document: Document) -> None:
        self._worker.submit(PrintJob(job_id, document))

    def kick(self, job_id: str) -> None:
        """Open the drawer that hangs on this printer; ``DrawerKicked`` comes back once."""
        self._worker.submit(KickJob(job_id))
