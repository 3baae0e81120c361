"""Whatever several tills send, in whatever order: the books balance, a card is sold once, and records say what cards are."""

import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.authority.services.policy import demonstration_policy, set_policy
from kiosk.authority.store.ports import Store
from kiosk.authority.store.postgres import PostgresStore
from kiosk.protocol.routes import Route
from tests.fakes.clock import FakeClock
from tests.helpers.asgi import Client
from tests.helpers.authority import TILL, TILL_2, TILL_ELSEWHERE, World, make_world
from tests.helpers.authority_golden import rows_of
from tests.helpers.entries import Journal

TILLS = (TILL, TILL_2, TILL_ELSEWHERE)
CARDS, LINES = 2, 2  # few enough that commits, cancels and voids meet on the same line
KINDS = ("reserve", "extend", "commit", "cancel", "cancel unseen", "promise", "void", "spend", "wait")
DAYS, STEPS = 6, 40
COUNTED = {"exception_no", "alert_no"}
_TABLES = ("card", "line", "answer", "movement", "posting", "entry", "promise", "exception", "alert", "feed", "policy")

_STEPS = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.integers(0, len(TILLS) - 1),
        st.integers(0, CARDS - 1),
        st.integers(0, LINES - 1),
    ),
    min_size=12,
    max_size=50,
)


class _Day:
    """A world in which each till has a few lines for each card."""

    def __init__(self, store: Store | None = None) -> None:
        self.clock = FakeClock()
        self.world = make_world(store, clock=self.clock, bind=(1,))
        self.world.store.write(lambda tx: set_policy(tx, demonstration_policy("EUR"), now_ms=self.clock.now_ms()))
        # one card that the shop's tills may sell, one that is bound to the first till
        self.serials = [self.world.serials[0], self.world.serials[10]]
        self.lines = {
            (till, card, line): self.world.new_id() for till in TILLS for card in range(CARDS) for line in range(LINES)
        }
        self.journals = {till: Journal(self.world, till=till) for till in TILLS}
        self.extended = 0

    def step(self, what: str, till: str, card: int, line: int) -> object:
        """One message, or something that happens; what is answered."""
        world, serial, line_id = self.world, self.serials[card], self.lines[till, card, line]
        match what:
            case "reserve":
                return world.reserve(line_id, serial, till=till)
            case "extend":
                self.extended += 1
                return world.extend(line_id, self.extended, till=till)
            case "commit":
                return world.commit(line_id, serial, till=till)
            case "cancel":
                return self._cancel(line_id, serial, till, rescanned=True)
            case "cancel unseen":
                return self._cancel(line_id, serial, till, rescanned=False)
            case "promise":
                journal = self.journals[till]
                return journal.deliver(journal.promise(line_id, serial, sale_id=line_id))
            case "void":
                return world.void(line_id, serial, till=till)
            case "spend":
                world.sql(
                    "UPDATE card SET balance_minor = 500, codes_used = 1 WHERE card_id = ? AND state = 'active'",
                    int(serial),
                )
            case _:
                self.clock.advance(61_000)
        return None

    def _cancel(self, line_id: str, serial: str, till: str, *, rescanned: bool) -> object:
        # one line is cancelled in one way; the other way would be other content under the same id
        known = self.world.rows("SELECT 1 FROM answer WHERE verb = 'cancel' AND id = ?", line_id)
        return None if known else self.world.cancel(line_id, serial, till=till, rescanned=rescanned)


@given(_STEPS)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.slow
def test_the_books_and_the_cards_agree_after_any_day(steps: list[tuple[str, int, int, int]]) -> None:
    """A shop would owe for a card that is not spendable, or a card would be spendable that nobody owes for (T-LEDGER)."""
    day = _Day()
    for what, till, card, line in steps:
        day.step(what, TILLS[till], card, line)
    _check(day.world)


@pytest.mark.parametrize("seed", range(DAYS))
@pytest.mark.slow
def test_a_day_on_postgresql_is_the_same_day(seed: int, postgres_store: PostgresStore) -> None:
    """What was tried on the developer's file would not be what the operator's server does."""
    draw = random.Random(seed)
    one, other = _Day(), _Day(postgres_store)
    for _ in range(STEPS):
        step = draw.choice(KINDS), draw.choice(TILLS), draw.randrange(CARDS), draw.randrange(LINES)
        assert one.step(*step) == other.step(*step), step
    _check(other.world)
    columns = {table: [str(row[1]) for row in one.world.rows(f"PRAGMA table_info({table})")] for table in _TABLES}
    # what a server counts by itself has gaps where a row was there already
    tables = {table: [name for name in names if name not in COUNTED] for table, names in columns.items()}
    assert rows_of(one.world.store, tables) == rows_of(postgres_store, tables)


