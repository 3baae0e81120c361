"""Every earlier version of the database comes to the newest one with all that it held, on each kind of database alike."""

from pathlib import Path

import pytest

from kiosk.authority.core import Authority
from kiosk.authority.store.checks import lots_off
from kiosk.authority.store.ports import Row, Store, Transaction
from kiosk.authority.store.postgres import PostgresStore
from kiosk.authority.store.schema import Dialect, scripts
from kiosk.authority.store.sqlite import SqliteStore
from tests.fakes.clock import FakeClock, SeededIds
from tests.helpers.authority import KEYS, TILL, World, euro_catalogue
from tests.helpers.authority_golden import NEWEST, golden, golden_rows, in_postgres, in_sqlite, rows_of
from tests.helpers.postgres import Cluster

EARLIER = range(1, NEWEST)
# what a column is in both, by SQLite's word
TYPES = {"INTEGER": "bigint", "TEXT": "text", "BLOB": "bytea"}

_COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable, coalesce(collation_name, '') FROM information_schema.columns
 WHERE table_schema = 'public'
   AND table_name IN (SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE')
"""
_CONSTRAINTS = """
SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""
_INDEXES = "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'"
_TRIGGERS = "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
_VIEWS = "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'"
_OPTIONS = "SELECT relname, array_to_string(reloptions, ',') FROM pg_class WHERE relnamespace = 'public'::regnamespace"


@pytest.fixture(params=["sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    word: str = request.param
    return word


def _old(kind: str, version: int, folder: Path, cluster: Cluster) -> Store:
    if kind == "sqlite":
        in_sqlite(version, folder / "old.db")
        return SqliteStore.open(folder / "old.db")
    return PostgresStore.open(in_postgres(version, cluster))


def _new(kind: str, folder: Path, cluster: Cluster) -> Store:
    return SqliteStore.create(folder / "new.db") if kind == "sqlite" else PostgresStore.create(cluster.new_database())


def _schema(kind: str, store: Store) -> list[list[Row]]:
    def of_sqlite(tx: Transaction) -> list[list[Row]]:
        tables = [name for (name,) in tx.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [
            sorted(tx.all("SELECT type, name, tbl_name, sql FROM sqlite_master"), key=repr),
            *(tx.all(f"PRAGMA table_info({name})") for name in sorted(tables)),
        ]

    def of_postgres(tx: Transaction) -> list[list[Row]]:
        queries = (_COLUMNS, _CONSTRAINTS, _INDEXES, _TRIGGERS, _VIEWS, _OPTIONS)
        return [sorted(tx.all(query), key=repr) for query in queries]

    return store.read(of_sqlite if kind == "sqlite" else of_postgres)


@pytest.mark.parametrize("version", EARLIER)
def test_an_earlier_database_keeps_all_that_it_held(kind: str, version: int, tmp_path: Path, postgres: Cluster) -> None:
    """An update of the program would lose sold cards, or refuse its own books."""
    tables, rows = golden_rows(golden(version))
    store = _old(kind, version, tmp_path, postgres)
    assert rows_of(store, tables) == rows
    assert len(rows["card"]) > 10 and {"movement", "entry", "answer", "exception", "alert"} <= rows.keys()
    store.close()


@pytest.mark.parametrize("version", EARLIER)
def test_a_cards_codes_learn_the_lot_and_currency_of_their_card(
    kind: str, version: int, tmp_path: Path, postgres: Cluster
) -> None:
    """Cards that were printed before the update could not pay after it, or would pay in another currency."""
    _, rows = golden_rows(golden(version))
    store = _old(kind, version, tmp_path, postgres)
    found = store.read(
        lambda tx: tx.all(
            """SELECT k.card_id, k.tags FROM card_codes k JOIN card c ON c.card_id = k.card_id JOIN pack p ON p.pack = c.pack
                 JOIN lot l ON l.lot_no = p.lot_no WHERE k.lot_no = l.lot_no AND k.currency = l.currency"""
        )
    )
    assert sorted(found, key=repr) == rows["card_codes"]
    assert store.read(lots_off) == []
    store.close()


@pytest.mark.parametrize("version", EARLIER)
def test_a_migrated_database_is_like_a_new_one(kind: str, version: int, tmp_path: Path, postgres: Cluster) -> None:
    """A rule would hold in new shops and not in old ones, or a new word of an enum be refused by every old database."""
    old, new = _old(kind, version, tmp_path, postgres), _new(kind, tmp_path, postgres)
    assert _schema(kind, old) == _schema(kind, new)
    old.close()
    new.close()


@pytest.mark.parametrize("version", EARLIER)
def test_the_authority_goes_on_selling_after_an_update(
    kind: str, version: int, tmp_path: Path, postgres: Cluster
) -> None:
    """The morning after the update no till could sell."""
    store, clock = _old(kind, version, tmp_path, postgres), FakeClock()
    clock.advance(3_600_000)
    authority = Authority(store, clock=clock, ids=SeededIds(clock, seed=99), keys=KEYS, catalogues=(euro_catalogue(),))
    world = World(authority, clock, authority.ids, [])
    (serial,) = world.rows(
        "SELECT min(card_id) FROM card WHERE state = 'in_stock' AND block IS NULL AND hold_line IS NULL"
    )
    line = world.new_id()
    assert world.commit(line, f"{serial[0]:016d}").outcome == "committed"
    assert world.cancel(line, f"{serial[0]:016d}").outcome == "cancelled"
    assert world.status(line, till=TILL).record == "cancelled"
    assert world.rows("SELECT sum(amount_minor) FROM posting") == [(0,)]
    store.close()


@pytest.mark.parametrize("version", EARLIER)
def test_both_databases_hold_the_same_after_an_update(version: int, tmp_path: Path, postgres: Cluster) -> None:
    """A step that is written twice, once for each database, would do two things."""
    one, other = (_old(kind, version, tmp_path, postgres) for kind in ("sqlite", "postgres"))
    tables = {name: [column for column, _, _ in columns] for name, columns in _tables_of_sqlite(one).items()}
    assert rows_of(one, tables) == rows_of(other, tables)
    one.close()
    other.close()


def test_both_databases_have_the_same_tables(tmp_path: Path, postgres: Cluster) -> None:
    """A statement would work on the developer's file and fail, or do less, on the operator's server."""
    assert [number for number, _ in scripts(Dialect.SQLITE)] == [number for number, _ in scripts(Dialect.POSTGRES)]
    one, other = _new("sqlite", tmp_path, postgres), _new("postgres", tmp_path, postgres)
    columns = {
        (table, column, kind, needed)
        for table, found in _tables_of_sqlite(one).items()
        for column, kind, needed in found
    }
    theirs = {
        (table, column, kind, nullable == "NO")
        for table, column, kind, nullable, _ in other.read(lambda tx: tx.all(_COLUMNS))
        if table != "schema_version"
    }
    assert columns == theirs
    assert _names(
        one, "SELECT name FROM sqlite_master WHERE type IN ('index', 'view') AND name NOT LIKE 'sqlite_%'"
    ) <= (_names(other, "SELECT relname FROM pg_class WHERE relkind IN ('i', 'v')"))
    assert _names(one, "SELECT name FROM sqlite_master WHERE type = 'trigger'") <= _names(other, _TRIGGERS)
    texts = {(table, column) for table, column, kind, _, order in other.read(lambda tx: tx.all(_COLUMNS))
             if kind == "text" and order != "C"}  # fmt: skip # one comprehension
    assert not texts, "text is compared byte by byte in both"
    one.close()
    other.close()


def _tables_of_sqlite(store: Store) -> dict[str, list[tuple[str, str, bool]]]:
    """Column, type by PostgreSQL's word, and whether it must have a value."""

    def work(tx: Transaction) -> dict[str, list[tuple[str, str, bool]]]:
        names = tx.all("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        return {
            name: [(row[1], TYPES[row[2]], bool(row[3] or row[5])) for row in tx.all(f"PRAGMA table_info({name})")]
            for (name,) in names
        }

    return store.read(work)


def _names(store: Store, query: str) -> set[str]:
    return {row[0] for row in store.read(lambda tx: tx.all(query))}
