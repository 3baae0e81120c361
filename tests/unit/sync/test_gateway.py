"""The till's calls over a real loopback socket: one message for each, whatever the other side does."""

import queue
import threading
from collections.abc import Callable, Iterator

import msgspec
import pytest

from kiosk.clock import SystemIds
from kiosk.domain.currency import EUR
from kiosk.domain.money import Money
from kiosk.protocol.codec import decode
from kiosk.protocol.messages import (
    BalanceAnswer,
    ChangesAnswer,
    EntriesAnswer,
    EntriesRequest,
    EntryResult,
    LineAnswer,
    SignedEntry,
    TimeAnswer,
)
from kiosk.protocol.problems import ProblemKind, problem
from kiosk.protocol.signing import Verified
from kiosk.sync.asker import Endpoint
from kiosk.sync.exchange import Identity
from kiosk.sync.gateway import WORKERS, HttpAuthorityGateway
from kiosk.sync.lanes import MAX_WAITING
from kiosk.sync.sender import Pauses
from kiosk.till.messages import (
    BalanceAnswered,
    ChangesReceived,
    EntriesDelivered,
    LineAnswered,
    LinkProbed,
    Message,
)
from kiosk.till.ports import LineCall
from tests.fakes.clock import START_MS, FakeClock
from tests.helpers.stand_in import Heard, Last, Reply, StandIn, signed
from tests.helpers.wire import AUTHORITY, AUTHORITY_KEY, NOW_S, OTHER_KEY, TERMINAL, TERMINAL_KEY

YES = LineAnswer(outcome="committed", record="committed")
WAIT_S = 10.0


def line_id(number: int) -> str:
    return f"019b7900-0000-7000-8000-{number:012d}"


def commit(number: int = 1, *, verb: str = "commit", timeout_ms: int = 5_000) -> LineCall:
    return LineCall(
        verb,
        line_id(number),
        "s",
        "0000000000001111",
        "scanned",
        Money(2000, EUR),
        tender="cash",
        timeout_ms=timeout_ms,
    )


class Nonsense(msgspec.Struct):
    """No message of the protocol."""

    outcome: str = "perhaps"


class Till:
    """A mailbox, and a gateway that fills it."""

    def __init__(self, address: str, clock: FakeClock) -> None:
        self.mailbox: queue.Queue[Message] = queue.Queue()
        self.gateway = HttpAuthorityGateway(
            endpoint=Endpoint(address),
            identity=Identity(TERMINAL, TERMINAL_KEY, AUTHORITY_KEY.public, AUTHORITY, "0.1.0"),
            post=self.mailbox.put,
            clock=clock,
            ids=SystemIds(clock),
            pauses=Pauses(first_ms=1, longest_ms=2, recovery_ms=1),
        )
        self.gateway.start()

    def next(self) -> Message:
        return self.mailbox.get(timeout=WAIT_S)

    def line(self) -> LineAnswered:
        message = self.next()
        assert isinstance(message, LineAnswered)
        return message


Open = Callable[[Reply], tuple[StandIn, Till]]


@pytest.fixture
def world(clock: FakeClock) -> Iterator[Open]:
    opened: list[tuple[StandIn, Till]] = []

    def make(reply: Reply) -> tuple[StandIn, Till]:
        server = StandIn(reply)
        opened.append((server, Till(server.address, clock)))
        return opened[-1]

    yield make
    for server, till in opened:
        till.gateway.stop()
        server.__exit__()


def test_a_commit_is_answered(world: Open) -> None:
    """A card could not be activated."""
    server, till = world(lambda heard: signed(heard, YES))
    till.gateway.send(commit())
    assert till.line() == LineAnswered("commit", line_id(1), YES)
    assert isinstance(server.verdict(), Verified)
    assert server.heard[0].key == f"commit/{line_id(1)}"
    assert server.heard[0].host == AUTHORITY


def test_all_the_other_calls(world: Open) -> None:
    """A kind of call would never come back, and the till would wait for it for ever."""
    balance = BalanceAnswer(outcome="not_found")
    page = ChangesAnswer(changes=[], cursor="c2", more=False, as_of_ms=5)
    taken = EntriesAnswer(results=[EntryResult(seq=1, outcome="applied")])
    answers = {
        "/v1/balances": balance, "/v1/changes": page, "/v1/entries": taken, "/v1/time": TimeAnswer(time_ms=START_MS + 9)
    }  # fmt: skip
    server, till = world(lambda heard: signed(heard, answers[heard.path]))
    till.gateway.ask_balance(line_id(7), "0000000000001111")
    assert till.next() == BalanceAnswered(line_id(7), balance)
    till.gateway.refresh("c1")
    assert till.next() == ChangesReceived(page)
    till.gateway.deliver(BATCH)
    assert till.next() == EntriesDelivered(taken)
    till.gateway.probe()
    assert till.next() == LinkProbed(START_MS + 9, clock_off_ms=-9)
    assert all(isinstance(server.verdict(number), Verified) for number in range(4))


