"""The end of the served authority, and its connections' ends before they are answered: nothing that was acknowledged is lost."""

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.authority.front import Front
from tests.helpers.asgi import Prepared
from tests.helpers.raw_http import Answer, Closed, Connection, chunked, written
from tests.helpers.served_front import PAYMENTS, served_front, wait_until

pytestmark = pytest.mark.slow

BALANCE = b"GET /balance HTTP/1.1\r\nHost: a\r\n\r\n"
PAYERS = 12


class Diary(logging.Handler):
    """What reaches the top of the log, where a process writes its diary; ``caplog`` also hears loggers that hand nothing on."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def said(self) -> list[str]:
        """Warnings and worse."""
        return [record.getMessage() for record in self.records if record.levelno >= logging.WARNING]

    def assert_silent_about(self, *words: str) -> None:
        text = "".join(logging.Formatter().format(record) for record in self.records)
        assert not [word for word in words if word in text]
        assert {record.name for record in self.records} <= {"kiosk.authority"}, "the libraries' own words"


@pytest.fixture
def diary(caplog: pytest.LogCaptureFixture) -> Iterator[Diary]:
    caplog.set_level(logging.INFO)  # asked for, so that there may be warnings
    handler = Diary()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


class Hurried(Front):
    """Has little patience."""

    request_limit_s = 0.3
    keep_alive_s = 0.9


def test_the_end_answers_what_was_asked(tmp_path: Path) -> None:
    """Each restart would leave merchants who do not know whether their shoppers have paid."""
    with served_front(tmp_path) as served:
        served.gate.shut()
        asked = [served.charge() for _ in range(6)]
        forms: list[Callable[[Prepared], bytes]] = [written, chunked] * 3
        connections = [served.connect() for _ in asked]
        for connection, prepared, form in zip(connections, asked, forms, strict=True):
            connection.send(form(prepared))
        idle, half = served.connect(), served.connect()
        half.send(BALANCE[:10])
        served.gate.wait_for(len(asked))
        connections[0].send(BALANCE)  # comes too late
        served.end()
        assert idle.ends() and half.ends()
        with pytest.raises(ConnectionRefusedError):
            served.connect()
        served.gate.open()
        for connection in connections:
            answer = connection.answer()
            assert (answer.status, answer.json["status"], answer.last) == (200, "captured", True)
            assert connection.ends()
        served.serving.close()
        assert served.payments() == len(asked)
        for connection in (*connections, idle, half):
            connection.close()


def test_what_came_in_one_piece_is_answered_before_the_end(tmp_path: Path) -> None:
    """The second of two payments would be made and not be answered."""
    with served_front(tmp_path) as served, served.connect() as connection, served.connect() as idle:
        served.gate.shut(before=True)
        connection.send(written(served.charge(101)) + chunked(served.charge(102)))
        served.gate.wait_for()
        served.end()
        assert idle.ends()
        served.gate.open()
        first, second = connection.answer(), connection.answer()
        assert [one.json["amount"]["amount_minor"] for one in (first, second)] == [101, 102]
        assert second.last and connection.ends()


@pytest.mark.parametrize("form", [written, chunked])
def test_the_end_waits_for_whom_nobody_waits_for(form: Callable[[Prepared], bytes], tmp_path: Path) -> None:
    """A payment would be given up in the middle because its merchant's line is down."""
    with served_front(tmp_path) as served:
        served.gate.shut(before=True)
        with served.connect() as gone:
            gone.send(form(served.charge()))
            served.gate.wait_for()
        wait_until(lambda: not served.connections(), "it has gone")
        with served.connect() as idle:
            served.end()
            assert idle.ends()
        threading.Event().wait(0.5)  # longer than the library needs to look whether there is anything to wait for
        assert served.payments() == 0
        served.gate.open()
        served.serving.close()
        assert served.payments() == 1


def test_an_end_amid_payments_loses_no_answer(tmp_path: Path) -> None:
    """A shopper would have a receipt of a payment that the books do not know."""
    answers: dict[str, Answer] = {}
    asked: dict[str, Prepared] = {}
    enough = threading.Event()
    with served_front(tmp_path) as served:
        prepared = [[served.charge() for _ in range(40)] for _ in range(PAYERS)]

        def pay(requests: list[Prepared]) -> None:
            with served.connect() as connection:
                for number, one in enumerate(requests):
                    key = one.header("idempotency-key")
                    asked[key] = one
                    try:
                        answers[key] = connection.ask((written, written, chunked)[number % 3](one))
                    except (Closed, OSError):
                        return
                    if len(answers) > 5 * PAYERS:
                        enough.set()

        payers = [threading.Thread(target=pay, args=(requests,)) for requests in prepared]
        for payer in payers:
            payer.start()
        assert enough.wait(20)
        served.serving.close()
        for payer in payers:
            payer.join(20)
            assert not payer.is_alive()
        assert len(answers) < PAYERS * 40, "it ended when all was over"
        assert {answer.status for answer in answers.values()} == {200}
        assert len(answers) <= served.payments() <= len(asked)


