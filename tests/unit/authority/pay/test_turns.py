"""Two batches of payments under way at once on PostgreSQL: the second is decided on what the first will leave, and is never wrong
when that does not come true."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest

from kiosk.authority.services.audit import audit
from kiosk.authority.services.pay.answers import Declined
from kiosk.authority.services.pay.asked import Ask, id_text, op_id_of
from kiosk.authority.services.pay.repeats import Repeated
from kiosk.authority.services.pay.spending import Answered, outcome_of
from kiosk.authority.services.refused import TurnedAway
from kiosk.authority.store.loop_lane import LoopRunner
from kiosk.authority.store.ports import Transaction
from kiosk.authority.store.postgres import PostgresStore
from kiosk.authority.store.settings import get_setting, put_setting
from kiosk.authority.store.turns import Turn, Turns
from kiosk.errors import Trouble
from kiosk.protocol.payments import PaymentAnswer, RefundRequest
from tests.helpers.postgres import Cluster
from tests.helpers.spending import PRESS, Till, all_rows, make_spending, reason

WAIT_S = 20.0
FACE = 2_000
_FIRST_WAITS = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                     AND application_name LIKE 'kiosk authority%' AND wait_event_type = 'Lock'"""
_SECOND_HAS_READ = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                         AND application_name LIKE 'kiosk authority%writer' AND state = 'idle' AND query LIKE '%EXISTS%'"""


class Overlap:
    """A scheme on PostgreSQL whose spending counter somebody else holds, so that a first batch stands still in its writing."""

    def __init__(self, dsn: str) -> None:
        self.till: Till = make_spending(PostgresStore.open(dsn))
        self._holder = PostgresStore.open(dsn)
        self._watch = PostgresStore.open(dsn)
        self.runner = LoopRunner(self.till.world.store)  # type: ignore[arg-type] # the world's store is PostgreSQL's here

    def question(self, serial: str, code: str, minor: int, *, key: str = "") -> Ask:
        """A charge."""
        request = self.till.ask((serial, code), minor=minor)
        return self.till.world.authority.pay_question(self.till.callers[PRESS], key or self.till.new_key(), request)

    def run(self, scenario: Callable[[], Awaitable[None]]) -> None:
        async def whole() -> None:
            try:
                await scenario()
            finally:
                await self.runner.end()

        asyncio.run(whole())

    async def overlap(
        self, first: Ask, second: Ask, *, meanwhile: str | None = None
    ) -> list[Answered | Trouble | TurnedAway]:
        """What both hear when the second is read and decided while the first is being written; then ``meanwhile`` happens."""
        with self.held(meanwhile):
            asked = [asyncio.ensure_future(self._ask(first))]
            await self.until_first_waits()
            asked.append(asyncio.ensure_future(self._ask(second)))
            await self._until(_SECOND_HAS_READ)
            await asyncio.sleep(0.05)
            assert not any(one.done() for one in asked), "nobody is answered before the commit"
        return [await one for one in asked]

    async def _ask(self, question: Ask) -> Answered | Trouble | TurnedAway:
        try:
            answered: Answered = await self.runner.together(self.till.world.authority.spending.batch, question)
        except (Trouble, TurnedAway) as error:
            return error
        return answered

    @contextmanager
    def held(self, meanwhile: str | None = None) -> Iterator[None]:
        """Nobody can write a payment inside; ``meanwhile`` is done at the end, in the transaction that held them up."""
        inside, go_on = threading.Event(), threading.Event()

        def work(tx: Transaction) -> None:
            tx.one("SELECT seq FROM spend_counter FOR UPDATE")
            inside.set()
            assert go_on.wait(WAIT_S)
            if meanwhile is not None:
                tx.all(meanwhile) if meanwhile.startswith("SELECT") else tx.run(meanwhile)

        thread = threading.Thread(target=self._holder.write, args=(work,))
        thread.start()
        assert inside.wait(WAIT_S)
        try:
            yield
        finally:
            go_on.set()
            thread.join()

    async def until_first_waits(self) -> None:
        """A first batch stands still in its writing."""
        await self._until(_FIRST_WAITS)

    async def _until(self, query: str) -> None:
        for _ in range(400):
            row = await asyncio.to_thread(self._watch.read, lambda tx: tx.one(query))
            if row != (0,):
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"never: {query}")

    def close(self) -> None:
        for store in (self._holder, self._watch, self.till.world.store):
            store.close()


@pytest.fixture
def world(postgres: Cluster) -> Iterator[Overlap]:
    made = Overlap(postgres.new_authority_database())
    yield made
    made.close()


def test_the_second_finds_the_card_as_the_first_leaves_it(world: Overlap) -> None:
    """Two sites that take the last money of a card in one moment would both get it, or both be refused."""
    serial = world.till.serials[0]
    a, b, c = (world.till.next_code(serial) for _ in range(3))

    async def scenario() -> None:
        heard = await world.overlap(world.question(serial, a, 1_500), world.question(serial, b, 400))
        assert [type(one) for one in heard] == [PaymentAnswer, PaymentAnswer]
        heard = await world.overlap(world.question(serial, c, 60), world.question(serial, c, 60))
        assert isinstance(heard[0], PaymentAnswer)
        assert reason(heard[1]) == "declined", "the code is the first one's"  # type: ignore[arg-type] # it is an outcome

    world.run(scenario)
    assert world.till.balance(serial) == FACE - 1_500 - 400 - 60


def test_money_that_the_first_takes_is_not_there_for_the_second(world: Overlap) -> None:
    """The second payment would fail at the database for ever, or overdraw the card."""
    serial = world.till.serials[0]
    a, b = (world.till.next_code(serial) for _ in range(2))

    async def scenario() -> None:
        heard = await world.overlap(world.question(serial, a, 1_900), world.question(serial, b, 200))
        assert isinstance(heard[0], PaymentAnswer)
        assert reason(heard[1]) == "insufficient_funds"  # type: ignore[arg-type] # it is an outcome

    world.run(scenario)
    assert world.till.balance(serial) == 100


def test_a_repeat_of_what_is_being_written_hears_the_same(world: Overlap) -> None:
    """A site that lost patience and asked again would pay twice, or hear that the code is used."""
    serial = world.till.serials[0]
    code, other = (world.till.next_code(serial) for _ in range(2))

    async def scenario() -> None:
        first = world.question(serial, code, 300, key="once")
        heard = await world.overlap(first, world.question(serial, code, 300, key="once"))
        assert heard[1] == Repeated(heard[0])
        assert isinstance(heard[0], PaymentAnswer)
        heard = await world.overlap(
            world.question(serial, other, 100, key="twice"), world.question(serial, other, 200, key="twice")
        )
        assert isinstance(heard[0], PaymentAnswer)
        assert isinstance(heard[1], TurnedAway), "other content under the key"

    world.run(scenario)
    assert world.till.balance(serial) == FACE - 300 - 100
    assert len(all_rows(world.till.world)) == 2


def test_a_payment_that_is_being_written_can_be_given_back(world: Overlap) -> None:
    """A site that cancels an order at once would hear that there is no such payment."""
    serial = world.till.serials[0]
    authority, caller = world.till.world.authority, world.till.callers[PRESS]

    async def scenario() -> None:
        payment_id = id_text(op_id_of(caller, "first"))
        refund = authority.follow_question(caller, "back", payment_id, RefundRequest())
        heard = await world.overlap(world.question(serial, world.till.next_code(serial), 300, key="first"), refund)
        assert [one.status for one in heard if isinstance(one, PaymentAnswer)] == ["captured", "refunded"]

    world.run(scenario)
    assert world.till.balance(serial) == FACE


def test_what_rested_on_a_writing_that_did_not_hold_is_decided_anew(world: Overlap) -> None:
    """A card that was blocked in that moment would pay after all, because the one before had seen it open."""
    serial = world.till.serials[0]
    a, b = (world.till.next_code(serial) for _ in range(2))

    async def scenario() -> None:
        heard = await world.overlap(
            world.question(serial, a, 300),
            world.question(serial, b, 200),
            meanwhile=f"UPDATE card SET block = 'stolen' WHERE card_id = {int(serial)}",
        )
        assert [reason(one) for one in heard] == ["declined", "declined"]  # type: ignore[arg-type] # they are outcomes

    world.run(scenario)
    assert world.till.balance(serial) == FACE
    assert len(all_rows(world.till.world)) == 2


def test_a_repeat_of_what_did_not_hold_hears_what_became_of_it(world: Overlap) -> None:
    """The repeat writes nothing itself, so no fact of its own would betray that it was promised a payment which is none."""
    serial = world.till.serials[0]
    code = world.till.next_code(serial)

    async def scenario() -> None:
        question = world.question(serial, code, 300, key="once")
        blocked = f"UPDATE card SET block = 'stolen' WHERE card_id = {int(serial)}"
        heard = await world.overlap(question, question, meanwhile=blocked)
        assert {type(one) for one in heard} == {Declined, Repeated}, "decided anew, whichever of them first"
        assert [reason(outcome_of(one)) for one in heard] == ["declined", "declined"]  # type: ignore[arg-type] # they are answers

    world.run(scenario)
    assert len(all_rows(world.till.world)) == 1


def test_nobody_rests_on_what_nobody_knows(world: Overlap) -> None:
    """The connection ends during the first one's writing: its repeat, decided meanwhile, would hear of a payment that is none."""
    serial = world.till.serials[0]
    code = world.till.next_code(serial)
    ends = """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()
                 AND application_name = 'kiosk authority writer' AND wait_event_type = 'Lock'"""

    async def scenario() -> None:
        question = world.question(serial, code, 300, key="once")
        heard = await world.overlap(question, question, meanwhile=ends)
        assert isinstance(heard[0], Trouble)
        assert heard[0].code == "AUT-13"
        assert isinstance(heard[1], PaymentAnswer)

    world.run(scenario)
    assert world.till.balance(serial) == FACE - 300
    assert len(all_rows(world.till.world)) == 1


