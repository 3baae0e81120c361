"""What the printer's thread is asked to do, and what became of it. Values only; the journal remembers jobs, not this room."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from kiosk.domain.sale import PrintOutcome
from kiosk.receipt.document import Document
from kiosk.till.messages import DrawerKicked, PrintFinished

_ALPHABET: Final = bytes(range(0x21, 0x7F))  # what a process id may hold, without the space


@dataclass(frozen=True, slots=True)
class PrintJob:
    """Print a document once. ``job_id`` is the journal's."""

    job_id: str
    document: Document

    @property
    def process_id(self) -> bytes:
        """Four characters that the printer gives back: the same for the same job, another's only once in 78 million."""
        number = int.from_bytes(hashlib.sha256(self.job_id.encode()).digest()[:8], "big")
        return bytes(_ALPHABET[number // len(_ALPHABET) ** place % len(_ALPHABET)] for place in range(4))


@dataclass(frozen=True, slots=True)
class KickJob:
    """Open the drawer once. Never part of a receipt and never repeated with one."""

    job_id: str


Job = PrintJob | KickJob


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ended. ``REFUSED`` promises that nothing was printed; ``PRINTED`` that the device said so."""

    outcome: PrintOutcome
    reason: str = ""
    bytes_sent: int = 0


def post_ending(post: Callable[[object], None], job: Job, ending: Ending) -> None:
    """Tell the till; exactly once for each job."""
    match job:
        case PrintJob(job_id):
            post(PrintFinished(job_id, ending.outcome, ending.reason, ending.bytes_sent))
        case KickJob(job_id):
            post(DrawerKicked(job_id, ending.outcome))
