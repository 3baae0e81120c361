"""Activation records and first answers in the database; each terminal has its own line ids, so that none can name another's."""

from dataclasses import dataclass, replace
from typing import assert_never

from kiosk.authority.store.ports import Transaction
from kiosk.domain.activation import EntryMode, Record
from kiosk.domain.refusals import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """The record of one line. ``ended_ms``: when it was cancelled or voided. ``nth``: which of its terminal's activations it is,
    ``nth_keyed``: which of those whose serial was typed; ``put_line`` counts them."""

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


_LINE = """SELECT record, reason, card_id, sale_id, entry_mode, shop_id, reserved_ms, committed_ms, ended_ms, nth, nth_keyed
             FROM line WHERE terminal_id = ? AND line_id = ?"""


def find_line(tx: Transaction, terminal_id: str, line_id: str) -> LineRow | None:
    """The record of a terminal's own line; another terminal's line does not exist here."""
    row = tx.one(_LINE, terminal_id, line_id)
    if row is None:
        return None
    record, reason, card_id, sale_id, entry_mode, shop_id, reserved_ms, committed_ms, ended_ms, nth, nth_keyed = row
    return LineRow(
        terminal_id=terminal_id,
        line_id=line_id,
        record=Record(record),
        reason=Reason(reason) if reason else None,
        card_id=card_id,
        sale_id=sale_id,
        entry_mode=EntryMode(entry_mode),
        shop_id=shop_id,
        reserved_ms=reserved_ms,
        committed_ms=committed_ms,
        ended_ms=ended_ms,
        nth=nth,
        nth_keyed=nth_keyed,
    )


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
    """Write a record, new or changed; an activation gets its number among its terminal's."""
    if line.committed_ms is not None and line.nth is None:
        keyed = line.entry_mode is EntryMode.KEYED
        line = replace(
            line,
            nth=_last(tx, line.terminal_id, "nth") + 1,
            nth_keyed=_last(tx, line.terminal_id, "nth_keyed") + 1 if keyed else None,
        )
    tx.run(
        """INSERT INTO line(terminal_id, line_id, record, reason, card_id, sale_id, entry_mode, shop_id,
                            reserved_ms, committed_ms, ended_ms, nth, nth_keyed)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (terminal_id, line_id) DO UPDATE SET record = excluded.record, reason = excluded.reason,
              reserved_ms = excluded.reserved_ms, committed_ms = excluded.committed_ms, ended_ms = excluded.ended_ms,
              nth = excluded.nth, nth_keyed = excluded.nth_keyed, entry_mode = excluded.entry_mode""",
        line.terminal_id, line.line_id, line.record.value, line.reason.value if line.reason else None, line.card_id,
        line.sale_id, line.entry_mode.value, line.shop_id, line.reserved_ms, line.committed_ms, line.ended_ms,
        line.nth, line.nth_keyed,
    )  # fmt: skip


def _last(tx: Transaction, terminal_id: str, column: str) -> int:
    row = tx.one(f"SELECT max({column}) FROM line WHERE terminal_id = ? AND {column} IS NOT NULL", terminal_id)
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


def activation_at(tx: Transaction, *, terminal_id: str, rank: int, keyed: bool) -> int | None:
    """When the ``rank``-th last activation of a terminal was (1: the last), of all or of the typed ones; ``None`` if there were
    fewer."""
    column = "nth_keyed" if keyed else "nth"
    row = tx.one(
        f"SELECT committed_ms FROM line WHERE terminal_id = ? AND {column} = ?",
        terminal_id,
        _last(tx, terminal_id, column) - rank + 1,
    )
    return row[0] if row else None
