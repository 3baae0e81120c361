"""A PostgreSQL server of the test run's own: made in a temporary folder, ended with the run, killed and started again on demand.

PostgreSQL refuses to run as root, so root lends it another user. The server dies with the thread that started it, whatever happens
to the run. Durability is as in production; only the making of the folder is not waited for. Each test gets a database of its own.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

START_LIMIT_S = 30.0
STOP_LIMIT_S = 20.0
POLL_S = 0.02
TEMPLATE = "kiosk_template"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "64MB",
    "max_connections": "50",
    "max_wal_size": "1GB",
    "autovacuum": "off",  # nothing lives long enough here
    "recovery_init_sync_method": "syncfs",  # after a kill: one call, not one a file
    "log_min_messages": "fatal",
}


# statements that bring a database back to what the migrations made: nothing in the tables but what they put there. Triggers and
# foreign keys are asleep meanwhile: the books refuse to be emptied, and tables name each other
_EMPTYING = """
WITH tables AS (
  SELECT c.relname,
         (xpath('/row/rows/text()', query_to_xml(
            format('SELECT coalesce(json_agg(t), ''[]'') AS rows FROM %I t', c.relname), false, true, '')))[1]::text AS rows
    FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
)
SELECT 'SET session_replication_role = replica; SET lock_timeout = 2000; '
    || string_agg(format('DELETE FROM %I; ', relname), '')
    || string_agg(format('INSERT INTO %I SELECT * FROM json_populate_recordset(NULL::public.%I, %L); ', relname, relname, rows), '')
       FILTER (WHERE rows <> '[]')
    || coalesce((SELECT string_agg(format('ALTER SEQUENCE %I RESTART; ', relname), '') FROM pg_class
                  WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace), '')
  FROM tables
"""


def programs() -> Path | None:
    """The folder of the server's programs, if they are installed."""
    if asked := shutil.which("pg_config"):
        told = Path(subprocess.run([asked, "--bindir"], capture_output=True, text=True, check=True).stdout.strip())
        if (told / "initdb").exists():
            return told
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


