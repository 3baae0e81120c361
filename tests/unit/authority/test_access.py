"""The door, over the ASGI application: what is let in, what is turned away and with which problem, and that nothing else moves."""

import json
from collections.abc import Callable

import pytest

from kiosk.authority.store.places import revoke_terminal
from kiosk.protocol import routes
from kiosk.protocol.codec import encode
from kiosk.protocol.keys import SigningKey, base64url
from kiosk.protocol.messages import (
    MAX_BODY_BYTES,
    Amount,
    BalanceRequest,
    CancelRequest,
    CommitRequest,
    EntriesRequest,
    ExtendRequest,
    ReserveRequest,
    SignedEntry,
    VoidRequest,
)
from kiosk.protocol.routes import Route
from tests.fakes.clock import FakeClock
from tests.helpers.asgi import Client, Prepared
from tests.helpers.authority import TILL, TILL_2, TILL_ELSEWHERE, World, make_world

LINE = "019b7900-0000-7000-8000-000000000001"
VOID = "019b7900-0000-7000-8000-0000000000ff"


@pytest.fixture
def world(clock: FakeClock) -> World:
    return make_world(clock=clock)


@pytest.fixture
def client(world: World) -> Client:
    return Client(world)


def _requests(world: World) -> list[tuple[Route, bytes]]:
    """One good request for every resource that a terminal uses."""
    face, serial = Amount(2000, "EUR"), world.serials[0]
    entry = SignedEntry(seq=1, content="{}", prev="00" * 32, hash="00" * 32, signature=base64url(bytes(64)))
    entries = encode(EntriesRequest(epoch=1, entries=[entry]))
    return [
        (routes.line("reserve", LINE), encode(ReserveRequest("s", serial, "scanned", face))),
        (routes.line("extend", LINE, n=1), encode(ExtendRequest(1))),
        (routes.line("commit", LINE), encode(CommitRequest("s", serial, "scanned", face, "cash"))),
        (routes.line("cancel", LINE), encode(CancelRequest(serial, True))),
        (routes.line("status", LINE), b""),
        (routes.entries(entries), entries),
        (routes.void(VOID), encode(VoidRequest(LINE, serial, True, "clerk"))),
        (routes.changes("", limit=10), b""),
        (routes.time(), b""),
        (routes.balance(LINE), encode(BalanceRequest(serial))),
    ]


def _state(world: World) -> list[tuple[object, ...]]:
    tables = (
        "card",
        "line",
        "answer",
        "movement",
        "posting",
        "entry",
        "exception",
        "alert",
        "terminal",
        "pack",
        "feed",
    )
    return [row for table in tables for row in world.rows(f"SELECT * FROM {table}")]


def _flip(text: str, place: int) -> str:
    other = "A" if text[place] != "A" else "B"
    return text[:place] + other + text[place + 1 :]


def test_every_resource_answers_a_good_request_with_a_signed_200(client: Client, world: World) -> None:
    """A till would hear nothing that it may believe."""
    for route, body in _requests(world):
        reply = client.ask(route, body)
        assert (reply.status, reply.signed) == (200, True), route
        assert dict(reply.headers)[b"content-type"] == b"application/json"


Spoil = Callable[[Prepared], Prepared]
SPOILED: dict[str, tuple[Spoil, str]] = {
    "no signature": (lambda p: p.with_header("signature").with_header("signature-input"), "unsigned-request"),
    "no signature input": (lambda p: p.with_header("signature-input"), "bad-signature"),
    "signature flipped": (lambda p: p.with_header("signature", _flip(p.header("signature"), 20)), "bad-signature"),
    "signature doubled": (
        lambda p: p.with_header("signature", p.header("signature"), p.header("signature")),
        "bad-signature",
    ),
    "digest dropped": (lambda p: p.with_header("content-digest"), "bad-signature"),
    "body changed": (lambda p: Prepared(p.method, p.path, p.query, p.headers, p.body + b" "), "bad-signature"),
    "query changed": (lambda p: Prepared(p.method, p.path, p.query + "&x=1", p.headers, p.body), "bad-signature"),
    "version changed": (lambda p: p.with_header("kiosk-version", "9.9"), "bad-signature"),
    "encoded": (lambda p: p.with_header("content-encoding", "gzip"), "bad-signature"),
    "other tag": (
        lambda p: p.with_header("signature-input", p.header("signature-input").replace("terminal", "merchant")),
        "bad-signature",
    ),
    "other alg": (
        lambda p: p.with_header(
            "signature-input", p.header("signature-input").replace("ecdsa-p256-sha256", "hmac-sha256")
        ),
        "bad-signature",
    ),
    "other keyid": (
        lambda p: p.with_header("signature-input", p.header("signature-input").replace(TILL, TILL_2)),
        "bad-signature",
    ),
    "unknown keyid": (
        lambda p: p.with_header("signature-input", p.header("signature-input").replace(TILL, "T-9999")),
        "unknown-terminal",
    ),
}


