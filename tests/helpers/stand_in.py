"""A stand-in for the authority on a loopback socket: answers as a test chooses, signed if asked, and records requests."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from kiosk.protocol.codec import encode
from kiosk.protocol.nonces import Nonces
from kiosk.protocol.problems import PROBLEM_JSON, Problem
from kiosk.protocol.signing import Fault, RequestParts, Verified, request_signature, sign_answer, verify_request
from tests.helpers.wire import AUTHORITY, AUTHORITY_KEY, NOW_S, TERMINAL, TERMINAL_KEY, header

REQUEST_LIMIT_S = 10.0


@dataclass(frozen=True)
class Heard:
    """One request as it arrived."""

    parts: RequestParts
    host: str

    @property
    def path(self) -> str:
        return self.parts.path

    @property
    def key(self) -> str:
        return header(self.parts, "idempotency-key")


class Last(bytes):
    """An answer after which the connection is closed."""


Reply = Callable[[Heard], bytes | None]


def http(status: int, body: bytes, headers: dict[str, str]) -> bytes:
    """An answer as bytes."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} X\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode("latin-1") + body


def signed(heard: Heard, message: msgspec.Struct, *, status: int = 200, key: object = AUTHORITY_KEY) -> bytes:
    """The authority's signed answer to this request."""
    body = encode(message)
    kind = PROBLEM_JSON if isinstance(message, Problem) else "application/json"
    bound = request_signature(heard.parts.headers) or ""
    fields = sign_answer(
        signer=key,  # type: ignore[arg-type]  # any signing key of a test
        keyid="authority",
        status=message.status if isinstance(message, Problem) else status,
        body=body,
        request_signature=bound,
        created_s=NOW_S,
    ).headers
    status = message.status if isinstance(message, Problem) else status
    return http(status, body, {**fields, "content-type": kind})


class StandIn:
    """Serves until closed; ``reply`` gives the bytes of each answer, ``None`` closes the connection without one."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.heard: list[Heard] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._main = threading.Thread(target=self._accept, name="stand-in", daemon=True)
        self._main.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def verdict(self, number: int = -1, *, now_s: int = NOW_S) -> Verified | Fault:
        """What the real authority would think of the signature of a request."""
        return verify_request(
            self.heard[number].parts,
            authority=AUTHORITY,
            keys={TERMINAL: TERMINAL_KEY.public}.get,
            nonces=Nonces(),
            now_s=now_s,
        )

    def __enter__(self) -> "StandIn":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._main.join(5)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            near.settimeout(REQUEST_LIMIT_S)
            self._open.append(near)
            thread = threading.Thread(target=self._serve, args=(near,), name="stand-in line", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, near: socket.socket) -> None:
        with suppress(OSError, ValueError):
            stream = near.makefile("rb")
            while line := stream.readline():
                method, target, _ = line.decode("latin-1").split(" ", 2)
                headers: list[tuple[bytes, bytes]] = []
                while (field := stream.readline().rstrip(b"\r\n")) != b"":
                    name, _, value = field.partition(b":")
                    headers.append((name.strip().lower(), value.strip()))
                length = int(dict(headers).get(b"content-length", b"0"))
                path, _, query = target.partition("?")
                parts = RequestParts(method, path, query, headers, stream.read(length))
                heard = Heard(parts, header(parts, "host"))
                self.heard.append(heard)
                answer = self.reply(heard)
                if answer is None:
                    break
                near.sendall(answer)
                if isinstance(answer, Last):
                    break
            near.shutdown(socket.SHUT_RDWR)


def raw_server(behave: Callable[[socket.socket], None]) -> "RawServer":
    """A server that does with each connection what a test wants, without understanding a byte."""
    return RawServer(behave)


class RawServer:
    """See ``raw_server``."""

    def __init__(self, behave: Callable[[socket.socket], None]) -> None:
        self._behave = behave
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._main = threading.Thread(target=self._accept, name="raw server", daemon=True)
        self._main.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "RawServer":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._main.join(5)
        for thread in self._threads:
            thread.join(5)
        for one in self._open:
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            near.settimeout(REQUEST_LIMIT_S)
            self._open.append(near)
            thread = threading.Thread(target=self._run, args=(near,), name="raw server line", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _run(self, near: socket.socket) -> None:
        with suppress(OSError):
            self._behave(near)
