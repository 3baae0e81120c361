"""The HTTP server of the authority: uvicorn on a socket of ours, without the habits that are not ours.

It takes no signals, believes no header about who asks, and writes nothing of a request into a log. Not responsible for a
connection (``front``), for what is answered (``app``), nor for what ends before and after it (``serve``).
"""

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from kiosk.authority.answers import places_of
from kiosk.authority.app import Application
from kiosk.authority.front import Front
from kiosk.errors import Trouble

BACKLOG = 1_024
END_LIMIT_S = 40  # longer than an answer may wait for a commit on PostgreSQL
LEAVE_LIMIT_S = 1.0
PORT_TAKEN = "AUT-11"

_log = logging.getLogger("kiosk.authority")
_library_log = logging.getLogger("uvicorn.error")  # the name of all that uvicorn says of itself


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections from now on; they wait until somebody serves them. ``port`` 0 takes a free one.

    Raises ``Trouble`` AUT-11 when the port cannot be used.
    """
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # not held up by connections of the last run
        listening.bind((host, port))
        listening.listen(BACKLOG)  # two may bind one port with that option; the second to listen is refused
    except OSError:
        listening.close()
        raise Trouble(PORT_TAKEN, retryable=True, detail=f"{host} port {port} cannot be used: choose another") from None
    return listening


class HttpServer(uvicorn.Server):
    """Serves one application with ``serve(sockets=[…])`` until ``end``: then what was asked is answered, at most for
    ``end_limit_s``, and every connection is closed. ``on_started`` is called once connections are served."""

    def __init__(
        self,
        app: Application,
        *,
        on_started: Callable[[], None] = lambda: None,
        front: type[Front] = Front,
        end_limit_s: int = END_LIMIT_S,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=front,
                ws="none",
                lifespan="off",
                interface="asgi3",
                workers=1,  # or the environment would be asked
                proxy_headers=False,  # the pages decide themselves whom they believe (``portal.visitor``)
                server_header=False,
                access_log=False,
                log_config=None,
                log_level=logging.ERROR,
                backlog=BACKLOG,
                timeout_graceful_shutdown=end_limit_s,
            )
        )
        self._on_started = on_started

    def end(self) -> None:
        """Let nothing new in, and end in order. From the loop's thread."""
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the process's, not the library's."""
        yield

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until ``end``. What the library says and what nobody on this loop caught is logged wordlessly from now on."""
        _take_over_what_is_logged()
        await super().serve(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin, and say so."""
        await super().startup(sockets)
        self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End in order; who is not answered by then, or has not taken its answer, is left."""
        for server in self.servers:
            server.close()
        await asyncio.sleep(0)  # who was let in at this very moment is among the connections then, and told with them
        await super().shutdown(sockets)
        left = list(self.server_state.connections)
        for connection in left:
            connection.transport.abort()
        if left:
            _log.warning("%d connections were left at the end: nobody answered, or nobody listened", len(left))
        if self.server_state.tasks:  # cancelled by now
            await asyncio.wait(set(self.server_state.tasks), timeout=LEAVE_LIMIT_S)


def _log_what_nobody_caught(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:  # Any: asyncio's own
    error = context.get("exception")
    if error is None:
        _log.error("the event loop met something that it has no exception for")
    else:
        _log.error("bug on the event loop: %s from %s", type(error).__name__, places_of(error))


class _InOurDiary(logging.Handler):
    """What the library reports, by kind and place alone: its words and tracebacks may hold what a request held."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, asyncio.CancelledError):
            return  # the server did not wait for it any longer
        if error is None:
            _log.log(record.levelno, "the HTTP library: %s:%d", record.filename, record.lineno)
        else:
            _log.log(record.levelno, "bug under the HTTP library: %s from %s", type(error).__name__, places_of(error))


def _take_over_what_is_logged() -> None:
    """For good: there may be several servers in a process, of which none may end it for the others."""
    asyncio.get_running_loop().set_exception_handler(_log_what_nobody_caught)
    _library_log.propagate = False
    if not any(isinstance(handler, _InOurDiary) for handler in _library_log.handlers):
        _library_log.addHandler(_InOurDiary(logging.ERROR))
