"""The authority without HTTP, sockets, threads or a clock of its own: what the endpoints, the operator and the simulator call.

Each message exists twice: as a *work*, to be run in somebody's transaction (the batch writer's), and as a method that runs it at
once on the store. Not responsible for signatures of requests and answers (``access``).
"""

from collections.abc import Sequence
from functools import partial

from kiosk.authority.keyfiles import AuthorityKeys
from kiosk.authority.services import balance as balances
from kiosk.authority.services import policy
from kiosk.authority.services.activate import Activations, LineRequest, known_terminal
from kiosk.authority.services.changes import ChangesFeed
from kiosk.authority.services.enrol import Enrolment
from kiosk.authority.services.guard import Guard
from kiosk.authority.services.intake import Intake, check_entries
from kiosk.authority.services.pay import asked
from kiosk.authority.services.pay.answers import Declined
from kiosk.authority.services.pay.asked import Ask, Caller, FollowRequest
from kiosk.authority.services.pay.repeats import Repeated
from kiosk.authority.services.pay.spending import Outcome, Spending, events_after, find_payment, outcome_of
from kiosk.authority.services.refused import malformed
from kiosk.authority.store.places import TerminalRow, find_shop
from kiosk.authority.store.ports import Done, Failed, Store, Transaction, Work
from kiosk.clock import Clock, IdSource
from kiosk.domain.series import Catalogue
from kiosk.protocol.mac import Mac
from kiosk.protocol.messages import (
    BalanceAnswer,
    BalanceRequest,
    CancelRequest,
    ChangesAnswer,
    CommitRequest,
    EnrolmentAnswer,
    EnrolmentRequest,
    EntriesAnswer,
    EntriesRequest,
    ExtendRequest,
    LineAnswer,
    ReserveRequest,
    TimeAnswer,
    VoidAnswer,
    VoidRequest,
)
from kiosk.protocol.payments import EventsAnswer, PaymentAnswer, PaymentRequest

REQUESTS: dict[str, type[LineRequest]] = {
    "reserve": ReserveRequest,
    "extend": ExtendRequest,
    "commit": CommitRequest,
    "cancel": CancelRequest,
}


