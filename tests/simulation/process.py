"""One till of the simulator: the product's core on the in-memory journal, killed and started again at the worst moments.

A kill may strike before or after every commit of the journal and before or after every effect; the journal keeps what was durable.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from kiosk.domain.events import (
    CancelRequested,
    CardPromised,
    ChargeAnswered,
    ChargeRequested,
    CommitRequested,
    Event,
    LineRefunded,
    LineReleased,
    PromiseSettled,
    RecoveryAnswered,
    ReserveRequested,
)
from kiosk.domain.money import Money
from kiosk.domain.sale import ChargeOutcome, PrintOutcome
from kiosk.errors import Trouble
from kiosk.till.commands import Command
from kiosk.till.core import Till
from kiosk.till.desk import Ports, Settings
from kiosk.till.messages import BankCardAnswered, DrawerKicked, Message, PrintFinished, TimerDue
from kiosk.till.ports import Entry, LineCall
from kiosk.till.state import TillState
from tests.fakes.clock import SeededIds
from tests.fakes.journal import FakeCrash, FakeJournal
from tests.fakes.till_ports import FakeClerks, FakeDisplay, FakeReceipts, FakeSounds
from tests.simulation.network import Network, Server, SimGateway, Times

RARE = (CancelRequested, CardPromised, ChargeAnswered, LineRefunded, PromiseSettled, RecoveryAnswered)
RARE_FACTOR = 6


class Killed(Exception):  # noqa: N818 - nothing of ours may catch it by "Error"
    """The process died between two instructions."""


class MachineClock:
    """A till's clock over the world's time: the wall clock can be wrong, monotonic time starts with the machine."""

    def __init__(self, true_ms: Callable[[], int]) -> None:
        self._true_ms = true_ms
        self._boots = 1
        self._booted_ms = true_ms() - 5_000
        self.wrong_ms = 0

    @property
    def boot_id(self) -> str:
        return f"00000000-0000-4000-8000-{self._boots:012d}"

    def now_ms(self) -> int:
        return self._true_ms() + self.wrong_ms

    def monotonic_ms(self) -> int:
        return self._true_ms() - self._booted_ms

    def reboot(self) -> None:
        self._boots += 1
        self._booted_ms = self._true_ms() - 5_000


@dataclass
class Kills:
    """How often things die: per commit, per effect; and how often the disk refuses."""

    commit: float = 0.0
    effect: float = 0.0
    trouble: float = 0.0


class BankTerminal:
    """A bank-card terminal beside the till: it survives the till, and what it decided stays decided."""

    def __init__(self, times: Times, random: Random, tell: Callable[[Message], None]) -> None:
        self._times = times
        self._random = random
        self._tell = tell
        self.outcomes: dict[str, ChargeOutcome] = {}
        self.mute = 0.1

    def charge(self, charge_id: str, amount: object) -> None:
        yes = self._random.random() < 0.85
        outcome = ChargeOutcome.ACCEPTED if yes else ChargeOutcome.REFUSED

        def decide() -> None:
            self.outcomes.setdefault(charge_id, outcome)
            said = ChargeOutcome.UNKNOWN if self._random.random() < self.mute else self.outcomes[charge_id]
            self._tell(BankCardAnswered(charge_id, said))

        self._times.later(self._random.uniform(2_000, 15_000), "bank card", decide)

    def status(self, charge_id: str) -> None:
        def answer() -> None:
            said = self.read(charge_id)
            self._tell(
                BankCardAnswered(charge_id, ChargeOutcome.UNKNOWN if self._random.random() < self.mute else said)
            )

        # asked only after a charge was under way for a while: what it does not know it will never charge
        self._times.later(self._random.uniform(16_000, 18_000), "bank card status", answer)

    def read(self, charge_id: str) -> ChargeOutcome:
        """What its own screen says."""
        return self.outcomes.setdefault(charge_id, ChargeOutcome.REFUSED)


class Counter(Protocol):
    """What a process needs from the world."""

    def killed(self, process: "TillProcess", why: str) -> None: ...


class TillProcess:
    """The till's process, and the disk and machine that outlive it."""

    def __init__(
        self,
        *,
        terminal: str,
        settings: Settings,
        times: Times,
        true_ms: Callable[[], int],
        random: Random,
        network: Network,
        server: Server,
        counter: Counter,
        sign: Callable[[bytes], bytes],
    ) -> None:
        self.terminal = terminal
        self.clock = MachineClock(true_ms)
        self.ids = SeededIds(self.clock, seed=random.getrandbits(32))  # type: ignore[arg-type]  # only now_ms is used
        self.journal = FakeJournal(self.clock, terminal=terminal, sign=sign)
        self.kills = Kills()
        self.starts = 0
        self._settings = settings
        self._times = times
        self._random = random
        self._network = network
        self._server = server
        self._counter = counter
        self._till: Till | None = None
        self._gateway: SimGateway | None = None
        self._state: TillState | None = None
        self.too_early: list[str] = []
        self._intended: set[tuple[str, str]] = set()
        self.bank = BankTerminal(times, random, self.post)

    # ---- life and death

    @property
    def alive(self) -> bool:
        return self._till is not None

    @property
    def seen(self) -> bool:
        """Whether anything was ever on screen."""
        return self._state is not None

    @property
    def state(self) -> TillState:
        """What is on screen, or was when it went dark."""
        assert self._state is not None
        return self._state

    def start(self) -> None:
        """Start the process on what the disk holds."""
        self.starts += 1
        self.journal.on_commit = self._intend
        self._intended.clear()
        self._intend(self.journal.entries())
        self._times.note(f"{self.terminal} starts ({self.starts})")
        life = self.starts
        self._gateway = SimGateway(
            terminal=self.terminal,
            network=self._network,
            server=self._server,
            tell=lambda message: self.post(message, life=life),
            wall_ms=self.clock.now_ms,
        )
        till = Till(
            settings=self._settings,
            ports=Ports(
                journal=_Disk(self),
                gateway=_Deadly(self, _Witnessed(self, self._gateway)),
                printer=_Deadly(self, _Printer(self)),
                drawer=_Deadly(self, _Drawer(self)),
                display=FakeDisplay(),
                bankcard=_Deadly(self, _WitnessedBank(self)),
                sounds=FakeSounds(),
                scheduler=_Scheduler(self, life),
                receipts=FakeReceipts(),
                clerks=FakeClerks(),
                clock=self.clock,
                ids=self.ids,
                publish=self._publish,
            ),
        )
        self._till = till
        self._run(till.start)

    def kill(self, why: str) -> None:
        """The process is gone. What it has published stays on the (dark) screen of people's memory."""
        if self._till is None:
            return
        self._times.note(f"{self.terminal} is killed: {why}")
        assert self._gateway is not None
        self._gateway.die()
        self._till = None
        self.journal = self.journal.crash()
        self._counter.killed(self, why)

    def post(self, item: Message | Command, *, life: int | None = None) -> None:
        """Something for the till, if it lives and is the one that asked."""
        if self._till is not None and life in (None, self.starts):
            till = self._till
            self._run(lambda: till.handle(item))

    def _intend(self, entries: Sequence[Entry]) -> None:
        """What the journal allows to be sent from now on (PR-11)."""
        for entry in entries:
            match entry.event:
                case ReserveRequested(line_id=name):
                    self._intended.add(("reserve", name))
                case CommitRequested(line_id=name):
                    self._intended |= {("commit", name), ("status", name)}
                case LineReleased(line_id=name) | CancelRequested(line_id=name):
                    self._intended.add(("cancel", name))
                    self._intended.discard(("commit", name))
                case CardPromised(line_id=name):
                    self._intended |= {("commit", name), ("status", name)}  # outside the policy the commit goes on
                case ChargeRequested(charge_id=name):
                    self._intended |= {("charge", name), ("charge-status", name)}
                case _:
                    pass

    def intended(self, verb: str, name: str) -> None:
        """Something is about to leave the till."""
        if (verb, name) not in self._intended and verb != "extend":
            self.too_early.append(f"PR-11: a {verb} left the till, and the journal does not say so")

    def maybe_die(self) -> None:
        if self._random.random() < self.kills.effect:
            raise Killed("beside an effect")

    def _run(self, step: Callable[[], None]) -> None:
        try:
            step()
        except FakeCrash as crash:
            self.kill(f"at a commit that was {crash}")
        except Killed as killed:
            self.kill(str(killed))
        except Trouble as trouble:  # only a start raises it: the till does not come up, and is started again
            self.kill(f"by {trouble.code} at the start")

    def _publish(self, state: TillState) -> None:
        self._state = state

    # ---- what the wrappers below use

    def disk(self, events: Sequence[Event]) -> None:
        """Fate, before a commit; it strikes more often where entries are rare."""
        chance = self._random.random()
        deadly = self.kills.commit * (RARE_FACTOR if any(isinstance(event, RARE) for event in events) else 1)
        if chance < deadly:
            self.journal.crash_next = self._random.choice(("before", "after"))
        elif chance < deadly + self.kills.trouble:
            self.journal.trouble_next = Trouble("JRN-01", retryable=False, detail="the simulator's disk is full")

    def later(self, low_ms: float, high_ms: float, what: str, message: Callable[[], Message]) -> None:
        """A device answers after a while, to the process that asked it."""
        life = self.starts
        self._times.later(self._random.uniform(low_ms, high_ms), what, lambda: self.post(message(), life=life))

    def chance(self, probability: float) -> bool:
        return self._random.random() < probability


