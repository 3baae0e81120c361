"""When the authority itself is in trouble: it says so and promises nothing; and what its log may say."""

import logging
from pathlib import Path

import pytest

from kiosk.authority.store.sqlite import SqliteStore
from kiosk.protocol import routes
from kiosk.protocol.messages import Amount, BalanceRequest, CommitRequest
from tests.fakes.clock import FakeClock
from tests.helpers.asgi import Client, Reply
from tests.helpers.authority import World, make_world

LINE = "019b7900-0000-7000-8000-000000000001"


@pytest.fixture
def filed(tmp_path: Path, clock: FakeClock) -> World:
    return make_world(SqliteStore.create(tmp_path / "authority.db"), clock=clock)


def _commit(world: World) -> CommitRequest:
    return CommitRequest("s", world.serials[0], "scanned", Amount(2000, "EUR"), "cash")


def _other(world: World, number: int) -> CommitRequest:
    return CommitRequest("s" * 60, world.serials[1 + number % 19], "scanned", Amount(2000, "EUR"), "cash")


def test_a_full_disk_is_a_signed_503_and_the_same_commit_later_works(
    filed: World, caplog: pytest.LogCaptureFixture
) -> None:
    """The till would take silence or a lie for an activation."""
    client = Client(filed)
    filed.store.write(lambda tx: tx.one("PRAGMA max_page_count=1"))
    replies: list[Reply] = []
    while not replies or (
        replies[-1].status == 200 and len(replies) < 500
    ):  # the room in the last pages is used up first
        replies.append(client.ask(routes.line("commit", filed.new_id()), _other(filed, len(replies))))
    reply = replies[-1]
    assert (reply.status, reply.problem, reply.signed) == (503, "busy", True)
    assert reply.json["retryable"] is True
    headers = dict(reply.headers)
    assert int(headers[b"retry-after"]) == reply.json["retry_after_s"] in range(2, 7)
    assert "AUT-01" in caplog.text
    said_yes = sum(b'"committed"' in reply.body for reply in replies)
    assert filed.rows("SELECT count(*) FROM card WHERE state = 'active'") == [(said_yes,)]
    filed.store.write(lambda tx: tx.one("PRAGMA max_page_count=1000000"))
    assert client.ask(routes.line("commit", LINE), _commit(filed)).json["outcome"] == "committed"
    filed.store.close()


def test_a_database_that_is_gone_is_a_503_and_never_a_yes(
    filed: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The authority would answer for cards that it no longer knows."""
    client = Client(filed)
    (tmp_path / "authority.db").unlink()
    reply = client.ask(routes.line("commit", LINE), _commit(filed))
    assert (reply.status, reply.problem, reply.signed) == (503, "busy", True)
    assert "AUT-04" in caplog.text
    filed.store.close()


def test_a_bug_is_a_500_that_tells_nothing(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A mistake of ours would print a serial into a log, or hang the till."""
    world = make_world(clock=clock)
    secret = world.serials[0]

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(f"card {secret} is odd")

    monkeypatch.setattr("kiosk.authority.services.activate.decide", broken)
    reply = Client(world).ask(routes.line("commit", LINE), _commit(world))
    assert (reply.status, reply.problem, reply.signed) == (500, "internal", True)
    assert secret not in reply.body.decode() + caplog.text
    assert "RuntimeError" in caplog.text and "test_failures.py" in caplog.text
    assert world.rows("SELECT count(*) FROM answer") == [(0,)]


def test_the_log_of_a_busy_day_names_no_card(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever reads the log could go and spend, or activate, what was sold."""
    caplog.set_level(logging.DEBUG)
    world = make_world(clock=clock)
    client = Client(world)
    for number, serial in enumerate(world.serials[:5]):
        line = world.new_id()
        request = CommitRequest("s", serial, "scanned", Amount(2000, "EUR"), "cash")
        client.ask(routes.line("commit", line), request)
        client.ask(routes.line("commit", line), request.__class__("other", serial, "scanned", Amount(1, "EUR"), "cash"))
        client.ask(routes.balance(line), BalanceRequest(serial + str(number)))
        client.send(client.prepare(routes.time()).with_header("signature", "x"))
    for serial in world.serials:
        assert serial not in caplog.text and serial[:12] not in caplog.text
