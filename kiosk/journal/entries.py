"""The table of entries of one open journal: reading rows, where the chains stand, adding one row, and no other way to change it.

Not responsible for what the rows say about each other (``chain``) nor for transactions (``store``).
"""

from collections.abc import Iterator

from kiosk.journal.chain import COLUMNS, Link, Row, broken
from kiosk.journal.codec import MASTER, decode
from kiosk.journal.database import Database, Value


class Entries:
    """Reads and appends. ``Link.no`` is a ``seq`` in the master chain, a ``chain_no`` in a fiscal chain."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def after(self, seq: int) -> Iterator[Row]:
        """The rows after ``seq``, in order, unchecked."""
        return (
            row_of(found)
            for found in self._database.rows(f"SELECT {COLUMNS} FROM entry WHERE seq > ? ORDER BY seq", (seq,))
        )

    def insert(self, row: Row) -> None:
        """Append one row, inside a transaction; the file's triggers refuse one that does not follow."""
        self._database.write(
            f"INSERT INTO entry({COLUMNS}) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
            (row.seq, row.kind, row.chain, row.chain_no, row.content, row.prev, row.hash, row.signature),
        )

    def genesis(self, name: str) -> Link:
        """Where a chain of this file begins: zero, or the end of the file before."""
        return _link(self._database.row("SELECT no, hash FROM genesis WHERE chain = ?", (name,)))

    def head(self) -> Link:
        """The end of the master chain."""
        found = self._database.row("SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1")
        return self.genesis(MASTER) if found is None else _link(found)

    def fiscal_head(self, name: str) -> Link:
        """The end of a fiscal chain."""
        found = self._database.row(
            "SELECT chain_no, hash FROM entry WHERE chain = ? ORDER BY chain_no DESC LIMIT 1", (name,)
        )
        return self.genesis(name) if found is None else _link(found)

    def hash_at(self, seq: int) -> bytes:
        """The hash of an entry, or of where the file begins. Raises ``Trouble`` JRN-06 for one that should be there and is not."""
        found = self._database.row("SELECT seq, hash FROM entry WHERE seq = ?", (seq,))
        if found is not None:
            return _link(found).hash
        start = self.genesis(MASTER)
        if seq > start.no:
            raise broken(seq, "it is missing")
        return start.hash

    def last_at_ms(self) -> int:
        """The time of the last entry, 0 before the first."""
        found = self._database.row("SELECT content FROM entry ORDER BY seq DESC LIMIT 1")
        if found is None:
            return 0
        assert isinstance(found[0], bytes)
        return decode(found[0]).at_ms


def row_of(values: tuple[Value, ...]) -> Row:
    """A row of ``COLUMNS``. Raises ``Trouble`` JRN-06 when a value has not its column's type: the file was worked on, or decays."""
    seq, kind, chain, chain_no, content, prev, digest, signature = values
    if not isinstance(seq, int):
        raise broken(0, "its number is none")
    if (
        isinstance(kind, str)
        and (chain is None or isinstance(chain, str))
        and (chain_no is None or isinstance(chain_no, int))
        and isinstance(content, bytes)
        and isinstance(prev, bytes)
        and isinstance(digest, bytes)
        and isinstance(signature, bytes)
    ):
        return Row(seq, kind, chain, chain_no, content, prev, digest, signature)
    raise broken(seq, "a column has the wrong type")


def _link(found: tuple[object, ...] | None) -> Link:
    if found is None or not isinstance(found[0], int) or not isinstance(found[1], bytes):
        raise broken(0, "the file does not say where its chains begin")
    return Link(found[0], found[1])
