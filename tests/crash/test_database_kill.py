"""kill -9 of PostgreSQL and all its children while merchants spend: "not now" meanwhile, never a yes that is not kept, and the same
authority goes on by itself once the database is back. ``KIOSK_DATABASE_KILLS`` (2) of them.
"""

import os
import random
import threading
from pathlib import Path
from typing import Final

import pytest

from tests.crash.authority_lives import Lives
from tests.helpers.paying_site import PayingSite, make_paying_site
from tests.helpers.postgres import Cluster
from tests.helpers.spending_oracle import faults
from tests.linearizability.outages import play_beside, until
from tests.linearizability.spenders import judged
from tests.linearizability.wire import Wire, unguarded, wire

KILLS: Final = int(os.environ.get("KIOSK_DATABASE_KILLS", "2"))
SEED: Final = int(os.environ.get("KIOSK_KILL_SEED", "1"))
SPENDERS, EACH, CARDS = 8, 6, 4

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
        await until(self._down.is_set)
        self._postgres.kill()
        await until(lambda: self._way.unavailable > 0)
        self._postgres.start()


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
                fall = Fall(postgres, way, chance.randint(5, SPENDERS * EACH // 2))
                recorder = play_beside(
                    fall.happen(), way, seed=SEED + number, spenders=SPENDERS, each=EACH, cards=CARDS
                )
            assert way.retry_after and all(said and said.isdigit() for said in way.retry_after), way.retry_after
            verdict = judged(recorder, name=f"database-{SEED}-{number}")
            assert verdict.good, f"round {number}: {verdict.story()}"
        assert lives.killed == []
    with site.inside() as authority:
        assert faults(authority.store) == []
