"""How far each merchant's site has been told, in the database. What it has not acknowledged is told again, in order."""

from dataclasses import dataclass

from kiosk.authority.store.ports import Row, Transaction
from kiosk.authority.store.spends import COUNTER


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRow:
    """One merchant's webhook. ``seq`` is the number of the last event that was acknowledged, ``tries`` how often the next one was
    told in vain, ``next_ms`` when it is told again."""

    merchant_no: int
    merchant_id: str
    url: str
    seq: int
    tries: int
    next_ms: int
    last_status: str | None


_WEBHOOK = """SELECT m.merchant_no, m.merchant_id, m.webhook_url, coalesce(w.seq, 0), coalesce(w.tries, 0),
                     coalesce(w.next_ms, 0), w.last_status
                FROM merchant m LEFT JOIN webhook w ON w.merchant_no = m.merchant_no WHERE m.webhook_url IS NOT NULL"""


def webhooks(tx: Transaction) -> list[WebhookRow]:
    """Every merchant that wants to be told."""
    return [_webhook(row) for row in tx.all(f"{_WEBHOOK} ORDER BY m.merchant_no")]


def due_webhooks(tx: Transaction, *, now_ms: int, after: int, limit: int) -> list[WebhookRow]:
    """Those that may be told something now, if there is anything: the first ``limit`` merchants behind number ``after``."""
    rows = tx.all(
        f"{_WEBHOOK} AND coalesce(w.next_ms, 0) <= ? AND m.merchant_no > ? ORDER BY m.merchant_no LIMIT ?",
        now_ms, after, limit,
    )  # fmt: skip
    return [_webhook(row) for row in rows]


def find_webhook(tx: Transaction, merchant_no: int) -> WebhookRow | None:
    row = tx.one(f"{_WEBHOOK} AND m.merchant_no = ?", merchant_no)
    return _webhook(row) if row else None


def put_cursor(tx: Transaction, merchant_no: int, *, seq: int) -> None:
    """From now on what comes after ``seq`` is told, the first at once."""
    tx.run(
        """INSERT INTO webhook(merchant_no, seq) VALUES (?, ?)
           ON CONFLICT (merchant_no) DO UPDATE SET seq = excluded.seq, tries = 0, next_ms = 0""",
        merchant_no, seq,
    )  # fmt: skip


def retry_now(tx: Transaction, merchant_no: int) -> None:
    """The next telling is not waited for."""
    tx.run("UPDATE webhook SET tries = 0, next_ms = 0 WHERE merchant_no = ?", merchant_no)


def acknowledged(tx: Transaction, row: WebhookRow, *, seq: int, status: str) -> bool:
    """The event ``seq`` arrived. ``False`` if somebody moved the cursor meanwhile; theirs counts."""
    tx.run("INSERT INTO webhook(merchant_no) VALUES (?) ON CONFLICT (merchant_no) DO NOTHING", row.merchant_no)
    return tx.run(
        "UPDATE webhook SET seq = ?, tries = 0, next_ms = 0, last_status = ? WHERE merchant_no = ? AND seq = ?",
        seq, status, row.merchant_no, row.seq,
    ) == 1  # fmt: skip


def failed(tx: Transaction, row: WebhookRow, *, tries: int, next_ms: int, status: str) -> bool:
    """The event after ``row.seq`` did not arrive, for the ``tries``-th time."""
    tx.run("INSERT INTO webhook(merchant_no) VALUES (?) ON CONFLICT (merchant_no) DO NOTHING", row.merchant_no)
    return tx.run(
        "UPDATE webhook SET tries = ?, next_ms = ?, last_status = ? WHERE merchant_no = ? AND seq = ?",
        tries, next_ms, status, row.merchant_no, row.seq,
    ) == 1  # fmt: skip


def last_number(tx: Transaction) -> int:
    """The last number of the counter: everything up to it is visible in this snapshot."""
    row = tx.one(COUNTER.format("seq"))
    assert row is not None, "the counter is made with the schema"
    number: int = row[0]
    return number


def waiting(tx: Transaction, *, merchant_no: int, seq: int, limit: int) -> int:
    """How many events after ``seq`` a merchant was not told, counted up to ``limit``."""
    row = tx.one(
        """SELECT count(*) FROM (SELECT DISTINCT seq FROM spend WHERE merchant_no = ? AND seq > ? AND test = 0
             AND kind NOT IN ('declined', 'refused') LIMIT ?) untold""",
        merchant_no, seq, limit,
    )  # fmt: skip
    return row[0] if row else 0


def _webhook(row: Row) -> WebhookRow:
    return WebhookRow(
        merchant_no=row[0], merchant_id=row[1], url=row[2], seq=row[3], tries=row[4], next_ms=row[5], last_status=row[6]
    )
