"""The authority's pages on a loopback port, in threads of the test: real store on disk, real writer and HTTP server, the test's
clock.

``localhost`` stands for the merchant's site: to a browser it is another origin than 127.0.0.1.
"""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from kiosk.authority.app import make_app
from kiosk.authority.http_server import listen
from kiosk.authority.portal.settings import PageSettings
from kiosk.authority.services.checkouts import Checkouts
from kiosk.authority.services.guard import Guard
from kiosk.authority.services.guard_limits import GuardLimits
from kiosk.authority.store.cards import card_id_of, find_card
from kiosk.authority.store.sqlite import SqliteStore
from kiosk.authority.store.writer import lanes
from kiosk.protocol.payments import CheckoutAnswer, PaymentAnswer
from tests.helpers.checkouts import checkout_request
from tests.helpers.serving_thread import ServingThread
from tests.helpers.spending import PRESS, Till, make_spending

LIMIT_S = 20.0
CARDS = 60


class LivePages:
    """Serves from construction to ``close``. Everything that touches the serving store goes through its event loop."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "authority.db"
        self.till: Till = make_spending(SqliteStore.create(self._path), active=CARDS, cards_count=CARDS, pack_cards=20)
        self._serials = iter(self.till.serials)
        self._inside = SqliteStore.open(self._path)
        listening = listen("127.0.0.1", 0)
        self.port: int = listening.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self._ending = ExitStack()
        authority = self.till.world.authority
        runner = self._runner = self._ending.enter_context(lanes(self.till.world.store))
        limits = GuardLimits(address_failures=1_000, balances=1_000)
        app = make_app(
            authority,
            runner,
            public_name=f"127.0.0.1:{self.port}",
            guard=Guard(clock=authority.clock, limits=limits),
            pages=PageSettings(self.address),
        )
        self._checkouts = Checkouts(
            runner,
            clock=authority.clock,
            ids=authority.ids,
            keys=authority.keys,
            spending=authority.spending,
            address=self.address,
        )
        self._serving = ServingThread(app, listening)

    def checkout(self, *, minor: int = 250, merchant: str = PRESS, **changes: Any) -> CheckoutAnswer:
        """A new checkout; its shop is at ``localhost``."""
        shop = f"http://localhost:{self.port}/balance?shop="
        given = {
            "return_url": f"{shop}thanks",
            "cancel_url": f"{shop}basket",
            "title": "Article du 14 octobre",
        } | changes
        work = self._checkouts.create(
            self.till.callers[merchant], self.till.new_key(), checkout_request(minor, **given)
        )
        made = asyncio.run_coroutine_threadsafe(work, self._serving.loop).result(LIMIT_S)
        assert isinstance(made, CheckoutAnswer), "its key is new"
        return made

    def pay(self, serial: str, minor: int, *, capture: bool = True) -> None:
        """A payment on a merchant's own pages."""
        request = self.till.ask((serial, self.till.next_code(serial)), minor=minor, capture=capture)
        authority = self.till.world.authority
        question = authority.pay_question(self.till.callers[PRESS], self.till.new_key(), request)
        work = self._runner.together(authority.spending.batch, question)
        outcome = asyncio.run_coroutine_threadsafe(work, self._serving.loop).result(LIMIT_S)
        assert isinstance(outcome, PaymentAnswer), outcome

    def fresh_card(self) -> str:
        """A card that no other test uses."""
        return next(self._serials)

    def card(self) -> tuple[str, str]:
        """A fresh card with a code."""
        serial = self.fresh_card()
        return serial, self.till.next_code(serial)

    def balance(self, serial: str) -> int:
        row = self._inside.read(lambda tx: find_card(tx, card_id_of(serial)))
        assert row is not None
        return row.balance_minor

    def count(self, query: str) -> int:
        row = self._inside.read(lambda tx: tx.one(query))
        assert row is not None
        return int(str(row[0]))

    def close(self) -> None:
        self._serving.close()
        self._ending.close()
        self._inside.close()
        self.till.world.store.close()


@contextmanager
def live_pages(folder: Path) -> Iterator[LivePages]:
    """The pages, and their end whatever happens."""
    pages = LivePages(folder)
    try:
        yield pages
    finally:
        pages.close()
