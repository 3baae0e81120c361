"""Business "no" as values: the wire's reasons, what a scan can be refused for at the till, and why a promise is not allowed.

Not responsible for words: ``kiosk.i18n.wording`` gives each its sentence (the refusal table of the design, "who hears what").
"""

from enum import Enum


class Reason(Enum):
    """Why the authority says no. ``NOT_SELLABLE`` covers stolen, blocked, other shop and unknown: one neutral
    answer, same timing."""

    ALREADY_SOLD = "already_sold"
    HELD_ELSEWHERE = "held_elsewhere"
    NOT_RECEIVED = "not_received"
    LIMIT = "limit"
    TENDER_NOT_ALLOWED = "tender_not_allowed"
    SERIES_CLOSED = "series_closed"
    CANCELLED = "cancelled"
    NOT_SELLABLE = "not_sellable"


class ScanRefusal(Enum):
    """Why the till itself refuses a scan or a typed number, before anybody is asked."""

    MISREAD = "misread"
    LENGTH = "length"
    CHECK_DIGITS = "check_digits"
    ALREADY_IN_BASKET = "already_in_basket"
    OTHER_CURRENCY = "other_currency"
    UNKNOWN_SERIES = "unknown_series"
    PROMISED_HERE = "promised_here"
    LOCKED_HERE = "locked_here"  # a cancel of this card is not acknowledged yet (AC-08)
    TOO_MANY = "too_many"
    BUSY = "busy"  # scanned while a payment, an activation or a question is on screen


class PromiseRefusal(Enum):
    """Why a card may not be promised now; the first that holds, in this order."""

    POLICY_OFF = "policy_off"
    POLICY_STALE = "policy_stale"
    NOT_BOUND = "not_bound"
    NOT_LISTED = "not_listed"
    BLOCKED = "blocked"
    SNAPSHOT_OLD = "snapshot_old"
    KEYED = "keyed"
    NOT_CASH = "not_cash"
    LOCKED = "locked"
    CLOCK = "clock"
    JOURNAL = "journal"
    SALE_CARDS = "sale_cards"
    OUTSTANDING_CARDS = "outstanding_cards"
    OUTSTANDING_VALUE = "outstanding_value"
    LAST_CONTACT = "last_contact"


class ExceptionCode(Enum):
    """What the authority found wrong with an advice; each is a task with an owner (AC-10, AC-11)."""

    X1 = "X1"  # already active by another line
    X2 = "X2"  # not this shop's, or not bound to this till
    X3 = "X3"  # blocked, and the till knew
    X4 = "X4"  # blocked, the till could not know
    X5 = "X5"  # allowance exceeded
    X6 = "X6"  # revoked terminal
    X7 = "X7"  # face value differs from the lot
    X8 = "X8"  # cancel after spend
    X9 = "X9"  # promised although the line was refused or cancelled: the record wins
