"""Everything on the wire that is neither a yes nor a business no: RFC 9457 problems with stable types.

A client acts on ``type`` and never on text. Not responsible for refusals of business (200 with ``outcome``) nor for which trouble
becomes which problem (``kiosk.authority.answers`` decides that).
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

import msgspec

PROBLEM_JSON: Final = "application/problem+json"
_URI_PREFIX = "urn:kiosk:problem:"


class TillAction(Enum):
    """What a terminal does with a problem (PR-24)."""

    RETRY = "retry"  # send the same again later, with the same idempotency key
    CORRECT_CLOCK = "correct_clock"  # take the signed time, sign again, once
    STOP = "stop"  # this terminal or this build must not go on; a person is needed
    CALL_HOTLINE = "call_hotline"


class ProblemKind(Enum):
    """The stable names. ``uri`` is what stands in ``type``; ``name`` of the last part is what a log shows."""

    MALFORMED_REQUEST = "malformed-request"
    UNSIGNED_REQUEST = "unsigned-request"
    BAD_SIGNATURE = "bad-signature"
    CLOCK_SKEW = "clock-skew"
    REPLAYED_REQUEST = "replayed-request"
    UNKNOWN_TERMINAL = "unknown-terminal"
    REVOKED_TERMINAL = "revoked-terminal"
    IDEMPOTENCY_CONFLICT = "idempotency-conflict"
    TOO_LARGE = "too-large"
    BUSY = "busy"
    CURSOR_EXPIRED = "cursor-expired"
    NOT_FOUND = "not-found"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    INTERNAL = "internal"
    # said to merchants alone
    UNKNOWN_MERCHANT = "unknown-merchant"
    MERCHANT_SUSPENDED = "merchant-suspended"
    HOSTED_PAGE_ONLY = "hosted-page-only"
    PAYMENT_DECLINED = "payment-declined"
    PAYMENT_REFUSED = "payment-refused"
    SLOW_DOWN = "slow-down"

    @property
    def uri(self) -> str:
        """The value of ``type``, for ever."""
        return _URI_PREFIX + self.value


@dataclass(frozen=True, slots=True)
class Traits:
    """What is always true of a kind. ``retryable``: the same request, signed anew, may succeed later. A till never hears those that
    have no ``action``."""

    status: int
    title: str
    retryable: bool
    action: TillAction | None = None


TRAITS: Final[dict[ProblemKind, Traits]] = {
    ProblemKind.MALFORMED_REQUEST: Traits(400, "The request is not what this address expects", False, TillAction.STOP),
    ProblemKind.UNSIGNED_REQUEST: Traits(401, "The request carries no signature", False, TillAction.STOP),
    ProblemKind.BAD_SIGNATURE: Traits(401, "The signature does not fit the request", False, TillAction.STOP),
    ProblemKind.CLOCK_SKEW: Traits(401, "The request was signed too early or too late", True, TillAction.CORRECT_CLOCK),
    ProblemKind.REPLAYED_REQUEST: Traits(401, "This very request was received before", True, TillAction.RETRY),
    ProblemKind.UNKNOWN_TERMINAL: Traits(401, "No terminal with this key", False, TillAction.CALL_HOTLINE),
    ProblemKind.REVOKED_TERMINAL: Traits(403, "This terminal was revoked", False, TillAction.CALL_HOTLINE),
    ProblemKind.IDEMPOTENCY_CONFLICT: Traits(422, "Other content under a key already used", False, TillAction.STOP),
    ProblemKind.TOO_LARGE: Traits(413, "The request is too large", False, TillAction.STOP),
    ProblemKind.BUSY: Traits(503, "Too much to do at the moment", True, TillAction.RETRY),
    ProblemKind.CURSOR_EXPIRED: Traits(410, "The cursor is too old: start from the beginning", False, TillAction.RETRY),
    ProblemKind.NOT_FOUND: Traits(404, "Nothing is at this address", False, TillAction.STOP),
    ProblemKind.METHOD_NOT_ALLOWED: Traits(405, "This address does not know this method", False, TillAction.STOP),
    ProblemKind.INTERNAL: Traits(500, "The authority failed", True, TillAction.RETRY),
    ProblemKind.UNKNOWN_MERCHANT: Traits(401, "No merchant with this key", False),
    ProblemKind.MERCHANT_SUSPENDED: Traits(403, "This merchant takes no payments at the moment", False),
    ProblemKind.HOSTED_PAGE_ONLY: Traits(403, "This merchant's shoppers pay on the scheme's page", False),
    ProblemKind.PAYMENT_DECLINED: Traits(402, "The payment was declined", False),
    ProblemKind.PAYMENT_REFUSED: Traits(409, "The payment's state does not allow this", False),
    ProblemKind.SLOW_DOWN: Traits(429, "Too many wrong codes lately", True),
}


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of a problem. ``detail`` is for a developer and holds no secret; ``time_ms`` is the authority's clock (clock-skew);
    ``retry_after_s`` repeats the header ``Retry-After`` under the signature. ``till_action`` is for terminals; ``reason`` and
    ``payment_id`` are for merchants whose payment was declined or refused."""

    type: str
    title: str
    status: int
    retryable: bool
    till_action: str | None = None
    detail: str | None = None
    time_ms: int | None = None
    retry_after_s: int | None = None
    reason: str | None = None
    payment_id: str | None = None

    @property
    def kind(self) -> ProblemKind | None:
        """The kind, or ``None`` for a type that this build does not know (a newer authority)."""
        return _BY_URI.get(self.type)

    @property
    def name(self) -> str:
        """The last part of ``type``, for a log."""
        return self.type.rsplit(":", 1)[-1][:64]


_BY_URI: Final = {kind.uri: kind for kind in ProblemKind}


def problem(
    kind: ProblemKind, *, detail: str | None = None, time_ms: int | None = None, retry_after_s: int | None = None
) -> Problem:
    """A problem of this kind with its fixed status, title, ``retryable`` and ``till_action``."""
    traits = TRAITS[kind]
    return Problem(
        type=kind.uri,
        title=traits.title,
        status=traits.status,
        retryable=traits.retryable,
        till_action=traits.action.value if traits.action else None,
        detail=detail,
        time_ms=time_ms,
        retry_after_s=retry_after_s,
    )


def merchant_problem(
    kind: ProblemKind,
    *,
    detail: str | None = None,
    time_ms: int | None = None,
    retry_after_s: int | None = None,
    reason: str | None = None,
    payment_id: str | None = None,
) -> Problem:
    """A problem as merchants hear it: it says nothing of tills, and which payment it is about."""
    found = problem(kind, detail=detail, time_ms=time_ms, retry_after_s=retry_after_s)
    return msgspec.structs.replace(found, till_action=None, reason=reason, payment_id=payment_id)
