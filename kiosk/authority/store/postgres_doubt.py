"""What the primary shows and a failover may take back: a commit that nobody knows of, until a later one is confirmed.

Once a commit's outcome is unknown, its rows may be seen on this server while no standby has them, and a look at them would be told
as done. A commit that says nothing comes after all of them in the log: once it is confirmed, they are. Not responsible for making
it (``postgres_session``).
"""

from typing import Final

# written only for its place in the log; a transaction that writes nothing waits for nobody
NOTHING: Final = "SELECT pg_logical_emit_message(true, 'kiosk', '')"


class Doubts:
    """How often a commit of one store was left unknown; shared by its sessions, each of which remembers up to which it is sure."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0
