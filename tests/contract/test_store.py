"""What every store must do, whatever database is behind it. Another database joins by adding itself to the fixture ``store``."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from kiosk.authority.store.ports import Done, Failed, Store, Transaction
from kiosk.authority.store.postgres import PostgresStore
from kiosk.authority.store.settings import get_setting, put_setting
from kiosk.authority.store.sqlite import SqliteStore
from kiosk.errors import Bug


@pytest.fixture(params=["sqlite-file", "sqlite-memory", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with ExitStack() as ending:
        made: Store
        match request.param:
            case "sqlite-file":
                made = SqliteStore.create(tmp_path / "authority.db")
            case "sqlite-memory":
                made = SqliteStore.in_memory()
            case _:
                made = PostgresStore.open(ending.enter_context(request.getfixturevalue("postgres").lent()))
        ending.callback(made.close)
        yield made


def _put(name: str, value: str = "1") -> Callable[[Transaction], str]:
    def work(tx: Transaction) -> str:
        put_setting(tx, name, value)
        return value

    return work


def _run(sql: str) -> Callable[[Transaction], int]:
    return lambda tx: tx.run(sql)


def _get(store: Store, name: str) -> str | None:
    return store.read(lambda tx: get_setting(tx, name))


def test_what_was_written_is_read(store: Store) -> None:
    """An answer would be given for something that was never kept."""
    assert store.write(_put("a", "7")) == "7"
    assert _get(store, "a") == "7"


def test_a_work_that_raises_leaves_nothing(store: Store) -> None:
    """Half of an activation would stay: a spendable card without a debt."""

    def work(tx: Transaction) -> None:
        put_setting(tx, "a", "1")
        raise LookupError("half-way")

    with pytest.raises(LookupError):
        store.write(work)
    assert _get(store, "a") is None
    store.write(_put("a"))
    assert _get(store, "a") == "1", "and the store goes on"


def test_a_failing_item_is_split_off_its_batch(store: Store) -> None:
    """One bad request would take down, or be committed with, its neighbours."""

    def bad(tx: Transaction) -> None:
        put_setting(tx, "bad", "1")
        raise LookupError("not me")

    def broken(tx: Transaction) -> None:
        put_setting(tx, "broken", "1")
        tx.run("INSERT INTO meta(name, value) VALUES ('first', 'again')")

    results = store.write_batch([_put("first"), bad, broken, _put("last", "9")])
    assert [type(result) for result in results] == [Done, Failed, Failed, Done]
    assert isinstance(results[1], Failed) and isinstance(results[1].error, LookupError)
    assert isinstance(results[2], Failed) and isinstance(results[2].error, Bug)
    names = [_get(store, name) for name in ("first", "bad", "broken", "last")]
    assert names == ["1", None, None, "9"]


def test_later_items_of_a_batch_see_earlier_ones(store: Store) -> None:
    """Two sales of one card in one batch would both be granted."""
    seen: list[str | None] = []
    store.write_batch([_put("a", "1"), lambda tx: seen.append(get_setting(tx, "a")), _put("a", "2")])
    assert seen == ["1"]
    assert _get(store, "a") == "2"


def test_statements_say_what_they_touched(store: Store) -> None:
    """A conditional update could not tell whether it won."""

    def work(tx: Transaction) -> tuple[int, int, list[Any], Any]:
        put_setting(tx, "a", "1")
        hit = tx.run("UPDATE meta SET value = '2' WHERE name = ? AND value = ?", "a", "1")
        miss = tx.run("UPDATE meta SET value = '3' WHERE name = ? AND value = ?", "a", "1")
        tx.run_many("INSERT INTO meta(name, value) VALUES (?, ?)", [("b", "x"), ("c", "y")])
        return (
            hit,
            miss,
            tx.all("SELECT name, value FROM meta ORDER BY name"),
            tx.one("SELECT 1 FROM meta WHERE name = 'z'"),
        )

    hit, miss, rows, nothing = store.write(work)
    assert (hit, miss, nothing) == (1, 0, None)
    assert [tuple(row) for row in rows] == [("a", "2"), ("b", "x"), ("c", "y")]


def test_the_books_take_no_change_back(store: Store) -> None:
    """A posting could be altered or removed after the fact (INV-1)."""

    def fill(tx: Transaction) -> None:
        tx.run(
            "INSERT INTO movement(card_id, no, kind, terminal_id, line_id, at_ms) VALUES (1, 1, 'activation', 't', 'l', 0)"
        )
        tx.run("INSERT INTO posting(card_id, no, leg, account, amount_minor, currency) VALUES (1, 1, 1, 'a', 5, 'EUR')")

    store.write(fill)
    for statement in (
        "UPDATE posting SET amount_minor = 6",
        "DELETE FROM posting",
        "UPDATE movement SET at_ms = 1",
        "DELETE FROM movement",
    ):
        with pytest.raises(Bug):
            store.write(_run(statement))


def test_a_value_outside_the_tables_words_is_refused(store: Store) -> None:
    """A programming mistake would write a state that no rule knows (belt and braces)."""
    for column, value in (("state", "sold"), ("block", "because")):
        with pytest.raises(Bug):
            store.write(_run(f"INSERT INTO card(card_id, pack, position, {column}) VALUES (1, 'p', 1, '{value}')"))


def test_one_thread_reads_while_another_writes(store: Store, request: pytest.FixtureRequest) -> None:
    """A balance question would wait for the disk, or see half of a commit."""
    if "memory" in request.node.name:
        pytest.skip("a store in memory is used by one thread")
    inside, go_on = threading.Event(), threading.Event()

    def slow(tx: Transaction) -> None:
        put_setting(tx, "a", "1")
        inside.set()
        assert go_on.wait(5)

    writer = threading.Thread(target=lambda: store.write(slow))
    writer.start()
    assert inside.wait(5)
    before = _get(store, "a")
    go_on.set()
    writer.join(5)
    assert (before, _get(store, "a")) == (None, "1")
