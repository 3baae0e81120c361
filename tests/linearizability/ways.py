"""Ways to ask an authority what a plan says, and its answer in the words of a history: here at its service, through its real lanes.

Not responsible for what is asked (``plans``), nor for who asks at once (``spenders``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from kiosk.authority.services.pay import asked
from kiosk.authority.services.pay.answers import Declined
from kiosk.authority.services.pay.asked import Ask, Caller
from kiosk.authority.services.pay.spending import outcome_of
from kiosk.authority.services.refused import TurnedAway
from kiosk.authority.store import cards as card_store
from kiosk.authority.store.ports import Runner, Transaction
from kiosk.domain.activation import Block
from kiosk.protocol.messages import Amount, CancelRequest, CommitRequest, VoidRequest
from kiosk.protocol.payments import (
    CancelPaymentRequest,
    CaptureRequest,
    PaymentAnswer,
    PaymentRequest,
    RefundRequest,
    Scratch,
)
from kiosk.protocol.problems import ProblemKind
from tests.helpers.authority import TILL, World
from tests.linearizability.history import Call, Result

FACE = Amount(2000, "EUR")


class Way(Protocol):
    """Asks, and returns the answer in the words of a history; ``None`` when it was lost."""

    async def ask(self, call: Call) -> Result | None: ...


@dataclass
class Names:
    """The short names of a history: which serial and codes are behind a card, which line sold it."""

    serials: dict[str, str] = field(default_factory=dict)
    codes: dict[str, list[str]] = field(default_factory=dict, repr=False)
    lines: dict[str, str] = field(default_factory=dict)

    def request(self, call: Call) -> PaymentRequest:
        """The message of a charge or an authorization. Half of them name their cards in the other direction."""
        instruments = [Scratch(self.serials[card], self.code(card, number)) for card, number in call.cards]
        if sum(call.key.encode()) % 2:
            instruments.reverse()
        return PaymentRequest(
            amount=Amount(call.amount, "EUR"),
            instruments=instruments,
            capture=call.verb == "charge",
            window_s=call.window_ms // 1000 or 600,
            reference=call.purchase.partition("/")[2] or None,
        )

    def code(self, card: str, number: int) -> str:
        """A code of the card by its number; number 0 is a code of another card, and so a wrong one."""
        if number:
            return self.codes[card][number - 1]
        return next(codes[-1] for other, codes in self.codes.items() if other != card)


def follow_request(call: Call) -> CaptureRequest | CancelPaymentRequest | RefundRequest:
    """The message of a capture, a cancel or a refund."""
    amount = Amount(call.amount, "EUR") if call.amount else None
    match call.verb:
        case "capture":
            return CaptureRequest(amount)
        case "refund":
            return RefundRequest(amount)
        case _:
            return CancelPaymentRequest()


def paid(answer: PaymentAnswer) -> Result:
    """A payment in the words of a history."""
    legs = tuple((leg.amount.amount_minor, leg.captured.amount_minor, leg.refunded.amount_minor) for leg in answer.legs)
    return "paid", answer.status, answer.captured.amount_minor, answer.refunded.amount_minor, legs


@dataclass
class Lanes:
    """The authority's service through a runner: the batches, threads and transactions of a served one, without HTTP. ``others`` are
    the merchants beside the first, by the name that purchases give them."""

    world: World
    runner: Runner
    caller: Caller
    names: Names
    others: Mapping[str, Caller] = field(default_factory=dict)

    async def ask(self, call: Call) -> Result | None:
        match call.verb:
            case "charge" | "authorize" | "capture" | "cancel" | "refund" | "lapse":
                return await self._together(self._question(call))
            case "look":
                return await self._look(call)
            case "balance":
                return "balance", await self.runner.read(lambda tx: self._balance(tx, call))
            case _:
                return await self._counter(call)

    def _question(self, call: Call) -> Ask:
        authority = self.world.authority
        if call.verb in ("charge", "authorize"):
            return authority.pay_question(self._caller(call), call.key, self.names.request(call))
        if call.verb == "lapse":
            return asked.lapse(asked.op_id_of(self._caller(call), call.payment))
        return authority.follow_question(self._caller(call), call.key, self._payment_id(call), follow_request(call))

    def _caller(self, call: Call) -> Caller:
        return self.others.get(call.purchase.partition("/")[0], self.caller)

    async def _together(self, question: Ask) -> Result:
        try:
            outcome = outcome_of(await self.runner.together(self.world.authority.spending.batch, question))
        except TurnedAway as away:
            return _turned_away(away)
        if isinstance(outcome, Declined):
            return "declined", outcome.reason.value
        assert isinstance(outcome, PaymentAnswer)
        return paid(outcome)

    async def _look(self, call: Call) -> Result:
        try:
            work = self.world.authority.payment_work(self._caller(call), self._payment_id(call))
            return paid(await self.runner.read(work))
        except TurnedAway as away:
            return _turned_away(away)

    async def _counter(self, call: Call) -> Result:
        name = call.cards[0][0]
        serial, authority = self.names.serials[name], self.world.authority
        match call.verb:
            case "block" | "unblock":
                reason = Block.QUESTION if call.verb == "block" else None
                done = await self.runner.write(lambda tx: card_store.block(tx, card_store.card_id_of(serial), reason))
                return ("done",) if done else ("refused",)
            case "withdraw":
                work = authority.line_work(TILL, "cancel", self.names.lines[name], CancelRequest(serial, True))
                return _said((await self.runner.write(work)).outcome, "cancelled")
            case "sell":
                self.names.lines[name] = self.world.new_id()
                request = CommitRequest("sale", serial, "scanned", FACE, "cash")
                work = authority.line_work(TILL, "commit", self.names.lines[name], request)
                return _said((await self.runner.write(work)).outcome, "committed")
            case "void":
                void = VoidRequest(line_id=self.names.lines[name], serial=serial, card_rescanned=True, right="manager")
                return _said(
                    (await self.runner.write(authority.void_work(TILL, self.world.new_id(), void))).outcome, "voided"
                )
            case other:
                raise AssertionError(f"nobody can ask for {other}")

    def _balance(self, tx: Transaction, call: Call) -> int:
        row = card_store.find_card(tx, card_store.card_id_of(self.names.serials[call.cards[0][0]]))
        assert row is not None
        return row.balance_minor

    def _payment_id(self, call: Call) -> str:
        return asked.id_text(asked.op_id_of(self._caller(call), call.payment))


def _turned_away(away: TurnedAway) -> Result:
    return ("conflict",) if away.kind is ProblemKind.IDEMPOTENCY_CONFLICT else ("not_found",)


def _said(outcome: str, wanted: str) -> Result:
    return ("done",) if outcome == wanted else ("refused",)
