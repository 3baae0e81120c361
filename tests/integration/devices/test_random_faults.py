"""Printing under random faults. The invariants that a till's word stands on:

PRINTED ⇒ the device cut that job; REFUSED ⇒ the device printed nothing of it; each job is on paper at most once and ends once.
"""

import os
import random
from pathlib import Path

import pytest

from kiosk.devices.printing.jobs import PrintJob
from kiosk.domain.sale import PrintOutcome
from kiosk.receipt.document import Document, Text
from kiosk.till.messages import PrintFinished
from tests.helpers.devices import QUICK, Bench, bench

SEEDS = range(int(os.environ.get("KIOSK_FAULT_SEEDS", "8")))
JOBS = 4
FAULTS = (
    "paper_out {n}", "cover_open {n}", "cutter_jam {n}", "overheated {n}", "power_off {n}", "unplug {n}", "stall {n}", "xoff {n}",
    "mute", "garbage", "split", "no_confirmation", "foreign_id", "double_id", "late 1500", "slow 20000", "overrun 300", "paper_low",
)  # fmt: skip
MENDING = ("paper_in", "cover_closed", "cooled", "power_on", "go", "normal", "late 0", "slow 0", "overrun 0")


def _document(name: str) -> Document:
    return Document(name, (*(Text(f"{name} line {n}") for n in range(40)), Text(f"end of {name}")))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_outcome_never_lies(seed: int, tmp_path: Path) -> None:
    """The clerk would be told “printed” without a receipt, or “not printed” with one in the customer's hand."""
    chance = random.Random(seed)
    with bench(tmp_path, timings=QUICK, options="&flow=xonxoff") as b:
        ended: dict[str, PrintFinished] = {}
        for number in range(JOBS):
            name = f"job-{seed}-{number}"
            if chance.random() < 0.75:
                b.inject(chance.choice(FAULTS).format(n=chance.randint(1, 900)))
            b.driver.submit(name, _document(name))
            if chance.random() < 0.3:
                b.inject(chance.choice(FAULTS).format(n=chance.randint(1, 400)))
            ended[name] = b.ended(name)
            _mend(b, chance)
        _check(b, ended)


def _mend(b: Bench, chance: random.Random) -> None:
    for words in chance.sample(MENDING, len(MENDING)):
        b.inject(words)
    if not b.twin.condition["plugged"]:
        b.twin.replug()
    if chance.random() < 0.5:
        b.inject("power_off")  # as somebody does who has lost patience
        b.inject("power_on")


def _check(b: Bench, ended: dict[str, PrintFinished]) -> None:
    sheets = [b.twin.text(number) for number in range(len(b.twin.receipts))]
    everything = [row for sheet in sheets for row in sheet] + list(b.twin.hanging())
    assert b.twin.unknown == ""
    for name, done in ended.items():
        copies = everything.count(f"end of {name}")
        first = everything.count(f"{name} line 0")
        assert copies <= 1, f"{name} is on paper {copies} times"
        match done.outcome:
            case PrintOutcome.PRINTED:
                assert PrintJob(name, Document("", ())).process_id in b.twin.printed_ids
                assert any(f"end of {name}" in sheet for sheet in sheets), f"{name} was never cut off"
            case PrintOutcome.REFUSED:
                assert first == 0, f"{name} was refused and is on paper"
                assert done.bytes_sent == 0
            case PrintOutcome.PROBABLE | PrintOutcome.UNKNOWN:
                pass
    finished = [message.job_id for message in b.mail.of(PrintFinished)]
    assert sorted(finished) == sorted(ended)
