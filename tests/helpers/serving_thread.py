"""The product's own HTTP server around an application, on a thread of the test with an event loop of its own."""

import asyncio
import socket
import threading
from collections.abc import Callable

import uvloop

from kiosk.authority.app import Application
from kiosk.authority.front import Front
from kiosk.authority.http_server import END_LIMIT_S, HttpServer

LIMIT_S = 20.0


class ServingThread:
    """Serves from construction to ``close``. Whatever belongs to the application's loop is done there."""

    def __init__(
        self,
        app: Application,
        listening: socket.socket,
        *,
        front: type[Front] = Front,
        end_limit_s: int = END_LIMIT_S,
        new_loop: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop,
    ) -> None:
        started = threading.Event()
        self.loop = new_loop()
        self.server = HttpServer(app, on_started=started.set, front=front, end_limit_s=end_limit_s)
        self._thread = threading.Thread(target=self._run, args=(listening,), name="serving", daemon=True)
        self._thread.start()
        assert started.wait(LIMIT_S), "the server did not begin to serve"

    def close(self) -> None:
        """End in order."""
        if self._thread.is_alive():  # else it has ended by itself, and its loop is closed
            self.loop.call_soon_threadsafe(self.server.end)
        self._thread.join(LIMIT_S)
        assert not self._thread.is_alive(), "the server did not end"

    def _run(self, listening: socket.socket) -> None:
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self.server.serve([listening]))
