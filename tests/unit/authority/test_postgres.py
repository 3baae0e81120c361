"""What only PostgreSQL does: its errors, its settings, its addresses, who may serve it; and that its values are those of SQLite."""

import asyncio
import threading
from contextlib import suppress
from typing import Any

import pytest

from kiosk.authority.store.ports import Transaction
from kiosk.authority.store.postgres import PostgresStore
from kiosk.authority.store.postgres_sql import numbered
from kiosk.authority.store.postgres_transaction import PostgresTransaction
from kiosk.authority.store.postgres_trouble import postgres_trouble
from kiosk.authority.store.settings import get_setting, put_setting
from kiosk.authority.store.writer import serving_lanes
from kiosk.errors import Bug, Trouble
from tests.helpers.postgres import Cluster

CODES = [
    ("53100", "AUT-01", True),
    ("58030", "AUT-02", True),
    ("53300", "AUT-03", True),
    ("53200", "AUT-03", True),
    ("55P03", "AUT-03", True),
    ("57014", "AUT-03", True),
    ("40001", "AUT-03", True),
    ("XX001", "AUT-04", False),
    ("57P04", "AUT-04", False),
    ("08006", "AUT-12", True),
    ("57P01", "AUT-12", True),
    ("57P03", "AUT-12", True),
    ("25006", "AUT-12", True),
    ("28P01", "AUT-15", False),
    ("3D000", "AUT-15", False),
    ("42501", "AUT-15", False),
]


@pytest.fixture
def store(postgres_store: PostgresStore) -> PostgresStore:
    return postgres_store


@pytest.mark.parametrize(("state", "code", "retryable"), CODES)
def test_the_worlds_failures_are_trouble(state: str, code: str, retryable: bool) -> None:
    """A full disk would be answered as if the till had made a mistake."""
    found = postgres_trouble(state, "SomeError")
    assert isinstance(found, Trouble)
    assert (found.code, found.retryable) == (code, retryable)


@pytest.mark.parametrize("state", ["23505", "23514", "23001", "42601", "42P01", "22001"])
def test_a_broken_rule_is_our_bug(state: str) -> None:
    """A doubled posting would be retried for ever instead of being found."""
    assert isinstance(postgres_trouble(state, "SomeError"), Bug)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("SELECT a FROM t WHERE b = ? AND c = ?", "SELECT a FROM t WHERE b = $1 AND c = $2"),
        ("SELECT '?' || ? || 'it''s ?'", "SELECT '?' || $1 || 'it''s ?'"),
        ('SELECT "?" FROM t -- why?\n WHERE /* ? */ a = ?', 'SELECT "?" FROM t -- why?\n WHERE /* ? */ a = $1'),
        ("SELECT $1::bigint[]", "SELECT $1::bigint[]"),
    ],
)
def test_values_are_numbered_and_nothing_else_is_touched(ours: str, theirs: str) -> None:
    """A question mark in a text would swallow a value, and each one after it would land in the wrong column."""
    assert numbered(ours) == theirs


def test_a_broken_constraint_does_not_say_which_card(store: PostgresStore) -> None:
    """PostgreSQL names the value in its message, and the log would hold serials."""
    statement = (
        "INSERT INTO lot(lot_no, series, currency, face_minor, codes, valid_months, cards, made_ms, manifest_sha256)"
    )
    with pytest.raises(Bug) as broken:
        store.write(lambda tx: tx.run(f"{statement} VALUES (?, '12', 'EUR', -1, 1, 1, 1, 1, ?)", 987654321, bytes(32)))
    assert "987654321" not in str(broken.value)
    with pytest.raises(Bug) as unfit:
        store.write(lambda tx: tx.run("UPDATE meta SET value = ? WHERE name = ?", 987654321, "a"))
    assert "987654321" not in str(unfit.value)


