"""A failover to a synchronous standby: what was confirmed is kept, what was unknown is settled once, and nobody has to wake the
authority.

``KIOSK_FAILOVERS`` (2) under load, to and fro, drawn by ``KIOSK_KILL_SEED``. Not responsible for a standby that is away
(``test_standby_away``).
"""

import asyncio
import os
import random
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest

from kiosk.authority.services.audit import audit
from kiosk.authority.services.pay.asked import Caller, op_id_of
from kiosk.authority.store.postgres import PostgresStore
from kiosk.clock import SystemClock
from kiosk.errors import Trouble
from tests.crash.authority_lives import Lives
from tests.helpers.impatient_authority import serving
from tests.helpers.paying_site import MERCHANT, PayingSite, make_paying_site
from tests.helpers.postgres import Cluster
from tests.helpers.spending_oracle import faults
from tests.helpers.standby import Pair, frozen, running_pair
from tests.linearizability.history import Call, Recorder
from tests.linearizability.outages import play_beside, until
from tests.linearizability.plans import Round
from tests.linearizability.spenders import judged, look_at_the_end, spend
from tests.linearizability.wire import Wire, unguarded, wire

FAILOVERS: Final = int(os.environ.get("KIOSK_FAILOVERS", "2"))
SEED: Final = int(os.environ.get("KIOSK_KILL_SEED", "1"))
SPENDERS, EACH, CARDS = 8, 8, 4
RESUMES_WITHIN_S: Final = 10.0  # after the promotion, where the old primary is dead: docs/operations.md

_MADE: Final = "SELECT op_id, count(*) FROM spend WHERE kind IN ('authorized', 'charged') GROUP BY op_id"
_OURS: Final = "FROM pg_stat_activity WHERE application_name LIKE 'kiosk authority %'"

pytestmark = pytest.mark.slow


@pytest.fixture
def pair() -> Iterator[Pair]:
    with running_pair() as made:
        yield made


