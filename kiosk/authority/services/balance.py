"""What a card is worth, asked by its public serial from an enrolled terminal; reveals nothing about its codes.

Unknown, of another currency and not yet in the asking shop's stock are one answer. Not responsible for spending.
"""

from itertools import islice

from kiosk.authority.services.activate import known_terminal
from kiosk.authority.services.refused import malformed
from kiosk.authority.store.cards import CardRow, card_id_of, find_card
from kiosk.authority.store.places import TerminalRow, find_shop
from kiosk.authority.store.ports import Transaction
from kiosk.authority.store.spends import rows_of_card
from kiosk.domain.activation import CardState
from kiosk.domain.card import NumberFault, parse_serial
from kiosk.domain.payment import TOOK_MONEY
from kiosk.protocol.messages import Amount, BalanceAnswer, BalanceRequest, SpentRow

PAYMENTS_SHOWN = 5
LOOKED_AT = 50

_SOLD = {
    CardState.ACTIVE: "active",
    CardState.EXHAUSTED: "exhausted",
    CardState.EXPIRED: "expired",
    CardState.VOID: "void",
}
_NOT_FOUND = BalanceAnswer(outcome="not_found")


def balance(tx: Transaction, *, terminal_id: str, request: BalanceRequest) -> BalanceAnswer:
    """The card's state and what is left on it. Raises ``TurnedAway`` for a text that is no serial."""
    serial = parse_serial(request.serial)
    if isinstance(serial, NumberFault):
        raise malformed("the serial is not 16 digits with a right check")
    terminal = known_terminal(tx, terminal_id)
    card = find_card(tx, card_id_of(serial.digits))
    shop = find_shop(tx, terminal.shop_id)
    if card is None or shop is None or card.currency != shop.currency:
        return _NOT_FOUND
    state = _state(card, terminal)
    if state is None:
        return _NOT_FOUND
    face = Amount(card.face_minor, card.currency)
    if state in {"inactive", "blocked"}:
        return BalanceAnswer(outcome="found", state=state, series=card.series, face=face, codes=card.codes)
    return BalanceAnswer(
        outcome="found",
        state=state,
        series=card.series,
        face=face,
        balance=Amount(card.balance_minor, card.currency),
        codes_left=card.codes_left if card.state is CardState.ACTIVE else 0,
        codes=card.codes,
        expires_ms=card.expires_ms,
        payments=_payments(tx, card),
    )


def _payments(tx: Transaction, card: CardRow) -> list[SpentRow]:
    """The latest payments, newest first; without the merchants, because whoever looks over a shoulder reads too (CD-09)."""
    taken = (row for row in rows_of_card(tx, card.card_id, limit=LOOKED_AT) if row.kind in TOOK_MONEY)
    return [SpentRow(row.at_ms, Amount(row.amount_minor, row.currency)) for row in islice(taken, PAYMENTS_SHOWN)]


def _state(card: CardRow, terminal: TerminalRow) -> str | None:
    sold = _SOLD.get(card.state)
    if sold is None and (card.state is not CardState.IN_STOCK or card.shop_id != terminal.shop_id):
        return None
    return "blocked" if card.block is not None else sold or "inactive"
