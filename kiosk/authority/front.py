"""The connection of a client to the authority: uvicorn's, with a shorter way for the merchants' usual requests.

uvicorn reads HTTP and asks the application. A request that has the usual form (``usual_request``) and a merchant's address needs
none of what that costs: it goes to the merchants' door at once, and its answer into the connection. What arrives while a request is
decided waits, so that answers leave in the order of the requests whichever way each took. A request is decided even if its client
has gone. What uvicorn does not limit is limited here: the size of a request's head, the time that a client may take for asking and
for taking its answer, the number of connections.

It leans on the inside of uvicorn's classes (``LEANS_ON``), so the version is pinned, and a test tells what a new one lacks. Not
responsible for who may ask what (``merchant_access``) nor for starting and stopping (``http_server``).
"""

import asyncio
import math
from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from kiosk.authority.app import Application
from kiosk.authority.familiar_request import Manner
from kiosk.authority.merchant_access import Found, Reply, Waiting, problem_reply
from kiosk.authority.usual_request import Unfinished, read_usual
from kiosk.protocol.problems import ProblemKind, merchant_problem
from kiosk.protocol.signing import Claim, RequestParts

HEAD_LIMIT_BYTES: Final = 65_536
REQUEST_LIMIT_BYTES: Final = 2_097_152  # with every byte of the largest body in a chunk of its own
PIECE_BYTES: Final = (
    4_096  # what the library reads at once: it lays out all requests in it before the first is answered
)
REQUEST_LIMIT_S: Final = 60.0  # the largest body over a line of 5 kB a second; an idle connection may stand longer
KEEP_ALIVE_S: Final = 75.0
MAX_CONNECTIONS: Final = 4_096

# what this file uses of uvicorn without its documentation promising it
LEANS_ON: Final[Mapping[str, tuple[str, ...]]] = {
    "connection": (
        "app", "loop", "parser", "transport", "flow", "tasks", "connections", "server_state", "cycle", "pipeline", "url", "headers",
        "on_message_begin", "on_headers_complete", "on_message_complete", "on_response_complete", "shutdown",
        "pause_writing", "resume_writing", "_start_asgi_task", "_unset_keepalive_if_required",
    ),
    "cycle": ("disconnected", "message_event", "response_started", "response_complete", "keep_alive"),
    "flow": ("pause_reading", "resume_reading", "write_paused"),
    "server_state": ("tasks", "connections", "default_headers"),
}  # fmt: skip

_STATUS = {one.value: f"HTTP/1.1 {one.value} {one.phrase}\r\n".encode() for one in HTTPStatus}


class _Refused(Exception):  # noqa: N818 - it is the request that is refused; the text is what its sender is told
    """The library could read this request, and we do not want it."""


class _Flow(FlowControl):
    """Of a connection of which something may wait: the library cannot have it read on meanwhile."""

    waiting = False

    def resume_reading(self) -> None:
        if not self.waiting:
            super().resume_reading()