class _Disk:
    """The journal with the world's fate at each commit. Everything else is the journal's own."""

    def __init__(self, process: TillProcess) -> None:
        self._process = process
        self._journal = process.journal

    def append(self, events: Sequence[Event], *, user: str) -> Sequence[Entry]:
        self._process.disk(events)
        return self._journal.append(events, user=user)

    def __getattr__(self, name: str) -> Any:  # the rest of the port, as it is
        return getattr(self._journal, name)


class _Deadly:
    """A port whose every call may be the last: the process dies before it, or right after."""

    def __init__(self, process: TillProcess, port: object) -> None:
        self._process = process
        self._port = port

    def __getattr__(self, name: str) -> Callable[..., None]:
        call: Callable[..., None] = getattr(self._port, name)

        def deadly(*arguments: object, **named: object) -> None:
            self._process.maybe_die()
            call(*arguments, **named)
            self._process.maybe_die()

        return deadly


class _Witnessed:
    """The gateway, looked at by somebody who knows the journal."""

    def __init__(self, process: TillProcess, gateway: SimGateway) -> None:
        self._process = process
        self._gateway = gateway

    def send(self, call: LineCall) -> None:
        self._process.intended(call.verb, call.line_id)
        self._gateway.send(call)

    def __getattr__(self, name: str) -> Any:  # the rest of the port, as it is
        return getattr(self._gateway, name)