def test_nobody_is_decided_on_a_code_that_is_being_bound(world: Overlap) -> None:
    """A code that one site has just heard to be right would be free for another site in that moment."""
    serial = world.till.serials[0]
    code = world.till.next_code(serial)

    def question(minor: int, reference: str) -> Ask:
        request = world.till.ask((serial, code), minor=minor, reference=reference)
        return world.till.world.authority.pay_question(world.till.callers[PRESS], world.till.new_key(), request)

    async def scenario() -> None:
        with world.held():
            asked = [asyncio.ensure_future(world._ask(question(FACE + 1, "A-1")))]
            await world.until_first_waits()
            asked += [asyncio.ensure_future(world._ask(question(100, purchase))) for purchase in ("A-2", "A-1")]
            await asyncio.sleep(0.1)
            assert not any(one.done() for one in asked)
        heard = [await one for one in asked]
        assert [reason(one) for one in heard[:2]] == ["insufficient_funds", "declined"]  # type: ignore[arg-type] # outcomes
        assert isinstance(heard[2], PaymentAnswer)

    world.run(scenario)
    assert world.till.balance(serial) == FACE - 100


def test_work_of_another_kind_waits_for_both(world: Overlap) -> None:
    """An activation beside a payment could see half of it, or lock the cards in another order and hang."""
    serial = world.till.serials[0]
    order: list[str] = []

    async def scenario() -> None:
        with world.held():
            paying = asyncio.ensure_future(
                world.runner.together(
                    world.till.world.authority.spending.batch,
                    world.question(serial, world.till.next_code(serial), 300),
                )
            )
            paying.add_done_callback(lambda _: order.append("payment"))
            await world.until_first_waits()
            works = [asyncio.ensure_future(world.runner.write(_put(name))) for name in ("a", "b")]
            works[0].add_done_callback(lambda _: order.append("work"))
            await asyncio.sleep(0.1)
            assert order == []
        await asyncio.gather(paying, *works)

    world.run(scenario)
    assert order == ["payment", "work"]
    assert world.till.world.store.read(lambda tx: [get_setting(tx, name) for name in ("a", "b")]) == ["1", "1"]


