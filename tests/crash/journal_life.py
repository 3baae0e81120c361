"""A till's life with its journal, to be killed at any moment, and the small process that starts such lives and kills them.

``python -m tests.crash.journal_life`` reads one job a line from standard input, forks a child for each, and answers with what the
child acknowledged before it died. The child acknowledges only after the store has returned: that must be there afterwards.
"""

import json
import os
import random
import signal
import sys
from pathlib import Path
from typing import TypedDict

from kiosk import failpoints
from kiosk.clock import SystemClock
from kiosk.domain import events as ev
from kiosk.errors import Trouble
from kiosk.journal.store import SqliteJournal
from kiosk.protocol.messages import Change, ChangesAnswer, EntriesAnswer
from tests.helpers.journal import answer_for, open_store, promised, started, whole_sale


class Job(TypedDict):
    """One life: where, with which luck, how long, killed at a point (``failpoint``) or after so many acknowledgements."""

    folder: str
    seed: int
    steps: int
    failpoint: str
    kill_after: int
    log: str


class Ack(TypedDict, total=False):
    """What a child says once it is durable."""

    seq: int
    delivered: int
    parked: int
    cursor: str
    copied: int
    trouble: str
    ended: bool


class Outcome(TypedDict):
    """What became of a life."""

    acks: list[Ack]
    killed: bool
    status: int


class Life:
    """Opens the journal and does what a till does, in an order drawn from the seed."""

    def __init__(self, job: Job, acknowledge: int) -> None:
        self._job = job
        self._pipe = acknowledge
        self._random = random.Random(job["seed"])
        self._sales = 0
        self._pages = 0

    def run(self) -> None:
        try:
            journal = open_store(Path(self._job["folder"]), SystemClock())
        except Trouble as trouble:
            self._say({"trouble": str(trouble)})
            return
        if journal.tampered() is not None:
            self._say({"trouble": f"tampered: {journal.tampered()}"})
        self._pages = journal.snapshot().stock_version
        self._say({"seq": journal.append([started()], user="")[-1].seq})
        for _ in range(self._job["steps"]):
            self._step(journal)
        journal.close()
        self._say({"ended": True})

    def _step(self, journal: SqliteJournal) -> None:
        match self._random.choice(
            ["sale", "sale", "promise", "deliver", "park", "retry", "changes", "restart", "copy"]
        ):
            case "sale":
                self._sales += 1
                for events in whole_sale(self._sales):
                    self._say({"seq": journal.append(events, user="clerk-1")[-1].seq})
            case "promise":
                self._sales += 1
                line = f"line-{self._sales}"
                self._say({"seq": journal.append([promised(line), ev.SaleClosed("s")], user="clerk-1")[-1].seq})
            case "deliver":
                batch = journal.next_batch(limit=self._random.randint(1, 20))
                if batch is not None:
                    self._say({"delivered": journal.mark_delivered(answer_for(batch)).last_seq})
            case "park":
                batch = journal.next_batch(limit=1)
                if batch is not None:
                    journal.delivery_failed(batch)
                    journal.delivery_failed(batch, park="unreadable")
                    self._say({"parked": batch.entries[0].seq})
            case "retry":
                journal.retry_parked()
                journal.mark_delivered(EntriesAnswer(results=[]))
            case "changes":
                self._pages += 1
                journal.apply_changes(_page(self._pages))
                self._say({"cursor": f"c{self._pages}"})
            case "restart":
                journal.restart_download()
                self._say({"cursor": ""})
            case "copy":
                journal.copy_to(Path(self._job["folder"]) / "copy.db")
                self._say({"copied": len(journal.entries())})
            case other:
                raise AssertionError(other)

    def _say(self, ack: Ack) -> None:
        os.write(self._pipe, json.dumps(ack).encode() + b"\n")


def _page(n: int) -> ChangesAnswer:
    """Ten cards whose pack names the page, so that half a page would show."""
    payload: dict[str, str | int | bool] = {
        "pack": f"P{n}",
        "position": 1,
        "series": "11",
        "bound": True,
        "state": "in_stock",
    }
    changes = [Change("stock", f"card-{card}", n, payload) for card in range(10)]
    return ChangesAnswer(changes=changes, cursor=f"c{n}", more=False, as_of_ms=n)


def _live(job: Job) -> Outcome:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        for name, value in (("KIOSK_FAILPOINT", job["failpoint"]), ("KIOSK_FAILPOINT_LOG", job["log"])):
            if value:
                os.environ[name] = value
        failpoints.read_environment()
        status = 1
        try:
            Life(job, writing).run()
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    data = b""
    while piece := os.read(reading, 65_536):
        data += piece
        if 0 < job["kill_after"] <= data.count(b"\n"):
            os.kill(child, signal.SIGKILL)  # wherever it is by now; it ran on while we read
    os.close(reading)
    _, status = os.waitpid(child, 0)
    # the last line may be cut by the kill: it was not acknowledged
    acks: list[Ack] = [json.loads(line) for line in data.split(b"\n")[:-1]]
    return {"acks": acks, "killed": os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, "status": status}


def main() -> None:
    for line in sys.stdin:
        job: Job = json.loads(line)
        sys.stdout.write(json.dumps(_live(job)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
