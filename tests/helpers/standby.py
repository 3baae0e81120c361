"""Two PostgreSQL servers, of which one follows the other: a primary that confirms nothing before its standby has it on disk.

The standby is a copy of the primary, is promoted when that one is dead or out of reach, and the old one comes back as its
successor's standby, by ``pg_rewind``. Not responsible for what a server is and how it dies (``postgres``).
"""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.helpers.postgres import SETTINGS, START_LIMIT_S, Cluster, running_cluster

POLL_S = 0.02
KEPT = {**SETTINGS, "wal_keep_size": "256MB", "wal_retrieve_retry_interval": "100ms"}
"""In the servers' own files, because ``pg_rewind`` starts a server with those alone; whoever was away finds what it missed."""


class Pair:
    """``primary`` serves, ``standby`` follows it; a failover exchanges them."""

    def __init__(self, primary: Cluster, standby: Cluster) -> None:
        self.primary, self.standby = primary, standby
        self._sender = 0
        self._made = 0

    def new_database(self) -> str:
        """The address of a new, empty database: that of both servers, the present primary first."""
        self._made += 1
        name = f"kiosk_{self._made}"
        self.primary.sql(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        known = f"SELECT count(*) FROM pg_database WHERE datname = '{name}'"
        wait_until(lambda: self.standby.sql(known) == "1", "the standby does not replay")
        both = (self.primary, self.standby)
        hosts, ports = ",".join(str(one.folder) for one in both), ",".join(str(one.port) for one in both)
        return f"postgresql://kiosk@/{name}?host={hosts}&port={ports}"

    def follow(self) -> None:
        """Start the standby; from its first answer on the primary waits for it with every commit."""
        self.standby.start()
        name = self.standby.settings["cluster_name"]
        self.primary.sql(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
        self.primary.sql("SELECT pg_reload_conf()")
        state = "SELECT sync_state FROM pg_stat_replication"
        wait_until(lambda: self.primary.sql(state) == "sync", "the standby does not follow")
        self._sender = int(self.primary.sql("SELECT pid FROM pg_stat_replication"))

    def stall(self) -> None:
        """The standby hears nothing more, and the primary has not noticed: its commits wait."""
        os.kill(self._sender, signal.SIGSTOP)

    def waiting(self) -> list[int]:
        """The primary's processes whose commits wait for the standby."""
        told = self.primary.sql("SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        return [int(line) for line in told.splitlines()]

    def promote(self) -> None:
        """Make the standby the primary. It has no standby yet, and waits for none."""
        self.standby.sql("SELECT pg_promote()")
        self.primary, self.standby = self.standby, self.primary

    def rejoin(self) -> None:
        """Bring the old primary back as the standby of the new one: what only it had is taken back first."""
        self.standby.kill()
        # before PostgreSQL 16 a rewind believes the last checkpoint, which is older than the promotion
        self.primary.sql("CHECKPOINT")
        source = f"host={self.primary.folder} port={self.primary.port} user=kiosk dbname=postgres"
        _run(self.standby, "pg_rewind", "-D", str(self.standby.data), "--source-server", source, "-R")
        self.primary.sql(
            "CHECKPOINT"
        )  # what the standby must have before it answers is written, and not only to be written
        self.follow()


@contextmanager
def running_pair() -> Iterator[Pair]:
    """Two new servers and their end, whatever happens. Skips as ``running_cluster`` does."""
    with running_cluster(settings={"cluster_name": "nantes"}) as first:
        for name, value in KEPT.items():
            first.sql(f"ALTER SYSTEM SET {name} = '{value}'")
        first.sql("SELECT pg_reload_conf()")
        folder = Path(tempfile.mkdtemp(prefix="kiosk-pg-", dir=first.folder.parent))
        second = Cluster(folder, first.bin, first.owner, settings={**SETTINGS, "cluster_name": "lyon"})
        try:
            if second.owner is not None:
                shutil.chown(folder, second.owner)
            source = f"host={first.folder} port={first.port} user=kiosk"
            _run(
                second, "pg_basebackup", "-D", str(second.data), "-d", source, "-X", "stream", "-c", "fast", "-N", "-R"
            )
            pair = Pair(first, second)
            pair.follow()
            yield pair
        finally:
            second.stop()
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def frozen(cluster: Cluster) -> Iterator[None]:
    """A machine that stands still, or is cut off: its connections live on, and nobody answers. At the end it goes on as if nothing
    had happened."""
    assert cluster.process is not None
    numbers = [cluster.process.pid]
    os.kill(cluster.process.pid, signal.SIGSTOP)
    try:
        numbers += cluster._children()  # no more of them are born, and none is buried
        for number in numbers:
            os.kill(number, signal.SIGSTOP)
        yield
    finally:
        for number in reversed(numbers):
            os.kill(number, signal.SIGCONT)


def wait_until(condition: Callable[[], bool], otherwise: str) -> None:
    """Until it is so; fails with ``otherwise`` after a while."""
    patience = threading.Event()
    for _ in range(int(START_LIMIT_S / POLL_S)):
        if condition():
            return
        patience.wait(POLL_S)
    raise AssertionError(otherwise)


def _run(cluster: Cluster, program: str, *words: str) -> None:
    command = [*cluster._as_owner(), str(cluster.bin / program), *words]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cluster.folder)
    assert ran.returncode == 0, ran.stderr
