"""Every authority that spends wrongly is condemned by the spenders' histories, within a few rounds."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from kiosk.authority.store.sqlite import SqliteStore
from kiosk.errors import Bug
from tests.fakes.clock import FakeClock
from tests.helpers.spending import Till, make_spending
from tests.linearizability.mutants import MUTANTS
from tests.linearizability.plans import draw_round
from tests.linearizability.spenders import judged
from tests.linearizability.test_spenders import play

ROUNDS: Final = 40
CARDS: Final = 5
SPENDERS, EACH = 8, 6  # a bad history is searched to its end before it is condemned: short ones are

pytestmark = pytest.mark.slow


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    store = SqliteStore.create(tmp_path / "authority.db")
    yield make_spending(store, active=ROUNDS * CARDS, cards_count=ROUNDS * CARDS, clock=FakeClock())
    store.close()


@pytest.mark.parametrize("name", MUTANTS)
def test_every_mutant_is_condemned(till: Till, name: str) -> None:
    """The proof would be blind to a rule of spending, and so would we."""
    mutant = MUTANTS[name]
    with ExitStack() as stack:
        mutant.mutate(stack, till)
        condemned = any(_condemned(till, number) for number in range(ROUNDS))
    assert condemned, f"{name}: {mutant.what}"


def _condemned(till: Till, number: int) -> bool:
    serials = till.serials[number * CARDS : (number + 1) * CARDS]
    played = draw_round(seed=number, spenders=SPENDERS, each=EACH, cards=[f"C{one}" for one in range(CARDS)])
    try:
        recorder = play(till, played, serials)
    except Bug:
        return True  # a constraint behind the rule noticed it
    verdict = judged(recorder)
    return verdict.decided and not verdict.good
