"""kill -9 at every named point of the journal and at random moments: what was acknowledged is there, and it is sound (CAI-01).

60 random kills in the test command, more by ``KIOSK_KILLS=2000``.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.clock import SystemClock
from kiosk.domain.events import CardPromised
from tests.crash.journal_life import Ack, Job, Outcome
from tests.helpers.failpoints import ROOT, declared
from tests.helpers.journal import open_store

KILLS = int(os.environ.get("KIOSK_KILLS", "60"))
STEPS = 40
SCENARIO_SEED = 5  # its life passes every point of the journal
Run = Callable[..., Outcome]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """Starts a life and waits for its end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.crash.journal_life"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    commands, answers = process.stdin, process.stdout

    def live(
        folder: Path, *, seed: int, steps: int = STEPS, failpoint: str = "", kill_after: int = 0, log: str = ""
    ) -> Outcome:
        job: Job = {
            "folder": str(folder),
            "seed": seed,
            "steps": steps,
            "failpoint": failpoint,
            "kill_after": kill_after,
            "log": log,
        }
        commands.write(json.dumps(job) + "\n")
        commands.flush()
        outcome: Outcome = json.loads(answers.readline())
        return outcome

    yield live
    commands.close()
    answers.close()
    assert process.wait(30) == 0


def check(folder: Path, acks: list[Ack]) -> None:
    """Reopen as the next start does. ``acks`` are those of all lives of this folder, in order."""
    troubles = [ack["trouble"] for ack in acks if "trouble" in ack]
    assert troubles == []
    journal = open_store(folder, SystemClock())
    assert journal.tampered() is None, "an honest crash is not tampering"
    entries = journal.entries()
    journal.verify_fully()
    acknowledged = max((ack["seq"] for ack in acks if "seq" in ack), default=0)
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    assert len(entries) >= acknowledged, "an acknowledged entry is lost"
    for name in ("ticket", "event"):
        numbers = [entry.chain_no for entry in entries if entry.chain == name]
        assert numbers == list(range(1, len(numbers) + 1)), f"a gap in the {name} chain"
    # a promise and its closing are one append: both or neither
    promises = [entry.seq for entry in entries if isinstance(entry.event, CardPromised)]
    assert all(seq < len(entries) for seq in promises)
    owed = _owed(journal)
    delivered = {ack["delivered"] for ack in acks if "delivered" in ack}
    assert not owed & delivered, "a delivered entry is owed again"
    parked = {row.seq for row in journal.parked()}
    assert owed | parked >= set(range(acknowledged + 1, len(entries) + 1)), "an entry is not owed that nobody delivered"
    packs = {card.pack for n in range(10) if (card := journal.find_card(f"card-{n}")) is not None}
    assert len(packs) <= 1, "half a page of changes was applied"
    cursor = journal.cursor()
    if cursor:
        assert packs == {f"P{cursor[1:]}"}, "the cursor and the stock are of different pages"
    journal.close()


def _owed(journal: object) -> set[int]:
    from kiosk.journal.store import SqliteJournal

    assert isinstance(journal, SqliteJournal)
    return {int(str(row[0])) for row in journal._database.rows("SELECT seq FROM outbox WHERE parked IS NULL")}


@pytest.fixture(scope="module")
def passages(run: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """How often the scenario passes each point when nobody kills it."""
    folder = tmp_path_factory.mktemp("unkilled")
    log = folder.with_suffix(".log")
    outcome = run(folder, seed=SCENARIO_SEED, log=str(log))
    assert outcome["acks"][-1] == {"ended": True}
    names = log.read_text().split()
    return {name: names.count(name) for name in sorted(set(names))}


POINTS = sorted(name for name in declared() if name.startswith("journal."))


def test_the_scenario_passes_every_point_of_the_journal(passages: dict[str, int]) -> None:
    """A point that no scenario passes is a crash that nobody tried."""
    assert len(POINTS) > 20
    assert set(POINTS) == set(passages)


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point_and_at_it_again(run: Run, passages: dict[str, int], tmp_path: Path, point: str) -> None:
    """A power cut at exactly this moment would lose or double a sale, or stop the till for good; so would a second one at the
    restart."""
    count = passages[point]
    for nth in sorted({1, (count + 1) // 2, count}):
        folder = tmp_path / f"at-{nth}"
        first = run(folder, seed=SCENARIO_SEED, failpoint=f"{point}:{nth}")
        assert first["killed"], "the point was not passed"
        acks = first["acks"]
        if folder.exists():
            second = run(folder, seed=SCENARIO_SEED + 1, failpoint=point)
            acks = [*acks, *second["acks"]]
        check(folder, acks)
        last = run(folder, seed=SCENARIO_SEED + 2, steps=5)
        assert last["acks"][-1] == {"ended": True}
        check(folder, [*acks, *last["acks"]])


@pytest.mark.timeout(120 + KILLS)
def test_killed_at_random_moments(run: Run, tmp_path: Path) -> None:
    """Somewhere between the named points a kill could still hurt (JR-06)."""
    killed = 0
    acks: list[Ack] = []
    for life in range(KILLS):
        folder = tmp_path / f"shop-{life // 10}"
        if life % 10 == 0:
            acks = []
        outcome = run(folder, seed=life, kill_after=1 + life * 7 % 60)
        killed += outcome["killed"]
        acks += [ack for ack in outcome["acks"] if "ended" not in ack]
        check(folder, acks)
    assert killed > KILLS * 0.8
