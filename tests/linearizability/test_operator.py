"""An operator's command from another process that comes between the reading and the writing of a batch: the batch is decided anew.

On SQLite there is no such moment (a writer has the file to itself from its first statement on), on PostgreSQL there is.
"""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from kiosk.authority.services.pay import book
from kiosk.authority.services.pay.answers import Declined
from kiosk.authority.store import cards, spend_batches
from kiosk.authority.store.cards import card_id_of
from kiosk.authority.store.ports import Runner, Transaction
from kiosk.authority.store.postgres import PostgresStore
from kiosk.authority.store.spend_batches import Reading
from kiosk.authority.store.writer import lanes
from kiosk.domain.activation import Block
from kiosk.protocol.payments import PaymentAnswer
from tests.fakes.clock import FakeClock
from tests.helpers.postgres import Cluster
from tests.helpers.spending import PRESS, Till, make_spending
from tests.helpers.spending_oracle import faults

WAIT_S = 20.0


@pytest.fixture
def dsn(postgres: Cluster) -> str:
    return postgres.new_authority_database()


@pytest.fixture
def till(dsn: str) -> Iterator[Till]:
    store = PostgresStore.open(dsn)
    yield make_spending(store, clock=FakeClock())
    store.close()


@pytest.mark.parametrize("blocked_first", [False, True], ids=["blocked meanwhile", "freed meanwhile"])
def test_a_card_that_is_stopped_or_freed_meanwhile_is_judged_as_it_is(
    till: Till, dsn: str, monkeypatch: pytest.MonkeyPatch, blocked_first: bool
) -> None:
    """A stolen card would pay once more after the hotline said that it is stopped."""
    serial = till.serials[0]
    other = PostgresStore.open(dsn)

    def set_block(on: bool) -> None:
        reason = Block.QUESTION if on else None
        command = threading.Thread(target=lambda: other.write(lambda tx: cards.block(tx, card_id_of(serial), reason)))
        command.start()
        command.join(WAIT_S)
        assert not command.is_alive()

    set_block(blocked_first)
    real = spend_batches.read_batch
    readings: list[bool] = []

    def read_batch(tx: Transaction, **asked: Any) -> Reading:
        found = real(tx, **asked)
        readings.append(True)
        if len(readings) == 1:
            set_block(not blocked_first)
        return found

    monkeypatch.setattr(book, "read_batch", read_batch)
    assert isinstance(_pay(till, serial), Declined)
    # a card that was stopped when it was read is refused at once; one that was read as free is read again
    assert len(readings) == (1 if blocked_first else 2)
    assert till.balance(serial) == 2_000
    assert isinstance(_pay(till, serial), PaymentAnswer if blocked_first else Declined)
    assert faults(till.world.store) == []
    other.close()


def _pay(till: Till, serial: str) -> object:
    authority = till.world.authority
    request = till.ask((serial, till.codes[serial][0]), minor=700)
    question = authority.pay_question(till.callers[PRESS], till.new_key(), request)

    async def run(runner: Runner) -> object:
        return await runner.together(authority.spending.batch, question)

    with lanes(till.world.store) as runner:
        return asyncio.run(run(runner))
