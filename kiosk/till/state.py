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
from kiosk.domain.tender import TenderKind
from kiosk.protocol.messages import BalanceAnswer
from kiosk.till.messages import DeviceHealth


@dataclass(frozen=True, slots=True)
class Line:
    """One card of a sale. ``until_ms`` ends its hold as first answered (UTC; extensions have no entry); ``asked_ms`` is when its
    present wait began (UTC)."""

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
    promised_seq: int | None = None  # where its ``CardPromised`` stands; results of deliveries name entries, not lines
    outside_policy: str | None = None
    doubt: bool = False  # a restart found it activating or handed over: only the clerk knows where the card is

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
    abandoned: bool = False  # every line was released and no money stayed in; ``closed`` too
    left: bool = False  # after a restart the clerk said that the customer has gone with the cards
    question: "Question | None" = None  # what the clerk must answer after a restart, before anything is sold

    @property
    def live(self) -> tuple[Line, ...]:
        """The lines that are still part of the sale: all but the released ones."""
        return tuple(line for line in self.lines if line.phase is not LinePhase.RELEASED)

    @property
    def charge_pending(self) -> Charge | None:
        """The charge that is not resolved: asked and not answered, or answered with unknown."""
        return self.charge if self.charge is not None and self.charge.outcome in (None, "unknown") else None

    @property
    def tender(self) -> str | None:
        """How it was paid, or ``None`` while it is not."""
        return self.tenders[-1].tender if self.tenders else None


@dataclass(frozen=True, slots=True)
class PrintJob:
    """One print job as the journal knows it. ``copy_no`` 0 is the original. ``outcome`` is ``None`` while it is under way."""

    job_id: str
    receipt_no: int
    copy_no: int
    outcome: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WrongTries:
    """Wrong PINs of one person since the last right one. ``at_ms`` is when the last of them was typed (UTC)."""

    user_id: str
    count: int
    at_ms: int


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
    last_at_ms: int = 0
    running: bool = False  # TillStarted without TillStopped
    locked: bool = False  # the basket is kept; whoever logs in next goes on
    currency: str = ""  # as of the last TillStarted; every amount in the entries is in it
    wrong: tuple[WrongTries, ...] = ()

    def sale(self, sale_id: str | None) -> Sale | None:
        """The sale with this id, or ``None``."""
        return next((sale for sale in self.sales if sale.sale_id == sale_id), None)

    def line(self, line_id: str) -> Line | None:
        """The line with this id, or ``None``. The newest sales are looked at first."""
        for sale in reversed(self.sales):
            for line in sale.lines:
                if line.line_id == line_id:
                    return line
        return None


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


class TenderHurdle(Enum):
    """Why a tender cannot be taken now. ``OFFLINE``: the link is down, and ``TenderOffer.promise`` says why not promised."""

    EMPTY = "empty"
    ANSWER_AWAITED = "answer_awaited"  # a hold has not been answered yet; a payment given now waits for it
    NOT_LISTED = "not_listed"  # a card without a hold that the stock snapshot does not list here
    SERIES = "series"  # a card in the basket may not be paid this way
    OFFLINE = "offline"
    NO_TERMINAL = "no_terminal"  # no bank-card terminal is connected; the manual way stays open


@dataclass(frozen=True, slots=True)
class TenderOffer:
    """Whether the sale on screen may be paid this way now; ``hurdle`` is ``None`` when it may. ``line_id``: the card that stands in
    the way."""

    kind: TenderKind
    hurdle: TenderHurdle | None
    promise: PromiseRefusal | None = None
    line_id: str | None = None


class DiskRoom(Enum):
    """How much disk is left for the journal (JR-11). ``LOW`` warns, ``NO_PROMISES`` stops sales without the authority, ``NO_SALES``
    lets the sale in hand end and starts none."""

    AMPLE = "ample"
    LOW = "low"
    NO_PROMISES = "no_promises"
    NO_SALES = "no_sales"


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
    tenders: tuple[TenderOffer, ...] = ()
    due: Money | None = None  # of the sale on screen, before it is paid
    paying: bool = False  # a payment was asked for and waits for the last hold's answer
    background: tuple[str, ...] = ()  # sale ids that are not on screen and not handed over
    choices: bool = False  # 20 s without an answer: wait, give back or let go
    asking: bool = False  # an answer about the sale on screen is awaited right now
    parked: int = 0  # entries that the authority cannot take and that wait for a person
    disk: DiskRoom = DiskRoom.AMPLE
    tampered: bool = False  # the journal is not what its anchors saw: nothing is sold
    clock_off_ms: int = 0
    demonstration_keys: bool = False
    trouble: str | None = None  # why the till is halted

    @property
    def sale(self) -> Sale | None:
        """The sale at the counter, or ``None`` for an empty basket."""
        return next((sale for sale in self.book.sales if sale.sale_id == self.book.current), None)