class Failover:
    """The primary dies at the ``count``-th answer, ``stalled`` with a commit that the standby lacks; the standby is promoted once
    somebody heard "not now"."""

    def __init__(self, pair: Pair, way: Wire, count: int, *, stalled: bool) -> None:
        self._pair, self._way, self._left, self._stalled = pair, way, count, stalled
        self._lock = threading.Lock()
        self._now = threading.Event()
        self._promoted: float | None = None
        self.resumed_s: float | None = None
        way.heard = self._heard

    def _heard(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left == 0:
                self._now.set()
            if self._promoted is not None and self.resumed_s is None:
                self.resumed_s = time.monotonic() - self._promoted

    async def happen(self) -> None:
        """On the main thread, because the servers end with the thread that started them."""
        await until(self._now.is_set)
        if self._stalled:
            self._pair.stall()
            await until(lambda: bool(self._pair.waiting()))
        refused = self._way.unavailable
        self._pair.primary.kill()
        await until(lambda: self._way.unavailable > refused)
        with self._lock:
            self._promoted = time.monotonic()
        self._pair.promote()


def _site(folder: Path, pair: Pair, *, active: int) -> PayingSite:
    made = make_paying_site(folder, active=active, database=pair.new_database())
    unguarded(made)
    return made


def test_a_primary_that_dies_under_load_takes_nothing_with_it(pair: Pair, tmp_path: Path) -> None:
    """The database's machine burns: a payment that was confirmed would be gone with it, or its repeat be paid a second time."""
    site = _site(tmp_path / "authority", pair, active=FAILOVERS * CARDS)
    chance = random.Random(SEED)
    with Lives(site, []) as lives:
        for number in range(FAILOVERS):
            serials = site.serials[number * CARDS : (number + 1) * CARDS]
            with wire(site, serials, lives.port, spenders=SPENDERS) as way:
                failover = Failover(pair, way, chance.randint(5, SPENDERS * EACH // 3), stalled=number % 2 == 0)
                recorder = play_beside(
                    failover.happen(), way, seed=SEED + number, spenders=SPENDERS, each=EACH, cards=CARDS
                )
            assert way.retry_after and all(said and said.isdigit() for said in way.retry_after), way.retry_after
            assert failover.resumed_s is not None and failover.resumed_s < RESUMES_WITHIN_S
            verdict = judged(recorder, name=f"failover-{SEED}-{number}")
            assert verdict.good, f"round {number}: {verdict.story()}"
            _assert_kept(site, recorder)
            _assert_served(site)
            pair.rejoin()
        assert lives.killed == [], "it went on by itself"
    _assert_books(site)


def _assert_kept(site: PayingSite, recorder: Recorder) -> None:
    """Every payment that somebody heard of stands on the new primary, with one row for each card that it took from."""
    ((number,),) = site.rows("SELECT merchant_no FROM merchant WHERE merchant_id = ?", MERCHANT)
    caller = Caller(merchant_no=int(str(number)), test=False, contracts=())
    heard = {
        op_id_of(caller, call.key): len(call.result[4])
        for call in recorder.calls
        if call.verb in ("charge", "authorize") and call.result is not None and call.result[0] == "paid"
    }
    made = {op_id: count for op_id, count in site.rows(_MADE) if op_id in heard}
    assert heard and made == heard


def _assert_served(site: PayingSite) -> None:
    """The authority holds the right to serve on the new primary too."""
    assert site.database is not None
    store = PostgresStore.open(site.database)
    with pytest.raises(Trouble, match="AUT-10"):
        store.claim()
    store.close()


def _assert_books(site: PayingSite) -> None:
    with site.inside() as authority:
        assert faults(authority.store) == []
        assert authority.store.read(audit) == []


@pytest.mark.usefixtures("caplog")  # trouble is in the log
def test_a_primary_that_stood_still_is_not_served_again(pair: Pair, tmp_path: Path) -> None:
    """A machine that hangs would hold up all payments until somebody pulls its plug; and one that wakes up, or is started again by
    its own boot scripts, would be told what the new primary never hears."""
    site = _site(tmp_path / "authority", pair, active=2)
    old, recorder = pair.primary, Recorder(SystemClock())
    before, during, after, last = (_charges("C0", first, first + 3) for first in (1, 5, 9, 13))
    with serving(site) as port, wire(site, site.serials, lambda: port, spenders=4) as way:
        with ExitStack() as standing_still:

            async def stand_still() -> None:
                await until(lambda: bool(pair.waiting()))
                standing_still.enter_context(frozen(old))
                pair.promote()

            _pay(way, recorder, before)
            pair.stall()
            _pay(way, recorder, during, stand_still())
        _pay(way, recorder, after)
        _end_connections(pair.primary)
        _pay(way, recorder, last)
        assert _payments(old, site) == len(before), "what it alone has waits for a standby that it has no longer"
        old.kill()
        old.start()
        assert _payments(old, site) > len(before), "it alone has something, and shows it"
        _end_connections(pair.primary)
        asyncio.run(look_at_the_end(way, recorder, Round(("C0", "C1"), ((*before, *during, *after, *last),))))
        assert old.sql(f"SELECT count(*) {_OURS}") == "0"
    # a process that is started now asks the first of its address first, and that one's commits are confirmed by nobody
    with pytest.raises(Trouble, match="AUT-13"), serving(site):
        pass
    old.kill()
    verdict = judged(recorder)
    assert verdict.good, verdict.story()
    _assert_kept(site, recorder)
    _assert_books(site)


def _charges(card: str, first: int, last: int) -> list[Call]:
    return [
        Call(verb="charge", cards=((card, code),), key=f"{card}-{code}", amount=100, called=0)
        for code in range(first, last + 1)
    ]


def _pay(way: Wire, recorder: Recorder, calls: list[Call], *meanwhile: Coroutine[Any, Any, None]) -> None:
    async def run() -> None:
        await asyncio.gather(spend(way, recorder, [[call] for call in calls]), *meanwhile)

    asyncio.run(run())


def _end_connections(cluster: Cluster) -> None:
    cluster.sql(f"SELECT pg_terminate_backend(pid, 5000) {_OURS}")


def _payments(cluster: Cluster, site: PayingSite) -> int:
    assert site.database is not None
    name = site.database.partition("@/")[2].partition("?")[0]
    return int(cluster.sql("SELECT count(*) FROM spend", database=name))
