"""How every connection to PostgreSQL is set: limits of time, what must be so for a yes to be durable, and how statements are
planned.

Not responsible for connecting (``postgres_session``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

CONNECT_LIMIT_S: Final = 5.0
CLOSE_LIMIT_S: Final = 2.0
MANY_ROWS: Final = 2_000  # at a time, so that a lot of a million cards is not one call

SERVING_LOCK: Final = int.from_bytes(b"kioskaut", "big")
"""PostgreSQL's advisory lock of the one process that serves, or changes the schema of, a database."""
SECOND_LOCK: Final = SERVING_LOCK + 1
"""The same of its second writing connection, so that neither is without a lock when the other is lost."""
READER_LOCK: Final = SERVING_LOCK + 2
"""The same of its reading connection: while one that was given up still waits for a standby, no other takes its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long what may take. ``answer_s`` is ours, for any call, a commit that waits for a standby among them; the others are the
    server's: for a statement (it never applies to a commit), for a lock, which an operator's command may hold for a moment, and
    for standing still inside a transaction, which must not hold up the others for ever."""

    answer_s: float = 30.0
    statement_ms: int = 20_000
    lock_ms: int = 5_000
    idle_ms: int = 60_000


SERVER_SETTINGS: Final = {
    "client_min_messages": "warning",
    "jit": "off",  # short statements only
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
# The statements that write find their rows by their keys. Planning each anew took longer than running it, and a plan that was
# made while
# a table was empty would read all of it once it is full.
NO_SETTINGS: Final[Mapping[str, str]] = {}
BY_KEYS: Final = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
# remote_apply is more than "on" and may stay; whatever is less is not durable
SETTLE: Final = """
SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('server_encoding'),
       set_config('synchronous_commit',
                  CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)
"""
WANTED: Final = {"fsync": "on", "full_page_writes": "on", "server_encoding": "UTF8"}
