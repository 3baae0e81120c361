"""Every error code of SQLite has a meaning of ours, and no error of ours hides behind one."""

import errno
import sqlite3
from pathlib import Path

import pytest

from kiosk.errors import Bug, Trouble
from kiosk.journal.database import file_trouble
from kiosk.journal.sqlite_trouble import FATAL, trouble_of

# primary codes from sqlite3.h; None: only our own mistake can cause it
TABLE: dict[str, str | None] = {
    "SQLITE_ERROR": None,
    "SQLITE_INTERNAL": None,
    "SQLITE_PERM": "JRN-05",
    "SQLITE_ABORT": None,
    "SQLITE_BUSY": "JRN-04",
    "SQLITE_LOCKED": "JRN-04",
    "SQLITE_NOMEM": "JRN-09",
    "SQLITE_READONLY": "JRN-05",
    "SQLITE_INTERRUPT": None,
    "SQLITE_IOERR": "JRN-02",
    "SQLITE_CORRUPT": "JRN-03",
    "SQLITE_NOTFOUND": None,
    "SQLITE_FULL": "JRN-01",
    "SQLITE_CANTOPEN": "JRN-05",
    "SQLITE_PROTOCOL": "JRN-02",
    "SQLITE_EMPTY": "JRN-03",
    "SQLITE_SCHEMA": None,
    "SQLITE_TOOBIG": None,
    "SQLITE_CONSTRAINT": None,
    "SQLITE_MISMATCH": None,
    "SQLITE_MISUSE": None,
    "SQLITE_NOLFS": "JRN-05",
    "SQLITE_AUTH": "JRN-05",
    "SQLITE_FORMAT": None,
    "SQLITE_RANGE": None,
    "SQLITE_NOTADB": "JRN-03",
}


def _error(name: str, code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("as SQLite words it")
    error.sqlite_errorcode = code
    error.sqlite_errorname = name
    return error


def _codes() -> list[tuple[str, int, str | None]]:
    """Every code that Python's sqlite3 knows, extended ones included, with what its primary code means."""
    primary = {getattr(sqlite3, name): ours for name, ours in TABLE.items()}
    not_errors = {"SQLITE_OK", "SQLITE_ROW", "SQLITE_DONE", "SQLITE_WARNING", "SQLITE_NOTICE"}
    found = []
    for name in dir(sqlite3):
        code = getattr(sqlite3, name)
        is_error = name.startswith("SQLITE_") and isinstance(code, int) and (code & 0xFF) in primary
        if (
            is_error
            and name not in not_errors
            and (name in TABLE or name.startswith(tuple(f"{one}_" for one in TABLE)))
        ):
            found.append((name, code, primary[code & 0xFF]))
    return found


@pytest.mark.parametrize(("name", "code", "ours"), _codes())
def test_every_code_has_its_meaning(name: str, code: int, ours: str | None) -> None:
    """The clerk would be told to free the disk when the file is damaged, or sell on after a failed write."""
    if ours is None:
        with pytest.raises(Bug):
            trouble_of(_error(name, code))
        return
    trouble = trouble_of(_error(name, code))
    assert isinstance(trouble, Trouble)
    assert trouble.code == ours
    assert trouble.retryable is (ours == "JRN-04")
    assert name in trouble.detail


def test_the_table_is_whole() -> None:
    """A code that nobody thought of would stop the till as a bug of ours."""
    names = {name for name, _, _ in _codes()}
    assert set(TABLE) <= names
    assert len(names) > 60


def test_pythons_own_complaint_about_a_malformed_file_is_damage() -> None:
    """A damaged page found by Python and not by SQLite would be called a bug of ours."""
    assert trouble_of(sqlite3.DatabaseError("database disk image is malformed")).code == "JRN-03"
    assert trouble_of(sqlite3.OperationalError("Could not decode to UTF-8 column 'k' with text 'x'")).code == "JRN-03"


def test_only_failed_disks_are_fatal() -> None:
    """After a full disk the till could not even finish the sale in hand."""
    assert {"JRN-02", "JRN-03"} == FATAL


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "JRN-01"),
        (errno.EDQUOT, "JRN-01"),
        (errno.EIO, "JRN-02"),
        (errno.EACCES, "JRN-05"),
        (errno.EROFS, "JRN-05"),
    ],
)
def test_the_file_system_speaks_the_same_language(number: int, code: str) -> None:
    """A full disk at the first start would end in a traceback."""
    trouble = file_trouble(OSError(number, "as the system words it"), Path("journal.db"))
    assert trouble.code == code
    assert "as the system words it" in trouble.detail
