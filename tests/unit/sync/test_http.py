"""The border to the network: every way in which it can fail becomes one of ours, in time, and knows whether anything was sent."""

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from kiosk.errors import Bug
from kiosk.protocol.codec import MAX_ANSWER_BYTES
from kiosk.sync.exchange import HttpAnswer, NoAnswer, Silence
from kiosk.sync.http import HttpLink
from tests.helpers.stand_in import RawServer, StandIn, http, raw_server

PUBLIC = "authority.example"
SHORT_MS = 300


@pytest.fixture
def open_link() -> Iterator[Callable[[str], HttpLink]]:
    links: list[HttpLink] = []

    def make(address: str) -> HttpLink:
        links.append(HttpLink(address=address, public_name=PUBLIC))
        return links[-1]

    yield make
    for link in links:
        link.close()


Open = Callable[[str], HttpLink]


def ask(link: HttpLink, *, body: bytes = b"{}", timeout_ms: int = 5_000) -> HttpAnswer:
    return link.exchange(
        method="POST", path="/v1/x", query="a=1", headers={"x-one": "1"}, body=body, timeout_ms=timeout_ms
    )


def silence_of(link: HttpLink, *, timeout_ms: int = 5_000) -> NoAnswer:
    with pytest.raises(NoAnswer) as caught:
        ask(link, timeout_ms=timeout_ms)
    return caught.value


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_an_exchange(open_link: Open) -> None:
    """Nothing could be asked; or the request would not be the one that was signed."""
    with StandIn(lambda _: http(200, b"yes", {"X-Two": "2"})) as server:
        link = open_link(server.address)
        got = ask(link)
        assert (got.status, got.body) == (200, b"yes")
        assert (b"X-Two", b"2") in got.headers
        heard = server.heard[0]
        assert (heard.parts.method, heard.parts.path, heard.parts.query, heard.parts.body) == (
            "POST", "/v1/x", "a=1", b"{}",
        )  # fmt: skip
        assert heard.host == PUBLIC
        sent = dict(heard.parts.headers)
        assert sent[b"x-one"] == b"1"
        assert set(sent) <= {b"host", b"x-one", b"accept-encoding", b"content-length", b"user-agent"}, sent


def test_the_connection_is_kept(open_link: Open) -> None:
    """Every scan would pay for a new connection."""
    with StandIn(lambda _: http(200, b"", {})) as server:
        link = open_link(server.address)
        for _ in range(5):
            ask(link)
        assert server.connections == 1


def test_nothing_is_remembered(open_link: Open) -> None:
    """A portal's cookie would travel with every later sale."""
    with StandIn(lambda _: http(200, b"", {"Set-Cookie": "a=b; Path=/"})) as server:
        link = open_link(server.address)
        for _ in range(2):
            ask(link)
        assert all(b"cookie" not in dict(heard.parts.headers) for heard in server.heard)


def test_a_kept_connection_that_was_closed_meanwhile(open_link: Open) -> None:
    """After each pause the first card would come back as unknown."""
    with StandIn(lambda _: http(200, b"", {"Connection": "close"})) as server:
        link = open_link(server.address)
        for _ in range(3):
            assert ask(link).status == 200


def test_nobody_there(open_link: Open) -> None:
    """Nothing was sent, and the till would have to treat it as if it might have been."""
    trouble = silence_of(open_link(f"http://127.0.0.1:{free_port()}"))
    assert (trouble.silence, trouble.sent) == (Silence.NO_ROUTE, False)


def _close(near: socket.socket) -> None:
    near.recv(65_536)
    near.shutdown(socket.SHUT_RDWR)


def _nothing(near: socket.socket) -> None:
    while near.recv(65_536):
        pass


def _says(data: bytes) -> Callable[[socket.socket], None]:
    def behave(near: socket.socket) -> None:
        near.recv(65_536)
        near.sendall(data)
        near.shutdown(socket.SHUT_WR)

    return behave


