"""Double entry, pure: which postings an activation makes, which withdraw them. A debit is positive; every movement sums to 0.

Not responsible for storing them, nor for the shares of merchants and shops: those are taken when a card is spent.
"""

from dataclasses import dataclass, replace

from kiosk.authority.accounts import card_liability, shop_debt
from kiosk.errors import Bug


@dataclass(frozen=True, slots=True)
class Posting:
    """One leg of a movement: ``amount_minor`` is a debit when positive and a credit when negative."""

    account: str
    amount_minor: int
    currency: str


def activation(*, shop_id: str, face_minor: int, currency: str) -> tuple[Posting, ...]:
    """The shop owes the face value; the scheme owes it to whoever holds the card."""
    return balanced(
        (
            Posting(shop_debt(shop_id, currency), face_minor, currency),
            Posting(card_liability(currency), -face_minor, currency),
        )
    )


def reversal(postings: tuple[Posting, ...]) -> tuple[Posting, ...]:
    """The postings that withdraw ``postings``, leg by leg."""
    return balanced(tuple(replace(posting, amount_minor=-posting.amount_minor) for posting in postings))


def balanced(postings: tuple[Posting, ...]) -> tuple[Posting, ...]:
    """``postings`` themselves, if they sum to zero in each currency (INV-1); anything else is a bug."""
    sums: dict[str, int] = {}
    for posting in postings:
        sums[posting.currency] = sums.get(posting.currency, 0) + posting.amount_minor
    if not postings or any(sums.values()):
        raise Bug("a movement sums to zero")
    return postings
