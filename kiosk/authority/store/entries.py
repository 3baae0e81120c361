"""The terminals' journals as the authority holds them, and the promises that their tills have not yet seen settled."""

from dataclasses import dataclass

from kiosk.authority.store.ports import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One entry as it was delivered, with what became of it."""

    terminal_id: str
    epoch: int
    seq: int
    kind: str
    hash: bytes
    prev: bytes
    content: bytes
    signature: bytes
    received_ms: int
    outcome: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """What the chain needs to know of an entry."""

    seq: int
    hash: bytes
    prev: bytes


def find_link(tx: Transaction, *, terminal_id: str, epoch: int, seq: int) -> Link | None:
    row = tx.one(
        "SELECT seq, hash, prev FROM entry WHERE terminal_id = ? AND epoch = ? AND seq = ?", terminal_id, epoch, seq
    )
    return Link(*row) if row else None


def head(tx: Transaction, *, terminal_id: str, epoch: int) -> Link | None:
    """The entry with the highest number; there may be gaps below it where the till parked one."""
    row = tx.one(
        "SELECT seq, hash, prev FROM entry WHERE terminal_id = ? AND epoch = ? ORDER BY seq DESC LIMIT 1",
        terminal_id,
        epoch,
    )
    return Link(*row) if row else None


def count_entries(tx: Transaction, *, terminal_id: str, epoch: int) -> int:
    row = tx.one("SELECT count(*) FROM entry WHERE terminal_id = ? AND epoch = ?", terminal_id, epoch)
    assert row is not None, "an aggregate always has a row"
    count: int = row[0]
    return count


def add_entry(tx: Transaction, entry: EntryRow) -> None:
    tx.run(
        """INSERT INTO entry(terminal_id, epoch, seq, kind, hash, prev, content, signature, received_ms, outcome, code)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        entry.terminal_id, entry.epoch, entry.seq, entry.kind, entry.hash, entry.prev, entry.content, entry.signature,
        entry.received_ms, entry.outcome, entry.code,
    )  # fmt: skip


def entry_answer(tx: Transaction, *, terminal_id: str, epoch: int, seq: int) -> tuple[str, str | None] | None:
    """Outcome and exception code that were given for an entry."""
    row = tx.one(
        "SELECT outcome, code FROM entry WHERE terminal_id = ? AND epoch = ? AND seq = ?", terminal_id, epoch, seq
    )
    return (row[0], row[1]) if row else None


def add_promise(tx: Transaction, *, terminal_id: str, line_id: str, sale_id: str, face_minor: int) -> None:
    tx.run(
        "INSERT INTO promise(terminal_id, line_id, sale_id, face_minor) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        terminal_id, line_id, sale_id, face_minor,
    )  # fmt: skip


def settle_promise(tx: Transaction, *, terminal_id: str, line_id: str) -> None:
    tx.run("DELETE FROM promise WHERE terminal_id = ? AND line_id = ?", terminal_id, line_id)


def outstanding(tx: Transaction, *, terminal_id: str, sale_id: str) -> tuple[int, int, int]:
    """Promised cards outstanding at this point of the till's journal, their value, and how many are of one sale."""
    row = tx.one(
        """SELECT count(*), coalesce(sum(face_minor), 0), coalesce(sum(CASE WHEN sale_id = ? THEN 1 ELSE 0 END), 0)
             FROM promise WHERE terminal_id = ?""",
        sale_id, terminal_id,
    )  # fmt: skip
    assert row is not None, "an aggregate always has a row"
    return row[0], row[1], row[2]
