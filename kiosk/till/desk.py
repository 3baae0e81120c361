"""What the till's subjects share: the journal and the book that follows it, the ports, and the passing part of the state.

``append`` is the one way to the journal: every effect on the world is called after it returned. Not responsible for any decision.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from kiosk.clock import Clock, IdSource
from kiosk.domain.currency import Currency
from kiosk.domain.events import Event, SaleClosed, SaleCompleted, ShopIdentity
from kiosk.domain.money import Money
from kiosk.domain.refusals import ScanRefusal
from kiosk.domain.sale import BASKET_PHASES
from kiosk.domain.series import Catalogue
from kiosk.errors import Bug
from kiosk.failpoints import failpoint
from kiosk.till import fold
from kiosk.till.commands import PayBankCard, PayCash
from kiosk.till.fiscal import sale_completed
from kiosk.till.messages import DeviceHealth
from kiosk.till.ports import (
    AuthorityGateway,
    BankCardTerminal,
    CashDrawer,
    ClerkRegister,
    CustomerDisplay,
    JournalStore,
    ReceiptPrinter,
    ReceiptWriter,
    Scheduler,
    Snapshot,
    SoundPlayer,
)
from kiosk.till.state import Balance, Book, Line, LogInState, Notice, Sale, TillState

SILENCE_TIMER: Final = "link"
SILENCE_MS: Final = 15_000  # without a signed answer for this long the link is down


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What does not change while a till runs. ``other_catalogues`` are known and not sold here: their cards have a sentence."""

    catalogue: Catalogue
    shop: ShopIdentity
    software: str
    other_catalogues: tuple[Catalogue, ...] = ()
    demonstration_keys: bool = False
    balance_only: bool = False  # the customer face: a balance is always open, nobody logs in and nothing is sold


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything outside that the till speaks to. ``bankcard`` is ``None`` where the clerk types amounts into the terminal."""

    journal: JournalStore
    gateway: AuthorityGateway
    printer: ReceiptPrinter
    drawer: CashDrawer
    display: CustomerDisplay
    bankcard: BankCardTerminal | None
    sounds: SoundPlayer
    scheduler: Scheduler
    receipts: ReceiptWriter
    clerks: ClerkRegister
    clock: Clock
    ids: IdSource
    publish: Callable[[TillState], None]


@dataclass(slots=True)
class Passing:
    """What a restart may forget. Times are monotonic milliseconds unless they say otherwise."""

    started: bool = False
    trouble: str | None = None
    counter: str | None = None  # the sale on screen; the book's ``current`` is where a restart would begin
    notice: Notice | None = None
    notices: int = 0
    removed: Line | None = None
    replacing: str | None = None
    paying: PayCash | PayBankCard | None = None
    balance: Balance | None = None
    login: LogInState = field(default_factory=LogInState)
    devices: dict[str, DeviceHealth] = field(default_factory=dict)
    committed_at: dict[str, int] = field(default_factory=dict)  # line id -> when its commit began in this process
    rescanned: set[str] = field(
        default_factory=set
    )  # line ids whose card was shown again while its activation was unknown
    choices_from: int = 0  # the clerk chose to wait: not asked again before
    interrupted: set[str] = field(default_factory=set)  # sale ids that a restart found with a charge under way
    revoked: bool = False  # the authority says that this terminal is none of its own (any more)
    clock_off_ms: int | None = None  # the wall clock minus the authority's, once it was learnt
    asked_since: int | None = None  # the first question since the last signed answer


class Desk:
    """One till's journal, book, ports and passing state; single-threaded."""

    def __init__(self, *, settings: Settings, ports: Ports) -> None:
        self.settings = settings
        self.ports = ports
        self.book = Book()
        self.passing = Passing()
        self._snapshot: Snapshot | None = None
        self.on_completed: Callable[[Sale], None] = lambda sale: None  # set by the subject that announces sales

    # ---- the journal

    def append(self, *events: Event, by_nobody: bool = False) -> None:
        """Store these events in one transaction and fold them; ``by_nobody``: the process itself, whoever was logged in last.

        Raises ``Trouble`` when nothing could be stored, ``Bug`` before anything is stored when the table does not allow them."""
        user = "" if by_nobody else self.book.user
        trial = self.book
        for event in events:
            trial = fold.on_trial(trial, event, at_ms=self.now_ms(), user=user)
        failpoint("till.append.before")
        for entry in self.ports.journal.append(events, user=user):
            self.book = fold.fold(self.book, entry)
        failpoint("till.append.after")

    def append_and_complete(self, sale_id: str, *events: Event, close: bool = False) -> None:
        """``append``, with ``SaleCompleted`` in the same transaction when these events leave nothing of the sale open; with
        ``close``, its ``SaleClosed`` too. Appends nothing when there is nothing to append."""
        trial = self.book
        for event in events:
            trial = fold.on_trial(trial, event, at_ms=self.now_ms(), user=self.book.user)
        sale = trial.sale(sale_id)
        if sale is None:
            raise Bug("a sale is completed that was never opened")
        ending: list[Event] = []
        if fold.completable(sale):
            ending.append(self._fiscal_fact(sale))
        if close and not sale.closed and (ending or sale.completed is not None):
            ending.append(SaleClosed(sale_id))
        if events or ending:
            self.append(*events, *ending)
        done = self.book.sale(sale_id)
        if ending and done is not None and isinstance(ending[0], SaleCompleted):
            self.on_completed(done)

    def _fiscal_fact(self, sale: Sale) -> SaleCompleted:
        return sale_completed(
            sale,
            shop=self.settings.shop,
            software=self.settings.software,
            operator=self.name_of(sale.user),
            catalogue=self.settings.catalogue,
        )

    # ---- looking things up

    def snapshot(self) -> Snapshot:
        """What was downloaded, read once until ``downloads_moved``."""
        if self._snapshot is None:
            self._snapshot = self.ports.journal.snapshot()
        return self._snapshot

    def downloads_moved(self) -> None:
        """Stock, block list, policy or the last contact changed on the disk."""
        self._snapshot = None

    @property
    def sale(self) -> Sale | None:
        """The sale on screen."""
        return self.book.sale(self.passing.counter)

    @property
    def currency(self) -> Currency:
        return self.settings.catalogue.currency

    @property
    def link_up(self) -> bool:
        """Whether the link is not known to be down."""
        return self.book.link_down_since_ms is None

    def basket(self) -> tuple[Line, ...]:
        """The lines on screen for which no money was taken yet."""
        sale = self.sale
        return () if sale is None else tuple(line for line in sale.lines if line.phase in BASKET_PHASES)

    def waits_for_cancel(self, line: Line) -> bool:
        """Whether an earlier line's cancel of the same card is not acknowledged: what is sent for this line must come after it."""
        return any(
            owed.serial == line.serial for owed in map(self.book.line, self.book.owed) if owed and owed is not line
        )

    def name_of(self, user_id: str) -> str:
        """A person as the receipt names them."""
        return next((clerk.name for clerk in self.ports.clerks.clerks() if clerk.user_id == user_id), user_id)

    # ---- time

    def now_ms(self) -> int:
        """UTC."""
        return self.ports.clock.now_ms()

    def mono_ms(self) -> int:
        """Monotonic."""
        return self.ports.clock.monotonic_ms()

    def wake(self, name: str, after_ms: int) -> None:
        """Have ``TimerDue(name)`` come back after this time."""
        self.ports.scheduler.set(name, self.mono_ms() + after_ms)

    def let_sleep(self, name: str) -> None:
        """Forget a timer."""
        self.ports.scheduler.cancel(name)

    def questioned(self) -> None:
        """A question goes to the authority: from the first one that stays without a signed answer, the silence is counted."""
        if self.passing.asked_since is None:
            self.passing.asked_since = self.mono_ms()
            self.wake(SILENCE_TIMER, SILENCE_MS)

    # ---- what people see and hear

    def tell(self, notice: Notice, *, sound: str | None = None) -> None:
        """Show a notice, always as a new one, with its sound."""
        self.passing.notices += 1
        self.passing.notice = replace(notice, serial_no=self.passing.notices)
        if sound is not None:
            self.ports.sounds.play(sound)

    def refuse_scan(self, refusal: ScanRefusal, *, line: Line | None = None, last4: str | None = None) -> None:
        """A scan or a typed number that changes nothing."""
        line_id = None if line is None else line.line_id
        self.tell(Notice(scan=refusal, line_id=line_id, last4=last4), sound="scan_refused")

    def say(self, key: str, *, amount: Money | None = None, count: int = 0, line: Line | None = None) -> None:
        """Good news, or a plain fact, by its microcopy id."""
        last4 = None if line is None else line.serial[-4:]
        self.tell(Notice(key=key, amount=amount, count=count, line_id=line.line_id if line else None, last4=last4))

    def hush(self) -> None:
        """What happened last no longer concerns anybody."""
        self.passing.notice = None
