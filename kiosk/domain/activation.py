"""Activation as the design's one table (``docs/activation.md``): the words of both sides, and the facts that a rule may ask for.

The rules themselves are data in ``activation_table``; ``decide`` reads them. From them come the authority's code, its database
checks, its tests and the printed table. Not responsible for storage: a caller gathers ``CardFacts``, asks ``decide`` and applies
the decision in one conditional update.
"""

from dataclasses import dataclass
from enum import Enum

from kiosk.domain.refusals import ExceptionCode, Reason


class CardState(Enum):
    """Where a card stands at the authority. ``VOID`` is final; holds, bindings and blocks are attributes beside the state."""

    PRINTED = "printed"
    SHIPPED = "shipped"
    IN_STOCK = "in_stock"
    ACTIVE = "active"
    EXHAUSTED = "exhausted"
    EXPIRED = "expired"
    VOID = "void"


class Block(Enum):
    """Why a card is stopped; a blocked card keeps its balance and answers nothing but its status."""

    STOLEN = "stolen"
    LOST = "lost"
    FROZEN = "frozen"
    RECALLED = "recalled"
    RISK = "risk"
    QUESTION = "question"


class Record(Enum):
    """The activation record of one line id. ``CANCELLED`` is the tombstone: it is written even for a line never seen."""

    UNSEEN = "unseen"
    RESERVED = "reserved"
    COMMITTED = "committed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    VOIDED = "voided"


class Message(Enum):
    """What a terminal may say about a line. ``PROMISE`` is the journal entry ``CardPromised`` (advice), the rest are requests."""

    RESERVE = "reserve"
    EXTEND = "extend"
    COMMIT = "commit"
    STATUS = "status"
    CANCEL = "cancel"
    PROMISE = "promise"
    VOID = "void"


class EntryMode(Enum):
    """How the serial reached the till; keyed cards have a lower limit and are never promised."""

    SCANNED = "scanned"
    KEYED = "keyed"


HOLD_MS = 120_000
EXTEND_EVERY_MS = 45_000
HOLD_LIMIT_MS = 600_000

MINUTE_MS = 60_000


class Hold(Enum):
    """Who holds the card *now*; a lapsed hold is none."""

    NONE = "none"
    OWN = "own"
    OTHER = "other"


class Bound(Enum):
    """Which terminal the card's pack is bound to, seen from the asking one."""

    NONE = "none"
    THIS = "this"
    OTHER = "other"


class VoidRight(Enum):
    """By what right an activation is withdrawn after hand-over; ``OPERATOR`` is the annulment by two persons."""

    CLERK = "clerk"
    MANAGER = "manager"
    OPERATOR = "operator"


VOID_WINDOW_MS = {
    VoidRight.CLERK: 15 * MINUTE_MS,
    VoidRight.MANAGER: 24 * 60 * MINUTE_MS,
    VoidRight.OPERATOR: 20 * 24 * 60 * MINUTE_MS,
}


class WithdrawalRefusal(Enum):
    """Why a cancel comes too late (``SPENT``) or a void is refused."""

    SPENT = "spent"
    NOT_SOLD = "not_sold"
    BLOCKED = "blocked"
    WINDOW = "window"
    OTHER_TILL = "other_till"
    NOT_RESCANNED = "not_rescanned"
    TWO_PERSONS = "two_persons"


class Outcome(Enum):
    """What the authority answers; the first eight go over the wire as ``LineAnswer.outcome``."""

    RESERVED = "reserved"
    EXTENDED = "extended"
    LOST = "lost"
    COMMITTED = "committed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    TOO_LATE = "too_late"
    STATUS = "status"
    APPLIED = "applied"
    ALREADY = "already"
    EXCEPTION = "exception"
    VOIDED = "voided"


class Effect(Enum):
    """What a decision does beside changing the record; all in the transaction that stores the answer."""

    HOLD = "hold the card for 120 s"
    EXTEND_HOLD = "hold until now + 120 s"
    FREE_HOLD = "own hold freed"
    ACTIVATE = "card active, every hold gone"
    POST = "shop debt and card liability posted"
    RESTOCK = "card back in stock"
    REVERSE = "postings reversed"
    BLOCK_QUESTION = "block(question)"
    FREEZE = "block(frozen)"
    VOID_CARD = "card void"
    ONLINE_ONLY = "terminal sells online only"
    ALERT = "silent alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """Everything a rule may ask about card, line and terminal. The defaults are a healthy card in this shop's stock.

    ``hold_age_ms``: since the line's reserve. ``sale_age_ms``: since its activation. ``face_matches``: the till's face value is the
    lot's. ``till_knew_block``: the entry's block list already named the card. ``within_allowance``: the promise kept to the policy;
    ``excess_admitted``: the till itself said that it did not. ``record_reason``: why the line was refused, on a refused record.
    """

    exists: bool = True
    state: CardState = CardState.IN_STOCK
    this_shop: bool = True
    block: Block | None = None
    hold: Hold = Hold.NONE
    hold_age_ms: int = 0
    bound: Bound = Bound.NONE
    spent: bool = False
    authorization_open: bool = False
    within_limits: bool = True
    tender_possible: bool = True
    series_open: bool = True
    face_matches: bool = True
    terminal_revoked: bool = False
    till_knew_block: bool = False
    shop_trusted: bool = True
    within_allowance: bool = True
    excess_admitted: bool = False
    rescanned: bool = True
    same_till: bool = True
    void_right: VoidRight = VoidRight.CLERK
    sale_age_ms: int = 0
    two_persons: bool = False
    record_reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of a message: the record afterwards, the effects, the answer, and the exception if a person must act."""

    after: Record
    outcome: Outcome
    reason: Reason | WithdrawalRefusal | None = None
    effects: tuple[Effect, ...] = ()
    exception: ExceptionCode | None = None
