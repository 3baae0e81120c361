"""A payment's answer made from its rows, as of any of them: the same rows give the same answer for ever, and none is stored
beside them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kiosk.authority.services.pay.asked import id_text
from kiosk.authority.store.cards import last4_of
from kiosk.authority.store.spends import SpendRow
from kiosk.domain.payment import NO_EFFECT, Leg, PaymentStatus, SpendKind, SpendReason, fold_leg, status_of
from kiosk.protocol.messages import Amount
from kiosk.protocol.payments import Event, PaymentAnswer, PaymentLeg

_CHARGED = SpendKind.CHARGED
_CAPTURED, _AUTHORIZED = PaymentStatus.CAPTURED.value, PaymentStatus.AUTHORIZED.value


@dataclass(frozen=True, slots=True)
class Declined:
    """A decline, or a refusal by the payment's state. ``payment_id`` names the record that keeps it."""

    reason: SpendReason
    payment_id: str


@dataclass(frozen=True, slots=True)
class LegNow:
    """One card's share of a payment: its number, its card, its state."""

    number: int
    card_id: int
    leg: Leg


def legs_of(rows: Iterable[SpendRow]) -> list[LegNow]:
    """The legs of a payment, folded from its rows, in their order; rows without effect make none."""
    by_leg: dict[int, list[SpendRow]] = {}
    for row in rows:
        if row.kind not in NO_EFFECT:
            by_leg.setdefault(row.leg, []).append(row)
    return [
        LegNow(number, found[0].card_id, fold_leg(row.operation for row in found))
        for number, found in sorted(by_leg.items())
    ]


def payment_answer(rows: Sequence[SpendRow], *, upto_seq: int | None = None) -> PaymentAnswer:
    """The payment of these rows, as it stood after ``upto_seq`` (now, without it)."""
    seen = [row for row in rows if upto_seq is None or row.seq <= upto_seq]
    first = seen[0]
    legs = legs_of(seen)
    unit = first.currency
    asked = sum(one.leg.amount_minor for one in legs) or first.amount_minor
    return PaymentAnswer(
        payment_id=id_text(first.payment_id),
        status=status_of(one.leg for one in legs).value,
        amount=Amount(asked, unit),
        captured=Amount(sum(one.leg.captured_minor for one in legs), unit),
        refunded=Amount(sum(one.leg.refunded_minor for one in legs), unit),
        created_ms=first.at_ms,
        legs=[
            PaymentLeg(
                leg=one.number,
                card=last4_of(one.card_id),
                amount=Amount(one.leg.amount_minor, unit),
                captured=Amount(one.leg.captured_minor, unit),
                refunded=Amount(one.leg.refunded_minor, unit),
            )
            for one in legs
        ],
        until_ms=max((one.leg.until_ms or 0 for one in legs if one.leg.held_minor), default=None),
        reference=first.reference,
        test=first.test,
    )


@lru_cache(maxsize=16)
def _nothing(unit: str) -> Amount:
    return Amount(0, unit)


def first_answer(rows: Sequence[SpendRow]) -> PaymentAnswer:
    """What ``payment_answer`` says of a payment that was made this moment, without folding it: most payments are asked for once."""
    first = rows[0]
    unit = first.currency
    charged = first.kind is _CHARGED
    nothing = _nothing(unit)
    legs: list[PaymentLeg] = []
    asked = 0
    for row in rows:
        asked += row.amount_minor
        amount = Amount(row.amount_minor, unit)
        captured = amount if charged else nothing
        card = last4_of(row.card_id)
        legs.append(PaymentLeg(leg=row.leg, card=card, amount=amount, captured=captured, refunded=nothing))
    whole = Amount(asked, unit)
    return PaymentAnswer(
        payment_id=id_text(first.payment_id),
        status=_CAPTURED if charged else _AUTHORIZED,
        amount=whole,
        captured=whole if charged else nothing,
        refunded=nothing,
        created_ms=first.at_ms,
        legs=legs,
        until_ms=first.until_ms,
        reference=first.reference,
        test=first.test,
    )


def answer_of(rows: Sequence[SpendRow], own: SpendRow) -> PaymentAnswer | Declined:
    """What the operation that left the row ``own`` was answered; ``rows`` are all of its payment."""
    if own.kind in NO_EFFECT:
        assert own.reason is not None, "a constraint of the table says so"
        return Declined(own.reason, id_text(own.payment_id))
    return payment_answer(rows, upto_seq=own.seq)


def event_of(rows: Sequence[SpendRow], own: SpendRow) -> Event:
    """The event of the operation that left ``own``."""
    kind = SpendKind.CAPTURED if own.kind is SpendKind.CHARGED else own.kind
    return Event(
        event_id=id_text(own.op_id),
        type=f"payment.{kind.value}",
        at_ms=own.at_ms,
        payment=payment_answer(rows, upto_seq=own.seq),
    )
