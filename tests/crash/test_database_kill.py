"""kill -9 of PostgreSQL and all its children while merchants spend: "not now" meanwhile, never a yes that is not kept, and the same
authority goes on by itself once the database is back. ``KIOSK_DATABASE_KILLS`` (2) of them.
"""

import asyncio
import os
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from kiosk.clock import SystemClock
from tests.crash.authority_lives import Lives
from tests.helpers.paying_site import PayingSite, make_paying_site
from tests.helpers.postgres import Cluster
from tests.helpers.spending_oracle import faults
from tests.linearizability.history import Recorder
from tests.linearizability.plans import draw_round
from tests.linearizability.spenders import judged, look_at_the_end, spend
from tests.linearizability.wire import Wire, unguarded, wire

KILLS: Final = int(os.environ.get("KIOSK_DATABASE_KILLS", "2"))
SEED: Final = int(os.environ.get("KIOSK_KILL_SEED", "1"))
SPENDERS, EACH, CARDS = 8, 6, 4
WAIT_S: Final = 60.0
POLL_S: Final = 0.02

pytestmark = pytest.mark.slow


class Fall:
    """The database falls at the ``count``-th answer, and is helped up once somebody heard "not now" for it."""

    def __init__(self, postgres: Cluster, way: Wire, count: int) -> None:
        self._postgres, self._way, self._left = postgres, way, count
        self._lock = threading.Lock()
        self._down = threading.Event()
        way.heard = self._heard

    def _heard(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left == 0:
                self._down.set()

    async def happen(self) -> None:
        """On the main thread, because the server ends with the thread that started it."""
        await _until(self._down.is_set)
        self._postgres.kill()
        await _until(lambda: self._way.unavailable > 0)
        self._postgres.start()


async def _until(true: Callable[[], bool]) -> None:
    for _ in range(int(WAIT_S / POLL_S)):
        if true():
            return
        await asyncio.sleep(POLL_S)
    raise AssertionError("it did not come to that")


@pytest.fixture
def site(postgres: Cluster, tmp_path: Path) -> PayingSite:
    made = make_paying_site(tmp_path / "authority", active=KILLS * CARDS, database=postgres.new_database())
    unguarded(made)
    return made


def test_a_database_that_is_killed_costs_time_and_no_payment(site: PayingSite, postgres: Cluster) -> None:
    """The database's machine loses power: payments that were confirmed would be gone, or the authority would have to be woken."""
    chance = random.Random(SEED)
    with Lives(site, []) as lives:
        for number in range(KILLS):
            serials = site.serials[number * CARDS : (number + 1) * CARDS]
            with wire(site, serials, lives.port, spenders=SPENDERS) as way:
                recorder = _play(way, number, Fall(postgres, way, chance.randint(5, SPENDERS * EACH // 2)))
            assert way.retry_after and all(said and said.isdigit() for said in way.retry_after), way.retry_after
            verdict = judged(recorder, name=f"database-{SEED}-{number}")
            assert verdict.good, f"round {number}: {verdict.story()}"
        assert lives.killed == []
    with site.inside() as authority:
        assert faults(authority.store) == []


def _play(way: Wire, number: int, fall: Fall) -> Recorder:
    played = draw_round(
        seed=SEED + number, spenders=SPENDERS, each=EACH, cards=[f"C{one}" for one in range(CARDS)], helpers=False
    )
    recorder = Recorder(SystemClock())

    async def run() -> None:
        await asyncio.gather(spend(way, recorder, played.spenders), fall.happen())
        await look_at_the_end(way, recorder, played)

    asyncio.run(run())
    return recorder
