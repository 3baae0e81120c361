"""Bindings in the database: for which merchant's purchase a code is kept that a merchant has seen and that bought nothing (CD-10).

``card.codes_bound`` marks the codes that have a row here, so that a card without one costs no look. A row is never deleted: once
its code bought, the audit finds in it that nobody else could have used it; otherwise it is the reason why the code is dead. Not
responsible for what a binding allows (``kiosk.domain.binding``).
"""

from collections.abc import Mapping, Sequence

from kiosk.authority.store.ports import Transaction
from kiosk.authority.store.spends import takes_arrays
from kiosk.domain.binding import Binding

Place = tuple[int, int]  # a card's id, and a code's number on it

_FIND = "SELECT card_id, code_no, merchant_no, reference, amount_minor, until_ms FROM code_binding WHERE card_id = "
# a binding that is there only ever shrinks
_PUT = """
INSERT INTO code_binding(card_id, code_no, merchant_no, reference, amount_minor, until_ms) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (card_id, code_no) DO UPDATE SET amount_minor = excluded.amount_minor
"""


def find_bindings(tx: Transaction, card_ids: Sequence[int]) -> dict[Place, Binding]:
    """The bindings of these cards' codes, those that have ended too."""
    if takes_arrays(tx):
        found = tx.look(f"{_FIND} ANY($1::bigint[])", list(card_ids))
    else:
        found = [row for one in card_ids for row in tx.all(f"{_FIND} ?", one)]
    return {
        (row[0], row[1]): Binding(merchant_no=row[2], reference=row[3], amount_minor=row[4], until_ms=row[5])
        for row in found
    }


def put_bindings(tx: Transaction, bindings: Mapping[Place, Binding]) -> None:
    """Write new bindings, and those that became smaller."""
    tx.run_many(
        _PUT,
        (
            (*place, one.merchant_no, one.reference, one.amount_minor, one.until_ms)
            for place, one in sorted(bindings.items(), key=lambda item: item[0])
        ),
    )
