"""A disk without room under an authority at which merchants pay: "not now" before a lie, what is known is shown, it goes on when
there is room again, and every payment that it confirmed is there.

Tiny disks are mounted by root; anybody can limit how long a file may grow.
"""

import asyncio
import os
import resource
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.helpers.paying_site import PayingSite, make_paying_site
from tests.helpers.postgres import running_cluster
from tests.helpers.served import Served, served
from tests.helpers.spending_oracle import faults
from tests.linearizability.history import Call, Result
from tests.linearizability.wire import Wire, unguarded, wire

CARDS: Final = 20
CODES: Final = 25
REFUSALS_WANTED: Final = 3
MIB: Final = 1 << 20

pytestmark = pytest.mark.slow


@dataclass
class Disk:
    """What the authority's data lies on. ``fill`` takes its room away while a process serves, ``free`` gives it back."""

    site: PayingSite
    fill: Callable[[Served], None]
    free: Callable[[Served], None]


@contextmanager
def tiny_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of this size."""
    if os.geteuid() != 0:
        pytest.skip("a tiny disk is mounted by root")
    folder.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=777", "tmpfs", str(folder)], check=False
    ).returncode:
        pytest.skip("this machine lets nobody mount a tiny disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture(params=["file limit", "tiny disk", "postgres"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    with ExitStack() as ending:
        match request.param:
            case "file limit":
                site = make_paying_site(tmp_path / "authority", active=CARDS)
                yield Disk(site, lambda running: _limit(running, site), _unlimit)
            case "tiny disk":
                tiny = ending.enter_context(tiny_disk(tmp_path / "tiny", "4m"))
                site = make_paying_site(tiny / "authority", active=CARDS)
                yield _with_ballast(site, tiny)
            case _:
                # outside of the test's own folder, in which PostgreSQL's user may not walk
                parent = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="kiosk-tiny-")))
                parent.chmod(0o755)
                tiny = ending.enter_context(tiny_disk(parent / "tiny", "160m"))
                cluster = ending.enter_context(running_cluster(parent=tiny))
                site = make_paying_site(tmp_path / "authority", active=CARDS, database=cluster.new_database())
                yield _with_ballast(site, tiny)


def test_a_full_disk_stops_the_yes_and_nothing_else(disk: Disk) -> None:
    """Merchants would deliver for payments that the authority could not write down, or the shop stays closed after the cleaning."""
    unguarded(disk.site)
    with served(disk.site.folder, environ=disk.site.environ) as running:
        with wire(disk.site, disk.site.serials, lambda: running.port, spenders=1) as way:
            confirmed = _until_full(way, lambda: disk.fill(running))
            assert way.unavailable == REFUSALS_WANTED
            assert all(said and said.isdigit() for said in way.retry_after), way.retry_after
            first = next(iter(confirmed))
            assert _asked(way, Call(verb="look", payment=first, called=0)) == confirmed[first], (
                "a full disk can be read"
            )
            disk.free(running)
            later = [_charge(len(confirmed)), _charge(len(confirmed) + 1)]
            for call in later:
                result = _asked(way, call)
                assert result is not None and result[0] == "paid", "there is room again"
                confirmed[call.key] = result
            for key, heard in confirmed.items():
                assert _asked(way, Call(verb="look", payment=key, called=0)) == heard
        assert running.process.poll() is None
        running.stop()
    with disk.site.inside() as authority:
        assert faults(authority.store) == []
    ((charged,),) = disk.site.rows("SELECT count(*) FROM spend WHERE kind = 'charged'")
    assert charged == len(confirmed), "what was refused did not happen behind everybody's back"


def _until_full(way: Wire, fill: Callable[[], None]) -> dict[str, Result]:
    """Pay until the authority refuses several times for one payment; every payment before that, by key."""
    confirmed: dict[str, Result] = {}
    for _ in range(5):
        call = _charge(len(confirmed))
        result = _asked(way, call)
        assert result is not None
        confirmed[call.key] = result
    fill()
    while way.unavailable < REFUSALS_WANTED:
        assert len(confirmed) < CARDS * CODES - 2, "the disk is never full"
        call = _charge(len(confirmed))
        result = _asked(way, call)
        if result is not None:
            confirmed[call.key] = result
    return confirmed


def _charge(number: int) -> Call:
    """The payment with this number: a code of its own."""
    card, code = f"C{number % CARDS}", number // CARDS + 1
    return Call(verb="charge", cards=((card, code),), key=f"full-{number}", amount=10, called=0)


def _asked(way: Wire, call: Call) -> Result | None:
    return asyncio.run(way.ask(call))


def _limit(running: Served, site: PayingSite) -> None:
    """No file of the process may grow; what is there may be written over."""
    longest = max(path.stat().st_size for path in site.folder.glob("authority.db*"))
    _, hard = resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (longest, hard))


def _unlimit(running: Served) -> None:
    _, hard = resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (hard, hard))


def _with_ballast(site: PayingSite, tiny: Path) -> Disk:
    ballast = tiny / "ballast"

    def fill(_running: Served) -> None:
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass  # full

    return Disk(site, fill, lambda _running: ballast.unlink())
