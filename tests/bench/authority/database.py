"""The database under measurement: one PostgreSQL cluster of its own, tuned as ``docs/operations.md`` says, and the two references
that run on it: pgbench's TPC-B, and the smallest function that could debit a card at all.

Nothing of durability is switched off. Not responsible for the authority's own tables.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.helpers.postgres import Cluster

SETTINGS = {
    "shared_buffers": "2GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "wal_compression": "lz4",
    "max_connections": "300",
    "autovacuum": "on",
}
TPCB_SCALE = 50

# One conditional update, one row with the code as its key: less cannot be exactly once.
_SMALLEST = """
CREATE TABLE smallest_card(card_id bigint PRIMARY KEY, balance bigint NOT NULL, used int NOT NULL) WITH (fillfactor=70);
CREATE TABLE smallest_ledger(card_id bigint, code int, amount bigint NOT NULL, at timestamptz NOT NULL, PRIMARY KEY(card_id, code));
INSERT INTO smallest_card SELECT n, 1000000, 0 FROM generate_series(1, {cards}) AS n;
CREATE FUNCTION debit(which bigint, code_no int, minor bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  UPDATE smallest_card SET balance = balance - minor, used = used | (1 << code_no)
   WHERE card_id = which AND balance >= minor AND used & (1 << code_no) = 0;
  IF NOT FOUND THEN RETURN false; END IF;
  INSERT INTO smallest_ledger VALUES (which, code_no, minor, now());
  RETURN true;
END $$;
CREATE TABLE hot_ledger(card_id bigint, no bigserial PRIMARY KEY, amount bigint NOT NULL, at timestamptz NOT NULL);
CREATE FUNCTION debit_hot(which bigint, minor bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  UPDATE smallest_card SET balance = balance - minor WHERE card_id = which AND balance >= minor;
  IF NOT FOUND THEN RETURN false; END IF;
  INSERT INTO hot_ledger(card_id, amount, at) VALUES (which, minor, now());
  RETURN true;
END $$;
UPDATE smallest_card SET balance = 1000000000000 WHERE card_id = 1;
"""
_DEBIT = "\\set which random(2, {cards})\n\\set code random(1, 25)\nSELECT debit(:which, :code, 10);\n"
_DEBIT_HOT = "SELECT debit_hot(1, 1);\n"


def database_of(dsn: str) -> str:
    """The name of the database that an address leads to."""
    return dsn.partition("@/")[2].partition("?")[0]


@dataclass(frozen=True, slots=True)
class Rate:
    """Transactions a second and the mean latency, as pgbench says them."""

    per_s: float
    mean_ms: float


class References:
    """pgbench on the cluster's ``reference`` database."""

    def __init__(self, cluster: Cluster, folder: Path, *, cards: int) -> None:
        self._cluster = cluster
        self._dsn = cluster.new_database()
        self._folder = folder
        subprocess.run(
            [str(cluster.bin / "pgbench"), "-i", "-q", "-s", str(TPCB_SCALE), self._dsn],
            check=True,
            capture_output=True,
        )
        cluster.sql(_SMALLEST.format(cards=cards), database=database_of(self._dsn))
        cluster.sql("VACUUM ANALYZE smallest_card", database=database_of(self._dsn))
        for name, script in (("debit", _DEBIT), ("hot", _DEBIT_HOT)):
            (folder / f"{name}.sql").write_text(script.format(cards=cards), encoding="ascii")

    def tpcb(self, *, clients: int, seconds: int) -> Rate:
        """pgbench's own TPC-B."""
        return self._run([], clients, seconds)

    def debit(self, *, clients: int, seconds: int) -> Rate:
        """The smallest debit, on cards drawn at random."""
        return self._run(["-f", str(self._folder / "debit.sql")], clients, seconds)

    def debit_hot(self, *, clients: int, seconds: int) -> Rate:
        """The smallest debit, everybody on one card; a code may be used twice there, or it would end after 25."""
        return self._run(["-f", str(self._folder / "hot.sql")], clients, seconds)

    def _run(self, script: list[str], clients: int, seconds: int) -> Rate:
        threads = str(min(2, clients))
        done = subprocess.run(
            [
                str(self._cluster.bin / "pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", threads, "-T", str(seconds),
                *script, self._dsn,
            ],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        rate = re.search(r"tps = ([0-9.]+)", done.stdout)
        mean = re.search(r"latency average = ([0-9.]+) ms", done.stdout)
        assert rate and mean, done.stdout
        return Rate(float(rate[1]), float(mean[1]))
