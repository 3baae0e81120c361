"""``make bench-authority``: charges a second on PostgreSQL and SQLite, beside pgbench on the same server in interleaved rounds.

Prints medians with their ranges and ``ratio <name> <value>`` lines, the medians of the rounds' own ratios; judges nothing.
``--rounds``, ``--seconds`` and ``--cards`` set how much is measured; the whole of it takes about a quarter of an hour, most
of which is ten million cards.
"""

import argparse
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.bench.authority.database import SETTINGS, Rate, References
from tests.bench.authority.load import Sent
from tests.bench.authority.machine import together
from tests.bench.authority.subject import Subject, on_postgres, on_sqlite
from tests.bench.figures import ratio
from tests.helpers.postgres import running_cluster

CLIENTS = (1, 16, 64, 256)
MIDDLE = 64
HOT_CLIENTS = 32
HOT_UNDER_WAY = 128  # four cards of 25 codes each, and a little
MAIN_CARDS = 1_000_000


class Rounds:
    """What was measured, by name: one figure a round."""

    def __init__(self) -> None:
        self.rates: dict[str, list[float]] = {}
        self.p50: dict[str, list[float]] = {}
        self.p99: dict[str, list[float]] = {}
        self.bad = 0

    def note(self, name: str, measured: Rate | Sent) -> None:
        self.rates.setdefault(name, []).append(measured.per_s)
        if isinstance(measured, Sent):
            self.p50.setdefault(name, []).append(measured.p50_ms)
            self.p99.setdefault(name, []).append(measured.p99_ms)
            self.bad += measured.bad
        _say(f"  {name:<34} {measured.per_s:10.0f}/s")

    def table(self) -> list[str]:
        """One line a name: median, range, latencies."""
        lines = [f"{'':<34} {'median/s':>10} {'range':>19} {'p50 ms':>8} {'p99 ms':>8}"]
        for name, rates in self.rates.items():
            spread = f"{min(rates):.0f} to {max(rates):.0f}"
            waits = "".join(
                f" {statistics.median(found[name]):8.2f}" if name in found else f" {'':>8}"
                for found in (self.p50, self.p99)
            )
            lines.append(f"{name:<34} {statistics.median(rates):10.0f} {spread:>19}{waits}")
        return lines

    def ratios(self, pairs: Sequence[tuple[str, str, str]]) -> list[str]:
        """``ratio`` lines for (name of the ratio, measured, reference); those that were not measured are left out."""
        return [
            ratio(name, self.rates[ours], self.rates[theirs])
            for name, ours, theirs in pairs
            if ours in self.rates and theirs in self.rates
        ]


