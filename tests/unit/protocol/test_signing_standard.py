"""Our profile against code and vectors that are not ours: the library ``http-message-signatures`` and RFC 9421, appendix B."""

import base64
import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    VerifyResult,
    algorithms,
)

from kiosk.protocol.keys import SharedSecret, SigningKey, VerifyKey
from kiosk.protocol.routes import Route
from kiosk.protocol.signing import (
    RequestParts,
    Verified,
    content_digest,
    sign_answer,
    signature_base,
    verify_answer,
)
from tests.helpers.wire import AUTHORITY, AUTHORITY_KEY, BODY, ROUTES, TERMINAL_KEY, Wire, pairs

READ = ("@method", "@authority", "@path", "@query", "content-digest", "kiosk-version")
WRITE = (*READ, "content-type", "idempotency-key")


@dataclass
class Request:
    """What the library wants to see of a request."""

    method: str
    url: str
    headers: dict[str, str]


@dataclass
class Response:
    """What the library wants to see of an answer."""

    status_code: int
    headers: dict[str, str]
    request: Request
    url: str = ""
    body: bytes = field(default=b"")


class OneKey(HTTPSignatureKeyResolver):
    """Every key id is this key."""

    def __init__(self, key: SigningKey) -> None:
        self._pair = ec.derive_private_key(int.from_bytes(key.seed(), "big"), ec.SECP256R1())

    def resolve_public_key(self, key_id: str) -> ec.EllipticCurvePublicKey:
        return self._pair.public_key()

    def resolve_private_key(self, key_id: str) -> ec.EllipticCurvePrivateKey:
        return self._pair


def _library_verifies(
    key: SigningKey, message: Request | Response, body: bytes, *, tag: str, needed: Sequence[str]
) -> list[VerifyResult]:
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ECDSA_P256_SHA256, key_resolver=OneKey(key))
    return verifier.verify(message, body=body, expect_tag=tag, require_components=needed, max_age=None)


def _url(route: Route) -> str:
    return f"https://{AUTHORITY}{route.path}" + (f"?{route.query}" if route.query else "")


@pytest.mark.parametrize(("route", "body"), ROUTES, ids=lambda value: value.path if isinstance(value, Route) else "")
def test_the_library_believes_us(route: Route, body: bytes) -> None:
    """A merchant's or an auditor's ordinary RFC 9421 library could not check our messages."""
    signed = Wire().sign(route, body)
    message = Request(route.method, _url(route), dict(signed.headers))
    needed = READ if route.method == "GET" else WRITE
    verified = _library_verifies(TERMINAL_KEY, message, body, tag="kiosk-terminal-v1", needed=needed)
    assert [result.nonce for result in verified] == ["AAAAAAAAAAAAAAAAAAAAAQ=="]
    with pytest.raises(InvalidSignature):
        _library_verifies(TERMINAL_KEY, message, body + b" ", tag="kiosk-terminal-v1", needed=needed)


@pytest.mark.parametrize(("route", "body"), ROUTES, ids=lambda value: value.path if isinstance(value, Route) else "")
def test_we_believe_the_library(route: Route, body: bytes) -> None:
    """A terminal or merchant that uses the ordinary library could not talk to our authority."""
    headers = {"Kiosk-Version": "9.9", "Content-Digest": content_digest(body)}
    if route.key is not None:
        headers |= {"Content-Type": "application/json", "Idempotency-Key": route.key}
    message = Request(route.method, _url(route), headers)
    signer = HTTPMessageSigner(signature_algorithm=algorithms.ECDSA_P256_SHA256, key_resolver=OneKey(TERMINAL_KEY))
    signer.sign(
        message,
        key_id="T-0001",
        created=datetime.datetime.fromtimestamp(1_767_258_000, tz=datetime.UTC),
        nonce="bm9uY2Ugb2YgMTI4IGJpdHM=",
        tag="kiosk-terminal-v1",
        covered_component_ids=READ if route.method == "GET" else WRITE,
        body=body,
        use_existing_digest=True,
    )
    seen = Wire().check(RequestParts(route.method, route.path, route.query, pairs(message.headers), body))
    assert isinstance(seen, Verified), seen


