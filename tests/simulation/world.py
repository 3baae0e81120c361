"""One simulated day from one seed: a shop, its till, the authority, a network, people, and everything that can go wrong.

The product's core and the authority's logic run in this process on simulated time; clock, ids, disk, network, deaths and people all
come from the seed, so that the same seed is the same day. At the end everything heals and the books are compared with what people
hold (``check``).
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random

from kiosk.authority.core import Authority
from kiosk.authority.services.policy import demonstration_policy, set_policy
from kiosk.authority.store.cards import block, card_id_of
from kiosk.authority.store.ports import Transaction
from kiosk.authority.store.sqlite import SqliteStore
from kiosk.domain.activation import Block
from kiosk.domain.events import ShopIdentity
from kiosk.domain.limits import OfflinePolicy
from kiosk.till.desk import Settings
from tests.fakes.clock import START_MS, FakeClock, SeededIds
from tests.helpers.authority import KEYS, TILL, euro_catalogue, franc_catalogue, make_world
from tests.simulation.network import Faults, Network, Server
from tests.simulation.people import Clerk
from tests.simulation.process import TillProcess

CARDS, PACK_CARDS, BOUND_PACKS = 60, 10, (0, 1, 2, 3)
DAY_LIMIT_MS = 10 * 3_600_000
HEAL_LIMIT_MS = 4 * 3_600_000
TRACE_LINES = 4_000


@dataclass(frozen=True)
class Profile:
    """What kind of day it is."""

    customers: int
    drop: float
    double: float
    slow: float
    mean_ms: float
    cut_every_ms: float
    cut_for_ms: float
    kill_commit: float
    kill_effect: float
    kill_idle_ms: float
    trouble: float
    clock_ms: float
    policy: bool
    let_go: bool
    cards_per_sale: int
    cards_outstanding: int
    blocked: int
    pace_ms: float
    theft_ms: float


def draw_profile(random: Random) -> Profile:
    """A day's weather: often fair, sometimes everything at once, and on one day in three hardly ever a line."""
    bad = random.choice((0.3, 1.0, 1.0, 2.0))
    minute = 60_000.0
    profile = Profile(
        customers=random.randint(4, 8),
        drop=random.choice((0.0, 0.02, 0.15, 0.4)) * min(bad, 1.5),
        double=random.choice((0.0, 0.05, 0.3)),
        slow=random.choice((0.0, 0.02, 0.15)),
        mean_ms=random.choice((10, 60, 400)),
        cut_every_ms=random.choice((minute, 3 * minute, 20 * minute)) / bad,
        cut_for_ms=random.choice((20_000, 2 * minute, 5 * minute, 10 * minute)),
        kill_commit=random.choice((0.0, 0.01, 0.04)) * bad,
        kill_effect=random.choice((0.0, 0.01, 0.03)) * bad,
        kill_idle_ms=random.choice((2 * minute, 10 * minute, 60 * minute)) / bad,
        trouble=random.choice((0.0, 0.0, 0.01, 0.05)),
        clock_ms=random.choice((0.0, 0.0, 30_000, 600_000)),
        policy=random.random() < 0.85,
        let_go=random.random() < 0.7,
        cards_per_sale=random.choice((1, 2, 2)),
        cards_outstanding=random.choice((2, 4, 10)),
        blocked=random.choice((0, 0, 1, 3)),
        pace_ms=random.choice((2_000, 10_000, 40_000)),
        theft_ms=random.choice((2 * minute, 60 * minute)),
    )
    if random.random() < 0.67:
        return profile
    return replace(
        profile,
        drop=0.0,
        slow=0.0,
        cut_every_ms=0.7 * minute,
        cut_for_ms=8 * minute,
        kill_commit=random.choice((0.0, 0.02, 0.06)),
        kill_effect=random.choice((0.0, 0.01)),
        kill_idle_ms=30 * minute,
        pace_ms=15_000,
        policy=True,
    )


