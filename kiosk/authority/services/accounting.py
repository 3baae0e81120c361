"""The ledger's accounts and what they sum to: a debit is positive.

The same as the view ``ledger`` summed up (a test compares them), from one sum an operation's kind and merchant instead of a line an
operation, because the hourly audit needs them of millions. Reads only.
"""

from dataclasses import dataclass

from kiosk.authority.accounts import authorized, card_liability, distribution, merchant, scheme
from kiosk.authority.store import checks
from kiosk.authority.store.checks import SpentSum
from kiosk.authority.store.ports import Transaction
from kiosk.domain.payment import SpendKind


@dataclass(frozen=True, slots=True)
class AccountSum:
    """One account of the ledger."""

    account: str
    currency: str
    amount_minor: int


def account_sums(tx: Transaction) -> list[AccountSum]:
    """Every account that was ever posted to, by name."""
    sums: dict[tuple[str, str], int] = {}
    for account, currency, amount in checks.posted(tx):
        sums[account, currency] = sums.get((account, currency), 0) + amount
    for one in checks.spent(tx):
        for account, amount in _postings(one).items():
            sums[account, one.currency] = sums.get((account, one.currency), 0) + amount
    return [AccountSum(account, currency, amount) for (account, currency), amount in sorted(sums.items())]


def _postings(one: SpentSum) -> dict[str, int]:
    liability, held = card_liability(one.currency), authorized(one.currency)
    shares = {
        merchant(one.merchant_id, one.currency): -one.merchant,
        distribution(one.currency): -one.distribution,
        scheme(one.currency): one.merchant + one.distribution - one.amount,
    }
    match one.kind:
        case SpendKind.AUTHORIZED:
            return {liability: one.amount, held: -one.amount}
        case SpendKind.CHARGED:
            return {liability: one.amount, **shares}
        case SpendKind.CAPTURED:
            return {held: one.amount + one.released, liability: -one.released, **shares}
        case SpendKind.CANCELLED | SpendKind.RETURNED:
            return {held: one.amount, liability: -one.amount}
        case SpendKind.REFUNDED:
            return {liability: -one.amount, **{account: -amount for account, amount in shares.items()}}
        case SpendKind.DECLINED | SpendKind.REFUSED:
            return {}