BATCH = EntriesRequest(epoch=1, entries=[SignedEntry(seq=1, content="{}", prev="", hash="", signature="")])


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(lambda _: None, id="closed"),
        pytest.param(lambda _: Last(b"\x15\x03 garbage"), id="garbage"),
        pytest.param(lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", id="unsigned"),
        pytest.param(lambda heard: signed(heard, YES, key=OTHER_KEY), id="another key"),
        pytest.param(lambda heard: signed(heard, YES).replace(b"committed", b"dommitted"), id="altered"),
        pytest.param(lambda heard: Last(signed(heard, YES)[:-5]), id="cut short"),
        pytest.param(lambda _: b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", id="redirect"),
        pytest.param(lambda heard: signed(heard, Nonsense()), id="another message"),
        pytest.param(lambda heard: signed(heard, YES, status=202), id="another status"),
    ],
)
def test_whatever_is_not_a_signed_answer_is_none(world: Open, reply: Reply) -> None:
    """A yes that nobody gave: the card would be handed over and stay dead, or money would be given back for a live one."""
    _, till = world(reply)
    till.gateway.send(commit(timeout_ms=400))
    assert till.line() == LineAnswered("commit", line_id(1), None, sent=True)
    till.gateway.ask_balance(line_id(2), "0000000000001111")
    assert till.next() == BalanceAnswered(line_id(2), None)
    till.gateway.probe()
    assert till.next() == LinkProbed(None)
    till.gateway.refresh("")
    assert till.next() == ChangesReceived(None)


def test_nobody_listens(clock: FakeClock) -> None:
    """The till would have to suppose that its request arrived, though nothing was ever sent."""
    till = Till("http://127.0.0.1:9", clock)
    till.gateway.send(commit())
    assert till.line() == LineAnswered("commit", line_id(1), None, sent=False)
    till.gateway.stop()


@pytest.mark.parametrize("kind", [ProblemKind.REVOKED_TERMINAL, ProblemKind.IDEMPOTENCY_CONFLICT, ProblemKind.BUSY])
def test_a_signed_problem_is_no_answer_and_is_named(world: Open, kind: ProblemKind) -> None:
    """A problem of the protocol would be taken for a refusal of the card."""
    _, till = world(lambda heard: signed(heard, problem(kind)))
    till.gateway.send(commit())
    assert till.line() == LineAnswered("commit", line_id(1), None, problem=kind.value)
    till.gateway.probe()
    assert till.next() == LinkProbed(None, problem=kind.value)
    till.gateway.ask_balance(line_id(2), "0000000000001111")
    assert till.next() == BalanceAnswered(line_id(2), None)


def test_a_wrong_clock_is_corrected_once(world: Open, clock: FakeClock) -> None:
    """A till whose clock is a year wrong could not sell; or it would ask without end."""
    true_ms = START_MS
    clock.jump(-365 * 86_400_000)

    def reply(heard: Heard) -> bytes:
        if not isinstance(server.verdict(), Verified):
            return signed(heard, problem(ProblemKind.CLOCK_SKEW, time_ms=true_ms))
        return signed(heard, YES)

    server, till = world(reply)
    till.gateway.send(commit())
    assert till.line().answer == YES
    assert len(server.heard) == 2
    assert server.heard[0].key == server.heard[1].key
    till.gateway.send(commit(2))
    assert till.line().answer == YES
    assert len(server.heard) == 3, "the correction lasts"
    assert till.gateway.clock_check.banner_due()


def test_a_clock_that_cannot_be_corrected(world: Open) -> None:
    """Two machines that disagree for ever would call each other without end."""
    server, till = world(lambda heard: signed(heard, problem(ProblemKind.CLOCK_SKEW, time_ms=0)))
    till.gateway.send(commit())
    assert till.line().problem == "clock-skew"
    assert len(server.heard) == 2


def test_one_line_in_order_others_beside_it(world: Open) -> None:
    """A slow answer for one card would hold up the next customer's; or a cancel would overtake its commit."""
    held, release = threading.Event(), threading.Event()
    cancelled = LineAnswer(outcome="cancelled", record="cancelled")

    def reply(heard: Heard) -> bytes:
        if heard.path == f"/v1/lines/{line_id(1)}/commit":
            held.set()
            release.wait(WAIT_S)
        return signed(heard, cancelled if heard.path.endswith("cancel") else YES)

    server, till = world(reply)
    till.gateway.send(commit(1))
    assert held.wait(WAIT_S)
    till.gateway.send(commit(1, verb="cancel"))
    till.gateway.send(commit(2))
    assert till.line() == LineAnswered("commit", line_id(2), YES)
    assert [heard.path for heard in server.heard] == [f"/v1/lines/{line_id(n)}/commit" for n in (1, 2)]
    release.set()
    assert [till.line().verb, till.line().verb] == ["commit", "cancel"]


