"""Paying a checkout, exactly once, whatever windows, double clicks, reloads and crashes: claim, pay, settle, and finding out later.

Each attempt is a payment under a key of its own, ``checkout/<id>/<attempt>``, which no merchant can use (a merchant's keys have
no slash). Whoever finds a checkout ``paying`` looks at what that attempt's operation left in the books: a payment settles the
checkout, a decline or nothing at all opens it again; but never while the attempt may still be under way in this process. Not
responsible for what is decided about cards (``services.pay``) nor for making checkouts (``services.checkouts``).
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from kiosk.authority.services.pay import asked
from kiosk.authority.services.pay.answers import answer_of
from kiosk.authority.services.pay.asked import Caller, Present
from kiosk.authority.services.pay.spending import Outcome, Spending, outcome_of
from kiosk.authority.store import checkouts, merchants, spends
from kiosk.authority.store.checkouts import CheckoutRow
from kiosk.authority.store.ports import Runner, Transaction, Work
from kiosk.clock import Clock
from kiosk.domain.checkout import CheckoutState, state_at
from kiosk.domain.payment import SpendKind
from kiosk.failpoints import failpoint
from kiosk.protocol.mac import Mac
from kiosk.protocol.messages import Amount
from kiosk.protocol.payments import PaymentAnswer, PaymentRequest, Scratch

PATIENCE_S = 5.0  # for another window's attempt: a commit takes milliseconds
ROUNDS = 3
REPEATS_LOOKED_AT = 5

_log = logging.getLogger("kiosk.authority")


@dataclass(frozen=True, slots=True)
class Attempted:
    """An attempt that was decided, now or before: a payment, or a decline."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class NotOpen:
    """Nothing was tried: the checkout is paid, cancelled, lapsed, still being decided, or (``None``) unknown."""

    row: CheckoutRow | None


