"""The changes feed in the database: what a terminal must know, in the order of one counter.

Nothing is logged twice: a card carries the version of its last change, the payload is what is true when the terminal asks, and so
the feed needs no clearing out. At least once, idempotent by (stream, key, version) (PR-20).
"""

from dataclasses import dataclass

from kiosk.authority.store.ports import Row, Transaction


@dataclass(frozen=True, slots=True)
class StockChange:
    """One card of the shop as it is now."""

    version: int
    card_id: int
    pack: str
    position: int
    series: str
    bound_terminal: str | None
    state: str


@dataclass(frozen=True, slots=True)
class BlockChange:
    """A card that is, or no longer is, on the block list."""

    version: int
    card_id: int
    blocked: bool


def next_version(tx: Transaction) -> int:
    """The next number of the counter. One writer at a time, so that a smaller number never becomes visible after a larger one."""
    row = tx.one("UPDATE feed SET version = version + 1 WHERE one = 1 RETURNING version")
    assert row is not None, "the feed's counter is made with the schema"
    version: int = row[0]
    return version


def newest_version(tx: Transaction) -> int:
    """The last number drawn."""
    row = tx.one("SELECT version FROM feed WHERE one = 1")
    assert row is not None, "the feed's counter is made with the schema"
    version: int = row[0]
    return version


def stock_changes(tx: Transaction, *, shop_id: str, after: int, limit: int) -> list[StockChange]:
    """The shop's cards that changed after a version, oldest change first."""
    rows = tx.all(
        """SELECT c.stock_version, c.card_id, c.pack, c.position, l.series, p.bound_terminal, c.state
             FROM card c JOIN pack p ON p.pack = c.pack JOIN lot l ON l.lot_no = p.lot_no
            WHERE c.shop_id = ? AND c.stock_version > ? AND c.stock_version > 0
            ORDER BY c.stock_version, c.card_id LIMIT ?""",
        shop_id, after, limit,
    )  # fmt: skip
    return [StockChange(*row) for row in rows]


def block_changes(tx: Transaction, *, shop_id: str, after: int, limit: int) -> list[BlockChange]:
    """The shop's cards whose block changed after a version."""
    rows: list[Row] = tx.all(
        """SELECT block_version, card_id, block FROM card
            WHERE shop_id = ? AND block_version > ? AND block_version > 0 ORDER BY block_version LIMIT ?""",
        shop_id, after, limit,
    )  # fmt: skip
    return [BlockChange(version, card_id, block is not None) for version, card_id, block in rows]
