"""One reading and one writing for a whole batch of payments, whatever the database.

On PostgreSQL a usual batch is two statements and no more: one that reads, and one that writes, which is a transaction of its
own and undoes itself unless everything is still as it was read; each statement less is a hand-over less between two processes.
A batch may be read while the one before it is being written: then it is decided on what that one will leave (``turns``).
On SQLite, where a statement costs next to nothing, it is row by row inside one transaction. Not responsible for single
statements (``spends``).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from kiosk.authority.store import spends
from kiosk.authority.store.bindings import Place, find_bindings
from kiosk.authority.store.ports import Transaction
from kiosk.authority.store.spends import ArrayTransaction, SpendCard, SpendRow, StaleFacts, takes_arrays
from kiosk.domain.binding import Binding


@dataclass(frozen=True, slots=True)
class Reading:
    """What a batch is decided on. ``first`` is the number that its first question gets; ``taken``: nobody else can get it any
    more."""

    first: int
    taken: bool
    rows: list[SpendRow]
    cards: dict[int, SpendCard]
    bindings: dict[Place, Binding]


@dataclass(frozen=True, slots=True)
class Leaves:
    """What a batch leaves when it is written: the number of the next question, the cards that it changed, its rows.

    No bindings: a batch that writes some is no single statement, says nothing ahead of its commit, and the lane begins nothing
    before that. Whoever began all the same, while such a batch was tried again, finds that the counter has moved."""

    next: int
    cards: dict[int, SpendCard]
    rows: Sequence[SpendRow]

    def rows_of(self, ids: Iterable[bytes]) -> list[SpendRow]:
        """Those of these payments and operations."""
        wanted = frozenset(ids)
        return [row for row in self.rows if row.op_id in wanted or row.payment_id in wanted]


# a payment that exists has a row whose op_id is its own id: one look says of operations and payments alike that nothing is known
_READ = f"""
SELECT n.seq, EXISTS(SELECT 1 FROM spend WHERE op_id = ANY($1::bytea[])), cards.*
  FROM ({spends.COUNTER.format("seq")}) AS n
  LEFT JOIN ({spends.CARD} WHERE c.card_id = ANY($2::bigint[])) AS cards ON true
"""
_WRITE = f"""
WITH counted AS (UPDATE spend_counter SET seq = $1::bigint WHERE {spends.COUNTER_HERE} AND seq = $2::bigint RETURNING 1),
     changed AS ({spends.update_many("$3")}),
     added AS ({spends.insert_many("$4")} RETURNING 1)
SELECT facts_hold((SELECT count(*) FROM counted) = 1 AND (SELECT count(*) FROM changed) = cardinality($3::card_change[]))
"""


def read_batch(tx: Transaction, *, ids: Sequence[bytes], card_ids: Iterable[int], count: int) -> Reading:
    """What ``count`` questions need: the rows that are known under ``ids``, these cards with the bindings of their codes, and the
    cards of the rows."""
    wanted = sorted(card_ids)
    if takes_arrays(tx):
        ahead: Leaves | None = tx.ahead()
        found = tx.look(_READ, list(ids), wanted)
        first, taken = found[0][0] + 1 if ahead is None else ahead.next, False
        cards = {row[2]: spends.card_of(row[2:]) for row in found if row[2] is not None}
        rows = spends.known_rows(tx, ids) if found[0][1] else []
    else:
        ahead = None
        first, taken = spends.take_numbers(tx, count), True
        rows = spends.known_rows(tx, ids)
        cards = spends.find_cards(tx, wanted)
    if ahead is not None:
        rows = spends.each_once([*rows, *ahead.rows_of(ids)])
    others = {row.card_id for row in rows}.difference(wanted)
    if others:
        cards |= spends.find_cards(tx, sorted(others))
    if ahead is not None:
        cards |= {card_id: card.left() for card_id, card in ahead.cards.items() if card_id in cards}
    # of hardly any card: a code that bought is refused as used, whatever was bound once
    bound = [one for one in wanted if one in cards and cards[one].codes_bound & ~cards[one].codes_used]
    return Reading(first, taken, rows, cards, find_bindings(tx, bound) if bound else {})


def write_batch(tx: Transaction, reading: Reading, rows: Sequence[SpendRow], *, count: int, more: bool) -> None:
    """Write the changed cards of the reading and the rows; ``more``: something else will be written after it. Raises
    ``StaleFacts``, or lets the store try the whole work again, when a card is no longer as it was read."""
    changed = [card for card in reading.cards.values() if card.now() != card.before]
    if takes_arrays(tx) and not more and not tx.begun and all(map(spends.is_usual, changed)):
        _write_at_once(tx, reading, changed, rows, count=count)
        return
    if not reading.taken and not spends.advance(tx, before=reading.first - 1, after=reading.first - 1 + count):
        raise StaleFacts
    spends.write_cards(tx, changed)
    spends.append(tx, rows)


def _write_at_once(
    tx: ArrayTransaction, reading: Reading, changed: Collection[SpendCard], rows: Sequence[SpendRow], *, count: int
) -> None:
    before = reading.first - 1
    leaves = Leaves(reading.first + count, {card.card_id: card for card in changed}, rows)
    values = [row.values() for row in rows]
    tx.end_with(_WRITE, before + count, before, spends.changes_of(changed), values, leaves=leaves)
