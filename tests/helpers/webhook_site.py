"""A merchant's site that is told things, on a real socket, and misbehaves on demand: errors, silence, drips, drops, redirects."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from kiosk.protocol.signing import RequestParts

LIMIT_S = 10.0
MAX_HEAD_BYTES = 65_536


@dataclass
class WebhookSite:
    """Answers each request with the next of ``answers`` (the last one for ever): a status, ``silent``, ``drip``, ``drop``,
    ``half`` (an answer that breaks off) or ``elsewhere`` (a redirect)."""

    port: int
    answers: list[int | str] = field(default_factory=lambda: [204])
    requests: list[RequestParts] = field(default_factory=list)
    ending: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/kiosk?shop=1"

    @property
    def keys(self) -> list[str]:
        """The idempotency keys in the order of the requests."""
        return [_field(request, b"idempotency-key") for request in self.requests]

    def came(self, least: int) -> int:
        """How many requests came, once there are ``least``: on a busy machine a sender may give up before this site has looked."""
        for _ in range(int(LIMIT_S / 0.01)):
            if len(self.requests) >= least or self.ending.wait(0.01):
                break
        return len(self.requests)

    def serve(self, connection: socket.socket) -> None:
        """One connection, one request."""
        with connection:
            connection.settimeout(LIMIT_S)
            head, _, body = _until(connection, b"\r\n\r\n").partition(b"\r\n\r\n")
            start, *lines = head.split(b"\r\n")
            headers = [(name.strip(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
            length = next((int(value) for name, value in headers if name.lower() == b"content-length"), 0)
            while len(body) < length:
                body += connection.recv(65_536)
            method, target, _ = start.decode("ascii").split(" ")
            path, _, query = target.partition("?")
            answer = self.answers[min(len(self.requests), len(self.answers) - 1)]
            self.requests.append(RequestParts(method, path, query, headers, body))
            self._answer(connection, answer)

    def _answer(self, connection: socket.socket, answer: int | str) -> None:
        match answer:
            case "silent":
                self.ending.wait(LIMIT_S)
            case "drip":
                for byte in b"HTTP/1.1 204 No Content\r\nX: " + b"y" * 100_000:
                    if self.ending.wait(0.05):
                        return
                    with suppress(OSError):
                        connection.sendall(bytes([byte]))
            case "drop":
                return
            case "half":
                connection.sendall(b"HTTP/1.1 2")
            case "elsewhere":
                connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")
            case _:
                connection.sendall(f"HTTP/1.1 {answer} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())


@contextmanager
def webhook_site(*answers: int | str) -> Iterator[WebhookSite]:
    """A site on a free loopback port, until the end of the block."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    site = WebhookSite(listener.getsockname()[1])
    if answers:
        site.answers = list(answers)
    threads: list[threading.Thread] = []

    def accept() -> None:
        while not site.ending.is_set():
            with suppress(TimeoutError):
                connection, _ = listener.accept()
                thread = threading.Thread(target=_guarded, args=(site, connection), name="webhook site", daemon=True)
                thread.start()
                threads.append(thread)

    accepting = threading.Thread(target=accept, name="webhook site's door", daemon=True)
    accepting.start()
    try:
        yield site
    finally:
        site.ending.set()
        accepting.join(LIMIT_S)
        listener.close()
        for thread in threads:
            thread.join(LIMIT_S)


def _guarded(site: WebhookSite, connection: socket.socket) -> None:
    with suppress(OSError):  # who asked has gone
        site.serve(connection)


def _until(connection: socket.socket, mark: bytes) -> bytes:
    found = b""
    while mark not in found:
        piece = connection.recv(65_536)
        if not piece or len(found) > MAX_HEAD_BYTES:
            raise OSError("no whole request came")
        found += piece
    return found


def _field(request: RequestParts, name: bytes) -> str:
    return next(value.decode() for key, value in request.headers if key.lower() == name)
