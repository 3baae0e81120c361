"""Signed messages for tests: keys from fixed seeds, a request of every kind, and one place that signs and checks them."""

from dataclasses import dataclass, field

import msgspec

from kiosk.protocol import routes
from kiosk.protocol.keys import SigningKey
from kiosk.protocol.nonces import Nonces
from kiosk.protocol.routes import Route
from kiosk.protocol.signing import Fault, RequestParts, Signed, Verified, sign_request, verify_request

NOW_S = 1_767_258_000
AUTHORITY = "authority.example:8443"
TERMINAL = "T-0001"
LINE_ID = "019b7900-0000-7000-8000-000000000001"
VERSION = "0.1.0"


def key(number: int) -> SigningKey:
    """The same key in every run; tests only."""
    return SigningKey.from_seed(number.to_bytes(32, "big"))


TERMINAL_KEY = key(1001)
AUTHORITY_KEY = key(2002)
OTHER_KEY = key(3003)

BODY = b'{"sale_id":"s","serial":"0000000000001111","n":1}'
ROUTES: tuple[tuple[Route, bytes], ...] = (
    (routes.line("reserve", LINE_ID), BODY),
    (routes.line("extend", LINE_ID, n=3), b'{"n":3}'),
    (routes.line("commit", LINE_ID), BODY),
    (routes.line("cancel", LINE_ID), BODY),
    (routes.line("status", LINE_ID), b""),
    (routes.entries(BODY), BODY),
    (routes.void(LINE_ID), BODY),
    (routes.changes("c/é 1", limit=10), b""),
    (routes.time(), b""),
    (routes.balance(LINE_ID), BODY),
    (routes.enrolment("bm9uY2U"), BODY),
)


def pairs(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    """Header fields as ASGI hands them over."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


@dataclass
class Wire:
    """One terminal's half and the authority's half of a signed exchange."""

    signer: SigningKey = TERMINAL_KEY
    keyid: str = TERMINAL
    nonces: Nonces = field(default_factory=Nonces)
    count: int = 0

    def sign(self, route: Route, body: bytes, *, created_s: int = NOW_S) -> Signed:
        self.count += 1
        return sign_request(
            signer=self.signer,
            keyid=self.keyid,
            authority=AUTHORITY,
            method=route.method,
            path=route.path,
            query=route.query,
            body=body,
            idempotency_key=route.key,
            version=VERSION,
            created_s=created_s,
            nonce=self.count.to_bytes(16, "big"),
        )

    def parts(self, route: Route, body: bytes, *, created_s: int = NOW_S) -> RequestParts:
        """The request as it arrives."""
        signed = self.sign(route, body, created_s=created_s)
        extra = {"host": "somewhere.else", "user-agent": "test", "accept": "*/*"}
        return RequestParts(route.method, route.path, route.query, pairs({**extra, **signed.headers}), body)

    def check(self, parts: RequestParts, *, now_s: int = NOW_S) -> Verified | Fault:
        known = {TERMINAL: TERMINAL_KEY.public, "T-0002": OTHER_KEY.public}
        return verify_request(parts, authority=AUTHORITY, keys=known.get, nonces=self.nonces, now_s=now_s)


def with_header(parts: RequestParts, name: str, value: str | None) -> RequestParts:
    """The request with this header replaced, or dropped when ``value`` is ``None``."""
    rest = [pair for pair in parts.headers if pair[0] != name.encode()]
    return msgspec.structs.replace(parts, headers=rest if value is None else [*rest, *pairs({name: value})])


def header(parts: RequestParts, name: str) -> str:
    return next(value.decode() for found, value in parts.headers if found == name.encode())
