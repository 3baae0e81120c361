"""The rules of activation as rows of data, and ``decide``, which reads them: (message, record, facts) → decision.

The rows of one (message, record) pair are asked from top to bottom; the first whose condition holds decides. The last row of
each pair has no condition, so that every triple has an answer. Where the design's page leaves a choice open, the row carries a
note, and the note is printed in ``docs/activation.md``. Not responsible for gathering facts or for applying effects.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

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
    WithdrawalRefusal,
)
from kiosk.domain.refusals import ExceptionCode, Reason
from kiosk.errors import Bug

_SOLD = frozenset({CardState.ACTIVE, CardState.EXHAUSTED, CardState.EXPIRED})


class Condition(Enum):
    """A question about the facts; the value is its text in the printed table."""

    REVOKED = "terminal revoked"
    UNKNOWN = "unknown card"
    STOLEN = "block(stolen)"
    BLOCKED = "any block"
    OTHER_SHOP = "not this shop's card"
    SOLD = "card active, exhausted or expired"
    VOID = "card void"
    NOT_RECEIVED = "card shipped here, not yet received"
    FACE_DIFFERS = "face value differs from the lot's"
    BOUND_ELSEWHERE = "pack bound to another till"
    HELD_ELSEWHERE = "other live hold"
    SERIES_CLOSED = "series closed"
    TENDER_IMPOSSIBLE = "tender not allowed for the series"
    OVER_LIMIT = "limit of the terminal reached"
    HELD_TOO_LONG = "held for more than 10 min in all"
    NOT_WITHDRAWABLE = "card not active, or spent, or an authorization is open"
    UNSEEN_BY_CLERK = "card not rescanned, no block yet"
    KNOWN_BLOCK = "blocked or void, and the till knew"
    UNKNOWN_BLOCK = "blocked or void, the till could not know"
    FOREIGN_UNTRUSTED = "not in this shop's hands, and the shop is not trusted"
    NOT_HERE = "not in this shop's hands, or not bound to this till"
    EXCESS_HIDDEN = "outside the policy, and the till did not say so"
    EXCESS = "outside the policy, as the till says itself"
    OTHER_TILL = "clerk, and another till sold it"
    OTHER_SHOP_SOLD = "another shop sold it"
    NOT_RESCANNED = "clerk, and the card was not rescanned"
    ONE_PERSON = "operator, and no second person"
    WINDOW_OVER = "window over: clerk 15 min, manager 24 h, operator 20 days"


def _not_here(facts: CardFacts) -> bool:
    return not facts.this_shop or facts.state in {CardState.PRINTED, CardState.SHIPPED}


def _stopped(facts: CardFacts) -> bool:
    return facts.block is not None or facts.state is CardState.VOID


_HOLDS: Mapping[Condition, Callable[[CardFacts], bool]] = {
    Condition.REVOKED: lambda f: f.terminal_revoked,
    Condition.UNKNOWN: lambda f: not f.exists,
    Condition.STOLEN: lambda f: f.block is Block.STOLEN,
    Condition.BLOCKED: lambda f: f.block is not None,
    Condition.OTHER_SHOP: lambda f: not f.this_shop or f.state is CardState.PRINTED,
    Condition.SOLD: lambda f: f.state in _SOLD,
    Condition.VOID: lambda f: f.state is CardState.VOID,
    Condition.NOT_RECEIVED: lambda f: f.state is CardState.SHIPPED,
    Condition.FACE_DIFFERS: lambda f: not f.face_matches,
    Condition.BOUND_ELSEWHERE: lambda f: f.bound is Bound.OTHER,
    Condition.HELD_ELSEWHERE: lambda f: f.hold is Hold.OTHER,
    Condition.SERIES_CLOSED: lambda f: not f.series_open,
    Condition.TENDER_IMPOSSIBLE: lambda f: not f.tender_possible,
    Condition.OVER_LIMIT: lambda f: not f.within_limits,
    Condition.HELD_TOO_LONG: lambda f: f.hold_age_ms + HOLD_MS > HOLD_LIMIT_MS,
    Condition.NOT_WITHDRAWABLE: lambda f: f.state is not CardState.ACTIVE or f.spent or f.authorization_open,
    Condition.UNSEEN_BY_CLERK: lambda f: not f.rescanned and f.block is None,
    Condition.KNOWN_BLOCK: lambda f: _stopped(f) and f.till_knew_block,
    Condition.UNKNOWN_BLOCK: lambda f: _stopped(f) and not f.till_knew_block,
    Condition.FOREIGN_UNTRUSTED: lambda f: _not_here(f) and not f.shop_trusted,
    Condition.NOT_HERE: lambda f: _not_here(f) or f.bound is not Bound.THIS,
    Condition.EXCESS_HIDDEN: lambda f: not f.within_allowance and not f.excess_admitted,
    Condition.EXCESS: lambda f: not f.within_allowance,
    Condition.OTHER_TILL: lambda f: f.void_right is VoidRight.CLERK and not f.same_till,
    Condition.OTHER_SHOP_SOLD: lambda f: f.void_right is VoidRight.MANAGER and not f.this_shop,
    Condition.NOT_RESCANNED: lambda f: f.void_right is VoidRight.CLERK and not f.rescanned,
    Condition.ONE_PERSON: lambda f: f.void_right is VoidRight.OPERATOR and not f.two_persons,
    Condition.WINDOW_OVER: lambda f: f.sale_age_ms > VOID_WINDOW_MS[f.void_right],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One rule. ``when`` None: always. ``after`` None: the record stays. ``repeats``: the reason is the record's own."""

    message: Message
    before: frozenset[Record]
    when: Condition | None = None
    after: Record | None = None
    outcome: Outcome
    reason: Reason | WithdrawalRefusal | None = None
    repeats: bool = False
    effects: tuple[Effect, ...] = ()
    exception: ExceptionCode | None = None
    note: str = ""