def test_a_delivery_that_hangs_keeps_no_customer_waiting(world: Open) -> None:
    """Yesterday's entries would stop today's sales (PR-19)."""
    held, release = threading.Event(), threading.Event()

    def reply(heard: Heard) -> bytes:
        if heard.path == "/v1/entries":
            held.set()
            release.wait(WAIT_S)
            return signed(heard, EntriesAnswer(results=[EntryResult(seq=1, outcome="applied")]))
        if heard.path == "/v1/changes":
            return signed(heard, ChangesAnswer(changes=[], cursor="", more=False, as_of_ms=1))
        return signed(heard, TimeAnswer(time_ms=1) if heard.path == "/v1/time" else YES)

    _, till = world(reply)
    till.gateway.deliver(BATCH)
    assert held.wait(WAIT_S)
    till.gateway.send(commit())
    assert till.line().answer == YES
    till.gateway.probe()
    assert isinstance(till.next(), LinkProbed)
    till.gateway.refresh("")
    assert isinstance(till.next(), ChangesReceived)
    release.set()
    assert isinstance(till.next(), EntriesDelivered)


def test_a_delivery_is_repeated_until_it_is_heard(world: Open) -> None:
    """A promise would be lost with the first lost answer."""
    tries = iter(range(100))
    taken = EntriesAnswer(results=[EntryResult(seq=1, outcome="already")])
    server, till = world(lambda heard: signed(heard, taken) if next(tries) >= 6 else None)
    till.gateway.deliver(BATCH)
    assert till.next() == EntriesDelivered(taken)
    assert len({heard.key for heard in server.heard}) == 1
    assert all(decode(heard.parts.body, EntriesRequest) == BATCH for heard in server.heard)


def test_a_bug_in_a_delivery_does_not_end_deliveries(world: Open, caplog: pytest.LogCaptureFixture) -> None:
    """No promise would reach the authority until somebody restarts the till."""
    taken = EntriesAnswer(results=[EntryResult(seq=1, outcome="applied")])
    _, till = world(lambda heard: signed(heard, taken))
    ask, failures = till.gateway._sender._ask, iter((1, 2))

    def stumble(*args: object, **options: object) -> object:
        if next(failures, None) is not None:
            raise ValueError("a bug")
        return ask(*args, **options)  # type: ignore[arg-type]  # passed through

    till.gateway._sender._ask = stumble  # type: ignore[assignment]  # stands in for it
    till.gateway.deliver(BATCH)
    assert till.next() == EntriesDelivered(taken)
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 2


def test_many_calls_at_once(world: Open) -> None:
    """Under load a call would be lost or answered twice."""
    _, till = world(lambda heard: signed(heard, YES))
    for number in range(60):
        till.gateway.send(commit(number))
    answers = [till.line() for _ in range(60)]
    assert sorted(answer.line_id for answer in answers) == [line_id(number) for number in range(60)]
    assert all(answer.answer == YES for answer in answers)
    assert till.mailbox.empty()


def test_too_many_calls(world: Open, caplog: pytest.LogCaptureFixture) -> None:
    """A line that is stuck all day would fill the memory; or the calls beyond would never be answered."""
    release, all_busy = threading.Event(), threading.Barrier(WORKERS + 1)

    def reply(heard: Heard) -> bytes:
        if not release.is_set():
            all_busy.wait(WAIT_S)
        release.wait(WAIT_S)
        return signed(heard, YES)

    _, till = world(reply)
    for number in range(WORKERS):
        till.gateway.send(commit(number))
    all_busy.wait(WAIT_S)
    for number in range(WORKERS, WORKERS + MAX_WAITING + 40):
        till.gateway.send(commit(number))
    early = [till.line() for _ in range(40)]
    assert all(answer.answer is None and not answer.sent for answer in early)
    release.set()
    rest = [till.line() for _ in range(WORKERS + MAX_WAITING)]
    assert all(answer.answer == YES for answer in rest)
    assert len({answer.line_id for answer in early + rest}) == WORKERS + MAX_WAITING + 40
    assert len(caplog.records) == 40


def test_a_bug_of_ours_is_no_silence(world: Open, caplog: pytest.LogCaptureFixture) -> None:
    """One call that makes no sense would end the thread, and after four of them no card could be sold."""
    _, till = world(lambda heard: signed(heard, YES))
    for _ in range(8):
        till.gateway.send(commit(verb="comit"))
        assert till.line() == LineAnswered("comit", line_id(1), None, sent=False)
    till.gateway.send(commit())
    assert till.line().answer == YES
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 8


def test_stopping_in_the_middle(world: Open) -> None:
    """The till could not be closed while the network hangs; or a message would come to a till that is gone."""
    held = threading.Event()
    release = threading.Event()

    def reply(heard: Heard) -> bytes | None:
        held.set()
        release.wait(WAIT_S)
        return None

    _, till = world(reply)
    till.gateway.send(commit(timeout_ms=30_000))
    till.gateway.deliver(BATCH)
    assert held.wait(WAIT_S)
    till.gateway.stop()
    assert till.mailbox.empty()
    till.gateway.send(commit(2))
    till.gateway.probe()
    assert till.mailbox.empty()
    release.set()


def test_the_clock_of_a_request(world: Open) -> None:
    """A till's requests would be dated wrongly and all be refused."""
    server, till = world(lambda heard: signed(heard, YES))
    till.gateway.send(commit())
    till.line()
    seen = server.verdict()
    assert isinstance(seen, Verified)
    assert seen.created_s == NOW_S