def test_a_client_that_hangs_does_not_hold_up_the_end(tmp_path: Path) -> None:
    """A restart would wait for a merchant's forgotten process."""
    with served_front(tmp_path, front=Hurried) as served:
        body = served.connect()
        body.send(b"POST /v1/payments HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
        deaf = served.connect(receive_buffer=4_096)
        sender = threading.Thread(target=_send_all, args=(deaf, BALANCE * 50_000), daemon=True)
        sender.start()
        wait_until(lambda: any(one.flow.write_paused for one in served.connections()), "one does not listen")
        served.serving.close()
        assert body.ends()
        sender.join(10)
        body.close()
        deaf.close()


def _send_all(connection: Connection, data: bytes) -> None:
    try:
        connection.send(data)
    except OSError:
        return


def test_the_end_does_not_wait_for_ever_for_an_answer(tmp_path: Path, diary: Diary) -> None:
    """A database that never answers would keep the authority from being started anew."""
    with served_front(tmp_path, end_limit_s=1) as served:
        served.gate.shut()
        with served.connect() as short, served.connect() as long:
            short.send(written(served.charge()))
            long.send(chunked(served.charge()))
            served.gate.wait_for(2)
            served.serving.close()
            for connection in (short, long):
                with pytest.raises(Closed):
                    connection.answer()
        assert served.payments() == 2, "they were decided, and will be found under their keys"
        assert not served.serving.server.server_state.tasks
    assert diary.said[-1].startswith("2 connections were left at the end")
    diary.assert_silent_about("cancel", "Cancel", "Traceback")


def test_who_goes_amid_a_request_is_no_bug(tmp_path: Path, diary: Diary) -> None:
    """Every shopper who closes a page would be an error in the diary."""
    with served_front(tmp_path) as served:
        for path in (b"/balance", PAYMENTS.encode(), b"/v1/enrolments/x"):
            for data in (b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc" % path, BALANCE * 30):
                for reset in (False, True):
                    with served.connect() as gone:
                        gone.send(data)
                        wait_until(lambda: bool(served.connections()), "it is there")
                        if reset:
                            gone.reset()
        wait_until(lambda: not served.connections(), "all have gone")
        wait_until(lambda: not served.serving.server.server_state.tasks, "nothing goes on")
    assert not diary.said


class Secret(Exception):  # noqa: N818 - what it holds is the matter
    """A bug whose message holds what a request held."""


@pytest.mark.parametrize("path", [b"/balance", b"/nowhere"])
def test_a_bug_is_logged_without_its_words(path: bytes, tmp_path: Path, diary: Diary) -> None:
    """A traceback prints the values that were in its message: serials, codes, keys."""

    async def broken(*_: object) -> None:
        raise Secret("0000000000001111")

    with served_front(tmp_path) as served, served.connect() as connection:
        served.app._framework = broken  # type: ignore[assignment]  # as if the framework itself had a bug
        assert connection.ask(b"GET %b?serial=2222 HTTP/1.1\r\nHost: a\r\n\r\n" % path).status == 500
        assert connection.ends()
    (said,) = diary.said
    assert said.startswith("bug under the HTTP library: Secret from test_front_end.py:")
    diary.assert_silent_about("1111", "2222", "Traceback")


def test_a_bug_of_the_short_way_ends_its_connection_alone(tmp_path: Path, diary: Diary) -> None:
    """A merchant would wait for ever for an answer, and the words of the bug would stand in the diary."""

    async def broken(*_: object) -> None:
        raise Secret("0000000000001111")

    with served_front(tmp_path) as served, served.connect() as connection, served.connect() as other:
        good = served.app.merchants.begin
        served.app.merchants.begin = broken  # type: ignore[assignment,method-assign]  # a bug below the top of a request
        connection.send(written(served.charge()))
        with pytest.raises(Closed):
            connection.answer()
        served.app.merchants.begin = good  # type: ignore[method-assign]  # mended
        assert other.ask(written(served.charge())).status == 200
    (said,) = diary.said
    assert said.startswith("bug on the event loop: Secret from test_front_end.py:")
    diary.assert_silent_about("1111", "Traceback")
