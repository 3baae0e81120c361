"""The connection of a client to the authority: uvicorn's, with a shorter way for the merchants' usual requests.

uvicorn reads HTTP and asks the application. A request that has the usual form (``usual_request``) and a merchant's address needs
none of what that costs: it goes to the merchants' door at once, and its answer into the connection. One request of a connection is
decided at a time, and what arrives meanwhile waits, so that answers leave in the order of the requests whichever way each took. It
limits what uvicorn does not: how large a head may be, how long a client may take for a request or for taking its answer, how many
connect. A request is decided even if its client has gone.

It leans on the inside of uvicorn's class (``LEANS_ON``), so the version is pinned and a test tells what a new one lacks. Not
responsible for who may ask what (``merchant_access``) nor for starting and stopping (``http_server``).
"""

import asyncio
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kiosk.authority.app import Application
from kiosk.authority.merchant_access import Found, Reply, problem_reply
from kiosk.authority.usual_request import Usual, read_usual
from kiosk.protocol.problems import ProblemKind, merchant_problem
from kiosk.protocol.signing import RequestParts

HEAD_LIMIT_BYTES: Final = 65_536
REQUEST_LIMIT_BYTES: Final = 2_097_152  # with every byte of the largest body in a chunk of its own
REQUEST_LIMIT_S: Final = 20.0
KEEP_ALIVE_S: Final = 75.0
MAX_CONNECTIONS: Final = 4_096

# what this file uses of uvicorn without its documentation promising it
LEANS_ON: Final[Mapping[str, tuple[str, ...]]] = {
    "HttpToolsProtocol": (
        "connection_made", "connection_lost", "data_received", "pause_writing", "resume_writing", "shutdown",
        "on_message_begin", "on_url", "on_header", "on_headers_complete", "on_body", "on_message_complete",
        "on_response_complete", "_unset_keepalive_if_required",
    ),
    "a connection": (
        "app", "loop", "parser", "transport", "flow", "tasks", "connections", "server_state", "cycle", "pipeline", "url", "headers",
        "timeout_keep_alive_task",
    ),
    "a cycle": ("response_started", "response_complete", "keep_alive"),
    "a flow": ("pause_reading", "resume_reading", "write_paused"),
    "a server's state": ("tasks", "connections", "default_headers"),
}  # fmt: skip

_STATUS = {one.value: f"HTTP/1.1 {one.value} {one.phrase}\r\n".encode() for one in HTTPStatus}


class _Refused(Exception):  # noqa: N818 - it is the request that is refused; the text is what its sender is told
    """The library could read this request, and we do not want it."""


