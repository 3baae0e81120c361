"""HTTP as bytes: requests written in any form, and answers read one by one from a connection."""

import json
import socket
import struct
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from tests.helpers.asgi import Prepared

LIMIT_S = 10.0


@dataclass(frozen=True)
class Answer:
    """One answer; ``fields`` by lower-case name."""

    status: int
    fields: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:  # Any: a test looks into it
        value: dict[str, Any] = json.loads(self.body)
        return value

    @property
    def last(self) -> bool:
        """Whether the connection ends with it."""
        return self.fields.get("connection") == "close"


class Closed(Exception):  # noqa: N818 - the other side's doing
    """The connection ended where an answer was expected."""


class Connection:
    """A client's connection to a loopback port. Use as a context manager."""

    def __init__(self, port: int, *, host: str = "127.0.0.1", receive_buffer: int | None = None) -> None:
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(LIMIT_S)
        try:
            self.socket.connect((host, port))
        except OSError:
            self.socket.close()
            raise
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> Answer:
        """The next answer. Raises ``Closed``."""
        try:
            return self._read()
        except ConnectionError:
            raise Closed from None

    def ask(self, data: bytes) -> Answer:
        self.send(data)
        return self.answer()

    def ends(self) -> bool:
        """Whether the other side closes it now, without a word more; waits for that."""
        try:
            return self._stream.read(1) == b""
        except ConnectionError:
            return True

    def reset(self) -> None:
        """Have it end without the usual farewell, as when a machine dies."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def close(self) -> None:
        self._stream.close()
        self.socket.close()

    def _read(self) -> Answer:
        line = self._stream.readline()
        if not line:
            raise Closed
        version, status, _ = line.decode("ascii").split(" ", 2)
        assert version == "HTTP/1.1", line
        fields: dict[str, str] = {}
        while (line := self._stream.readline()) != b"\r\n":
            if not line:
                raise Closed
            name, _, value = line.decode("latin-1").rstrip("\r\n").partition(": ")
            fields[name.lower()] = value
        if fields.get("transfer-encoding") == "chunked":
            return Answer(int(status), fields, self._chunks())
        length = int(fields.get("content-length", "0"))
        body = self._stream.read(length)
        if len(body) < length:
            raise Closed
        return Answer(int(status), fields, body)

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self._stream.readline(), 16):
            body += self._stream.read(size)
            self._stream.readline()
        self._stream.readline()
        return body


def written(prepared: Prepared, *more: str) -> bytes:
    """A signed request in the usual form, with ``more`` field lines."""
    return _head(prepared, f"content-length: {len(prepared.body)}", *more) + prepared.body


def chunked(prepared: Prepared, size: int = 7) -> bytes:
    """The same in chunks."""
    pieces = [prepared.body[start : start + size] for start in range(0, len(prepared.body), size)]
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return _head(prepared, "transfer-encoding: chunked") + body + b"0\r\n\r\n"


def _head(prepared: Prepared, *more: str) -> bytes:
    target = prepared.path + (f"?{prepared.query}" if prepared.query else "")
    lines = [f"{prepared.method} {target} HTTP/1.1"]
    lines += [f"{name.decode()}: {value.decode()}" for name, value in prepared.headers]
    return "\r\n".join([*lines, *more, "", ""]).encode("ascii")
