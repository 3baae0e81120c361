"""What is measured: a served authority with its cards, as a merchant's site meets it over HTTP on loopback.

Not responsible for the references (``database``) nor for sending (``load``).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from kiosk.authority.services.pay.asked import Caller, id_text, op_id_of
from kiosk.authority.store.ports import Store
from kiosk.authority.store.postgres import PostgresStore
from kiosk.authority.store.postgres_settings import Limits
from kiosk.authority.store.sqlite import SqliteStore
from kiosk.protocol.keys import Signer
from tests.bench.authority import engine
from tests.bench.authority.cards import HMAC_KEY, MERCHANT_NO, P256_KEY, Deck, Spendable, fill
from tests.bench.authority.database import database_of
from tests.bench.authority.load import Sent, Site, send
from tests.helpers.postgres import Cluster
from tests.helpers.served import start

AT_MOST_PER_S = 25_000  # more purchases than this are not signed for a second of load
ENGINE_AT_MOST_PER_S = 45_000
MINOR = 10
UNHURRIED = Limits(answer_s=1_800, statement_ms=0)  # for filling alone
_BENCH = Caller(merchant_no=MERCHANT_NO, test=False, contracts=())


class Purse:
    """Purchases in their order; those that were not sent are there again for the next run."""

    def __init__(self, purchases: Iterator[Spendable]) -> None:
        self._purchases = purchases
        self._back: list[Spendable] = []

    def take(self, count: int) -> list[Spendable]:
        """The next ones, at most ``count``."""
        taken = self._back[:count]
        self._back = self._back[count:]
        return taken + list(islice(self._purchases, count - len(taken)))

    def give_back(self, unsent: list[Spendable]) -> None:
        self._back = unsent + self._back


@dataclass(slots=True)
class Subject:
    """One authority under load. Purchases come from the deck in its order, those on one card from cards of their own."""

    name: str
    port: int
    folder: Path
    signers: dict[str, Signer]
    spread: Purse
    single: Purse
    store: Store
    dsn: str | None
    answered: int = 0

    def charges(self, *, clients: int, seconds: int, p256: bool = False, hot: bool = False) -> Sent:
        """One-call charges for some seconds."""
        sent, _ = self._pay(self.single if hot else self.spread, P256_KEY if p256 else HMAC_KEY, clients, seconds)
        return sent

    def two_steps(self, *, clients: int, seconds: int) -> Sent:
        """Authorize, then capture what was authorized: purchases a second when each takes both."""
        first, held = self._pay(self.spread, HMAC_KEY, clients, seconds, capture=False)
        ids = [id_text(op_id_of(_BENCH, one.key)) for one in held[: first.count - clients]]
        second = self._send(self._site(HMAC_KEY).captures(ids, now_s=_now_s()), clients, seconds)
        both = 1 / (1 / first.per_s + 1 / second.per_s)
        return replace(
            first, per_s=both, p50_ms=first.p50_ms + second.p50_ms, p99_ms=first.p99_ms + second.p99_ms,
            bad=first.bad + second.bad,
        )  # fmt: skip

    def engine(self, *, under_way: int, seconds: int, hot: bool = False) -> Sent:
        """The same purchases without HTTP and signatures, ``under_way`` at once; PostgreSQL alone."""
        assert self.dsn is not None, "a database that two processes may write"
        purse = self.single if hot else self.spread
        cards = purse.take(ENGINE_AT_MOST_PER_S * seconds)
        sent = engine.spend(self.dsn, self.folder, cards, minor=MINOR, under_way=under_way, seconds=seconds)
        purse.give_back(cards[sent.count :])
        self.answered += sent.count - sent.bad
        return sent

    def _pay(
        self, purse: Purse, key_id: str, clients: int, seconds: int, *, capture: bool = True
    ) -> tuple[Sent, list[Spendable]]:
        cards = purse.take(AT_MOST_PER_S * seconds if clients > 1 else AT_MOST_PER_S * seconds // 4)
        requests = self._site(key_id).charges(cards, now_s=_now_s(), minor=MINOR, capture=capture)
        sent = self._send(requests, clients, seconds)
        used = sent.count + 2 * clients  # those under way when the clock stopped may have been made
        purse.give_back(cards[used:])
        return sent, cards[:used]

    def check(self) -> list[str]:
        """Whether the books hold what was answered: each yes is one row, and they sum to zero."""
        rows, total = self.store.read(
            lambda tx: (
                tx.one("SELECT count(*) FROM spend WHERE kind IN ('charged', 'authorized', 'captured')"),
                tx.one("SELECT coalesce(sum(amount_minor), 0) FROM ledger WHERE account NOT LIKE 'shop-debt/%'"),
            )
        )
        assert rows is not None and total is not None
        return [
            f"{self.name}: {self.answered} answered yes, {rows[0]} rows (those under way when the clock stopped included), "
            f"books sum to {int(total[0])}"
        ]

    def _site(self, key_id: str) -> Site:
        return Site(key_id, self.signers[key_id], self.port)

    def _send(self, requests: list[bytes], clients: int, seconds: int) -> Sent:
        sent = send(requests, self.folder, port=self.port, clients=clients, seconds=seconds)
        self.answered += sent.count - sent.bad
        return sent


def _now_s() -> int:
    return int(time.time())  # noqa: TID251 - the clock of the server that checks the signatures


@contextmanager
def on_postgres(cluster: Cluster, folder: Path, *, cards: int, known: int) -> Iterator[Subject]:
    """An authority on a database of the cluster."""
    folder.mkdir(parents=True)
    dsn = cluster.new_authority_database()
    database = database_of(dsn)
    # foreign keys of rows that are made by rule need no looking up
    cluster.sql(f"ALTER DATABASE {database} SET session_replication_role = replica")
    filler = PostgresStore.open(dsn, UNHURRIED)
    deck, signers = fill(filler, folder, count=cards, known=known)
    filler.close()
    cluster.sql(f"ALTER DATABASE {database} RESET session_replication_role")
    cluster.sql("VACUUM ANALYZE", database=database)
    yield from _served(f"PostgreSQL, {cards:,} cards", folder, PostgresStore.open(dsn), deck, signers, dsn)


@contextmanager
def on_sqlite(folder: Path, *, cards: int, known: int) -> Iterator[Subject]:
    """An authority on one file."""
    folder.mkdir(parents=True)
    store = SqliteStore.create(folder / "authority.db")
    deck, signers = fill(store, folder, count=cards, known=known)
    yield from _served(f"SQLite, {cards:,} cards", folder, store, deck, signers, None)


def _served(
    name: str, folder: Path, store: Store, deck: Deck, signers: dict[str, Signer], dsn: str | None
) -> Iterator[Subject]:
    served = start(folder, environ={"KIOSK_DATABASE": dsn} if dsn else None)
    alone = len(deck.cards) // 3
    single, spread = Deck(deck.cards[:alone], deck.runs), Deck(deck.cards[alone:], deck.runs)
    try:
        yield Subject(
            name, served.port, folder, signers, Purse(spread.purchases()), Purse(single.one_after_another()), store, dsn
        )
    finally:
        store.close()
        served.stop()
