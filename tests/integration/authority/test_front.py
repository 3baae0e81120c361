"""The served authority's connections over real sockets: the same answers to every form of a request, in the order of requests."""

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from uuid import UUID

import pytest

from kiosk.authority.familiar_request import Familiar
from kiosk.protocol.messages import MAX_BODY_BYTES
from kiosk.protocol.signing import Claim
from tests.helpers.asgi import Prepared
from tests.helpers.raw_http import Answer, Connection, chunked, written
from tests.helpers.served_front import PAYMENTS, ServedFront, served_front, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.shared_world]

CLOCK = b"GET /v1/time HTTP/1.1\r\nHost: a\r\n\r\n"  # a terminal's question, unsigned: the framework answers 401
NOWHERE = b"GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedFront]:
    with served_front(tmp_path_factory.mktemp("front")) as standing:
        yield standing


@pytest.fixture
def connection(served: ServedFront) -> Iterator[Connection]:
    with served.connect() as made:
        yield made


def _unusual(prepared: Prepared) -> dict[str, bytes]:
    """The same request in forms that the library reads, whole in one piece."""
    usual = written(prepared)
    head, _, body = usual.partition(b"\r\n\r\n")
    return {
        "no blank behind a colon": usual.replace(b"content-length: ", b"content-length:"),
        "a tab behind a colon": usual.replace(b"content-length: ", b"content-length:\t"),
        "an empty field": written(prepared, "x-empty:"),
        "chunks": chunked(prepared),
        "an absolute target": usual.replace(b"POST ", b"POST http://authority.example", 1),
        "a field twice": written(prepared, "x-two: 1", "x-two: 2"),
        "not ASCII": head + "\r\nx-name: é\r\n\r\n".encode() + body,
    }


def test_a_payment_is_answered_alike_in_every_form(served: ServedFront, connection: Connection) -> None:
    """A merchant's library writes requests its own way, and would be refused for it; or be answered something else."""
    usual = connection.ask(written(served.charge(101)))
    assert (usual.status, usual.json["status"]) == (200, "captured"), usual.body
    for name in _unusual(served.charge()):
        before = served.ways.library
        other = connection.ask(_unusual(served.charge(101))[name])
        assert served.ways.library == before + 1, f"{name}: was meant for the library"
        assert other.status == 200, (name, other.body)
        assert other.json.keys() == usual.json.keys() and other.json["amount"] == usual.json["amount"], name
        assert {**other.fields, "content-length": ""} == {
            **usual.fields,
            "content-length": "",
            "date": other.fields["date"],
        }


def test_usual_requests_go_the_short_way(served: ServedFront, connection: Connection) -> None:
    """All of it would still work, at two thirds of the speed, and nobody would notice."""
    before = served.ways.usual, served.ways.library
    answer = connection.ask(written(served.charge()))
    payment_id = answer.json["payment_id"]
    look = served.client.prepare("GET", f"{PAYMENTS}/{payment_id}")
    assert connection.ask(written(look)).json["payment_id"] == payment_id
    refund = served.client.prepare("POST", f"{PAYMENTS}/{payment_id}/refunds", b"{}")
    assert connection.ask(written(refund)).json["status"] == "refunded"
    assert (served.ways.usual, served.ways.library) == (before[0] + 3, before[1])