def test_the_library_believes_our_answers() -> None:
    """An auditor could not check, with tools that are not ours, what the authority said."""
    signed = Wire().sign(*ROUTES[0])
    answer = sign_answer(
        signer=AUTHORITY_KEY, keyid="a", status=200, body=BODY, request_signature=signed.signature, created_s=1
    )
    request = Request(ROUTES[0][0].method, _url(ROUTES[0][0]), dict(signed.headers))
    response = Response(200, dict(answer.headers), request)
    needed = ("@status", "content-digest", '"signature";req')
    assert _library_verifies(AUTHORITY_KEY, response, BODY, tag="kiosk-authority-v1", needed=needed)
    altered = Response(202, dict(answer.headers), request)
    with pytest.raises(InvalidSignature):
        _library_verifies(AUTHORITY_KEY, altered, BODY, tag="kiosk-authority-v1", needed=needed)


def test_we_believe_answers_of_the_library() -> None:
    """An authority built by somebody else from the same page could not serve our tills."""
    signed = Wire().sign(*ROUTES[0])
    request = Request(ROUTES[0][0].method, _url(ROUTES[0][0]), dict(signed.headers))
    response = Response(200, {"Content-Digest": content_digest(BODY)}, request)
    signer = HTTPMessageSigner(signature_algorithm=algorithms.ECDSA_P256_SHA256, key_resolver=OneKey(AUTHORITY_KEY))
    signer.sign(
        response,
        key_id="a",
        tag="kiosk-authority-v1",
        covered_component_ids=("@status", "content-digest", '"signature";req'),
        body=BODY,
        use_existing_digest=True,
    )
    assert verify_answer(
        verifier=AUTHORITY_KEY.public,
        status=200,
        headers=pairs(response.headers),
        body=BODY,
        request_signature=signed.signature,
    )


# RFC 9421, B.1.3 and B.1.5: keys printed in the standard for everybody's tests
RFC_P256_PUBLIC = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf"
    "w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ=="
)
RFC_SECRET = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="


def test_rfc_9421_b_2_4_ecdsa() -> None:
    """Our signature base or our raw r‖s would not be those of the standard."""
    public = serialization.load_der_public_key(base64.b64decode(RFC_P256_PUBLIC))
    assert isinstance(public, ec.EllipticCurvePublicKey)
    params = '("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"'
    digest = "mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ=="
    lines = [
        ('"@status"', "200"),
        ('"content-type"', "application/json"),
        ('"content-digest"', f"sha-512=:{digest}:"),
        ('"content-length"', "23"),
    ]
    signature = base64.b64decode(
        "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw=="
    )
    key = VerifyKey(public)
    assert key.verify(signature, signature_base(lines, params))
    assert not key.verify(signature, signature_base(lines[::-1], params))


def test_rfc_9421_b_2_5_hmac() -> None:
    """Merchants' shared secrets would make other bytes than the standard's."""
    params = '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"'
    lines = [
        ('"date"', "Tue, 20 Apr 2021 02:07:55 GMT"),
        ('"@authority"', "example.com"),
        ('"content-type"', "application/json"),
    ]
    secret = SharedSecret(base64.b64decode(RFC_SECRET))
    signature = base64.b64encode(secret.sign(signature_base(lines, params)))
    assert signature == b"pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8="


def test_rfc_9530_digest() -> None:
    """The body's digest would not be the standard's (RFC 9530, appendix D: the body of the sha-256 example)."""
    assert content_digest(b'{"hello": "world"}\n') == "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"


def test_rfc_6979_deterministic_signature() -> None:
    """A till would need a good random number for every signature (RFC 6979, A.2.5, P-256 with SHA-256, "sample")."""
    key = SigningKey.from_seed(bytes.fromhex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"))
    assert key.sign(b"sample").hex().upper() == (
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
    )
