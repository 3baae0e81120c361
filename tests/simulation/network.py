"""The wire of the simulator: a gateway that behaves like the product's, and a network that drops, doubles, delays and is cut.

Requests are the product's own (``kiosk.sync.exchange``), answered by the real authority's logic. A request may arrive long after
the process that sent it died. Not responsible for signatures: an answer that would be badly signed is one that did not come.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Generic, Protocol, TypeVar

import msgspec

from kiosk.authority.core import REQUESTS, Authority
from kiosk.authority.services.refused import TurnedAway
from kiosk.protocol.messages import (
    BalanceRequest,
    ChangesAnswer,
    EntriesAnswer,
    EntriesRequest,
    LineAnswer,
)
from kiosk.sync.exchange import line_question
from kiosk.till.messages import (
    BalanceAnswered,
    ChangesReceived,
    EntriesDelivered,
    LineAnswered,
    LinkProbed,
    Message,
)
from kiosk.till.ports import LineCall

T = TypeVar("T")

PROBE_TIMEOUT_MS = 5_000
ANSWER_TIMEOUT_MS = 10_000
DELIVERY_PAUSES_MS = (1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000)


class Times(Protocol):
    """The world's time: what happens later."""

    def later(self, delay_ms: float, what: str, do: Callable[[], None]) -> None: ...

    def note(self, text: str) -> None: ...


@dataclass
class Faults:
    """How bad the network is. Healed at the end of a run."""

    drop: float = 0.0
    double: float = 0.0
    slow: float = 0.0  # share of messages that take seconds
    mean_ms: float = 40.0
    cut: bool = False


@dataclass
class Network:
    """Carries messages both ways."""

    times: Times
    random: Random
    faults: Faults = field(default_factory=Faults)
    lost: int = 0

    def carry(self, what: str, do: Callable[[], None]) -> None:
        """Deliver ``do`` once, twice, late or never."""
        if self.faults.cut or self.random.random() < self.faults.drop:
            self.lost += 1
            self.times.note(f"lost: {what}")
            return
        copies = 2 if self.random.random() < self.faults.double else 1
        for _ in range(copies):
            self.times.later(self._delay_ms(), what, lambda: None if self.faults.cut else do())

    def _delay_ms(self) -> float:
        if self.random.random() < self.faults.slow:
            return self.random.uniform(1_000, 12_000)
        return 1 + self.random.expovariate(1 / self.faults.mean_ms)


