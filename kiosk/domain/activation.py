"""Activation as the design's one table (``docs/activation.md``): the words of both sides, and the authority's rules as data.

From this table come the authority's code, its database checks, its tests and the printed table. Not responsible for storage: a
caller gathers ``CardFacts``, asks ``decide`` and applies the decision in one conditional update.
"""

from enum import Enum


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