class Front(HttpToolsProtocol):
    """One connection to an ``Application``. The limits are the class's, for a test that has less patience; ``keep_alive_s`` is not
    shorter than ``request_limit_s``."""

    request_limit_s = REQUEST_LIMIT_S
    keep_alive_s = KEEP_ALIVE_S
    max_connections = MAX_CONNECTIONS

    def __init__(self, *args: Any, **named: Any) -> None:  # Any: whatever uvicorn gives its own
        super().__init__(*args, **named)
        assert isinstance(self.app, Application), "nothing of uvicorn stands between this and the application"
        self._door = self.app.merchants
        self._owed = (
            0  # requests that were read as a whole and are not answered; more than one only if they came in one piece
        )
        self._task: asyncio.Task[None] | None = None  # of the usual request that is being decided
        self._last = False  # that one's answer ends the connection
        self._waiting = b""
        self._inside = False  # of a request, as the library reads it
        self._heading = False
        self._begun = 0
        self._count = 0  # bytes of the request so far
        self._due_s = math.inf  # when the client must have done what we wait for
        self._watch: asyncio.TimerHandle | None = None

    # what asyncio says

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        if len(self.connections) > self.max_connections:
            transport.abort()
            return
        self._due_s = self.loop.time() + self.keep_alive_s
        self._watch = self.loop.call_later(self.request_limit_s, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._waiting = b""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def data_received(self, data: bytes) -> None:
        if self._owed or self.flow.write_paused:
            # one more read may follow when the library wants to hear whether its client is still there
            self._waiting += data
            self.flow.pause_reading()
            return
        if not self._inside:
            usual = read_usual(data)
            found = self._door.find(usual.path) if usual is not None else None
            if usual is not None and found is not None:
                self._owed = 1
                self._due_s = math.inf
                self._task = self.loop.create_task(self._ask(found, usual))
                self.tasks.add(self._task)  # whoever ends the server waits for it, whatever becomes of the connection
                return
        self._feed(data)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._wait()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._wait()
        self._go_on()

    def shutdown(self) -> None:
        """Answer what was asked, then close."""
        if self._task is None:
            super().shutdown()
        else:
            self._last = True

    # the usual way

    async def _ask(self, found: Found, usual: Usual) -> None:
        parts = RequestParts(usual.method, usual.path, usual.query, (), usual.body)
        reply: Reply | None = None
        try:
            reply = await self._door.reply(found, parts, usual.fields)
        finally:
            self._answer(reply)

    def _answer(self, reply: Reply | None) -> None:
        """``None``: the server would not wait any longer, and nobody knows."""
        assert self._task is not None, "somebody asked"
        self.tasks.discard(self._task)
        self._task = None
        self._owed = 0
        if self.transport.is_closing():
            return
        if reply is None:
            self.transport.abort()
            return
        self.transport.write(_written(reply, self.server_state.default_headers, last=self._last))
        if self._last:
            self.transport.close()
            return
        self._wait()
        if self._waiting:
            self._go_on()

    # the library's way

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._inside = self._heading = True
        self._begun += 1
        self._count = 0
        self._due_s = self.loop.time() + self.request_limit_s

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade():
            raise _Refused("HTTP/1.1 is spoken here, and no upgrade of it: ask without one")
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > HEAD_LIMIT_BYTES:
            raise _Refused(f"the head of a request has at most {HEAD_LIMIT_BYTES} bytes")
        super().on_headers_complete()
        self._heading = False

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._inside = False
        if not self.cycle.response_complete:  # a body that is too long is answered before its end
            self._owed += 1

    def on_response_complete(self) -> None:
        if self._owed:
            self._owed -= 1
        super().on_response_complete()
        self._unset_keepalive_if_required()  # ``_look`` sees to that
        self._wait()
        self._go_on()

    def _feed(self, data: bytes) -> None:
        before, self._begun = self._inside, 0
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError as error:
            why = error.__context__
            self._refuse(str(why) if isinstance(why, _Refused) else "this is not HTTP/1.1")
            return
        self._wait()
        if not self._inside:
            return
        if self._begun <= (0 if before else 1):  # else what went before it in this piece is not its own
            self._count += len(data)
        if self._count > (HEAD_LIMIT_BYTES if self._heading else REQUEST_LIMIT_BYTES):
            self._refuse(f"the head of a request has at most {HEAD_LIMIT_BYTES} bytes, all of it {REQUEST_LIMIT_BYTES}")

    def _refuse(self, why: str) -> None:
        """End the connection at a request that is none, behind the answers to those before it."""
        own = self._inside and not self._heading  # the application has begun with it
        self._inside = False
        if self._owed and not own:
            self.cycle.keep_alive = False
            self.flow.pause_reading()
            return
        if not self._owed and not (own and self.cycle.response_started):
            reply = problem_reply(merchant_problem(ProblemKind.MALFORMED_REQUEST, detail=why))
            self.transport.write(_written(reply, self.server_state.default_headers, last=True))
        self.transport.close()

    # both

    def _go_on(self) -> None:
        """Take up what came meanwhile."""
        if self._owed or self.flow.write_paused or self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self._waiting:
            data, self._waiting = self._waiting, b""
            self.data_received(data)

    def _wait(self) -> None:
        """Who must do something next, and until when."""
        if self.flow.write_paused:
            self._due_s = self.loop.time() + self.request_limit_s
        elif self._owed:
            self._due_s = math.inf
        elif not self._inside:
            self._due_s = self.loop.time() + self.keep_alive_s
        elif self._due_s == math.inf:  # the request that came behind others is the next; the others were not its fault
            self._due_s = self.loop.time() + self.request_limit_s

    def _look(self) -> None:
        """One timer a connection, however many requests come: it looks at the clock as often as the shortest limit needs."""
        now_s = self.loop.time()
        if now_s >= self._due_s:
            if self.transport.is_closing() or self.flow.write_paused:
                self.transport.abort()  # it takes nothing from us any more
                return
            self.transport.close()
        if self.transport.is_closing():
            self._due_s = min(self._due_s, now_s + self.request_limit_s)
        self._watch = self.loop.call_at(min(self._due_s, now_s + self.request_limit_s), self._look)


def _written(reply: Reply, more: list[tuple[bytes, bytes]], *, last: bool) -> bytes:
    lines = [_STATUS[reply.status]]
    for name, value in (*more, *reply.fields):
        lines.append(b"%b: %b\r\n" % (name, value))
    lines.append(b"content-length: %d\r\n%b\r\n" % (len(reply.body), b"connection: close\r\n" if last else b""))
    lines.append(reply.body)
    return b"".join(lines)
