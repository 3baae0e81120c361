"""Lives of a whole till with a clerk and a customer, each in a forked process that a test kills (``-m tests.crash.clerk_life``).

Reads one job a line from standard input, forks, and answers how the life ended. The clerk knows what only a clerk can know, and
writes it down (``Truth``) before telling the till, so that the next life answers the restart's questions truthfully. One job is one
customer who wants one card.
"""

import json
import os
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TypedDict

from kiosk.bootstrap.terminal import Machine, Terminal
from kiosk.demo.control import ControlClient
from kiosk.domain.sale import LinePhase
from kiosk.failpoints import LOG_VARIABLE, VARIABLE, read_environment
from kiosk.till import commands as do
from kiosk.till.state import Question, RecoveryQuestion, Stage, TillState

LIFE_S: Final = 40.0
STUCK: Final = 3


class Job(TypedDict):
    folder: str
    truth: str
    socket: str
    serial: str
    failpoint: str
    log: str


@dataclass
class Truth:
    """What happened on the counter, whatever the till remembers."""

    cash: bool = False
    left: bool = False
    returned: bool = False
    over: bool = False

    @classmethod
    def read(cls, path: Path) -> "Truth":
        return cls(**json.loads(path.read_text())) if path.exists() else cls()

    def write(self, path: Path) -> None:
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self)))
        fresh.replace(path)


class Life:
    """One process of the till, from its start to the customer's leave, or to the kill."""

    def __init__(self, job: Job) -> None:
        self._truth_path = Path(job["truth"])
        self._truth = Truth.read(self._truth_path)
        self._serial = job["serial"]
        self._bench = ControlClient(Path(job["socket"]))
        self._states = threading.Condition()
        self._state: TillState | None = None
        self._scanned = False
        self.terminal = Terminal(Machine.load(Path(job["folder"])), publish=self._publish, sounds=self)

    def play(self, name: str) -> None:
        """The clerk hears it."""

    def live(self) -> int:
        self.terminal.start()
        self.terminal.connect()
        deadline = time.monotonic() + LIFE_S
        seen: TillState | None = None
        state: TillState | None = None
        while time.monotonic() < deadline:
            with self._states:
                self._states.wait_for(lambda last=seen: self._state is not last, 0.5)  # type: ignore[misc]  # bound now
                state = seen = self._state
            if state is not None and self._act(state):
                self.terminal.stop()
                return 0
        sys.stderr.write(f"stuck at {state and (state.stage, state.sale, state.question, state.notice)}\n")
        return STUCK

    def _act(self, state: TillState) -> bool:
        """What the clerk does now. True: this customer is served or gone, and everything is told."""
        truth = self._truth
        match state.stage:
            case Stage.LOGGED_OUT | Stage.LOCKED:
                self.terminal.post(do.LogIn("nadia", "2846"))
            case Stage.RECOVERY if state.question is not None:
                self._answer(state.question)
            case Stage.SALE:
                return self._at_the_counter(state)
            case Stage.REFUSED:
                self._know(returned=True)
                refused = [line for line in state.sale.lines if line.phase is LinePhase.REFUSED] if state.sale else []
                self.terminal.post(do.RefundRefused(refused[0].line_id))
            case Stage.RESULT | Stage.PROMISED:
                self._know(left=not truth.returned)
                self.terminal.post(do.NextSale())
            case Stage.HALTED:
                raise SystemExit(f"the till is halted: {state.trouble}")
            case _:
                pass  # starting, activating, unknown: the clerk waits
        return False

    def _at_the_counter(self, state: TillState) -> bool:
        live = () if state.sale is None or state.sale.closed else state.sale.live
        if not live:
            if self._truth.cash and not self._truth.left and not self._truth.returned:
                self._know(returned=True)  # the till says there is no sale: the customer gets the money back
            if self._truth.left or self._truth.returned:
                self._know(over=True)
                return state.outbox == 0 and not state.book.owed
            if not self._scanned and state.stock and any(health.device == "scanner" for health in state.devices):
                self._scanned = True
                self._bench.call("scan", serial=self._serial)
            return False
        if live[0].phase is LinePhase.HELD and state.sale is not None and not state.sale.tenders:
            self._know(cash=True)
            self.terminal.post(do.PayCash(live[0].face.minor))
        return False

    def _answer(self, asked: RecoveryQuestion) -> None:
        match asked.question:
            case Question.CASH_TAKEN:
                self.terminal.post(do.AnswerRecovery(yes=self._truth.cash, question=asked))
            case Question.CUSTOMER_LEFT:
                self.terminal.post(do.AnswerRecovery(yes=self._truth.left, question=asked))
            case Question.MONEY_RETURNED:
                self._know(returned=True)
                self.terminal.post(do.AnswerRecovery(yes=True, question=asked))

    def _know(self, **facts: bool) -> None:
        for name, value in facts.items():
            setattr(self._truth, name, value)
        self._truth.write(self._truth_path)

    def _publish(self, state: TillState) -> None:
        with self._states:
            self._state = state
            self._states.notify_all()


def main() -> None:
    """Fork one life a line: everything is imported once, and no thread exists before the fork."""
    for line in sys.stdin:
        job: Job = json.loads(line)
        child = os.fork()
        if child == 0:
            os.environ.pop(VARIABLE, None)
            if job["failpoint"]:
                os.environ[VARIABLE] = job["failpoint"]
            if job["log"]:
                os.environ[LOG_VARIABLE] = job["log"]
            read_environment()
            code = 1
            try:
                code = Life(job).live()
            finally:
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