def test_values_come_back_as_sqlite_gives_them(store: PostgresStore) -> None:
    """A sum would come as a decimal number, a row would not unpack, a key would sort by the language of the server."""

    def work(tx: Transaction) -> tuple[Any, ...]:  # Any: a test looks into it
        for name, value in (("a", "1"), ("B", "é"), ("_", "3")):
            put_setting(tx, name, value)
        total = tx.one("SELECT sum(length(value)), count(*), max(name) FROM meta")
        names = [name for (name,) in tx.all("SELECT name FROM meta ORDER BY name")]
        return total, names, tx.run("SELECT 1 WHERE ? = 'x'", "y"), tx.one("SELECT ?::bytea", b"\x00\xff")

    total, names, nothing, raw = store.write(work)
    assert (total, type(total[0])) == ((3, 3, "a"), int)
    assert (names, nothing, raw) == (["B", "_", "a"], 0, (b"\x00\xff",))


def test_a_whole_batch_is_one_statement(store: PostgresStore) -> None:
    """Five hundred payments would be five hundred journeys to the server."""

    def work(tx: Transaction) -> list[tuple[object, ...]]:
        assert isinstance(tx, PostgresTransaction)
        tx.fetch(
            "INSERT INTO meta(name, value) SELECT * FROM unnest($1::text[], $2::text[])", ["a", "b", "c"], ["1"] * 3
        )
        changed = tx.fetch("UPDATE meta SET value = '7' WHERE name = ANY($1) RETURNING name", ["a", "c", "z"])
        return sorted(changed)

    assert store.write(work) == [("a",), ("c",)]


def test_a_work_that_goes_on_after_a_failed_statement_is_no_success(store: PostgresStore) -> None:
    """PostgreSQL takes the transaction back and says so in one word; the till would hear yes."""

    def careless(tx: Transaction) -> str:
        put_setting(tx, "a", "1")
        with suppress(Exception):
            tx.run("INSERT INTO meta(name, value) VALUES ('a', 'again')")
        return "done"

    with pytest.raises(Bug):
        store.write(careless)
    assert store.read(lambda tx: get_setting(tx, "a")) is None


@pytest.mark.parametrize(("setting", "value"), [("fsync", "off"), ("full_page_writes", "off")])
def test_a_server_that_may_lose_a_commit_is_refused(postgres: Cluster, setting: str, value: str) -> None:
    """Somebody's quick test setting would cost the shops their sales at the next power cut."""
    dsn = postgres.new_authority_database()
    with postgres.setting(setting, value), pytest.raises(Trouble) as unsafe:
        PostgresStore.open(dsn)
    assert (unsafe.value.code, unsafe.value.retryable) == ("AUT-14", False)
    assert setting in unsafe.value.detail
    PostgresStore.open(dsn).close()


@pytest.mark.parametrize(("default", "used"), [("off", "on"), ("local", "on"), ("remote_apply", "remote_apply")])
def test_a_commit_waits_for_the_disk_whatever_the_role_says(postgres: Cluster, default: str, used: str) -> None:
    """A default of the database would turn every yes into a maybe."""
    dsn = postgres.new_authority_database()
    name = dsn.partition("@/")[2].partition("?")[0]
    postgres.sql(f"ALTER DATABASE {name} SET synchronous_commit = {default}")
    store = PostgresStore.open(dsn)
    assert store.write(lambda tx: tx.one("SELECT current_setting('synchronous_commit')")) == (used,)
    store.close()


def test_a_database_that_does_not_let_us_in_says_whose_turn_it_is(postgres: Cluster) -> None:
    """A mistyped address would be retried for ever."""
    for dsn in (postgres.dsn("nowhere"), postgres.dsn("postgres").replace("kiosk@", "nobody:secret@")):
        with pytest.raises(Trouble) as refused:
            PostgresStore.open(dsn)
        assert (refused.value.code, refused.value.retryable) == ("AUT-15", False)
        assert "secret" not in f"{refused.value} {refused.value.detail}"


