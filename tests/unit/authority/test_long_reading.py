"""Somebody reads for minutes, a dump or the audit, while payments go on: PostgreSQL keeps what was, and nobody may trip over it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kiosk.authority.store import spends
from kiosk.authority.store.ports import Transaction
from kiosk.authority.store.postgres import PostgresStore
from kiosk.authority.store.spends import COUNTER, COUNTER_HERE
from tests.helpers.postgres import Cluster

WAIT_S = 20.0
BATCHES = 10_000
PAGES_FEW = 12  # the way down an index, and a page or two


@pytest.fixture
def dsn(postgres: Cluster) -> str:
    return postgres.new_authority_database()


@contextmanager
def long_reading(dsn: str) -> Iterator[None]:
    """A reading that begins before the block and ends behind it."""
    store, begun, end = PostgresStore.open(dsn), threading.Event(), threading.Event()

    def read(tx: Transaction) -> None:
        tx.one("SELECT count(*) FROM spend_counter")
        begun.set()
        assert end.wait(WAIT_S)

    thread = threading.Thread(target=store.read, args=(read,))
    thread.start()
    try:
        assert begun.wait(WAIT_S)
        yield
    finally:
        end.set()
        thread.join()
        store.close()


def _pages(store: PostgresStore, sql: str) -> int:
    """How many pages a statement looks at."""

    def work(tx: Transaction) -> int:
        assert spends.takes_arrays(tx)
        ((plan,),) = tx.fetch(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}")
        found: dict[str, int] = json.loads(plan)[0]["Plan"]
        return found["Shared Hit Blocks"] + found["Shared Read Blocks"]

    return store.write(work)


def test_payments_do_not_become_slower_the_longer_somebody_reads(dsn: str) -> None:
    """Each night's dump would slow every payment down, more with every minute that it takes."""
    store = PostgresStore.open(dsn)
    with long_reading(dsn):
        loop = f"FOR n IN 1..{BATCHES} LOOP UPDATE spend_counter SET seq = seq + 1 WHERE {COUNTER_HERE}; END LOOP"
        store.write(lambda tx: tx.run(f"DO $$ BEGIN {loop}; END $$"))
        assert _pages(store, COUNTER.format("seq")) <= PAGES_FEW
        assert _pages(store, f"UPDATE spend_counter SET seq = seq WHERE {COUNTER_HERE} AND seq > 0") <= PAGES_FEW
        by_its_key = _pages(store, "SELECT seq FROM spend_counter WHERE one = 1")
        assert by_its_key > 3 * PAGES_FEW, "this test would see a way that passes all that was"
    store.close()


def test_the_counter_is_right_whatever_was_kept(dsn: str) -> None:
    """A number would be given twice, and one of two events never be told."""
    store = PostgresStore.open(dsn)
    with long_reading(dsn):
        for before in range(300):
            assert store.write(lambda tx, before=before: spends.advance(tx, before=before, after=before + 1))  # type: ignore[misc]  # bound now
            assert not store.write(lambda tx, before=before: spends.advance(tx, before=before, after=before + 1))  # type: ignore[misc]  # bound now
        assert store.write(lambda tx: spends.take_numbers(tx, 1)) == 301
    assert store.read(lambda tx: tx.one(COUNTER.format("seq"))) == (301,)
    store.close()