def main() -> int:
    """Measure everything, interleaved."""
    parser = argparse.ArgumentParser(prog="bench-authority", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument(
        "--cards", default="10000,1000000,10000000", help="the sizes; the first tables use the middle one"
    )
    arguments = parser.parse_args()
    sizes = [int(word) for word in arguments.cards.split(",")]
    main_size = MAIN_CARDS if MAIN_CARDS in sizes else sizes[-1]
    rounds = Rounds()
    with ExitStack() as stack:
        # the disk that the project lies on, not a memory disk
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=Path.cwd() / "out")))
        folder.chmod(0o711)  # the server runs as another user, and finds its own folder in it
        cluster = stack.enter_context(running_cluster(settings=SETTINGS, parent=folder))
        _say(f"loading {', '.join(f'{size:,}' for size in sizes)} cards")
        known = 8_000 * arguments.rounds * arguments.seconds
        subjects = {
            size: stack.enter_context(
                on_postgres(cluster, folder / f"pg-{size}", cards=size, known=min(known, size // 2))
            )
            for size in sizes
        }
        sqlite = stack.enter_context(on_sqlite(folder / "sqlite", cards=main_size, known=min(known, main_size // 2)))
        references = References(cluster, folder, cards=main_size)
        cluster.sql("CHECKPOINT")
        _say(
            f"{sys.implementation.name} {platform.python_version()}; two busy processes do {together():.2f} times the work of one"
        )
        for number in range(1, arguments.rounds + 1):
            _say(f"round {number} of {arguments.rounds}")
            for name, measure in _plan(references, subjects, subjects[main_size], sqlite, arguments.seconds):
                rounds.note(name, measure())
        checked = [line for subject in (*subjects.values(), sqlite) for line in subject.check()]
    _report(rounds, sizes, checked)
    return 0


def _plan(
    references: References, subjects: dict[int, Subject], middle: Subject, sqlite: Subject, seconds: int
) -> list[tuple[str, Callable[[], Rate | Sent]]]:
    """What one round measures, each beside its reference in time."""
    plan: list[tuple[str, Callable[[], Rate | Sent]]] = []
    for clients in CLIENTS:
        plan += [
            (f"TPC-B, {clients} clients", partial(references.tpcb, clients=clients, seconds=seconds)),
            (f"smallest debit, {clients} clients", partial(references.debit, clients=clients, seconds=seconds)),
            (f"charge, {clients} clients", partial(middle.charges, clients=clients, seconds=seconds)),
        ]
    plan += [
        ("charge P-256, 64 clients", partial(middle.charges, clients=MIDDLE, seconds=seconds, p256=True)),
        ("two steps, 64 clients", partial(middle.two_steps, clients=MIDDLE, seconds=seconds)),
        ("charge on SQLite, 64 clients", partial(sqlite.charges, clients=MIDDLE, seconds=seconds)),
        ("smallest debit, one card, 32", partial(references.debit_hot, clients=HOT_CLIENTS, seconds=seconds)),
        ("charge, one card, 32 clients", partial(middle.charges, clients=HOT_CLIENTS, seconds=seconds, hot=True)),
        ("engine, 64 under way", partial(middle.engine, under_way=MIDDLE, seconds=seconds)),
        ("engine, one card, 32 under way", partial(middle.engine, under_way=HOT_CLIENTS, seconds=seconds, hot=True)),
        ("engine, one card, 128 under way", partial(middle.engine, under_way=HOT_UNDER_WAY, seconds=seconds, hot=True)),
    ]
    plan += [
        (f"charge, {size:,} cards", partial(subject.charges, clients=MIDDLE, seconds=seconds))
        for size, subject in subjects.items()
    ]
    return plan


def _report(rounds: Rounds, sizes: list[int], checked: list[str]) -> None:
    smallest, largest = f"charge, {sizes[0]:,} cards", f"charge, {sizes[-1]:,} cards"
    pairs = [
        *(
            (f"charge-to-tpcb-c{clients}", f"charge, {clients} clients", f"TPC-B, {clients} clients")
            for clients in CLIENTS
        ),
        *(
            (f"charge-to-debit-c{clients}", f"charge, {clients} clients", f"smallest debit, {clients} clients")
            for clients in CLIENTS
        ),
        ("p256-to-tpcb-c64", "charge P-256, 64 clients", "TPC-B, 64 clients"),
        ("two-steps-to-tpcb-c64", "two steps, 64 clients", "TPC-B, 64 clients"),
        ("sqlite-to-tpcb-c64", "charge on SQLite, 64 clients", "TPC-B, 64 clients"),
        ("hot-card-to-debit-c32", "charge, one card, 32 clients", "smallest debit, one card, 32"),
        ("engine-to-tpcb-c64", "engine, 64 under way", "TPC-B, 64 clients"),
        ("engine-to-debit-c64", "engine, 64 under way", "smallest debit, 64 clients"),
        ("engine-hot-card-32-to-debit-c32", "engine, one card, 32 under way", "smallest debit, one card, 32"),
        ("engine-hot-card-128-to-debit-c32", "engine, one card, 128 under way", "smallest debit, one card, 32"),
        (f"cards-{sizes[-1]}-to-{sizes[0]}", largest, smallest),
    ]
    _say(
        "\n".join(("", *rounds.table(), "", *rounds.ratios(pairs), f"answers that were no 2xx: {rounds.bad}", *checked))
    )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
