"""Which steps bring a database to the newest schema: numbered SQL files, one folder a database, applied in order by its adapter.

Each step runs in one transaction with its number. A number means the same tables in every folder. Not responsible for applying
them, nor for where a database keeps its number.
"""

import re
from collections.abc import Iterable
from enum import Enum
from importlib.resources import files

from kiosk.authority.store.ports import NEWER_DATABASE, trouble
from kiosk.domain.activation import Block, CardState, EntryMode, Record
from kiosk.domain.payment import SpendKind, SpendReason
from kiosk.domain.refusals import ExceptionCode, Reason

_NAME = re.compile(r"(\d{4})_[a-z_]+\.sql")


class Dialect(Enum):
    """Whose SQL; the value is the folder in ``migrations``."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"


class MovementKind(Enum):
    """Why an activation moved the books; what spending moves stands in its own rows (``SpendKind``)."""

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
    "@spends@": SpendKind,
    "@spend_reasons@": SpendReason,
}


def scripts(dialect: Dialect) -> list[tuple[int, str]]:
    """The migrations in order: number and SQL, with the lists of allowed words put in."""
    found: list[tuple[int, str]] = []
    for file in files("kiosk.authority.store").joinpath("migrations", dialect.value).iterdir():
        match = _NAME.fullmatch(file.name)
        if match:
            found.append((int(match[1]), _with_words(file.read_text(encoding="utf-8"))))
    return sorted(found)


def steps_from(version: int, dialect: Dialect) -> list[tuple[int, str]]:
    """What a database of this version lacks. Raises ``Trouble`` AUT-07 for a database of a newer program."""
    steps = scripts(dialect)
    newest = steps[-1][0]
    if version > newest:
        raise trouble(
            NEWER_DATABASE, f"the database has schema {version}, this program knows {newest}: update the program"
        )
    return [(number, sql) for number, sql in steps if number > version]


def _with_words(sql: str) -> str:
    for mark, words in WORDS.items():
        sql = sql.replace(mark, _quoted(word.value for word in words))
    return sql


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)
