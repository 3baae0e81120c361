"""Tells merchants' sites what happened, each in order, several at once: reads what is next, sends it, keeps what became of it.

One telling of a merchant at a time, the others on threads of their own, so that a slow site holds up nobody else. Belongs to one
event loop. Not responsible for when (``worker``) nor for carrying (``webhook_sender``).
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

from kiosk.authority.core import Authority
from kiosk.authority.services import webhooks
from kiosk.authority.services.webhooks import DUE_MAX, NextEvent, Told
from kiosk.authority.store import webhooks as store
from kiosk.authority.store.ports import Runner, Transaction
from kiosk.authority.store.webhooks import WebhookRow
from kiosk.protocol.signature_fields import NONCE_BYTES
from kiosk.protocol.webhooks import WebhookMessage, webhook_message

SENDERS = 4
IN_A_ROW_MAX = 50  # events of one merchant before the others are looked at again
LOOKED_MAX = 10_000


class Sender(Protocol):
    """Who carries a message; called on a thread."""

    def send(self, message: WebhookMessage) -> Told: ...

    def stop(self) -> None: ...


class Telling:
    """See the module. ``begin`` starts what is due; ``settled`` waits for it; ``stop`` ends it."""

    def __init__(self, authority: Authority, runner: Runner, sender: Sender) -> None:
        self._authority = authority
        self._runner = runner
        self._sender = sender
        self._threads = ThreadPoolExecutor(max_workers=SENDERS, thread_name_prefix="authority-webhook")
        self._running: dict[int, asyncio.Task[None]] = {}
        self._looked: dict[int, tuple[int, int]] = {}
        self._reached = 0  # the merchant after whom it goes on, so that everybody's turn comes however many they are

    async def begin(self) -> None:
        """Start telling those whose turn it is, who are due and not being told already. Raises what an earlier telling ended in."""
        ended = {number: task for number, task in self._running.items() if task.done()}
        for number in ended:
            del self._running[number]
        due, last = await self._runner.read(self._due)
        self._reached = due[-1].merchant_no if len(due) == DUE_MAX else 0
        for row in due:
            if row.merchant_no not in self._running and self._seen(row) < last:
                self._running[row.merchant_no] = asyncio.get_running_loop().create_task(self._tell(row.merchant_no))
        for task in ended.values():
            task.result()

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        if self._running:
            await asyncio.wait(self._running.values())

    async def stop(self) -> None:
        """End what is under way: what was not acknowledged is told again at the next start."""
        self._sender.stop()
        await self.settled()
        self._threads.shutdown(wait=True)

    def _due(self, tx: Transaction) -> tuple[list[WebhookRow], int]:
        now_ms = self._authority.clock.now_ms()
        return store.due_webhooks(tx, now_ms=now_ms, after=self._reached, limit=DUE_MAX), store.last_number(tx)

    async def _tell(self, merchant_no: int) -> None:
        for _ in range(IN_A_ROW_MAX):
            found = await self._runner.read(lambda tx: self._next(tx, merchant_no))
            if found is None:
                return
            told = await asyncio.get_running_loop().run_in_executor(
                self._threads, self._sender.send, self._message(found)
            )
            if not await self._runner.write(partial(self._settle, found, told)):
                return

    def _settle(self, found: NextEvent, told: Told, tx: Transaction) -> bool:
        return webhooks.settle(
            tx, found, acknowledged=told.acknowledged, status=told.status, now_ms=self._authority.clock.now_ms()
        )

    def _next(self, tx: Transaction, merchant_no: int) -> NextEvent | None:
        row = store.find_webhook(tx, merchant_no)
        if row is None or row.next_ms > self._authority.clock.now_ms():
            return None
        found = webhooks.next_event(tx, row, after=self._seen(row))
        if found is None:  # declines alone were added, and will not be read a second time
            if len(self._looked) >= LOOKED_MAX:
                self._looked.clear()
            self._looked[merchant_no] = (row.seq, store.last_number(tx))
        return found

    def _seen(self, row: WebhookRow) -> int:
        cursor, looked = self._looked.get(row.merchant_no, (row.seq, 0))
        return looked if cursor == row.seq else 0

    def _message(self, found: NextEvent) -> WebhookMessage:
        authority = self._authority
        return webhook_message(
            found.event,
            url=found.row.url,
            key=authority.keys.signing,
            created_s=authority.clock.now_ms() // 1000,
            nonce=authority.ids.token_bytes(NONCE_BYTES),
        )
