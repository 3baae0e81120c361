"""Brings a database to the newest schema: numbered SQL files, applied in order, each in one transaction with its number.

Not responsible for a database's own dialect beyond SQLite's; another adapter brings its own files.
"""

import re
import sqlite3
from collections.abc import Iterable
from enum import Enum
from importlib.resources import files

from kiosk.authority.store.ports import NEWER_DATABASE, trouble
from kiosk.domain.activation import Block, CardState, EntryMode, Record
from kiosk.domain.refusals import ExceptionCode, Reason
from kiosk.failpoints import failpoint

_NAME = re.compile(r"(\d{4})_[a-z_]+\.sql")


class MovementKind(Enum):
    """Why the books moved. More kinds come with payments."""

    ACTIVATION = "activation"
    REVERSAL = "reversal"


WORDS: dict[str, type[Enum]] = {
    "@card_states@": CardState,
    "@blocks@": Block,
    "@records@": Record,
    "@reasons@": Reason,
    "@entry_modes@": EntryMode,
    "@movements@": MovementKind,
    "@exceptions@": ExceptionCode,
}


def scripts() -> list[tuple[int, str]]:
    """The migrations in order: number and SQL, with the lists of allowed words put in."""
    found: list[tuple[int, str]] = []
    for file in files("kiosk.authority.store").joinpath("migrations").iterdir():
        match = _NAME.fullmatch(file.name)
        if match:
            found.append((int(match[1]), _with_words(file.read_text(encoding="utf-8"))))
    return sorted(found)


def migrate(connection: sqlite3.Connection) -> int:
    """Apply what is missing; the version reached. Raises ``Trouble`` AUT-07 for a database of a newer program."""
    steps = scripts()
    newest = steps[-1][0]
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > newest:
        raise trouble(
            NEWER_DATABASE, f"the database has schema {version}, this program knows {newest}: update the program"
        )
    for number, sql in steps:
        if number > version:
            # executescript commits first, so the transaction is opened and closed inside the script itself
            failpoint("authority.migrate.before_commit")
            connection.executescript(f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version={number};\nCOMMIT;")
            failpoint("authority.migrate.after_commit")
    return newest


def _with_words(sql: str) -> str:
    for mark, words in WORDS.items():
        sql = sql.replace(mark, _quoted(word.value for word in words))
    return sql


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)
