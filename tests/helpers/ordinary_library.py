"""RFC 9421 as an ordinary library checks it (``http-message-signatures``): what an integrator in another language would have."""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from http_message_signatures import (
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    VerifyResult,
    algorithms,
)

from kiosk.protocol.keys import SigningKey

__all__ = ["WRITE", "InvalidSignature", "Request", "library_verifies"]

WRITE = (
    "@method",
    "@authority",
    "@path",
    "@query",
    "content-digest",
    "kiosk-version",
    "content-type",
    "idempotency-key",
)


@dataclass
class Request:
    """What the library wants to see of a request."""

    method: str
    url: str
    headers: dict[str, str]


class _OneKey(HTTPSignatureKeyResolver):
    """Every key id is this key."""

    def __init__(self, key: SigningKey) -> None:
        self._pair = ec.derive_private_key(int.from_bytes(key.seed(), "big"), ec.SECP256R1())

    def resolve_public_key(self, key_id: str) -> ec.EllipticCurvePublicKey:
        return self._pair.public_key()

    def resolve_private_key(self, key_id: str) -> ec.EllipticCurvePrivateKey:
        return self._pair


def library_verifies(
    key: SigningKey, message: Request, body: bytes, *, tag: str, needed: Sequence[str]
) -> list[VerifyResult]:
    """What the library says of a request; raises ``InvalidSignature``. Age is not judged: the tests have a clock of their own."""
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ECDSA_P256_SHA256, key_resolver=_OneKey(key))
    return verifier.verify(message, body=body, expect_tag=tag, require_components=needed, max_age=None)
