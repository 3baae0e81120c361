"""What was decided lately, for the guard's windows after a restart. Reads only; the index of the merchants' feed leads to it."""

from kiosk.authority.store.ports import Row, Transaction


def latest_payments(tx: Transaction, *, merchant_no: int, since_ms: int, limit: int) -> list[Row]:
    """A merchant's latest live payments, the oldest first: payment, time, kind, reason."""
    rows = tx.all(
        """SELECT payment_id, at_ms, kind, reason FROM spend
            WHERE merchant_no = ? AND test = 0 AND kind IN ('declined', 'authorized', 'charged') ORDER BY seq DESC LIMIT ?""",
        merchant_no, limit,
    )  # fmt: skip
    return [row for row in reversed(rows) if row[1] > since_ms]


def latest_checkouts(tx: Transaction, *, merchant_no: int, since_ms: int, limit: int) -> list[Row]:
    """A merchant's checkouts that somebody tried to pay, made since then: id, attempts."""
    return tx.all(
        "SELECT checkout_id, attempt FROM checkout WHERE merchant_no = ? AND test = 0 AND attempt > 0 AND created_ms > ? LIMIT ?",
        merchant_no, since_ms, limit,
    )  # fmt: skip
