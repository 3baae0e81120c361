"""A checkout: what a merchant asks a shopper to pay on our page, and where that stands. One success, however often it is tried.

Not responsible for the payment itself (``payment``) nor for the page.
"""

from enum import Enum

LIFE_MS = 30 * 60_000
CARDS_ON_PAGE_MAX = 3
ATTEMPTS_MAX = 20  # the page is no place to try other people's serials at


class CheckoutState(Enum):
    """``LAPSED`` is stored nowhere: an open checkout lapses by its time, or by too many attempts."""

    OPEN = "open"
    PAYING = "paying"  # an attempt is under way, or nobody knows yet what became of it
    PAID = "paid"
    CANCELLED = "cancelled"  # by the shopper
    LAPSED = "lapsed"


def state_at(stored: CheckoutState, *, attempt: int, until_ms: int, now_ms: int) -> CheckoutState:
    """The state that people are told. What is being paid does not lapse: its attempt began in time."""
    if stored is CheckoutState.OPEN and (now_ms >= until_ms or attempt >= ATTEMPTS_MAX):
        return CheckoutState.LAPSED
    return stored
