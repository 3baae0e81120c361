"""Cards on three PostgreSQL servers: each payment meets its own, together they are one scheme, and one that dies is missed by
its cards alone."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from kiosk.authority.services.pay.answers import Declined
from kiosk.authority.services.pay.asked import Ask
from kiosk.authority.services.pay.shards import PARTS, ShardedPayments, ShardMap, part_of
from kiosk.authority.services.pay.spending import Outcome
from kiosk.authority.services.refused import TurnedAway
from kiosk.authority.store.ports import Store, Transaction
from kiosk.authority.store.postgres import PostgresStore
from kiosk.authority.store.writer import lanes
from kiosk.errors import Trouble
from kiosk.protocol.payments import PaymentAnswer, RefundRequest
from tests.helpers.postgres import Cluster, running_cluster
from tests.helpers.spending import CINEMA, PRESS, Till, add_merchants, make_spending

NAMES = ("nantes", "lyon", "lille")
TABLES = (
    "shop",
    "lot",
    "pack",
    "card",
    "card_codes",
)  # what a card needs to be spendable, in the order of their references
SPENDERS = 16


@dataclass
class Shards:
    """Three servers, each with its share of a lot that was made and sold in one place."""

    clusters: dict[str, Cluster]
    stores: dict[str, Store]
    till: Till

    def at(self, name: str) -> list[str]:
        """The serials that a server keeps."""
        known = ShardMap(NAMES)
        return [serial for serial in self.till.serials if known.of_card(int(serial)) == name]

    def ask(self, *cards: tuple[str, str], minor: int, key: str = "") -> Ask:
        request = self.till.ask(*cards, minor=minor)
        return self.till.world.authority.pay_question(self.till.callers[PRESS], key or self.till.new_key(), request)

    def total(self, account: str) -> int:
        sums = [
            store.read(
                lambda tx: tx.one("SELECT coalesce(sum(amount_minor), 0) FROM ledger WHERE account LIKE ?", account)
            )
            for store in self.stores.values()
        ]
        return sum(int(row[0]) for row in sums if row is not None)


@pytest.fixture(scope="module")
def clusters() -> Iterator[dict[str, Cluster]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(running_cluster()) for name in NAMES}


@pytest.fixture
def shards(clusters: dict[str, Cluster]) -> Iterator[Shards]:
    till = make_spending(active=40, cards_count=40, pack_cards=20)
    stores = {name: PostgresStore.open(cluster.new_authority_database()) for name, cluster in clusters.items()}
    known = ShardMap(NAMES)
    for name, store in stores.items():
        store.write(lambda tx, name=name: _copy(till, known, name, tx))  # type: ignore[misc] # name is bound now
    yield Shards(clusters, dict(stores), till)
    for store in stores.values():
        store.close()


def _copy(till: Till, known: ShardMap, name: str, tx: Transaction) -> None:
    """A server's share of the world's cards, and what every server knows."""
    for table in TABLES:
        columns = [str(row[0]) for row in till.world.rows(f"SELECT name FROM pragma_table_info('{table}')")]
        rows = till.world.rows(f"SELECT {', '.join(columns)} FROM {table}")
        if table.startswith("card"):
            place = columns.index("card_id")
            rows = [row for row in rows if known.of_card(int(str(row[place]))) == name]
        marks = ", ".join("?" for _ in columns)
        tx.run_many(f"INSERT INTO {table}({', '.join(columns)}) VALUES ({marks})", rows)  # type: ignore[arg-type] # values as they were read
    add_merchants(tx, now_ms=till.world.clock.now_ms())


async def _pay(payments: ShardedPayments, shards: Shards, ask: Ask) -> Outcome:
    outcome = await payments.together(shards.till.world.authority.spending.batch, ask)
    assert isinstance(outcome, PaymentAnswer | Declined)
    return outcome


def test_a_map_gives_every_part_to_one_and_a_new_server_takes_only_what_it_keeps() -> None:
    """Adding a server would send half of all cards to where they are not."""
    before, after = ShardMap(NAMES), ShardMap((*NAMES, "metz"))
    assert sorted(part for name in NAMES for part in before.parts_of(name)) == list(range(PARTS))
    assert all(PARTS // 4 < len(before.parts_of(name)) < PARTS // 2 for name in NAMES)
    assert all(after.parts_of(name) < before.parts_of(name) for name in NAMES)
    assert part_of(1234567890123456) == 165, "a part is for ever: this number may not change"


def test_concurrent_spenders_over_three_servers(shards: Shards) -> None:
    """A second server would be a second place where the same code buys."""
    till = shards.till
    assert all(len(shards.at(name)) > 3 for name in NAMES)

    async def spender(payments: ShardedPayments, number: int) -> list[Outcome]:
        outcomes = []
        for place in range(6):
            serial = till.serials[(number // 2 + place) % len(till.serials)]  # two spenders after the same codes
            ask = shards.ask((serial, till.codes[serial][number // 4]), minor=100)
            outcomes.append(await _pay(payments, shards, ask))
        return outcomes

    async def everybody() -> list[Outcome]:
        with ExitStack() as stack:
            payments = ShardedPayments({name: stack.enter_context(lanes(s)) for name, s in shards.stores.items()})
            lists = await asyncio.gather(*(spender(payments, number) for number in range(SPENDERS)))
        return [outcome for some in lists for outcome in some]

    outcomes = asyncio.run(everybody())
    paid = [outcome for outcome in outcomes if isinstance(outcome, PaymentAnswer)]
    assert 0 < len(paid) < len(outcomes), "two are after each code, one gets it"
    codes = [
        row
        for store in shards.stores.values()
        for row in store.read(lambda tx: tx.all("SELECT card_id, code_no FROM spend WHERE code_no IS NOT NULL"))
    ]
    assert len(codes) == len(set(codes)) == len(paid)
    assert shards.total("merchant/%") == -80 * len(paid)
    assert shards.total("%") == -shards.total("shop-debt/%") - 100 * 0 or shards.total("card-liability/%") == 100 * len(
        paid
    )


def test_what_follows_a_payment_finds_its_server(shards: Shards) -> None:
    """A refund would be looked for on one server and refused by all but it."""
    till = shards.till

    async def run() -> None:
        with ExitStack() as stack:
            payments = ShardedPayments({name: stack.enter_context(lanes(s)) for name, s in shards.stores.items()})
            for name in NAMES:
                serial = shards.at(name)[0]
                paid = await _pay(payments, shards, shards.ask((serial, till.codes[serial][0]), minor=300))
                assert isinstance(paid, PaymentAnswer)
                ask = till.world.authority.follow_question(
                    till.callers[PRESS], till.new_key(), paid.payment_id, RefundRequest()
                )
                back = await _pay(payments, shards, ask)
                assert isinstance(back, PaymentAnswer) and back.status == "refunded"
                foreign = till.world.authority.follow_question(
                    till.callers[CINEMA], till.new_key(), paid.payment_id, RefundRequest()
                )
                with pytest.raises(TurnedAway):
                    await _pay(payments, shards, foreign)

    asyncio.run(run())
    assert shards.total("card-liability/%") == 0


def test_cards_of_two_servers_do_not_pay_together(shards: Shards) -> None:
    """One half of a payment would be made and the other not."""
    first, second = shards.at("nantes")[0], shards.at("lyon")[0]
    codes = shards.till.codes

    async def run() -> None:
        with ExitStack() as stack:
            payments = ShardedPayments({name: stack.enter_context(lanes(s)) for name, s in shards.stores.items()})
            with pytest.raises(TurnedAway, match="one after the other"):
                await _pay(
                    payments, shards, shards.ask((first, codes[first][0]), (second, codes[second][0]), minor=2500)
                )

    asyncio.run(run())
    assert shards.total("merchant/%") == 0


def test_a_server_that_dies_is_missed_by_its_own_cards_alone(shards: Shards) -> None:
    """One machine's failure would close every shop's cards at once, or be taken for a refusal."""
    codes = shards.till.codes
    there, gone = shards.at("lyon")[0], shards.at("lille")[0]

    async def run() -> None:
        with ExitStack() as stack:
            payments = ShardedPayments({name: stack.enter_context(lanes(s)) for name, s in shards.stores.items()})
            shards.clusters["lille"].kill()
            try:
                assert isinstance(
                    await _pay(payments, shards, shards.ask((there, codes[there][0]), minor=100)), PaymentAnswer
                )
                lost = shards.ask((gone, codes[gone][0]), minor=100, key="again")
                with pytest.raises(Trouble):
                    await _pay(payments, shards, lost)
            finally:
                shards.clusters["lille"].start()
            paid = await _pay(payments, shards, lost)
            assert isinstance(paid, PaymentAnswer), "back again, and asked again under the same key"

    asyncio.run(run())
