"""The file protects its entries against everything but a forger who removes the protection, and then it says so (CAI-03)."""

import sqlite3
from pathlib import Path

import pytest

from kiosk.errors import Bug, Trouble
from kiosk.journal import schema
from kiosk.journal.codec import CHAINS, GENESIS, MASTER
from kiosk.journal.database import Database, create
from tests.fakes.clock import FakeClock
from tests.helpers.journal import completed, open_store, started

HASH = b"\x07" * 32
INSERT = "INSERT INTO entry(seq, kind, chain, chain_no, content, prev, hash, signature) VALUES(?, ?, ?, ?, ?, ?, ?, ?)"


@pytest.fixture
def table() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA recursive_triggers=ON")
    schema.create_tables(connection)
    for name in (MASTER, *CHAINS):
        connection.execute("INSERT INTO genesis VALUES(?, 0, ?)", (name, GENESIS))
    connection.execute(INSERT, (1, "A", None, None, b"{}", GENESIS, HASH, bytes(64)))
    connection.execute(INSERT, (2, "B", "ticket", 1, b"{}", HASH, b"\x08" * 32, bytes(64)))
    return connection


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("UPDATE entry SET kind = 'C' WHERE seq = 1", "append-only"),
        ("UPDATE OR REPLACE entry SET seq = 2 WHERE seq = 1", "append-only"),
        ("DELETE FROM entry", "append-only"),
        ("REPLACE INTO entry SELECT * FROM entry WHERE seq = 1", "broken chain"),
        ("UPDATE genesis SET no = 5 WHERE chain = 'ticket'", "append-only"),
        ("DELETE FROM genesis WHERE chain = 'ticket'", "append-only"),
        ("REPLACE INTO genesis SELECT * FROM genesis", "append-only"),
        ("INSERT INTO genesis VALUES('gifts', 0, zeroblob(32))", "append-only"),
    ],
)
def test_nothing_that_stands_is_changed(table: sqlite3.Connection, sql: str, sentence: str) -> None:
    """A slip of ours, or of a tool, could change a sale after the fact (CAI-03)."""
    with pytest.raises(sqlite3.IntegrityError, match=sentence):
        table.execute(sql)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ((4, "C", None, None, b"{}", b"\x08" * 32, HASH, bytes(64)), "broken chain"),
        ((2, "C", None, None, b"{}", b"\x08" * 32, HASH, bytes(64)), "broken chain"),
        ((3, "C", None, None, b"{}", HASH, HASH, bytes(64)), "broken chain"),
        ((3, "C", "ticket", 3, b"{}", b"\x08" * 32, HASH, bytes(64)), "broken fiscal chain"),
        ((3, "C", "ticket", 1, b"{}", b"\x08" * 32, HASH, bytes(64)), "broken fiscal chain"),
        ((3, "C", "gifts", 1, b"{}", b"\x08" * 32, HASH, bytes(64)), "broken fiscal chain"),
        ((3, "C", "copy", 2, b"{}", b"\x08" * 32, HASH, bytes(64)), "broken fiscal chain"),
        ((3, "C", "copy", None, b"{}", b"\x08" * 32, HASH, bytes(64)), "NULL|CHECK|broken"),
        ((3, "C", None, None, b"{}", b"\x08" * 32, HASH, bytes(63)), "CHECK"),
        ((3, "C", None, None, "{}", b"\x08" * 32, HASH, bytes(64)), "TEXT value in BLOB"),
    ],
)
def test_only_what_follows_is_taken(table: sqlite3.Connection, row: tuple[object, ...], sentence: str) -> None:
    """A fault in the code that draws numbers would leave a gap that the tax office finds."""
    with pytest.raises(sqlite3.IntegrityError, match=sentence):
        table.execute(INSERT, row)


def test_a_later_file_goes_on_where_the_one_before_ended(tmp_path: Path) -> None:
    """The first receipt of January would be number 1 again (CAI-07)."""
    path = tmp_path / "journal-T.db"
    genesis = [(name, 0, GENESIS) for name in (MASTER, *CHAINS) if name not in (MASTER, "ticket")]
    create(path, meta={"terminal": "T"}, genesis=[(MASTER, 500, HASH), ("ticket", 90, HASH), *genesis])
    database = Database(path)
    with database.transaction("test"):
        database.write(INSERT, (501, "A", "ticket", 91, b"{}", HASH, b"\x08" * 32, bytes(64)))
    with pytest.raises(Bug), database.transaction("test"):
        database.write(INSERT, (502, "A", "ticket", 1, b"{}", b"\x08" * 32, HASH, bytes(64)))
    assert database.number("SELECT count(*) FROM entry") == 1
    database.close()


@pytest.mark.parametrize(
    "sql",
    ["DROP TRIGGER entry_no_update", "DROP TRIGGER entry_fiscal", "CREATE TABLE notes(x)", "DROP INDEX entry_chain_no"],
)
def test_an_altered_schema_stops_the_start(tmp_path: Path, clock: FakeClock, sql: str) -> None:
    """Somebody could remove the protection, and the till would write on without it."""
    journal = open_store(tmp_path, clock)
    journal.append([started(), completed()], user="")
    journal.close()
    connection = sqlite3.connect(journal.path)
    connection.execute(sql)
    connection.commit()
    connection.close()
    with pytest.raises(Trouble) as caught:
        open_store(tmp_path, clock)
    assert caught.value.code == "JRN-06"


def test_one_flipped_bit_in_the_schema_is_trouble_and_not_a_bug(tmp_path: Path, clock: FakeClock) -> None:
    """A dying disk would make the till halt with a traceback at each start instead of naming the damage."""
    journal = open_store(tmp_path, clock)
    journal.append([started()], user="")
    journal.close()
    data = journal.path.read_bytes()
    assert b"CHECK(length(prev)" in data
    journal.path.write_bytes(data.replace(b"CHECK(length(prev)", b"CHECK(dength(prev)"))
    with pytest.raises(Trouble) as caught:
        open_store(tmp_path, clock)
    assert caught.value.code == "JRN-06"
