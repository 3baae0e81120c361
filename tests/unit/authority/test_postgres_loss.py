"""When PostgreSQL goes away, hangs or cannot confirm: trouble and never a success; afterwards the same store goes on by itself."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial

import pytest

from kiosk.authority.store.ports import Done, Transaction
from kiosk.authority.store.postgres import PostgresStore
from kiosk.authority.store.postgres_settings import Limits
from kiosk.authority.store.settings import get_setting, put_setting
from kiosk.authority.store.writer import BatchWriter
from kiosk.errors import Trouble
from tests.helpers.postgres import Cluster

WAIT_S = 20.0


@pytest.fixture
def dsn(postgres: Cluster) -> str:
    return postgres.new_authority_database()


@pytest.fixture
def store(dsn: str) -> Iterator[PostgresStore]:
    made = PostgresStore.open(dsn)
    yield made
    made.close()


def _put(name: str, value: str = "1") -> Callable[[Transaction], str]:
    def work(tx: Transaction) -> str:
        put_setting(tx, name, value)
        return value

    return work


def _get(store: PostgresStore, name: str) -> str | None:
    return store.read(lambda tx: get_setting(tx, name))


def _own_pid(tx: Transaction) -> int:
    row = tx.one("SELECT pg_backend_pid()")
    assert row is not None
    return int(row[0])


def _end(postgres: Cluster, pid: int) -> None:
    postgres.sql(f"SELECT pg_terminate_backend({pid}, 5000)")


def test_a_connection_that_died_while_nothing_was_going_on_costs_nobody_anything(
    store: PostgresStore, postgres: Cluster
) -> None:
    """After a night's restart of the database the first sale of the morning would fail."""
    store.write(_put("a"))
    _end(postgres, store.write(_own_pid))
    _end(postgres, store.read(_own_pid))
    assert _get(store, "a") == "1"
    assert store.write(_put("b")) == "1"


def test_a_connection_that_dies_in_the_middle_is_trouble_and_leaves_nothing(
    store: PostgresStore, postgres: Cluster
) -> None:
    """Half of an activation would stay, or the authority would need a restart."""

    def cut(tx: Transaction) -> None:
        put_setting(tx, "half", "1")
        _end(postgres, _own_pid(tx))
        put_setting(tx, "other", "1")

    for attempt in (lambda: store.write(cut), lambda: store.write_batch([_put("x"), cut, _put("y")])):
        with pytest.raises(Trouble) as lost:
            attempt()
        assert (lost.value.code, lost.value.retryable) == ("AUT-12", True)

    def cut_read(tx: Transaction) -> str | None:
        _end(postgres, _own_pid(tx))
        return get_setting(tx, "a")

    assert [heard.code for heard in _troubles(lambda: store.read(cut_read))] == ["AUT-12"]
    assert [_get(store, name) for name in ("half", "other", "x", "y")] == [None] * 4
    assert store.write_batch([_put("x"), _put("y")]) == [Done("1"), Done("1")]


def test_a_killed_server_is_trouble_until_it_is_back_and_keeps_what_was_answered(
    store: PostgresStore, postgres: Cluster
) -> None:
    """A power cut at the database would lose an activation that a till was told of, or leave the authority dead."""
    writer = BatchWriter(store)
    writer.start()
    assert writer.submit(_put("kept")).result(WAIT_S) == "1"
    postgres.kill()
    for number in range(2):
        with pytest.raises(Trouble) as gone:
            writer.submit(_put(f"n{number}")).result(WAIT_S)
        assert (gone.value.code, gone.value.retryable) == ("AUT-12", True)
    with pytest.raises(Trouble):
        _get(store, "kept")
    postgres.start()
    assert _get(store, "kept") == "1"
    assert writer.submit(_put("n1")).result(WAIT_S) == "1"
    assert (_get(store, "n0"), _get(store, "n1")) == (None, "1")
    writer.stop()


def test_a_connection_that_ends_during_the_commit_is_told_as_unknown(store: PostgresStore, postgres: Cluster) -> None:
    """A till would hear yes for what the server took back, or no for what it kept."""
    store.write(lambda tx: tx.run(_ENDS_AT_COMMIT))
    store.write(
        lambda tx: tx.run(
            "CREATE CONSTRAINT TRIGGER ends AFTER INSERT ON meta DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW WHEN (NEW.name = 'ends') EXECUTE FUNCTION ends()"
        )
    )
    writer = BatchWriter(store)
    inside, go_on = threading.Event(), threading.Event()

    def slow(_tx: Transaction) -> None:
        inside.set()
        assert go_on.wait(WAIT_S)

    writer.start()
    first = writer.submit(slow)
    assert inside.wait(WAIT_S)
    waiting: list[Future[str]] = [writer.submit(_put(name)) for name in ("a", "ends", "b")]
    go_on.set()
    first.result(WAIT_S)
    for future in waiting:
        with pytest.raises(Trouble) as doubt:
            future.result(WAIT_S)
        assert (doubt.value.code, doubt.value.retryable) == ("AUT-13", True)
    assert writer.submit(_put("after")).result(WAIT_S) == "1"
    writer.stop()


_ENDS_AT_COMMIT = """
CREATE FUNCTION ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NULL; END $$
"""


