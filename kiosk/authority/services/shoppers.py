"""What a shopper may see of a card: by its serial alone its worth and what it paid, and after a payment what that payment left.

Nothing about codes by serial; no merchant's name ever. A card that is unknown, not sold, void or blocked is one and the same
``None``. Not responsible for limits (``guard``) nor for the pages' words.
"""

from dataclasses import dataclass

from kiosk.authority.store import shoppers, spends
from kiosk.authority.store.cards import card_id_of, find_card, last4_of
from kiosk.authority.store.ports import Transaction
from kiosk.authority.store.spends import SpendRow
from kiosk.domain.activation import CardState
from kiosk.domain.card import Serial
from kiosk.domain.payment import TOOK_CODE, SpendKind

PAYMENTS_SHOWN = 5
ROWS_READ = 40

_SHOWN_KINDS = {SpendKind.CHARGED: -1, SpendKind.CAPTURED: -1, SpendKind.REFUNDED: 1}
_SHOWN_STATES = {
    CardState.ACTIVE: "active",
    CardState.EXHAUSTED: "exhausted",
    CardState.EXPIRED: "expired",
}


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that left a card (negative) or came back to it."""

    at_ms: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Held:
    """Money that waits for a merchant; it comes back at ``until_ms`` at the latest."""

    amount_minor: int
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCard:
    """A card by its serial. ``state``: active · exhausted · expired."""

    state: str
    currency: str
    face_minor: int
    balance_minor: int
    expires_ms: int
    movements: tuple[Movement, ...]
    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidCard:
    """A card right after a payment. ``used`` are its codes that are gone, with those that a merchant has seen, ``code_no`` is the
    one that this payment took; both are missing for a test card."""

    last4: str
    left_minor: int
    codes: int
    used: tuple[int, ...]
    code_no: int | None


def card_of(tx: Transaction, serial: Serial, *, now_ms: int) -> ShownCard | None:
    """The card, if it may be shown."""
    card_id = card_id_of(serial.digits)
    card = find_card(tx, card_id)
    if card is None or card.block is not None or card.state not in _SHOWN_STATES:
        return None
    state = _SHOWN_STATES[card.state]
    if card.expires_ms is not None and card.expires_ms < now_ms:
        state = "expired"
    rows = spends.rows_of_card(tx, card_id, limit=ROWS_READ)
    moved = [Movement(row.at_ms, _SHOWN_KINDS[row.kind] * row.amount_minor) for row in rows if row.kind in _SHOWN_KINDS]
    return ShownCard(
        state=state,
        currency=card.currency,
        face_minor=card.face_minor,
        balance_minor=card.balance_minor,
        expires_ms=card.expires_ms or 0,
        movements=tuple(moved[:PAYMENTS_SHOWN]),
        held=tuple(Held(*one) for one in shoppers.held_amounts(tx, card_id)),
    )


def cards_of_payment(tx: Transaction, payment_id: bytes) -> list[PaidCard]:
    """What a payment left on its cards, as it was at that moment: later payments are another page's."""
    rows = spends.rows_of_payment(tx, payment_id)
    return [_paid_card(tx, row) for row in rows if row.kind in TOOK_CODE]


def left_on(tx: Transaction, serial: Serial) -> int:
    """What is on a card now; for whoever gave a right code of it."""
    card = find_card(tx, card_id_of(serial.digits))
    return card.balance_minor if card is not None else 0


def _paid_card(tx: Transaction, row: SpendRow) -> PaidCard:
    card = None if row.test else find_card(tx, row.card_id)
    gone = shoppers.codes_gone_until(tx, row.card_id, seq=row.seq, at_ms=row.at_ms) if card is not None else ()
    return PaidCard(
        last4=last4_of(row.card_id),
        left_minor=row.balance_minor,
        codes=card.codes if card is not None else 0,
        used=tuple(gone),
        code_no=row.code_no,
    )
