"""What the guard should remember of the time before this process: the merchants' latest payments, without those on our own page.

Reads only. Not responsible for judging them (``guard``).
"""

from kiosk.authority.services.attempts import attempt_key
from kiosk.authority.services.guard import MARKS_MAX, Evaluated
from kiosk.authority.services.pay.asked import Caller, id_text, op_id_of
from kiosk.authority.store import merchants, recent
from kiosk.authority.store.ports import Transaction
from kiosk.domain.payment import SpendReason

CHECKOUT_AGE_MS = 2 * 3_600_000  # how much older than its payment a checkout may be
CHECKOUTS_MAX = 10_000


def recall(tx: Transaction, *, now_ms: int, window_ms: int) -> list[Evaluated]:
    """The latest payments of every merchant within the window, as the guard counts them."""
    found: list[Evaluated] = []
    for merchant in merchants.merchants(tx):
        hosted = _hosted(tx, merchant.merchant_no, since_ms=now_ms - window_ms - CHECKOUT_AGE_MS)
        rows = recent.latest_payments(
            tx, merchant_no=merchant.merchant_no, since_ms=now_ms - window_ms, limit=MARKS_MAX
        )
        found += [
            Evaluated(
                merchant_no=merchant.merchant_no,
                payment_id=id_text(payment_id),
                at_ms=at_ms,
                guess=reason == SpendReason.DECLINED.value,
            )
            for payment_id, at_ms, _, reason in rows
            if payment_id not in hosted
        ]
    return found


def _hosted(tx: Transaction, merchant_no: int, *, since_ms: int) -> set[bytes]:
    caller = Caller(merchant_no=merchant_no, test=False, contracts=())
    rows = recent.latest_checkouts(tx, merchant_no=merchant_no, since_ms=since_ms, limit=CHECKOUTS_MAX)
    return {
        op_id_of(caller, attempt_key(checkout_id, number))
        for checkout_id, attempts in rows
        for number in range(1, attempts + 1)
    }
