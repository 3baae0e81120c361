"""A store for the tests of what the authority decides: each such test runs on SQLite and on PostgreSQL."""

from collections.abc import Iterator

import pytest

from kiosk.authority.store.ports import Store
from kiosk.authority.store.sqlite import SqliteStore


@pytest.fixture(params=["sqlite", "postgres"])
def either_store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """An empty store of each kind in turn."""
    made: Store = SqliteStore.in_memory()
    if request.param == "postgres":
        from kiosk.authority.store.postgres import PostgresStore

        made = PostgresStore.open(request.getfixturevalue("postgres").new_authority_database())
    yield made
    made.close()
