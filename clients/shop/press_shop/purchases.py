"""The shop's own record: who bought what, and what the authority said of it. One SQLite file, each method one durable transaction.

What is learned of a payment only grows (captured, refunded), so news may come twice and in any order. Never a code in here. Not
responsible for asking the authority (``selling``).
"""

import sqlite3
import threading
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS purchase(
  purchase_id TEXT PRIMARY KEY,
  reader TEXT NOT NULL,
  article TEXT NOT NULL,
  amount_minor INTEGER NOT NULL CHECK(amount_minor > 0),
  way TEXT NOT NULL CHECK(way IN ('page', 'own_form')),
  checkout_id TEXT,
  checkout_url TEXT,
  payment_id TEXT,
  captured_minor INTEGER NOT NULL DEFAULT 0 CHECK(captured_minor >= 0),
  refunded_minor INTEGER NOT NULL DEFAULT 0 CHECK(refunded_minor BETWEEN 0 AND captured_minor),
  refund_asked_ms INTEGER,
  ended TEXT,
  created_ms INTEGER NOT NULL,
  language TEXT NOT NULL DEFAULT 'fr'
) STRICT;
CREATE INDEX IF NOT EXISTS purchase_reader ON purchase(reader, created_ms);
CREATE TABLE IF NOT EXISTS feed(one INTEGER PRIMARY KEY CHECK(one = 1), cursor TEXT NOT NULL) STRICT;
INSERT OR IGNORE INTO feed VALUES (1, '');
"""
_COLUMNS: Final = (
    "purchase_id, reader, article, amount_minor, way, checkout_id, checkout_url, payment_id, captured_minor, refunded_minor,"
    " refund_asked_ms, ended, created_ms, language"
)


class State(Enum):
    """Where a purchase stands, as far as the shop knows."""

    ASKED = "asked"  # intended; whether the authority heard of it is not known yet
    AT_PAGE = "at_page"  # the shopper may pay on the authority's page
    PAID = "paid"
    REFUND_ASKED = "refund_asked"
    REFUNDED = "refunded"
    ENDED = "ended"


class Way(Enum):
    """How a purchase is paid: on the authority's page, or with the shop's own form."""

    PAGE = "page"
    OWN_FORM = "own_form"


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """One row. ``ended`` says why nothing was or will be paid, ``language`` in which its reader pressed « Payer » last."""

    purchase_id: str
    reader: str
    article: str
    amount_minor: int
    way: Way
    checkout_id: str | None
    checkout_url: str | None
    payment_id: str | None
    captured_minor: int
    refunded_minor: int
    refund_asked_ms: int | None
    ended: str | None
    created_ms: int
    language: str

    @property
    def buy_key(self) -> str:
        """The idempotency key of this purchase: stored, because the id is, before anything is asked."""
        return f"buy-{self.purchase_id}"

    @property
    def refund_key(self) -> str:
        """The idempotency key of its one refund."""
        return f"refund-{self.purchase_id}"

    @property
    def state(self) -> State:
        """What the authority has taken outweighs everything else."""
        if self.captured_minor:
            if self.refunded_minor == self.captured_minor:
                return State.REFUNDED
            return State.PAID if self.refund_asked_ms is None else State.REFUND_ASKED
        if self.ended is not None:
            return State.ENDED
        return State.ASKED if self.checkout_id is None else State.AT_PAGE

    @property
    def readable(self) -> bool:
        """Whether the article may be shown: the whole price was captured and nobody asked for it back."""
        return self.state is State.PAID and self.captured_minor >= self.amount_minor


class Purchases:
    """The file. Shared by the threads of the site; ``close`` it."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.executescript(_SCHEMA)
        if "language" not in {row[1] for row in self._connection.execute("PRAGMA table_info(purchase)")}:
            # a file from when the shop spoke French alone
            self._connection.execute("ALTER TABLE purchase ADD COLUMN language TEXT NOT NULL DEFAULT 'fr'")

    def intend(
        self, *, purchase_id: str, reader: str, article: str, amount_minor: int, way: Way, language: str, now_ms: int
    ) -> Purchase:
        """Write the intention down, before anybody is asked for money."""
        self._run(
            """INSERT INTO purchase(purchase_id, reader, article, amount_minor, way, created_ms, language)
               VALUES (?, ?, ?, ?, ?, ?, ?)""",
            purchase_id, reader, article, amount_minor, way.value, now_ms, language,
        )  # fmt: skip
        return self.get(purchase_id)

    def opened(self, purchase_id: str, *, checkout_id: str, url: str) -> Purchase:
        """The authority has a page for it."""
        self._run(
            "UPDATE purchase SET checkout_id = ?, checkout_url = ? WHERE purchase_id = ?", checkout_id, url, purchase_id
        )
        return self.get(purchase_id)

    def speak(self, purchase_id: str, language: str) -> Purchase:
        """Its reader goes on in this language. Once it has its page, for what the page is asked for with never changes."""
        self._run(
            "UPDATE purchase SET language = ? WHERE purchase_id = ? AND checkout_id IS NOT NULL", language, purchase_id
        )
        return self.get(purchase_id)

    def learned(self, purchase_id: str, *, payment_id: str, captured_minor: int, refunded_minor: int) -> Purchase:
        """What a payment of it was seen to have taken and given back. Older news changes nothing."""
        self._run(
            """UPDATE purchase SET payment_id = coalesce(payment_id, ?), captured_minor = max(captured_minor, ?),
               refunded_minor = max(refunded_minor, ?) WHERE purchase_id = ?""",
            payment_id, captured_minor, refunded_minor, purchase_id,
        )  # fmt: skip
        return self.get(purchase_id)

    def end(self, purchase_id: str, why: str) -> Purchase:
        """Nothing will be paid under this purchase."""
        self._run("UPDATE purchase SET ended = coalesce(ended, ?) WHERE purchase_id = ?", why, purchase_id)
        return self.get(purchase_id)

    def ask_refund(self, purchase_id: str, *, now_ms: int | None) -> Purchase:
        """Write down that money is to go back, before it is asked for; ``None`` takes it back after a no."""
        self._run("UPDATE purchase SET refund_asked_ms = ? WHERE purchase_id = ?", now_ms, purchase_id)
        return self.get(purchase_id)

    def get(self, purchase_id: str) -> Purchase:
        """Raises ``KeyError``."""
        found = self._rows("WHERE purchase_id = ?", purchase_id)
        if not found:
            raise KeyError(purchase_id)
        return found[0]

    def of_reader(self, reader: str) -> list[Purchase]:
        """Newest first."""
        return self._rows("WHERE reader = ? ORDER BY created_ms DESC, purchase_id DESC", reader)

    def all(self) -> list[Purchase]:
        """Newest first."""
        return self._rows("ORDER BY created_ms DESC, purchase_id DESC")

    def cursor(self) -> str:
        """How far the authority's feed was read."""
        with self._lock:
            return str(self._connection.execute("SELECT cursor FROM feed").fetchone()[0])

    def move_cursor(self, cursor: str) -> None:
        """Everything up to here is in the rows."""
        self._run("UPDATE feed SET cursor = ?", cursor)

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._connection.close()

    def _run(self, sql: str, *values: str | int | None) -> None:
        with self._lock:
            self._connection.execute(sql, values)

    def _rows(self, rest: str, *values: str) -> list[Purchase]:
        with self._lock:
            rows = self._connection.execute(f"SELECT {_COLUMNS} FROM purchase {rest}", values).fetchall()
        return [_purchase(row) for row in rows]


def _purchase(row: tuple[Any, ...]) -> Purchase:  # Any: a row of the database
    names = [name.strip() for name in _COLUMNS.split(",")]
    values = dict(zip(names, row, strict=True))
    return Purchase(**values | {"way": Way(values["way"])})