class Front(HttpToolsProtocol):
    """One connection to an ``Application``. The limits are the class's, for a test that has less patience; ``keep_alive_s`` is not
    shorter than ``request_limit_s``."""

    request_limit_s = REQUEST_LIMIT_S
    keep_alive_s = KEEP_ALIVE_S
    max_connections = MAX_CONNECTIONS
    flow: _Flow

    def __init__(self, *args: Any, **named: Any) -> None:  # Any: whatever uvicorn gives its own
        super().__init__(*args, **named)
        assert isinstance(self.app, Application), "nothing of uvicorn stands between this and the application"
        self._door = self.app.merchants
        self._manner = Manner[Found]()
        self._owed = 0  # requests read to their end and not answered; several only if they came in one piece
        self._asking: asyncio.Future[Any] | None = None  # decides the one that came the usual way
        self._question: Waiting | None = None  # which it is, if no task does
        self._last = False  # its answer is the connection's last
        self._running: RequestResponseCycle | None = None  # the first of those that came the library's way
        self._begun = b""  # of a usual request, whose body is still to come
        self._inside = False  # the library is in the middle of a request
        self._heading = False  # and of its head
        self._count = 0  # its bytes so far, with those that came before it in the same piece
        self._waiting = b""
        self._due_s = math.inf  # until when the client must have done what we wait for
        self._watch: asyncio.TimerHandle | None = None

    # what asyncio says

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self.flow = _Flow(transport)
        if len(self.connections) > self.max_connections:
            transport.abort()
            return
        self._due_s = self.loop.time() + self.keep_alive_s
        self._watch = self.loop.call_later(self.request_limit_s, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._running is not None:  # uvicorn tells only the one that it read last
            self._running.disconnected = True
            self._running.message_event.set()
        self._waiting = self._begun = b""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def data_received(self, data: bytes) -> None:
        if self._owed or self.flow.write_paused:
            self._keep(data)
            return
        if not self._inside:
            data, begun, self._begun = self._begun + data, bool(self._begun), b""
            known = self._manner.read(data)
            if known is not None:
                self._ask(*known)
                return
            usual = read_usual(data)
            if isinstance(usual, Unfinished):
                self._begun = data
                if not begun:
                    self._due_s = self.loop.time() + self.request_limit_s
                return
            found = self._door.find(usual.path) if usual is not None else None
            if usual is not None and found is not None:
                parts = RequestParts(usual.method, usual.path, usual.query, (), usual.body)
                claim = self._door.claim(found, parts, usual.fields)
                if isinstance(claim, Claim):
                    self._manner.met(data, usual, claim, found)
                self._ask(found, claim)
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
        if self._asking is None:
            super().shutdown()
        else:
            self._last = True

    # the usual way

    def _ask(self, found: Found, claim: Claim | Reply) -> None:
        begun = claim if isinstance(claim, Reply) else self._door.begin(found, claim)
        if isinstance(begun, Reply):
            self._manner.judged(true=begun.status == HTTPStatus.OK)
            self._send(begun)
            return
        self._owed = 1
        self._due_s = math.inf
        if isinstance(begun, Waiting):
            self._asking, self._question = begun.answer, begun
        else:
            self._asking = self.loop.create_task(begun)
        self._asking.add_done_callback(self._answer)
        # whoever ends the server waits for it, whatever becomes of the connection
        self.tasks.add(self._asking)  # type: ignore[arg-type]  # uvicorn waits for them and cancels them: a future does for both

    def _answer(self, asking: "asyncio.Future[Any]") -> None:
        question, self._question = self._question, None
        self.tasks.discard(asking)
        reply: Reply | None = None  # the server would not wait any longer, and nobody can say what became of it
        try:
            if not asking.cancelled():
                reply = asking.result() if question is None else self._door.reply(question)
        finally:
            self._asking = None
            self._owed = 0
            self._end_with(reply)

    def _end_with(self, reply: Reply | None) -> None:
        if self.transport.is_closing():
            return
        if reply is None:
            self.transport.abort()
            return
        self._manner.judged(true=reply.status == HTTPStatus.OK)
        self._send(reply)
        if self._waiting:
            self._go_on()

    def _send(self, reply: Reply) -> None:
        self.transport.write(_written(reply, self.server_state.default_headers, last=self._last))
        if self._last:
            self.transport.close()
            return
        self._wait()

    # the library's way

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._inside = self._heading = True
        self._count = 0
        self._due_s = self.loop.time() + self.request_limit_s

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade():
            raise _Refused("HTTP/1.1 is spoken here, and no upgrade of it: ask without one")
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > HEAD_LIMIT_BYTES:
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

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _feed(self, data: bytes) -> None:
        for start in range(0, len(data), PIECE_BYTES):
            if self._owed:
                self._keep(data[start:])
                break
            if not self._read(data[start : start + PIECE_BYTES]):
                break
        self._wait()

    def _read(self, piece: bytes) -> bool:
        """Have the library read on; ``False`` when it was the last that is read of this connection."""
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserError as error:
            why = error.__context__
            self._refuse(str(why) if isinstance(why, _Refused) else "this is not HTTP/1.1")
            return False
        self._count += len(piece)
        if self._inside and self._count > (HEAD_LIMIT_BYTES + PIECE_BYTES if self._heading else REQUEST_LIMIT_BYTES):
            self._refuse(
                f"a request has at most {REQUEST_LIMIT_BYTES} bytes, its head at most {HEAD_LIMIT_BYTES} bytes"
            )
            return False
        return True

    def _refuse(self, why: str) -> None:
        """End the connection at what is no request, but not before those in front of it are answered."""
        begun = self._inside and not self._heading  # the application has it already, or the queue
        self._inside = False
        if self._owed:
            if begun:
                self.pipeline.popleft()
            last = self.pipeline[0][0] if self.pipeline else self._running
            assert last is not None, "what is owed while the library reads came the library's way"
            last.keep_alive = False
            return
        if not (begun and self.cycle.response_started):
            reply = problem_reply(merchant_problem(ProblemKind.MALFORMED_REQUEST, detail=why))
            self.transport.write(_written(reply, self.server_state.default_headers, last=True))
        self.transport.close()

    # both ways

    def _keep(self, data: bytes) -> None:
        """For later; nothing more is read until then."""
        self._waiting += data
        self.flow.waiting = True
        self.flow.pause_reading()

    def _go_on(self) -> None:
        """Take up what came meanwhile, and read on."""
        if self._owed or self.flow.write_paused or self.transport.is_closing():
            return
        data, self._waiting = self._waiting, b""
        self.flow.waiting = False
        self.flow.resume_reading()
        if data:
            self.data_received(data)

    def _wait(self) -> None:
        """Note until when the client has time for what it must do next, if it is its turn."""
        if self.flow.write_paused:
            self._due_s = self.loop.time() + self.request_limit_s
        elif self._owed:
            self._due_s = math.inf
        elif not self._inside:
            self._due_s = self.loop.time() + self.keep_alive_s
        elif self._due_s == math.inf:  # it came behind others, which were not its fault
            self._due_s = self.loop.time() + self.request_limit_s

    def _look(self) -> None:
        """One timer a connection, however many requests come: it looks at the clock as often as the shortest limit needs."""
        now_s = self.loop.time()
        if now_s >= self._due_s:
            if self.transport.is_closing() or self.flow.write_paused:
                self.transport.abort()  # it does not take what we have for it
                return
            self.transport.close()
        if self.transport.is_closing():
            self._due_s = min(self._due_s, now_s) + self.request_limit_s
        self._watch = self.loop.call_at(min(self._due_s, now_s + self.request_limit_s), self._look)


def _written(reply: Reply, more: list[tuple[bytes, bytes]], *, last: bool) -> bytes:
    head = _head(reply.status, (*more, *reply.fields))
    ending = b"connection: close\r\n" if last else b""
    return b"%bcontent-length: %d\r\n%b\r\n%b" % (head, len(reply.body), ending, reply.body)


@lru_cache(maxsize=64)  # nearly all are the same within a second: among the fields is the date
def _head(status: int, fields: tuple[tuple[bytes, bytes], ...]) -> bytes:
    return b"".join((_STATUS[status], *(b"%b: %b\r\n" % field for field in fields)))
