"""One open transaction of PostgreSQL as the authority's work sees it. The transaction around the statements is the store's."""

from collections.abc import Iterable, Sequence
from typing import Any

from kiosk.authority.store.ports import Row, Value
from kiosk.authority.store.postgres_session import PostgresSession


class PostgresTransaction:
    """Statements of one side."""

    takes_arrays = True

    def __init__(self, session: PostgresSession) -> None:
        self._session = session

    def one(self, sql: str, *values: Value) -> Row | None:
        return self._session.first(sql, values)

    def all(self, sql: str, *values: Value) -> list[Row]:
        return self._session.rows(sql, values)

    def run(self, sql: str, *values: Value) -> int:
        return self._session.count(sql, values)

    def run_many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        self._session.many(sql, rows)

    def fetch(self, sql: str, *values: Value | Sequence[Value]) -> list[Row]:
        """PostgreSQL's own SQL, with ``$1``… for values and lists for arrays: one statement for a whole batch."""
        return self._session.rows(sql, values)

    @property
    def begun(self) -> bool:
        """Whether a statement has needed a transaction around it."""
        return self._session.begun

    def look(self, sql: str, *values: Value | Sequence[Value]) -> list[Row]:
        """``fetch`` of what is true now; the first thing that a work does needs no transaction for it."""
        return self._session.look(sql, values)

    def ahead(self) -> Any:  # Any: whatever ``end_with`` was told; who asks is who told it
        """What the writing under way will leave; from now on this work stands and falls with it."""
        return self._session.ahead()

    def end_with(self, sql: str, *values: Value | Sequence[Value], leaves: object = None) -> None:
        """The work's only writing and its last statement: it is its own transaction. ``leaves``: what it leaves, for whoever is
        decided meanwhile."""
        self._session.end_with(sql, values, leaves=leaves)
