"""The statements of one connection to PostgreSQL: prepared once each, and kept as long as the connection.

Not responsible for limits of time nor for what a failure means (``postgres_session``).
"""

from collections.abc import Sequence
from typing import Final

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

from kiosk.authority.store.ports import Row, Value
from kiosk.authority.store.postgres_sql import numbered

MAX_STATEMENTS: Final = 500


class Statements:
    """Raises what the driver raises."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._kept: dict[str, PreparedStatement] = {}
        self._named = 0

    async def execute(self, sql: str) -> str:
        """One or several statements without values; what PostgreSQL says of the last."""
        said: str = await self._connection.execute(sql)
        return said

    async def first(self, sql: str, values: Sequence[Value]) -> Row | None:
        record = await (await self._prepared(sql)).fetchrow(*values)
        return None if record is None else tuple(record)

    async def rows(self, sql: str, values: Sequence[object]) -> list[Row]:
        # a slice of a record is a tuple, made twice as fast as by going through it
        return [record[:] for record in await (await self._prepared(sql)).fetch(*values)]

    async def said(self, sql: str, values: Sequence[Value]) -> str:
        """What PostgreSQL says of the statement, such as ``UPDATE 1``."""
        statement = await self._prepared(sql)
        await statement.fetch(*values)
        said: str = statement.get_statusmsg()
        return said

    async def many(self, sql: str, rows: list[Sequence[Value]]) -> None:
        await (await self._prepared(sql)).executemany(rows)

    async def _prepared(self, sql: str) -> PreparedStatement:
        statement = self._kept.get(sql)
        if statement is None:
            if len(self._kept) >= MAX_STATEMENTS:
                self._kept.clear()
            # WORKAROUND(asyncpg 0.32): without a name it is the unnamed statement, parsed and planned again at every execution
            self._named += 1
            statement = self._kept[sql] = await self._connection.prepare(numbered(sql), name=f"kiosk_{self._named}")
        return statement