_UNSEEN = frozenset({Record.UNSEEN})
_RESERVED = frozenset({Record.RESERVED})
_OPEN = _UNSEEN | _RESERVED
_REFUSED = frozenset({Record.REFUSED})
_COMMITTED = frozenset({Record.COMMITTED})
_WITHDRAWN = frozenset({Record.CANCELLED, Record.VOIDED})
_EVERY = frozenset(Record)

# why a card cannot be sold now, in the order in which the reasons win
_UNSELLABLE = (
    (Condition.UNKNOWN, Reason.NOT_SELLABLE),
    (Condition.OTHER_SHOP, Reason.NOT_SELLABLE),
    (Condition.STOLEN, Reason.NOT_SELLABLE),
    (Condition.BLOCKED, Reason.NOT_SELLABLE),
    (Condition.VOID, Reason.NOT_SELLABLE),
    (Condition.SOLD, Reason.ALREADY_SOLD),
    (Condition.NOT_RECEIVED, Reason.NOT_RECEIVED),
    (Condition.FACE_DIFFERS, Reason.NOT_SELLABLE),
    (Condition.BOUND_ELSEWHERE, Reason.HELD_ELSEWHERE),
    (Condition.HELD_ELSEWHERE, Reason.HELD_ELSEWHERE),
)
_BUSINESS = (
    (Condition.SERIES_CLOSED, Reason.SERIES_CLOSED),
    (Condition.TENDER_IMPOSSIBLE, Reason.TENDER_NOT_ALLOWED),
    (Condition.OVER_LIMIT, Reason.LIMIT),
)
_NOTES = {
    Condition.BOUND_ELSEWHERE: "a pack is bound so that two tills never sell one card, on or off line",
    Condition.FACE_DIFFERS: "cannot happen with an honest till; the neutral sentence says nothing about the card",
}


def _revoked(message: Message, outcome: Outcome) -> Row:
    return Row(
        message=message,
        before=_EVERY,
        when=Condition.REVOKED,
        outcome=outcome,
        reason=Reason.NOT_SELLABLE,
        note="the door already turned it away; asked again inside the transaction",
    )


def _refusals(
    message: Message, before: frozenset[Record], ladder: tuple[tuple[Condition, Reason], ...]
) -> tuple[Row, ...]:
    return tuple(
        Row(
            message=message,
            before=before,
            when=condition,
            after=Record.REFUSED,
            outcome=Outcome.REFUSED,
            reason=reason,
            # a refused line needs no hold: a commit that is refused gives its own back
            effects=((Effect.FREE_HOLD,) if before == _RESERVED else ())
            + ((Effect.ALERT,) if condition is Condition.STOLEN else ()),
            note=_NOTES.get(condition, ""),
        )
        for condition, reason in ladder
    )


def _losses() -> tuple[Row, ...]:
    return tuple(
        Row(message=Message.EXTEND, before=_RESERVED, when=condition, outcome=Outcome.LOST, reason=reason)
        for condition, reason in _UNSELLABLE
        if condition is not Condition.FACE_DIFFERS
    )


