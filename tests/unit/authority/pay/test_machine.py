"""Whatever merchants, the operator and the clock may do to a few cards, step by step beside an independent model; on each store.

After each step the answer and the balances are the model's; now and then and at the end the books are compared with each other.
``HYPOTHESIS_PROFILE=explore`` draws other days; ``KIOSK_SPEND_DAYS`` is how many (25 on each store).
"""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from kiosk.authority.services.audit import audit
from kiosk.authority.store.ports import Store
from kiosk.authority.store.writer import DirectRunner
from tests.fakes.clock import FakeClock
from tests.helpers.spending import CINEMA, PRESS, Till, make_spending
from tests.helpers.spending_oracle import faults
from tests.linearizability.history import Call
from tests.linearizability.model import DAY_MS, PAUSE_MS, Bound, Card, Model, State
from tests.linearizability.spenders import names_of
from tests.linearizability.ways import Lanes

DAYS: Final = int(os.environ.get("KIOSK_SPEND_DAYS", "25"))
STEPS: Final = 30
CARDS: Final = ("C0", "C1", "C2")
PURCHASES: Final = ("", "/A", f"{CINEMA}/A")
WINDOWS_MS: Final = (60_000, 600_000)
CHECKED_EVERY: Final = 6

_cards = st.lists(st.sampled_from(CARDS), min_size=1, max_size=3, unique=True).map(sorted)
_codes = st.one_of(st.integers(0, 3), st.integers(0, 25))  # the first few often: who has seen one comes back with it
_amounts = st.one_of(st.integers(1, 700), st.integers(1_500, 5_000))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_each_step_of_any_day_is_answered_as_the_rules_say(either_store: Store) -> None:
    """Some rare sequence of payments, refunds and lapses would leave a card richer, a merchant poorer, or a repeat contradicted."""
    till = make_spending(either_store, active=240, cards_count=240, clock=FakeClock())
    hands = _hands(till)

    with asyncio.Runner() as loop:

        class Day(_Day):
            def __init__(self) -> None:
                super().__init__(till, loop, next(hands))

        run_state_machine_as_test(
            Day,
            settings=settings(
                max_examples=DAYS, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )


def _hands(till: Till) -> Iterator[tuple[int, list[str]]]:
    """Three cards a day; when all were used a day begins with what an earlier one left."""
    for number in range(1_000_000):
        first = number * len(CARDS) % len(till.serials)
        yield number, till.serials[first : first + len(CARDS)]


class _Day(RuleBasedStateMachine):
    """One example. ``_done`` are the calls so far, to be repeated."""

    def __init__(self, till: Till, loop: asyncio.Runner, hand: tuple[int, list[str]]) -> None:
        super().__init__()
        number, serials = hand
        clock = till.world.clock
        assert isinstance(clock, FakeClock)
        self._till, self._clock, self._loop = till, clock, loop
        runner, others = DirectRunner(till.world.store), {CINEMA: till.callers[CINEMA]}
        self._way = Lanes(till.world, runner, till.callers[PRESS], names_of(till, serials), others)
        self._keys = [f"d{number}-{count}" for count in range(2 * STEPS)]
        self._unused = iter(self._keys)
        named = [*self._named(), *(Call(verb="balance", cards=((card, 0),), called=0) for card in CARDS)]
        self._model = Model(named, first={card: self._found(card) for card in CARDS})
        self._state: State = self._model.start
        self._done: list[Call] = []
        self._made: list[Call] = []
        self._seen: list[Call] = []  # asked for more than a card ever holds
        self._steps = 0

    @rule(cards=_cards, codes=st.lists(_codes, min_size=3, max_size=3), amount=_amounts, hold=st.booleans(),
          window_ms=st.sampled_from(WINDOWS_MS), purchase=st.sampled_from(PURCHASES))  # fmt: skip
    def pay(self, cards: list[str], codes: list[int], amount: int, hold: bool, window_ms: int, purchase: str) -> None:
        pairs = tuple(zip(cards, codes, strict=False))
        call = Call(
            verb="authorize" if hold else "charge", cards=pairs, key=next(self._unused), purchase=purchase, amount=amount,
            window_ms=window_ms if hold else 0, called=0,
        )  # fmt: skip
        self._made.append(call)
        self._ask(call)

    @rule(card=st.sampled_from(CARDS), code=st.integers(1, 3), purchase=st.sampled_from(PURCHASES))
    def ask_too_much(self, card: str, code: int, purchase: str) -> None:
        call = Call(
            verb="charge", cards=((card, code),), key=next(self._unused), purchase=purchase, amount=2_400, called=0
        )
        self._made.append(call)
        self._seen.append(call)
        self._ask(call)

    @precondition(lambda self: self._seen)
    @rule(
        data=st.data(), purchase=st.sampled_from((*PURCHASES, None)), amount=st.sampled_from([30, 2_300, 2_400, 2_500])
    )
    def ask_again_with_what_was_seen(self, data: st.DataObject, purchase: str | None, amount: int) -> None:
        """``None``: for the same purchase."""
        before = data.draw(st.sampled_from(self._seen[-3:]))
        call = replace(
            before, key=next(self._unused), amount=amount, purchase=before.purchase if purchase is None else purchase
        )
        self._made.append(call)
        self._ask(call)

    @precondition(lambda self: self._made)
    @rule(data=st.data(), verb=st.sampled_from(["capture", "cancel", "refund"]), amount=st.one_of(st.just(0), _amounts))
    def follow(self, data: st.DataObject, verb: str, amount: int) -> None:
        payment = data.draw(st.sampled_from(self._made[-6:]))
        amount = 0 if verb == "cancel" else amount
        self._ask(
            Call(
                verb=verb,
                key=next(self._unused),
                payment=payment.key,
                purchase=payment.purchase,
                amount=amount,
                called=0,
            )
        )

    @precondition(lambda self: self._made)
    @rule(data=st.data(), verb=st.sampled_from(["look", "lapse"]))
    def look_after(self, data: st.DataObject, verb: str) -> None:
        payment = data.draw(st.sampled_from(self._made[-6:]))
        key = f"return of {payment.key}" if verb == "lapse" else ""
        self._ask(Call(verb=verb, key=key, payment=payment.key, purchase=payment.purchase, called=0))

    @precondition(lambda self: self._done)
    @rule(data=st.data(), other=st.booleans())
    def repeat(self, data: st.DataObject, other: bool) -> None:
        call = data.draw(st.sampled_from(self._done))
        self._ask(_with_other_content(call) if other else call)

    @rule(card=st.sampled_from(CARDS), verb=st.sampled_from(["block", "unblock", "unblock"]))
    def counter(self, card: str, verb: str) -> None:
        self._ask(Call(verb=verb, cards=((card, 0),), called=0))

    @rule(ms=st.sampled_from([1, 30_000, 60_000, 300_000, 600_000, 900_000, DAY_MS]))
    def wait(self, ms: int) -> None:
        self._clock.advance(ms)

    @invariant()
    def the_books_agree(self) -> None:
        self._steps += 1
        if self._steps % CHECKED_EVERY == 0:
            self._check_books()

    def teardown(self) -> None:
        self._check_books()

    def _ask(self, call: Call) -> None:
        now = self._clock.now_ms()
        call = replace(call, from_ms=now, to_ms=now)
        ((expected, self._state),) = self._model.step(self._state, call)
        heard = self._loop.run(self._way.ask(call))
        assert heard == expected, call
        if call.key:
            self._done.append(call)
        for place, card in enumerate(CARDS):
            assert self._balance(card) == self._state.cards[place].balance, card

    def _balance(self, card: str) -> int:
        return self._till.balance(self._way.names.serials[card])

    def _found(self, card: str) -> Card:
        """How the day finds a card."""
        serial = self._way.names.serials[card]
        columns = "balance_minor, codes_used, block, wrong_codes, locked_until_ms"
        ((balance, used, block, wrong, until),) = self._till.world.rows(
            f"SELECT {columns} FROM card WHERE card_id = ?", int(serial)
        )
        bits, paused_ms = int(str(used)), int(str(until))
        return Card(
            balance=int(str(balance)),
            used=frozenset(place + 1 for place in range(25) if bits >> place & 1),
            blocked=block is not None,
            wrong=int(str(wrong)),
            pause=(paused_ms - PAUSE_MS, paused_ms - PAUSE_MS) if paused_ms else None,
            bound=self._bound(int(serial)),
        )

    def _bound(self, card_id: int) -> frozenset[Bound]:
        names = {caller.merchant_no: name for name, caller in self._way.others.items()}
        rows: list[tuple[Any, ...]] = self._till.world.rows(
            "SELECT code_no, merchant_no, reference, amount_minor, until_ms FROM code_binding WHERE card_id = ?",
            card_id,
        )
        return frozenset(
            Bound(code, f"{names.get(merchant, '')}/{reference or ''}".removesuffix("/"), amount, (until, until))
            for code, merchant, reference, amount, until in rows
        )

    def _check_books(self) -> None:
        assert faults(self._till.world.store) == []
        assert self._till.world.store.read(audit) == []

    def _named(self) -> Iterator[Call]:
        for key in self._keys:
            for _ in range(2):  # named twice: every key and payment of the day is to be remembered
                yield Call(verb="charge", key=key, payment=key, called=0)
                yield Call(verb="lapse", key=f"return of {key}", payment=key, called=0)


def _with_other_content(call: Call) -> Call:
    """Another amount under the same key; what has none becomes a refund."""
    verb = call.verb if call.verb in ("charge", "authorize", "capture", "refund") else "refund"
    key = call.key if call.verb != "lapse" else ""
    return replace(call, verb=verb if key else "look", key=key, amount=_another(call.amount) if key else 0)


def _another(amount: int) -> int:
    """Another amount that may be asked for."""
    return amount - 1 if amount > 1 else amount + 1
