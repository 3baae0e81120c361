"""The one translation of PostgreSQL's and its driver's errors into ours, and which of them are worth another attempt at once.

The server's own message is left out everywhere: a constraint's text may name a value. Not responsible for what was lost with a
connection: whoever was committing through it knows (``PostgresSession.make_durable``).
"""

from collections.abc import Mapping
from typing import Final

import asyncpg

from kiosk.authority.store.ports import (
    BUSY,
    CONNECTION_LOST,
    DATABASE_LOST,
    DATABASE_REFUSES,
    DISK_FAILED,
    DISK_FULL,
    trouble,
)
from kiosk.errors import Bug, Trouble

FOREIGN: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""Everything that a call of the driver may raise; a refused or broken connection is an ``OSError``."""

# SQLSTATE, or the two characters of its class (appendix A of PostgreSQL's manual); the longer one wins
_TROUBLES: Final[Mapping[str, str]] = {
    "08": CONNECTION_LOST,
    "25006": CONNECTION_LOST,  # read only: what answers is a standby, or became one
    "25P03": CONNECTION_LOST,  # idle in a transaction for too long: this process stood still
    "28": DATABASE_REFUSES,
    "3D000": DATABASE_REFUSES,  # no database of this name
    "42501": DATABASE_REFUSES,  # the role lacks a right
    "40001": BUSY,
    "40P01": BUSY,
    "53": BUSY,  # out of connections, memory, locks
    "53100": DISK_FULL,
    "55P03": BUSY,  # waited too long for a lock
    "57014": BUSY,  # took too long
    "57P01": CONNECTION_LOST,
    "57P02": CONNECTION_LOST,
    "57P03": CONNECTION_LOST,  # starting up or shutting down
    "57P04": DATABASE_LOST,  # dropped
    "57P05": CONNECTION_LOST,
    "58": DISK_FAILED,
    "XX001": DATABASE_LOST,
    "XX002": DATABASE_LOST,
}
# the server undid the whole transaction because of others: the same work again may well succeed
_AGAIN: Final = frozenset({"40001", "40P01"})


class StatementFailed(Exception):  # noqa: N818 - it never leaves the store; what leaves is ``found``
    """A statement, or the connection under it, failed. ``again``: nothing happened, and the same may succeed at once.
    ``clean``: the server said so itself and goes on listening, so the transaction is undone for certain."""

    def __init__(self, found: Trouble | Bug, *, again: bool, clean: bool) -> None:
        super().__init__(found)
        self.found = found
        self.again = again
        self.clean = clean


def statement_failed(error: Exception, *, closed: bool) -> StatementFailed:
    """What became of a call that raised one of ``FOREIGN``; ``closed``: the connection is gone."""
    state = error.sqlstate if isinstance(error, asyncpg.PostgresError) else None
    if state is not None:
        found = postgres_trouble(state, type(error).__name__)
        severe = getattr(error, "severity_en", None) in {"FATAL", "PANIC"}
        clean = not closed and not severe and not _is(found, CONNECTION_LOST)
        return StatementFailed(found, again=state in _AGAIN, clean=clean)
    name = type(error).__name__
    lost = closed or isinstance(error, OSError | asyncpg.TargetServerAttributeNotMatched)
    if not lost:
        return StatementFailed(Bug(f"the driver of PostgreSQL says {name}"), again=False, clean=True)
    gone = trouble(CONNECTION_LOST, f"PostgreSQL cannot be reached ({name})")
    return StatementFailed(gone, again=False, clean=False)


def postgres_trouble(state: str, name: str) -> Trouble | Bug:
    """The world's failures are trouble, a broken constraint or statement is our bug."""
    code = _TROUBLES.get(state) or _TROUBLES.get(state[:2])
    said = f"PostgreSQL says {state} ({name})"
    return trouble(code, said) if code else Bug(said)


def _is(found: Trouble | Bug, code: str) -> bool:
    return isinstance(found, Trouble) and found.code == code
