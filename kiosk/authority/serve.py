"""Serves the authority over HTTP: the server in this process, uvloop, the store's lanes; ends in order on SIGTERM and SIGINT.

The order of the end: nothing new is let in, the worker ends, what was taken in is committed and answered, then the database is
closed. TLS is ended by a proxy before it. Not responsible for what is answered (``app``).
"""

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import uvloop

from kiosk.authority.app import make_app
from kiosk.authority.core import Authority
from kiosk.authority.http_server import HttpServer, listen
from kiosk.authority.installation import public_name_of, serving
from kiosk.authority.portal.settings import PageSettings, load_settings
from kiosk.authority.store.ports import Store
from kiosk.authority.store.writer import serving_lanes
from kiosk.authority.webhook_sender import WebhookSender
from kiosk.authority.worker import Worker, audit_beside

COLLECTOR_THRESHOLDS = (20_000, 50, 100)

_log = logging.getLogger("kiosk.authority")


def serve(
    authority: Authority,
    folder: Path,
    *,
    host: str,
    port: int,
    beside: Callable[[], Store],
    on_ready: Callable[[str], None],
) -> None:
    """Serve until told to stop. ``port`` 0 takes a free one. ``beside`` opens the same database once more, for the audit.
    ``on_ready`` gets the address once connections are served.

    Raises ``Trouble`` AUT-10 when the folder or its database is served already and AUT-11 when the port is taken.
    """
    with serving(folder, authority.store), closing(listen(host, port)) as listening:
        public_name = public_name_of(authority)
        pages = authority.store.read(lambda tx: load_settings(tx, public_name=public_name))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(authority, pages, public_name, beside, host, listening, on_ready))


async def _serve(
    authority: Authority,
    pages: PageSettings,
    public_name: str,
    beside: Callable[[], Store],
    host: str,
    listening: socket.socket,
    on_ready: Callable[[str], None],
) -> None:
    port = listening.getsockname()[1]

    def started() -> None:
        _log.info("serving on %s port %d", host, port)
        on_ready(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")

    async with serving_lanes(authority.store) as lanes:
        app = make_app(authority, lanes, public_name=public_name, guard=authority.guard, pages=pages)
        sender = WebhookSender(private_allowed=authority.demonstration)
        worker = Worker(authority, lanes, sender=sender, auditor=audit_beside(beside))
        _calm_the_collector()
        server = HttpServer(app, on_started=started)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, server.end)
        async with worker.running():
            await server.serve([listening])


def _calm_the_collector() -> None:
    """Requests make no circles, and what was made before serving stays: looking through all of it again and again cost a tenth
    of the payments and held up the others meanwhile."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)
