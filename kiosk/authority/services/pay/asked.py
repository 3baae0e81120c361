"""What may be asked about payments, checked and in one form, with the ids that make a repeat recognisable.

An operation's id is made of the merchant and its idempotency key; a payment's id is that of the operation that made it. The
fingerprint of what was asked is keyed, because it covers a code. Not responsible for signatures, nor for deciding.
"""

import hashlib
import struct
import uuid
from binascii import hexlify
from dataclasses import dataclass
from enum import Enum

import msgspec

from kiosk.authority.services.refused import malformed
from kiosk.authority.services.texts import is_line
from kiosk.authority.store.cards import card_id_of
from kiosk.domain.card import ScratchCode, Serial, parse_code, parse_serial
from kiosk.domain.currency import UnknownCurrencyError, currency
from kiosk.domain.money import Money
from kiosk.domain.payment import CARDS_MAX, WINDOW_MAX_S, WINDOW_MIN_S, Contract
from kiosk.protocol.codec import encode
from kiosk.protocol.mac import Mac
from kiosk.protocol.messages import Amount
from kiosk.protocol.payments import (
    MAX_REFERENCE_CHARS,
    CancelPaymentRequest,
    CaptureRequest,
    PaymentRequest,
    RefundRequest,
    Scratch,
)

ID_BYTES = 16
_uuid_groups = struct.Struct("8s4s4s4s12s").unpack
# one remote payment with anonymous money, by currency in minor units (AMLD5 as taken over by CMF art. R. 561-16-1: 50 €)
CEILING_MINOR = {"EUR": 5_000, "FRF": 32_797}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """On whose behalf a payment is made. ``test`` moves no money and meets test cards only."""

    merchant_no: int
    test: bool
    contracts: tuple[Contract, ...]


class Presented(msgspec.Struct, frozen=True, gc=False):
    """One card with one of its codes."""

    card_id: int
    serial: Serial
    code: ScratchCode

    def __repr__(self) -> str:
        return "Presented(…)"