class World:
    """A day. ``run`` it, then read ``violations``."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.healing = False
        self.pace_ms = 1_000.0
        self.trace: list[str] = []
        self.violations: list[str] = []
        self._true_ms = START_MS
        self._events: list[tuple[int, int, str, Callable[[], None]]] = []
        self._counter = 0
        self.profile = draw_profile(self.random)
        self.pace_ms = self.profile.pace_ms
        blob, serials = _template()
        store = SqliteStore.in_memory()
        store._connection.deserialize(blob)  # a copy of the prepared database, in a blink
        clock = _TrueClock(self)
        self.authority = Authority(
            store,
            clock=clock,
            ids=SeededIds(FakeClock(), seed=seed),
            keys=KEYS,
            catalogues=(euro_catalogue(), franc_catalogue()),
        )
        self.server = Server(self.authority)
        self.network = Network(self, Random(self.random.getrandbits(64)), self._faults())
        self.rack = list(serials[: PACK_CARDS * 5])
        self.random.shuffle(self.rack)
        self.serials = tuple(serials)
        self._prepare_authority()
        self.process = TillProcess(
            terminal=TILL,
            settings=_settings(),
            times=self,
            true_ms=self.now_ms,
            random=Random(self.random.getrandbits(64)),
            network=self.network,
            server=self.server,
            counter=self,
            sign=lambda digest: bytes(64),  # see ``days``: signatures are not what is simulated
        )
        self._arm_kills()
        self.clerk = Clerk(self, self.process, customers=self.profile.customers)

    # ---- time

    def now_ms(self) -> int:
        """True time."""
        return self._true_ms

    def later(self, delay_ms: float, what: str, do: Callable[[], None]) -> None:
        """Have something happen, and say so in the trace if ``what`` is not empty."""
        self._counter += 1
        heapq.heappush(self._events, (self._true_ms + max(0, round(delay_ms)), self._counter, what, do))

    def note(self, text: str) -> None:
        """A line of the trace."""
        if len(self.trace) < TRACE_LINES:
            self.trace.append(f"{(self._true_ms - START_MS) / 1000:10.3f}  {text}")

    def run(self) -> "World":
        """The whole day: trouble, then healing."""
        self.process.start()
        self.clerk.act()
        self._plan_cut()
        self._plan_kill()
        self._plan_clock()
        self._plan_theft()
        self._until(lambda: self.clerk.done, START_MS + DAY_LIMIT_MS)
        self.heal()
        return self

    def heal(self) -> None:
        """The network is good, nothing dies, the clock is right: everything has to come to rest."""
        self.note("everything heals")
        self.healing = True
        self.network.faults = Faults(mean_ms=20)
        self.process.kills.commit = self.process.kills.effect = self.process.kills.trouble = 0.0
        self.process.journal.crash_next = self.process.journal.trouble_next = None
        self.process.bank.mute = 0.0
        self.process.clock.wrong_ms = 0
        self._until(self.at_rest, self._true_ms + HEAL_LIMIT_MS)

    def at_rest(self) -> bool:
        """Whether nothing is open at the till and nothing is owed."""
        if not self.process.alive or not self.clerk.done:
            return False
        state = self.process.state
        book = state.book
        quiet = not book.owed and not book.promises and not state.outbox
        return quiet and state.link_up and all(sale.closed for sale in book.sales)

    def _until(self, over: Callable[[], bool], limit_ms: int) -> None:
        while self._events and self._true_ms < limit_ms and not over() and not self.violations:
            at_ms, _, what, do = heapq.heappop(self._events)
            self._true_ms = at_ms
            if what:
                self.note(what)
            do()

    # ---- things that people take, put and spend

    def take_card(self, series: str | None = None) -> str | None:
        """A card from the rack."""
        for place, card in enumerate(self.rack):
            if series is None or card[12:14] == series:
                return self.rack.pop(place)
        return None

    def put_card(self, serial: str) -> None:
        """A card goes back to the rack: often where the next hand finds it."""
        place = 0 if self.random.random() < 0.5 else self.random.randint(0, len(self.rack))
        self.rack.insert(place, serial)

    def spend(self, serial: str, *, soon: bool = False) -> None:
        """Somebody uses a code, some time after leaving, or while the card lies on the counter."""
        self.later(0 if soon else self.random.uniform(1_000, 600_000), "", lambda: self._spend(serial))

    def _spend(self, serial: str) -> None:
        statement = "UPDATE card SET codes_used = 1 WHERE card_id = ? AND state = 'active'"
        self.authority.store.write(lambda tx: tx.run(statement, card_id_of(serial)))

    # ---- fate

    def killed(self, process: TillProcess, why: str) -> None:
        """The till's process died: people act, and it is started again after a while."""
        self.clerk.till_died()
        again = 500.0 if self.healing else self.random.choice((1_000, 5_000, 30_000, 180_000))
        self.later(again, "", self._start_again)

    def _start_again(self) -> None:
        if self.process.alive:
            return
        if self.random.random() < 0.4:
            self.process.clock.reboot()
        self.process.start()

    def _plan_kill(self) -> None:
        def strike() -> None:
            if not self.healing:
                self.process.kill("out of the blue")
                self._plan_kill()

        self.later(self.random.expovariate(1 / self.profile.kill_idle_ms), "", strike)

    def _plan_cut(self) -> None:
        def cut() -> None:
            if self.healing:
                return
            self.note("the line is cut")
            self.network.faults.cut = True
            self.later(self.random.expovariate(1 / self.profile.cut_for_ms), "", mend)

        def mend() -> None:
            self.note("the line is back")
            self.network.faults.cut = False
            self._plan_cut()

        self.later(self.random.expovariate(1 / self.profile.cut_every_ms), "", cut)

    def _plan_clock(self) -> None:
        def jump() -> None:
            if not self.healing:
                self.process.clock.wrong_ms = round(self.random.uniform(-1, 1) * self.profile.clock_ms)
                self.note(f"the till's clock is {self.process.clock.wrong_ms} ms wrong")
                self._plan_clock()

        if self.profile.clock_ms:
            self.later(self.random.expovariate(1 / 600_000), "", jump)

    def _plan_theft(self) -> None:
        """A card is reported stolen, perhaps one that lies on the counter and is held."""

        def report() -> None:
            if self.healing:
                return
            held = [card for customer in self.clerk.customers if not customer.gone for card in customer.cards]
            if held and self.random.random() < 0.6:
                serial = self.random.choice(held)
            else:
                serial = self.random.choice(self.rack) if self.rack else ""
            if serial:
                self.note(f"card …{serial[-4:]} is reported stolen")
                self.authority.store.write(lambda tx: block(tx, card_id_of(serial), Block.STOLEN))
            self._plan_theft()

        self.later(self.random.expovariate(1 / self.profile.theft_ms), "", report)

    def _arm_kills(self) -> None:
        self.process.kills.commit = self.profile.kill_commit
        self.process.kills.effect = self.profile.kill_effect
        self.process.kills.trouble = self.profile.trouble

    def _faults(self) -> Faults:
        profile = self.profile
        return Faults(drop=profile.drop, double=profile.double, slow=profile.slow, mean_ms=profile.mean_ms)

    def _prepare_authority(self) -> None:
        profile = self.profile
        policy = demonstration_policy("EUR") if profile.policy else OfflinePolicy(currency="EUR")
        policy = replace(
            policy,
            let_go_while_unknown=profile.let_go,
            max_cards_per_sale=profile.cards_per_sale,
            max_cards_outstanding=profile.cards_outstanding,
        )
        blocked = self.random.sample(self.rack, profile.blocked)

        def work(tx: Transaction) -> None:
            set_policy(tx, policy, now_ms=self._true_ms)
            for serial in blocked:
                block(tx, card_id_of(serial), Block.STOLEN)

        self.authority.store.write(work)


class _TrueClock:
    """The authority's clock is right."""

    boot_id = "authority"

    def __init__(self, world: World) -> None:
        self._world = world

    def now_ms(self) -> int:
        return self._world.now_ms()

    def monotonic_ms(self) -> int:
        return self._world.now_ms()


@lru_cache(maxsize=1)
def _template() -> tuple[bytes, tuple[str, ...]]:
    """An authority with a shop, a till and received packs, made once: its database as bytes, and the serials."""
    prepared = make_world(cards_count=CARDS, pack_cards=PACK_CARDS, bind=BOUND_PACKS)
    store = prepared.store
    assert isinstance(store, SqliteStore)
    return store._connection.serialize(), tuple(prepared.serials)


@lru_cache(maxsize=1)
def _settings() -> Settings:
    shop = ShopIdentity("S-PARIS", "Tabac", "1 rue de la Paix", "", "", "", "Caisse 1")
    return Settings(catalogue=euro_catalogue(), other_catalogues=(franc_catalogue(),), shop=shop, software="0.1.0")