def _answer(
    message: Message,
    before: frozenset[Record],
    outcome: Outcome,
    reason: Reason | WithdrawalRefusal | None = None,
    *,
    repeats: bool = False,
    note: str = "",
) -> Row:
    return Row(message=message, before=before, outcome=outcome, reason=reason, repeats=repeats, note=note)


def _promise(
    when: Condition | None,
    code: ExceptionCode | None,
    *effects: Effect,
    refused: Reason | None = None,
    note: str = "",
) -> Row:
    """A row for the advice of an open line: it activates, unless ``refused`` says what the record keeps instead."""
    return Row(
        message=Message.PROMISE,
        before=_OPEN,
        when=when,
        after=Record.REFUSED if refused else Record.COMMITTED,
        outcome=Outcome.EXCEPTION if code else Outcome.APPLIED,
        reason=refused,
        effects=(Effect.FREE_HOLD,) if refused else (Effect.ACTIVATE, Effect.POST, *effects),
        exception=code,
        note=note,
    )


def _void(when: Condition, reason: WithdrawalRefusal, note: str = "") -> Row:
    return Row(message=Message.VOID, before=_COMMITTED, when=when, outcome=Outcome.REFUSED, reason=reason, note=note)


_LATE = "the line was withdrawn after hand-over; late messages hear the same as after a cancel"

