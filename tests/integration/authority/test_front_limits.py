"""What one client may take of the served authority: bytes, time, connections; and what ends a connection, and how."""

import gc
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from kiosk.authority.front import HEAD_LIMIT_BYTES, PIECE_BYTES, REQUEST_LIMIT_BYTES, Front
from tests.helpers.raw_http import Closed, Connection, chunked, written
from tests.helpers.served_front import ServedFront, served_front, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.shared_world]

BALANCE = b"GET /balance HTTP/1.1\r\nHost: a\r\n\r\n"
REQUEST_S = 0.3
READ_BYTES = 262_144  # what an event loop reads at once, at most


class Hurried(Front):
    """Has little patience, and room for few."""

    request_limit_s = REQUEST_S
    max_connections = 8


class Restless(Hurried):
    """Has no patience with the idle either."""

    keep_alive_s = 2 * REQUEST_S


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedFront]:
    with served_front(tmp_path_factory.mktemp("limits")) as standing:
        yield standing


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedFront]:
    with served_front(tmp_path_factory.mktemp("hurried"), front=Hurried) as standing:
        yield standing


@pytest.fixture(scope="module")
def restless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedFront]:
    with served_front(tmp_path_factory.mktemp("restless"), front=Restless) as standing:
        yield standing


def _refusal(connection: Connection, data: bytes) -> str | None:
    """Why the connection was ended; ``None`` when the end came before the words could be read."""
    with suppress(ConnectionError):  # what it sends after the refusal meets a closed connection
        connection.send(data)
    try:
        answer = connection.answer()
    except Closed:
        return None
    assert (answer.status, answer.last) == (400, True), answer
    assert answer.json["type"].endswith(":malformed-request")
    assert connection.ends()
    return str(answer.json["detail"])


