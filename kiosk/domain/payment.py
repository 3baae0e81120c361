"""A payment as its parts: what may happen to one card's share of it, how tries at codes are counted, what a split gives to whom.

A payment is never altered, only added to: each operation is a row, and the state of a share (a *leg*) is the fold of its rows. Not
responsible for storage, nor for which code is right (the authority's tags say so).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from kiosk.domain.money import shares

MINUTE_MS = 60_000
WRONG_CODES_FREE = 5
PAUSE_MS = 15 * MINUTE_MS

CARDS_MAX = 10
WINDOW_MIN_S = 60
WINDOW_MAX_S = 600

WHOLE_SHARE = 10_000


class SpendKind(Enum):
    """What one operation did to one card. ``DECLINED``: a presented code bought nothing. ``REFUSED``: the payment's state did not
    allow what was asked. Both moved no money and are kept, so that a repeat hears the same."""

    DECLINED = "declined"
    AUTHORIZED = "authorized"
    CHARGED = "charged"  # authorized and captured in one
    CAPTURED = "captured"
    CANCELLED = "cancelled"  # by the merchant, before capture
    RETURNED = "returned"  # by the authority: the window lapsed
    REFUNDED = "refunded"
    REFUSED = "refused"


class SpendReason(Enum):
    """Why not. ``DECLINED`` is one answer for unknown, inactive, blocked, paused, expired, used and wrong; the two after it
    are heard only by who gave a right code. The others answer capture, cancel and refund."""

    DECLINED = "declined"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    WRONG_CURRENCY = "wrong_currency"
    NOT_AUTHORIZED = "not_authorized"  # was captured, cancelled or declined before
    WINDOW_OVER = "window_over"
    OVER_AMOUNT = "over_amount"
    NOT_CAPTURED = "not_captured"
    CARD_CLOSED = "card_closed"  # expired or void since: the hotline pays back


class PaymentStatus(Enum):
    """Where a whole payment stands. A partial refund leaves it captured; the amounts say how much."""

    DECLINED = "declined"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    REFUNDED = "refunded"


TOOK_CODE = frozenset({SpendKind.AUTHORIZED, SpendKind.CHARGED})
TOOK_MONEY = frozenset({SpendKind.CHARGED, SpendKind.CAPTURED})
NO_EFFECT = frozenset({SpendKind.DECLINED, SpendKind.REFUSED})


@dataclass(frozen=True, slots=True)
class Tries:
    """Wrong codes given for one card since the last right one, and until when none is looked at (settled decision 3)."""

    wrong: int = 0
    paused_until_ms: int = 0

    def paused(self, now_ms: int) -> bool:
        """Whether a code is refused without being looked at. Such a refusal counts as no try."""
        return now_ms < self.paused_until_ms

    def after_wrong(self, now_ms: int) -> "Tries":
        """Five wrong codes pause the card for a quarter of an hour, then each further one does; never for ever."""
        wrong = self.wrong + 1
        return Tries(wrong, now_ms + PAUSE_MS if wrong >= WRONG_CODES_FREE else 0)

    def after_right(self) -> "Tries":
        """A right code forgives the wrong ones."""
        return self if self.wrong == 0 and self.paused_until_ms == 0 else NO_TRIES


NO_TRIES = Tries()


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of a leg, as far as its state depends on it. Amounts in minor units."""

    kind: SpendKind
    amount_minor: int
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Leg:
    """One card's share of a payment now. ``held_minor`` waits for its capture until ``until_ms``."""

    amount_minor: int = 0
    held_minor: int = 0
    captured_minor: int = 0
    refunded_minor: int = 0
    until_ms: int | None = None
    ended: SpendKind | None = None

    @property
    def refundable_minor(self) -> int:
        """What a refund may still give back."""
        return self.captured_minor - self.refunded_minor


