"""Activation records and first answers in the database; each terminal has its own line ids, so that none can name another's."""

from dataclasses import dataclass, replace
from enum import Enum
from typing import assert_never

from kiosk.authority.store.ports import Transaction
from kiosk.domain.activation import EntryMode, Record
from kiosk.domain.refusals import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """The record of one line. ``ended_ms``: when it was cancelled or voided. ``nth``: which of its terminal's activations it is,
    ``nth_keyed``: which of those whose serial was typed, ``nth_shop``: which of its shop's; ``put_line`` counts them. An activation
    of before shops were counted has no ``nth_shop``, and never gets one."""

    terminal_id: str
    line_id: str
    record: Record
    reason: Reason | None
    card_id: int
    sale_id: str
    entry_mode: EntryMode
    shop_id: str
    reserved_ms: int | None = None
    committed_ms: int | None = None
    ended_ms: int | None = None
    nth: int | None = None
    nth_keyed: int | None = None
    nth_shop: int | None = None

    def now(self, record: Record, *, reason: Reason | None, at_ms: int) -> "LineRow":
        """The same line after it became ``record``."""
        kept = reason if record is Record.REFUSED else None
        changed = replace(self, record=record, reason=kept)
        match record:
            case Record.RESERVED:
                return replace(changed, reserved_ms=at_ms)
            case Record.COMMITTED:
                return replace(changed, committed_ms=at_ms)
            case Record.CANCELLED | Record.VOIDED:
                return replace(changed, ended_ms=at_ms)
            case Record.REFUSED | Record.UNSEEN:
                return changed
            case _:
                assert_never(record)


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What was answered first, and to what."""

    fingerprint: bytes
    body: bytes


_LINE = """SELECT record, reason, card_id, sale_id, entry_mode, shop_id, reserved_ms, committed_ms, ended_ms, nth, nth_keyed,
                  nth_shop FROM line WHERE terminal_id = ? AND line_id = ?"""


def find_line(tx: Transaction, terminal_id: str, line_id: str) -> LineRow | None:
    """The record of a terminal's own line; another terminal's line does not exist here."""
    row = tx.one(_LINE, terminal_id, line_id)
    if row is None:
        return None
    return LineRow(
        terminal_id=terminal_id, line_id=line_id, record=Record(row[0]), reason=Reason(row[1]) if row[1] else None,
        card_id=row[2], sale_id=row[3], entry_mode=EntryMode(row[4]), shop_id=row[5], reserved_ms=row[6], committed_ms=row[7],
        ended_ms=row[8], nth=row[9], nth_keyed=row[10], nth_shop=row[11],
    )  # fmt: skip


def find_line_in_shop(tx: Transaction, shop_id: str, line_id: str) -> LineRow | None:
    """The record of a line of any terminal of a shop: a manager may withdraw what the till beside sold."""
    row = tx.one(
        "SELECT terminal_id FROM line WHERE line_id = ? AND terminal_id IN (SELECT terminal_id FROM terminal WHERE shop_id = ?)",
        line_id,
        shop_id,
    )
    return find_line(tx, row[0], line_id) if row else None


def find_lines(tx: Transaction, line_id: str, *, limit: int = 10) -> list[LineRow]:
    """The records of a line id at whichever terminals, for the operator: one, unless somebody made ids by hand."""
    rows = tx.all(
        "SELECT t.terminal_id FROM terminal t JOIN line l ON l.terminal_id = t.terminal_id AND l.line_id = ? LIMIT ?",
        line_id,
        limit,
    )
    found = (find_line(tx, terminal_id, line_id) for (terminal_id,) in rows)
    return [line for line in found if line is not None]


def lines_of_card(tx: Transaction, card_id: int, *, limit: int = 20) -> list[LineRow]:
    """The latest lines that ever named a card, for the operator; reads the whole table, which no hot path does."""
    rows = tx.all(
        "SELECT terminal_id, line_id FROM line WHERE card_id = ? ORDER BY line_id DESC LIMIT ?", card_id, limit
    )
    found = (find_line(tx, terminal_id, line_id) for terminal_id, line_id in rows)
    return [line for line in found if line is not None]


def put_line(tx: Transaction, line: LineRow) -> None:
    """Write a record, new or changed; an activation gets its numbers among its terminal's and its shop's."""
    if line.committed_ms is not None and line.nth is None:
        keyed = line.entry_mode is EntryMode.KEYED
        line = replace(
            line,
            nth=_last(tx, Counted.TERMINAL, line.terminal_id) + 1,
            nth_keyed=_last(tx, Counted.TERMINAL_KEYED, line.terminal_id) + 1 if keyed else None,
            nth_shop=_last(tx, Counted.SHOP, line.shop_id) + 1,
        )
    tx.run(
        """INSERT INTO line(terminal_id, line_id, record, reason, card_id, sale_id, entry_mode, shop_id,
                            reserved_ms, committed_ms, ended_ms, nth, nth_keyed, nth_shop)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (terminal_id, line_id) DO UPDATE SET record = excluded.record, reason = excluded.reason,
              reserved_ms = excluded.reserved_ms, committed_ms = excluded.committed_ms, ended_ms = excluded.ended_ms,
              nth = excluded.nth, nth_keyed = excluded.nth_keyed, nth_shop = excluded.nth_shop,
              entry_mode = excluded.entry_mode""",
        line.terminal_id, line.line_id, line.record.value, line.reason.value if line.reason else None, line.card_id,
        line.sale_id, line.entry_mode.value, line.shop_id, line.reserved_ms, line.committed_ms, line.ended_ms,
        line.nth, line.nth_keyed, line.nth_shop,
    )  # fmt: skip


class Counted(Enum):
    """Among whose activations one is counted: the column of its number, and the column that says whose."""

    TERMINAL = ("nth", "terminal_id")
    TERMINAL_KEYED = ("nth_keyed", "terminal_id")
    SHOP = ("nth_shop", "shop_id")


def _last(tx: Transaction, counted: Counted, whose: str) -> int:
    column, owner = counted.value
    row = tx.one(f"SELECT max({column}) FROM line WHERE {owner} = ? AND {column} IS NOT NULL", whose)
    return row[0] or 0 if row else 0


def find_answer(tx: Transaction, *, terminal_id: str, verb: str, key: str, n: int) -> StoredAnswer | None:
    """The first answer under an idempotency key."""
    row = tx.one(
        "SELECT fingerprint, body FROM answer WHERE terminal_id = ? AND verb = ? AND id = ? AND n = ?",
        terminal_id, verb, key, n,
    )  # fmt: skip
    return StoredAnswer(*row) if row else None


def put_answer(
    tx: Transaction, answer: StoredAnswer, *, terminal_id: str, verb: str, key: str, n: int, at_ms: int
) -> None:
    """Keep the first answer; a second one under the same key is a broken rule and raises."""
    tx.run(
        "INSERT INTO answer(terminal_id, verb, id, n, fingerprint, body, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
        terminal_id, verb, key, n, answer.fingerprint, answer.body, at_ms,
    )  # fmt: skip


def activation_at(tx: Transaction, counted: Counted, whose: str, *, rank: int) -> int | None:
    """When the ``rank``-th last activation of a terminal or a shop was (1: the last); ``None`` if there were fewer."""
    column, owner = counted.value
    row = tx.one(
        f"SELECT committed_ms FROM line WHERE {owner} = ? AND {column} = ?",
        whose,
        _last(tx, counted, whose) - rank + 1,
    )
    return row[0] if row else None


def same_value_since(tx: Transaction, line: LineRow, *, since_ms: int, scan: int) -> int:
    """How many cards of the same value as this activation's its terminal activated since then, among its ``scan`` latest."""
    row = tx.one(
        """SELECT count(*) FROM line n
             JOIN card c ON c.card_id = n.card_id JOIN pack p ON p.pack = c.pack JOIN lot t ON t.lot_no = p.lot_no
            WHERE n.terminal_id = ? AND n.nth > ? AND n.committed_ms >= ? AND (t.currency, t.face_minor) =
                  (SELECT t2.currency, t2.face_minor FROM card c2 JOIN pack p2 ON p2.pack = c2.pack
                     JOIN lot t2 ON t2.lot_no = p2.lot_no WHERE c2.card_id = ?)""",
        line.terminal_id, _last(tx, Counted.TERMINAL, line.terminal_id) - scan, since_ms, line.card_id,
    )  # fmt: skip
    return row[0] if row else 0
