"""Spending in the database: cards as a payment needs them, the appended rows, and the one conditional update of a changed card.

Everything is read and written for many cards at once, because a batch of payments is one transaction: with arrays where the
database takes them, row by row where it does not. Every update names all that its decision saw and is counted (security
decision 8). Not responsible for deciding (``services.pay``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeGuard

import msgspec

from kiosk.authority.store.ports import Row, Transaction, Value
from kiosk.domain.activation import Block, CardState
from kiosk.domain.payment import NO_TRIES, Operation, SpendKind, SpendReason, Tries


class StaleFacts(Exception):  # noqa: N818 - says what is the matter: nothing was written, the batch is tried anew
    """Another transaction changed a card between our reading and our writing."""


class ArrayTransaction(Transaction, Protocol):
    """A transaction on a database that takes whole columns as values (PostgreSQL); it says so by ``takes_arrays``."""

    takes_arrays: bool

    def fetch(self, sql: str, *values: object) -> list[Row]:
        """All rows of a statement with ``$n`` for its values, which may be lists."""
        ...

    @property
    def begun(self) -> bool:
        """Whether a statement has needed a transaction around it."""
        ...

    def look(self, sql: str, *values: object) -> list[Row]:
        """``fetch`` of what is true now; the first thing that a work does needs no transaction for it."""
        ...

    def ahead(self) -> Any:  # Any: what ``end_with`` was told by the file that asks
        """What the writing under way will leave; from now on this work stands and falls with it. ``None`` if there is none."""
        ...

    def end_with(self, sql: str, *values: object, leaves: object = None) -> None:
        """The work's only writing and its last statement: it is its own transaction. ``leaves``: for ``ahead`` of others."""
        ...


class SpendCard(msgspec.Struct, kw_only=True, gc=False):
    """A card while payments are decided: a working copy, compared with ``before`` when the batch is written."""

    card_id: int
    lot_no: int
    currency: str
    tags: bytes
    block: Block | None
    expires_ms: int
    sold_ms: int
    state: CardState
    balance_minor: int
    codes_used: int
    authorizations: int
    tries: Tries
    codes_bound: int = 0
    before: tuple[Value, ...] = ()

    def now(self) -> tuple[Value, ...]:
        """The columns that a payment may change."""
        return (
            self.state._value_, self.balance_minor, self.codes_used, self.authorizations, self.tries.wrong,
            self.tries.paused_until_ms, self.codes_bound,
        )  # fmt: skip

    def left(self) -> "SpendCard":
        """A working copy for whoever comes next: it finds the card as this one leaves it."""
        return msgspec.structs.replace(self, before=self.now())


class _RowOf(msgspec.Struct, frozen=True, gc=False):
    """Whose row it is, and of what."""

    card_id: int
    seq: int
    kind: SpendKind
    leg: int
    payment_id: bytes
    op_id: bytes
    fingerprint: bytes
    merchant_no: int


