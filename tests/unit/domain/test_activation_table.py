"""The activation table against a second, independent reading of its page, and its printed form against the table."""

import itertools
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.domain.activation import (
    HOLD_LIMIT_MS,
    HOLD_MS,
    VOID_WINDOW_MS,
    Block,
    Bound,
    CardFacts,
    CardState,
    Decision,
    Effect,
    Hold,
    Message,
    Outcome,
    Record,
    VoidRight,
)
from kiosk.domain.activation_table import TABLE, Condition, decide
from kiosk.domain.activation_text import table_text
from kiosk.domain.refusals import Reason
from tests.helpers.activation_oracle import Verdict, oracle

_WORDS = {
    Effect.HOLD: "hold",
    Effect.EXTEND_HOLD: "hold on",
    Effect.FREE_HOLD: "free own hold",
    Effect.ACTIVATE: "active",
    Effect.POST: "post",
    Effect.RESTOCK: "in stock",
    Effect.REVERSE: "reverse",
    Effect.BLOCK_QUESTION: "block question",
    Effect.FREEZE: "freeze",
    Effect.VOID_CARD: "void",
    Effect.ONLINE_ONLY: "online only",
    Effect.ALERT: "alert",
}


def _verdict(decision: Decision) -> Verdict:
    return Verdict(
        record=decision.after.value,
        answer=decision.outcome.value,
        reason=decision.reason.value if decision.reason else None,
        card=tuple(sorted(_WORDS[effect] for effect in decision.effects)),
        x=decision.exception.value if decision.exception else None,
    )


# every fact that a message's rules may ask for, with every value that may make a difference
_CARD: dict[str, list[Any]] = {  # Any: values of different facts stand side by side
    "exists": [True, False],
    "state": list(CardState),
    "this_shop": [True, False],
    "block": [None, Block.STOLEN, Block.QUESTION],
    "terminal_revoked": [False, True],
}
_SELL: dict[str, list[Any]] = {
    "hold": list(Hold),
    "bound": list(Bound),
    "face_matches": [True, False],
    "series_open": [True, False],
    "tender_possible": [True, False],
    "within_limits": [True, False],
    "record_reason": [None, Reason.LIMIT],
}
_RELEVANT: dict[Message, dict[str, list[Any]]] = {
    Message.RESERVE: _CARD | _SELL,
    Message.COMMIT: _CARD | _SELL,
    Message.EXTEND: _CARD
    | {
        "hold": list(Hold),
        "bound": list(Bound),
        "hold_age_ms": [0, HOLD_LIMIT_MS - HOLD_MS, HOLD_LIMIT_MS - HOLD_MS + 1],
        "record_reason": [None, Reason.NOT_RECEIVED],
    },
    Message.STATUS: _CARD,
    Message.CANCEL: _CARD | {"spent": [False, True], "authorization_open": [False, True], "rescanned": [True, False]},
    Message.PROMISE: _CARD
    | {
        "bound": list(Bound),
        "face_matches": [True, False],
        "till_knew_block": [False, True],
        "shop_trusted": [True, False],
        "within_allowance": [True, False],
        "excess_admitted": [False, True],
    },
    Message.VOID: _CARD
    | {
        "block": [None, Block.FROZEN],
        "exists": [True],
        "spent": [False, True],
        "authorization_open": [False, True],
        "rescanned": [True, False],
        "same_till": [True, False],
        "void_right": list(VoidRight),
        "sale_age_ms": [0, *(window + more for window in VOID_WINDOW_MS.values() for more in (0, 1))],
        "two_persons": [False, True],
    },
}


def _every(message: Message) -> Iterator[CardFacts]:
    facts = _RELEVANT[message]
    for values in itertools.product(*facts.values()):
        yield CardFacts(**dict(zip(facts, values, strict=True)))


@pytest.mark.slow
@pytest.mark.parametrize("message", list(Message))
def test_every_triple_is_as_the_page_says(message: Message) -> None:
    """A card would be sold, refused or given back against the rules that shops were told (property a)."""
    for facts in _every(message):
        for record in Record:
            decision = _verdict(decide(message, record, facts))
            assert decision == oracle(message, record, facts), (message, record, facts)


def test_the_facts_of_a_message_name_everything_its_rules_ask_for() -> None:
    """The test above would leave out a fact that a rule looks at, and pass."""
    always = CardFacts()
    for message, varied in _RELEVANT.items():
        asked = {row.when for row in TABLE if row.message is message and row.when is not None}
        for name, values in _facts_not_in(varied).items():
            for value in values:
                changed = replace(always, **{name: value})
                same = all(decide(message, record, changed) == decide(message, record, always) for record in Record)
                assert same, f"{message} depends on {name}, which its triples do not vary (conditions: {asked})"


