"""Days by seed, one or many, on as many processors as there are. Not responsible for what a day is (``world``)."""

import os
import traceback
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from unittest.mock import patch

from kiosk.protocol.keys import VerifyKey
from tests.simulation.check import check
from tests.simulation.mutants import mutated
from tests.simulation.world import World

MAX_WORKERS = 4
TRACE_SHOWN = 400


@dataclass(frozen=True)
class Day:
    """What a seed led to. ``trace`` is empty in days that went well among many."""

    seed: int
    violations: tuple[str, ...]
    trace: tuple[str, ...]
    sales: int
    deaths: int
    lost: int


def run_day(seed: int, *, mutant: str | None = None) -> Day:
    """One day with its whole trace. A bug that a mutant provokes is a violation like any other."""
    world = World(seed)
    # checking a signature costs more than everything else about an entry, and the wire's own tests do it
    with mutated(mutant), patch.object(VerifyKey, "verify", lambda self, signature, digest: True):
        try:
            violations = check(world.run())
        except Exception:
            if mutant is None:
                world.note(traceback.format_exc())
            violations = [f"it broke: {traceback.format_exc().strip().splitlines()[-1]}"]
    return Day(
        seed=seed,
        violations=tuple(violations),
        trace=tuple(world.trace),
        sales=world.clerk.sales,
        deaths=max(0, world.process.starts - 1),
        lost=world.network.lost,
    )


def run_days(seeds: Iterable[int], *, mutant: str | None = None) -> list[Day]:
    """Many days; the traces of good ones are dropped."""
    wanted = list(seeds)
    workers = min(MAX_WORKERS, os.cpu_count() or 1)
    if workers == 1 or len(wanted) < 2 * workers:
        return [_short(seed, mutant=mutant) for seed in wanted]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(pool.map(partial(_short, mutant=mutant), wanted, chunksize=5))


def first_failure(seeds: Iterable[int], *, mutant: str | None = None) -> Day | None:
    """The first bad day among these, one after the other."""
    return next((day for day in (run_day(seed, mutant=mutant) for seed in seeds) if day.violations), None)


def _short(seed: int, *, mutant: str | None) -> Day:
    day = run_day(seed, mutant=mutant)
    return day if day.violations else Day(seed, (), (), day.sales, day.deaths, day.lost)