def fold_leg(operations: Iterable[Operation]) -> Leg:
    """The state of a leg after its operations, in their order. Kinds without effect change nothing."""
    amount = held = captured = refunded = 0
    until_ms: int | None = None
    ended: SpendKind | None = None
    for operation in operations:
        match operation.kind:
            case SpendKind.AUTHORIZED:
                amount = held = operation.amount_minor
                until_ms = operation.until_ms
            case SpendKind.CHARGED:
                amount = captured = operation.amount_minor
            case SpendKind.CAPTURED:
                held, captured = 0, operation.amount_minor
            case SpendKind.CANCELLED | SpendKind.RETURNED:
                held, ended = 0, operation.kind
            case SpendKind.REFUNDED:
                refunded += operation.amount_minor
            case SpendKind.DECLINED | SpendKind.REFUSED:
                pass
    return Leg(amount, held, captured, refunded, until_ms, ended)


def status_of(legs: Iterable[Leg]) -> PaymentStatus:
    """The one word for a payment with these legs; none at all means that it was declined."""
    found = list(legs)
    if any(leg.held_minor for leg in found):
        return PaymentStatus.AUTHORIZED
    captured = sum(leg.captured_minor for leg in found)
    if captured:
        whole = captured == sum(leg.refunded_minor for leg in found)
        return PaymentStatus.REFUNDED if whole else PaymentStatus.CAPTURED
    ends = {leg.ended for leg in found}
    if SpendKind.RETURNED in ends:
        return PaymentStatus.RETURNED
    return PaymentStatus.CANCELLED if SpendKind.CANCELLED in ends else PaymentStatus.DECLINED


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """How a captured amount is shared from ``from_ms`` on, in hundredths of a percent; what is left is the scheme's."""

    contract_no: int
    from_ms: int
    merchant_share: int = 8_000
    distribution_share: int = 1_200
    merchant_no: int | None = None

    def split(self, amount_minor: int) -> tuple[int, int, int]:
        """What merchant, distribution and scheme get of an amount, in its minor units; the three sum to it exactly."""
        return _split(amount_minor, self.merchant_share, self.distribution_share)


@lru_cache(maxsize=8_192)  # shops have few prices
def _split(amount_minor: int, merchant_share: int, distribution_share: int) -> tuple[int, int, int]:
    scheme_share = WHOLE_SHARE - merchant_share - distribution_share
    merchant, distribution, scheme = shares(amount_minor, (merchant_share, distribution_share, scheme_share))
    return merchant, distribution, scheme


def contract_at(contracts: Collection[Contract], *, merchant_no: int, at_ms: int) -> Contract | None:
    """The contract in force: the merchant's own newest before everybody's newest; ``None`` if none has begun."""
    if len(contracts) == 1:  # nearly everywhere, and asked for each payment
        (only,) = contracts
        return only if only.from_ms <= at_ms and only.merchant_no in (None, merchant_no) else None
    begun = [one for one in contracts if one.from_ms <= at_ms and one.merchant_no in (None, merchant_no)]
    return max(begun, key=lambda one: (one.merchant_no is not None, one.from_ms, one.contract_no), default=None)


def refund_parts(
    *, captured_minor: int, merchant_minor: int, distribution_minor: int, before_minor: int, refund_minor: int
) -> tuple[int, int]:
    """What merchant and distribution give back of a refund, after ``before_minor`` was refunded already; the scheme gives the rest.

    In proportion to what each got, rounded so that no part is ever negative and the refunds of a whole capture give each
    part back exactly.
    """
    if not 0 <= before_minor <= before_minor + refund_minor <= captured_minor:
        raise ValueError("a refund is at most what was captured and not yet refunded")

    def upto(refunded: int) -> tuple[int, int]:
        merchant = refunded * merchant_minor // captured_minor
        rest = captured_minor - merchant_minor
        distribution = (refunded - merchant) * distribution_minor // rest if rest else 0
        return merchant, distribution

    merchant_before, distribution_before = upto(before_minor)
    merchant_after, distribution_after = upto(before_minor + refund_minor)
    return merchant_after - merchant_before, distribution_after - distribution_before
