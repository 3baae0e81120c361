"""What the world tells the till: answers of the wire, scans, device health, timers. Values only; each is put into
the till's mailbox.

Commands of people are in ``kiosk.till.commands``.
"""

from dataclasses import dataclass
from enum import Enum

from kiosk.domain.sale import ChargeOutcome, PrintOutcome
from kiosk.protocol.messages import BalanceAnswer, ChangesAnswer, EntriesAnswer, LineAnswer


class DeviceState(Enum):
    """A device's link as a fact with an age; ``ATTENTION`` carries a reason (paper out, cover open, no answer)."""

    DISABLED = "disabled"
    ABSENT = "absent"
    OPENING = "opening"
    READY = "ready"
    ATTENTION = "attention"
    LOST = "lost"
    DENIED = "denied"


class PaperLevel(Enum):
    OK = "ok"
    LOW = "low"
    OUT = "out"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Scanned:
    """One frame of a scanner. ``symbology`` is the AIM identifier without the bracket, if it was sent. ``complete``:
    the frame had its
    suffix; an incomplete one is refused for money."""

    text: str
    symbology: str | None
    at_ms: int
    complete: bool

    def __repr__(self) -> str:
        return f"Scanned(…{len(self.text)} characters, {self.symbology})"


@dataclass(frozen=True, slots=True)
class ScanUnread:
    """The scanner sent its "no read", or junk."""

    reason: str


@dataclass(frozen=True, slots=True)
class LineAnswered:
    """What came of one ``LineCall``. ``answer`` is ``None`` when no signed answer arrived in time: unknown, never a no.

    ``sent`` is false when certainly no byte left (no route); the till still treats a commit as unknown. ``problem`` is the stable
    name of a signed problem (``unknown-terminal``, ``idempotency-conflict``, …) when that is why there is no answer; it is
    for the log and the technician and never a business no.
    """

    verb: str
    line_id: str
    answer: LineAnswer | None
    sent: bool = True
    n: int = 0
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class BalanceAnswered:
    question_id: str
    answer: BalanceAnswer | None


@dataclass(frozen=True, slots=True)
class LinkProbed:
    """A signed time arrived (``time_ms``), or none did. ``clock_off_ms``: the machine's wall clock minus the authority's, as far
    as it was ever learnt; beyond 60 s a banner is due, and nothing may be promised (``PromiseRefusal.CLOCK``)."""

    time_ms: int | None
    clock_off_ms: int = 0
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class EntriesDelivered:
    """The end of one ``deliver``: results for some or all of the batch's entries, in their order. ``outcome``: applied · already ·
    exception (with its X code), or a problem's name (``malformed-request``) for an entry that the authority cannot take at all.

    The till appends the ``PromiseSettled`` that follow, gives the answer to ``JournalStore.mark_delivered``, and asks for the next
    batch, at most ``answer.max_batch`` long.
    """

    answer: EntriesAnswer


@dataclass(frozen=True, slots=True)
class ChangesReceived:
    """One page of changes for ``JournalStore.apply_changes``, or ``None`` when no signed answer came. ``page.more``: ask again.

    ``expired``: the authority no longer knows the cursor (410); the download starts again from the beginning.
    """

    page: ChangesAnswer | None
    expired: bool = False


@dataclass(frozen=True, slots=True)
class PrintFinished:
    job_id: str
    outcome: PrintOutcome
    reason: str
    bytes_sent: int


@dataclass(frozen=True, slots=True)
class DrawerKicked:
    job_id: str
    outcome: PrintOutcome


@dataclass(frozen=True, slots=True)
class BankCardAnswered:
    charge_id: str
    outcome: ChargeOutcome


@dataclass(frozen=True, slots=True)
class DeviceHealth:
    """``device``: scanner · printer · display · bankcard. ``reason`` is a stable code such as ``paper_out``, empty when ready."""

    device: str
    state: DeviceState
    reason: str
    since_ms: int
    paper: PaperLevel = PaperLevel.UNKNOWN


@dataclass(frozen=True, slots=True)
class TimerDue:
    name: str


Message = (
    Scanned | ScanUnread | LineAnswered | BalanceAnswered | LinkProbed | EntriesDelivered | ChangesReceived | PrintFinished
    | DrawerKicked | BankCardAnswered | DeviceHealth | TimerDue
)  # fmt: skip
