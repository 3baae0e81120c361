"""The authority as it is deployed: a process of its own, real connections, real signals, real kills."""

import threading
from pathlib import Path
from typing import Any

import pytest

from kiosk.clock import SystemClock, SystemIds
from kiosk.protocol import routes
from kiosk.protocol.messages import MAX_BODY_BYTES, Amount, CancelRequest, CommitRequest, ReserveRequest
from kiosk.protocol.routes import Route
from tests.helpers.served import NoAnswer, Site, Terminal, make_site, served

FACE = Amount(2000, "EUR")

pytestmark = pytest.mark.slow


@pytest.fixture(params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    database = request.getfixturevalue("postgres").new_database() if request.param == "postgres" else None
    return make_site(tmp_path / "authority", database=database)


def _new_id() -> str:
    return SystemIds(SystemClock()).uuid7()


def _commit(terminal: Terminal, line_id: str, serial: str) -> dict[str, Any]:
    return terminal.ask(routes.line("commit", line_id), CommitRequest("sale", serial, "scanned", FACE, "cash"))


def test_a_terminal_enrols_sells_asks_and_goes_home(site: Site) -> None:
    """Nothing would work outside of the tests' own process."""
    with served(site.folder, environ=site.environ) as running:
        terminal = site.enrol(running.port)
        line, serial = _new_id(), site.serials[0]
        reserve = ReserveRequest("sale", serial, "scanned", FACE)
        assert terminal.ask(routes.line("reserve", line), reserve)["outcome"] == "reserved"
        assert _commit(terminal, line, serial)["outcome"] == "committed"
        assert terminal.ask(routes.line("status", line))["card"] == "active"
        page = terminal.ask(routes.changes("", limit=25))
        assert len(page["changes"]) == 25 and page["more"]
        rest = terminal.ask(routes.changes(page["cursor"]))
        assert {change["stream"] for change in [*page["changes"], *rest["changes"]]} == {"stock", "policy"}
        assert terminal.ask(routes.time())["time_ms"] > 0
        assert terminal.ask(Route("GET", "/nowhere", None))["status"] == 404
        assert terminal.ask(routes.line("reserve", line), b"x" * (MAX_BODY_BYTES + 1))["status"] == 413
        terminal.close()
        assert running.stop() == 0
    assert not (site.folder / "authority.db-wal").exists(), "everything is in the one file"


def test_a_second_server_of_the_same_folder_is_refused(site: Site) -> None:
    """Two processes would not know each other's nonces, and a request could be played twice."""
    with (
        served(site.folder, environ=site.environ),
        pytest.raises(AssertionError, match="AUT-10"),
        served(site.folder, environ=site.environ),
    ):
        pass


def test_one_card_asked_for_by_many_tills_at_once_is_sold_once(site: Site) -> None:
    """Two customers would pay for one card."""
    with served(site.folder, environ=site.environ) as running:
        tills = [site.enrol(running.port, seed=number) for number in range(4)]
        for serial in site.serials[:12]:
            outcomes: list[str] = []
            barrier = threading.Barrier(len(tills))

            def sell(
                till: Terminal,
                serial: str = serial,
                barrier: threading.Barrier = barrier,
                outcomes: list[str] = outcomes,
            ) -> None:
                barrier.wait(5)
                outcomes.append(_commit(till, _new_id(), serial)["outcome"])

            threads = [threading.Thread(target=sell, args=(till,)) for till in tills]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(20)
            assert sorted(outcomes) == ["committed", "refused", "refused", "refused"]
        for till in tills:
            till.close()
        assert running.stop() == 0
    assert site.query("SELECT count(*) FROM card WHERE state = 'active'") == [(12,)]
    assert site.query("SELECT count(*), sum(amount_minor) FROM posting WHERE account LIKE 'shop-debt/%'") == [
        (12, 24_000)
    ]
    assert site.query("SELECT sum(amount_minor) FROM posting") == [(0,)]


def test_nothing_that_was_answered_is_lost_by_a_kill(site: Site) -> None:
    """A card would be handed over, and after the power cut the authority would not know it."""
    answered: dict[str, str] = {}
    asked: list[str] = []
    with served(site.folder, environ=site.environ) as running:
        tills = [site.enrol(running.port, seed=number) for number in range(3)]
        enough = threading.Event()

        def sell(till: Terminal, serials: list[str]) -> None:
            for serial in serials:
                line = _new_id()
                asked.append(serial)
                try:
                    answered[serial] = _commit(till, line, serial)["outcome"]
                except NoAnswer:
                    return
                if len(answered) >= 15:
                    enough.set()

        shares = [site.serials[number :: len(tills)] for number in range(len(tills))]
        threads = [threading.Thread(target=sell, args=pair) for pair in zip(tills, shares, strict=True)]
        for thread in threads:
            thread.start()
        assert enough.wait(20)
        running.kill()
        for thread in threads:
            thread.join(20)
        for till in tills:
            till.close()
    active = {str(row[0]).zfill(16) for row in site.query("SELECT card_id FROM card WHERE state = 'active'")}
    assert {serial for serial, outcome in answered.items() if outcome == "committed"} <= active <= set(asked)
    assert site.query("SELECT count(*) FROM posting WHERE account LIKE 'shop-debt/%'") == [(len(active),)]


@pytest.mark.parametrize(
    ("point", "kept"),
    [
        ("authority.batch.before_commit", False),
        ("authority.batch.after_commit", True),
        ("authority.answer.before_send", True),
    ],
)
def test_a_kill_at_a_named_point_is_resolved_by_asking_again(site: Site, point: str, kept: bool) -> None:
    """A commit whose answer was lost would be forgotten, or charged a second time."""
    if site.database:
        point = point.replace("authority.batch", "authority.postgres")
    line, serial = _new_id(), site.serials[0]
    with served(site.folder, environ=site.environ) as before:
        terminal = site.enrol(before.port)
        terminal.close()
        before.stop()
    with served(site.folder, environ={**site.environ, "KIOSK_FAILPOINT": point}) as killed:
        terminal.port = killed.port
        with pytest.raises(NoAnswer):
            _commit(terminal, line, serial)
        assert killed.process.wait(20) == -9
    assert site.query("SELECT record FROM line") == ([("committed",)] if kept else [])
    with served(site.folder, environ=site.environ) as after:
        terminal.port = after.port
        status = terminal.ask(routes.line("status", line))
        assert status["record"] == ("committed" if kept else "unseen")
        assert _commit(terminal, line, serial)["outcome"] == "committed"
        assert _commit(terminal, line, serial)["outcome"] == "committed"
        cancel = terminal.ask(routes.line("cancel", line), CancelRequest(serial, True))
        assert cancel["outcome"] == "cancelled"
        terminal.close()
        after.stop()
    assert site.query("SELECT kind, count(*) FROM movement GROUP BY kind ORDER BY kind") == [
        ("activation", 1),
        ("reversal", 1),
    ]
