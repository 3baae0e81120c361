"""The merchants' side of the authority's RFC 9421 profile, after its document (docs/protocol.md) and without its code.

A request is covered whole: method, the authority's public name, path, query, a digest of the body, the version, and unless it is a
GET also the content type and the idempotency key. Not responsible for sending.
"""

import base64
import hashlib
import hmac
from typing import Final, Protocol

TAG: Final = "kiosk-merchant-v1"
NONCE_BYTES: Final = 16
SECRET_BYTES_MIN: Final = 32
CONTENT_TYPE: Final = "application/json"

_DERIVED: Final = ("@method", "@authority", "@path", "@query")


class Signer(Protocol):
    """A key that signs requests: ``HmacKey``, or ``kiosk_merchant.p256.P256Key``."""

    @property
    def algorithm(self) -> str:
        """The name that stands in ``alg``."""

    def sign(self, data: bytes) -> bytes:
        """The signature over ``data``."""


class HmacKey:
    """The shared secret that the operator gave with the key's id: its bytes, or the text in which it was shown (base64url)."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes | str) -> None:
        data = _from_text(secret) if isinstance(secret, str) else secret
        if len(data) < SECRET_BYTES_MIN:
            raise ValueError(f"a shared secret has at least {SECRET_BYTES_MIN} bytes")
        self._secret = data

    @property
    def algorithm(self) -> str:
        """The name that stands in ``alg``."""
        return "hmac-sha256"

    def sign(self, data: bytes) -> bytes:
        """The signature over ``data``."""
        return hmac.digest(self._secret, data, "sha256")

    def __repr__(self) -> str:
        return "HmacKey(…)"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


def content_digest(body: bytes) -> str:
    """The value of ``Content-Digest`` (RFC 9530)."""
    return f"sha-256=:{b64(hashlib.sha256(body).digest())}:"


def sign_request(
    signer: Signer,
    *,
    key_id: str,
    authority_name: str,
    method: str,
    path: str,
    query: str,
    body: bytes,
    idempotency_key: str | None,
    version: str,
    created_s: int,
    nonce: bytes,
) -> dict[str, str]:
    """The header fields that make this attempt a signed request. ``path`` and ``query`` are as they stand on the wire."""
    fields = {"content-digest": content_digest(body), "kiosk-version": version}
    if idempotency_key is not None:
        fields |= {"content-type": CONTENT_TYPE, "idempotency-key": idempotency_key}
    derived = {"@method": method, "@authority": authority_name, "@path": path, "@query": f"?{query}"}
    names = [*_DERIVED, *sorted(fields)]
    inner = " ".join(f'"{name}"' for name in names)
    params = f'({inner});created={created_s};keyid="{key_id}";alg="{signer.algorithm}";nonce="{b64(nonce)}";tag="{TAG}"'
    values = derived | fields
    base = "".join(f'"{name}": {values[name]}\n' for name in names) + f'"@signature-params": {params}'
    signature = b64(signer.sign(base.encode("ascii")))
    return {**fields, "signature-input": f"sig={params}", "signature": f"sig=:{signature}:"}


def b64(data: bytes) -> str:
    """Base64 with padding, as header fields have it."""
    return base64.b64encode(data).decode("ascii")


def _from_text(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise ValueError("a secret as text is base64url") from None
