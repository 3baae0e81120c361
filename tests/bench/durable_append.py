"""What a durable append costs beside a bare SQLite commit on the same disk: the price of chain, signature, outbox and anchor.

The two take turns, so that a busy disk hurts both alike. Measured and printed, never asserted.
"""

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kiosk.clock import SystemClock
from kiosk.domain import events as ev
from kiosk.journal.codec import decode, encode
from tests.bench.figures import ratio, row
from tests.helpers.journal import completed, open_store

WARM_UP = 20


@dataclass(frozen=True, slots=True)
class DurableAppend:
    """Milliseconds of each round: an append of one event, one of a sale's end (its anchor synced too), a bare commit."""

    append_ms: Sequence[float]
    sale_ms: Sequence[float]
    bare_ms: Sequence[float]

    def lines(self) -> list[str]:
        """For a person."""
        return [
            row("durable append, one event", self.append_ms),
            row("durable append, end of a sale", self.sale_ms),
            row("bare SQLite commit (WAL, FULL)", self.bare_ms),
            ratio("append/bare", self.append_ms, self.bare_ms),
            ratio("sale/bare", self.sale_ms, self.bare_ms),
        ]


def measure(folder: Path, *, count: int = 500) -> DurableAppend:
    """``count`` rounds in ``folder``, which should be on the disk that is meant, after a short warm-up."""
    journal = open_store(folder / "journal", SystemClock())
    size = len(_content_of_one_event())
    bare = _bare(folder / "bare.db")
    append_ms: list[float] = []
    sale_ms: list[float] = []
    bare_ms: list[float] = []
    for number in range(WARM_UP + count):
        begun = time.perf_counter()
        journal.append([ev.CommitRequested(f"line-{number}")], user="clerk-1")
        appended = time.perf_counter()
        journal.append([ev.ActivationCommitted(f"line-{number}"), completed(f"sale-{number}")], user="clerk-1")
        sold = time.perf_counter()
        bare.execute("BEGIN IMMEDIATE")
        bare.execute("INSERT INTO entry(content) VALUES(randomblob(?))", (size,))
        bare.execute("COMMIT")
        ended = time.perf_counter()
        if number >= WARM_UP:
            append_ms.append((appended - begun) * 1000)
            sale_ms.append((sold - appended) * 1000)
            bare_ms.append((ended - sold) * 1000)
    bare.close()
    journal.close()
    return DurableAppend(append_ms, sale_ms, bare_ms)


def _bare(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE entry(seq INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT")
    return connection


def _content_of_one_event() -> bytes:
    from tests.fakes.clock import FakeClock
    from tests.fakes.journal import FakeJournal

    journal = FakeJournal(FakeClock())
    journal.append([ev.CommitRequested("line-1")], user="clerk-1")
    batch = journal.next_batch()
    assert batch is not None
    return encode(decode(batch.entries[0].content.encode()))
