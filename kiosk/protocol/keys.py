"""Keys and signatures: ECDSA P-256 (FIPS 186-5) and HMAC-SHA-256, and how keys are written: points, seeds, six words.

The only file that calls ``cryptography`` for signatures. Not responsible for where secret keys are kept (``kiosk.sync.keystore``,
the authority's key file) nor for what is signed (``signing``, the journal).
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from kiosk.protocol.mac import Mac
from kiosk.protocol.words import WORD_BITS, WORDS

POINT_BYTES = 65
SEED_BYTES = 32
SIGNATURE_BYTES = 64
FINGERPRINT_WORDS = 6

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# RFC 6979: no random number at signing time, so a machine with a poor generator cannot give its key away, and a run can be repeated
_SIGN = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
_VERIFY = ec.ECDSA(hashes.SHA256())


class BadKey(ValueError):  # noqa: N818 - says what is the matter
    """The text or the bytes are not a key. The message never holds them."""


class Algorithm(StrEnum):
    """What may stand in ``alg``: terminals and the authority sign with P-256, merchants may also use a shared secret."""

    ECDSA_P256_SHA256 = "ecdsa-p256-sha256"
    HMAC_SHA256 = "hmac-sha256"


class Signer(Protocol):
    """Something that signs under one algorithm."""

    @property
    def algorithm(self) -> Algorithm: ...

    def sign(self, data: bytes) -> bytes: ...


class Verifier(Protocol):
    """Something that checks under one algorithm; it never changes its algorithm to what a message asks for."""

    @property
    def algorithm(self) -> Algorithm: ...

    def verify(self, signature: bytes, data: bytes) -> bool: ...


@dataclass(frozen=True, slots=True, repr=False)
class SharedSecret:
    """HMAC-SHA-256 for merchants: the same value on both sides. At least 32 bytes."""

    secret: bytes
    _mac: Mac = field(init=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.secret) < 32:
            raise ValueError("a shared secret has at least 32 bytes")
        object.__setattr__(self, "_mac", Mac(self.secret))

    @property
    def algorithm(self) -> Algorithm:
        return Algorithm.HMAC_SHA256

    def sign(self, data: bytes) -> bytes:
        return self._mac.of(data)

    def verify(self, signature: bytes, data: bytes) -> bool:
        return self._mac.is_of(signature, data)

    def __repr__(self) -> str:
        return "SharedSecret(…)"


class VerifyKey:
    """A public key. Equal when the points are equal."""

    __slots__ = ("_key", "point")

    def __init__(self, key: ec.EllipticCurvePublicKey) -> None:
        self._key = key
        self.point = key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)

    @classmethod
    def from_text(cls, text: str) -> "VerifyKey":
        """The key written as base64url (no padding) of the uncompressed point. Raises ``BadKey``, also for points off the curve."""
        point = unbase64url(text)
        if len(point) != POINT_BYTES or point[0] != 4:
            raise BadKey("an uncompressed P-256 point is expected")
        try:
            return cls(ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))
        except ValueError:
            raise BadKey("the point is not on the curve P-256") from None

    @classmethod
    def from_pem(cls, text: str) -> "VerifyKey":
        """The key in a PEM text, as other software writes it (SubjectPublicKeyInfo). Raises ``BadKey``, also for a secret key."""
        try:
            key = serialization.load_pem_public_key(text.encode("ascii"))
        except (ValueError, UnsupportedAlgorithm):
            raise BadKey("a public key in PEM is expected") from None
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise BadKey("a key of the curve P-256 is expected")
        return cls(key)

    @property
    def algorithm(self) -> Algorithm:
        return Algorithm.ECDSA_P256_SHA256

    @property
    def text(self) -> str:
        """The key as written on the wire."""
        return base64url(self.point)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the point in hex: names the key, for instance as the ``keyid`` of the authority's answers."""
        return hashlib.sha256(self.point).hexdigest()

    @property
    def words(self) -> tuple[str, ...]:
        """Six plain French words that a person can compare (PR-03): the first 60 bits of SHA-256 of the point."""
        bits = int.from_bytes(hashlib.sha256(self.point).digest(), "big")
        taken = bits >> (256 - FINGERPRINT_WORDS * WORD_BITS)
        shifts = range((FINGERPRINT_WORDS - 1) * WORD_BITS, -1, -WORD_BITS)
        return tuple(WORDS[taken >> shift & (1 << WORD_BITS) - 1] for shift in shifts)

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Whether ``signature`` (raw r‖s) is this key's over SHA-256 of ``data``."""
        if len(signature) != SIGNATURE_BYTES:
            return False
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        if not (0 < r < _ORDER and 0 < s < _ORDER):
            return False
        try:
            self._key.verify(encode_dss_signature(r, s), data, _VERIFY)
        except InvalidSignature:
            return False
        return True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VerifyKey) and self.point == other.point

    def __hash__(self) -> int:
        return hash(self.point)

    def __repr__(self) -> str:
        return f"VerifyKey({'-'.join(self.words[:2])}…)"


class SigningKey:
    """A secret key. It has no repr, is not comparable, cannot be pickled; ``seed`` is for a keystore alone."""

    __slots__ = ("_key", "public")

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        self.public = VerifyKey(key.public_key())

    @classmethod
    def generate(cls) -> "SigningKey":
        """A new key from the operating system's generator."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_seed(cls, seed: bytes) -> "SigningKey":
        """The key with this secret scalar (32 bytes, big-endian). Raises ``BadKey``."""
        scalar = int.from_bytes(seed, "big")
        if len(seed) != SEED_BYTES or not 0 < scalar < _ORDER:
            raise BadKey("a secret key is 32 bytes in the range of P-256")
        return cls(ec.derive_private_key(scalar, ec.SECP256R1()))

    @property
    def algorithm(self) -> Algorithm:
        return Algorithm.ECDSA_P256_SHA256

    def seed(self) -> bytes:
        """The secret scalar, 32 bytes: to be written to a keystore and nowhere else."""
        return self._key.private_numbers().private_value.to_bytes(SEED_BYTES, "big")

    def sign(self, data: bytes) -> bytes:
        """The raw signature r‖s (64 bytes) over SHA-256 of ``data``; the same bytes for the same data (RFC 6979)."""
        r, s = decode_dss_signature(self._key.sign(data, _SIGN))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def __repr__(self) -> str:
        return "SigningKey(…)"

    def __reduce__(self) -> str:
        raise TypeError("a secret key is not pickled")


def base64url(data: bytes) -> str:
    """RFC 4648, 5, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unbase64url(text: str) -> bytes:
    """The inverse of ``base64url``. Raises ``BadKey`` for anything that ``base64url`` would not have written."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise BadKey("base64url without padding is expected") from None
    if base64url(data) != text:
        raise BadKey("base64url without padding is expected")
    return data
