"""``python -m tests.simulation --seed N``: one day again, with its whole trace; ``--seeds A B``: every day from A to B − 1.

``--mutant NAME`` breaks one rule first: then the days are expected to fail.
"""

import argparse
import sys
import time
from collections.abc import Sequence

from tests.simulation.days import Day, run_day, run_days
from tests.simulation.mutants import MUTANTS


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's exit code: 0 when every invariant held."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="one day, with its trace")
    parser.add_argument("--seeds", type=int, nargs=2, default=(0, 300), metavar=("FROM", "TO"), help="many days")
    parser.add_argument("--mutant", choices=sorted(MUTANTS), help="break one rule first")
    options = parser.parse_args(arguments)
    if options.seed is not None:
        day = run_day(options.seed, mutant=options.mutant)
        sys.stdout.write("\n".join((*day.trace, *(day.violations or ("every invariant holds",)))) + "\n")
        return 1 if day.violations else 0
    began = time.monotonic()
    days = run_days(range(*options.seeds), mutant=options.mutant)
    failed = [day for day in days if day.violations]
    for day in failed:
        sys.stdout.write(f"seed {day.seed}: {day.violations[0]}\n")
    sys.stdout.write(f"{summary(days)}, {len(failed)} failed, {time.monotonic() - began:.1f} s\n")
    return 1 if failed else 0


def summary(days: Sequence[Day]) -> str:
    """What the days were made of."""
    sales, deaths, lost = sum(d.sales for d in days), sum(d.deaths for d in days), sum(d.lost for d in days)
    return f"{len(days)} seeds, {sales} sales, {deaths} deaths, {lost} lost messages"


if __name__ == "__main__":
    sys.exit(main())
