"""The authority as the demonstration shop calls it, without a wire: real payments of a world in memory, checkouts as a table.

``Steps`` counts every call to the authority and every write of the shop, so that a test can end the process before or after each.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from kiosk.authority.services.pay.answers import Declined as Refused
from kiosk.protocol.messages import Amount
from kiosk.protocol.payments import PaymentAnswer, PaymentRequest, RefundRequest, Scratch
from kiosk_merchant import Card, Checkout, Declined, EventPage, Payment, Unknown, reading
from press_shop.purchases import Purchases
from tests.helpers.spending import PRESS, Till

T = TypeVar("T")


class Crash(BaseException):
    """The shop's process ended here."""


@dataclass
class Steps:
    """Ends the process at the ``at``-th step, before or after it; ``at`` 0 never."""

    at: int = 0
    after: bool = False
    count: int = 0

    def step(self, work: Callable[[], T]) -> T:
        self.count += 1
        here = self.count == self.at
        if here and not self.after:
            raise Crash
        value = work()
        if here:
            raise Crash
        return value


@dataclass
class ShopAuthority:
    """What ``press_shop.selling.Authority`` asks for. ``silent``: acts and does not answer."""

    till: Till
    steps: Steps = field(default_factory=Steps)
    silent: bool = False
    checkouts: dict[str, dict[str, Any]] = field(default_factory=dict)
    by_key: dict[str, str] = field(default_factory=dict)
    refund_keys: list[str] = field(default_factory=list)

    def charge(self, amount_minor: int, *, cards: list[Card], key: str, reference: str | None = None) -> Payment:
        return self.steps.step(lambda: self._pay(amount_minor, cards, key, reference))

    def checkout(
        self,
        amount_minor: int,
        *,
        title: str,
        return_url: str,
        cancel_url: str,
        key: str,
        reference: str | None = None,
        language: str = "fr",
    ) -> Checkout:
        asked = {"title": title, "return_url": return_url, "cancel_url": cancel_url, "language": language}
        return self.steps.step(lambda: self._open(amount_minor, key, reference, asked))

    def find_checkout(self, checkout_id: str) -> Checkout:
        return self.steps.step(lambda: self._checkout(checkout_id))

    def refund(self, payment_id: str, *, key: str) -> Payment:
        self.refund_keys.append(key)
        return self.steps.step(lambda: self._answer(self.till.follow(payment_id, RefundRequest(), key=key), key))

    def events(self, after: str = "") -> Iterator[EventPage]:
        caller = self.till.callers[PRESS]
        found = self.till.world.store.read(self.till.world.authority.events_work(caller, after=int(after or 0)))
        page, _ = reading.event_page(_json(found))
        return iter([page] if page.events else [])

    def shopper_pays(self, checkout_id: str, card: Card) -> Payment:
        """The shopper, on the authority's page."""
        row = self.checkouts[checkout_id]
        row["payment"] = payment = self._pay(row["amount"], [card], f"page-{checkout_id}", row["reference"])
        row["state"] = "paid"
        return payment

    def card(self, place: int = 0) -> Card:
        serial = self.till.serials[place]
        return Card(serial, self.till.next_code(serial))

    def _open(self, amount_minor: int, key: str, reference: str | None, asked: dict[str, str]) -> Checkout:
        name = self.by_key.setdefault(key, f"c-{len(self.by_key) + 1}")
        content = {"amount": amount_minor, "reference": reference, **asked}
        row = self.checkouts.setdefault(name, {**content, "state": "open", "payment": None})
        assert row.items() >= content.items(), "other content under the same key, which the authority refuses"
        return self._checkout(name)

    def _checkout(self, name: str) -> Checkout:
        if self.silent:
            raise Unknown("silent", key="", sent=True)
        row = self.checkouts[name]
        url = f"http://127.0.0.1/pay/{name}?lang={row['language']}"
        payment = row["payment"]
        now = None if payment is None else self._found(payment.payment_id)
        return Checkout(checkout_id=name, url=url, state=row["state"], until_ms=0, payment=now)

    def _found(self, payment_id: str) -> Payment:
        work = self.till.world.authority.payment_work(self.till.callers[PRESS], payment_id)
        return reading.payment(_json(self.till.world.store.read(work)))

    def _pay(self, amount_minor: int, cards: list[Card], key: str, reference: str | None) -> Payment:
        request = PaymentRequest(
            amount=Amount(amount_minor, "EUR"),
            instruments=[Scratch(card.serial, card.code) for card in cards],
            reference=reference,
        )
        return self._answer(self.till.pay(request, key=key), key)

    def _answer(self, outcome: PaymentAnswer | Refused, key: str) -> Payment:
        if self.silent:
            raise Unknown("silent", key=key, sent=True)
        if isinstance(outcome, Refused):
            raise Declined(outcome.reason.value, outcome.payment_id)
        return reading.payment(_json(outcome))


class SteppedPurchases(Purchases):
    """The shop's record, whose writes are steps too."""

    steps: Steps = Steps()

    def _run(self, sql: str, *values: str | int | None) -> None:
        inner = super()._run
        self.steps.step(lambda: inner(sql, *values))


def _json(value: msgspec.Struct) -> dict[str, object]:
    found: dict[str, object] = msgspec.json.decode(msgspec.json.encode(value))
    return found