TABLE: tuple[Row, ...] = (
    # reserve
    _revoked(Message.RESERVE, Outcome.REFUSED),
    *_refusals(Message.RESERVE, _UNSEEN, _UNSELLABLE + _BUSINESS),
    Row(
        message=Message.RESERVE,
        before=_UNSEEN,
        after=Record.RESERVED,
        outcome=Outcome.RESERVED,
        effects=(Effect.HOLD,),
    ),
    _answer(Message.RESERVE, _RESERVED, Outcome.RESERVED),
    _answer(Message.RESERVE, _COMMITTED, Outcome.COMMITTED),
    _answer(Message.RESERVE, _REFUSED, Outcome.REFUSED, repeats=True),
    _answer(Message.RESERVE, _WITHDRAWN, Outcome.REFUSED, Reason.CANCELLED, note=_LATE),
    # extend
    _revoked(Message.EXTEND, Outcome.LOST),
    *_losses(),
    Row(
        message=Message.EXTEND,
        before=_RESERVED,
        when=Condition.HELD_TOO_LONG,
        outcome=Outcome.LOST,
        note="no reason: nobody else has the card, the line is unheld",
    ),
    Row(message=Message.EXTEND, before=_RESERVED, outcome=Outcome.EXTENDED, effects=(Effect.EXTEND_HOLD,)),
    _answer(Message.EXTEND, _UNSEEN, Outcome.LOST, note="there is no hold of this line to extend"),
    _answer(Message.EXTEND, _COMMITTED, Outcome.LOST, Reason.ALREADY_SOLD),
    _answer(Message.EXTEND, _REFUSED, Outcome.LOST, repeats=True),
    _answer(Message.EXTEND, _WITHDRAWN, Outcome.LOST, Reason.CANCELLED),
    # commit
    _revoked(Message.COMMIT, Outcome.REFUSED),
    *_refusals(Message.COMMIT, _UNSEEN, _UNSELLABLE + _BUSINESS),
    # a series that closes while the basket is open does not take back what the reserve granted
    *_refusals(Message.COMMIT, _RESERVED, _UNSELLABLE + _BUSINESS[1:]),
    Row(
        message=Message.COMMIT,
        before=_OPEN,
        after=Record.COMMITTED,
        outcome=Outcome.COMMITTED,
        effects=(Effect.ACTIVATE, Effect.POST),
    ),
    _answer(Message.COMMIT, _COMMITTED, Outcome.COMMITTED),
    _answer(Message.COMMIT, _REFUSED, Outcome.REFUSED, repeats=True),
    _answer(Message.COMMIT, _WITHDRAWN, Outcome.REFUSED, Reason.CANCELLED, note=_LATE),
    # status
    _answer(Message.STATUS, _EVERY, Outcome.STATUS),
    # cancel
    _revoked(Message.CANCEL, Outcome.REFUSED),
    Row(
        message=Message.CANCEL,
        before=_OPEN | _REFUSED,
        after=Record.CANCELLED,
        outcome=Outcome.CANCELLED,
        effects=(Effect.FREE_HOLD,),
    ),
    Row(
        message=Message.CANCEL,
        before=_COMMITTED,
        when=Condition.NOT_WITHDRAWABLE,
        outcome=Outcome.TOO_LATE,
        reason=WithdrawalRefusal.SPENT,
        exception=ExceptionCode.X8,
    ),
    Row(
        message=Message.CANCEL,
        before=_COMMITTED,
        when=Condition.UNSEEN_BY_CLERK,
        after=Record.CANCELLED,
        outcome=Outcome.CANCELLED,
        effects=(Effect.RESTOCK, Effect.REVERSE, Effect.BLOCK_QUESTION),
    ),
    Row(
        message=Message.CANCEL,
        before=_COMMITTED,
        after=Record.CANCELLED,
        outcome=Outcome.CANCELLED,
        effects=(Effect.RESTOCK, Effect.REVERSE),
        note="a block does not stop a cancel, and stays",
    ),
    _answer(Message.CANCEL, _WITHDRAWN, Outcome.CANCELLED, note="after a void the postings are reversed already"),
    # promise (advice)
    _answer(Message.PROMISE, _COMMITTED | {Record.VOIDED}, Outcome.ALREADY),
    Row(
        message=Message.PROMISE,
        before=_REFUSED | {Record.CANCELLED},
        outcome=Outcome.EXCEPTION,
        exception=ExceptionCode.X9,
    ),
    Row(
        message=Message.PROMISE,
        before=_OPEN,
        when=Condition.REVOKED,
        outcome=Outcome.EXCEPTION,
        exception=ExceptionCode.X6,
        note="kept in quarantine; a person decides",
    ),
    _promise(Condition.UNKNOWN, ExceptionCode.X2, refused=Reason.NOT_SELLABLE),
    _promise(Condition.SOLD, ExceptionCode.X1, refused=Reason.ALREADY_SOLD),
    _promise(Condition.KNOWN_BLOCK, ExceptionCode.X3, refused=Reason.NOT_SELLABLE),
    _promise(Condition.UNKNOWN_BLOCK, ExceptionCode.X4, refused=Reason.NOT_SELLABLE),
    _promise(Condition.FOREIGN_UNTRUSTED, ExceptionCode.X2, refused=Reason.NOT_SELLABLE),
    _promise(Condition.FACE_DIFFERS, ExceptionCode.X7, Effect.FREEZE, note="the lot's face value is posted"),
    _promise(Condition.NOT_HERE, ExceptionCode.X2),
    _promise(Condition.EXCESS_HIDDEN, ExceptionCode.X5, Effect.ONLINE_ONLY),
    _promise(Condition.EXCESS, ExceptionCode.X5, note="the customer had left with the card: the till says so itself"),
    _promise(None, None),
    # void
    _revoked(Message.VOID, Outcome.REFUSED),
    _void(Condition.OTHER_SHOP_SOLD, WithdrawalRefusal.NOT_SOLD, note="says nothing about another shop's sales"),
    _void(Condition.BLOCKED, WithdrawalRefusal.BLOCKED),
    _void(Condition.NOT_WITHDRAWABLE, WithdrawalRefusal.SPENT),
    _void(Condition.OTHER_TILL, WithdrawalRefusal.OTHER_TILL),
    _void(Condition.NOT_RESCANNED, WithdrawalRefusal.NOT_RESCANNED),
    _void(Condition.ONE_PERSON, WithdrawalRefusal.TWO_PERSONS),
    _void(Condition.WINDOW_OVER, WithdrawalRefusal.WINDOW),
    Row(
        message=Message.VOID,
        before=_COMMITTED,
        after=Record.VOIDED,
        outcome=Outcome.VOIDED,
        effects=(Effect.VOID_CARD, Effect.REVERSE),
    ),
    _answer(Message.VOID, _EVERY - _COMMITTED, Outcome.REFUSED, WithdrawalRefusal.NOT_SOLD),
)


def _index() -> Mapping[tuple[Message, Record], tuple[Row, ...]]:
    return {
        (message, record): tuple(row for row in TABLE if row.message is message and record in row.before)
        for message in Message
        for record in Record
    }


_ROWS = _index()


def decide(message: Message, record: Record, facts: CardFacts) -> Decision:
    """What becomes of ``message`` about a line whose record is ``record``. Pure; every triple has exactly one answer."""
    for row in _ROWS[message, record]:
        if row.when is None or _HOLDS[row.when](facts):
            return Decision(
                after=row.after or record,
                outcome=row.outcome,
                reason=facts.record_reason if row.repeats else row.reason,
                effects=row.effects,
                exception=row.exception,
            )
    raise Bug(f"the activation table has no row for {message.value} on {record.value}")
