"""What the shoppers' pages read beside what others do: money of a card that waits, and which codes were gone by a payment."""

from kiosk.authority.store.ports import Transaction
from kiosk.domain.binding import BINDING_MS


def held_amounts(tx: Transaction, card_id: int) -> list[tuple[int, int]]:
    """What a card's open authorizations hold: (amount, until when), the first to come back first."""
    rows = tx.all(
        "SELECT amount_minor, until_ms FROM open_authorization WHERE card_id = ? AND test = 0 ORDER BY until_ms, payment_id",
        card_id,
    )
    return [(row[0], row[1]) for row in rows]


def codes_gone_until(tx: Transaction, card_id: int, *, seq: int, at_ms: int) -> list[int]:
    """The codes of a card, by their number on it, that payments had used when the counter stood at ``seq``, and those that a
    merchant had seen by then (``at_ms``) and that bought nothing."""
    rows = tx.all(
        """SELECT code_no FROM spend WHERE card_id = ? AND seq <= ? AND code_no IS NOT NULL
            UNION SELECT code_no FROM code_binding WHERE card_id = ? AND until_ms <= ? ORDER BY code_no""",
        card_id, seq, card_id, at_ms + BINDING_MS,
    )  # fmt: skip
    return [row[0] for row in rows]
