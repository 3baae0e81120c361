"""How a connection to PostgreSQL is made: to the server that takes writes, of those that the address names, with our settings and
limits, and with whole numbers for what the driver calls numeric.

Not responsible for judging the server at its other end nor for when one is needed (``postgres_session``).
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

import asyncpg

from kiosk.authority.store.postgres_settings import CONNECT_LIMIT_S, SERVER_SETTINGS, Limits

# not urlsplit: it knows of one server an address, and refuses an IPv6 address behind another's comma
_PLACE: Final = re.compile(r"[a-z]+://(?:[^/?#]*@)?(?P<servers>[^/?#@]*)")

# whoever says this, or nothing, is not the one: the next is asked
_ANOTHER: Final = (
    OSError,
    asyncpg.TargetServerAttributeNotMatched,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is the same for every connection of one side: how it calls itself at the server, how its statements are planned, and
    who hears the server's notices."""

    limits: Limits
    purpose: str
    planning: Mapping[str, str]
    on_warning: Callable[[object, object], None]


class Servers:
    """The servers that an address names; one of them takes writes. The one that last did is asked first, by all who share this:
    a server that is dead is not waited for again, and one that comes back as if nothing had happened is not chosen."""

    def __init__(self, address: str) -> None:
        """``address`` may hold a password and is shown to nobody."""
        self._addresses = one_by_one(address)

    async def connect(self, wanted: Wanted) -> asyncpg.Connection:
        """A new connection; each server has its own ``CONNECT_LIMIT_S``. Raises what the driver raises
        (``postgres_trouble.FOREIGN``)."""
        *others, last = tuple(self._addresses)
        for address in others:
            try:
                return await self._reach(address, wanted)
            except _ANOTHER:
                continue
        return await self._reach(last, wanted)

    async def _reach(self, address: str, wanted: Wanted) -> asyncpg.Connection:
        # WORKAROUND(asyncpg 0.32): its own limit is one for all servers, and the first that is silent uses it up
        async with asyncio.timeout(CONNECT_LIMIT_S):
            connection = await _connected(address, wanted)
        self._addresses.remove(address)
        self._addresses.insert(0, address)
        return connection


async def _connected(address: str, wanted: Wanted) -> asyncpg.Connection:
    connection = await asyncpg.connect(
        address,
        statement_cache_size=0,  # the statements that are kept are kept by the session, without a limit of time
        target_session_attrs="read-write",  # money is read where it is written (SV-05)
        server_settings={
            **SERVER_SETTINGS,
            **wanted.planning,
            "application_name": f"kiosk authority {wanted.purpose}",
            "statement_timeout": str(wanted.limits.statement_ms),
            "lock_timeout": str(wanted.limits.lock_ms),
            "idle_in_transaction_session_timeout": str(wanted.limits.idle_ms),
        },
    )
    try:
        connection.add_log_listener(wanted.on_warning)
        # sum() of whole numbers is numeric in PostgreSQL; a fraction would be somebody's mistake and raises
        await connection.set_type_codec("numeric", schema="pg_catalog", encoder=str, decoder=int, format="text")
    except BaseException:
        connection.terminate()
        raise
    return connection


def one_by_one(address: str) -> list[str]:
    """An address of several servers as one address for each, in their order: ``a:1,b:2`` before the path, or ``host=a,b`` and
    ``port=1,2`` behind it. Whatever is written in another way stays one address, and the driver judges it."""
    found = _PLACE.match(address)
    if found is not None and found["servers"]:
        before, behind = address[: found.start("servers")], address[found.end() :]
        return [f"{before}{server}{behind}" for server in found["servers"].split(",")]
    query = dict(parse_qsl(address.partition("?")[2], keep_blank_values=True))
    hosts, ports = query.get("host", "").split(","), query.get("port", "").split(",")
    if len(hosts) == 1 or len(ports) not in (1, len(hosts)):
        return [address]
    if len(ports) == 1:
        ports *= len(hosts)
    places = [{"host": host, "port": port} if port else {"host": host} for host, port in zip(hosts, ports, strict=True)]
    return [f"{address.partition('?')[0]}?{urlencode(query | place)}" for place in places]
