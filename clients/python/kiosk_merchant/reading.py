"""From JSON to values, strictly: what does not have the documented shape is no answer. Unknown fields are ignored, so that an
older client meets a newer authority."""

import json
from collections.abc import Callable, Mapping
from typing import TypeVar

from kiosk_merchant.values import Checkout, Event, EventPage, Leg, Payment

T = TypeVar("T")
Json = Mapping[str, object]


class Unreadable(Exception):  # noqa: N818 - says what is the matter
    """Not the message that was expected. Carries no content."""


def json_object(data: bytes) -> Json:
    """The object in ``data``. Raises ``Unreadable``."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Unreadable("a JSON object is expected")
    return value


def payment(value: Json) -> Payment:
    """A payment. Raises ``Unreadable``."""
    amount, currency = _amount(value, "amount")
    legs = []
    for one in _list(value, "legs"):
        legs.append(
            Leg(
                leg=_int(one, "leg"),
                card=_text(one, "card"),
                amount_minor=_amount(one, "amount")[0],
                captured_minor=_amount(one, "captured")[0],
                refunded_minor=_amount(one, "refunded")[0],
            )
        )
    return Payment(
        payment_id=_text(value, "payment_id"),
        status=_text(value, "status"),
        currency=currency,
        amount_minor=amount,
        captured_minor=_amount(value, "captured")[0],
        refunded_minor=_amount(value, "refunded")[0],
        created_ms=_int(value, "created_ms"),
        legs=tuple(legs),
        until_ms=_maybe(value, "until_ms", _int),
        reference=_maybe(value, "reference", _text),
        test=value.get("test") is True,
    )


def checkout(value: Json) -> Checkout:
    """A checkout. Raises ``Unreadable``."""
    paid = value.get("payment")
    return Checkout(
        checkout_id=_text(value, "checkout_id"),
        url=_text(value, "url"),
        state=_text(value, "state"),
        until_ms=_int(value, "until_ms"),
        payment=None if paid is None else payment(_object(paid)),
    )


def event(value: Json) -> Event:
    """An event. Raises ``Unreadable``."""
    return Event(
        event_id=_text(value, "event_id"),
        type=_text(value, "type"),
        at_ms=_int(value, "at_ms"),
        payment=payment(_object(value.get("payment"))),
    )


def event_page(value: Json) -> tuple[EventPage, bool]:
    """A page of events, and whether more follow at once. Raises ``Unreadable``."""
    events = tuple(event(one) for one in _list(value, "events"))
    return EventPage(events=events, cursor=_text(value, "cursor")), value.get("more") is True


def _object(value: object) -> Json:
    if not isinstance(value, dict):
        raise Unreadable("an object is expected")
    return value


def _list(value: Json, name: str) -> list[Json]:
    found = value.get(name)
    if not isinstance(found, list):
        raise Unreadable(f"{name} is a list")
    return [_object(one) for one in found]


def _text(value: Json, name: str) -> str:
    found = value.get(name)
    if not isinstance(found, str):
        raise Unreadable(f"{name} is text")
    return found


def _int(value: Json, name: str) -> int:
    found = value.get(name)
    if type(found) is not int:
        raise Unreadable(f"{name} is a whole number")
    return found


def _amount(value: Json, name: str) -> tuple[int, str]:
    found = _object(value.get(name))
    return _int(found, "amount_minor"), _text(found, "currency")


def _maybe(value: Json, name: str, read: Callable[[Json, str], T]) -> T | None:
    return None if value.get(name) is None else read(value, name)