class Server:
    """The authority as the network reaches it. Remembers every answer that it gave under one key, to compare them (INV-5)."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.answers: dict[tuple[str, str, str, int], LineAnswer] = {}
        self.contradictions: list[str] = []

    def line(self, terminal: str, call: LineCall) -> LineAnswer | None:
        """The answer to one call, ``None`` for a signed problem."""
        kind = REQUESTS.get(call.verb)
        request = None if kind is None else msgspec.json.decode(line_question(call).body, type=kind)
        try:
            answer = self.authority.line(terminal, call.verb, call.line_id, request)
        except TurnedAway as problem:
            self.contradictions.append(f"{call.verb} was turned away: {problem.kind.value}")
            return None
        if call.verb != "status":
            first = self.answers.setdefault((terminal, call.verb, call.line_id, call.n), answer)
            if first != answer:
                self.contradictions.append(f"two answers to one {call.verb}")
        return answer

    def entries(self, terminal: str, batch: EntriesRequest) -> EntriesAnswer:
        return self.authority.entries(terminal, batch)

    def changes(self, terminal: str, cursor: str) -> ChangesAnswer:
        return self.authority.changes(terminal, cursor, limit=7)


class SimGateway:
    """An ``AuthorityGateway`` of one till process: one call at a time for each line, one outcome for every call."""

    def __init__(
        self,
        *,
        terminal: str,
        network: Network,
        server: Server,
        tell: Callable[[Message], None],
        wall_ms: Callable[[], int],
    ) -> None:
        self._terminal = terminal
        self._network = network
        self._server = server
        self._tell = tell
        self._wall_ms = wall_ms
        self._lanes: dict[str, deque[Callable[[], None]]] = {}
        self._wake_delivery: Callable[[], None] | None = None
        self._dead = False

    def die(self) -> None:
        """The process is gone: what it sent travels on, nothing more is sent."""
        self._dead = True

    def send(self, call: LineCall) -> None:
        def give(answer: LineAnswer | None) -> None:
            self._tell(LineAnswered(call.verb, call.line_id, answer, n=call.n))
            self._done(call.line_id)

        self._in_lane(
            call.line_id,
            lambda: self._ask(
                f"{call.verb} {call.line_id[-4:]}",
                call.timeout_ms,
                lambda: self._server.line(self._terminal, call),
                give,
            ),
        )

    def ask_balance(self, question_id: str, serial: str) -> None:
        request = BalanceRequest(serial=serial)
        self._ask(
            "balance",
            ANSWER_TIMEOUT_MS,
            lambda: self._server.authority.balance(self._terminal, request),
            lambda answer: self._tell(BalanceAnswered(question_id, answer)),
        )

    def probe(self) -> None:
        def give(time_ms: int | None) -> None:
            off_ms = 0 if time_ms is None else self._wall_ms() - time_ms
            if time_ms is not None and self._wake_delivery is not None:
                self._wake_delivery()
            self._tell(LinkProbed(time_ms, clock_off_ms=off_ms))

        self._ask("probe", PROBE_TIMEOUT_MS, lambda: self._server.authority.time().time_ms, give)

    def refresh(self, cursor: str) -> None:
        self._ask(
            "changes",
            ANSWER_TIMEOUT_MS,
            lambda: self._server.changes(self._terminal, cursor),
            lambda page: self._tell(ChangesReceived(page)),
        )

    def deliver(self, batch: EntriesRequest, attempt: int = 0) -> None:
        """Repeated with growing pauses until the authority has spoken; a probe that succeeds wakes it."""

        def give(answer: EntriesAnswer | None) -> None:
            if answer is not None:
                self._wake_delivery = None
                self._tell(EntriesDelivered(answer))
                return
            again = _Once(lambda: self.deliver(batch, attempt + 1))
            self._wake_delivery = again
            pause = DELIVERY_PAUSES_MS[min(attempt, len(DELIVERY_PAUSES_MS) - 1)]
            self._network.times.later(pause, "delivery again", again)

        self._ask("entries", ANSWER_TIMEOUT_MS, lambda: self._server.entries(self._terminal, batch), give)

    # ---- inside

    def _ask(
        self, what: str, timeout_ms: int, answer: Callable[[], T | None], give: Callable[[T | None], None]
    ) -> None:
        """One attempt: the answer that comes in time, or ``None`` at the deadline; never both."""
        if self._dead:
            return
        outcome = _First(give)
        network = self._network

        def arrive() -> None:
            answered = answer()
            network.carry(f"answer to {what}", lambda: outcome(answered))

        network.carry(what, arrive)
        network.times.later(timeout_ms, f"deadline of {what}", lambda: outcome(None))

    def _in_lane(self, lane: str, begin: Callable[[], None]) -> None:
        if lane in self._lanes:
            self._lanes[lane].append(begin)
        else:
            self._lanes[lane] = deque()
            begin()

    def _done(self, lane: str) -> None:
        if self._lanes[lane]:
            self._lanes[lane].popleft()()
        else:
            del self._lanes[lane]


class _First(Generic[T]):
    """Passes on the first of several outcomes."""

    def __init__(self, give: Callable[[T | None], None]) -> None:
        self._give: Callable[[T | None], None] | None = give

    def __call__(self, outcome: T | None) -> None:
        give, self._give = self._give, None
        if give is not None:
            give(outcome)


class _Once:
    """Does something at the first call and nothing at later ones."""

    def __init__(self, do: Callable[[], None]) -> None:
        self._do: Callable[[], None] | None = do

    def __call__(self) -> None:
        do, self._do = self._do, None
        if do is not None:
            do()
