"""What is signed when a terminal enrols, and how a one-time code is written: shared by both sides (PR-01, PR-02).

The enrolment request is an ordinary signed request whose ``keyid`` is ``enrolment`` and whose key is the ``request_key`` of its own
body; besides, each of the two keys signs a proof over the code, so that neither can be swapped. Not responsible for whether a code
is good: the authority knows.
"""

import hashlib
from typing import Final

from kiosk.protocol.keys import BadKey, SigningKey, VerifyKey, base64url, unbase64url
from kiosk.protocol.messages import EnrolmentRequest

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U
CODE_CHARS: Final = 10
NONCE_BYTES: Final = 16
_READ_AS: Final = str.maketrans({"I": "1", "L": "1", "O": "0"})


def parse_enrolment_code(text: str) -> str | None:
    """The ten characters of a typed code, or ``None`` if it cannot be one. Case, spaces and hyphens do not matter; I and L are
    read as 1, O as 0, as Crockford asks."""
    code = "".join(text.split()).replace("-", "").upper().translate(_READ_AS)
    return code if len(code) == CODE_CHARS and all(char in ALPHABET for char in code) else None


def show_enrolment_code(code: str) -> str:
    """As shown to people: 5-5."""
    return f"{code[:5]}-{code[5:]}"


def make_enrolment_code(random: bytes) -> str:
    """The code of 50 random bits (the first of at least 7 bytes)."""
    if len(random) < 7:
        raise ValueError("at least 7 random bytes")
    bits = int.from_bytes(random[:7], "big") >> 6
    return "".join(ALPHABET[bits >> shift & 31] for shift in range(45, -1, -5))


def sign_enrolment(
    *,
    code: str,
    request_key: SigningKey,
    journal_key: SigningKey,
    nonce: bytes,
    software: str,
    machine: str,
    keystore: str,
) -> EnrolmentRequest:
    """The request with both proofs. ``code`` as ``parse_enrolment_code`` gives it."""
    text = base64url(nonce)
    proven = _proven(code, request_key.public.text, journal_key.public.text, text)
    return EnrolmentRequest(
        code=code,
        request_key=request_key.public.text,
        journal_key=journal_key.public.text,
        nonce=text,
        proof=base64url(request_key.sign(proven)),
        journal_proof=base64url(journal_key.sign(proven)),
        software=software,
        machine=machine,
        keystore=keystore,
    )


def enrolment_keys(request: EnrolmentRequest) -> tuple[VerifyKey, VerifyKey] | None:
    """(request key, journal key) if both proofs are good and the keys differ, else ``None``."""
    try:
        request_key, journal_key = VerifyKey.from_text(request.request_key), VerifyKey.from_text(request.journal_key)
        proof, journal_proof = unbase64url(request.proof), unbase64url(request.journal_proof)
        fresh = len(unbase64url(request.nonce)) == NONCE_BYTES
    except BadKey:
        return None
    proven = _proven(request.code, request.request_key, request.journal_key, request.nonce)
    good = request_key.verify(proof, proven) and journal_key.verify(journal_proof, proven)
    return (request_key, journal_key) if good and fresh and request_key != journal_key else None


def _proven(code: str, request_key: str, journal_key: str, nonce: str) -> bytes:
    # the parts are texts of fixed alphabets; a separator outside all of them keeps their borders
    return hashlib.sha256("|".join((code, request_key, journal_key, nonce)).encode("utf-8")).digest()
