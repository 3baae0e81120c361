"""SQLite's own ways to fail, and what becomes of each; the batch writer on top of it."""

import os
import sqlite3
import threading
from concurrent.futures import Future
from pathlib import Path

import pytest

from kiosk.authority.store.batches import MAX_WAITING
from kiosk.authority.store.ports import OVERLOADED, Transaction
from kiosk.authority.store.schema import WORDS, Dialect, scripts
from kiosk.authority.store.settings import get_setting, put_setting
from kiosk.authority.store.sqlite import SqliteStore, sqlite_trouble
from kiosk.authority.store.writer import BatchWriter
from kiosk.errors import Bug, Trouble

CODES = [
    (sqlite3.SQLITE_FULL, "AUT-01", True),
    (sqlite3.SQLITE_IOERR, "AUT-02", True),
    (sqlite3.SQLITE_IOERR | 2 << 8, "AUT-02", True),
    (sqlite3.SQLITE_CANTOPEN, "AUT-02", True),
    (sqlite3.SQLITE_READONLY, "AUT-02", True),
    (sqlite3.SQLITE_PERM, "AUT-02", True),
    (sqlite3.SQLITE_BUSY, "AUT-03", True),
    (sqlite3.SQLITE_BUSY | 2 << 8, "AUT-03", True),
    (sqlite3.SQLITE_LOCKED, "AUT-03", True),
    (sqlite3.SQLITE_CORRUPT, "AUT-04", False),
    (sqlite3.SQLITE_NOTADB, "AUT-04", False),
]


@pytest.mark.parametrize(("code", "expected", "retryable"), CODES)
def test_the_worlds_failures_are_trouble(code: int, expected: str, retryable: bool) -> None:
    """A full disk would be answered as if the till had made a mistake."""
    error = sqlite3.OperationalError("card 1234567890123456")
    error.sqlite_errorcode = code
    error.sqlite_errorname = "SQLITE_X"
    found = sqlite_trouble(error)
    assert isinstance(found, Trouble)
    assert (found.code, found.retryable) == (expected, retryable)
    assert "1234" not in str(found)


@pytest.mark.parametrize("code", [sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISUSE])
def test_a_broken_rule_is_our_bug(code: int) -> None:
    """A doubled posting would be retried for ever instead of being found."""
    error = sqlite3.IntegrityError("CHECK failed: 1234567890123456")
    error.sqlite_errorcode = code
    error.sqlite_errorname = "SQLITE_CONSTRAINT"
    found = sqlite_trouble(error)
    assert isinstance(found, Bug)
    assert "1234" not in str(found)


def test_a_full_disk_stops_the_answers_and_keeps_what_was_answered(tmp_path: Path) -> None:
    """An activation would be confirmed that the disk never took."""
    store = SqliteStore.create(tmp_path / "authority.db")
    store.write(lambda tx: put_setting(tx, "kept", "1"))
    store.write(lambda tx: tx.one("PRAGMA max_page_count=1"))  # SQLite's own way to run out of room
    with pytest.raises(Trouble) as full:
        store.write_batch([lambda tx: put_setting(tx, "small", "1"), lambda tx: put_setting(tx, "big", "x" * 100_000)])
    assert full.value.code == "AUT-01"
    assert store.read(lambda tx: (get_setting(tx, "kept"), get_setting(tx, "small"))) == ("1", None)
    store.write(lambda tx: tx.one("PRAGMA max_page_count=1000000"))
    store.write(lambda tx: put_setting(tx, "big", "x" * 100_000))
    store.close()


@pytest.mark.parametrize("loss", ["deleted", "replaced"])
def test_a_database_that_went_away_is_noticed_before_the_next_answer(tmp_path: Path, loss: str) -> None:
    """The authority would go on answering from a file that nobody will ever see again."""
    path = tmp_path / "authority.db"
    store = SqliteStore.create(path)
    path.unlink()
    if loss == "replaced":
        path.write_bytes(b"")
    with pytest.raises(Trouble) as lost:
        store.write(lambda tx: put_setting(tx, "a", "1"))
    assert (lost.value.code, lost.value.retryable) == ("AUT-04", False)
    store.close()


