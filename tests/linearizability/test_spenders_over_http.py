"""Many spenders at a served authority, over HTTP, beside a till and an operator: one call after another explains what they heard.

``KIOSK_SPENDERS`` (16) ask ``KIOSK_HTTP_SPEND_OPS`` things in all on each store (256).
"""

import asyncio
import os
from pathlib import Path
from typing import Final

import pytest

from kiosk.clock import SystemClock
from tests.helpers.paying_site import PayingSite, make_paying_site
from tests.helpers.served import served
from tests.helpers.spending_oracle import faults
from tests.linearizability.history import Recorder
from tests.linearizability.plans import draw_round, for_a_server, groups_of
from tests.linearizability.spenders import judged, look_at_the_end, spend
from tests.linearizability.wire import Wire, unguarded, wire

SPENDERS: Final = int(os.environ.get("KIOSK_SPENDERS", "16"))
OPS: Final = int(os.environ.get("KIOSK_HTTP_SPEND_OPS", "256"))
SEED: Final = int(os.environ.get("KIOSK_SPEND_SEED", "1"))
EACH: Final = 8
CARDS: Final = 5 * groups_of(SPENDERS)
ROUNDS: Final = max(1, OPS // (SPENDERS * EACH))

pytestmark = pytest.mark.slow


@pytest.fixture(params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> PayingSite:
    database = request.getfixturevalue("postgres").new_database() if request.param == "postgres" else None
    made = make_paying_site(tmp_path / "authority", active=ROUNDS * CARDS, database=database)
    unguarded(made)
    return made


@pytest.mark.timeout(7200)
def test_whatever_many_merchants_tills_and_operators_do_at_once_one_after_another_explains_it(site: PayingSite) -> None:
    """Between the socket and the books a payment could be made twice, or seen before it was there."""
    with served(site.folder, environ=site.environ) as running:
        for number in range(ROUNDS):
            serials = site.serials[number * CARDS : (number + 1) * CARDS]
            with wire(site, serials, lambda: running.port, spenders=SPENDERS) as way:
                verdict = judged(_play(way, number), name=f"http-{SEED + number}")
                assert verdict.good, f"round {number}: {verdict.story()}"
                assert way.unavailable == 0
        assert running.stop() == 0
    with site.inside() as authority:
        assert faults(authority.store) == []


def _play(way: Wire, number: int) -> Recorder:
    played = draw_round(seed=SEED + number, spenders=SPENDERS, each=EACH, cards=[f"C{one}" for one in range(CARDS)])
    recorder = Recorder(SystemClock())

    async def run() -> None:
        await spend(way, recorder, for_a_server(played))
        await look_at_the_end(way, recorder, played)

    asyncio.run(run())
    return recorder
