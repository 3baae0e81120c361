"""The fault proxy itself: a test that passes because the proxy did nothing would prove nothing."""

import io
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from kiosk.demo.fault_control import obey, serve_lines
from kiosk.demo.fault_proxy import Counts, Fault, FaultProxy, Mode
from tests.helpers.stand_in import StandIn, http

REQUEST = b"POST /v1/lines/1/commit HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
WHOLE = http(200, b"0123456789", {"A": "b"})


@dataclass
class Line:
    """A proxy before an authority that always says the same."""

    proxy: FaultProxy
    server: StandIn

    def dial(self) -> socket.socket:
        return socket.create_connection((self.proxy.host, self.proxy.port), 5)

    def ask(self, near: socket.socket | None = None) -> bytes:
        """What comes back until the answer is whole or the connection ends."""
        owned = near is None
        near = near or self.dial()
        near.sendall(REQUEST)
        near.settimeout(5)
        data = b""
        try:
            while len(data) < len(WHOLE) and (more := near.recv(65_536)):
                data += more
        except ConnectionError:
            pass  # cut
        if owned:
            near.close()
        return data


@pytest.fixture
def line() -> Iterator[Line]:
    with StandIn(lambda _: WHOLE) as server, FaultProxy(("127.0.0.1", server.port)) as proxy:
        yield Line(proxy, server)


def test_pass(line: Line) -> None:
    """The demonstration would not work even on a good line."""
    with line.dial() as near:
        assert [line.ask(near) for _ in range(3)] == [WHOLE] * 3
    assert line.server.connections == 1
    assert line.proxy.wait_for(lambda counts: counts == Counts(requests=3, answers=3, faults=0), timeout_s=5)


def test_cut(line: Line) -> None:
    """A cable that is pulled would still carry something."""
    with line.dial() as near:
        assert line.ask(near) == WHOLE
        line.proxy.set(Fault.CUT)
        near.settimeout(5)
        assert near.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        line.dial()
    line.proxy.set(Fault.PASS)
    assert line.ask() == WHOLE
    assert len(line.server.heard) == 2


def test_cut_for_one_address(line: Line) -> None:
    """Only the commit should be lost, and everything is."""
    line.proxy.set(Fault.CUT, path="commit")
    assert line.ask() == b""
    line.proxy.set(Fault.CUT, path="reserve")
    assert line.ask() == WHOLE


def test_lost_answer(line: Line) -> None:
    """The case of the lost answer would not be a lost answer: the authority must have acted."""
    line.proxy.set(Fault.LOSE_ANSWER, times=1)
    assert line.ask() == b""
    assert len(line.server.heard) == 1
    assert line.ask() == WHOLE
    assert line.proxy.counts.faults == 1


def test_garbage_and_halves(line: Line) -> None:
    """Garbage would be an answer after all."""
    line.proxy.set(Fault.GARBAGE)
    assert not line.ask().startswith(b"HTTP")
    line.proxy.set(Fault.HALF_CLOSE)
    half = line.ask()
    assert WHOLE.startswith(half)
    assert half == WHOLE[:-5]
    line.proxy.set(Fault.REDIRECT)
    assert line.ask().startswith(b"HTTP/1.1 302")


def test_bad_signature(line: Line) -> None:
    """Nothing, or everything, would be altered."""
    line.proxy.set(Fault.BAD_SIGNATURE)
    altered = line.ask()
    assert len(altered) == len(WHOLE)
    assert sum(one != two for one, two in zip(altered, WHOLE, strict=True)) == 1
    assert altered[:-10] == WHOLE[:-10], "the head stays whole"


def test_duplicate(line: Line) -> None:
    """The authority would never see a doubled request."""
    line.proxy.set(Fault.DUPLICATE, times=1)
    assert line.ask() == WHOLE
    assert [heard.path for heard in line.server.heard] == ["/v1/lines/1/commit"] * 2


@pytest.mark.parametrize("fault", [Fault.SLOW, Fault.SLOW_ANSWER, Fault.DRIP])
def test_slow_until_healed(line: Line, fault: Fault) -> None:
    """A slow line would be fast, or stay slow after it was healed."""
    line.proxy.set(fault, ms=60_000)
    got: list[bytes] = []
    thread = threading.Thread(target=lambda: got.append(line.ask()))
    thread.start()
    assert line.proxy.wait_for(lambda counts: counts.faults == 1, timeout_s=5)
    assert not got
    line.proxy.set(Fault.PASS)
    thread.join(5)
    assert got == [WHOLE]


def test_slow_and_then_cut(line: Line) -> None:
    """An answer would come through a cut line."""
    line.proxy.set(Fault.SLOW_ANSWER, ms=60_000)
    got: list[bytes] = []
    thread = threading.Thread(target=lambda: got.append(line.ask()))
    thread.start()
    assert line.proxy.wait_for(lambda counts: counts.requests == 1, timeout_s=5)
    line.proxy.set(Fault.CUT)
    thread.join(5)
    assert got == [b""]


def test_limits(line: Line) -> None:
    """A slip of the finger would stop the demonstration for a day."""
    for wrong in ({"ms": 120_001}, {"ms": -1}, {"times": 0}):
        with pytest.raises(ValueError):
            Mode(Fault.SLOW, **wrong)  # type: ignore[arg-type]  # mypy sees the union of the names
    assert line.proxy.mode == Mode()


def test_authority_gone(line: Line) -> None:
    """A crash of the authority would take the proxy with it."""
    line.proxy.upstream = ("127.0.0.1", 9)
    assert line.ask() == b""
    line.proxy.upstream = ("127.0.0.1", line.server.port)
    assert line.ask() == WHOLE


@pytest.mark.parametrize(
    ("words", "mode"),
    [
        ("slow 800", Mode(Fault.SLOW, 800)),
        ("slow 800 once", Mode(Fault.SLOW, 800, 1)),
        ("lose_answer 3 commit", Mode(Fault.LOSE_ANSWER, 0, 3, "commit")),
        ("lose_answer always commit", Mode(Fault.LOSE_ANSWER, 0, None, "commit")),
        ("garbage", Mode(Fault.GARBAGE)),
        ("pass", Mode()),
    ],
)
def test_lines_of_the_workbench(line: Line, words: str, mode: Mode) -> None:
    """A button of the workbench would do something else than it says."""
    assert obey(line.proxy, words).startswith(f"ok {mode.fault.value} ")
    assert line.proxy.mode == mode


@pytest.mark.parametrize("words", ["", "slow", "slow x", "break", "pass 0", "slow 999999999", "cut 1 a b", "pass x"])
def test_lines_that_mean_nothing(line: Line, words: str) -> None:
    """A misspelt line would be obeyed somehow."""
    assert obey(line.proxy, words).startswith("no: ")
    assert line.proxy.mode == Mode()


def test_a_conversation_over_lines(line: Line) -> None:
    """Another process could not steer the proxy."""
    sink = io.StringIO()
    serve_lines(line.proxy, io.StringIO("cut\nstatus\npass\n"), sink)
    assert [text.split()[1] for text in sink.getvalue().splitlines()] == ["cut", "cut", "pass"]
