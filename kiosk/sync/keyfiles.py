"""The terminal's keys where there is no keyring: a system credential, a file of another user, and the demonstration's open file.

Each says what it is; none stands in for another by itself. Not responsible for the choice between them (``open_keystore``
takes what the enrolment named).
"""

import hashlib
import json
import os
import stat
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from kiosk.files import replace_file
from kiosk.protocol.keys import base64url
from kiosk.sync.keystore import (
    KeyringStore,
    KeyState,
    KeyStore,
    KeyStoreKind,
    TerminalKeys,
    absent,
    keys_of,
    locked,
    not_kept,
    read_back,
    state_of,
    unsafe,
)

CREDENTIAL_NAME: Final = "kiosk-keys"
CREDENTIAL_FILE: Final = Path("/etc/credstore.encrypted") / CREDENTIAL_NAME
KEY_FILE: Final = Path("/etc/kiosk") / "keys.json"
DEMONSTRATION_FILE: Final = "demonstration-keys.json"
MAX_FILE_BYTES: Final = 4_096
COMMAND_TIMEOUT_S: Final = 30.0
_WARNING: Final = (
    "These keys are readable by everybody who can read this folder. They are for a demonstration and protect nothing."
)

Runner = Callable[[Sequence[str], bytes], bytes]


class CredentialStore:
    """A credential that systemd decrypts for this service alone, sealed to the machine's TPM or host key.

    ``folder`` is ``CREDENTIALS_DIRECTORY`` of the running service. ``save`` needs root and writes the sealed file; the service
    finds the keys after its next start, with ``LoadCredentialEncrypted=kiosk-keys`` in its unit.
    """

    kind: Final = KeyStoreKind.CREDENTIAL

    def __init__(self, *, folder: Path | None, sealed: Path = CREDENTIAL_FILE, run: Runner | None = None) -> None:
        self._folder = folder
        self._sealed = sealed
        self._run = run or _run

    def state(self) -> KeyState:
        return state_of(self)

    def load(self) -> TerminalKeys:
        if self._folder is not None:
            path = self._folder / CREDENTIAL_NAME
            try:
                return _parse(path.read_bytes()[:MAX_FILE_BYTES])
            except FileNotFoundError:
                raise absent("the service was started without the credential kiosk-keys") from None
            except OSError as error:
                raise locked(f"the credential cannot be read: {error.strerror}") from error
        if not self._sealed.exists():
            raise absent("no credential kiosk-keys was made: kiosk enrol --keystore credential, as root")
        return _parse(self._run(["systemd-creds", "decrypt", f"--name={CREDENTIAL_NAME}", str(self._sealed), "-"], b""))

    def save(self, keys: TerminalKeys) -> None:
        sealed = self._run(["systemd-creds", "encrypt", f"--name={CREDENTIAL_NAME}", "-", "-"], _written(keys))
        try:
            replace_file(self._sealed, sealed, mode=0o600)
        except OSError as error:
            raise not_kept(f"{self._sealed}: {error.strerror}") from error
        read_back(CredentialStore(folder=None, sealed=self._sealed, run=self._run), keys)


