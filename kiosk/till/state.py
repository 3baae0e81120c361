"""What the till publishes: one frozen value with the durable part (a fold over the journal) and the passing part of this process.

``Book`` is rebuilt from entries alone, by ``kiosk.till.fold``; every prefix of the journal folds to a legal book.
``TillState`` adds what
is not worth an entry: link, devices, the notice on screen, the answer to a balance question.
"""

from dataclasses import dataclass, field
from enum import Enum

from kiosk.domain.events import PaidTender, SaleCompleted
from kiosk.domain.money import Money
from kiosk.domain.refusals import PromiseRefusal, Reason, ScanRefusal
from kiosk.domain.sale import LinePhase
from kiosk.domain.series import Catalogue
from kiosk.protocol.messages import BalanceAnswer
from kiosk.till.messages import DeviceHealth


@dataclass(frozen=True, slots=True)
class Line:
    """One card of a sale. ``until_ms`` ends its hold (UTC); ``asked_ms`` is when its present wait began (UTC)."""

    line_id: str
    sale_id: str
    serial: str
    series: str
    face: Money
    entry_mode: str
    phase: LinePhase
    scanned_ms: int
    asked_ms: int
    until_ms: int | None = None
    reason: str | None = None
    pack: str | None = None
    position: int | None = None
    replaces: str | None = None
    rescanned: bool = False
    exception: str | None = None  # X1…X9 once a promise came back as an exception

    def __repr__(self) -> str:
        return f"Line({self.line_id}, ••••{self.serial[-4:]}, {self.phase.value})"


@dataclass(frozen=True, slots=True)
class Charge:
    """The bank-card leg of a sale. ``outcome`` is ``None`` while the terminal has it."""

    charge_id: str
    amount: Money
    manual: bool
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Sale:
    """One sale. ``completed`` is its fiscal fact with ``receipt_no``; ``closed`` when the cards are handed over."""

    sale_id: str
    opened_ms: int
    user: str
    lines: tuple[Line, ...]
    tenders: tuple[PaidTender, ...] = ()
    charge: Charge | None = None
    completed: SaleCompleted | None = None
    completed_ms: int | None = None
    completed_seq: int | None = None
    receipt_no: int | None = None
    signature: bytes = b""
    closed: bool = False


@dataclass(frozen=True, slots=True)
class PrintJob:
    """One print job as the journal knows it. ``copy_no`` 0 is the original. ``outcome`` is ``None`` while it is under way."""

    job_id: str
    receipt_no: int
    copy_no: int
    outcome: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Book:
    """The durable part. ``sales`` holds every sale that is not closed, and those of the last days; ``owed`` the line
    ids whose cancel the
    authority has not acknowledged; ``promises`` the lines promised and not settled; ``tasks`` exceptions that wait for a person."""

    user: str = ""
    sales: tuple[Sale, ...] = ()
    current: str | None = None  # the sale id at the counter
    owed: tuple[str, ...] = ()
    promises: tuple[str, ...] = ()
    tasks: tuple[tuple[str, str], ...] = ()  # (line id, X code)
    jobs: tuple[PrintJob, ...] = ()
    link_down_since_ms: int | None = None
    last_seq: int = 0
    last_receipt_no: int = 0
    running: bool = False  # TillStarted without TillStopped


class Stage(Enum):
    """What the counter is busy with; ``kiosk.ui.flow`` maps it to a screen."""

    STARTING = "starting"
    LOGGED_OUT = "logged_out"
    LOCKED = "locked"
    RECOVERY = "recovery"
    SALE = "sale"
    CHARGING = "charging"
    ACTIVATING = "activating"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    RESULT = "result"
    PROMISED = "promised"
    BALANCE = "balance"
    HALTED = "halted"


class Question(Enum):
    """What only the clerk can know after a restart."""

    CASH_TAKEN = "cash_taken"
    CUSTOMER_LEFT = "customer_left"
    MONEY_RETURNED = "money_returned"


@dataclass(frozen=True, slots=True)
class RecoveryQuestion:
    question: Question
    sale_id: str
    last4: tuple[str, ...]
    amount: Money


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened last and concerns the clerk: exactly one of the reasons is set, or ``key`` for good news (microcopy id)."""

    scan: ScanRefusal | None = None
    reason: Reason | None = None
    promise: PromiseRefusal | None = None
    key: str | None = None
    line_id: str | None = None
    last4: str | None = None
    until_ms: int | None = None
    till: str | None = None
    sold_at_ms: int | None = None
    trouble: str | None = None  # an error code such as JRN-02
    amount: Money | None = None
    count: int = 0
    serial_no: int = 0  # rises with each notice, so that two equal ones are two


@dataclass(frozen=True, slots=True)
class Balance:
    """The balance screen. ``asking`` while the authority has the question; ``unanswered`` when it did not answer."""

    asking: bool = False
    unanswered: bool = False
    last4: str | None = None
    answer: BalanceAnswer | None = None
    fault: ScanRefusal | None = None


@dataclass(frozen=True, slots=True)
class Clerk:
    """One person who may log in. The PIN's hash stays with the till's PIN keeper."""

    user_id: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class LogInState:
    """``tries_left`` after a wrong PIN; ``locked_until_ms`` (UTC) after too many."""

    user_id: str | None = None
    tries_left: int | None = None
    locked_until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class OfflineRoom:
    """What may still be promised now; ``refusal`` is why nothing may. ``cards`` counts what is left under every ceiling."""

    refusal: PromiseRefusal | None
    cards: int


@dataclass(frozen=True, slots=True)
class TillState:
    """Everything a face needs, published whole."""

    book: Book
    stage: Stage
    catalogue: Catalogue
    shop_name: str
    till_name: str
    now_ms: int
    clerks: tuple[Clerk, ...] = ()
    login: LogInState = field(default_factory=LogInState)
    link_up: bool = False
    outbox: int = 0
    devices: tuple[DeviceHealth, ...] = ()
    stock: tuple[tuple[str, int], ...] = ()
    notice: Notice | None = None
    removed: Line | None = None  # can still be put back
    replacing: str | None = None  # the refused line that the next scan replaces
    question: RecoveryQuestion | None = None
    waiting_ms: int = 0  # how long the activation on screen has been under way
    let_go: PromiseRefusal | None = PromiseRefusal.POLICY_OFF  # None: the customer may leave with the card
    offline: OfflineRoom = OfflineRoom(PromiseRefusal.POLICY_OFF, 0)
    balance: Balance | None = None
    demonstration_keys: bool = False
    trouble: str | None = None  # why the till is halted

    @property
    def sale(self) -> Sale | None:
        """The sale at the counter, or ``None`` for an empty basket."""
        return next((sale for sale in self.book.sales if sale.sale_id == self.book.current), None)
