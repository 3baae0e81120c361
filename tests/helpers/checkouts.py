"""A merchant's checkouts for tests, and a way to its store that loses answers or dies where a test says."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from kiosk.authority.services.attempts import Attempted, NotOpen
from kiosk.authority.services.checkouts import Checkouts
from kiosk.authority.services.pay.repeats import Repeated
from kiosk.authority.store import checkouts as rows
from kiosk.authority.store.checkouts import CheckoutRow
from kiosk.authority.store.ports import IN_DOUBT, Group, Runner, Work, trouble
from kiosk.authority.store.writer import DirectRunner
from kiosk.protocol.messages import Amount
from kiosk.protocol.payments import CheckoutAnswer, CheckoutRequest, PaymentAnswer, Scratch
from tests.helpers.spending import PRESS, Till

T = TypeVar("T")
ADDRESS = "https://pay.example"


class Killed(BaseException):
    """The process ended here."""


@dataclass
class BreakingRunner:
    """Counts writes and payments together, from 1; at the one named the answer is lost, or the process dies, before or after it."""

    inner: Runner
    at: int
    after: bool
    dies: bool
    count: int = 0

    async def write(self, work: Work[T]) -> T:
        return await self._at(lambda: self.inner.write(work))

    async def together(self, group: Group, question: Any) -> Any:  # Any: as in the port
        return await self._at(lambda: self.inner.together(group, question))

    async def read(self, work: Work[T]) -> T:
        return await self.inner.read(work)

    async def _at(self, step: Callable[[], Awaitable[T]]) -> T:
        self.count += 1
        here = self.count == self.at
        if here and not self.after:
            self._break()
        value = await step()
        if here:
            self._break()
        return value

    def _break(self) -> None:
        raise Killed if self.dies else trouble(IN_DOUBT, "the answer was lost")


@dataclass
class Hosted:
    """One merchant's checkouts over a till's world. ``reborn`` is the same after a restart."""

    till: Till
    runner: Runner

    def __post_init__(self) -> None:
        self.checkouts = make_checkouts(self.till, self.runner)

    def reborn(self) -> "Hosted":
        return Hosted(self.till, DirectRunner(self.till.world.store))

    def create(self, *, minor: int = 500, key: str = "", merchant: str = PRESS, **changes: Any) -> CheckoutAnswer:
        return run(self.creating(minor=minor, key=key, merchant=merchant, **changes))

    async def creating(
        self, *, minor: int = 500, key: str = "", merchant: str = PRESS, **changes: Any
    ) -> CheckoutAnswer:
        """``create`` on a loop that runs."""
        made = await self.checkouts.create(
            self.till.callers[merchant], key or self.till.new_key(), checkout_request(minor, **changes)
        )
        return made.answer if isinstance(made, Repeated) else made

    def find(self, checkout_id: str, *, merchant: str = PRESS) -> CheckoutAnswer:
        return run(self.checkouts.find(self.till.callers[merchant], checkout_id))

    def pay(self, checkout_id: str, *cards: tuple[str, str], seen: int | None = None) -> Attempted | NotOpen:
        return run(self.paying(checkout_id, *cards, seen=seen))

    def paying(
        self, checkout_id: str, *cards: tuple[str, str], seen: int | None = None
    ) -> Coroutine[Any, Any, Attempted | NotOpen]:
        """``seen``: the count on the form; without it the form is as new as can be."""
        attempt = self.row(checkout_id).attempt if seen is None else seen
        return self.checkouts.attempts.pay(
            checkout_id, [Scratch(serial, code) for serial, code in cards], seen_attempt=attempt
        )

    def row(self, checkout_id: str) -> CheckoutRow:
        row = self.till.world.store.read(lambda tx: rows.find_checkout(tx, checkout_id))
        assert row is not None
        return row

    def payments(self) -> int:
        """How many payments were made, for any checkout."""
        found = self.till.world.rows(
            "SELECT count(DISTINCT payment_id) FROM spend WHERE kind IN ('charged', 'authorized')"
        )
        return int(str(found[0][0]))


def checkout_request(minor: int = 500, **changes: Any) -> CheckoutRequest:
    """Something ordinary to pay for."""
    given: dict[str, Any] = {
        "amount": Amount(minor, "EUR"),
        "title": "Article du 14 octobre",
        "return_url": "https://presse.example/merci",
        "cancel_url": "https://presse.example/panier",
        "reference": "A-1",
    }
    return CheckoutRequest(**(given | changes))


def make_checkouts(till: Till, runner: Runner) -> Checkouts:
    authority = till.world.authority
    return Checkouts(
        runner,
        clock=authority.clock,
        ids=authority.ids,
        keys=authority.keys,
        spending=authority.spending,
        address=ADDRESS,
    )


def make_hosted(till: Till) -> Hosted:
    return Hosted(till, DirectRunner(till.world.store))


def paid(result: Attempted | NotOpen) -> bool:
    """Whether this very attempt paid."""
    return isinstance(result, Attempted) and isinstance(result.outcome, PaymentAnswer)


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)
