"""The till without threads, sockets, files or time: one message or command in, entries and effects out, a new state published.

``handle`` is synchronous and single-threaded. Entries are durable before any effect is called; effects return at once and their
outcome comes back as a message. After each message everything that is due is brought forward (``advance``), so that a step that
trouble interrupted is taken up again. Not responsible for the thread it runs in (``actor``).
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final, assert_never

from kiosk.domain.activation import EntryMode
from kiosk.domain.events import TillStopped
from kiosk.domain.refusals import ScanRefusal
from kiosk.domain.sale import LinePhase
from kiosk.errors import Bug, Trouble
from kiosk.till import commands as do
from kiosk.till import messages as come
from kiosk.till.access import Access
from kiosk.till.activating import TICK_TIMER, UNKNOWN_TIMER, Activating
from kiosk.till.balance import Balances
from kiosk.till.cancelling import Cancelling
from kiosk.till.cashing import CHARGE_TIMER, Cashing
from kiosk.till.completing import Completing
from kiosk.till.delivery import CHANGES_TIMER, DELIVER_TIMER, Delivery
from kiosk.till.desk import SILENCE_TIMER, Desk, Ports, Settings
from kiosk.till.display_text import DisplayText, DisplayWords, display_text
from kiosk.till.enquiries import TIMER as ASK_TIMER
from kiosk.till.enquiries import Enquiries
from kiosk.till.link import PROBE_TIMER, Link
from kiosk.till.occasions import ANY_STAGE, BALANCE_COMMANDS, CLOSED_STAGES, ONLY_IN
from kiosk.till.offers import Offers, unknown_lines
from kiosk.till.printing import Printing
from kiosk.till.publishing import Publishing
from kiosk.till.reading import read_serial
from kiosk.till.recovery import Recovery
from kiosk.till.selling import EXTEND_TIMER, WAIT_TIMER, Selling
from kiosk.till.state import Notice, Stage, TillState
from kiosk.till.tasks import settle_task

HALTING: Final = frozenset({"JRN-02", "JRN-03"})  # the disk failed in a commit, or the file is damaged
RETRY_TIMER: Final = "retry"
RETRY_MS: Final = 2_000  # after trouble with the disk, what is due is tried again
KEPT_MESSAGES: Final = 100


class Till:
    """One till. ``start`` once, then ``handle`` for everything that comes."""

    def __init__(self, *, settings: Settings, ports: Ports, display_words: DisplayWords | None = None) -> None:
        desk = Desk(settings=settings, ports=ports)
        self._desk = desk
        self._words = display_words or DisplayWords()
        self._shown: DisplayText | None = None
        self._last: TillState | None = None
        self._link = Link(desk)
        self._enquiries = Enquiries(desk)
        self._completing = Completing(desk)
        self._selling = Selling(desk, self._enquiries, self._completing)
        self._offers = Offers(desk, self._link)
        self._cashing = Cashing(desk, self._offers, self._selling)
        self._activating = Activating(desk, self._enquiries, self._offers, self._selling)
        self._cancelling = Cancelling(desk, self._enquiries, self._activating, self._cashing)
        self._recovery = Recovery(desk, self._selling, self._activating, self._cancelling)
        self._delivery = Delivery(desk)
        self._printing = Printing(desk)
        self._access = Access(desk, self._completing)
        self._balances = Balances(desk)
        self._publishing = Publishing(
            desk,
            offers=self._offers,
            activating=self._activating,
            recovery=self._recovery,
            enquiries=self._enquiries,
        )

        self._timers: dict[str, Callable[[], None]] = {
            SILENCE_TIMER: self._link.silent,
            PROBE_TIMER: self._link.probe_due,
            TICK_TIMER: self._activating.tick,
            CHARGE_TIMER: self._cashing.charge_due,
            DELIVER_TIMER: self._delivery.due,
            CHANGES_TIMER: self._delivery.changes_due,
            RETRY_TIMER: self._retry,
        }
        self._kept: list[come.Message] = []
        self._line_timers: dict[str, Callable[[str], None]] = {
            ASK_TIMER: self._enquiries.woken,
            WAIT_TIMER: self._selling.wait_over,
            EXTEND_TIMER: self._selling.extend_due,
            UNKNOWN_TIMER: self._activating.unknown_due,
        }

    @property
    def state(self) -> TillState:
        """The state as it would be published now."""
        return self._publishing.state()

    def start(self) -> None:
        """Fold the journal, journal the start, do what the start table says, and publish.

        Raises ``Trouble`` when the journal cannot be read or written: then this till must not sell."""
        self._recovery.start()
        self._desk.passing.started = True
        self._link.start()
        self._delivery.start()
        self._publishing.stock_changed()
        self._guarded(self._advance)
        self._publish()

    def handle(self, item: come.Message | do.Command) -> None:
        """Take one message or command, whatever it is, and publish what came of it.

        Trouble that stored nothing becomes a notice, and what it interrupted is tried again. Trouble after which only a start can
        tell what is stored, and a bug, is raised: this till must be halted and started again."""
        self._guarded(lambda: self._dispatch(item))
        self._guarded(self._advance)
        self._publish()

    def stop(self) -> None:
        """An orderly end (JET 40)."""
        self._desk.append(TillStopped())

    def halt(self, code: str) -> None:
        """Show that this till can do nothing any more, and why. Stores nothing and reads nothing: the journal may be what broke."""
        self._desk.passing.trouble = code
        last = self._last or self._publishing.blank()
        self._desk.ports.publish(replace(last, stage=Stage.HALTED, trouble=code, now_ms=self._desk.now_ms()))

    # ---- inside

    def _dispatch(self, item: come.Message | do.Command) -> None:
        if isinstance(item, do.Command):
            self._command(item)
            return
        try:
            self._message(item)
        except Trouble:
            self._keep(item)
            raise

    def _keep(self, message: come.Message) -> None:
        """What comes once and met trouble is taken up again; everything else is asked for again by whoever waits for it."""
        if isinstance(message, come.TimerDue):
            self._desk.wake(message.name, RETRY_MS)
        elif isinstance(message, come.PrintFinished | come.DrawerKicked) and len(self._kept) < KEPT_MESSAGES:
            self._kept.append(message)

    def _retry(self) -> None:
        """What is due is brought forward after every message anyway; here what came once and could not be noted."""
        kept, self._kept = self._kept, []
        for message in kept:
            self._guarded(partial(self._dispatch, message))

    def _message(self, message: come.Message) -> None:
        match message:
            case come.Scanned():
                self._scan(message.text, message.symbology, EntryMode.SCANNED, complete=message.complete)
            case come.ScanUnread():
                self._desk.refuse_scan(ScanRefusal.MISREAD)
            case come.LineAnswered():
                self._line_answered(message)
            case come.BalanceAnswered():
                self._signed(message.answer is not None)
                self._balances.answered(message)
            case come.LinkProbed():
                if self._link.probed(message):
                    self._back()
            case come.EntriesDelivered():
                self._signed(signed=True)
                self._delivery.delivered(message)
            case come.ChangesReceived():
                self._signed(message.page is not None or message.expired)
                self._delivery.changed(message)
                self._publishing.stock_changed()
            case come.PrintFinished():
                self._printing.finished(message)
            case come.DrawerKicked():
                self._cashing.drawer_kicked(message)
            case come.BankCardAnswered():
                self._cashing.charged(message)
            case come.DeviceHealth():
                self._desk.passing.devices[message.device] = message
            case come.TimerDue():
                self._timer(message.name)
            case _:
                assert_never(message)

    def _line_answered(self, message: come.LineAnswered) -> None:
        self._enquiries.arrived(message)
        self._link.told(message.problem, answered=message.answer is not None)
        try:
            self._signed(message.answer is not None)
            match message.verb:
                case "reserve":
                    self._selling.answered(message)
                case "extend":
                    self._selling.extended(message)
                case "commit" | "status":
                    self._activating.answered(message)
                case "cancel":
                    self._cancelling.answered(message)
                case verb:
                    raise Bug(f"nothing of ours asks {verb!r}")
        except Trouble:
            self._enquiries.unnoted(message.line_id)
            raise

    def _signed(self, signed: bool) -> None:  # noqa: FBT001 - names the fact
        if signed and self._link.heard():
            self._back()

    def _back(self) -> None:
        self._enquiries.end_pauses()
        self._delivery.link_restored()

    def _timer(self, name: str) -> None:
        kind, colon, subject = name.partition(":")
        if colon:
            self._line_timers[kind + colon](subject)
        else:
            self._timers[kind]()

    def _scan(self, text: str, symbology: str | None, mode: EntryMode, *, complete: bool = True) -> None:
        stage = self._publishing.stage()
        if stage in (Stage.SALE, Stage.RESULT, Stage.PROMISED):
            self._selling.add(text, symbology=symbology, mode=mode, complete=complete)
        elif stage is Stage.BALANCE:
            self._balances.ask(text, symbology=symbology, mode=mode, complete=complete)
        elif stage is Stage.REFUSED and self._desk.passing.replacing is not None:
            self._selling.replace(text, symbology=symbology, mode=mode, complete=complete)
        elif stage is Stage.UNKNOWN and self._shown_again(text, symbology, mode, complete=complete):
            self._desk.say("act.rescanned")
        else:
            self._desk.refuse_scan(ScanRefusal.BUSY)

    def _shown_again(self, text: str, symbology: str | None, mode: EntryMode, *, complete: bool) -> bool:
        """A card of the unknown sale was scanned: it lies on the tray, and a cancel may say so. A typed number proves nothing."""
        sale = self._desk.sale
        read = read_serial(text, symbology=symbology, mode=mode, complete=complete)
        if sale is None or mode is not EntryMode.SCANNED or isinstance(read, ScanRefusal):
            return False
        shown = {line.line_id for line in unknown_lines(sale) if line.serial == read.digits}
        self._desk.passing.rescanned |= shown
        return bool(shown)

    def _command(self, command: do.Command) -> None:
        stage = self._publishing.stage()
        if self._desk.settings.balance_only and not isinstance(command, BALANCE_COMMANDS):
            return
        match command:
            case do.LogIn():
                if stage in (Stage.LOGGED_OUT, Stage.LOCKED):
                    self._access.log_in(command)
            case do.Lock():
                self._access.lock(command)
            case do.DismissNotice():
                self._desk.hush()
            case do.AnswerRecovery():
                if stage is Stage.RECOVERY and command.question == self._recovery.question():
                    self._recovery.answer(yes=command.yes)
            case _:
                if stage not in CLOSED_STAGES:
                    self._counter_command(command, stage)

    def _counter_command(self, command: do.Command, stage: Stage) -> None:
        """Something asked of the counter. A second press, or one that the state overtook, finds its stage gone and does nothing."""
        if stage in ONLY_IN.get(type(command), ANY_STAGE):
            match command:
                case do.AddCard():
                    self._scan(command.text, None, EntryMode.KEYED)
                case do.RemoveLine():
                    self._selling.remove(command.line_id)
                case do.PutBack():
                    self._selling.put_back()
                case do.ClearBasket():
                    self._selling.clear()
                case do.PayCash():
                    self._cashing.pay_cash(command)
                case do.PayBankCard():
                    self._cashing.pay_bank_card(command)
                case do.AnswerCharge():
                    self._cashing.answer_charge(command)
                case do.ContinueInBackground():
                    self._leave_counter()
                case do.ChooseUnknown():
                    self._choose(command.choice)
                case do.ReplaceRefused():
                    self._replace(command.line_id)
                case do.RefundRefused():
                    self._cancelling.refund(command.line_id)
                case do.PrintReceipt():
                    self._printing.receipt()
                case do.PrintCopy():
                    self._printing.copy(command)
                case do.NextSale():
                    self._completing.hand_over()
                case do.OpenBalance():
                    self._balances.open()
                case do.CloseBalance():
                    self._balances.close()
                case do.AskBalance():
                    self._balances.ask(command.text, symbology=None, mode=EntryMode.KEYED)
                case do.OpenSale():
                    self._open(command.sale_id)
                case do.SettleTask():
                    settle_task(self._desk, command.line_id)
                case do.LogIn() | do.Lock() | do.DismissNotice() | do.AnswerRecovery():
                    raise Bug("handled before it comes to the counter")
                case _:
                    assert_never(command)

    def _leave_counter(self) -> None:
        self._desk.passing.counter = None
        self._desk.passing.replacing = None
        self._desk.hush()

    def _choose(self, choice: do.UnknownChoice) -> None:
        sale = self._desk.sale
        if sale is None or not self._activating.choices(sale):
            return
        lines = unknown_lines(sale)
        match choice:
            case do.UnknownChoice.WAIT:
                self._activating.wait_longer()
            case do.UnknownChoice.GIVE_BACK:
                self._cancelling.give_back(lines)
            case do.UnknownChoice.LET_GO:
                refusal = self._offers.let_go(sale)
                if refusal is None:
                    self._activating.promise(lines)
                else:
                    self._desk.tell(Notice(promise=refusal), sound="error")
            case _:
                assert_never(choice)

    def _replace(self, line_id: str) -> None:
        sale = self._desk.sale
        line = next((line for line in sale.lines if line.line_id == line_id), None) if sale else None
        if line is not None and line.phase is LinePhase.REFUSED and not self._desk.basket():
            self._desk.passing.replacing = line_id

    def _open(self, sale_id: str) -> None:
        sale = self._desk.book.sale(sale_id)
        again = sale_id == self._desk.passing.counter  # a second press must not hand over what the first one brought
        if sale is None or sale.closed or again or self._desk.passing.balance is not None:
            return
        if self._desk.basket():
            self._desk.refuse_scan(ScanRefusal.BUSY)
            return
        self._completing.hand_over()
        self._desk.passing.counter = sale_id
        self._desk.passing.replacing = None
        self._desk.hush()
        self._activating.tick()

    def _advance(self) -> None:
        self._selling.advance()
        self._cashing.advance()
        self._activating.advance()
        self._cancelling.advance()
        self._completing.advance()
        self._recovery.advance()
        self._delivery.advance()

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Trouble as trouble:
            if trouble.code in HALTING:
                raise
            self._desk.tell(Notice(trouble=trouble.code), sound="error")
            self._desk.wake(RETRY_TIMER, RETRY_MS)

    def _publish(self) -> None:
        state = self._publishing.state()
        text = display_text(state, self._words)
        if text != self._shown:
            self._shown = text
            self._desk.ports.display.show(text.top, text.bottom)
        self._last = state
        self._desk.ports.publish(state)
