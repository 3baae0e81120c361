"""Applies a decision of the activation table: each effect is one conditional update, postings in the same transaction.

An update that finds another state than the facts said is a bug or a lost race: it raises, and the whole message had no effect.
Not responsible for deciding (``kiosk.domain.activation_table``) nor for gathering facts (``activate``).
"""

import calendar
from datetime import UTC, datetime
from typing import assert_never

from kiosk.authority import ledger
from kiosk.authority.services.alert_kinds import AlertKind
from kiosk.authority.services.exceptions import raise_exception
from kiosk.authority.store import books, cards
from kiosk.authority.store.alerts import raise_alert
from kiosk.authority.store.cards import CardRow
from kiosk.authority.store.feed import next_version
from kiosk.authority.store.lines import LineRow
from kiosk.authority.store.places import set_online_only
from kiosk.authority.store.ports import Transaction
from kiosk.authority.store.schema import MovementKind
from kiosk.domain.activation import HOLD_MS, Block, CardState, Decision, Effect, Message
from kiosk.errors import Bug


def apply_effects(
    tx: Transaction, decision: Decision, *, message: Message, line: LineRow, card: CardRow | None, now_ms: int
) -> None:
    """Do what the decision says to the card, the books and the operator's lists."""
    for effect in decision.effects:
        match effect:
            case Effect.FREE_HOLD:
                if card is not None:
                    cards.free_hold(tx, card.card_id, terminal_id=line.terminal_id, line_id=line.line_id)
            case Effect.ALERT:
                raise_alert(
                    tx,
                    kind=AlertKind.STOLEN_CARD.value,
                    terminal_id=line.terminal_id,
                    card_id=line.card_id,
                    at_ms=now_ms,
                )
            case Effect.ONLINE_ONLY:
                set_online_only(tx, line.terminal_id, version=next_version(tx))
                raise_alert(
                    tx,
                    kind=AlertKind.ALLOWANCE_EXCEEDED.value,
                    terminal_id=line.terminal_id,
                    card_id=line.card_id,
                    at_ms=now_ms,
                )
            case _:
                if card is None:
                    raise Bug("an effect needs a card that exists")
                _on_card(tx, effect, message=message, line=line, card=card, now_ms=now_ms)
    if decision.exception is not None:
        raise_exception(
            tx,
            decision.exception,
            terminal_id=line.terminal_id,
            line_id=line.line_id,
            card_id=line.card_id,
            shop_id=line.shop_id,
            amount_minor=card.face_minor if card else 0,
            currency=card.currency if card else "XXX",  # ISO 4217: no currency, as nobody knows the card
            now_ms=now_ms,
        )


def _on_card(tx: Transaction, effect: Effect, *, message: Message, line: LineRow, card: CardRow, now_ms: int) -> None:
    terminal_id, line_id = line.terminal_id, line.line_id
    match effect:
        case Effect.HOLD | Effect.EXTEND_HOLD:
            done = cards.hold(
                tx, card.card_id, terminal_id=terminal_id, line_id=line_id, now_ms=now_ms, until_ms=now_ms + HOLD_MS
            )
        case Effect.ACTIVATE:
            done = cards.activate(
                tx,
                card,
                terminal_id=terminal_id,
                line_id=line_id,
                shop_id=line.shop_id,
                now_ms=now_ms,
                expires_ms=expiry_ms(now_ms, months=card.valid_months),
                despite_hold=message is Message.PROMISE,
            )
        case Effect.POST:
            books.add_movement(
                tx,
                card_id=card.card_id,
                no=card.movements + 1,
                kind=MovementKind.ACTIVATION,
                terminal_id=terminal_id,
                line_id=line_id,
                at_ms=now_ms,
                postings=ledger.activation(shop_id=line.shop_id, face_minor=card.face_minor, currency=card.currency),
            )
            done = True
        case Effect.RESTOCK:
            done = cards.withdraw(tx, card, terminal_id=terminal_id, line_id=line_id, to=CardState.IN_STOCK)
        case Effect.VOID_CARD:
            done = cards.withdraw(tx, card, terminal_id=terminal_id, line_id=line_id, to=CardState.VOID)
        case Effect.REVERSE:
            done = _reverse(tx, line=line, card=card, now_ms=now_ms)
        case Effect.BLOCK_QUESTION:
            done = cards.block(tx, card.card_id, Block.QUESTION)
        case Effect.FREEZE:
            done = cards.block(tx, card.card_id, Block.FROZEN)
        case Effect.FREE_HOLD | Effect.ALERT | Effect.ONLINE_ONLY:
            raise Bug("handled by the caller")
        case _:
            assert_never(effect)
    if not done:
        raise Bug(f"the card was not in the state that the decision saw: {effect.name}")


def _reverse(tx: Transaction, *, line: LineRow, card: CardRow, now_ms: int) -> bool:
    activation = books.activation_of_line(tx, card_id=card.card_id, terminal_id=line.terminal_id, line_id=line.line_id)
    if activation is None:
        return False
    books.add_movement(
        tx,
        card_id=card.card_id,
        no=card.movements + 1,
        kind=MovementKind.REVERSAL,
        terminal_id=line.terminal_id,
        line_id=line.line_id,
        at_ms=now_ms,
        postings=ledger.reversal(books.postings_of(tx, card_id=card.card_id, no=activation)),
        reverses=activation,
    )
    return True


def expiry_ms(sold_ms: int, *, months: int) -> int:
    """The last millisecond of the same day of the month, ``months`` later (the month's last day if it is shorter), in UTC."""
    sold = datetime.fromtimestamp(sold_ms / 1000, UTC)
    year, month = divmod(sold.month - 1 + months, 12)
    year, month = sold.year + year, month + 1
    day = min(sold.day, calendar.monthrange(year, month)[1])
    midnight = datetime(year, month, day, tzinfo=UTC).timestamp()
    return int(midnight) * 1000 + 86_400_000 - 1