@pytest.mark.parametrize("name", list(SPOILED))
def test_a_spoiled_signature_is_turned_away_at_every_resource(name: str, client: Client, world: World) -> None:
    """Somebody on the way could change a sale, or send one (T-SIG)."""
    spoil, expected = SPOILED[name]
    before = _state(world)
    for route, body in _requests(world):
        reply = client.send(spoil(client.prepare(route, body)))
        assert reply.problem == expected, route
        assert 400 <= reply.status < 500
    assert _state(world) == before


def test_a_request_is_bound_to_its_address_method_and_key(client: Client, world: World) -> None:
    """A commit could be made of a status, or a cancel of a commit, by changing one word on the way."""
    before = _state(world)
    good = client.prepare(*_requests(world)[2])
    moved = Prepared(good.method, good.path.replace("commit", "cancel"), good.query, good.headers, good.body)
    assert client.send(moved).problem == "bad-signature"
    assert client.send(good.with_header("idempotency-key", f"cancel/{LINE}")).problem == "bad-signature"
    # even the till itself cannot sign one key for another address
    route, body = _requests(world)[2]
    assert client.ask(route, body, idempotency_key=f"commit/{VOID}").problem == "malformed-request"
    assert _state(world) == before


def test_the_same_request_twice_is_heard_once(client: Client, world: World) -> None:
    """A recorded request could be played again."""
    prepared = client.prepare(routes.time())
    assert client.send(prepared).status == 200
    again = client.send(prepared)
    assert (again.status, again.problem, again.signed) == (401, "replayed-request", True)


@pytest.mark.parametrize("skew_s", [-301, 301])
def test_a_wrong_clock_is_told_the_time_under_a_signature(client: Client, world: World, skew_s: int) -> None:
    """A till whose clock is wrong could never correct it, and could not sell."""
    client.skew_s = skew_s
    reply = client.ask(routes.time())
    assert (reply.status, reply.problem, reply.signed) == (401, "clock-skew", True)
    assert reply.json["time_ms"] == world.clock.now_ms()
    client.skew_s = skew_s // 2
    assert client.ask(routes.time()).status == 200


def test_a_revoked_terminal_is_refused_at_once_but_its_journal_is_kept(client: Client, world: World) -> None:
    """A stolen till would go on selling; or the proof of what it did would be thrown away (PR-05, T-REVOKE)."""
    assert client.ask(routes.time()).status == 200
    world.store.write(lambda tx: revoke_terminal(tx, TILL, now_ms=world.clock.now_ms()))
    for route, body in _requests(world):
        reply = client.ask(route, body)
        if route.path == routes.ENTRIES:
            assert reply.status == 200
        else:
            assert (reply.status, reply.problem, reply.signed) == (403, "revoked-terminal", True)


def test_a_key_that_is_nobodys_is_turned_away(world: World) -> None:
    """Anybody with a key pair could sell cards."""
    stranger = Client(world, key=SigningKey.generate())
    assert stranger.ask(routes.time()).problem == "bad-signature"


MALFORMED: list[bytes] = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"\xff\xfe",
    b'{"n":' + b"[" * 100_000,
    b'{"sale_id":"s","serial":"1","entry_mode":"scanned","face":{"amount_minor":"2000","currency":"EUR"}}',
    b'{"sale_id":"s","serial":"1","entry_mode":"scanned","face":{"amount_minor":2000.5,"currency":"EUR"}}',
    b'{"sale_id":"s","serial":"1","entry_mode":"guessed","face":{"amount_minor":2000,"currency":"EUR"}}',
    b'{"sale_id":"s","serial":"1","entry_mode":"scanned","face":{"amount_minor":2000,"currency":"EUR"},"more":1}',
    b'{"sale_id":"s","serial":"\\ud800","entry_mode":"scanned","face":{"amount_minor":2000,"currency":"EUR"}}',
    b'{"n":1' + b"0" * 400 + b"}",
    b'{"n":0}',
]