def test_only_an_empty_database_becomes_an_authority(postgres: Cluster) -> None:
    """Another program's tables, or another authority's books, would be mixed with ours."""
    dsn = postgres.new_database()
    with pytest.raises(Trouble) as empty:
        PostgresStore.open(dsn)
    assert empty.value.code == "AUT-06" and "init" in empty.value.detail
    PostgresStore.create(dsn).close()
    with pytest.raises(Trouble) as taken:
        PostgresStore.create(dsn)
    assert taken.value.code == "AUT-09"


def test_a_database_of_a_newer_program_is_left_alone(postgres: Cluster) -> None:
    """An old program would write into tables whose rules it does not know."""
    dsn = postgres.new_authority_database()
    store = PostgresStore.open(dsn)
    store.write(lambda tx: tx.run("INSERT INTO schema_version(version) VALUES (9999)"))
    store.close()
    with pytest.raises(Trouble) as newer:
        PostgresStore.open(dsn)
    assert newer.value.code == "AUT-07"


def test_one_process_serves_a_database(postgres: Cluster) -> None:
    """Two would not know each other's nonces, and a request could be played twice."""
    dsn = postgres.new_authority_database()
    first, second = PostgresStore.open(dsn), PostgresStore.open(dsn)
    first.claim()
    with pytest.raises(Trouble) as served:
        second.claim()
    assert (served.value.code, served.value.retryable) == ("AUT-10", True)
    second.write(lambda tx: put_setting(tx, "a", "1"))  # an operator's command may work beside it
    first.close()
    second.claim()
    second.close()


def test_a_store_on_an_event_loops_own_thread_is_a_bug(store: PostgresStore) -> None:
    """The whole server would stand still at every read."""

    async def read() -> None:
        store.read(lambda tx: get_setting(tx, "a"))

    with pytest.raises(Bug):
        asyncio.run(read())


def test_reads_and_writes_reach_it_from_an_event_loop(store: PostgresStore) -> None:
    """The server could not use the database at all, or would wait for it with everybody."""

    def put(tx: Transaction) -> str:
        put_setting(tx, "a", "1")
        return threading.current_thread().name

    def nothing(_tx: Transaction) -> None:
        raise LookupError("nothing there")

    async def ask() -> tuple[str, str, list[str | None]]:
        async with serving_lanes(store) as runner:
            wrote = await runner.write(put)
            read = await runner.read(lambda _tx: threading.current_thread().name)
            many = await asyncio.gather(*(runner.read(lambda tx: get_setting(tx, "a")) for _ in range(50)))
            with pytest.raises(LookupError):
                await runner.read(nothing)
            with pytest.raises(Bug):
                await runner.read(lambda tx: tx.one("SELECT nonsense"))
            return wrote, read, list(many)

    wrote, read, many = asyncio.run(ask())
    assert (wrote, read) == ("MainThread", "MainThread"), "no thread stands between"
    assert store.read(lambda tx: get_setting(tx, "a")) == "1", "afterwards it answers plain calls again"
    assert many == ["1"] * 50


def test_one_bad_read_leaves_those_beside_it_alone(store: PostgresStore) -> None:
    """Whoever asked at the same moment would hear of somebody else's fault."""
    store.write(lambda tx: put_setting(tx, "a", "1"))

    def good(tx: Transaction) -> str | None:
        return get_setting(tx, "a")

    results = store.read_batch([good, lambda tx: tx.one("SELECT nonsense"), good])
    assert [getattr(result, "value", None) for result in results] == ["1", None, "1"]


def test_the_claim_moves_to_the_servers_loop_at_once(postgres: Cluster) -> None:
    """Until somebody pays, a second server could start beside the first, and the first could not write any more."""
    dsn = postgres.new_authority_database()
    store = PostgresStore.open(dsn)
    store.claim()
    other = PostgresStore.open(dsn)

    async def serve() -> None:
        async with serving_lanes(store) as runner:
            await runner.read(lambda tx: get_setting(tx, "a"))
            with pytest.raises(Trouble) as taken:
                await asyncio.to_thread(other.claim)
            assert taken.value.code == "AUT-10"

    asyncio.run(serve())
    other.close()
    store.close()