class Authority:
    """Everything a terminal may ask. Methods raise ``TurnedAway`` for what is no business answer and ``Trouble`` AUT-… when the
    store cannot keep what it would have to promise; nothing happened then."""

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock,
        ids: IdSource,
        keys: AuthorityKeys,
        catalogues: Sequence[Catalogue],
        demonstration: bool = False,
    ) -> None:
        self.store = store
        self.clock = clock
        self.ids = ids
        self.keys = keys
        self.catalogues = tuple(catalogues)
        self.demonstration = demonstration
        self._activations = Activations(clock=clock, catalogues=catalogues)
        self._intake = Intake(clock=clock, activations=self._activations)
        self._feed = ChangesFeed(clock=clock, cursor_key=keys.cursor_key())
        self._enrolment = Enrolment(clock=clock, ids=ids, keys=keys, demonstration=demonstration)
        self.spending = Spending(clock=clock, keys=keys)
        self.guard = Guard(clock=clock)
        self._fingerprint_key = Mac(keys.fingerprint_key())

    # works: to be run inside a transaction

    def line_work(self, terminal_id: str, verb: str, line_id: str, request: LineRequest | None) -> Work[LineAnswer]:
        """``verb``: reserve · extend · commit · cancel with its request, or status with ``None``."""
        if verb == "status":
            return partial(self._status, terminal_id, line_id)
        if request is None or REQUESTS.get(verb) is not type(request):
            raise malformed(f"{verb} does not go with this content")
        return partial(self._line, terminal_id, line_id, request)

    def entries_work(self, terminal: TerminalRow, request: EntriesRequest) -> Work[EntriesAnswer]:
        """The signatures are checked here, before the transaction, because they take longer than it."""
        checked = check_entries(request, terminal)
        return lambda tx: self._intake.entries(
            tx, terminal_id=terminal.terminal_id, epoch=request.epoch, checked=checked
        )

    def changes_work(self, terminal_id: str, cursor: str, limit: int) -> Work[ChangesAnswer]:
        """Reads only."""
        return lambda tx: self._feed.page(tx, terminal_id=terminal_id, cursor=cursor, limit=limit)

    def renewal_due(self, terminal_id: str) -> Work[bool]:
        """Reads only: whether ``renewal_work`` should run before the next page of changes."""
        return lambda tx: policy.renewal_due(tx, _currency(tx, terminal_id), now_ms=self.clock.now_ms())

    def renewal_work(self, terminal_id: str) -> Work[None]:
        """Renew the offline policy of the terminal's currency if less than half of its time is left."""
        return lambda tx: policy.renew(tx, _currency(tx, terminal_id), now_ms=self.clock.now_ms())

    def balance_work(self, terminal_id: str, request: BalanceRequest) -> Work[BalanceAnswer]:
        """Reads only."""
        return lambda tx: balances.balance(tx, terminal_id=terminal_id, request=request)

    def void_work(self, terminal_id: str, void_id: str, request: VoidRequest) -> Work[VoidAnswer]:
        return lambda tx: self._activations.void(tx, terminal_id=terminal_id, void_id=void_id, request=request)

    def enrol_work(self, request: EnrolmentRequest) -> Work[EnrolmentAnswer]:
        return self._enrolment.work(request)

    # payments: questions that ``spending.batch`` answers together with their neighbours

    def pay_question(self, caller: Caller, key: str, request: PaymentRequest) -> Ask:
        """A new payment under the merchant's idempotency key. Raises ``TurnedAway`` for what cannot be right; nothing was tried."""
        return asked.present(caller, key, request, fingerprint_key=self._fingerprint_key)

    def follow_question(self, caller: Caller, key: str, payment_id: str, request: FollowRequest) -> Ask:
        """Capture, cancel or refund a payment."""
        return asked.follow(caller, key, payment_id, request, fingerprint_key=self._fingerprint_key)

    def payment_work(self, caller: Caller, payment_id: str) -> Work[PaymentAnswer]:
        """Reads only."""
        return lambda tx: find_payment(tx, caller, payment_id)

    def events_work(self, caller: Caller, *, after: int) -> Work[EventsAnswer]:
        """Reads only."""
        return lambda tx: events_after(tx, caller, after=after)

    # the same at once, in this thread

    def line(self, terminal_id: str, verb: str, line_id: str, request: LineRequest | None = None) -> LineAnswer:
        """One message about a line: reserve · extend · commit · cancel · status."""
        work = self.line_work(terminal_id, verb, line_id, request)
        return self.store.read(work) if verb == "status" else self.store.write(work)

    def entries(self, terminal_id: str, request: EntriesRequest) -> EntriesAnswer:
        """A delivery of the outbox."""
        terminal = self.store.read(lambda tx: known_terminal(tx, terminal_id))
        return self.store.write(self.entries_work(terminal, request))

    def changes(self, terminal_id: str, cursor: str = "", limit: int = 500) -> ChangesAnswer:
        """A page of the changes feed."""
        if self.store.read(self.renewal_due(terminal_id)):
            self.store.write(self.renewal_work(terminal_id))
        return self.store.read(self.changes_work(terminal_id, cursor, limit))

    def balance(self, terminal_id: str, request: BalanceRequest) -> BalanceAnswer:
        """What a card is worth."""
        return self.store.read(self.balance_work(terminal_id, request))

    def void(self, terminal_id: str, void_id: str, request: VoidRequest) -> VoidAnswer:
        """Withdraw an activation after hand-over."""
        return self.store.write(self.void_work(terminal_id, void_id, request))

    def enrol(self, request: EnrolmentRequest) -> EnrolmentAnswer:
        """Exchange a one-time code for an identity."""
        return self.store.write(self.enrol_work(request))

    def pay(self, caller: Caller, key: str, request: PaymentRequest) -> Outcome:
        """Charge or authorize."""
        return self._answer(self.pay_question(caller, key, request))

    def follow(self, caller: Caller, key: str, payment_id: str, request: FollowRequest) -> Outcome:
        """Go on with a payment."""
        return self._answer(self.follow_question(caller, key, payment_id, request))

    def time(self) -> TimeAnswer:
        """The authority's clock."""
        return TimeAnswer(time_ms=self.clock.now_ms())

    def _answer(self, question: Ask) -> Outcome:
        (result,) = self.store.write(lambda tx: self.spending.batch(tx, [question]))
        match result:
            case Done(value):
                assert isinstance(value, PaymentAnswer | Declined | Repeated), "a group answers in its own words"
                return outcome_of(value)
            case Failed(error):
                raise error

    def _line(self, terminal_id: str, line_id: str, request: LineRequest, tx: Transaction) -> LineAnswer:
        return self._activations.line(tx, terminal_id=terminal_id, line_id=line_id, request=request)

    def _status(self, terminal_id: str, line_id: str, tx: Transaction) -> LineAnswer:
        return self._activations.status(tx, terminal_id=terminal_id, line_id=line_id)


def _currency(tx: Transaction, terminal_id: str) -> str:
    shop = find_shop(tx, known_terminal(tx, terminal_id).shop_id)
    assert shop is not None, "a terminal's shop exists: a foreign key says so"
    return shop.currency
