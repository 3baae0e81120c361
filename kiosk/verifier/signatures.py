"""The verifier's own ECDSA: P-256 with SHA-256, signatures as the 64 bytes r‖s, keys as PEM or as base64url of the point."""

import base64
import binascii
import hashlib
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from kiosk.verifier.findings import CannotCheck

POINT_BYTES: Final = 65


class PublicKey:
    """A terminal's public key."""

    def __init__(self, key: ec.EllipticCurvePublicKey) -> None:
        self._key = key
        point = key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        self.fingerprint = hashlib.sha256(point).hexdigest()

    @property
    def name(self) -> str:
        """How the key is called in a finding: the beginning of its fingerprint."""
        return f"key {self.fingerprint[:16]}"

    def signed(self, digest: bytes, signature: bytes) -> bool:
        """Whether ``signature`` is this key's over the 32 bytes of ``digest``, hashed once more by ECDSA."""
        if len(signature) != 64:
            return False
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        try:
            self._key.verify(encode_dss_signature(r, s), digest, ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, ValueError):
            return False
        return True


def read_key(text: str) -> PublicKey:
    """A key from a PEM text, from base64url of the uncompressed point, or from a file with either. Raises ``CannotCheck``."""
    try:
        if len(text) < 4096 and "\n" not in text and Path(text).is_file():
            text = Path(text).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise CannotCheck("the key file cannot be read") from None
    text = text.strip()
    try:
        if text.startswith("-----BEGIN"):
            key = serialization.load_pem_public_key(text.encode("ascii"))
            if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
                raise CannotCheck("the key is not one on the curve P-256")
            return PublicKey(key)
        point = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        if len(point) != POINT_BYTES:
            raise CannotCheck("the key is neither PEM nor the base64url of an uncompressed P-256 point")
        return PublicKey(ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))
    except (ValueError, binascii.Error):
        raise CannotCheck("the key is neither PEM nor the base64url of an uncompressed P-256 point") from None
