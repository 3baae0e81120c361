"""An address that names several servers: each is asked in turn, for its own time, and first the one that took writes last."""

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.authority.store.postgres import PostgresStore
from kiosk.authority.store.postgres_connection import one_by_one
from kiosk.authority.store.postgres_settings import CONNECT_LIMIT_S
from kiosk.authority.store.settings import get_setting, put_setting
from kiosk.errors import Trouble
from tests.helpers.postgres import Cluster


@pytest.mark.parametrize(
    ("address", "each"),
    [
        ("postgresql://k@a/n", ["postgresql://k@a/n"]),
        ("postgresql://k:p%2C@a,b/n", ["postgresql://k:p%2C@a/n", "postgresql://k:p%2C@b/n"]),
        ("postgres://a:1,[::1]:2/n?sslmode=require", ["postgres://a:1/n?sslmode=require", "postgres://[::1]:2/n?sslmode=require"]),
        ("postgresql:///n?host=/a,/b&port=1,2", ["postgresql:///n?host=%2Fa&port=1", "postgresql:///n?host=%2Fb&port=2"]),
        ("postgresql://k@/n?port=7&host=a,b", ["postgresql://k@/n?port=7&host=a", "postgresql://k@/n?port=7&host=b"]),
        ("postgresql://k@/n?host=a,b", ["postgresql://k@/n?host=a", "postgresql://k@/n?host=b"]),
        ("postgresql://k@/n?host=a,b,c&port=1,2", ["postgresql://k@/n?host=a,b,c&port=1,2"]),
        ("postgresql:///n", ["postgresql:///n"]),
    ],
)  # fmt: skip # an address and what becomes of it stand on one line
def test_an_address_is_one_for_each_server(address: str, each: list[str]) -> None:
    """The second server would be asked under the first one's name or port, or never."""
    assert one_by_one(address) == each


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[int]:
    """A server that takes the connection and never says a word, as one that hangs; its port, in the test's folder."""
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(str(tmp_path / ".s.PGSQL.1"))
        listening.listen()
        yield 1


def test_a_server_that_is_silent_is_passed_over_and_then_not_waited_for(
    postgres: Cluster, silent: int, tmp_path: Path
) -> None:
    """The first of two servers hangs: the other one would never be asked, or each connection would wait for the first anew."""
    name = postgres.new_authority_database().partition("@/")[2].partition("?")[0]
    hosts, ports = f"{tmp_path},{postgres.folder}", f"{silent},{postgres.port}"
    started = time.monotonic()
    store = PostgresStore.open(f"postgresql://kiosk@/{name}?host={hosts}&port={ports}")
    waited = time.monotonic()
    assert waited - started >= CONNECT_LIMIT_S
    store.write(lambda tx: put_setting(tx, "a", "1"))
    assert store.read(lambda tx: get_setting(tx, "a")) == "1"  # over a connection of its own
    assert time.monotonic() - waited < CONNECT_LIMIT_S
    store.close()


def test_servers_that_are_all_away_are_trouble_that_passes(tmp_path: Path) -> None:
    """The authority would take an outage of both for a mistake in its own program."""
    with pytest.raises(Trouble) as away:
        PostgresStore.open(f"postgresql://kiosk@/n?host={tmp_path},{tmp_path}&port=1,2")
    assert (away.value.code, away.value.retryable) == ("AUT-12", True)
