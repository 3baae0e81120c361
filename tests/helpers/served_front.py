"""A served authority with a merchant, in this process, whose connections tell which way each request took and whose payments can be
held up."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

from kiosk.authority.app import Application, make_app
from kiosk.authority.front import Front
from kiosk.authority.http_server import END_LIMIT_S, listen
from kiosk.authority.merchant_access import Found, Reply, Waiting
from kiosk.authority.store.sqlite import SqliteStore
from kiosk.authority.store.writer import lanes
from kiosk.protocol.messages import Amount
from kiosk.protocol.payments import PaymentRequest, Scratch
from kiosk.protocol.signing import Claim
from tests.helpers.asgi import PUBLIC_NAME, Prepared
from tests.helpers.merchant import MerchantClient
from tests.helpers.raw_http import Connection
from tests.helpers.serving_thread import ServingThread
from tests.helpers.spending import Till, make_spending

LIMIT_S = 10.0
CARDS = 60
PAYMENTS = "/v1/payments"


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Until the other side has come so far; fails with ``what`` after ``LIMIT_S``."""
    patience = threading.Event()
    for _ in range(int(LIMIT_S / 0.01)):
        if condition():
            return
        patience.wait(0.01)
    raise AssertionError(f"never: {what}")


class Ways:
    """What the connections of one server did: how many requests went which way."""

    def __init__(self) -> None:
        self.usual = 0
        self.library = 0


class Gate:
    """Holds the merchants' door's answers back, decided or not, until it is opened. Open at first."""

    def __init__(self, app: Application) -> None:
        self._begin = app.merchants.begin
        self._decide = app.merchants.decide
        self._open = threading.Event()
        self._open.set()
        self._entered = threading.Semaphore(0)
        self.before = False
        app.merchants.begin = self._begun  # type: ignore[method-assign]  # a test's hand on the door
        app.merchants.decide = self._held  # type: ignore[method-assign]  # and on the other

    def shut(self, *, before: bool = False) -> None:
        """From now on everybody waits: after the decision, or ``before`` it."""
        self.before = before
        self._open.clear()

    def wait_for(self, count: int = 1) -> None:
        """Until so many wait that were not counted yet."""
        for _ in range(count):
            assert self._entered.acquire(timeout=LIMIT_S), "nobody came to the gate"

    def open(self) -> None:
        self._open.set()

    def _begun(self, found: Found, claim: Claim) -> Reply | Waiting | Coroutine[Any, Any, Reply]:
        return self._begin(found, claim) if self._open.is_set() else self._held(found, claim)

    async def _held(self, found: Found, claim: Claim) -> Reply:
        if self._open.is_set():
            return await self._decide(found, claim)
        if self.before:
            await self._wait()
        reply = await self._decide(found, claim)
        if not self.before:
            await self._wait()
        return reply

    async def _wait(self) -> None:
        self._entered.release()
        while not self._open.is_set():
            await asyncio.sleep(0.005)


class ServedFront:
    """Serves from construction to ``close``. ``gate`` holds payments up; ``ways`` counts."""

    def __init__(
        self, folder: Path, ending: ExitStack, *, front: type[Front] = Front, end_limit_s: int = END_LIMIT_S
    ) -> None:
        self.till: Till = make_spending(
            SqliteStore.create(folder / "authority.db"), active=CARDS, cards_count=CARDS, pack_cards=20
        )
        ending.callback(self.till.world.store.close)
        self._inside = SqliteStore.open(folder / "authority.db")
        ending.callback(self._inside.close)
        runner = ending.enter_context(lanes(self.till.world.store))
        self.app = make_app(self.till.world.authority, runner, public_name=PUBLIC_NAME)
        self.client = MerchantClient(self.till, app=self.app)
        self.gate = Gate(self.app)
        self.ways = ways = Ways()
        self._cards = cycle(self.till.serials)

        class Counting(front):  # type: ignore[valid-type,misc]  # whichever front a test serves with
            def _ask(self, found: Found, claim: Claim | Reply) -> None:
                ways.usual += 1
                super()._ask(found, claim)

            def on_headers_complete(self) -> None:
                super().on_headers_complete()
                ways.library += 1

        listening = listen("127.0.0.1", 0)
        self.port: int = listening.getsockname()[1]
        self.serving = ServingThread(self.app, listening, front=Counting, end_limit_s=end_limit_s)
        ending.callback(self.close)

    def charge(self, minor: int = 100, *, key: str | None = None) -> Prepared:
        """A signed payment with a code that was not used yet."""
        serial = next(self._cards)
        request = PaymentRequest(Amount(minor, "EUR"), [Scratch(serial, self.till.next_code(serial))])
        return self.client.prepare("POST", PAYMENTS, request, key=key)

    def again(self, prepared: Prepared) -> Prepared:
        """The same request under the same key, signed anew: the way of a merchant who heard nothing."""
        return self.client.prepare("POST", PAYMENTS, prepared.body, key=prepared.header("idempotency-key"))

    def connect(self, **how: int) -> Connection:
        return Connection(self.port, **how)  # type: ignore[arg-type]  # passed on as given

    def connections(self) -> list[Front]:
        """The server's side of the connections that there are."""
        return [one for one in self.serving.server.server_state.connections if isinstance(one, Front)]

    def payments(self) -> int:
        """How many payments there are."""
        row = self._inside.read(lambda tx: tx.one("SELECT count(DISTINCT payment_id) FROM spend"))
        assert row is not None
        return int(str(row[0]))

    def end(self) -> None:
        """Tell the server to end, and do not wait for it."""
        self.serving.loop.call_soon_threadsafe(self.serving.server.end)

    def close(self) -> None:
        self.gate.open()
        self.serving.close()


@contextmanager
def served_front(folder: Path, *, front: type[Front] = Front, end_limit_s: int = END_LIMIT_S) -> Iterator[ServedFront]:
    """The server, and its end whatever happens."""
    with ExitStack() as ending:
        yield ServedFront(folder, ending, front=front, end_limit_s=end_limit_s)
