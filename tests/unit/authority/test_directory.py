"""The directory of merchants: never older than a second, a little older while the database is lost, then shut."""

import asyncio
from typing import Any

import pytest

from kiosk.authority.directory import FRESH_MS, KEPT_MS, TRIED_MS, Directory
from kiosk.authority.store import merchants
from kiosk.authority.store.ports import DATABASE_LOST, trouble
from kiosk.authority.store.writer import DirectRunner
from kiosk.errors import Trouble
from tests.fakes.clock import FakeClock
from tests.helpers.merchant import add_key
from tests.helpers.spending import CINEMA, PRESS, Till, make_spending


class Line(DirectRunner):
    """A way to the database that can be cut, and counts how often it is used."""

    def __init__(self, store: Any) -> None:
        super().__init__(store)
        self.cut = False
        self.reads = 0
        self.waiting = asyncio.Event()
        self.waiting.set()

    async def read(self, work: Any) -> Any:
        self.reads += 1
        await self.waiting.wait()
        if self.cut:
            raise trouble(DATABASE_LOST, "the server is away")
        return await super().read(work)


@pytest.fixture
def site(clock: FakeClock) -> Till:
    made = make_spending(clock=clock)
    add_key(made.world, "K-1")
    add_key(made.world, "K-2", merchant=CINEMA, test=True, p256=True)
    return made


def _directory(site: Till) -> tuple[Directory, Line]:
    line = Line(site.world.store)
    return Directory(line, clock=site.world.clock, keys=site.world.authority.keys), line


def test_a_key_tells_whose_it_is_and_how_it_signs(site: Till) -> None:
    """One merchant's payment would be another's, or real money be taken for a rehearsal."""
    directory, _ = _directory(site)

    async def run() -> None:
        first, second = await directory.key("K-1"), await directory.key("K-2")
        assert first is not None and second is not None
        assert (first.merchant.merchant_id, first.caller.test) == (PRESS, False)
        assert (second.merchant.merchant_id, second.caller.test) == (CINEMA, True)
        assert first.verifier.algorithm is not second.verifier.algorithm
        assert await directory.key("K-3") is None
        known = await directory.merchant(second.merchant.merchant_no)
        assert known is not None and known.caller(test=True) == second.caller
        assert await directory.merchant(999) is None

    asyncio.run(run())


def test_each_merchant_has_its_own_contracts_and_everybodys(site: Till, clock: FakeClock) -> None:
    """A merchant would be paid by another's contract."""
    directory, _ = _directory(site)
    number = site.callers[PRESS].merchant_no
    site.world.store.write(
        lambda tx: merchants.add_contract(
            tx, merchant_no=number, from_ms=0, merchant_share=9_000, distribution_share=500, now_ms=clock.now_ms()
        )
    )

    async def run() -> None:
        first, second = await directory.key("K-1"), await directory.key("K-2")
        assert first is not None and second is not None
        assert {one.merchant_no for one in first.caller.contracts} == {None, number}
        assert {one.merchant_no for one in second.caller.contracts} == {None}

    asyncio.run(run())


def test_the_database_is_asked_once_a_second_whoever_asks(site: Till, clock: FakeClock) -> None:
    """A thousand payments a second would be a thousand readings of the same merchants."""
    directory, line = _directory(site)

    async def run() -> None:
        line.waiting.clear()
        asking = [asyncio.create_task(directory.key("K-1")) for _ in range(50)]
        await asyncio.sleep(0)
        line.waiting.set()
        assert all(await asyncio.gather(*asking)) and line.reads == 1
        clock.advance(FRESH_MS - 1)
        await directory.key("K-1")
        assert line.reads == 1
        site.world.store.write(lambda tx: merchants.revoke_key(tx, "K-1", now_ms=clock.now_ms()))
        clock.advance(1)
        assert await directory.key("K-1") is None and line.reads == 2

    asyncio.run(run())


def test_a_lost_database_shuts_the_door_after_a_few_seconds_and_not_at_once(site: Till, clock: FakeClock) -> None:
    """A revoked key would be let in for as long as the database is away; or one lost packet would shut every shop on the web."""
    directory, line = _directory(site)

    async def run() -> None:
        assert await directory.key("K-1")
        line.cut = True
        clock.advance(FRESH_MS)
        assert await directory.key("K-1") and line.reads == 2
        assert await directory.key("K-1") and line.reads == 2  # nobody waits for a miss in every request
        clock.advance(TRIED_MS)
        assert await directory.key("K-1") and line.reads == 3
        clock.advance(KEPT_MS)
        for _ in range(2):
            with pytest.raises(Trouble) as caught:
                await directory.key("K-1")
            assert caught.value.code == DATABASE_LOST
        line.cut = False
        clock.advance(TRIED_MS)
        assert await directory.key("K-1")

    asyncio.run(run())


def test_a_directory_that_never_was_refuses(site: Till) -> None:
    """An authority that starts without its database would call every merchant unknown, and they would stop asking."""
    directory, line = _directory(site)
    line.cut = True
    with pytest.raises(Trouble):
        asyncio.run(directory.key("K-1"))