REFUSED: dict[str, Callable[[ServedFront], Prepared]] = {
    "unsigned": lambda served: Prepared("POST", PAYMENTS, "", [(b"host", b"a")], b"{}"),
    "altered": lambda served: served.charge().with_header("content-digest", "sha-256=:AAAA=:"),
    "another key's": lambda served: served.client.prepare("POST", PAYMENTS, b"{}", keyid="nobody"),
    "a GET with a body": lambda served: replace(served.client.prepare("GET", f"{PAYMENTS}/x"), body=b"x"),
    "another method": lambda served: Prepared("GET", PAYMENTS, "", [(b"host", b"a")], b""),
    "not JSON": lambda served: served.client.prepare("POST", PAYMENTS, b"{"),
    "an unknown payment": lambda served: served.client.prepare("GET", f"{PAYMENTS}/{UUID(int=7)}"),
    "an unknown parameter": lambda served: served.client.prepare("GET", "/v1/events", query="x=1"),
    "another kind of content": lambda served: served.client.prepare("POST", PAYMENTS, b"{}", content_type="text/plain"),
    "a query that is no list": lambda served: served.client.prepare("POST", PAYMENTS, b"{}", query="a"),
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED.keys())
def test_refusals_are_alike_on_both_ways(
    served: ServedFront, connection: Connection, make: Callable[[ServedFront], Prepared]
) -> None:
    """Whoever writes a request oddly would get round a check, or be told what others are not."""
    before = served.ways.usual, served.ways.library
    short = connection.ask(written(make(served)))
    long = connection.ask(written(make(served), "x-empty:"))
    assert (served.ways.usual, served.ways.library) == (before[0] + 1, before[1] + 1)
    assert short.status >= 400 and short.fields["content-type"] == "application/problem+json"
    assert (long.status, long.json) == (short.status, short.json)
    assert {**long.fields, "date": ""} == {**short.fields, "date": ""}


def test_a_request_is_not_played_twice_on_two_ways(served: ServedFront, connection: Connection) -> None:
    """Whoever recorded a payment would play it again in another form."""
    for first, second in ((written, chunked), (chunked, written), (written, written)):
        prepared = served.charge()
        assert connection.ask(first(prepared)).status == 200
        again = connection.ask(second(prepared))
        assert (again.status, again.json["type"].rsplit(":", 1)[-1]) == (401, "replayed-request")


def test_a_body_that_is_too_long_is_refused_alike(served: ServedFront) -> None:
    """A limit that holds on one way only is none."""
    body = b'{"x":"' + b"y" * MAX_BODY_BYTES + b'"}'
    forms: list[Callable[[Prepared], bytes]] = [written, partial(chunked, size=60_000)]
    for form in forms:
        with served.connect() as connection:
            prepared = served.client.prepare("POST", PAYMENTS, body)
            connection.send(form(prepared))
            answer = connection.answer()
            assert (answer.status, answer.json["type"].rsplit(":", 1)[-1]) == (413, "too-large"), answer.body
            assert connection.ask(written(served.charge())).status == 200, "the rest of it was not the next request"


