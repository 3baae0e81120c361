"""What a merchant's site and the authority say to each other about payments. Times are UTC milliseconds since 1970.

One door for every instrument: a scratch card today, a mobile and a token later, told apart by ``type``. The authority refuses
fields it does not know; a client ignores them. A yes is 200; a decline is 402 and a refusal by a payment's state 409, both
problems.
"""

from typing import Annotated, Final

from msgspec import Meta

from kiosk.domain.payment import CARDS_MAX, WINDOW_MAX_S, WINDOW_MIN_S
from kiosk.protocol.messages import Amount, Answer, Request

MAX_REFERENCE_CHARS = 64
MAX_TITLE_CHARS = 80
MAX_URL_CHARS = 500
MAX_KEY_CHARS = 64
MAX_EVENTS = 100
REPLAYED_HEADER: Final = "idempotent-replayed"  # "true" on an answer that was given before; missing on a first one

# limits that the document tells too; what they mean is checked once more where it is decided
Window = Annotated[int, Meta(ge=WINDOW_MIN_S, le=WINDOW_MAX_S)]
Reference = Annotated[str, Meta(min_length=1, max_length=MAX_REFERENCE_CHARS)]
Title = Annotated[str, Meta(min_length=1, max_length=MAX_TITLE_CHARS)]
Url = Annotated[str, Meta(min_length=1, max_length=MAX_URL_CHARS)]


class Scratch(Request, frozen=True, tag_field="type", tag="scratch"):
    """A scratch card: its public serial and one code that was not used yet; spaces are ignored in both."""

    serial: str
    code: str

    def __repr__(self) -> str:
        return "Scratch(…)"


class PaymentRequest(Request, frozen=True):
    """POST /v1/payments. ``capture`` takes the money at once; without it the amount is held for ``window_s`` (60 to 600), then goes
    back by itself. With several cards the one sold first is emptied first. ``reference`` is the merchant's own and comes back."""

    amount: Amount
    instruments: Annotated[list[Scratch], Meta(min_length=1, max_length=CARDS_MAX)]
    capture: bool = True
    window_s: Window = 600
    reference: Reference | None = None


class CaptureRequest(Request, frozen=True):
    """POST /v1/payments/{id}/capture: take what is held, or a part; the rest goes back to the cards at once."""

    amount: Amount | None = None


class CancelPaymentRequest(Request, frozen=True):
    """POST /v1/payments/{id}/cancel: give back what is held. The codes stay used."""


class RefundRequest(Request, frozen=True):
    """POST /v1/payments/{id}/refunds: give captured money back to the cards it came from; without an amount all that is left."""

    amount: Amount | None = None


class PaymentLeg(Answer, frozen=True):
    """One card's share. ``card`` is the last four digits of its serial."""

    leg: int
    card: str
    amount: Amount
    captured: Amount
    refunded: Amount


class PaymentAnswer(Answer, frozen=True):
    """A payment after the operation that was asked for. ``status``: authorized · captured · cancelled · returned · refunded ·
    declined. ``until_ms`` ends the window of what is held."""

    payment_id: str
    status: str
    amount: Amount
    captured: Amount
    refunded: Amount
    created_ms: int
    legs: list[PaymentLeg]
    until_ms: int | None = None
    reference: str | None = None
    test: bool = False


class CheckoutRequest(Request, frozen=True):
    """POST /v1/checkouts: a page of ours on which the shopper pays, so that the merchant never sees a code. ``title`` is what is
    bought, as the shopper knows it. Both addresses are https, or http on loopback."""

    amount: Amount
    title: Title
    return_url: Url
    cancel_url: Url
    capture: bool = True
    window_s: Window = 600
    reference: Reference | None = None
    language: str = "fr"


class CheckoutAnswer(Answer, frozen=True):
    """Where to send the shopper. ``state``: open · paying · paid · cancelled · lapsed; ``payment`` once it is paid."""

    checkout_id: str
    url: str
    state: str
    until_ms: int
    payment: PaymentAnswer | None = None


class Event(Answer, frozen=True):
    """Something that happened to a payment: ``type`` is payment.authorized · .captured · .cancelled · .returned · .refunded, and
    ``payment`` is how it stood right after. ``event_id`` is the same however often it is told."""

    event_id: str
    type: str
    at_ms: int
    payment: PaymentAnswer


class EventsAnswer(Answer, frozen=True):
    """GET /v1/events?after=: everything after a cursor, in order, once the cursor moved never again; an empty cursor begins
    anew."""

    events: list[Event]
    cursor: str
    more: bool
