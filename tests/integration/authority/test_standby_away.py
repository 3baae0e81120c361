"""While no standby confirms, nothing is told as done that a failover would take back: not a payment, not its repeat, not a look.

The authority waits a second for what it waits half a minute for in production. Not responsible for failovers under load
(``test_failover``).
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from kiosk.authority.services.audit import audit
from kiosk.clock import SystemClock
from tests.helpers.impatient_authority import ANSWER_S, serving
from tests.helpers.paying_site import PayingSite, make_paying_site
from tests.helpers.spending_oracle import faults
from tests.helpers.standby import Pair, running_pair, wait_until
from tests.linearizability.history import Call, Recorder, Result
from tests.linearizability.outages import WAIT_S, until
from tests.linearizability.plans import Round
from tests.linearizability.spenders import judged, look_at_the_end, spend
from tests.linearizability.wire import Wire, unguarded, wire

SPENDERS: Final = 4
REFUSED_WITHIN_S: Final = 10 * ANSWER_S
REFUSALS: Final = 12  # so often somebody hears "not now" before the standby is back

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("caplog")]  # trouble is in the log


@pytest.fixture
def pair() -> Iterator[Pair]:
    with running_pair() as made:
        yield made


@pytest.fixture
def site(pair: Pair, tmp_path: Path) -> PayingSite:
    made = make_paying_site(tmp_path / "authority", active=SPENDERS, database=pair.new_database())
    unguarded(made)
    return made


def _charge(card: str, code: int) -> Call:
    return Call(verb="charge", cards=((card, code),), key=f"{card}-{code}", amount=100, called=0)


def _assert_right(site: PayingSite, recorder: Recorder) -> None:
    verdict = judged(recorder)
    assert verdict.good, verdict.story()
    with site.inside() as authority:
        assert faults(authority.store) == []
        assert authority.store.read(audit) == []


def test_nothing_is_confirmed_until_the_standby_is_back_and_then_everything_once(pair: Pair, site: PayingSite) -> None:
    """Shoppers would be told that they have paid what burns with the one machine that knows of it; or they would wait for ever."""
    recorder, cards = Recorder(SystemClock()), [f"C{number}" for number in range(SPENDERS)]
    turns = [tuple(_charge(card, code) for code in range(1, 7)) for card in cards]
    heard: list[bool] = []
    away = threading.Event()
    with serving(site) as port, wire(site, site.serials, lambda: port, spenders=SPENDERS) as way:

        def hear() -> None:
            heard.append(True)
            if len(heard) >= SPENDERS:  # there is something left to ask when the standby is away
                away.wait(WAIT_S)

        way.heard = hear

        async def be_away() -> None:
            await until(lambda: len(heard) >= SPENDERS)
            pair.standby.stop()
            away.set()
            started = time.monotonic()
            await until(lambda: way.unavailable)
            assert time.monotonic() - started < REFUSED_WITHIN_S
            before = len(heard)
            await until(lambda: way.unavailable >= REFUSALS)
            assert len(heard) == before, "somebody was told yes"
            pair.standby.start()

        async def run() -> None:
            await asyncio.gather(spend(way, recorder, turns), be_away())
            await look_at_the_end(way, recorder, Round(tuple(cards), tuple(turns)))

        asyncio.run(run())
        assert all(said and said.isdigit() for said in way.retry_after), way.retry_after
    _assert_right(site, recorder)
    assert site.rows("SELECT count(*), sum(amount_minor) FROM spend WHERE kind = 'charged'") == [(24, 2_400)]
    assert site.database is not None
    name = site.database.partition("@/")[2].partition("?")[0]
    wait_until(
        lambda: pair.standby.sql("SELECT count(*) FROM spend WHERE kind = 'charged'", database=name) == "24",
        "the standby has not all of it",
    )


def _restart(pair: Pair, _number: int) -> None:
    pair.primary.kill()
    pair.primary.start()


def _cancel(pair: Pair, number: int) -> None:
    pair.primary.sql(f"SELECT pg_cancel_backend({number})")


def _terminate(pair: Pair, number: int) -> None:
    pair.primary.sql(f"SELECT pg_terminate_backend({number})")


@pytest.mark.parametrize(
    ("end", "given_up"),
    [(_cancel, False), (_terminate, False), (_restart, False), (_cancel, True)],
    ids=["cancelled", "terminated", "primary restarted", "given up and then cancelled"],
)
def test_what_the_primary_alone_has_is_told_to_nobody(
    pair: Pair, site: PayingSite, end: Callable[[Pair, int], None], given_up: bool
) -> None:
    """PostgreSQL shows a commit whose wait for the standby was ended. A merchant who asks again, or looks at the payment, would
    hear that it is paid, deliver, and lose it at the failover."""
    recorder = Recorder(SystemClock())
    first, unknown, other = _charge("C0", 1), _charge("C0", 2), _charge("C1", 1)
    look = Call(verb="look", payment=unknown.key, called=0)
    balance = Call(verb="balance", cards=unknown.cards, called=0)
    with serving(site) as port, wire(site, site.serials, lambda: port, spenders=SPENDERS) as way:

        async def run() -> None:
            assert await _once(way, recorder, first) is not None
            pair.standby.stop()
            asked = asyncio.ensure_future(_once(way, recorder, unknown))
            await until(pair.waiting)
            (number,) = pair.waiting()
            if given_up:
                assert await asked is None
            end(pair, number)
            assert await asked is None
            for call in (unknown, look, balance, other, unknown, look):
                assert await _once(way, recorder, call) is None, f"{call.verb}: no standby has it"
            pair.primary.kill()
            pair.standby.start()
            pair.promote()
            await look_at_the_end(way, recorder, Round(("C0", "C1"), ((first, unknown, other),)))

        asyncio.run(run())
    _assert_right(site, recorder)


async def _once(way: Wire, recorder: Recorder, call: Call) -> Result | None:
    with recorder.call(
        call.verb, who="merchant", cards=call.cards, key=call.key, payment=call.payment, amount=call.amount
    ) as asking:
        asking.result = await way.ask(call)
    return asking.result
