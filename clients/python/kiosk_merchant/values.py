"""What the authority answers, as frozen values. Amounts are whole minor units (2,50 € is 250), times UTC milliseconds since 1970.

Not responsible for reading them from JSON (``reading``).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class Card:
    """A scratch card as the shopper gives it: its serial and one code that was not used yet. Spaces are ignored.

    Neither a repr nor an error of this package ever shows a code.
    """

    serial: str
    code: str

    def __repr__(self) -> str:
        return "Card(…)"

    def __reduce__(self) -> str:
        raise TypeError("a card with its code is not pickled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One card's share of a payment. ``card`` is the last four digits of its serial."""

    leg: int
    card: str
    amount_minor: int
    captured_minor: int
    refunded_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment as it stood after what was asked. ``status``: authorized · captured · cancelled · returned · refunded · declined.

    A partial refund leaves it captured; the amounts say how much. ``until_ms`` ends the window of what is held. ``test``: made with
    a test key, no money moved.
    """

    payment_id: str
    status: str
    currency: str
    amount_minor: int
    captured_minor: int
    refunded_minor: int
    created_ms: int
    legs: tuple[Leg, ...]
    until_ms: int | None = None
    reference: str | None = None
    test: bool = False

    @property
    def kept_minor(self) -> int:
        """What was taken and not given back: the only amount to deliver for."""
        return self.captured_minor - self.refunded_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A page of the authority on which the shopper pays. ``state``: open · paying · paid · cancelled · lapsed; ``payment`` once
    it is paid. Send the shopper to ``url``; what the redirect back says is no proof, ask with ``Client.find_checkout``."""

    checkout_id: str
    url: str
    state: str
    until_ms: int
    payment: Payment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a payment, and how it stood right after. ``type`` is payment.authorized · .captured · .cancelled ·
    .returned · .refunded. ``event_id`` is the same however often it is told."""

    event_id: str
    type: str
    at_ms: int
    payment: Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """Some events in their order. Keep ``cursor`` once they are dealt with: the next call goes on after it."""

    events: tuple[Event, ...]
    cursor: str
