"""The engine alone: the same purchases given straight to the lane that the server gives them to, in this process, without HTTP and
without signatures — as pgbench gives its function calls straight to the database.

What is measured is deciding, batching and committing; the door's share is the difference to a charge. Not responsible for the
purchases (``cards``) nor for what is compared with what.
"""

import asyncio
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import uvloop

from kiosk.authority.keyfiles import load_keys
from kiosk.authority.services.pay.asked import Ask, Caller, present
from kiosk.authority.services.pay.spending import Spending
from kiosk.authority.store import merchants
from kiosk.authority.store.loop_lane import LoopRunner
from kiosk.authority.store.ports import Transaction
from kiosk.authority.store.postgres import PostgresStore
from kiosk.clock import SystemClock
from kiosk.protocol.mac import Mac
from kiosk.protocol.messages import Amount
from kiosk.protocol.payments import PaymentAnswer, PaymentRequest, Scratch
from tests.bench.authority.cards import MERCHANT_NO, Spendable
from tests.bench.authority.load import Sent
from tests.bench.figures import percentile

_WARM_UP = 200  # purchases before the clock runs: connections are made, statements planned


def spend(
    dsn: str, folder: Path, purchases: Sequence[Spendable], *, minor: int, under_way: int, seconds: float
) -> Sent:
    """Give them to the lane for ``seconds``, always ``under_way`` of them at once; it ends early when there are no more."""
    keys = load_keys(folder / "keys")
    store = PostgresStore.open(dsn)
    try:
        contracts = store.read(lambda tx: tuple(merchants.contracts(tx)))
        caller = Caller(merchant_no=MERCHANT_NO, test=False, contracts=contracts)
        fingerprint_key = Mac(keys.fingerprint_key())
        asks = [
            present(
                caller,
                one.key,
                PaymentRequest(Amount(minor, "EUR"), [Scratch(one.serial, one.code)]),
                fingerprint_key=fingerprint_key,
            )
            for one in purchases
        ]
        run = _Run(Spending(clock=SystemClock(), keys=keys), iter(asks))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(run.measure(LoopRunner(store), under_way, seconds))
    finally:
        store.close()


class _Run:
    def __init__(self, spending: Spending, asks: Iterator[Ask]) -> None:
        self._spending = spending
        self._asks = asks
        self._waits_ms: list[float] = []
        self._bad = 0

    async def measure(self, lane: LoopRunner, under_way: int, seconds: float) -> Sent:
        await lane.write(_nothing)
        await self._spend(lane, under_way, until=None)
        warm = len(self._waits_ms)
        began = time.perf_counter()
        await self._spend(lane, under_way, until=began + seconds)
        took = time.perf_counter() - began
        await lane.end()
        waits_ms = self._waits_ms[warm:]
        return Sent(
            len(self._waits_ms), len(waits_ms) / took, statistics.median(waits_ms), percentile(waits_ms, 99), self._bad
        )

    async def _spend(self, lane: LoopRunner, under_way: int, *, until: float | None) -> None:
        await asyncio.gather(*(self._client(lane, until) for _ in range(under_way)))

    async def _client(self, lane: LoopRunner, until: float | None) -> None:
        """One purchase after the other until the time is over; without a time, until all have warmed up."""
        for ask in self._asks:
            began = time.perf_counter()
            answered = await lane.together(self._spending.batch, ask)
            ended = time.perf_counter()
            self._waits_ms.append((ended - began) * 1000)
            self._bad += not isinstance(answered, PaymentAnswer)
            if ended >= until if until is not None else len(self._waits_ms) >= _WARM_UP:
                return


def _nothing(tx: Transaction) -> None:
    """Has the lane make its connections."""
