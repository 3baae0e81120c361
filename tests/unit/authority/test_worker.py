"""The authority's own work, step by step with the tests' clock: money goes back, alerts are written, trouble is waited for."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kiosk.authority import installation
from kiosk.authority.services.audit import Check, Finding
from kiosk.authority.services.guard import PauseKind, Way
from kiosk.authority.services.guard_limits import GuardLimits, save_guard_limits
from kiosk.authority.services.pay.answers import Declined
from kiosk.authority.services.pay.asked import Caller, op_id_of
from kiosk.authority.services.recalling import recall
from kiosk.authority.services.webhooks import Told, set_url
from kiosk.authority.store.alerts import unseen_alerts
from kiosk.authority.store.ports import OVERLOADED, Runner, T, Work, trouble
from kiosk.authority.store.sqlite import SqliteStore
from kiosk.authority.store.writer import DirectRunner, lanes
from kiosk.authority.worker import Worker, audit_beside
from kiosk.domain.payment import SpendReason
from kiosk.errors import Bug
from kiosk.protocol.webhooks import WebhookMessage
from tests.fakes.clock import FakeClock
from tests.helpers.spending import PRESS, Till, make_spending

DAY_MS = 86_400_000


class Ear:
    """Acknowledges everything."""

    def __init__(self) -> None:
        self.heard: list[WebhookMessage] = []

    def send(self, message: WebhookMessage) -> Told:
        self.heard.append(message)
        return Told(True, "204")

    def stop(self) -> None:
        """Nothing is under way."""


def no_findings() -> list[Finding]:
    return []


def at_work(
    till: Till,
    steps: Callable[[Worker], Awaitable[None]],
    *,
    runner: Runner | None = None,
    ear: Ear | None = None,
    auditor: Callable[[], list[Finding]] = no_findings,
) -> None:
    """Run steps of a worker in an event loop of their own."""

    async def run() -> None:
        worker = Worker(
            till.world.authority, runner or DirectRunner(till.world.store), sender=ear or Ear(), auditor=auditor
        )
        try:
            await steps(worker)
        finally:
            await worker.stop()

    asyncio.run(run())


async def sweep(worker: Worker) -> None:
    await worker.sweep()


def test_what_nobody_captured_goes_back_by_itself(clock: FakeClock) -> None:
    """A shopper's money would be held for ever because a merchant's site died after the authorization."""
    till = make_spending(clock=clock)
    serial = till.serials[0]
    lapsing = till.charge(serial, 700, capture=False)
    taken = till.charge(serial, 300, capture=False)
    till.capture(taken.payment_id)
    clock.advance(599_000)
    at_work(till, sweep)
    assert till.balance(serial) == 1000, "the window is open"
    clock.advance(1_000)
    at_work(till, sweep)
    assert till.balance(serial) == 1700
    assert till.world.rows("SELECT count(*) FROM open_authorization") == [(0,)]
    now = till.world.store.read(till.world.authority.payment_work(till.callers[PRESS], lapsing.payment_id))
    assert now.status == "returned"
    at_work(till, sweep)
    assert till.balance(serial) == 1700, "once"


def test_many_windows_that_lapse_together_all_go_back(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an hour's outage the sweeper would take the first page and forget the rest until its next turn."""
    monkeypatch.setattr("kiosk.authority.worker.SWEEP_MAX", 2)
    till = make_spending(clock=clock)
    for serial in till.serials:
        till.charge(serial, 10, capture=False)
        till.charge(serial, 10, capture=False)
    clock.advance(DAY_MS)
    at_work(till, sweep)
    assert [till.balance(serial) for serial in till.serials] == [2000] * 3


def test_what_the_guard_noticed_is_written_down_and_its_limits_are_read_anew() -> None:
    """A person would hear nothing of an attack, and could change nothing without a restart."""
    till = make_spending()
    guard = till.world.authority.guard
    for number in range(30):
        guard.note(merchant_no=1, outcome=Declined(SpendReason.DECLINED, str(number)))
    till.world.store.write(lambda tx: save_guard_limits(tx, GuardLimits(balances=1)))
    at_work(till, sweep)
    assert {row.kind for row in till.world.store.read(unseen_alerts)} == {"merchant_hosted_only", "merchant_suspended"}
    assert guard.may_ask_balance(serial="x") is None and guard.may_ask_balance(serial="x") is not None


def test_a_new_process_remembers_which_merchant_guessed(clock: FakeClock) -> None:
    """Whoever can make the authority restart would have another two hundred guesses."""
    till = make_spending(clock=clock)
    one, two = till.serials[:2]
    for place in range(10, 18):
        till.pay(till.ask((one, till.codes[two][place]), minor=5))

    async def remember(worker: Worker) -> None:
        await worker.recall()

    at_work(till, remember)
    pause = till.world.authority.guard.may_present(merchant_no=till.callers[PRESS].merchant_no)
    assert pause is not None and pause.kind is PauseKind.HOSTED_ONLY
    assert till.world.authority.guard.may_present(merchant_no=till.callers[PRESS].merchant_no, way=Way.HOSTED) is None
    clock.advance(3_600_001)
    assert till.world.store.read(lambda tx: recall(tx, now_ms=clock.now_ms(), window_ms=3_600_000)) == []


