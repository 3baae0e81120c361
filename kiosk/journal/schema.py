"""The journal file's tables, as they stand in ``docs/journal-format.md``: what may be appended, and what nothing may change.

One file a terminal and fiscal year. ``genesis`` says where each chain of this file begins: at zero in a terminal's first file, at
the heads of the file before in every later one, so that no number is ever used twice. Not responsible for opening (``database``).
"""

import sqlite3
from typing import Final

APPLICATION_ID: Final = 0x4B4A524E  # "KJRN"
VERSION: Final = 1  # PRAGMA user_version; the format of an entry has its own, in every entry

PRAGMAS: Final = (
    "PRAGMA locking_mode=EXCLUSIVE",  # one connection in one process, held to by SQLite itself (JR-04); before the first WAL access
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # with the directory synced at creation: no acknowledged entry lost in 100,000 power cuts (JR-01)
    "PRAGMA fullfsync=ON",  # macOS: fsync alone leaves the data in the disk's cache
    "PRAGMA checkpoint_fullfsync=ON",
    "PRAGMA foreign_keys=ON",
    "PRAGMA recursive_triggers=ON",  # REPLACE fires the delete trigger too
    "PRAGMA cell_size_check=ON",
    "PRAGMA trusted_schema=OFF",
)

# what is true when the file was opened as PRAGMAS say; a build of SQLite that ignores one of them is found at the start
EXPECTED: Final = (
    ("journal_mode", "wal"),
    ("locking_mode", "exclusive"),
    ("synchronous", 2),
    ("foreign_keys", 1),
    ("recursive_triggers", 1),
    ("trusted_schema", 0),
    ("application_id", APPLICATION_ID),
)

TABLES: Final = (
    "CREATE TABLE meta(k TEXT PRIMARY KEY, v TEXT NOT NULL) STRICT, WITHOUT ROWID",
    """CREATE TABLE genesis(
        chain TEXT PRIMARY KEY,
        no INTEGER NOT NULL CHECK(no >= 0),
        hash BLOB NOT NULL CHECK(length(hash) = 32)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE entry(
        seq INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        chain TEXT,
        chain_no INTEGER,
        content BLOB NOT NULL,
        prev BLOB NOT NULL CHECK(length(prev) = 32),
        hash BLOB NOT NULL CHECK(length(hash) = 32),
        signature BLOB NOT NULL CHECK(length(signature) = 64),
        CHECK((chain IS NULL) = (chain_no IS NULL))
    ) STRICT""",
    "CREATE UNIQUE INDEX entry_chain_no ON entry(chain, chain_no) WHERE chain IS NOT NULL",
    """CREATE TABLE outbox(
        seq INTEGER PRIMARY KEY REFERENCES entry(seq),
        tries INTEGER NOT NULL DEFAULT 0,
        parked TEXT
    ) STRICT""",
    """CREATE TABLE download(
        stream TEXT NOT NULL,
        key TEXT NOT NULL,
        version INTEGER NOT NULL,
        generation INTEGER NOT NULL,
        payload TEXT NOT NULL,
        PRIMARY KEY(stream, key)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry
        BEGIN SELECT RAISE(ABORT, 'append-only'); END""",
    """CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry
        BEGIN SELECT RAISE(ABORT, 'append-only'); END""",
    """CREATE TRIGGER genesis_no_update BEFORE UPDATE ON genesis
        BEGIN SELECT RAISE(ABORT, 'append-only'); END""",
    """CREATE TRIGGER genesis_no_delete BEFORE DELETE ON genesis
        BEGIN SELECT RAISE(ABORT, 'append-only'); END""",
    """CREATE TRIGGER genesis_first BEFORE INSERT ON genesis
        WHEN EXISTS(SELECT 1 FROM entry) OR EXISTS(SELECT 1 FROM genesis WHERE chain = new.chain)
        BEGIN SELECT RAISE(ABORT, 'append-only'); END""",
    """CREATE TRIGGER entry_master BEFORE INSERT ON entry
        WHEN new.seq IS NOT coalesce((SELECT max(seq) FROM entry),
                                     (SELECT no FROM genesis WHERE chain = 'master')) + 1
          OR new.prev IS NOT coalesce((SELECT hash FROM entry ORDER BY seq DESC LIMIT 1),
                                      (SELECT hash FROM genesis WHERE chain = 'master'))
        BEGIN SELECT RAISE(ABORT, 'broken chain'); END""",
    """CREATE TRIGGER entry_fiscal BEFORE INSERT ON entry
        WHEN new.chain IS NOT NULL
         AND new.chain_no IS NOT coalesce((SELECT max(chain_no) FROM entry WHERE chain = new.chain),
                                          (SELECT no FROM genesis WHERE chain = new.chain)) + 1
        BEGIN SELECT RAISE(ABORT, 'broken fiscal chain'); END""",
)  # fmt: skip


def create_tables(connection: sqlite3.Connection) -> None:
    """Make an empty journal in an empty file. The caller commits."""
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={VERSION}")
    for statement in TABLES:
        connection.execute(statement)


def differences(connection: sqlite3.Connection) -> list[str]:
    """What in the file's schema is not as ``TABLES`` says: a dropped trigger is the first thing that somebody who wants to change
    an entry does."""
    fresh = sqlite3.connect(":memory:")
    try:
        for statement in TABLES:
            fresh.execute(statement)
        wanted, found = _schema(fresh), _schema(connection)
    finally:
        fresh.close()
    return sorted(
        [f"{name} is missing" for name in wanted.keys() - found.keys()]
        + [f"{name} does not belong" for name in found.keys() - wanted.keys()]
        + [f"{name} is altered" for name in wanted.keys() & found.keys() if wanted[name] != found[name]]
    )


def _schema(connection: sqlite3.Connection) -> dict[str, str]:
    rows = connection.execute("SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema").fetchall()
    return {str(name): str(sql) for name, sql in rows}
