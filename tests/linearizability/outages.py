"""Something dies while merchants spend: the round that they play beside it, and waiting for what it leads to.

Not responsible for who dies and how (the tests of kills and failovers) nor for the verdict (``spenders``).
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from kiosk.clock import SystemClock
from tests.linearizability.history import Recorder
from tests.linearizability.plans import draw_round
from tests.linearizability.spenders import look_at_the_end, spend
from tests.linearizability.wire import Wire

WAIT_S: Final = 60.0
POLL_S: Final = 0.005


async def until(true: Callable[[], object]) -> None:
    """Until it is so; fails after ``WAIT_S``."""
    for _ in range(int(WAIT_S / POLL_S)):
        if true():
            return
        await asyncio.sleep(POLL_S)
    raise AssertionError("it did not come to that")


def play_beside(
    outage: Coroutine[Any, Any, None], way: Wire, *, seed: int, spenders: int, each: int, cards: int
) -> Recorder:
    """What everybody heard who spent by a drawn plan while the outage happened, and at the end of it all."""
    played = draw_round(
        seed=seed, spenders=spenders, each=each, cards=[f"C{number}" for number in range(cards)], helpers=False
    )
    recorder = Recorder(SystemClock())

    async def run() -> None:
        await asyncio.gather(spend(way, recorder, played.spenders), outage)
        await look_at_the_end(way, recorder, played)

    asyncio.run(run())
    return recorder
