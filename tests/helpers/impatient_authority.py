"""A paying site's authority on PostgreSQL, in this process, on the lanes and the server that it is deployed with: it waits a second
for what it waits half a minute for in production.

Who asks for ``caplog`` may let it meet trouble. Not responsible for asking (``wire``).
"""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from kiosk.authority.app import make_app
from kiosk.authority.core import Authority
from kiosk.authority.http_server import listen
from kiosk.authority.installation import Places, load_catalogues
from kiosk.authority.keyfiles import load_keys
from kiosk.authority.store.loop_lane import LoopRunner
from kiosk.authority.store.ports import Transaction
from kiosk.authority.store.postgres import PostgresStore
from kiosk.authority.store.postgres_settings import Limits
from kiosk.clock import SystemClock, SystemIds
from tests.helpers.paying_site import PayingSite
from tests.helpers.served import PUBLIC_NAME
from tests.helpers.serving_thread import ServingThread

ANSWER_S = 1.0
WAIT_S = 60.0


@contextmanager
def serving(site: PayingSite) -> Iterator[int]:
    """Serve until the end of the block; the port. Raises ``Trouble`` as ``kiosk authority serve`` does."""
    assert site.database is not None
    clock = SystemClock()
    with ExitStack() as ending:
        store = PostgresStore.open(site.database, Limits(answer_s=ANSWER_S))
        ending.callback(store.close)
        authority = Authority(
            store,
            clock=clock,
            ids=SystemIds(clock),
            keys=load_keys(Places(site.folder).keys),
            catalogues=load_catalogues(),
            demonstration=True,
        )
        store.claim()
        runner = LoopRunner(store)
        listening = listen("127.0.0.1", 0)
        served = ServingThread(make_app(authority, runner, public_name=PUBLIC_NAME), listening)
        ending.callback(served.close)
        ending.callback(_there, served, runner.end())
        _there(
            served, runner.write(_nothing)
        )  # what was claimed moves with the connection, as ``serving_lanes`` has it
        yield listening.getsockname()[1]


def _there(served: ServingThread, work: Coroutine[Any, Any, None]) -> None:
    asyncio.run_coroutine_threadsafe(work, served.loop).result(WAIT_S)


def _nothing(_tx: Transaction) -> None:
    """The work that only wants a connection."""
