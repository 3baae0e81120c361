"""Serves the authority over HTTP: Granian in this process, uvloop, the store's lanes; ends in order on SIGTERM and SIGINT.

The order of the end: nothing new is let in, the worker ends, what was taken in is committed and answered, then the database is
closed. TLS is ended by a proxy before it. Not responsible for what is answered (``app``).
"""

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server

from kiosk.authority.app import make_app
from kiosk.authority.core import Authority
from kiosk.authority.installation import public_name_of, serving
from kiosk.authority.portal.settings import PageSettings, load_settings
from kiosk.authority.store.ports import Store
from kiosk.authority.store.writer import serving_lanes
from kiosk.authority.webhook_sender import WebhookSender
from kiosk.authority.worker import Worker, audit_beside
from kiosk.errors import Trouble

READY_LIMIT_S = 10.0
READY_POLL_S = 0.02
BACKLOG = 1_024
PORT_TAKEN = "AUT-11"
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
    ``on_ready`` gets the address once a connection is accepted.

    Raises ``Trouble`` AUT-10 when the folder or its database is served already and AUT-11 when the port is taken.
    """
    with serving(folder, authority.store):
        port = _free_port(host, port)
        public_name = public_name_of(authority)
        pages = authority.store.read(lambda tx: load_settings(tx, public_name=public_name))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
            loop.run(_serve(authority, pages, public_name, beside, host, port, on_ready))


async def _serve(
    authority: Authority,
    pages: PageSettings,
    public_name: str,
    beside: Callable[[], Store],
    host: str,
    port: int,
    on_ready: Callable[[str], None],
) -> None:
    async with serving_lanes(authority.store) as runner:
        app = make_app(authority, runner, public_name=public_name, guard=authority.guard, pages=pages)
        sender = WebhookSender(private_allowed=authority.demonstration)
        worker = Worker(authority, runner, sender=sender, auditor=audit_beside(beside))
        _calm_the_collector()
        server = _server(app, host, port)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, server.stop)
        serving_task = asyncio.create_task(server.serve())
        if await _accepts(host, port, serving_task):
            _log.info("serving on %s port %d", host, port)
            on_ready(f"http://{host}:{port}")
        async with worker.running():
            await serving_task


def _server(app: object, host: str, port: int) -> Server:
    return Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        websockets=False,
        backlog=BACKLOG,
        log_enabled=False,
    )


def _calm_the_collector() -> None:
    """Requests make no circles, and what was made before serving stays: looking through all of it again and again cost a tenth
    of the payments and held up the others meanwhile."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)


async def _accepts(host: str, port: int, task: "asyncio.Task[None]") -> bool:
    deadline = asyncio.get_running_loop().time() + READY_LIMIT_S
    while not task.done() and asyncio.get_running_loop().time() < deadline:
        try:
            _, stream = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(READY_POLL_S)
            continue
        stream.close()
        return True
    return False


def _free_port(host: str, port: int) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise Trouble(
                PORT_TAKEN, retryable=True, detail=f"{host} port {port} cannot be used: choose another"
            ) from None
        number: int = probe.getsockname()[1]
        return number
