"""Many payments in one transaction: they see each other in their order, and one that fails leaves its neighbours alone."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from typing import Any

import pytest

from kiosk.authority.services.pay.answers import Declined
from kiosk.authority.services.pay.repeats import Repeated
from kiosk.authority.services.refused import TurnedAway
from kiosk.authority.store.batches import Item
from kiosk.authority.store.loop_lane import LoopLane
from kiosk.authority.store.ports import DISK_FULL, Done, Failed, Transaction, Work, trouble
from kiosk.authority.store.spends import StaleFacts
from kiosk.authority.store.writer import BatchWriter
from kiosk.errors import Bug, Trouble
from kiosk.protocol.payments import PaymentAnswer
from tests.helpers.spending import PRESS, Till, make_spending

Decide = Callable[..., list[object]]


@pytest.fixture
def till() -> Till:
    return make_spending()


def together(till: Till, *requests: tuple[str, Any]) -> list[Done | Failed]:
    authority = till.world.authority
    asks = [authority.pay_question(till.callers[PRESS], key, request) for key, request in requests]
    return authority.store.write(lambda tx: authority.spending.batch(tx, asks))


def test_a_batch_on_one_card_is_decided_in_order(till: Till) -> None:
    """Two payments of one moment would both see the whole balance, and the card would be overspent."""
    serial = till.serials[0]
    codes = till.codes[serial]
    results = together(till, *((str(n), till.ask((serial, codes[n]), minor=900)) for n in range(3)))
    kinds = [type(result.value) for result in results if isinstance(result, Done)]
    assert kinds == [PaymentAnswer, PaymentAnswer, Declined]
    assert till.balance(serial) == 200


def test_a_code_twice_in_one_batch_buys_once(till: Till) -> None:
    """Two sites with one code, at the same moment: one of them would never be paid."""
    serial = till.serials[0]
    request = till.ask((serial, till.codes[serial][0]), minor=100)
    first, second = together(till, ("a", request), ("b", request))
    assert isinstance(first, Done) and isinstance(first.value, PaymentAnswer)
    assert isinstance(second, Done) and isinstance(second.value, Declined)


def test_a_repeat_in_the_same_batch_is_a_repeat(till: Till) -> None:
    """An impatient site sends twice; both land in one batch."""
    serial = till.serials[0]
    request = till.ask((serial, till.codes[serial][0]), minor=100)
    first, second = together(till, ("a", request), ("a", request))
    assert isinstance(first, Done) and isinstance(second, Done)
    assert second.value == Repeated(first.value)
    assert till.balance(serial) == 1900


def test_who_is_turned_away_leaves_the_others_alone(till: Till) -> None:
    """One site's mistake would take everybody's payments down."""
    serial = till.serials[0]
    codes = till.codes[serial]
    results = together(
        till,
        ("a", till.ask((serial, codes[0]), minor=100)),
        ("a", till.ask((serial, codes[1]), minor=200)),
        ("b", till.ask((serial, codes[2]), minor=300)),
    )
    assert [type(result) for result in results] == [Done, Failed, Done]
    assert isinstance(results[1], Failed) and isinstance(results[1].error, TurnedAway)
    assert till.balance(serial) == 1600


def test_a_card_that_changed_meanwhile_is_not_written(till: Till) -> None:
    """An operator blocks a stolen card while a payment is decided: the payment would be made all the same."""
    serial = till.serials[0]
    request = till.ask((serial, till.codes[serial][0]), minor=100)
    authority = till.world.authority
    ask = authority.pay_question(till.callers[PRESS], "a", request)

    def raced(tx: Transaction) -> list[Done | Failed]:
        return authority.spending.batch(_Meddling(tx, int(serial)), [ask])

    with pytest.raises(StaleFacts):
        authority.store.write(raced)
    assert till.balance(serial) == 2000


class _Meddling:
    """A transaction in which somebody else's block appears between reading and writing."""

    def __init__(self, tx: Transaction, card_id: int) -> None:
        self._tx = tx
        self._card_id = card_id

    def __getattr__(self, name: str) -> Any:  # Any: the rest is the transaction's own
        return getattr(self._tx, name)

    def run(self, sql: str, *values: Any) -> int:  # Any: as in Transaction
        if sql.lstrip().startswith("UPDATE card SET state"):
            self._tx.run("UPDATE card SET block = 'stolen' WHERE card_id = ?", self._card_id)
        return self._tx.run(sql, *values)


