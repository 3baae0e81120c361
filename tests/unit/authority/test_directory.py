"""The directory of merchants: never older than a second, a little older while the database is lost, then shut."""

import ast
import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kiosk.authority.directory import FRESH_MS, KEPT_MS, TRIED_MS, WHOLE_MS, Directory
from kiosk.authority.store import merchants
from kiosk.authority.store.merchants import MerchantKeyRow
from kiosk.authority.store.ports import DATABASE_LOST, Store, Transaction, trouble
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


CHANGES = {
    "a key is revoked": lambda tx, no: merchants.revoke_key(tx, "K-1", now_ms=1),
    "a key is added": lambda tx, no: merchants.add_key(
        tx, MerchantKeyRow(key_id="K-9", merchant_no=no, algorithm="hmac-sha256", point=None, test=False), now_ms=1
    ),
    "a merchant is suspended": lambda tx, no: merchants.suspend_merchant(tx, no, at_ms=1),
    "a merchant takes no codes itself": lambda tx, no: merchants.set_direct(tx, no, direct=False),
    "a merchant is told elsewhere": lambda tx, no: merchants.set_webhook(tx, no, "https://elsewhere.example/"),
    "a merchant comes": lambda tx, no: merchants.add_merchant(
        tx, merchant_id="new", name="New", site="https://new.example", direct=True, webhook_url=None, now_ms=1
    ),
    "a contract is made": lambda tx, no: merchants.add_contract(
        tx, merchant_no=no, from_ms=0, merchant_share=9_000, distribution_share=500, now_ms=1
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_each_change_is_seen_within_a_second(
    either_store: Store, clock: FakeClock, change: Callable[[Transaction, int], object]
) -> None:
    """A key that was stolen would be let in until the next restart."""
    site = make_spending(either_store, clock=clock)
    add_key(site.world, "K-1")
    directory, line = _directory(site)
    number = site.callers[PRESS].merchant_no
    asyncio.run(directory.key("K-1"))
    before = directory._picture
    clock.advance(FRESH_MS)
    asyncio.run(directory.key("K-1"))
    assert directory._picture is before and line.reads == 2, "nothing was changed: nothing is read"
    site.world.store.write(lambda tx: change(tx, number))
    clock.advance(FRESH_MS)
    asyncio.run(directory.key("K-1"))
    assert directory._picture != before
    drawn, line.reads = directory._picture, 0
    fresh, _ = _directory(site)
    asyncio.run(fresh.key("K-1"))
    assert drawn.keys.keys() == fresh._picture.keys.keys() and drawn.merchants == fresh._picture.merchants


def test_everything_that_writes_says_so(repository: Path) -> None:
    """The next change that somebody adds would be seen a minute late."""
    tree = ast.parse((repository / "kiosk" / "authority" / "store" / "merchants.py").read_text(encoding="utf-8"))
    functions = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name != "_changed"]
    writing = {one.name for one in functions if re.search(r"INSERT|UPDATE|DELETE", ast.unparse(one))}
    saying = {one.name for one in functions if "_changed(tx)" in ast.unparse(one)}
    assert writing == saying and len(writing) == len(CHANGES)


def test_what_was_changed_by_hand_is_seen_within_a_minute(site: Till, clock: FakeClock) -> None:
    """An operator with SQL of their own would wait for a restart."""
    directory, _ = _directory(site)
    assert asyncio.run(directory.key("K-1")) is not None
    site.world.sql("UPDATE merchant_key SET revoked_ms = 1 WHERE key_id = ?", "K-1")
    clock.advance(WHOLE_MS)
    assert asyncio.run(directory.key("K-1")) is None


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
