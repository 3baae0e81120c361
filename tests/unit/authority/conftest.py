"""Stores for the tests of what the authority decides: such a test runs on SQLite and on PostgreSQL."""

from collections.abc import Iterator

import pytest

from kiosk.authority.store.ports import Store
from kiosk.authority.store.postgres import PostgresStore
from kiosk.authority.store.sqlite import SqliteStore
from tests.helpers.postgres import Cluster


@pytest.fixture
def postgres_store(postgres: Cluster) -> Iterator[PostgresStore]:
    """An empty store in a PostgreSQL database of its own."""
    with postgres.lent() as dsn:
        made = PostgresStore.open(dsn)
        yield made
        made.close()


@pytest.fixture(params=["sqlite", "postgres"])
def either_store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """An empty store of each kind in turn."""
    if request.param == "postgres":
        yield request.getfixturevalue("postgres_store")
        return
    made = SqliteStore.in_memory()
    yield made
    made.close()
