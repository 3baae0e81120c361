"""What a conflict between an advice and the books becomes: a task with an owner, a deadline and an account (AC-11).

Not responsible for working on it: the operator's office does that later.
"""

from dataclasses import dataclass

from kiosk.authority.accounts import exceptions as exceptions_account
from kiosk.authority.store.books import ExceptionRow, open_exception
from kiosk.authority.store.ports import Transaction
from kiosk.domain.refusals import ExceptionCode

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Care:
    """Who must act, and within how many days."""

    owner: str
    days: int


CARE: dict[ExceptionCode, Care] = {
    ExceptionCode.X1: Care("operator", 3),  # the customer of the second sale holds a receipt and no value
    ExceptionCode.X2: Care("operator", 5),
    ExceptionCode.X3: Care("shop", 5),
    ExceptionCode.X4: Care("operator", 2),  # the operator refunds a customer who did nothing wrong
    ExceptionCode.X5: Care("risk", 1),
    ExceptionCode.X6: Care("risk", 1),
    ExceptionCode.X7: Care("hotline", 2),  # the card is frozen until then
    ExceptionCode.X8: Care("operator", 10),
    ExceptionCode.X9: Care("shop", 2),
}


def raise_exception(
    tx: Transaction,
    code: ExceptionCode,
    *,
    terminal_id: str,
    line_id: str,
    card_id: int,
    shop_id: str,
    amount_minor: int,
    currency: str,
    now_ms: int,
) -> None:
    """Open the task; idempotent per line and code."""
    care = CARE[code]
    open_exception(
        tx,
        ExceptionRow(
            code=code,
            terminal_id=terminal_id,
            line_id=line_id,
            card_id=card_id,
            shop_id=shop_id,
            owner=care.owner,
            account=exceptions_account(currency),
            amount_minor=amount_minor,
            currency=currency,
            opened_ms=now_ms,
            deadline_ms=now_ms + care.days * DAY_MS,
        ),
    )