def _check(world: World) -> None:
    rows = world.rows
    # INV-1: every movement sums to zero
    assert rows("SELECT 1 FROM posting GROUP BY card_id, no HAVING sum(amount_minor) <> 0") == []
    # INV-3 and INV-13: activations less reversals are 0 or 1, and say whether the card is sold
    net = rows(
        """SELECT c.card_id, c.state, coalesce(sum(CASE m.kind WHEN 'activation' THEN 1 WHEN 'reversal' THEN -1 END), 0)
             FROM card c LEFT JOIN movement m ON m.card_id = c.card_id GROUP BY c.card_id"""
    )
    for _, state, count in net:
        assert count == (1 if state == "active" else 0), state
    # one committed line a sold card, and it is the one the card names
    committed = rows("SELECT card_id, terminal_id, line_id FROM line WHERE record = 'committed' ORDER BY card_id")
    assert committed == rows(
        "SELECT card_id, sold_terminal, sold_line FROM card WHERE state = 'active' ORDER BY card_id"
    )
    # INV-2 for cards that nobody spent from
    assert rows("SELECT 1 FROM card WHERE state = 'active' AND codes_used = 0 AND balance_minor <> 2000") == []
    # the shops owe exactly what is active
    ((debt,),) = rows("SELECT coalesce(sum(amount_minor), 0) FROM posting WHERE account LIKE 'shop-debt/%'")
    assert debt == 2000 * len(committed)
    # INV-5: a second activation of a line is impossible
    assert (
        rows("SELECT 1 FROM movement WHERE kind = 'activation' GROUP BY terminal_id, line_id HAVING count(*) > 1") == []
    )
    # a void card keeps nothing, a card in stock is nobody's
    assert rows("SELECT 1 FROM card WHERE state = 'void' AND balance_minor <> 0") == []
    assert rows("SELECT 1 FROM card WHERE state = 'in_stock' AND sold_line IS NOT NULL") == []


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
_GOOD: dict[str, dict[str, Any]] = {  # Any: JSON
    "reserve": {"sale_id": "s", "serial": "", "entry_mode": "scanned", "face": {"amount_minor": 2000, "currency": "EUR"}},
    "commit": {
        "sale_id": "s", "serial": "", "entry_mode": "scanned", "face": {"amount_minor": 2000, "currency": "EUR"}, "tender": "cash",
    },
    "cancel": {"serial": "", "card_rescanned": True},
    "extend": {"n": 1},
}  # fmt: skip
LINE = "019b7900-0000-7000-8000-000000000001"


@given(st.sampled_from(sorted(_GOOD)), st.data())
@settings(max_examples=150, deadline=None)
@pytest.mark.slow
def test_no_content_whatever_makes_the_authority_fail(verb: str, data: st.DataObject) -> None:
    """A till with a broken memory would take the authority down for everybody."""
    world = _FUZZED.world
    body = dict(_GOOD[verb]) | ({"serial": world.serials[0]} if "serial" in _GOOD[verb] else {})
    field = data.draw(st.sampled_from([*sorted(body), "more"]))
    body[field] = data.draw(_JSON)
    encoded = json.dumps(body).encode("utf-8", "surrogatepass")
    key = f"{verb}/{LINE}" + (f"/{body['n']}" if verb == "extend" else "")
    try:
        key.encode("ascii")
        reply = _FUZZED.client.ask(Route("POST", f"/v1/lines/{LINE}/{verb}", key), encoded)
    except (ValueError, UnicodeError):
        return  # such a header cannot be sent at all
    assert reply.status in {200, 400, 422}, reply.body
    assert reply.signed


class _Fuzzed:
    """One world for all examples: what garbage does to it must not matter to the next."""

    def __init__(self) -> None:
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        if self._client is None:
            self._client = Client(make_world())
        return self._client

    @property
    def world(self) -> World:
        return self.client.world


_FUZZED = _Fuzzed()