class Ask(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One operation on a payment. These and the rows are msgspec's structures, made several times as fast as dataclasses, and
    unknown to the collector: nothing in them leads back to them."""

    caller: Caller
    op_id: bytes
    payment_id: bytes
    fingerprint: bytes


class Present(Ask, frozen=True, kw_only=True, gc=False):
    """Pay with cards: charge, or with ``capture`` false authorize. ``hosted``: the codes were typed on our own page, and the
    merchant has not seen them."""

    amount: Money
    presented: tuple[Presented, ...]
    capture: bool
    window_ms: int
    reference: str | None
    hosted: bool


class Verb(Enum):
    """What may be done to a payment that was made."""

    CAPTURE = "capture"
    CANCEL = "cancel"
    REFUND = "refund"
    RETURN = "return"  # the authority's own: the window lapsed


class Follow(Ask, frozen=True, kw_only=True, gc=False):
    """Go on with a payment. ``amount`` is missing for all that there is."""

    verb: Verb
    amount: Money | None = None


FollowRequest = CaptureRequest | CancelPaymentRequest | RefundRequest
_VERBS: dict[type[FollowRequest], Verb] = {
    CaptureRequest: Verb.CAPTURE,
    CancelPaymentRequest: Verb.CANCEL,
    RefundRequest: Verb.REFUND,
}


def op_id_of(caller: Caller, key: str) -> bytes:
    """The id of the operation that a merchant calls ``key``; as a UUID it has version 8 (RFC 9562, 5.8)."""
    mode = "test" if caller.test else "live"
    digest = hashlib.sha256(f"{caller.merchant_no}/{mode}/{key}".encode()).digest()
    return _uuid8(digest[:ID_BYTES])


def return_op_id(payment_id: bytes) -> bytes:
    """The id of the one return that a payment may have."""
    return _uuid8(hashlib.sha256(b"return/" + payment_id).digest()[:ID_BYTES])


def id_text(payment_id: bytes) -> str:
    """A payment's id as it is written."""
    return b"-".join(_uuid_groups(hexlify(payment_id))).decode()


def id_bytes(text: str) -> bytes:
    """The inverse of ``id_text``. Raises ``TurnedAway``."""
    try:
        found = uuid.UUID(text)
    except ValueError:
        found = None
    if found is None or str(found) != text:
        raise malformed("a payment's id is a UUID in lower case")
    return found.bytes


def present(
    caller: Caller, key: str, request: PaymentRequest, *, fingerprint_key: Mac, hosted: bool = False
) -> Present:
    """The checked form of a new payment. Raises ``TurnedAway`` for numbers that cannot be right: that counts as no try (CD-01)."""
    if not 1 <= len(request.instruments) <= CARDS_MAX:
        raise malformed(f"a payment takes 1 to {CARDS_MAX} cards")
    presented = tuple(map(_presented, request.instruments))
    if len(presented) > 1 and len({one.card_id for one in presented}) != len(presented):
        raise malformed("a card stands twice in one payment")
    if not WINDOW_MIN_S <= request.window_s <= WINDOW_MAX_S:
        raise malformed(f"window_s is {WINDOW_MIN_S} to {WINDOW_MAX_S}")
    if request.reference is not None and not is_line(request.reference, most=MAX_REFERENCE_CHARS):
        raise malformed(f"reference has 1 to {MAX_REFERENCE_CHARS} printable characters")
    op_id = op_id_of(caller, key)
    return Present(
        caller=caller,
        op_id=op_id,
        payment_id=op_id,
        fingerprint=_fingerprint(fingerprint_key, b"pay", request),
        amount=amount_of(request.amount),
        presented=presented,
        capture=request.capture,
        window_ms=request.window_s * 1000,
        reference=request.reference,
        hosted=hosted,
    )


def follow(caller: Caller, key: str, payment_id: str, request: FollowRequest, *, fingerprint_key: Mac) -> Follow:
    """The checked form of a capture, a cancel or a refund. Raises ``TurnedAway``."""
    verb = _VERBS[type(request)]
    amount = None if isinstance(request, CancelPaymentRequest) else request.amount
    return Follow(
        caller=caller,
        op_id=op_id_of(caller, key),
        payment_id=id_bytes(payment_id),
        fingerprint=_fingerprint(fingerprint_key, f"{verb.value}/{payment_id}".encode(), request),
        verb=verb,
        amount=amount_of(amount) if amount is not None else None,
    )


def lapse(payment_id: bytes) -> Follow:
    """Give back what a payment holds beyond its window: the authority's own question."""
    nobody = Caller(merchant_no=0, test=False, contracts=())
    op_id = return_op_id(payment_id)
    return Follow(caller=nobody, op_id=op_id, payment_id=payment_id, fingerprint=op_id, verb=Verb.RETURN)


def amount_of(amount: Amount) -> Money:
    """The money of an amount on the wire. Raises ``TurnedAway`` unless it is above 0 and at most the ceiling of its currency."""
    try:
        unit = currency(amount.currency)
    except UnknownCurrencyError:
        raise malformed("the currency is none of this scheme") from None
    if not 0 < amount.amount_minor <= CEILING_MINOR[unit.code]:
        raise malformed(
            f"amount_minor is 1 to {CEILING_MINOR[unit.code]}, the most that anonymous cards may pay at once"
        )
    return Money(amount.amount_minor, unit)


def _presented(instrument: Scratch) -> Presented:
    serial, code = parse_serial(instrument.serial), parse_code(instrument.code)
    if not isinstance(serial, Serial):
        raise malformed("a serial has 16 digits with a right check: nothing was tried")
    if not isinstance(code, ScratchCode):
        raise malformed("a code has 12 digits with a right check: nothing was tried")
    return Presented(card_id_of(serial.digits), serial, code)


def _fingerprint(key: Mac, what: bytes, request: msgspec.Struct) -> bytes:
    # of the decoded message: 10.0 and 10 are the same question
    return key.of(what + b"\0" + encode(request))[:ID_BYTES]


def _uuid8(digest: bytes) -> bytes:
    marked = bytearray(digest)
    marked[6] = marked[6] & 0x0F | 0x80  # version
    marked[8] = marked[8] & 0x3F | 0x80  # variant
    return bytes(marked)
