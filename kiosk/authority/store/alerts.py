"""What the operator should look at, silently for those whom it is about. The same alert within an hour is one."""

from dataclasses import dataclass

from kiosk.authority.store.ports import Transaction

REPEAT_MS = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One alert: what, about whom, when. ``seen_ms`` is set when an operator has dealt with it."""

    alert_no: int
    kind: str
    at_ms: int
    terminal_id: str | None
    shop_id: str | None
    merchant_no: int | None
    card_id: int | None
    detail: str | None
    seen_ms: int | None


def raise_alert(
    tx: Transaction,
    *,
    kind: str,
    at_ms: int,
    terminal_id: str | None = None,
    shop_id: str | None = None,
    merchant_no: int | None = None,
    card_id: int | None = None,
    detail: str | None = None,
) -> bool:
    """Note an alert; ``False`` if the same one was noted within the last hour. ``detail`` holds no secret and no whole serial."""
    return tx.run(
        """INSERT INTO alert(kind, terminal_id, shop_id, merchant_no, card_id, detail, at_ms)
           SELECT ?, ?, ?, ?, ?, ?, ?
            WHERE NOT EXISTS (
              SELECT 1 FROM alert WHERE kind = ? AND at_ms > ? AND seen_ms IS NULL AND coalesce(terminal_id, '') = ?
                AND coalesce(shop_id, '') = ? AND coalesce(merchant_no, 0) = ? AND coalesce(card_id, -1) = ?)""",
        kind, terminal_id, shop_id, merchant_no, card_id, detail, at_ms, kind, at_ms - REPEAT_MS, terminal_id or "",
        shop_id or "", merchant_no or 0, -1 if card_id is None else card_id,
    ) == 1  # fmt: skip


def unseen_alerts(tx: Transaction, *, limit: int = 200) -> list[AlertRow]:
    """What nobody has dealt with, the newest first."""
    rows = tx.all(
        """SELECT alert_no, kind, at_ms, terminal_id, shop_id, merchant_no, card_id, detail, seen_ms
             FROM alert WHERE seen_ms IS NULL ORDER BY at_ms DESC, alert_no DESC LIMIT ?""",
        limit,
    )
    return [
        AlertRow(
            alert_no=row[0], kind=row[1], at_ms=row[2], terminal_id=row[3], shop_id=row[4], merchant_no=row[5],
            card_id=row[6], detail=row[7], seen_ms=row[8],
        )
        for row in rows
    ]  # fmt: skip


def see_alert(tx: Transaction, alert_no: int, *, at_ms: int) -> bool:
    """Somebody has dealt with it. ``False`` if there is none such waiting."""
    return tx.run("UPDATE alert SET seen_ms = ? WHERE alert_no = ? AND seen_ms IS NULL", at_ms, alert_no) == 1


def count_alerts(tx: Transaction) -> dict[str, int]:
    """How many of each kind wait."""
    return dict(tx.all("SELECT kind, count(*) FROM alert WHERE seen_ms IS NULL GROUP BY kind ORDER BY kind"))
