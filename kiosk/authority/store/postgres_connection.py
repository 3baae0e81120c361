"""How a connection to PostgreSQL is made: with our settings and limits, and with whole numbers for what the driver calls numeric.

Not responsible for judging the server at its other end nor for when one is needed (``postgres_session``).
"""

from collections.abc import Callable, Mapping

import asyncpg

from kiosk.authority.store.postgres_settings import CONNECT_LIMIT_S, SERVER_SETTINGS, Limits


async def connect(
    dsn: str,
    limits: Limits,
    *,
    purpose: str,
    planning: Mapping[str, str],
    on_warning: Callable[[object, object], None],
) -> asyncpg.Connection:
    """A new connection, which calls itself ``purpose`` at the server; ``on_warning`` hears the server's notices. Raises what the
    driver raises (``postgres_trouble.FOREIGN``)."""
    connection = await asyncpg.connect(
        dsn,
        timeout=CONNECT_LIMIT_S,
        statement_cache_size=0,  # the statements that are kept are kept by the session, without a limit of time
        target_session_attrs="read-write",  # money is read where it is written (SV-05)
        server_settings={
            **SERVER_SETTINGS,
            **planning,
            "application_name": f"kiosk authority {purpose}",
            "statement_timeout": str(limits.statement_ms),
            "lock_timeout": str(limits.lock_ms),
            "idle_in_transaction_session_timeout": str(limits.idle_ms),
        },
    )
    connection.add_log_listener(on_warning)
    # sum() of whole numbers is numeric in PostgreSQL; a fraction would be somebody's mistake and raises
    await connection.set_type_codec("numeric", schema="pg_catalog", encoder=str, decoder=int, format="text")
    return connection
