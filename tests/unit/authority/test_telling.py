"""Whose turn it is to be told, when there are many merchants."""

import asyncio

import pytest

from kiosk.authority import telling as module
from kiosk.authority.services.webhooks import Told, set_url
from kiosk.authority.store.ports import Store, T, Work
from kiosk.authority.store.writer import DirectRunner
from kiosk.authority.telling import Telling
from kiosk.protocol.webhooks import WebhookMessage
from tests.helpers.spending import CINEMA, PRESS, make_spending


class Ear:
    """Acknowledges everything, and remembers whose address it was."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def send(self, message: WebhookMessage) -> Told:
        self.heard.append(message.url)
        return Told(True, "204")

    def stop(self) -> None:
        """Nothing is under way."""


class Counting(DirectRunner):
    """Counts what is read."""

    reads = 0

    async def read(self, work: Work[T]) -> T:
        self.reads += 1
        return await super().read(work)


def test_everybodys_turn_comes(either_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The merchants who came last would never be told anything, because those before them are always due."""
    monkeypatch.setattr(module, "DUE_MAX", 1)
    till = make_spending(either_store)
    for name in (PRESS, CINEMA):
        url = f"https://{name}.example/hook"
        till.world.store.write(lambda tx, name=name, url=url: set_url(tx, name, url, demonstration=False))  # type: ignore[misc]  # bound now
    ear = Ear()

    async def run() -> None:
        telling = Telling(till.world.authority, DirectRunner(till.world.store), ear)
        for merchants in ((PRESS, CINEMA), (CINEMA,), (PRESS,)):
            for merchant in merchants:
                await asyncio.to_thread(till.charge, till.serials[0], 100, merchant=merchant)
            ear.heard.clear()
            for _ in range(3):
                await telling.begin()
                await telling.settled()
            assert sorted(ear.heard) == sorted(f"https://{merchant}.example/hook" for merchant in merchants)
        await telling.stop()

    asyncio.run(run())


def test_where_nothing_happened_nobody_is_looked_at(either_store: Store) -> None:
    """A thousand merchants without a sale would be a thousand questions to the database each second."""
    till = make_spending(either_store)
    till.world.store.write(lambda tx: set_url(tx, PRESS, "https://presse.example/hook", demonstration=False))
    till.charge(till.serials[0], 100)

    async def run() -> None:
        runner = Counting(till.world.store)
        telling = Telling(till.world.authority, runner, Ear())
        for _ in range(2):
            await telling.begin()
            await telling.settled()
        before = runner.reads
        for _ in range(5):
            await telling.begin()
            await telling.settled()
        assert runner.reads == before + 5
        await telling.stop()

    asyncio.run(run())
