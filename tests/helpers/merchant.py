"""A merchant's client for tests that speaks to the ASGI application without a socket, and can be told to sign badly."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.types import ASGIApp

from kiosk.authority.app import make_app
from kiosk.authority.store import merchants
from kiosk.authority.store.merchants import MerchantKeyRow
from kiosk.authority.store.writer import DirectRunner
from kiosk.protocol.codec import encode
from kiosk.protocol.keys import SharedSecret, Signer, SigningKey
from kiosk.protocol.signing import MERCHANT_TAG, sign_request
from tests.helpers.asgi import PUBLIC_NAME, Prepared, Reply, ask
from tests.helpers.authority import KEYS, World
from tests.helpers.spending import PRESS, Till

P256 = SigningKey.from_seed(bytes(31) + b"\x07")


def add_key(world: World, key_id: str, *, merchant: str = PRESS, test: bool = False, p256: bool = False) -> Signer:
    """A key of a merchant, and what signs with it."""

    def work(tx: Any) -> None:
        found = merchants.find_merchant(tx, merchant)
        assert found is not None
        row = MerchantKeyRow(
            key_id=key_id,
            merchant_no=found.merchant_no,
            algorithm=signer.algorithm.value,
            point=P256.public.point if p256 else None,
            test=test,
        )
        merchants.add_key(tx, row, now_ms=world.clock.now_ms())

    signer: Signer = P256 if p256 else SharedSecret(KEYS.merchant_secret(key_id))
    world.store.write(work)
    return signer


@dataclass
class MerchantClient:
    """Signs as one merchant's key, which it makes unless there is an ``app`` already. ``paused`` collects how long a test card
    would have kept it waiting."""

    site: Till
    keyid: str = "K-presse"
    merchant: str = PRESS
    test: bool = False
    p256: bool = False
    app: ASGIApp | None = None
    skew_s: int = 0
    paused: list[float] = field(default_factory=list)
    signer: Signer = field(init=False)
    count: int = 0

    def __post_init__(self) -> None:
        self.signer = add_key(self.world, self.keyid, merchant=self.merchant, test=self.test, p256=self.p256)
        if self.app is None:
            runner = DirectRunner(self.world.store)
            self.app = make_app(self.world.authority, runner, public_name=PUBLIC_NAME, pause=self._pause)

    @property
    def world(self) -> World:
        return self.site.world

    def another(self, keyid: str, **how: Any) -> "MerchantClient":
        """Another key at the same application, known there at once."""
        other = MerchantClient(self.site, keyid, app=self.app, **how)
        self.world.clock.advance(1_000)  # type: ignore[attr-defined] # the tests' own clock
        return other

    def prepare(
        self,
        method: str,
        path: str,
        message: msgspec.Struct | bytes = b"",
        *,
        key: str | None = None,
        query: str = "",
        **overrides: Any,
    ) -> Prepared:
        body = message if isinstance(message, bytes) else encode(message)
        self.count += 1
        arguments: dict[str, Any] = {
            "signer": self.signer,
            "keyid": self.keyid,
            "authority": PUBLIC_NAME,
            "method": method,
            "path": path,
            "query": query,
            "body": body,
            "idempotency_key": None if method == "GET" else (key or self.site.new_key()),
            "version": "1",
            "created_s": self.world.clock.now_ms() // 1000 + self.skew_s,
            "nonce": self.count.to_bytes(16, "big"),
            "tag": MERCHANT_TAG,
        }
        signed = sign_request(**(arguments | overrides))
        headers = [(b"host", b"anything"), *((name.encode(), value.encode()) for name, value in signed.headers.items())]
        return Prepared(method, path, query, headers, body)

    def send(self, prepared: Prepared) -> Reply:
        assert self.app is not None
        status, headers, body = asyncio.run(ask(self.app, prepared))
        return Reply(status, headers, body, signed=False)

    def post(self, path: str, message: msgspec.Struct | bytes, **how: Any) -> Reply:
        return self.send(self.prepare("POST", path, message, **how))

    def get(self, path: str, **how: Any) -> Reply:
        return self.send(self.prepare("GET", path, **how))

    async def _pause(self, seconds: float) -> None:
        self.paused.append(seconds)