@pytest.mark.parametrize(
    ("behave", "expected"),
    [
        (_close, Silence.BROKEN),
        (_says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), Silence.BROKEN),
        (_says(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}"), b"{}"),
        (_says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), Silence.BROKEN),
        (_says(b"HTTP/1.1 200 OK\r\nContent-Le"), b""),
        (_says(b"\x15\x03\x01\x00\x02 this is not HTTP"), Silence.BROKEN),
        (_says(b"HTTP/1.1 99999 X\r\n\r\n"), Silence.BROKEN),
        (_says(b"x" * 100_000), Silence.BROKEN),
        (_says(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n"), Silence.BROKEN),
    ],
)
def test_broken_answers(open_link: Open, behave: Callable[[socket.socket], None], expected: Silence | bytes) -> None:
    """Half an answer, or garbage, would be taken for an answer or stop the thread."""
    with raw_server(behave) as server:
        link = open_link(server.address)
        if isinstance(expected, bytes):  # a head that is only odd reads as an answer: its signature will be missing
            assert ask(link).body == expected
            return
        trouble = silence_of(link)
        assert (trouble.silence, trouble.sent) == (expected, True)


def _took_ms(work: Callable[[], object]) -> float:
    before = time.monotonic()
    work()
    return (time.monotonic() - before) * 1000


def test_silence_ends_at_the_deadline(open_link: Open) -> None:
    """The clerk would wait for ever."""
    with raw_server(_nothing) as server:
        link = open_link(server.address)
        troubles: list[NoAnswer] = []
        took_ms = _took_ms(lambda: troubles.append(silence_of(link, timeout_ms=SHORT_MS)))
        assert SHORT_MS * 0.9 <= took_ms < SHORT_MS + 1_500
        assert (troubles[0].silence, troubles[0].sent) == (Silence.TIMEOUT, True)


def _dripping(head: bytes) -> Callable[[socket.socket], None]:
    def behave(near: socket.socket) -> None:
        near.recv(65_536)
        near.sendall(head)
        near.settimeout(0.02)
        while True:  # ends when the till hangs up: sendall raises
            try:
                if not near.recv(1):
                    return
            except TimeoutError:
                near.sendall(b"a")

    return behave


@pytest.mark.parametrize(
    "head",
    [b"", b"HTTP/1.1 200 OK\r\nX-", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"],
)
def test_a_dripping_answer_ends_at_the_deadline(open_link: Open, head: bytes) -> None:
    """A byte now and then would hold a line, and with it the sale, for hours."""
    with raw_server(_dripping(head)) as server:
        link = open_link(server.address)
        troubles: list[NoAnswer] = []
        took_ms = _took_ms(lambda: troubles.append(silence_of(link, timeout_ms=SHORT_MS)))
        assert took_ms < SHORT_MS + 1_500
        assert (troubles[0].silence, troubles[0].sent) == (Silence.TIMEOUT, True)


def test_the_link_works_again_after_a_failure(open_link: Open) -> None:
    """One lost answer would make the till deaf."""
    answers: list[bytes | None] = [None, http(200, b"1", {}), None, http(200, b"2", {})]
    with StandIn(lambda _: answers.pop(0)) as server:
        link = open_link(server.address)
        assert silence_of(link).silence is Silence.BROKEN
        assert ask(link).body == b"1"
        assert silence_of(link).silence is Silence.BROKEN
        assert ask(link).body == b"2"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_retry_inside(open_link: Open, method: str) -> None:
    """A commit would be sent more often than the journal knows."""
    with StandIn(lambda _: None) as server:
        link = open_link(server.address)
        with pytest.raises(NoAnswer):
            link.exchange(method=method, path="/v1/x", query="", headers={}, body=b"", timeout_ms=5_000)
        assert len(server.heard) == 1


def test_a_redirect_is_not_followed(open_link: Open) -> None:
    """A portal could lead a signed request to itself."""
    with StandIn(lambda _: http(302, b"", {"Location": "/elsewhere"})) as server:
        assert ask(open_link(server.address)).status == 302
        assert len(server.heard) == 1


def test_an_answer_without_an_end(open_link: Open) -> None:
    """A stranger's answer could fill the till's memory."""
    with StandIn(lambda _: http(200, b"x" * (MAX_ANSWER_BYTES + 1), {})) as server:
        assert silence_of(open_link(server.address)).silence is Silence.NOT_OURS
    with StandIn(lambda _: http(302, b"x" * (MAX_ANSWER_BYTES + 1), {"Location": "/elsewhere"})) as server:
        assert silence_of(open_link(server.address)).silence is Silence.NOT_OURS
    with StandIn(lambda _: http(200, b"x" * MAX_ANSWER_BYTES, {})) as server:
        assert len(ask(open_link(server.address)).body) == MAX_ANSWER_BYTES


def test_the_environment_has_no_say(open_link: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable of the shell could send all sales through somebody's proxy."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    with StandIn(lambda _: http(200, b"direct", {})) as server:
        assert ask(open_link(server.address)).body == b"direct"


def test_tls_to_something_that_does_not_speak_it(open_link: Open) -> None:
    """A plain answer would be accepted where a certificate belongs."""
    with raw_server(_says(b"HTTP/1.1 200 OK\r\n\r\n")) as server:
        trouble = silence_of(open_link(server.address.replace("http:", "https:")))
        assert (trouble.silence, trouble.sent) == (Silence.TLS, False)


def test_stopping_ends_what_is_under_way(open_link: Open) -> None:
    """Closing the till would wait for a network that does not answer."""
    arrived = threading.Event()

    def behave(near: socket.socket) -> None:
        near.recv(65_536)
        arrived.set()
        _nothing(near)

    with raw_server(behave) as server:
        link = open_link(server.address)
        troubles: list[NoAnswer] = []
        thread = threading.Thread(target=lambda: troubles.append(silence_of(link, timeout_ms=30_000)))
        thread.start()
        assert arrived.wait(5)
        link.stop()
        thread.join(5)
        assert [trouble.silence for trouble in troubles] == [Silence.STOPPING]
        assert silence_of(link).silence is Silence.STOPPING


@pytest.mark.slow
def test_random_answers(open_link: Open) -> None:
    """Some garbage or other would raise what nobody catches, and a thread would be gone for the day."""
    source = random.Random(7)
    pieces = (
        *(
            b"HTTP/1.1 ",
            b"200 OK",
            b"\r\n",
            b"\r\n\r\n",
            b"Content-Length: ",
            b"5",
            b"-1",
            b":",
            b"\x00",
            b"\xff\xfe",
            b"{}",
        ),
        *(b"Transfer-Encoding: chunked", b"5\r\nabcde\r\n0\r\n\r\n", b"Location: //", b"Content-Encoding: gzip"),
    )

    def behave(near: socket.socket) -> None:
        near.recv(65_536)
        if source.random() < 0.5:
            data = b"HTTP/1.1 200 OK\r\n" + b"".join(source.choices(pieces, k=12))
        else:
            data = b"".join(source.choices(pieces, k=12)) + source.randbytes(source.randrange(50))
        near.sendall(data)
        near.shutdown(socket.SHUT_WR)

    with RawServer(behave) as server:
        for _ in range(300):
            link = open_link(server.address)
            try:
                ask(link, timeout_ms=2_000)
            except NoAnswer as trouble:
                assert trouble.sent  # noqa: PT017 - either ending is right, nothing else is
            link.close()


def test_mistakes_of_ours(open_link: Open) -> None:
    """A missing deadline would go unnoticed until the day the network hangs."""
    link = open_link("http://127.0.0.1:1")
    for timeout_ms in (0, -1, 30_001):
        with pytest.raises(Bug):
            ask(link, timeout_ms=timeout_ms)
    for address in ("ftp://a", "http://", "https://a/?b", "a"):
        with pytest.raises(Bug):
            HttpLink(address=address, public_name="a")
