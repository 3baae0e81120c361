"""Money offered for a sale, and the change that goes back. Not responsible for how a bank card is charged."""

from dataclasses import dataclass
from enum import Enum

from kiosk.domain.money import Money


class TenderKind(Enum):
    """How a sale is paid. ``MOBILE`` stands in series files from the start and is offered by no till yet."""

    CASH = "cash"
    BANK_CARD = "bank_card"
    MOBILE = "mobile"


@dataclass(frozen=True, slots=True)
class Tender:
    """``amount`` is what pays for the sale; ``received`` what the customer handed over; ``change`` what goes back."""

    kind: TenderKind
    amount: Money
    received: Money

    @property
    def change(self) -> Money:
        return self.received - self.amount


@dataclass(frozen=True, slots=True)
class MissingMoney:
    """The customer gave less than is due: ``missing`` more is needed. Nothing changed."""

    missing: Money


def cash_tender(*, due: Money, received: Money) -> Tender | MissingMoney:
    """A cash tender that pays ``due`` in full, or what is missing."""
    if received < due:
        return MissingMoney(due - received)
    return Tender(TenderKind.CASH, amount=due, received=received)


# notes a customer is likely to hand over, per currency; francs as of 2001
NOTES_MINOR = {"EUR": (500, 1000, 2000, 5000, 10000, 20000), "FRF": (2000, 5000, 10000, 20000, 50000)}


def quick_amounts(due: Money, keys: int = 3) -> tuple[Money, ...]:
    """The ``keys`` smallest amounts above ``due`` that a customer would hand over in notes: rounded up to each note in turn."""
    notes = NOTES_MINOR[due.currency.code]
    rounded = {-(-due.minor // note) * note for note in notes}
    return tuple(Money(minor, due.currency) for minor in sorted(value for value in rounded if value > due.minor)[:keys])
