"""``make bench``: medians, 99th percentiles and ratios of the till on this machine. Prints and judges nothing.

``--sales``, ``--rounds`` and ``--appends`` set how much is measured.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.bench import cold_start, durable_append, sales


def main() -> int:
    """Measure everything; about a minute."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--sales", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--appends", type=int, default=500)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:  # the disk that the project lies on, not a memory disk
        _show(
            f"Durable append ({arguments.appends} rounds)",
            durable_append.measure(Path(folder), count=arguments.appends).lines(),
        )
    _show(f"Cold start ({arguments.rounds} rounds)", cold_start.measure(rounds=arguments.rounds).lines())
    _show(f"Sales on loopback ({arguments.sales})", sales.measure(count=arguments.sales).lines())
    return 0


def _show(title: str, lines: list[str]) -> None:
    sys.stdout.write("\n".join((f"\n{title}", *lines)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
