"""The authority's secrets: its signing key and the master key of the codes, in files of their own outside the database.

Whoever has the database alone cannot forge an answer and cannot test a guessed code. Not responsible for terminals' keys: the
authority knows only their public halves.
"""

import os
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kiosk.errors import Trouble
from kiosk.files import sync_folder
from kiosk.protocol.keys import SEED_BYTES, SigningKey

MASTER_BYTES = 32
KEY_FILE_UNSAFE = "AUT-08"

_SIGNING = "signing.key"
_MASTER = "master.key"


class AuthorityKeys:
    """The signing key, and keys for one purpose each, derived from the master key. No repr, never pickled."""

    __slots__ = ("_master", "signing")

    def __init__(self, *, signing: SigningKey, master: bytes) -> None:
        if len(master) != MASTER_BYTES:
            raise ValueError(f"the master key has {MASTER_BYTES} bytes")
        self.signing = signing
        self._master = master

    @classmethod
    def generate(cls) -> "AuthorityKeys":
        """New secrets from the operating system's generator."""
        return cls(signing=SigningKey.generate(), master=os.urandom(MASTER_BYTES))

    def lot_key(self, lot_no: int) -> bytes:
        """The key under which the codes of one lot are tagged; it is made when it is needed and kept nowhere."""
        return self._derive(f"kiosk lot {lot_no}")

    def cursor_key(self) -> bytes:
        """Signs the cursors of the changes feed."""
        return self._derive("kiosk changes cursor")

    def enrolment_key(self) -> bytes:
        """Tags the one-time codes of enrolment."""
        return self._derive("kiosk enrolment code")

    def fingerprint_key(self) -> bytes:
        """Tags what was asked under an idempotency key: a payment's question covers a code, so a plain hash would give it away."""
        return self._derive("kiosk payment fingerprint")

    def pages_key(self, purpose: str) -> bytes:
        """What the shoppers' pages carry through a browser is marked and sealed with: one key for each purpose."""
        return self._derive(f"kiosk pages {purpose}")

    def merchant_secret(self, key_id: str) -> bytes:
        """What a merchant's HMAC key signs with. Shown once when the key is made; made again here for each check, kept nowhere."""
        return self._derive(f"kiosk merchant key {key_id}")

    def _derive(self, purpose: str) -> bytes:
        return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose.encode()).derive(self._master)

    def __repr__(self) -> str:
        return "AuthorityKeys(…)"

    def __reduce__(self) -> str:
        raise TypeError("secret keys are not pickled")


def create_keys(folder: Path) -> AuthorityKeys:
    """New secrets, durable on return; the folder is for this user alone. Raises ``FileExistsError`` rather than replace any."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    keys = AuthorityKeys.generate()
    _write(folder / _SIGNING, keys.signing.seed())
    _write(folder / _MASTER, keys._master)
    sync_folder(folder)
    return keys


def load_keys(folder: Path) -> AuthorityKeys:
    """The secrets. Raises ``Trouble`` AUT-08 when they are missing, damaged, or readable by others than their owner."""
    return AuthorityKeys(
        signing=SigningKey.from_seed(_read(folder / _SIGNING, SEED_BYTES)),
        master=_read(folder / _MASTER, MASTER_BYTES),
    )


def _write(path: Path, secret: bytes) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.write(descriptor, secret.hex().encode("ascii") + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path, count: int) -> bytes:
    try:
        if path.stat().st_mode & 0o077:
            raise _unsafe(f"{path.name} is readable by others: run 'chmod 600' on it, and ask yourself who read it")
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        raise _unsafe(
            f"{path.name} is missing or damaged: restore it from its backup; without it nothing can go on"
        ) from None
    if len(secret) != count:
        raise _unsafe(f"{path.name} is damaged: restore it from its backup")
    return secret


def _unsafe(detail: str) -> Trouble:
    return Trouble(KEY_FILE_UNSAFE, retryable=False, detail=detail)
