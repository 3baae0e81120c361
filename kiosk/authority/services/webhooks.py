"""Telling merchants' sites what happened: which event is next, when a telling is repeated, who hears that a site hears nothing.

In order, from a cursor that moves only when the site acknowledged, so that nothing is missed and a repeat carries the same id; for
ever, ever more slowly. Live payments alone: a site under development asks for its test events. Not responsible for carrying
(``kiosk.authority.webhook_sender``) nor for the loop (``kiosk.authority.worker``).
"""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from kiosk.authority.services.addresses import is_loopback
from kiosk.authority.services.alert_kinds import AlertKind
from kiosk.authority.services.pay.answers import event_of
from kiosk.authority.services.refused import malformed
from kiosk.authority.store import merchants, spends, webhooks
from kiosk.authority.store.alerts import raise_alert
from kiosk.authority.store.ports import Transaction
from kiosk.authority.store.webhooks import WebhookRow
from kiosk.domain.payment import CARDS_MAX
from kiosk.protocol.payments import MAX_URL_CHARS, Event

FIRST_WAIT_MS = 5_000
LONGEST_WAIT_MS = 3_600_000
ALERT_TRIES = 6
DUE_MAX = 500  # looked at in one go; the others come next

# nothing that a client between us and the site would write otherwise than it was signed
_URL = re.compile(r"https?://[a-z0-9.:\[\]-]+(/[A-Za-z0-9._~!$&'()*+,;=:@/-]*)?(\?[A-Za-z0-9._~!$&'()*+,;=:@/-]*)?")
_DOTS = re.compile(r"/\.{1,2}(/|\?|$)")


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one attempt. ``status`` is for the operator: the number that was answered, or why none was."""

    acknowledged: bool
    status: str


@dataclass(frozen=True, slots=True)
class NextEvent:
    """The event that a merchant is told next; ``seq`` is where the cursor will stand."""

    row: WebhookRow
    seq: int
    event: Event


def checked_url(text: str, *, demonstration: bool) -> str:
    """A webhook's address. Raises ``TurnedAway`` unless it is https, or http on this machine for a demonstration."""
    parts = _parts(text)
    if parts is None:
        raise malformed(
            "a webhook is https://host/path, the host in lower case, without names, passwords, % and fragments"
        )
    if parts.scheme == "http" and not (demonstration and is_loopback(parts.hostname or "")):
        raise malformed("a webhook is https; http is for this machine itself, in a demonstration")
    return text


def set_url(tx: Transaction, merchant_id: str, url: str | None, *, demonstration: bool) -> WebhookRow | None:
    """Where a merchant is told; ``None`` ends it. A first address begins with what happens from now on, another one goes on where
    the last one stood. Raises ``TurnedAway``."""
    merchant = merchants.find_merchant(tx, merchant_id)
    if merchant is None:
        raise malformed(f"no merchant {merchant_id}: 'kiosk authority merchant list' shows them")
    merchants.set_webhook(tx, merchant.merchant_no, url and checked_url(url, demonstration=demonstration))
    if url and merchant.webhook_url is None:
        webhooks.put_cursor(tx, merchant.merchant_no, seq=webhooks.last_number(tx))
    elif url != merchant.webhook_url:
        webhooks.retry_now(tx, merchant.merchant_no)
    return webhooks.find_webhook(tx, merchant.merchant_no)


def tell_again(tx: Transaction, merchant_id: str, *, cursor: int) -> WebhookRow:
    """Tell everything after a cursor once more. Raises ``TurnedAway``."""
    merchant = merchants.find_merchant(tx, merchant_id)
    if merchant is None or merchant.webhook_url is None:
        raise malformed(f"no merchant {merchant_id} that is told anything: set --url first")
    if not 0 <= cursor <= webhooks.last_number(tx):
        raise malformed("the cursor is 0 or one that /v1/events gave")
    webhooks.put_cursor(tx, merchant.merchant_no, seq=cursor)
    row = webhooks.find_webhook(tx, merchant.merchant_no)
    assert row is not None, "it has an address"
    return row


def next_event(tx: Transaction, row: WebhookRow, *, after: int | None = None) -> NextEvent | None:
    """The first event after the merchant's cursor. ``after``: nothing up to there is one, as an earlier look found."""
    # an operation on several cards is one event of at most CARDS_MAX rows
    rows = spends.rows_after(tx, merchant_no=row.merchant_no, test=False, seq=max(row.seq, after or 0), limit=CARDS_MAX)
    if not rows:
        return None
    own = rows[0]
    return NextEvent(row, own.seq, event_of(spends.rows_of_payment(tx, own.payment_id), own))


def settle(tx: Transaction, told: NextEvent, *, acknowledged: bool, status: str, now_ms: int) -> bool:
    """Keep what became of a telling. ``True`` if the cursor moved and the next one may be told."""
    row = told.row
    if acknowledged:
        return webhooks.acknowledged(tx, row, seq=told.seq, status=status)
    tries = row.tries + 1
    kept = webhooks.failed(tx, row, tries=tries, next_ms=now_ms + wait_ms(tries), status=status)
    if kept and tries == ALERT_TRIES:
        raise_alert(
            tx,
            kind=AlertKind.WEBHOOK_UNHEARD.value,
            merchant_no=row.merchant_no,
            detail=f"last answer: {status}",
            at_ms=now_ms,
        )
    return False


def wait_ms(tries: int) -> int:
    """How long after the ``tries``-th failure: 5 s, then twice as long each time, at most an hour."""
    return min(FIRST_WAIT_MS << min(tries - 1, 20), LONGEST_WAIT_MS)


def _parts(text: str) -> SplitResult | None:
    if len(text) > MAX_URL_CHARS or not _URL.fullmatch(text) or _DOTS.search(text):
        return None
    try:
        parts = urlsplit(text)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if usable else None
