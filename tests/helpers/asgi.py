"""A terminal's client for tests that speaks to the ASGI application without a socket, and can be told to sign badly."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from starlette.types import ASGIApp, Message

from kiosk.authority.app import make_app
from kiosk.authority.store.writer import DirectRunner
from kiosk.protocol.codec import encode
from kiosk.protocol.keys import SigningKey
from kiosk.protocol.routes import Route
from kiosk.protocol.signing import sign_request, verify_answer
from tests.helpers.authority import KEYS, TILL, World

PUBLIC_NAME = "authority.example"
Pairs = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Reply:
    """What came back; ``signed`` says whether it was the authority's answer to this very request."""

    status: int
    headers: Pairs
    body: bytes
    signed: bool

    @property
    def json(self) -> dict[str, Any]:  # Any: a test looks into it
        value: dict[str, Any] = json.loads(self.body)
        return value

    @property
    def problem(self) -> str:
        """The last part of the problem's type; fails for anything else."""
        assert dict(self.headers)[b"content-type"] == b"application/problem+json"
        assert self.json["status"] == self.status
        name: str = self.json["type"].rsplit(":", 1)[-1]
        return name


@dataclass(frozen=True)
class Prepared:
    """A request before it is sent, to be spoiled on the way."""

    method: str
    path: str
    query: str
    headers: Pairs
    body: bytes

    def with_header(self, name: str, *values: str) -> "Prepared":
        rest = [pair for pair in self.headers if pair[0] != name.encode()]
        return replace(self, headers=[*rest, *((name.encode(), value.encode("latin-1")) for value in values)])

    def header(self, name: str) -> str:
        return next(value.decode() for found, value in self.headers if found == name.encode())


@dataclass
class Client:
    """Signs as one terminal. ``now_s`` follows the world's clock unless ``skew_s`` says otherwise."""

    world: World
    app: ASGIApp = field(init=False)
    keyid: str = TILL
    key: SigningKey | None = None
    skew_s: int = 0
    count: int = 0

    def __post_init__(self) -> None:
        self.app = make_app(self.world.authority, DirectRunner(self.world.store), public_name=PUBLIC_NAME)
        self.key = self.key or self.world.request_keys[self.keyid]

    def as_till(self, keyid: str) -> "Client":
        """Another till at the same application."""
        other = Client(self.world, keyid=keyid)
        other.app = self.app
        return other

    def prepare(self, route: Route, message: msgspec.Struct | bytes = b"", **overrides: Any) -> Prepared:
        body = message if isinstance(message, bytes) else encode(message)
        self.count += 1
        assert self.key is not None
        arguments: dict[str, Any] = {
            "signer": self.key,
            "keyid": self.keyid,
            "authority": PUBLIC_NAME,
            "method": route.method,
            "path": route.path,
            "query": route.query,
            "body": body,
            "idempotency_key": route.key,
            "version": "0.1.0",
            "created_s": self.world.clock.now_ms() // 1000 + self.skew_s,
            "nonce": self.count.to_bytes(8, "big") + self.keyid.encode()[-4:].rjust(8, b"x"),
        }
        signed = sign_request(**(arguments | overrides))
        headers = [(b"host", b"anything"), *((name.encode(), value.encode()) for name, value in signed.headers.items())]
        return Prepared(route.method, route.path, route.query, headers, body)

    def send(self, prepared: Prepared) -> Reply:
        status, headers, body = asyncio.run(ask(self.app, prepared))
        signature = [value.decode() for name, value in prepared.headers if name == b"signature"]
        signed = len(signature) == 1 and verify_answer(
            verifier=KEYS.signing.public, status=status, headers=headers, body=body, request_signature=signature[0]
        )
        return Reply(status, headers, body, signed)

    def ask(self, route: Route, message: msgspec.Struct | bytes = b"", **overrides: Any) -> Reply:
        return self.send(self.prepare(route, message, **overrides))


async def ask(
    app: ASGIApp, prepared: Prepared, *, client: tuple[str, int] = ("127.0.0.1", 1)
) -> tuple[int, Pairs, bytes]:
    """Status, header fields and body of what the application answers to somebody at ``client``."""
    sent: list[Message] = []
    scope: Mapping[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": prepared.method,
        "scheme": "http",
        "path": prepared.path,
        "raw_path": prepared.path.encode(),
        "query_string": prepared.query.encode("latin-1"),
        "root_path": "",
        "headers": list(prepared.headers),
        "client": client,
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    chunks = [prepared.body[start : start + 65_536] for start in range(0, len(prepared.body), 65_536)] or [b""]

    async def receive() -> Message:
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(dict(scope), receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    body = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    return start["status"], start["headers"], body
