"""Simulated days by seed: nothing lost, nothing doubled, and every mutant of the design is seen.

``KIOSK_SEEDS`` sets how many days are simulated (300 by default, from seed ``KIOSK_FIRST_SEED`` on). A bad day prints its trace and
the one command that replays it.
"""

import os

import pytest

from tests.simulation.days import TRACE_SHOWN, Day, first_failure, run_day, run_days
from tests.simulation.mutants import MUTANTS

SEEDS = int(os.environ.get("KIOSK_SEEDS", "300"))
FIRST = int(os.environ.get("KIOSK_FIRST_SEED", "0"))
PARTS = 4
MUTANT_SEEDS = int(os.environ.get("KIOSK_MUTANT_SEEDS", "300"))


def story(day: Day) -> str:
    """What a person needs to see of a bad day."""
    trace = "\n".join(day.trace[-TRACE_SHOWN:])
    replay = f"python -m tests.simulation --seed {day.seed}"
    return f"seed {day.seed}: {'; '.join(day.violations)}\n{trace}\nseed {day.seed} again: {replay}"


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", range(PARTS))
def test_no_day_loses_or_doubles_anything(part: int) -> None:
    """Somewhere between a scan and a receipt, money or a card would be lost, or would exist twice."""
    days = run_days(range(FIRST + part, FIRST + SEEDS, PARTS))
    bad = [day for day in days if day.violations]
    assert not bad, "\n\n".join(story(day) for day in bad[:3])
    if len(days) >= 50:  # the days must be worth something: people bought, processes died, messages were lost
        assert sum(day.sales for day in days) > len(days)
        assert sum(day.deaths for day in days) > len(days)
        assert sum(day.lost for day in days) > 5 * len(days)


def test_the_same_seed_is_the_same_day() -> None:
    """A bad day could not be replayed, and so not be understood."""
    assert run_day(FIRST) == run_day(FIRST)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("mutant", sorted(MUTANTS))
def test_every_mutant_is_seen(mutant: str) -> None:
    """The simulator would be blind to a rule of the design, and so would we."""
    assert first_failure(range(FIRST, FIRST + MUTANT_SEEDS), mutant=mutant) is not None