class OtherUsersFile:
    """A file that belongs to another user (root), which this user may read through its group and not change.

    Whoever only gets hold of the terminal's data folder, or runs as another user, has no keys. ``user`` and ``group`` are those the
    till runs as; ``save`` needs root.
    """

    kind: Final = KeyStoreKind.FILE

    def __init__(self, path: Path = KEY_FILE, *, user: int, group: int) -> None:
        self._path = path
        self._user = user
        self._group = group

    def state(self) -> KeyState:
        return state_of(self)

    def load(self) -> TerminalKeys:
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            raise absent(f"there is no {self._path}: kiosk enrol --keystore file, as root") from None
        except OSError as error:
            raise locked(f"{self._path}: {error.strerror}") from error
        with os.fdopen(descriptor, "rb") as stream:
            seen = os.fstat(descriptor)
            self._judge(seen, self._path.parent.stat())
            return _parse(stream.read(MAX_FILE_BYTES))

    def save(self, keys: TerminalKeys) -> None:
        try:
            self._path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            replace_file(self._path, _written(keys), mode=0o640, group=self._group)
        except OSError as error:
            raise not_kept(f"{self._path}: {error.strerror}; run as root") from error
        read_back(self, keys)

    def _judge(self, file: os.stat_result, folder: os.stat_result) -> None:
        if not stat.S_ISREG(file.st_mode) or file.st_mode & 0o027:
            raise unsafe(f"{self._path}: others may read it, or its group may change it")
        if self._user in (file.st_uid, folder.st_uid) or folder.st_mode & 0o022:
            raise unsafe(f"{self._path}: the till's own user could change it; it must belong to another user")


class DemonstrationStore:
    """An open file in the terminal's folder. It says so in itself, on every screen, and to the authority, which must be in
    demonstration mode to accept it."""

    kind: Final = KeyStoreKind.DEMONSTRATION

    def __init__(self, folder: Path) -> None:
        self._path = folder / DEMONSTRATION_FILE

    def state(self) -> KeyState:
        return state_of(self)

    def load(self) -> TerminalKeys:
        try:
            return _parse(self._path.read_bytes()[:MAX_FILE_BYTES])
        except FileNotFoundError:
            raise absent("this folder holds no keys: kiosk enrol") from None
        except OSError as error:
            raise locked(f"{self._path}: {error.strerror}") from error

    def save(self, keys: TerminalKeys) -> None:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self._path, _written(keys, warning=_WARNING), mode=0o600)
        except OSError as error:
            raise not_kept(f"{self._path}: {error.strerror}") from error
        read_back(self, keys)


def open_keystore(kind: KeyStoreKind, folder: Path) -> KeyStore:
    """The place of this kind for the terminal whose data are in ``folder``. Nothing is read yet, and nothing else is tried."""
    match kind:
        case KeyStoreKind.KEYRING:
            return KeyringStore(scope=hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:16])
        case KeyStoreKind.CREDENTIAL:
            given = os.environ.get("CREDENTIALS_DIRECTORY")
            return CredentialStore(folder=Path(given) if given else None)
        case KeyStoreKind.FILE:
            if os.name != "posix":
                raise locked("a file of another user protects nothing on this system: use the keyring")
            owner = folder.stat() if folder.exists() else None
            return OtherUsersFile(
                user=os.getuid() if owner is None else owner.st_uid,
                group=os.getgid() if owner is None else owner.st_gid,
            )
        case KeyStoreKind.DEMONSTRATION:
            return DemonstrationStore(folder)


def _written(keys: TerminalKeys, *, warning: str | None = None) -> bytes:
    seeds = {"request": base64url(keys.request_key.seed()), "journal": base64url(keys.journal_key.seed())}
    return json.dumps({**({} if warning is None else {"warning": warning}), **seeds}, indent=1).encode() + b"\n"


def _parse(data: bytes) -> TerminalKeys:
    try:
        seeds = json.loads(data)
        request_seed, journal_seed = seeds["request"], seeds["journal"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise unsafe("the file of keys is damaged") from None
    if not isinstance(request_seed, str) or not isinstance(journal_seed, str):
        raise unsafe("the file of keys is damaged")
    return keys_of(request_seed, journal_seed)


def _run(command: Sequence[str], given: bytes) -> bytes:
    try:
        done = subprocess.run(command, input=given, capture_output=True, check=True, timeout=COMMAND_TIMEOUT_S)
    except FileNotFoundError:
        raise locked(f"{command[0]} is not on this machine") from None
    except (subprocess.SubprocessError, OSError) as error:
        raise locked(f"{command[0]} {command[1]} failed: {type(error).__name__}") from error
    return done.stdout