class _Store:
    """A store whose groups are lists of numbers; ``bad`` ones bring their whole transaction down."""

    def __init__(
        self, *, bad: Collection[int] = (), stale: int = 0, full: bool = False, at_commit: bool = False
    ) -> None:
        self.bad = set(bad)
        self.stale = stale
        self.full = full
        self.at_commit = at_commit
        self.batches: list[list[int]] = []

    def group(self, _tx: Transaction, questions: Sequence[int]) -> list[Done | Failed]:
        self.batches.append(list(questions))
        if self.stale:
            self.stale -= 1
            raise StaleFacts
        if self.bad & set(questions) and not self.at_commit:
            raise Bug("a culprit")
        return [Done(question * 10) for question in questions]

    def write_batch(self, works: Sequence[Work[Any]]) -> list[Done | Failed]:
        if self.full:
            raise trouble(DISK_FULL, "full")
        results: list[Done | Failed] = []
        for work in works:
            try:
                results.append(Done(work(None)))  # type: ignore[arg-type] # these questions need no transaction
            except Exception as error:
                results.append(Failed(error))
        if self.at_commit and self.bad & {question for batch in self.batches[-1:] for question in batch}:
            raise Bug("the commit was refused")
        return results


def _on_a_thread(store: _Store, *questions: int) -> list[object]:
    """What each question hears when all come in one batch of the lane for SQLite."""
    writer = BatchWriter(store)  # type: ignore[arg-type] # as much of a store as the writer asks for
    futures: list[Future[Any]] = [Future() for _ in questions]
    writer._commit([Item(question, store.group, future) for question, future in zip(questions, futures, strict=True)])
    return [future.exception(0) or future.result(0) for future in futures]


def _on_the_loop(store: _Store, *questions: int) -> list[object]:
    """The same in the lane for PostgreSQL."""

    async def run(works: Sequence[Work[Any]], _next_may: Callable[[], None]) -> list[Done | Failed]:
        return store.write_batch(works)

    async def ask() -> list[object]:
        lane = LoopLane(run)
        heard = [lane.post(question, store.group) for question in questions]
        await lane.drained()
        with pytest.raises(Trouble):
            lane.post(0, store.group)
        return [future.exception() or future.result() for future in heard]

    return asyncio.run(ask())


@pytest.fixture(params=[_on_a_thread, _on_the_loop])
def decide(request: pytest.FixtureRequest) -> Decide:
    found: Decide = request.param
    return found


@pytest.mark.parametrize("at_commit", [False, True])
def test_a_failed_batch_is_split_until_the_culprit_is_alone(at_commit: bool, decide: Decide) -> None:
    """One impossible payment would be everybody's failure, for ever."""
    store = _Store(bad={5}, at_commit=at_commit)
    heard = decide(store, *range(8))
    assert [one for one in heard if isinstance(one, int)] == [0, 10, 20, 30, 40, 60, 70]
    assert isinstance(heard[5], Bug)
    assert [5] in store.batches


def test_a_full_disk_is_everybodys(decide: Decide) -> None:
    """A yes would be given for what is not on the disk."""
    assert all(isinstance(one, Trouble) for one in decide(_Store(full=True), 1, 2, 3))


def test_stale_facts_are_read_again(decide: Decide) -> None:
    """An operator's command at the wrong moment would fail the payments of everybody who pays then."""
    store = _Store(stale=2)
    assert decide(store, 1, 2) == [10, 20]
    assert store.batches == [[1, 2]] * 3


def test_facts_that_stay_stale_end(decide: Decide) -> None:
    """The writer would turn for ever and answer nobody."""
    heard = decide(_Store(stale=10_000), 1, 2)
    assert all(isinstance(one, Trouble) and one.retryable for one in heard)


def test_batches_that_overlap_share_what_waits() -> None:
    """A large batch and a small one would wait for one another by turns, and half of the time nobody would do anything."""

    async def ask(count: int, *, overlap: bool) -> list[int]:
        sizes: list[int] = []

        def group(_tx: object, questions: Sequence[int]) -> list[Done | Failed]:
            sizes.append(len(questions))
            return [Done(one) for one in questions]

        async def run(works: Sequence[Work[Any]], next_may: Callable[[], None]) -> list[Done | Failed]:
            if overlap:
                next_may()
            await asyncio.sleep(0.01)
            return [Done(work(None)) for work in works]  # type: ignore[arg-type] # these questions need no transaction

        lane = LoopLane(run)
        await lane.post(0, group)
        heard = [lane.post(number, group) for number in range(count)]
        assert await asyncio.gather(*heard) == list(range(count)), "each its own answer, in order"
        await lane.drained()
        return sizes[1:]

    assert asyncio.run(ask(64, overlap=True)) == [32, 32]
    assert asyncio.run(ask(100, overlap=True)) == [50, 50]
    assert asyncio.run(ask(16, overlap=True)) == [16], "so few are not worth two"
    assert asyncio.run(ask(64, overlap=False)) == [64], "without an overlap the second half would only wait"
