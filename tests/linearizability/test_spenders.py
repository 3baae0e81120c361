"""Many spenders on few cards, through the real lanes of a real store: one call after another explains whatever they heard.

``KIOSK_SPENDERS`` ask at once (16 by default), ``KIOSK_SPEND_OPS`` is how much they ask in all on each store (2,000).
"""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from kiosk.authority.services.limits import RollingLimit, save_limit
from kiosk.authority.store.ports import Store
from kiosk.authority.store.postgres import PostgresStore
from kiosk.authority.store.sqlite import SqliteStore
from kiosk.authority.store.writer import lanes
from tests.fakes.clock import FakeClock
from tests.helpers.spending import PRESS, Till, make_spending
from tests.linearizability.history import Recorder
from tests.linearizability.plans import Round, draw_round, groups_of
from tests.linearizability.spenders import assert_right, look_at_the_end, names_of, spend
from tests.linearizability.ways import Lanes

SPENDERS: Final = int(os.environ.get("KIOSK_SPENDERS", "16"))
OPS: Final = int(os.environ.get("KIOSK_SPEND_OPS", "2000"))
SEED: Final = int(os.environ.get("KIOSK_SPEND_SEED", "1"))
EACH: Final = 8  # short histories are judged quickly, and the races are at their beginning
CARDS: Final = 5 * groups_of(SPENDERS)
ROUNDS: Final = max(1, OPS // (SPENDERS * EACH))

pytestmark = pytest.mark.slow


@pytest.fixture(params=["sqlite", "postgres"])
def till(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Till]:
    """Enough cards for every round, on each store."""
    store: Store
    if request.param == "sqlite":
        store = SqliteStore.create(tmp_path / "authority.db")
    else:
        store = PostgresStore.open(request.getfixturevalue("postgres").new_authority_database())
    store.write(lambda tx: save_limit(tx, RollingLimit(cards=100_000, keyed_cards=100_000, shop_cards=100_000)))
    cards = ROUNDS * CARDS
    made = make_spending(store, active=cards, cards_count=-(-cards // 10) * 10, clock=FakeClock())
    yield made
    store.close()


def play(till: Till, played: Round, serials: list[str]) -> Recorder:
    """One round through the lanes."""
    clock = till.world.clock
    assert isinstance(clock, FakeClock)
    recorder = Recorder(clock)
    names = names_of(till, serials)

    async def run() -> None:
        with lanes(till.world.store) as runner:
            way = Lanes(till.world, runner, till.callers[PRESS], names)
            await spend(way, recorder, played.spenders, wait=clock)
            await look_at_the_end(way, recorder, played)

    asyncio.run(run())
    return recorder


@pytest.mark.timeout(7200)
def test_whatever_many_ask_at_once_one_after_another_explains_it(till: Till) -> None:
    """Two shoppers at the same moment could spend one code, or more than the card holds, or hear of money that is not there."""
    calls = 0
    for number in range(ROUNDS):
        serials = till.serials[number * CARDS : (number + 1) * CARDS]
        played = draw_round(seed=SEED + number, spenders=SPENDERS, each=EACH, cards=[f"C{one}" for one in range(CARDS)])
        recorder = play(till, played, serials)
        calls += assert_right(till, recorder, name=f"lanes-{SEED + number}").calls
        heard = {call.result[:2] for call in recorder.calls if call.result}
        assert {("paid", "captured"), ("declined", "declined")} <= heard, "nothing was raced for"
    assert calls >= ROUNDS * SPENDERS * EACH