def test_a_cancelled_wait_for_the_standby_is_not_a_success(store: PostgresStore, postgres: Cluster) -> None:
    """PostgreSQL answers a cancelled commit with success and a warning; at the next failover the sale would be gone (SV-04)."""
    pid = store.write(_own_pid)
    with postgres.setting("synchronous_standby_names", "nobody"):
        heard: list[Trouble] = []
        thread = threading.Thread(target=lambda: heard.extend(_troubles(lambda: store.write(_put("a")))))
        thread.start()
        _wait_until(lambda: postgres.sql(f"SELECT wait_event FROM pg_stat_activity WHERE pid = {pid}") == "SyncRep")
        postgres.sql(f"SELECT pg_cancel_backend({pid})")
        thread.join(WAIT_S)
    assert [trouble.code for trouble in heard] == ["AUT-13"]
    assert store.write(_put("b")) == "1", "and the store goes on"
    assert _get(store, "a") == "1", "unknown may well mean that it happened"


def test_a_standby_that_never_answers_does_not_hold_the_tills_for_ever(postgres: Cluster, dsn: str) -> None:
    """Every till would wait until its clerk gives up, and the authority would need a restart."""
    store = PostgresStore.open(dsn, Limits(answer_s=0.5))
    with postgres.setting("synchronous_standby_names", "nobody"):
        (heard,) = _troubles(lambda: store.write(_put("a")))
        assert heard.code == "AUT-13"
    assert store.write(_put("b")) == "1"
    store.close()


@pytest.mark.parametrize(("state", "code"), [("53100", "AUT-01"), ("58030", "AUT-02"), ("53200", "AUT-03")])
def test_a_full_or_broken_disk_stops_the_answers_of_the_batch(store: PostgresStore, state: str, code: str) -> None:
    """An activation would be confirmed that the disk never took."""
    store.write(_put("kept"))

    def refused(tx: Transaction) -> None:
        tx.one(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$")

    batches: list[list[Callable[[Transaction], object]]] = [[refused], [_put("small"), refused, _put("more")]]
    for works in batches:
        (heard,) = _troubles(partial(store.write_batch, works))
        assert (heard.code, heard.retryable) == (code, True)
    assert [_get(store, name) for name in ("kept", "small", "more")] == ["1", None, None]
    store.write(_put("small"))


def test_two_that_wait_for_one_another_both_get_through(store: PostgresStore, dsn: str) -> None:
    """An operator's command would be lost, or a till told of trouble, because both touched two cards in another order."""
    store.write_batch([_put("a"), _put("b")])
    other = PostgresStore.open(dsn)
    met, tries = threading.Barrier(2), {"store": 0, "other": 0}

    def crossing(who: str, first: str, second: str) -> Callable[[Transaction], None]:
        def work(tx: Transaction) -> None:
            tries[who] += 1
            put_setting(tx, first, who)
            if tries[who] == 1:
                met.wait(WAIT_S)
            put_setting(tx, second, who)

        return work

    thread = threading.Thread(target=lambda: other.write_batch([crossing("other", "b", "a")]))
    thread.start()
    store.write_batch([_put("c"), crossing("store", "a", "b")])
    thread.join(WAIT_S)
    other.close()
    assert min(tries.values()) == 1 < max(tries.values()), "one of them was undone by the server and tried again"
    assert _get(store, "a") == _get(store, "b")


def test_a_lock_that_somebody_keeps_is_trouble_in_time(store: PostgresStore, dsn: str) -> None:
    """A forgotten window of an operator would stop every sale until somebody finds it."""
    hurried = PostgresStore.open(dsn, Limits(lock_ms=200))

    inside, go_on = threading.Event(), threading.Event()

    def keep(tx: Transaction) -> None:
        put_setting(tx, "a", "1")
        inside.set()
        assert go_on.wait(WAIT_S)

    thread = threading.Thread(target=lambda: store.write(keep))
    thread.start()
    assert inside.wait(WAIT_S)
    heard = _troubles(lambda: hurried.write(_put("a", "2")))
    go_on.set()
    thread.join(WAIT_S)
    assert [(trouble.code, trouble.retryable) for trouble in heard] == [("AUT-03", True)]
    assert hurried.write(_put("a", "2")) == "2"
    hurried.close()


def test_the_right_to_serve_is_taken_up_again_or_given_up(postgres: Cluster, dsn: str) -> None:
    """After a lost connection two processes would serve one database and play each other's requests."""
    first, second = PostgresStore.open(dsn), PostgresStore.open(dsn)
    first.claim()
    _end(postgres, first.write(_own_pid))
    first.write(_put("a"))
    (heard,) = _troubles(second.claim)
    assert heard.code == "AUT-10", "the first holds it on its new connection"
    _end(postgres, first.write(_own_pid))
    second.claim()
    (heard,) = _troubles(lambda: first.write(_put("a")))
    assert heard.code == "AUT-10"
    second.close()
    assert first.write(_put("a")) == "1"
    first.close()


def test_a_server_that_takes_no_writes_is_not_asked(store: PostgresStore, postgres: Cluster, dsn: str) -> None:
    """After a failover the old primary would still tell balances that are no longer true (SV-05)."""
    name = dsn.partition("@/")[2].partition("?")[0]
    store.write(_put("a"))
    postgres.sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    _end(postgres, store.write(_own_pid))
    for call in (lambda: store.write(_put("b")), lambda: PostgresStore.open(dsn)):
        assert [heard.code for heard in _troubles(call)] == ["AUT-12"]
    postgres.sql(f"ALTER DATABASE {name} SET default_transaction_read_only = off")
    assert store.write(_put("b")) == "1"


def _troubles(call: Callable[[], object]) -> list[Trouble]:
    try:
        call()
    except Trouble as trouble:
        return [trouble]
    return []


def _wait_until(condition: Callable[[], bool]) -> None:
    patience = threading.Event()
    for _ in range(400):
        if condition():
            return
        patience.wait(0.05)
    raise AssertionError("it did not come to that")
