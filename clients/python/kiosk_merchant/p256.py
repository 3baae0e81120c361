"""ECDSA P-256 with the library ``cryptography`` (the extra ``p256``): a merchant's own key in place of a shared secret, and the
check of what the authority signed. The only file that imports it."""

import base64
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

SIGNATURE_BYTES: Final = 64
_HASH = ec.ECDSA(hashes.SHA256())


class P256Key:
    """A secret key of your own; the operator knows its public half alone."""

    __slots__ = ("_key",)

    def __init__(self, pem: bytes, *, password: bytes | None = None) -> None:
        """``pem``: the secret key as PKCS #8."""
        key = serialization.load_pem_private_key(pem, password)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ValueError("a P-256 key is expected")
        self._key = key

    @property
    def algorithm(self) -> str:
        """The name that stands in ``alg``."""
        return "ecdsa-p256-sha256"

    @property
    def public_text(self) -> str:
        """What the operator needs: the uncompressed point in base64url."""
        point = self._key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return base64.urlsafe_b64encode(point).rstrip(b"=").decode("ascii")

    def sign(self, data: bytes) -> bytes:
        """The signature over ``data``: r‖s, 64 bytes."""
        r, s = decode_dss_signature(self._key.sign(data, _HASH))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def __repr__(self) -> str:
        return "P256Key(…)"

    def __reduce__(self) -> str:
        raise TypeError("a secret key is not pickled")


def verify(point_text: str, signature: bytes, data: bytes) -> bool:
    """Whether ``signature`` over ``data`` was made with the key of this point (base64url). Raises ``ValueError`` for no point."""
    point = base64.b64decode(point_text + "=" * (-len(point_text) % 4), altchars=b"-_", validate=True)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    if len(signature) != SIGNATURE_BYTES:
        return False
    der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    try:
        key.verify(der, data, _HASH)
    except InvalidSignature:
        return False
    return True