class Attempts:
    """The attempts that are under way in this process. Belongs to one event loop."""

    def __init__(self, runner: Runner, *, clock: Clock, spending: Spending, fingerprint_key: Mac) -> None:
        self._runner = runner
        self._clock = clock
        self._spending = spending
        self._fingerprint_key = fingerprint_key
        self._running: dict[str, asyncio.Task[Outcome | None]] = {}

    async def settled(self, checkout_id: str) -> CheckoutRow | None:
        """The checkout as it stands once everything that can be found out about it has been. It is ``paying`` only when an attempt
        takes longer than anybody's patience. Raises ``Trouble`` when the database cannot be asked."""
        running = self._running.get(checkout_id)
        if running is not None:
            await asyncio.wait({running}, timeout=PATIENCE_S)
        row = await self._runner.read(lambda tx: checkouts.find_checkout(tx, checkout_id))
        # looked at after the reading: an attempt is known here before its claim can be read, and until its end
        if row is None or row.state is not CheckoutState.PAYING or checkout_id in self._running:
            return row
        return await self._runner.write(_find_out(row))

    async def pay(self, checkout_id: str, instruments: Sequence[Scratch], *, seen_attempt: int) -> Attempted | NotOpen:
        """Pay with these cards. ``seen_attempt`` is the checkout's count when the form was made: the same form sent again hears
        what it heard before, and tries nothing. Raises ``TurnedAway`` for numbers that cannot be right and ``Trouble`` when it is
        not known what happened: asking again finds out."""
        row: CheckoutRow | None = None
        for _ in range(ROUNDS):
            row = await self.settled(checkout_id)
            if row is None:
                return NotOpen(row)
            contracts = tuple(await self._runner.read(merchants.contracts))
            caller = Caller(merchant_no=row.merchant_no, test=row.test, contracts=contracts)
            request = _request(row, instruments)
            before = await self._runner.read(self._repeat(row, caller, request, seen_attempt))
            if before is not None:
                return Attempted(before)
            if row.merchant_suspended or self._state(row) is not CheckoutState.OPEN:
                return NotOpen(row)
            if checkout_id in self._running:
                continue  # another window was quicker while we read
            outcome = await asyncio.shield(self._begin(checkout_id, caller, request))
            if outcome is not None:
                return Attempted(outcome)
        return NotOpen(row)

    async def cancel(self, checkout_id: str) -> CheckoutRow | None:
        """The shopper does not want to pay; the checkout as it is then. What is paid stays paid."""
        row = await self.settled(checkout_id)
        if row is not None and row.state is CheckoutState.OPEN:
            await self._runner.write(lambda tx: checkouts.cancel(tx, checkout_id))
            row = await self.settled(checkout_id)
        return row

    def _state(self, row: CheckoutRow) -> CheckoutState:
        return state_at(row.state, attempt=row.attempt, until_ms=row.until_ms, now_ms=self._clock.now_ms())

    def _begin(self, checkout_id: str, caller: Caller, request: PaymentRequest) -> "asyncio.Task[Outcome | None]":
        # a task of its own: a shopper who closes the window ends the request, and must not leave the attempt half done
        task = asyncio.get_running_loop().create_task(self._attempt(checkout_id, caller, request))
        self._running[checkout_id] = task
        task.add_done_callback(lambda done: self._ended(checkout_id, done))
        return task

    def _ended(self, checkout_id: str, task: "asyncio.Task[Outcome | None]") -> None:
        del self._running[checkout_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("an attempt at a checkout ended in %s; what it left is found out later", type(error).__name__)

    async def _attempt(self, checkout_id: str, caller: Caller, request: PaymentRequest) -> Outcome | None:
        """Claim, pay, settle. ``None``: the claim failed, nothing was tried."""
        now_ms = self._clock.now_ms()
        attempt = await self._runner.write(lambda tx: checkouts.claim(tx, checkout_id, now_ms=now_ms))
        if attempt is None:
            return None
        failpoint("authority.checkout.claimed")
        question = self._question(checkout_id, attempt, caller, request)
        outcome: Outcome = outcome_of(await self._runner.together(self._spending.batch, question))
        failpoint("authority.checkout.decided")
        await self._runner.write(
            _keep(checkout_id, attempt, question.payment_id, paid=isinstance(outcome, PaymentAnswer))
        )
        return outcome

    def _question(self, checkout_id: str, attempt: int, caller: Caller, request: PaymentRequest) -> Present:
        key = attempt_key(checkout_id, attempt)
        return asked.present(caller, key, request, fingerprint_key=self._fingerprint_key, hosted=True)

    def _repeat(
        self, row: CheckoutRow, caller: Caller, request: PaymentRequest, seen_attempt: int
    ) -> Work[Outcome | None]:
        """Reads only: what the same form was answered, if it was sent before."""
        first = max(seen_attempt + 1, row.attempt - REPEATS_LOOKED_AT + 1)
        # made in any case: it is what refuses numbers that cannot be right before anything is claimed
        questions = [
            self._question(row.checkout_id, number, caller, request) for number in range(first, row.attempt + 2)
        ]

        def look(tx: Transaction) -> Outcome | None:
            for question in questions[:-1]:
                rows = spends.rows_of_payment(tx, question.payment_id)
                if rows and rows[0].fingerprint == question.fingerprint:
                    return answer_of(rows, rows[0])
            return None

        return look


def attempt_key(checkout_id: str, attempt: int) -> str:
    """The idempotency key of an attempt."""
    return f"checkout/{checkout_id}/{attempt}"


def caller_of(row: CheckoutRow) -> Caller:
    """On whose behalf a checkout is looked at; without contracts, because nothing is captured by looking."""
    return Caller(merchant_no=row.merchant_no, test=row.test, contracts=())


def _request(row: CheckoutRow, instruments: Sequence[Scratch]) -> PaymentRequest:
    return PaymentRequest(
        amount=Amount(row.amount_minor, row.currency),
        instruments=list(instruments),
        capture=row.capture,
        window_s=row.window_s,
        reference=row.reference,
    )


def _keep(checkout_id: str, attempt: int, payment_id: bytes, *, paid: bool) -> Work[None]:
    def keep(tx: Transaction) -> None:
        # whoever found it out meanwhile found the same
        if paid:
            checkouts.settle(tx, checkout_id, attempt=attempt, payment_id=payment_id)
        else:
            checkouts.reopen(tx, checkout_id, attempt=attempt)

    return keep


def _find_out(row: CheckoutRow) -> Work[CheckoutRow | None]:
    """Settle or reopen a checkout by what its attempt left in the books; the checkout as it is then."""
    op_id = asked.op_id_of(caller_of(row), attempt_key(row.checkout_id, row.attempt))

    def find_out(tx: Transaction) -> CheckoutRow | None:
        # The counter first, and moved: a writing that was given up in the middle has ended when we hold it, and one that has
        # reached the database and not begun can never succeed any more, because it names the number that it was decided on.
        spends.take_numbers(tx, 1)
        left = spends.rows_of_payment(tx, op_id)
        paid = bool(left) and left[0].kind is not SpendKind.DECLINED
        _keep(row.checkout_id, row.attempt, op_id, paid=paid)(tx)
        return checkouts.find_checkout(tx, row.checkout_id)

    return find_out
