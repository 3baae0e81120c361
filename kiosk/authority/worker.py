"""What the authority does by itself beside answering: gives back what nobody captured, tells merchants' sites, audits the books.

Each job is a step that a test can take with a clock of its own; ``run`` repeats them, each in its own time. Trouble (a database
that is away) makes a job wait for its next turn; a bug is written to the diary once per kind, and the others go on. Belongs to the
serving process's event loop. Not responsible for what the jobs do (``services``).
"""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from kiosk.authority.core import Authority
from kiosk.authority.services import audit
from kiosk.authority.services.audit import Finding
from kiosk.authority.services.guard import GuardAlert
from kiosk.authority.services.guard_limits import load_guard_limits
from kiosk.authority.services.pay import asked
from kiosk.authority.services.recalling import recall
from kiosk.authority.store import spends
from kiosk.authority.store.alerts import raise_alert
from kiosk.authority.store.ports import Runner, Store, T, Transaction
from kiosk.authority.telling import Sender, Telling
from kiosk.errors import Trouble

SWEEP_EVERY_S = 2.0
TELL_EVERY_S = 1.0
AUDIT_FIRST_S = 60.0
AUDIT_EVERY_S = 3600.0
RECALL_TRIES = 10
SWEEP_MAX = 200  # payments whose window lapsed, asked for at a time
SWEEPS_IN_A_ROW_MAX = 50

_log = logging.getLogger("kiosk.authority.worker")

Auditor = Callable[[], list[Finding]]


@dataclass(frozen=True, slots=True)
class _Job:
    name: str
    step: Callable[[], Awaitable[None]]
    first_s: float
    every_s: float


class Worker:
    """See the module. ``auditor`` audits on a connection of its own and is called on a thread."""

    def __init__(self, authority: Authority, runner: Runner, *, sender: Sender, auditor: Auditor) -> None:
        self._authority = authority
        self._runner = runner
        self._telling = Telling(authority, runner, sender)
        self._auditor = auditor
        self._reported: set[str] = set()
        self._waiting: set[str] = set()

    # steps

    async def recall(self) -> None:
        """Fill the guard's windows from what was decided before this process began."""
        guard, now_ms = self._authority.guard, self._authority.clock.now_ms()
        limits = await self._runner.read(load_guard_limits)
        guard.use(limits)
        guard.rebuild(
            await self._runner.read(lambda tx: recall(tx, now_ms=now_ms, window_ms=limits.merchant_window_ms))
        )

    async def sweep(self) -> None:
        """Give back every payment whose window lapsed; look after the guard."""
        await self._look_after_guard()
        for _ in range(SWEEPS_IN_A_ROW_MAX):
            lapsed = await self._runner.read(self._lapsed)
            batch = self._authority.spending.batch
            answers = await asyncio.gather(
                *(self._runner.together(batch, asked.lapse(payment_id)) for payment_id in lapsed),
                return_exceptions=True,
            )
            for answer in answers:
                if isinstance(answer, BaseException):
                    raise answer
            if len(lapsed) < SWEEP_MAX:
                return

    def _lapsed(self, tx: Transaction) -> list[bytes]:
        return spends.lapsed_payments(tx, now_ms=self._authority.clock.now_ms(), limit=SWEEP_MAX)

    async def tell(self) -> None:
        """Start telling merchants' sites what they were not told."""
        await self._telling.begin()

    async def audit(self) -> None:
        """Audit the books on a thread; a finding is an error in the diary and an alert."""
        findings = await _on_a_thread(self._auditor)
        audit.log_findings(findings)
        if findings:
            now_ms = self._authority.clock.now_ms()
            await self._runner.write(lambda tx: audit.tell(tx, findings, now_ms=now_ms))

    async def _look_after_guard(self) -> None:
        guard = self._authority.guard
        guard.use(await self._runner.read(load_guard_limits))
        guard.sweep()
        alerts = guard.take_alerts()
        if alerts:
            now_ms = self._authority.clock.now_ms()
            await self._runner.write(lambda tx: _raise_alerts(tx, alerts, now_ms))

    async def told(self) -> None:
        """Wait until no telling is under way."""
        await self._telling.settled()

    async def stop(self) -> None:
        """End what is under way; for a worker that was never ``running``."""
        await self._telling.stop()

    # the loop around them

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Repeat every job until the end of the block."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _run(self) -> None:
        jobs = (
            _Job("sweep", self.sweep, 0.0, SWEEP_EVERY_S),
            _Job("webhooks", self.tell, 0.0, TELL_EVERY_S),
            _Job("audit", self.audit, AUDIT_FIRST_S, AUDIT_EVERY_S),
        )
        for _ in range(RECALL_TRIES):
            if await self.turn("recall", self.recall):
                break
            await asyncio.sleep(SWEEP_EVERY_S)
        try:
            async with asyncio.TaskGroup() as group:
                for job in jobs:
                    group.create_task(self._repeat(job))
        finally:
            await self._telling.stop()

    async def _repeat(self, job: _Job) -> None:
        await asyncio.sleep(job.first_s)
        while True:
            await self.turn(job.name, job.step)
            await asyncio.sleep(job.every_s)

    async def turn(self, name: str, step: Callable[[], Awaitable[None]]) -> bool:
        """One step of a job; whatever it ends in, the next turn comes. Whether it ended well."""
        try:
            await step()
        except Trouble as trouble:
            if name not in self._waiting:
                _log.warning("%s waits: %s", name, trouble.code)
            self._waiting.add(name)
            return False
        except Exception as error:
            kind = f"{name}: {type(error).__name__}"
            if kind not in self._reported:
                self._reported.add(kind)
                _log.exception("a bug in %s; it is tried again, and this is written once", name)
            return False
        if name in self._waiting:
            self._waiting.discard(name)
            _log.info("%s goes on", name)
        return True


def audit_beside(open_store: Callable[[], Store]) -> Auditor:
    """An auditor that opens the database for itself, so that minutes of reading hold up nobody."""

    def auditor() -> list[Finding]:
        store = open_store()
        try:
            return store.read(audit.audit)
        finally:
            store.close()

    return auditor


async def _on_a_thread(work: Callable[[], T]) -> T:
    """``work`` on a thread that nobody waits for when the process ends: it only reads."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: Exception | None) -> None:
        if future.done():
            return  # who asked has gone
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type] # without an error there is a result

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except Exception as raised:
            error = raised
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="authority-audit", daemon=True).start()
    return await future


def _raise_alerts(tx: Transaction, alerts: list[GuardAlert], now_ms: int) -> None:
    for alert in alerts:
        raise_alert(tx, kind=alert.kind.value, merchant_no=alert.merchant_no, at_ms=now_ms)