def test_tries_on_our_own_page_are_not_remembered_as_the_merchants(clock: FakeClock) -> None:
    """A stranger's nonsense on our page, before a restart, would shut the merchant's own."""
    till = make_spending(clock=clock)
    caller = till.callers[PRESS]
    till.world.sql(
        """INSERT INTO checkout(checkout_id, merchant_no, op_id, fingerprint, amount_minor, currency, title, return_url, cancel_url,
             capture, window_s, language, test, state, attempt, created_ms, until_ms)
           VALUES ('c-1', ?, ?, ?, 5, 'EUR', 't', 'https://r', 'https://c', 1, 600, 'fr', 0, 'open', 2, ?, ?)""",
        caller.merchant_no, bytes(16), bytes(16), clock.now_ms(), clock.now_ms() + 1,
    )  # fmt: skip
    for number in (1, 2):
        till.pay(
            till.ask((till.serials[0], till.codes[till.serials[1]][number]), minor=5), key=f"checkout/c-1/{number}"
        )
    till.pay(till.ask((till.serials[0], till.codes[till.serials[1]][5]), minor=5), key="own")
    found = till.world.store.read(lambda tx: recall(tx, now_ms=clock.now_ms(), window_ms=3_600_000))
    assert [one.guess for one in found] == [True]
    assert (
        op_id_of(Caller(merchant_no=caller.merchant_no, test=False, contracts=()), "own").hex()[:8]
        == found[0].payment_id[:8]
    )


def test_a_finding_is_an_error_and_an_alert(caplog: pytest.LogCaptureFixture) -> None:
    """The books would be wrong for months."""
    till = make_spending()
    finding = Finding(check=Check.BALANCE, card="4711", found=1, expected=2)

    async def look(worker: Worker) -> None:
        await worker.audit()

    at_work(till, look, auditor=lambda: [finding])
    assert "4711" in caplog.text and "ERROR" in caplog.text
    (alert,) = till.world.store.read(unseen_alerts)
    assert alert.kind == "audit_finding" and alert.detail is not None and "4711" in alert.detail


def test_the_audit_reads_beside_whoever_serves(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Minutes of reading would hold up payments, or be refused where the database is served already."""
    store = SqliteStore.create(tmp_path / "authority.db")
    make_spending(store)
    store.claim()
    assert audit_beside(lambda: installation.open_beside(tmp_path))() == []
    store.close()
    address = request.getfixturevalue("postgres").new_authority_database()
    served = installation._open_store(installation.Places(tmp_path), address)
    served.claim()
    try:
        assert audit_beside(lambda: installation.open_beside(tmp_path, address))() == []
    finally:
        served.close()


class Away(DirectRunner):
    """A database that is away, or a program that is wrong, as long as ``error`` says so."""

    error: Exception | None = trouble(OVERLOADED, "away")

    async def read(self, work: Work[T]) -> T:
        if self.error is not None:
            raise self.error
        return await super().read(work)


def test_a_database_that_is_away_is_waited_for(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    """The worker would die at night, and money would go back to nobody from then on."""
    till = make_spending(clock=clock)
    till.charge(till.serials[0], 700, capture=False)
    clock.advance(DAY_MS)
    runner = Away(till.world.store)
    caplog.set_level("INFO", "kiosk.authority")

    async def steps(worker: Worker) -> None:
        for _ in range(3):
            assert not await worker.turn("sweep", worker.sweep)
        runner.error = None
        assert await worker.turn("sweep", worker.sweep)

    at_work(till, steps, runner=runner)
    assert till.balance(till.serials[0]) == 2000
    assert [record.getMessage() for record in caplog.records] == ["sweep waits: AUT-05", "sweep goes on"]


def test_a_bug_is_written_once_and_stops_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    """A diary with a million equal lines, or a webhook's bug that keeps shoppers' money."""
    till = make_spending()
    runner = Away(till.world.store)
    runner.error = Bug("wrong")

    async def steps(worker: Worker) -> None:
        for _ in range(3):
            assert not await worker.turn("webhooks", worker.tell)

    at_work(till, steps, runner=runner)
    assert len(caplog.records) == 1 and "a bug in webhooks" in caplog.text


def test_the_running_worker_does_its_jobs_and_ends(clock: FakeClock, tmp_path: Path) -> None:
    """Everything would work step by step and nothing in the serving process."""
    till = make_spending(SqliteStore.create(tmp_path / "a.db"), clock=clock)
    till.world.store.write(lambda tx: set_url(tx, PRESS, "https://presse.example/", demonstration=False))
    held = till.charge(till.serials[0], 700, capture=False)
    clock.advance(DAY_MS)
    ear = Ear()

    async def run() -> None:
        with lanes(till.world.store) as runner:
            worker = Worker(till.world.authority, runner, sender=ear, auditor=no_findings)
            async with worker.running(), asyncio.timeout(10):
                while len(ear.heard) < 2:
                    await asyncio.sleep(0.01)

    asyncio.run(run())
    status = till.world.store.read(till.world.authority.payment_work(till.callers[PRESS], held.payment_id))
    assert status.status == "returned"
    till.world.store.close()