HEADS = {
    "one field": b"GET /balance HTTP/1.1\r\nHost: a\r\nx: %b\r\n\r\n" % (b"y" * HEAD_LIMIT_BYTES),
    "many fields": b"GET /balance HTTP/1.1\r\nHost: a\r\n" + b"x: y\r\n" * (HEAD_LIMIT_BYTES // 4) + b"\r\n",
    "an address": b"GET /balance?%b HTTP/1.1\r\nHost: a\r\n\r\n" % (b"y" * HEAD_LIMIT_BYTES),
    "a field's name": b"GET /balance HTTP/1.1\r\nHost: a\r\n%b" % (b"y" * (HEAD_LIMIT_BYTES + 200_000)),
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS.keys())
@pytest.mark.parametrize("size", [1_000, 1_000_000])
def test_a_head_has_an_end(served: ServedFront, head: bytes, size: int) -> None:
    """Whoever sends field after field would fill the memory of the machine on which the payments are made."""
    with served.connect() as connection:
        if size > len(head):
            why = _refusal(connection, head)
        else:
            with suppress(ConnectionError):
                for start in range(0, len(head), size):
                    connection.send(head[start : start + size])
            why = _refusal(connection, b"")
        assert why is None or f"at most {HEAD_LIMIT_BYTES} bytes" in why
    wait_until(lambda: not served.connections(), "the connection is gone")


def test_a_large_head_that_is_allowed_is_read(served: ServedFront) -> None:
    """Cookies of a whole domain come along with every page that is asked for."""
    cookie = b"Cookie: %b\r\n" % (b"y" * (HEAD_LIMIT_BYTES - 200))
    for pieces in (1, 5):
        data = BALANCE.replace(b"\r\n\r\n", b"\r\n" + cookie + b"\r\n")
        with served.connect() as connection:
            for start in range(0, len(data), len(data) // pieces + 1):
                connection.send(data[start : start + len(data) // pieces + 1])
            assert connection.answer().status == 200
            assert connection.ask(BALANCE).status == 200


def test_many_requests_in_one_piece_are_not_one_large_head(served: ServedFront) -> None:
    """Whoever asks for much at once would be refused for it."""
    count = 100 + HEAD_LIMIT_BYTES // len(BALANCE)
    with served.connect() as connection:
        thread = threading.Thread(target=connection.send, args=(BALANCE * count + BALANCE[:10],))
        thread.start()
        assert {connection.answer().status for _ in range(count)} == {200}
        thread.join()
        assert connection.ask(BALANCE[10:]).status == 200


def test_a_request_has_an_end(served: ServedFront) -> None:
    """The same behind the head: a last chunk that never ends, with fields that nobody reads."""
    endless = b"POST /balance HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    with served.connect() as connection, suppress(ConnectionError):
        sent = 0
        connection.send(endless)
        while sent < 10 * REQUEST_LIMIT_BYTES:
            connection.send(b"x: y\r\n" * 10_000)
            sent += 60_000
        raise AssertionError("it was read for ever")
    wait_until(lambda: not served.connections(), "the connection is gone")


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /balance HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        b"GET /balance HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /balance HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /v1/payments HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET  HTTP/1.1\r\n\r\n",
        b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
    ],
)
def test_what_is_no_request_ends_the_connection(
    served: ServedFront, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """What came behind it would be read from the wrong place on; and what it was would stand in the diary."""
    with served.connect() as connection:
        assert _refusal(connection, data)
    assert not caplog.records, "any stranger could fill the diary"


@pytest.mark.parametrize("body", [b"", b"ab"])
def test_an_upgrade_is_refused(served: ServedFront, body: bytes) -> None:
    """The library would lose the body of such a request, and read it as the next one."""
    head = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n"
    data = b"POST /v1/payments HTTP/1.1\r\nHost: a\r\n%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body)
    with served.connect() as connection:
        why = _refusal(connection, data + BALANCE)
        assert why is not None and "upgrade" in why


def test_what_was_asked_before_is_answered_first(served: ServedFront) -> None:
    """A merchant would take the words about what came behind a payment for the payment's answer."""
    half = b"POST /balance HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    upgrade = b"GET /balance HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
    for form in (written, chunked):
        for behind in (b"\0garbage\r\n\r\n", half + b"zz\r\n", upgrade, b"GET /balance HTTP/1.1\r\nx" + b"y" * 100_000):
            with served.connect() as connection:
                connection.send(form(served.charge(102)) + form(served.charge(103)) + behind)
                answers = [connection.answer() for _ in range(2)]
                assert [answer.json["amount"]["amount_minor"] for answer in answers] == [102, 103]
                with suppress(Closed):  # the very long one is read on after them
                    refused = connection.answer()
                    assert refused.status == 400 and len(behind) > PIECE_BYTES
                assert connection.ends()
        with served.connect() as connection:
            served.gate.shut()
            connection.send(form(served.charge(104)))
            served.gate.wait_for()
            connection.send(b"\0garbage\r\n\r\n" * 3)
            served.gate.open()
            assert connection.answer().json["amount"]["amount_minor"] == 104
            assert _refusal(connection, b"")


def test_what_goes_wrong_behind_an_answer_is_not_another_one(served: ServedFront) -> None:
    """The client would take it for the answer to its next request."""
    too_long = b"POST /v1/payments HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    with served.connect() as connection:
        connection.send(too_long + b"%x\r\n%b\r\n" % (300_000, b"y" * 300_000))
        assert connection.answer().status == 413
        connection.send(b"zz\r\n")
        assert connection.ends()


def test_what_waits_unread_is_bounded(served: ServedFront) -> None:
    """A client that asks and asks while its first request is decided would fill the memory."""
    for first in (written(served.charge()), chunked(served.charge())):
        served.gate.shut(before=True)
        with served.connect() as connection:
            connection.send(first)
            served.gate.wait_for()
            sender = threading.Thread(target=_send_much, args=(connection, BALANCE * 500_000), daemon=True)
            sender.start()
            (front,) = served.connections()
            wait_until(lambda front=front: front.flow.read_paused, "it reads no further")  # type: ignore[misc]  # bound now
            assert len(front._waiting) <= READ_BYTES
            assert len(front.pipeline) == 0
            served.gate.open()
            assert connection.answer().status == 200
            assert {connection.answer().status for _ in range(500)} == {200}
            assert len(front._waiting) <= READ_BYTES
            assert len(front.pipeline) <= PIECE_BYTES // len(BALANCE)
            connection.socket.shutdown(socket.SHUT_RDWR)
        sender.join(10)
        assert not sender.is_alive()
        wait_until(lambda: not served.connections(), "the connection is gone")


def _send_much(connection: Connection, data: bytes) -> None:
    with suppress(OSError, ValueError):
        connection.send(data)


@pytest.mark.parametrize("half", [b"G", BALANCE[:15], BALANCE[:-1], "a payment"])
def test_who_is_slow_to_ask_is_let_go(hurried: ServedFront, half: bytes | str) -> None:
    """A few thousand connections that say a letter a minute would keep all merchants out."""
    with hurried.connect() as connection:
        connection.send(half if isinstance(half, bytes) else written(hurried.charge())[:-1])
        assert connection.ends()
    wait_until(lambda: not hurried.connections(), "the connection is gone")


@pytest.mark.parametrize("start", [b"", b"\r\n", BALANCE, "a payment"])
def test_who_asks_nothing_is_let_go(restless: ServedFront, start: bytes | str) -> None:
    """The same, with connections that say nothing at all, or nothing more."""
    with restless.connect() as connection:
        connection.send(start if isinstance(start, bytes) else written(restless.charge()))
        if start not in (b"", b"\r\n"):
            assert connection.answer().status == 200
        assert connection.ends()
    wait_until(lambda: not restless.connections(), "the connection is gone")


def test_a_letter_of_a_body_now_and_then_is_slow_too(hurried: ServedFront) -> None:
    """The same behind a whole head, where the short way waits for the rest."""
    patience = threading.Event()
    head, _, body = written(hurried.charge()).partition(b"\r\n\r\n")
    with hurried.connect() as connection, suppress(ConnectionError):
        connection.send(head + b"\r\n\r\n")
        for place in range(60):
            connection.send(body[place : place + 1])
            patience.wait(REQUEST_S / 10)
        raise AssertionError("it was read for ever")
    wait_until(lambda: not hurried.connections(), "the connection is gone")


def test_a_letter_now_and_then_is_slow_too(hurried: ServedFront) -> None:
    """The limit would begin anew with every letter."""
    patience = threading.Event()
    with hurried.connect() as connection, suppress(ConnectionError):
        for place in range(60):
            connection.send(written(hurried.charge())[place : place + 1])
            patience.wait(REQUEST_S / 10)
        raise AssertionError("it was read for ever")


@pytest.mark.parametrize("form", [written, chunked])
def test_a_decision_may_take_its_time(hurried: ServedFront, form: object) -> None:
    """A payment whose database is slow would be answered with a closed connection, and half a request behind it be blamed."""
    assert form in (written, chunked)
    make = written if form is written else chunked
    for behind in (b"", BALANCE[:10]):
        hurried.gate.shut()
        with hurried.connect() as connection:
            connection.send(make(hurried.charge()) + behind)
            hurried.gate.wait_for()
            threading.Event().wait(4 * REQUEST_S)
            hurried.gate.open()
            assert connection.answer().status == 200
            rest = BALANCE[10:] if behind else written(hurried.charge())
            assert connection.ask(rest).status == 200


def test_who_asked_for_half_behind_a_slow_decision_has_no_more_time(hurried: ServedFront) -> None:
    """The clock that was stopped for the decision would never go on."""
    hurried.gate.shut()
    with hurried.connect() as connection:
        connection.send(chunked(hurried.charge()) + BALANCE[:10])
        hurried.gate.wait_for()
        hurried.gate.open()
        assert connection.answer().status == 200
        assert connection.ends()


def test_who_takes_nothing_is_let_go_amid_an_answer(hurried: ServedFront) -> None:
    """The answer that the client does not take would be waited for, and the client with it, for ever."""
    hurried.gate.shut()
    with hurried.connect() as connection:
        connection.send(written(hurried.charge()))
        hurried.gate.wait_for()
        (front,) = hurried.connections()
        hurried.serving.loop.call_soon_threadsafe(front.pause_writing)  # as if it were a long answer
        wait_until(lambda: not hurried.connections(), "it is let go")
        hurried.gate.open()


def test_who_takes_it_after_all_has_time_again(hurried: ServedFront) -> None:
    """A client that was slow once would be cut off in the middle of its next payment."""
    hurried.gate.shut()
    with hurried.connect() as connection:
        connection.send(written(hurried.charge()))
        hurried.gate.wait_for()
        (front,) = hurried.connections()
        hurried.serving.loop.call_soon_threadsafe(front.pause_writing)
        wait_until(lambda: front.flow.write_paused, "it is slow")
        hurried.serving.loop.call_soon_threadsafe(front.resume_writing)
        threading.Event().wait(3 * REQUEST_S)
        hurried.gate.open()
        assert connection.answer().status == 200


def test_one_clock_watches_a_connection(served: ServedFront) -> None:
    """The library's own would close it after five seconds, in the middle of a payment."""
    with served.connect() as connection:
        assert connection.ask(BALANCE).status == 200
        (front,) = served.connections()
        assert front.timeout_keep_alive_task is None


def test_who_does_not_take_its_answers_is_let_go(hurried: ServedFront) -> None:
    """Its answers would pile up in the memory."""
    with hurried.connect(receive_buffer=4_096) as connection:
        sender = threading.Thread(target=_send_much, args=(connection, BALANCE * 100_000), daemon=True)
        sender.start()
        wait_until(lambda: any(one.flow.write_paused for one in hurried.connections()), "it is waited for")
        (front,) = hurried.connections()
        assert front.transport.get_write_buffer_size() <= 2 * 65_536
        wait_until(lambda: not hurried.connections(), "it is let go")
        sender.join(10)
        assert not sender.is_alive()


def test_who_does_not_take_its_answers_is_not_answered_more(served: ServedFront) -> None:
    """The same one request at a time, which is how the short way gets them."""
    question = b"GET /v1/events HTTP/1.1\r\nHost: a\r\n\r\n"  # unsigned: a short no
    with served.connect(receive_buffer=4_096) as connection:
        wait_until(lambda: bool(served.connections()), "it is there")
        (front,) = served.connections()
        front.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        served.serving.loop.call_soon_threadsafe(lambda: front.transport.set_write_buffer_limits(high=2_048))
        before = asked = served.ways.usual
        while not front.flow.write_paused:
            asked += 1
            connection.send(question)
            wait_until(partial(_reached, served, asked), "it was asked")
        connection.send(question)
        wait_until(lambda: front.flow.waiting, "the next one waits")
        assert served.ways.usual == asked
        answers = [connection.answer() for _ in range(asked + 1 - before)]
        assert {answer.status for answer in answers} == {401}, "its turn came when there was room again"


def _reached(served: ServedFront, count: int) -> bool:
    return served.ways.usual >= count


def test_there_is_room_for_so_many(hurried: ServedFront) -> None:
    """Everybody would be served worse and worse, until the machine takes no connection at all."""
    standing = [hurried.connect() for _ in range(Hurried.max_connections)]
    try:
        wait_until(lambda: len(hurried.connections()) == len(standing), "they are there")
        with hurried.connect() as one_more:
            assert one_more.ends()
        assert standing[0].ask(BALANCE).status == 200, "who was there first is served on"
    finally:
        for connection in standing:
            connection.close()
    wait_until(lambda: not hurried.connections(), "they are gone")


def test_nothing_of_a_connection_stays_behind(tmp_path: Path) -> None:
    """A server that runs for months would fill with what its clients left."""
    with served_front(tmp_path) as served:
        for data in (written(served.charge()), chunked(served.charge()), BALANCE[:10], b"\0\r\n\r\n", b""):
            with served.connect() as connection:
                connection.send(data)
                if data.startswith(b"POST"):
                    assert connection.answer().status == 200
        wait_until(lambda: not served.connections(), "all have gone")
        state = served.serving.server.server_state
        wait_until(lambda: not state.tasks, "nothing runs for them")

        def left() -> list[Front]:
            gc.collect()
            return [one for one in gc.get_objects() if isinstance(one, Front) and one.server_state is state]

        wait_until(lambda: not left(), "nothing is left of them")  # the loop may still be at the last one's goodbye