def test_a_head_request_and_an_older_http_are_the_librarys(served: ServedFront) -> None:
    """Monitoring asks in its own ways."""
    usual = written(served.charge())
    with served.connect() as connection:
        head = connection.socket
        head.sendall(b"HEAD /v1/events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        said = b"".join(iter(lambda: head.recv(65_536), b""))
        assert said.startswith(b"HTTP/1.1 405 ") and said.endswith(b"\r\n\r\n")
    with served.connect() as connection:
        answer = connection.ask(usual.replace(b" HTTP/1.1", b" HTTP/1.0"))
        assert (answer.status, answer.last) == (200, True)
        assert connection.ends()


def test_who_waits_for_100_is_told_to_go_on(served: ServedFront, connection: Connection) -> None:
    """Some libraries send a body only then, and would wait for a second each time."""
    prepared = served.charge()
    head, _, body = written(prepared, "Expect: 100-continue").partition(b"\r\n\r\n")
    assert connection.ask(head + b"\r\n\r\n").status == 100
    assert connection.ask(body).status == 200


@pytest.mark.parametrize("size", [1, 2, 100, 500])
def test_a_request_in_pieces_is_one_request(served: ServedFront, connection: Connection, size: int) -> None:
    """The network cuts where it likes."""
    data = written(served.charge())
    for start in range(0, len(data), size):
        connection.send(data[start : start + size])
    assert connection.answer().status == 200
    assert connection.ask(written(served.charge())).status == 200, "the way back to the short way"


def _mixed(served: ServedFront, count: int) -> tuple[list[bytes], list[int]]:
    """Requests of all kinds in a row, and what tells each one's answer: a payment's amount, or a status."""
    requests: list[bytes] = []
    expected: list[int] = []
    for number in range(count):
        prepared = served.charge(101 + number)
        forms = [written(prepared), *_unusual(prepared).values(), CLOCK, NOWHERE]
        place = (0, 3 + number % 7, 0, 8, 0, 9)[number % 6]
        requests.append(forms[min(place, len(forms) - 1)])
        expected.append({CLOCK: 401, NOWHERE: 404}.get(requests[-1], 101 + number))
    return requests, expected


def _told(answer: Answer) -> int:
    return int(answer.json["amount"]["amount_minor"]) if answer.status == 200 else answer.status


def test_answers_come_in_the_order_of_the_requests(served: ServedFront) -> None:
    """A merchant would deliver what another shopper paid for."""
    for seed in range(6):
        chance = random.Random(seed)
        requests, expected = _mixed(served, 20)
        data = b"".join(requests)
        with served.connect() as connection:
            while data:
                size = chance.choice([3, 40, 400, 700, 2_000, 100_000])
                connection.send(data[:size])
                data = data[size:]
            assert [_told(connection.answer()) for _ in expected] == expected, seed


def test_a_usual_request_and_half_of_the_next(served: ServedFront, connection: Connection) -> None:
    """Half a request would be lost at the change from one way to the other."""
    first, second, third = (written(served.charge(minor)) for minor in (101, 102, 103))
    served.gate.shut(before=True)
    connection.send(first)
    served.gate.wait_for()
    connection.send(second[:50])
    served.gate.open()
    assert _told(connection.answer()) == 101
    connection.send(second[50:] + third[:200])
    assert _told(connection.answer()) == 102
    connection.send(third[200:])
    assert _told(connection.answer()) == 103


def test_nothing_is_decided_behind_the_last_request(served: ServedFront, connection: Connection) -> None:
    """It would be paid, and the answer go nowhere."""
    before = served.payments()
    served.gate.shut(before=True)
    connection.send(written(served.charge(), "connection: close"))
    served.gate.wait_for()
    connection.send(written(served.charge()))
    wait_until(lambda: any(one.flow.waiting for one in served.connections()), "the second waits")
    served.gate.open()
    answer = connection.answer()
    assert (answer.status, answer.last) == (200, True)
    assert connection.ends()
    wait_until(lambda: not served.serving.server.server_state.tasks, "nothing is decided any more")
    assert served.payments() == before + 1


def test_a_body_that_looks_like_a_request_is_a_body(served: ServedFront, connection: Connection) -> None:
    """Whoever can have somebody else's library post a text of his would have a payment made with it."""
    inner = written(served.charge())
    before, usual = served.payments(), served.ways.usual
    connection.send(b"POST /v1/payments HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(inner))
    wait_until(lambda: any(one._begun for one in served.connections()), "the head is read")
    connection.send(inner)
    assert connection.answer().json["type"].endswith(":unsigned-request")
    assert connection.ask(NOWHERE).status == 404, "nothing else was answered"
    assert (served.payments(), served.ways.usual) == (before, usual + 1)
    connection.send(b"POST /balance HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(inner))
    wait_until(lambda: any(one._begun for one in served.connections()), "the head is read")
    connection.send(inner)
    assert connection.answer().status == 400, "no form: the library read it, and read a body"
    assert (served.payments(), served.ways.usual) == (before, usual + 1)


def test_payments_written_alike_are_read_alike_and_judged_each(
    served: ServedFront, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third payment of a connection is not taken apart any more: it must still be proved, and heard once."""
    read: list[Claim] = []
    claim = Familiar.claim

    def counting(self: Familiar, data: bytes) -> Claim | None:
        found = claim(self, data)
        read.extend([] if found is None else [found])
        return found

    monkeypatch.setattr(Familiar, "claim", counting)
    for minor in range(101, 106):
        assert _told(connection.ask(written(served.charge(minor)))) == minor
    assert len(read) == 3
    data = written(served.charge(106))
    head = data.index(b"\r\n\r\n") + 4
    connection.send(data[:head])
    wait_until(lambda: any(one._begun for one in served.connections()), "the head is read")
    connection.send(data[head:])
    assert _told(connection.answer()) == 106 and len(read) == 4
    again = connection.ask(data)
    assert (again.status, again.json["type"].rpartition(":")[2]) == (401, "replayed-request")
    at = data.index(b"signature: sig=:") + len(b"signature: sig=:")
    forged = connection.ask(data[:at] + (b"A" if data[at : at + 1] != b"A" else b"B") + data[at + 1 :])
    assert (forged.status, forged.json["type"].rpartition(":")[2]) == (401, "bad-signature")
    assert len(read) == 6 and _told(connection.ask(written(served.charge(107)))) == 107


def test_head_and_body_apart_go_the_short_way_too(served: ServedFront, connection: Connection) -> None:
    """Most libraries send them apart: their payments would take the long way, or the half of one would be refused."""
    patience = threading.Event()
    usual, library = served.ways.usual, served.ways.library
    for pieces in (1, 2, 7):
        data = written(served.charge(100 + pieces))
        head = data.index(b"\r\n\r\n") + 4
        connection.send(data[:head])
        wait_until(lambda: any(one._begun for one in served.connections()), "the head is read")
        body, step = data[head:], -(-(len(data) - head) // pieces)
        for start in range(0, len(body), step):
            connection.send(body[start : start + step])
            patience.wait(0.005)
        assert _told(connection.answer()) == 100 + pieces
    assert (served.ways.usual, served.ways.library) == (usual + 3, library)


def test_what_comes_behind_a_late_body_is_read_too(served: ServedFront, connection: Connection) -> None:
    """The second request of a hasty client would be lost, or taken for a part of the first."""
    first, second = written(served.charge(101)), written(served.charge(102))
    head = first.index(b"\r\n\r\n") + 4
    connection.send(first[:head])
    wait_until(lambda: any(one._begun for one in served.connections()), "the head is read")
    connection.send(first[head:] + second)
    assert [_told(connection.answer()) for _ in range(2)] == [101, 102]


def test_one_request_of_a_connection_at_a_time(served: ServedFront, connection: Connection) -> None:
    """Its second payment would be decided before the first, and be answered in its place."""
    served.gate.shut(before=True)
    connection.send(written(served.charge(101)))
    served.gate.wait_for()
    connection.send(written(served.charge(102)))
    wait_until(lambda: any(one.flow.waiting for one in served.connections()), "the second waits")
    connection.send(CLOCK)
    with served.connect() as other:
        other.send(written(served.charge(103)))  # another connection's is decided meanwhile
        served.gate.wait_for()
        served.gate.open()
        assert _told(other.answer()) == 103
    assert [_told(connection.answer()) for _ in range(3)] == [101, 102, 401]


def test_who_has_gone_has_paid_all_the_same(served: ServedFront) -> None:
    """A shopper whose merchant lost its line would have paid or not, by luck; asking again must tell what happened."""
    before = served.payments()
    served.gate.shut(before=True)
    asked = [served.charge() for _ in range(4)]
    forms: list[Callable[[Prepared], bytes]] = [written, chunked] * 2
    for prepared, form, reset in zip(asked, forms, (False, False, True, True), strict=True):
        with served.connect() as gone:
            gone.send(form(prepared))
            served.gate.wait_for()
            if reset:
                gone.reset()
    wait_until(lambda: not served.connections(), "the server knows that they have gone")
    assert served.payments() == before
    served.gate.open()
    wait_until(lambda: served.payments() == before + len(asked), "their payments are made")
    with served.connect() as connection:
        for prepared in asked:
            answer = connection.ask(written(served.again(prepared)))
            assert answer.status == 200
            assert connection.ask(written(served.again(prepared))).json == answer.json
    assert served.payments() == before + len(asked)