class _WitnessedBank:
    """The bank-card terminal, looked at likewise."""

    def __init__(self, process: TillProcess) -> None:
        self._process = process

    def charge(self, charge_id: str, amount: Money) -> None:
        self._process.intended("charge", charge_id)
        self._process.bank.charge(charge_id, amount)

    def status(self, charge_id: str) -> None:
        self._process.intended("charge-status", charge_id)
        self._process.bank.status(charge_id)


class _Scheduler:
    """Timers of one life of the process."""

    def __init__(self, process: TillProcess, life: int) -> None:
        self._process = process
        self._life = life
        self._set: dict[str, int] = {}

    def set(self, name: str, due_ms: int) -> None:
        self._set[name] = due_ms
        wait_ms = max(0, due_ms - self._process.clock.monotonic_ms())
        self._process._times.later(wait_ms, "", lambda: self._due(name, due_ms))

    def cancel(self, name: str) -> None:
        self._set.pop(name, None)

    def _due(self, name: str, due_ms: int) -> None:
        if self._set.get(name) == due_ms:
            del self._set[name]
            self._process.post(TimerDue(name), life=self._life)


class _Printer:
    def __init__(self, process: TillProcess) -> None:
        self._process = process

    def submit(self, job_id: str, document: object) -> None:
        outcome = PrintOutcome.PRINTED if self._process.chance(0.8) else PrintOutcome.REFUSED
        self._process.later(300, 3_000, "printer", lambda: PrintFinished(job_id, outcome, "", 0))


class _Drawer:
    def __init__(self, process: TillProcess) -> None:
        self._process = process

    def kick(self, job_id: str) -> None:
        self._process.later(50, 300, "drawer", lambda: DrawerKicked(job_id, PrintOutcome.PROBABLE))