class SpendRow(_RowOf, frozen=True, kw_only=True, gc=False):
    """One operation on one card; the names and their order are the table's. What it is of may stand without its names: a call with
    more than fifteen of them hands them over in a dictionary, and takes three times as long."""

    code_no: int | None = None
    currency: str
    amount_minor: int
    released_minor: int = 0
    merchant_minor: int = 0
    distribution_minor: int = 0
    contract_no: int | None = None
    balance_minor: int = 0
    until_ms: int | None = None
    at_ms: int
    reason: SpendReason | None = None
    reference: str | None = None
    test: bool

    @property
    def operation(self) -> Operation:
        """What the fold of a leg needs of it."""
        return Operation(self.kind, self.amount_minor, self.until_ms)

    def values(self) -> tuple[Value, ...]:
        """The row as the database keeps it."""
        return (
            self.card_id, self.seq, self.kind._value_, self.leg, self.payment_id, self.op_id, self.fingerprint, self.merchant_no,
            self.code_no, self.currency, self.amount_minor, self.released_minor, self.merchant_minor, self.distribution_minor,
            self.contract_no, self.balance_minor, self.until_ms, self.at_ms, self.reason.value if self.reason else None,
            self.reference, 1 if self.test else 0,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class OpenAuthorization:
    """What waits for its capture; ``until_ms`` ends its window."""

    card_id: int
    payment_id: bytes
    amount_minor: int
    until_ms: int
    test: bool


# Python 3.11 gives a member's ``value`` by a function (``_value_`` is what that returns), and finds a member in its class the long
# way: what each payment compares with is found once, here and beside
_STATES = {one.value: one for one in CardState}
_ACTIVE, _EXHAUSTED = CardState.ACTIVE, CardState.EXHAUSTED

ROW = ", ".join(SpendRow.__struct_fields__)
_MARKS = ", ".join("?" for _ in SpendRow.__struct_fields__)

CARD = """
SELECT c.card_id, k.lot_no, k.currency, k.tags, c.block, c.expires_ms, c.sold_ms, c.state, c.balance_minor, c.codes_used,
       c.authorizations, c.wrong_codes, c.locked_until_ms, c.codes_bound
  FROM card c JOIN card_codes k ON k.card_id = c.card_id
"""
_UPDATE_ONE = """
UPDATE card SET state = ?, balance_minor = ?, codes_used = ?, authorizations = ?, wrong_codes = ?, locked_until_ms = ?,
       codes_bound = ?
 WHERE card_id = ? AND coalesce(block, '') = ? AND state = ? AND balance_minor = ? AND codes_used = ? AND authorizations = ?
   AND wrong_codes = ? AND locked_until_ms = ? AND codes_bound = ?
"""
# a payment's first rows are those of the operation that gave it its id; the index of what followed is used only where a statement
# names the index's condition in the index's own words
_KNOWN = f"""
SELECT {ROW} FROM spend WHERE op_id = {{}}
UNION ALL
SELECT {ROW} FROM spend WHERE payment_id = {{}} AND payment_id <> op_id
"""
_PAYMENT = f"""
SELECT {ROW} FROM spend WHERE op_id = ? AND payment_id = op_id
UNION ALL
SELECT {ROW} FROM spend WHERE payment_id = ? AND payment_id <> op_id
 ORDER BY seq, leg
"""


def update_many(values: str) -> str:
    """The update of cards whose codes were right and whose tries and bound codes are as they were; ``values`` is an array of
    ``card_change``. Their state follows from what is left on them. One row a card that was as it had been read."""
    return f"""UPDATE card c SET balance_minor = n.balance, codes_used = n.used, authorizations = n.open,
               state = CASE WHEN n.balance = 0 AND n.open = 0 THEN 'exhausted' ELSE 'active' END
          FROM unnest({values}::card_change[]) AS n
         WHERE c.card_id = n.card_id AND c.block IS NULL AND c.state IN ('active', 'exhausted')
           AND c.balance_minor = n.balance_was AND c.codes_used = n.used_was AND c.authorizations = n.open_was
        RETURNING 1"""


def insert_many(values: str) -> str:
    """The insertion of rows; ``values`` is an array of ``spend_row``."""
    return f"INSERT INTO spend({ROW}) SELECT {ROW} FROM unnest({values}::spend_row[])"


def changes_of(cards: Iterable[SpendCard]) -> list[tuple[Value, ...]]:
    """What ``update_many`` takes of each card."""
    return [
        (card.card_id, card.balance_minor, card.codes_used, card.authorizations, *card.before[1:4]) for card in cards
    ]


def takes_arrays(tx: Transaction) -> TypeGuard[ArrayTransaction]:
    # asked several times a payment: a protocol checked at run time would take longer than the statement
    return getattr(tx, "takes_arrays", False)


# The counter is one row that every batch changes. While somebody reads for minutes (a dump, the audit) PostgreSQL keeps each of its
# former versions, and looking the row up by its key would pass all of them; from the end of the index the newest comes first. An
# update by COUNTER_HERE finds no row when somebody moves the counter in that moment: it is for who names the number expected.
COUNTER = "SELECT {} FROM spend_counter WHERE one >= 1 ORDER BY one DESC LIMIT 1"
COUNTER_HERE = f"ctid = ({COUNTER.format('ctid')})"


def take_numbers(tx: Transaction, count: int) -> int:
    """``count`` numbers of the counter, the first of which is returned. Until the transaction ends nobody else spends."""
    row = tx.one("UPDATE spend_counter SET seq = seq + ? WHERE one = 1 RETURNING seq", count)
    assert row is not None, "the counter is made with the schema"
    last: int = row[0]
    return last - count + 1


def known_rows(tx: Transaction, ids: Sequence[bytes]) -> list[SpendRow]:
    """Every row of the payments with these ids, and every row that an operation with one of them left on another payment."""
    if takes_arrays(tx):
        found = tx.fetch(_KNOWN.format("ANY($1::bytea[])", "ANY($1::bytea[])"), list(ids))
    else:
        found = [row for one in ids for row in tx.all(_KNOWN.format("?", "?"), one, one)]
    return each_once(map(_row, found))


def each_once(rows: Iterable[SpendRow]) -> list[SpendRow]:
    """Each row once: one may be found both ways, and counted twice it would be refunded twice."""
    found = {(row.seq, row.leg): row for row in rows}
    return [found[place] for place in sorted(found)]


def find_cards(tx: Transaction, card_ids: Iterable[int]) -> dict[int, SpendCard]:
    """The cards that exist, by id."""
    wanted = list(card_ids)
    if takes_arrays(tx):
        found = tx.fetch(f"{CARD} WHERE c.card_id = ANY($1::bigint[])", wanted)
    else:
        found = [row for one in wanted if (row := tx.one(f"{CARD} WHERE c.card_id = ?", one)) is not None]
    return {row[0]: card_of(row) for row in found}


def advance(tx: Transaction, *, before: int, after: int) -> bool:
    """Move the counter on; ``False`` if somebody else did."""
    here = COUNTER_HERE if takes_arrays(tx) else "one = 1"
    return tx.run(f"UPDATE spend_counter SET seq = ? WHERE {here} AND seq = ?", after, before) == 1


def write_cards(tx: Transaction, cards: Iterable[SpendCard]) -> None:
    """Write every card that changed. Raises ``StaleFacts`` when one is no longer as it was read."""
    changed = [card for card in cards if card.now() != card.before]
    usual = [card for card in changed if is_usual(card)] if takes_arrays(tx) else []
    others = [card for card in changed if not is_usual(card)] if usual else changed
    touched = sum(tx.run(_UPDATE_ONE, *card.now(), card.card_id, *_found(card)) for card in others)
    if usual and takes_arrays(tx):
        touched += len(tx.fetch(update_many("$1"), changes_of(usual)))
    if touched != len(changed):
        raise StaleFacts


def is_usual(card: SpendCard) -> bool:
    """Whether ``update_many`` says of this card what ``now`` says."""
    expected = _EXHAUSTED if card.balance_minor == 0 and card.authorizations == 0 else _ACTIVE
    same_tries = card.tries.wrong == card.before[4] and card.tries.paused_until_ms == card.before[5]
    return same_tries and card.codes_bound == card.before[6] and card.block is None and card.state is expected


def _found(card: SpendCard) -> tuple[Value, ...]:
    return (card.block.value if card.block else "", *card.before)


def append(tx: Transaction, rows: Sequence[SpendRow]) -> None:
    """Append the batch's rows."""
    if not rows:
        return
    if takes_arrays(tx):
        tx.fetch(insert_many("$1"), [row.values() for row in rows])
    else:
        tx.run_many(f"INSERT INTO spend({ROW}) VALUES ({_MARKS})", (row.values() for row in rows))


def open_authorizations(tx: Transaction, opened: Iterable[OpenAuthorization]) -> None:
    """Start the windows of what is held."""
    tx.run_many(
        "INSERT INTO open_authorization(card_id, payment_id, amount_minor, until_ms, test) VALUES (?, ?, ?, ?, ?)",
        ((one.card_id, one.payment_id, one.amount_minor, one.until_ms, int(one.test)) for one in opened),
    )


def close_authorizations(tx: Transaction, ended: Iterable[tuple[int, bytes]]) -> None:
    """End the windows of these (card, payment)."""
    tx.run_many("DELETE FROM open_authorization WHERE card_id = ? AND payment_id = ?", ended)


def lapsed_payments(tx: Transaction, *, now_ms: int, limit: int) -> list[bytes]:
    """Payments with something held whose window has lapsed, the oldest first."""
    rows = tx.all(
        "SELECT payment_id, min(until_ms) FROM open_authorization WHERE until_ms <= ? GROUP BY payment_id ORDER BY 2 LIMIT ?",
        now_ms, limit,
    )  # fmt: skip
    return [row[0] for row in rows]


def rows_of_payment(tx: Transaction, payment_id: bytes) -> list[SpendRow]:
    """All rows of a payment in their order."""
    return [_row(row) for row in tx.all(_PAYMENT, payment_id, payment_id)]


def has_payment(tx: Transaction, payment_id: bytes) -> bool:
    """Whether this database keeps a payment."""
    return tx.one("SELECT 1 FROM spend WHERE op_id = ? AND payment_id = op_id LIMIT 1", payment_id) is not None


def rows_after(tx: Transaction, *, merchant_no: int, test: bool, seq: int, limit: int) -> list[SpendRow]:
    """A merchant's rows after a number of the counter, in order: what happened, without what had no effect."""
    rows = tx.all(
        f"""SELECT {ROW} FROM spend WHERE merchant_no = ? AND seq > ? AND test = ?
               AND kind NOT IN ('declined', 'refused') ORDER BY seq, leg LIMIT ?""",
        merchant_no, seq, int(test), limit,
    )  # fmt: skip
    return [_row(row) for row in rows]


def rows_of_card(tx: Transaction, card_id: int, *, limit: int) -> list[SpendRow]:
    """What a card paid and got back, the newest first."""
    rows = tx.all(
        f"""SELECT {ROW} FROM spend WHERE card_id = ? AND test = 0 AND kind NOT IN ('declined', 'refused')
             ORDER BY seq DESC LIMIT ?""",
        card_id, limit,
    )  # fmt: skip
    return [_row(row) for row in rows]


def _row(row: Row) -> SpendRow:
    return SpendRow(
        row[0], row[1], SpendKind(row[2]), row[3], row[4], row[5], row[6], row[7],
        code_no=row[8], currency=row[9], amount_minor=row[10], released_minor=row[11], merchant_minor=row[12],
        distribution_minor=row[13], contract_no=row[14], balance_minor=row[15], until_ms=row[16], at_ms=row[17],
        reason=SpendReason(row[18]) if row[18] else None, reference=row[19], test=bool(row[20]),
    )  # fmt: skip


def card_of(row: Sequence[Any]) -> SpendCard:  # Any: a database row has no static type
    """A card of ``CARD``'s columns."""
    return SpendCard(
        card_id=row[0], lot_no=row[1], currency=row[2], tags=row[3], block=Block(row[4]) if row[4] else None,
        expires_ms=row[5] or 0, sold_ms=row[6] or 0, state=_STATES[row[7]], balance_minor=row[8], codes_used=row[9],
        authorizations=row[10], tries=Tries(row[11], row[12]) if row[11] or row[12] else NO_TRIES,
        codes_bound=row[13], before=tuple(row[7:14]),
    )  # fmt: skip