@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
def test_garbage_under_a_good_signature_is_a_problem_and_changes_nothing(
    body: bytes, client: Client, world: World
) -> None:
    """A broken build of the till could bring the authority down, or write half of something."""
    before = _state(world)
    posts = [route for route, _ in _requests(world) if route.method == "POST"]
    for route in posts:
        key = routes.entries(body).key if route.path == routes.ENTRIES else route.key
        reply = client.ask(Route(route.method, route.path, key), body)
        assert (reply.status, reply.problem, reply.signed) == (400, "malformed-request", True), route
    assert _state(world) == before


def test_more_than_allowed_is_not_even_read(client: Client, world: World) -> None:
    """One request could fill the authority's memory."""
    body = b'{"x":"' + b"a" * MAX_BODY_BYTES + b'"}'
    reply = client.ask(routes.line("reserve", LINE), body)
    assert (reply.status, reply.problem) == (413, "too-large")
    declared = client.prepare(routes.line("reserve", LINE), b"{}").with_header("content-length", "9" * 9)
    assert client.send(declared).problem == "too-large"
    assert client.send(declared.with_header("content-length", "many")).problem == "malformed-request"


def test_whatever_else_is_asked_is_a_signed_problem(client: Client) -> None:
    """A till that talks to the wrong address would take a proxy's page for an answer."""
    for path in ("/v1/lines", "/v2/time", f"/v1/lines/{LINE}/", f"/v1/lines/{LINE}/burn", "/v1/time/"):
        reply = client.ask(Route("GET", path, None))
        assert (reply.status, reply.problem, reply.signed) == (404, "not-found", True), path
    for method, path in (("POST", "/v1/time"), ("DELETE", f"/v1/lines/{LINE}"), ("PUT", "/v1/changes")):
        reply = client.ask(Route(method, path, "k"))
        assert (reply.status, reply.problem, reply.signed) == (405, "method-not-allowed", True), path
    assert client.ask(Route("GET", "/v1/lines/not-an-id", None)).problem == "malformed-request"


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "limit=-1", "limit=%F0", "x=1", "limit=1&limit=2", "&&&", "cursor=%ff%00"]
)
def test_a_query_that_cannot_be_meant_is_a_problem(query: str, client: Client) -> None:
    """A wrong query would be taken for another one, or end in a failure of the authority."""
    reply = client.ask(Route("GET", routes.CHANGES, None, query))
    assert reply.problem in {"malformed-request", "cursor-expired"}
    assert reply.signed


def test_a_till_of_another_shop_learns_and_moves_nothing(client: Client, world: World) -> None:
    """One shop could cancel, sell or watch the cards of another (BOLA)."""
    for route, body in _requests(world)[:3]:
        client.ask(route, body)
    before = world.rows("SELECT * FROM card"), world.rows("SELECT * FROM posting")
    thief = client.as_till(TILL_ELSEWHERE)
    status = thief.ask(routes.line("status", LINE)).json
    assert status == {"outcome": "status", "record": "unseen"}
    for route, body in _requests(world)[:4]:
        answer = thief.ask(route, body).json
        assert "card" not in answer and "pack" not in answer
    assert thief.ask(routes.balance(LINE), BalanceRequest(world.serials[5])).json == {"outcome": "not_found"}
    assert (
        thief.ask(routes.void(VOID), VoidRequest(LINE, world.serials[0], True, "manager")).json["reason"] == "not_sold"
    )
    assert (world.rows("SELECT * FROM card"), world.rows("SELECT * FROM posting")) == before


def test_replays_of_everything_three_times_leave_the_state_as_it_was(client: Client, world: World) -> None:
    """A till that repeats its requests after a bad night would sell, charge or cancel again (T-REPLAY)."""
    first = [client.ask(route, body).json for route, body in _requests(world)]
    settled = _state(world)
    for _ in range(3):
        again = [client.ask(route, body).json for route, body in _requests(world)]
        assert again[:4] == first[:4]
        assert _state(world) == settled


def test_an_integral_float_is_the_same_content(client: Client, world: World) -> None:
    """The same commit, written by another JSON library, would be taken for a forgery."""
    route, body = _requests(world)[2]
    content = json.loads(body)
    content["face"]["amount_minor"] = 2000.0
    first = client.ask(route, body)
    assert client.ask(route, json.dumps(content).encode()).json == first.json
