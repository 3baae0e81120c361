"""Checkouts in the database. Each change of state is one conditional update that names the state and the attempt it expects, so
that of two windows, or of an attempt and whoever looks after it, one moves the checkout and the other sees that it did not.

Not responsible for deciding what an attempt came to (``services.attempts``).
"""

from dataclasses import dataclass

from kiosk.authority.store.ports import Row, Transaction
from kiosk.domain.checkout import ATTEMPTS_MAX, CheckoutState


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutRow:
    """A checkout with what its page says of the merchant. ``attempt`` counts the claims; ``payment_id`` is that of the one that
    paid."""

    checkout_id: str
    merchant_no: int
    op_id: bytes
    fingerprint: bytes
    amount_minor: int
    currency: str
    title: str
    reference: str | None
    return_url: str
    cancel_url: str
    capture: bool
    window_s: int
    language: str
    test: bool
    state: CheckoutState
    attempt: int
    payment_id: bytes | None
    created_ms: int
    until_ms: int
    merchant_name: str = ""
    merchant_suspended: bool = False


_CHECKOUT = """
SELECT c.checkout_id, c.merchant_no, c.op_id, c.fingerprint, c.amount_minor, c.currency, c.title, c.reference, c.return_url,
       c.cancel_url, c.capture, c.window_s, c.language, c.test, c.state, c.attempt, c.payment_id, c.created_ms, c.until_ms,
       m.name, m.suspended_ms
  FROM checkout c JOIN merchant m ON m.merchant_no = c.merchant_no
"""


def add_checkout(tx: Transaction, row: CheckoutRow) -> bool:
    """A new checkout; ``False`` if its operation has made one before."""
    return tx.run(
        """INSERT INTO checkout(checkout_id, merchant_no, op_id, fingerprint, amount_minor, currency, title, reference, return_url,
                                cancel_url, capture, window_s, language, test, state, attempt, payment_id, created_ms, until_ms)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (op_id) DO NOTHING""",
        row.checkout_id, row.merchant_no, row.op_id, row.fingerprint, row.amount_minor, row.currency, row.title, row.reference,
        row.return_url, row.cancel_url, int(row.capture), row.window_s, row.language, int(row.test), row.state.value, row.attempt,
        row.payment_id, row.created_ms, row.until_ms,
    ) == 1  # fmt: skip


def find_checkout(tx: Transaction, checkout_id: str) -> CheckoutRow | None:
    row = tx.one(f"{_CHECKOUT} WHERE c.checkout_id = ?", checkout_id)
    return _checkout(row) if row else None


def find_checkout_of(tx: Transaction, op_id: bytes) -> CheckoutRow | None:
    """The checkout that an operation made."""
    row = tx.one(f"{_CHECKOUT} WHERE c.op_id = ?", op_id)
    return _checkout(row) if row else None


def claim(tx: Transaction, checkout_id: str, *, now_ms: int) -> int | None:
    """Begin an attempt: its number, or ``None`` when the checkout is not open any more."""
    row = tx.one(
        """UPDATE checkout SET state = 'paying', attempt = attempt + 1
            WHERE checkout_id = ? AND state = 'open' AND until_ms > ? AND attempt < ? RETURNING attempt""",
        checkout_id, now_ms, ATTEMPTS_MAX,
    )  # fmt: skip
    return row[0] if row else None


def settle(tx: Transaction, checkout_id: str, *, attempt: int, payment_id: bytes) -> bool:
    """The attempt has paid. ``False`` if the checkout is not at this attempt."""
    return tx.run(
        "UPDATE checkout SET state = 'paid', payment_id = ? WHERE checkout_id = ? AND state = 'paying' AND attempt = ?",
        payment_id, checkout_id, attempt,
    ) == 1  # fmt: skip


def reopen(tx: Transaction, checkout_id: str, *, attempt: int) -> bool:
    """The attempt bought nothing. ``False`` if the checkout is not at this attempt."""
    return tx.run(
        "UPDATE checkout SET state = 'open' WHERE checkout_id = ? AND state = 'paying' AND attempt = ?",
        checkout_id, attempt,
    ) == 1  # fmt: skip


def cancel(tx: Transaction, checkout_id: str) -> bool:
    """The shopper does not want to pay. ``False`` if the checkout is not open."""
    return tx.run("UPDATE checkout SET state = 'cancelled' WHERE checkout_id = ? AND state = 'open'", checkout_id) == 1


def _checkout(row: Row) -> CheckoutRow:
    return CheckoutRow(
        checkout_id=row[0], merchant_no=row[1], op_id=row[2], fingerprint=row[3], amount_minor=row[4], currency=row[5],
        title=row[6], reference=row[7], return_url=row[8], cancel_url=row[9], capture=bool(row[10]), window_s=row[11],
        language=row[12], test=bool(row[13]), state=CheckoutState(row[14]), attempt=row[15], payment_id=row[16],
        created_ms=row[17], until_ms=row[18], merchant_name=row[19], merchant_suspended=row[20] is not None,
    )  # fmt: skip
