"""The journal's border with SQLite: the one function that turns its codes into our trouble, JRN-01 to JRN-09.

| code | what a person can do |
| --- | --- |
| JRN-01 | the disk is full: make room |
| JRN-02 | the disk could not read or write: have it looked at; the till stops, a restart shows what was stored |
| JRN-03 | the file is damaged: keep it as it is, call the hotline |
| JRN-04 | another program holds the file: close it |
| JRN-05 | the file cannot be opened or written: rights, a missing folder, a read-only disk |
| JRN-06 | an entry is not what its chain says, or the file is not as we made it: keep it as it is, call the hotline |
| JRN-07 | another till runs on the same folder: close it |
| JRN-08 | the file belongs to another terminal or to a newer version of this program |
| JRN-09 | the machine has no memory left |
"""

import sqlite3
from typing import Final

from kiosk.errors import Bug, Trouble

FULL: Final = "JRN-01"
DISK: Final = "JRN-02"
DAMAGED: Final = "JRN-03"
BUSY: Final = "JRN-04"
DENIED: Final = "JRN-05"
BROKEN: Final = "JRN-06"
IN_USE: Final = "JRN-07"
FOREIGN: Final = "JRN-08"
MEMORY: Final = "JRN-09"

# by primary code, the low byte of an extended one
_CODES: Final = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: DISK,
    sqlite3.SQLITE_PROTOCOL: DISK,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_EMPTY: DAMAGED,
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_CANTOPEN: DENIED,
    sqlite3.SQLITE_READONLY: DENIED,
    sqlite3.SQLITE_PERM: DENIED,
    sqlite3.SQLITE_AUTH: DENIED,
    sqlite3.SQLITE_NOLFS: DENIED,
    sqlite3.SQLITE_NOMEM: MEMORY,
}
# Python's own complaints about what it finds in a file carry no code
_OF_PYTHON: Final = ("malformed", "Could not decode to UTF-8")
_RETRYABLE: Final = frozenset({BUSY})
# after these nothing that the connection says is to be trusted until the file was opened again (a failed fsync is not repeatable)
FATAL: Final = frozenset({DISK, DAMAGED})


def trouble_of(error: sqlite3.Error) -> Trouble:
    """Our trouble for an error of SQLite. Raises ``Bug`` for what only we can have caused: wrong SQL, a refused trigger, misuse."""
    code = getattr(error, "sqlite_errorcode", None)
    ours = None if code is None else _CODES.get(code & 0xFF)
    if ours is None:
        if isinstance(error, sqlite3.DatabaseError) and any(word in str(error) for word in _OF_PYTHON):
            ours = DAMAGED
        else:
            raise Bug(f"SQLite refused what we asked: {error}") from error
    name = getattr(error, "sqlite_errorname", None) or "without a code"
    return Trouble(ours, retryable=ours in _RETRYABLE, detail=f"{name}: {error}")
