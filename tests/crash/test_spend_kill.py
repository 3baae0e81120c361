"""kill -9 of the authority while merchants spend, at every named point on the way of a payment and at moments drawn by a seed.

Who heard nothing asks again under the same key. Then nothing that was answered is missing, nothing was done twice, and what nobody
knew of happened once or not at all: one call after another explains all that was ever heard. ``KIOSK_SPEND_KILLS`` (6) deaths on
each store, drawn by ``KIOSK_KILL_SEED``.
"""

import asyncio
import os
import random
from pathlib import Path
from typing import Final

import pytest

from kiosk.clock import SystemClock
from tests.crash.authority_lives import ANSWERS, Lives, points_passed
from tests.helpers.paying_site import PayingSite, make_paying_site
from tests.helpers.spending_oracle import faults
from tests.linearizability.history import Recorder
from tests.linearizability.plans import draw_round, for_a_server
from tests.linearizability.spenders import judged, look_at_the_end, spend
from tests.linearizability.wire import Wire, unguarded, wire

KILLS: Final = int(os.environ.get("KIOSK_SPEND_KILLS", "6"))
SEED: Final = int(os.environ.get("KIOSK_KILL_SEED", "1"))
SPENDERS: Final = 8
EACH: Final = 5
CARDS: Final = 5
ROUNDS_MAX: Final = 2 * KILLS + 4
LATEST_SEND, LATEST_OTHER = 25, 6  # the last passage of a point at which a death is drawn

pytestmark = pytest.mark.slow


@pytest.fixture(params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> PayingSite:
    database = request.getfixturevalue("postgres").new_database() if request.param == "postgres" else None
    made = make_paying_site(tmp_path / "authority", active=ROUNDS_MAX * CARDS, database=database)
    unguarded(made)
    return made


def test_a_kill_at_any_moment_loses_no_payment_and_makes_none_twice(site: PayingSite, tmp_path: Path) -> None:
    """After a power cut a shopper would have paid for nothing, or a merchant delivered for nothing, or a code would buy again."""
    log = tmp_path / "points"
    with Lives(site, [], log=log) as first:
        _round(site, first, 0)
    names = sorted({name for name in points_passed(log) if name.startswith("authority.")})
    assert any(name.endswith(".before_commit") for name in names) and any(
        name.endswith("before_send") for name in names
    )
    with Lives(site, _deaths(names)) as lives:
        number = 1
        while lives.deaths_left and number < ROUNDS_MAX - 1:
            _round(site, lives, number)
            number += 1
        _round(site, lives, number)
    assert len(lives.killed) >= KILLS // 2, f"only {lives.killed} were reached"
    with site.inside() as authority:
        assert faults(authority.store) == []


def _deaths(names: list[str]) -> list[str]:
    """Every name once as far as there are kills, then moments of the outside."""
    chance = random.Random(SEED)
    latest = {name: LATEST_SEND if name.endswith("_send") else LATEST_OTHER for name in names}
    points = [f"{name}:{chance.randint(1, latest[name])}" for name in names]
    chance.shuffle(points)
    while len(points) < KILLS:
        points.append(f"{ANSWERS}{chance.randint(1, SPENDERS * EACH)}")
    return points[:KILLS]


def _round(site: PayingSite, lives: Lives, number: int) -> None:
    """A few merchants' moments with cards of their own, judged at once."""
    serials = site.serials[number * CARDS : (number + 1) * CARDS]
    played = draw_round(seed=SEED + number, spenders=SPENDERS, each=EACH, cards=[f"C{one}" for one in range(CARDS)])
    recorder = Recorder(SystemClock())

    async def run(way: Wire) -> None:
        await spend(way, recorder, for_a_server(played))
        await look_at_the_end(way, recorder, played)

    with wire(site, serials, lives.port, spenders=SPENDERS) as way:
        way.heard = lives.heard
        asyncio.run(run(way))
    verdict = judged(recorder, name=f"kill-{SEED}-{number}")
    assert verdict.good, f"round {number}, after {lives.killed}: {verdict.story()}"
    unanswered = {call.key for call in recorder.calls if call.key} - {
        call.key for call in recorder.calls if call.result
    }
    assert not unanswered, "somebody who went on asking never heard"
