"""Opens a journal copy without changing a byte of it and reads its rows, tables and side notes. Knows nothing of chains.

Refuses the live journal: its newest entries are in a log beside it, and it has one connection, the till's. ``kiosk journal
snapshot`` writes the copy that is read here.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kiosk.verifier.findings import CannotCheck, Findings

APPLICATION_ID: Final = 0x4B4A524E
NEWEST_VERSION: Final = 1
MAGIC: Final = b"SQLite format 3\x00"
COLUMNS: Final = {
    "meta": ("k", "v"),
    "genesis": ("chain", "no", "hash"),
    "entry": ("seq", "kind", "chain", "chain_no", "content", "prev", "hash", "signature"),
}
# what keeps an entry from being changed while the till runs; somebody who changes one drops these first
TRIGGERS: Final = (
    "entry_no_update", "entry_no_delete", "entry_master", "entry_fiscal", "genesis_no_update", "genesis_no_delete", "genesis_first",
)  # fmt: skip
LIVE: Final = (
    "this is the till's live journal, not a copy of it: its newest entries are in the write-ahead log beside it. "
    "Stop the till, write a copy with “kiosk journal snapshot COPY.db” and verify that."
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table ``entry``, as it stands there."""

    seq: int
    kind: str
    chain: str | None
    chain_no: int | None
    content: bytes
    prev: bytes
    hash: bytes
    signature: bytes


class JournalFile:
    """An open copy. Use as a context manager. Raises ``CannotCheck``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        _refuse_live(path)
        self._connection = sqlite3.connect(path.resolve().as_uri() + "?mode=ro&immutable=1", uri=True)
        # texts as they are: a till in doubt does not decide what its bytes mean
        self._connection.text_factory = lambda data: data.decode("utf-8", "replace")
        try:
            self._check_kind()
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> "JournalFile":
        return self

    def __exit__(self, *exc: object) -> None:
        self._connection.close()

    def check(self, findings: Findings) -> None:
        """SQLite's own integrity check, and the triggers that a journal has."""
        try:
            problems = [str(row[0]) for row in self._connection.execute("PRAGMA integrity_check(5)")]
        except sqlite3.DatabaseError as error:
            problems = [str(error)]
        for problem in problems:
            if problem != "ok":
                findings.add("file", "SQLite finds the file damaged", expected="ok", actual=problem)
        there = {
            str(name) for (name,) in self._connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        }
        for name in TRIGGERS:
            if name not in there:
                findings.add("file", "a protection of the entries was removed", expected=f"trigger {name}")

    def meta(self) -> dict[str, str]:
        """The side notes: terminal, keys by epoch, …"""
        return {str(key): str(value) for key, value in self._connection.execute("SELECT k, v FROM meta")}

    def genesis(self) -> dict[str, tuple[int, bytes]]:
        """Where each chain begins in this file. Raises ``CannotCheck`` when that cannot be read."""
        found: dict[str, tuple[int, bytes]] = {}
        for chain, no, digest in self._connection.execute("SELECT chain, no, hash FROM genesis"):
            if not (isinstance(chain, str) and isinstance(no, int) and isinstance(digest, bytes) and len(digest) == 32):
                raise CannotCheck("the file's notes on where its chains begin are damaged")
            found[chain] = (no, digest)
        return found

    def rows(self, findings: Findings) -> Iterator[Row]:
        """The entries in order of seq, read from the table itself and never through an index."""
        sql = "SELECT seq, kind, chain, chain_no, content, prev, hash, signature FROM entry NOT INDEXED ORDER BY seq"
        try:
            for values in self._connection.execute(sql):
                row = _row(values)
                if row is None:
                    findings.add(f"entry {values[0]}", "a column has the wrong type or length")
                else:
                    yield row
        except sqlite3.DatabaseError as error:
            findings.add("file", "the entries cannot be read to their end", expected="a whole file", actual=error)

    def _check_kind(self) -> None:
        try:
            application = self._connection.execute("PRAGMA application_id").fetchone()[0]
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
            columns = {
                table: tuple(str(row[1]) for row in self._connection.execute(f"PRAGMA table_info({table})"))
                for table in COLUMNS
            }
        except sqlite3.DatabaseError as error:
            raise CannotCheck(f"the file cannot be read as a database: {error}") from None
        if application != APPLICATION_ID:
            raise CannotCheck("this is a database, but not a journal (its application id is another)")
        if version > NEWEST_VERSION:
            raise CannotCheck(f"the file has layout {version}; this verifier knows layouts up to {NEWEST_VERSION}")
        for table, wanted in COLUMNS.items():
            if columns[table] != wanted:
                raise CannotCheck(f"the table {table!r} is not as layout {version} says")


def read_anchor(path: Path) -> tuple[int, str]:
    """The ``seq`` and hash that a till's anchor file notes. Raises ``CannotCheck``."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CannotCheck(f"{path}: {error.strerror}") from None
    heads: list[tuple[int, int, str]] = []
    for offset in (0, 4096):
        text, _, check = data[offset : offset + 512].rstrip().rpartition(b" ")
        if text and hashlib.sha256(text).hexdigest().encode() == check:
            fields = json.loads(text)
            heads.append((int(fields["epoch"]), int(fields["seq"]), str(fields["hash"])))
    if not heads:
        raise CannotCheck(f"{path}: no anchor can be read in it")
    _, seq, digest = max(heads)
    return seq, digest


def _refuse_live(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except OSError as error:
        raise CannotCheck(f"{path}: {error.strerror}") from None
    if any(path.with_name(path.name + end).exists() for end in ("-wal", "-shm")):
        raise CannotCheck(LIVE)
    if len(head) < 100 or not head.startswith(MAGIC):
        raise CannotCheck("this is not a journal: it does not begin as an SQLite file does")
    if head[18] == 2 or head[19] == 2:  # the header's write and read versions: 2 is WAL, which a copy never has
        raise CannotCheck(LIVE)


def _row(values: tuple[object, ...]) -> Row | None:
    seq, kind, chain, chain_no, content, prev, digest, signature = values
    if not (isinstance(seq, int) and isinstance(kind, str) and isinstance(content, bytes)):
        return None
    if not (chain is None or isinstance(chain, str)) or not (chain_no is None or isinstance(chain_no, int)):
        return None
    if not (isinstance(prev, bytes) and isinstance(digest, bytes) and isinstance(signature, bytes)):
        return None
    return Row(seq, kind, chain, chain_no, content, prev, digest, signature)
