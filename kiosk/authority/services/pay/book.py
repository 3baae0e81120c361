"""A batch of payments while it is decided: what the database holds of its cards and payments, what earlier items of the batch
did to them, and what is to be written. Read once, written once; in between items see each other in their order.

Not responsible for deciding (``presenting``, ``following``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kiosk.authority.services.pay.asked import Ask, Present
from kiosk.authority.store import alerts, spends
from kiosk.authority.store.bindings import Place, put_bindings
from kiosk.authority.store.ports import Transaction
from kiosk.authority.store.spend_batches import Reading, read_batch, write_batch
from kiosk.authority.store.spends import OpenAuthorization, SpendCard, SpendRow
from kiosk.domain.binding import Binding
from kiosk.domain.payment import NO_EFFECT, SpendKind

_CHARGED = SpendKind.CHARGED


@dataclass(frozen=True, slots=True)
class CardAlert:
    """Something about a card that the operator should know; the merchant hears nothing of it."""

    kind: str
    card_id: int
    merchant_no: int


@dataclass(slots=True)
class Book:
    """Facts and changes of one batch. ``seq`` is the number of the item that is being decided; ``cards`` are the batch's by id, and
    decisions change them."""

    now_ms: int
    seq: int
    reading: Reading
    cards: dict[int, SpendCard]
    payments: dict[bytes, list[SpendRow]]
    operations: dict[bytes, SpendRow]
    added: list[SpendRow] = field(default_factory=list)
    alerts: list[CardAlert] = field(default_factory=list)
    bound: dict[Place, Binding] = field(default_factory=dict)

    def binding_of(self, card_id: int, code_no: int) -> Binding | None:
        """For whose purchase a code is kept, if it is marked as bound."""
        return self.reading.bindings.get((card_id, code_no))

    def bind(self, card_id: int, code_no: int, binding: Binding) -> None:
        """Keep a code from now on for this alone; later items of the batch see it."""
        self.bound[card_id, code_no] = self.reading.bindings[card_id, code_no] = binding

    def rows_of(self, payment_id: bytes) -> list[SpendRow]:
        """All rows of a payment, those of this batch included."""
        return self.payments.get(payment_id, [])

    def first_of(self, op_id: bytes) -> SpendRow | None:
        """The first row that an operation left, if it was done before."""
        return self.operations.get(op_id)

    def add(self, row: SpendRow) -> None:
        """One more row; later items of the batch see it."""
        self.added.append(row)
        self.payments.setdefault(row.payment_id, []).append(row)
        self.operations.setdefault(row.op_id, row)


def open_book(tx: Transaction, asks: Sequence[Ask], *, now_ms: int) -> Book:
    """Read what these questions need."""
    wanted: set[int] = set()
    ids: set[bytes] = set()
    for ask in asks:
        ids.add(ask.op_id)
        ids.add(ask.payment_id)
        if isinstance(ask, Present) and not ask.caller.test:
            for one in ask.presented:
                wanted.add(one.card_id)
    reading = read_batch(tx, ids=sorted(ids), card_ids=wanted, count=len(asks))
    payments: dict[bytes, list[SpendRow]] = {}
    operations: dict[bytes, SpendRow] = {}
    for row in reading.rows:
        payments.setdefault(row.payment_id, []).append(row)
        operations.setdefault(row.op_id, row)
    return Book(
        now_ms=now_ms,
        seq=reading.first,
        reading=reading,
        cards=reading.cards,
        payments=payments,
        operations=operations,
    )


def close_book(tx: Transaction, book: Book) -> None:
    """Write what was decided. Raises ``StaleFacts`` when a card is no longer as it was read; the batch is then decided anew."""
    opened, ended = _windows(book.added)
    # a batch that binds codes is never the single statement: nobody may be decided on it before it is committed (``Leaves``)
    more = bool(opened or ended or book.alerts or book.bound)
    write_batch(tx, book.reading, book.added, count=book.seq - book.reading.first, more=more)
    if opened:
        spends.open_authorizations(tx, opened)
    if ended:
        spends.close_authorizations(tx, ended)
    if book.bound:
        put_bindings(tx, book.bound)
    for alert in book.alerts:
        alerts.raise_alert(tx, kind=alert.kind, card_id=alert.card_id, merchant_no=alert.merchant_no, at_ms=book.now_ms)


def _windows(added: Iterable[SpendRow]) -> tuple[list[OpenAuthorization], list[tuple[int, bytes]]]:
    opened: list[OpenAuthorization] = []
    ended: list[tuple[int, bytes]] = []
    for row in added:
        if row.kind is _CHARGED:
            continue  # nearly all of them
        if row.kind is SpendKind.AUTHORIZED:
            assert row.until_ms is not None, "an authorization has a window"
            opened.append(OpenAuthorization(row.card_id, row.payment_id, row.amount_minor, row.until_ms, row.test))
        elif row.kind not in NO_EFFECT and row.kind is not SpendKind.REFUNDED:
            ended.append((row.card_id, row.payment_id))
    return opened, ended