def test_a_folder_without_an_authority_says_what_to_do(tmp_path: Path) -> None:
    """A wrong --data would silently make an empty authority, and every till would be unknown."""
    with pytest.raises(Trouble) as missing:
        SqliteStore.open(tmp_path / "authority.db")
    assert missing.value.code == "AUT-06"
    assert not (tmp_path / "authority.db").exists()


def test_a_database_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    """An old program would write into tables whose rules it does not know."""
    path = tmp_path / "authority.db"
    SqliteStore.create(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=9999")
    connection.close()
    with pytest.raises(Trouble) as newer:
        SqliteStore.open(path)
    assert newer.value.code == "AUT-07"


def test_a_text_that_is_no_database_is_damage(tmp_path: Path) -> None:
    """A damaged file would end in a traceback instead of a code that the operator can look up."""
    path = tmp_path / "authority.db"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(Trouble) as damaged:
        SqliteStore.open(path)
    assert damaged.value.code == "AUT-04"


def test_the_file_is_for_its_owner_and_every_commit_reaches_the_disk(tmp_path: Path) -> None:
    """Other users could read the shops' books, or a power cut could take back what was answered."""
    path = tmp_path / "authority.db"
    store = SqliteStore.create(path)
    pragmas = store.read(
        lambda tx: [
            tx.one(f"PRAGMA {name}") for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema")
        ]
    )
    assert pragmas == [("wal",), (2,), (1,), (0,)]
    assert os.stat(path).st_mode & 0o777 == 0o600
    store.close()


def test_the_schemas_words_are_those_of_the_enums() -> None:
    """A state would be added to the rules that the database refuses, on the day of the release."""
    sql = "".join(text for _, text in scripts(Dialect.SQLITE))
    for mark, words in WORDS.items():
        assert mark not in sql
        assert ", ".join(f"'{word.value}'" for word in words) in sql


def test_what_arrives_during_a_commit_shares_the_next_one(tmp_path: Path) -> None:
    """Fifty tills that sell at once would wait for fifty disk writes one after the other."""
    store = SqliteStore.create(tmp_path / "authority.db")
    writer = BatchWriter(store)
    writer.start()
    inside, go_on = threading.Event(), threading.Event()

    def slow(tx: Transaction) -> None:
        inside.set()
        assert go_on.wait(5)

    first = writer.submit(slow)
    assert inside.wait(5)
    rest: list[Future[str]] = [writer.submit(_numbered(number)) for number in range(50)]
    go_on.set()
    first.result(5)
    assert [future.result(5) for future in rest] == [str(number) for number in range(50)]
    writer.stop()
    assert writer.batches == 2
    store.close()


def test_a_lost_disk_is_told_to_everybody_who_waits_and_the_writer_lives_on(tmp_path: Path) -> None:
    """Tills would wait for ever, or one bad minute would need a restart."""
    path = tmp_path / "authority.db"
    store = SqliteStore.create(path)
    writer = BatchWriter(store)
    writer.start()
    hidden = tmp_path / "hidden.db"
    path.rename(hidden)
    for future in [writer.submit(_numbered(number)) for number in range(3)]:
        with pytest.raises(Trouble):
            future.result(5)
    hidden.rename(path)
    assert writer.submit(_numbered(7)).result(5) == "7"
    writer.stop()
    with pytest.raises(Trouble):
        writer.submit(_numbered(8))
    store.close()


def test_too_many_are_told_to_come_back() -> None:
    """The queue would grow until the tills' patience ends, and everything in it would be done for nobody."""
    writer = BatchWriter(_NeverAsked())
    for number in range(MAX_WAITING):
        writer.submit(_numbered(number))
    with pytest.raises(Trouble) as busy:
        writer.submit(_numbered(0))
    assert (busy.value.code, busy.value.retryable) == (OVERLOADED, True)


def _numbered(number: int) -> "_Numbered":
    return _Numbered(number)


class _Numbered:
    def __init__(self, number: int) -> None:
        self._number = number

    def __call__(self, tx: Transaction) -> str:
        put_setting(tx, f"n{self._number}", "1")
        return str(self._number)


class _NeverAsked(SqliteStore):
    """A store of a writer that was never started."""

    def __init__(self) -> None:
        self.writes = 0