def _facts_not_in(varied: dict[str, list[Any]]) -> dict[str, list[Any]]:
    every: dict[str, list[Any]] = {}
    for facts in _RELEVANT.values():
        every |= facts
    return {name: values for name, values in every.items() if name not in varied and name != "record_reason"}


def test_every_condition_stands_in_some_row_and_every_row_can_decide() -> None:
    """A rule would be printed that never holds, or a condition would be dead code."""
    assert {row.when for row in TABLE if row.when} == set(Condition)
    for message in Message:
        rows = [row for row in TABLE if row.message is message]
        reached = {(record, decide(message, record, facts)) for facts in _every_few(message) for record in Record}
        for row in rows:
            hits = [
                decision
                for record, decision in reached
                if record in row.before and (decision.outcome, decision.exception) == (row.outcome, row.exception)
            ]
            assert hits, f"the row {message.value} / {row.when} never decides"


def _every_few(message: Message) -> Iterator[CardFacts]:
    """Each fact varied alone and in pairs: enough to reach each row."""
    facts = _RELEVANT[message]
    for first, second in itertools.combinations_with_replacement(facts, 2):
        for one, other in itertools.product(facts[first], facts[second]):
            yield replace(replace(CardFacts(), **{first: one}), **{second: other})


_MESSAGES = st.lists(
    st.sampled_from([Message.RESERVE, Message.EXTEND, Message.COMMIT, Message.CANCEL, Message.PROMISE]), max_size=12
)


class _Line:
    """One line and its card, moved by decisions alone: enough of an authority to see where an order of messages ends."""

    def __init__(self, facts: CardFacts) -> None:
        self.record = Record.UNSEEN
        self.facts = facts
        self.active_by_line = False

    def hear(self, message: Message) -> Decision:
        decision = decide(message, self.record, self.facts)
        reason = decision.reason if isinstance(decision.reason, Reason) else self.facts.record_reason
        self.record = decision.after
        for effect in decision.effects:
            match effect:
                case Effect.HOLD | Effect.EXTEND_HOLD:
                    self.facts = replace(self.facts, hold=Hold.OWN)
                case Effect.FREE_HOLD:
                    self.facts = replace(self.facts, hold=Hold.NONE if self.facts.hold is Hold.OWN else self.facts.hold)
                case Effect.ACTIVATE:
                    self.facts = replace(self.facts, state=CardState.ACTIVE, hold=Hold.NONE)
                case Effect.RESTOCK:
                    self.facts = replace(self.facts, state=CardState.IN_STOCK)
                case _:
                    pass
        self.facts = replace(self.facts, record_reason=reason if self.record is Record.REFUSED else None)
        return decision


@given(_MESSAGES)
@settings(max_examples=400)
def test_any_order_and_repetition_ends_in_the_same_record(messages: list[Message]) -> None:
    """After a night of lost and doubled messages the till and the authority would disagree about a card (property b)."""
    line = _Line(CardFacts(bound=Bound.THIS))
    for message in messages:
        line.hear(message)
    heard = set(messages)
    if Message.CANCEL in heard:
        expected = Record.CANCELLED
    elif heard & {Message.COMMIT, Message.PROMISE}:
        expected = Record.COMMITTED
    elif Message.RESERVE in heard:
        expected = Record.RESERVED
    else:
        expected = Record.UNSEEN
    assert line.record is expected
    assert (line.facts.state is CardState.ACTIVE) == (expected is Record.COMMITTED), "the card follows its record"


@given(
    _MESSAGES,
    st.sampled_from(list(CardState)),
    st.sampled_from([None, Block.LOST]),
    st.sampled_from(list(Hold)),
    st.booleans(),
)
@settings(max_examples=400)
def test_a_cancel_wins_whatever_the_card_is(
    messages: list[Message], state: CardState, block: Block | None, hold: Hold, this_shop: bool
) -> None:
    """A commit that comes after its cancel would sell a card whose money was given back (INV-10)."""
    line = _Line(CardFacts(state=state, block=block, hold=hold, this_shop=this_shop, bound=Bound.THIS))
    for message in (*messages, Message.CANCEL):
        line.hear(message)
    for message in messages:
        assert Effect.ACTIVATE not in line.hear(message).effects
    assert line.record is Record.CANCELLED
    late = line.hear(Message.COMMIT)
    assert (late.outcome, late.reason, late.effects) == (Outcome.REFUSED, Reason.CANCELLED, ())


def test_the_printed_table_is_the_table(repository: Path) -> None:
    """Shops and auditors would read rules that are not the ones in force. ``KIOSK_UPDATE_GOLDENS=1`` writes it anew."""
    page = repository / "docs" / "activation.md"
    if os.environ.get("KIOSK_UPDATE_GOLDENS"):
        page.write_text(table_text(), encoding="utf-8")
    assert page.read_text(encoding="utf-8") == table_text()