def test_many_overlapping_batches_leave_books_that_agree(world: Overlap) -> None:
    """A hundred sites at once, on one card, each sure of its own answer."""
    serial = world.till.serials[0]
    authority = world.till.world.authority

    async def scenario() -> None:
        async def site() -> object:
            await asyncio.sleep(0)
            question = world.question(serial, world.till.next_code(serial), 70)
            return await world.runner.together(authority.spending.batch, question)

        async def late(number: int) -> list[object]:
            await asyncio.sleep(number * 0.003)
            return [await site() for _ in range(5)]

        heard = [one for some in await asyncio.gather(*(late(number) for number in range(5))) for one in some]
        assert all(isinstance(one, PaymentAnswer) for one in heard)

    world.run(scenario)
    assert world.till.balance(serial) == FACE - 25 * 70
    assert world.till.world.store.read(lambda tx: audit(tx)) == []


def _put(name: str) -> Callable[[Transaction], None]:
    return lambda tx: put_setting(tx, name, "1")


def test_a_turn_knows_that_what_it_rests_on_failed_even_when_it_was_made_good_meanwhile() -> None:
    """The first writes anew, otherwise than it had promised, before the second comes to its turn: the numbers would agree again."""

    async def scenario() -> None:
        turns: Turns[str] = Turns()
        first, second = Turn(turns), Turn(turns)
        first.begin()
        assert await first.take()
        first.leave("promised")
        second.begin()
        assert second.ahead() == "promised"
        first.give(failed=True)
        first.begin()
        assert await first.take()
        first.leave("done")
        first.give()
        assert not await second.take()
        second.give()
        second.begin()
        assert second.ahead() is None, "what was written is in the database"
        assert await second.take()

    asyncio.run(scenario())