@dataclass
class Cluster:
    """The running server. ``folder`` holds its data, its socket and its log. Databases are not dropped one by one, which takes
    longer than a test; they are lent again, or go with the folder."""

    folder: Path
    bin: Path
    owner: str | None
    settings: Mapping[str, str] = field(default_factory=lambda: SETTINGS)
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = None
    made: int = 0
    prepared: bool = False
    emptied: list[str] = field(default_factory=list)
    emptying: str = ""

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def dsn(self, name: str) -> str:
        """The address of a database, over the socket."""
        return f"postgresql://kiosk@/{name}?host={self.folder}&port={self.port}"

    def start(self) -> None:
        """Start the server on the port that it had before, or on a free one; returns when it answers."""
        if self.port == 0:
            with socket.create_server(("127.0.0.1", 0)) as free:
                self.port = free.getsockname()[1]
        settings = {**self.settings, "port": str(self.port), "unix_socket_directories": str(self.folder)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self._as_owner("INT"), str(self.bin / "postgres"), "-D", str(self.data), *options],
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        patience = threading.Event()
        for _ in range(int(START_LIMIT_S / POLL_S)):
            ready = [str(self.bin / "pg_isready"), "-q", "-h", str(self.folder), "-p", str(self.port)]
            if subprocess.run(ready, check=False).returncode == 0:
                return
            assert self.process.poll() is None, (self.folder / "log").read_text()
            patience.wait(POLL_S)
        raise AssertionError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()}")

    def kill(self) -> None:
        """As a power cut would end it: the server and everything that it started, without a last word."""
        assert self.process is not None
        children = self._children()
        for number in (self.process.pid, *children):
            _kill(number)
        self.process.wait(STOP_LIMIT_S)
        _wait_for_the_end(children)

    def stop(self) -> None:
        """End it, at once and in order of process ids; nothing is left."""
        if self.process is None or self.process.poll() is not None:
            return
        children = self._children()
        self.process.send_signal(signal.SIGQUIT)
        try:
            self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
        _wait_for_the_end(children)

    def sql(self, statement: str, *, database: str = "postgres") -> str:
        """One statement as the superuser; what it says."""
        command = [str(self.bin / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder)]
        ran = subprocess.run(
            [*command, "-p", str(self.port), "-U", "kiosk", "-d", database, "-c", statement],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    def new_database(self, *, template: str = "template0") -> str:
        """The address of a new database."""
        self.made += 1
        name = f"test_{self.made}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'")
        return self.dsn(name)

    def new_authority_database(self) -> str:
        """The address of a new database with the newest schema and nothing in it."""
        from kiosk.authority.store.postgres import PostgresStore  # most runs never come here

        if not self.prepared:
            self.sql(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0 ENCODING 'UTF8'")
            PostgresStore.create(self.dsn(TEMPLATE)).close()
            self.emptying = self.sql(_EMPTYING, database=TEMPLATE)
            self.prepared = True
        return self.new_database(template=TEMPLATE)

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The address of an empty authority's database that was perhaps another test's. Not for tests that alter its schema."""
        dsn = self.emptied.pop() if self.emptied else self.new_authority_database()
        yield dsn
        self.sql(self.emptying, database=_name(dsn))
        self.emptied.append(dsn)

    @contextmanager
    def setting(self, name: str, value: str) -> Iterator[None]:
        """A setting of the whole server for a while; open connections hear of it too."""
        self.sql(f"ALTER SYSTEM SET {name} = '{value}'")
        self._reload(name, value)
        try:
            yield
        finally:
            self.sql(f"ALTER SYSTEM RESET {name}")
            self._reload(name, None)

    def _reload(self, name: str, value: str | None) -> None:
        before = self.sql(f"SELECT setting FROM pg_settings WHERE name = '{name}'")
        self.sql("SELECT pg_reload_conf()")
        patience = threading.Event()
        for _ in range(int(START_LIMIT_S / POLL_S)):
            now = self.sql(f"SELECT setting FROM pg_settings WHERE name = '{name}'")
            if now == value or (value is None and now != before):
                return
            patience.wait(POLL_S)
        raise AssertionError(f"PostgreSQL did not take over {name}")

    def _as_owner(self, death: str | None = None) -> list[str]:
        words = ["setpriv"]
        if self.owner is not None:
            words += [f"--reuid={self.owner}", f"--regid={pwd.getpwnam(self.owner).pw_gid}", "--clear-groups"]
        if death is not None and shutil.which("setpriv"):
            words += ["--pdeathsig", death]
        return words if len(words) > 1 else []

    def _children(self) -> list[int]:
        assert self.process is not None
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(word) for word in found.read_text().split()] if found.exists() else []


@contextmanager
def running_cluster(*, settings: Mapping[str, str] | None = None, parent: Path | None = None) -> Iterator[Cluster]:
    """A new server and its end, whatever happens; with other ``settings``, or in ``parent`` and not in the system's temporary
    folder, where they are given. Skips where PostgreSQL is not installed, unless the run is a verdict (``CI``)."""
    found = programs()
    if found is None:
        assert "CI" not in os.environ, "PostgreSQL's server programs are missing: scripts/bootstrap installs them"
        pytest.skip("PostgreSQL's server programs are not installed: scripts/bootstrap installs them")
    owner = _owner() if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="kiosk-pg-", dir=parent))
    cluster = Cluster(folder, found, owner, settings={**SETTINGS, **(settings or {})})
    try:
        if owner is not None:
            shutil.chown(folder, owner)
        subprocess.run(
            [*cluster._as_owner(), str(found / "initdb"), "-D", str(cluster.data), "-U", "kiosk", "-A", "trust", "-N",
             "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums"],
            check=True,
            capture_output=True,
            cwd=folder,
        )  # fmt: skip # the words of one command
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _name(dsn: str) -> str:
    return dsn.partition("@/")[2].partition("?")[0]


def _owner() -> str:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise AssertionError("root has no user to lend to PostgreSQL")


def _kill(number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(number, signal.SIGKILL)


def _lives(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # dead, and not yet asked for by whoever inherited it


def _wait_for_the_end(numbers: list[int]) -> None:
    patience = threading.Event()
    for _ in range(int(STOP_LIMIT_S / POLL_S)):
        if not any(_lives(number) for number in numbers):
            return
        patience.wait(POLL_S)
    raise AssertionError("PostgreSQL's processes did not end")
