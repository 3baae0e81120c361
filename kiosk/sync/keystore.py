"""Where the terminal's two secret keys are kept, and how sure that place is. Three states: absent, locked, open (JR-16).

The place is chosen in code by its kind, never by the environment, and never changed by itself: a place that fails is trouble,
and the till then sells nothing. Every write is read back. Not responsible for making keys (``enrolment``).
"""

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol, TypeVar

from kiosk.errors import Trouble
from kiosk.protocol.keys import BadKey, SigningKey, base64url, unbase64url

SERVICE: Final = "kiosk"
ANSWER_TIMEOUT_S: Final = 20.0
T = TypeVar("T")


class KeyStoreKind(Enum):
    """The values stand in the enrolment request: the authority decides which it accepts."""

    KEYRING = "keyring"
    CREDENTIAL = "credential"
    FILE = "file"
    DEMONSTRATION = "demonstration"


class KeyState(Enum):
    ABSENT = "absent"  # the place works and holds no keys for this terminal
    LOCKED = "locked"  # the place does not answer, is locked, or is not there at all: a person is needed
    OPEN = "open"


@dataclass(frozen=True, slots=True, repr=False)
class TerminalKeys:
    """One key for requests, one for the journal: the first is used on line all day, the second never leaves the till thread."""

    request_key: SigningKey
    journal_key: SigningKey

    @classmethod
    def generate(cls) -> "TerminalKeys":
        return cls(SigningKey.generate(), SigningKey.generate())

    def __repr__(self) -> str:
        return "TerminalKeys(…)"


class KeyStore(Protocol):
    """One place. Every method may take ``ANSWER_TIMEOUT_S`` and is called outside the GUI thread."""

    @property
    def kind(self) -> KeyStoreKind: ...

    def state(self) -> KeyState:
        """Never raises."""
        ...

    def load(self) -> TerminalKeys:
        """The keys. Raises ``Trouble`` KEY-01 (none there), KEY-02 (locked or no answer), KEY-03 (damaged, or not safe)."""
        ...

    def save(self, keys: TerminalKeys) -> None:
        """Keep the keys, durably, and read them back. Raises ``Trouble`` KEY-02, or KEY-04 when they cannot be kept here."""
        ...


def absent(detail: str) -> Trouble:
    return Trouble("KEY-01", retryable=False, detail=detail)


def locked(detail: str) -> Trouble:
    return Trouble("KEY-02", retryable=True, detail=detail)


def unsafe(detail: str) -> Trouble:
    return Trouble("KEY-03", retryable=False, detail=detail)


def not_kept(detail: str) -> Trouble:
    return Trouble("KEY-04", retryable=False, detail=detail)


def state_of(store: KeyStore) -> KeyState:
    """The state of a store that loads."""
    try:
        store.load()
    except Trouble as trouble:
        return KeyState.ABSENT if trouble.code == "KEY-01" else KeyState.LOCKED
    return KeyState.OPEN


def read_back(store: KeyStore, keys: TerminalKeys) -> None:
    """Raises ``Trouble`` KEY-04 unless ``store`` really holds ``keys``: some stores accept everything and keep nothing."""
    try:
        kept = store.load()
    except Trouble as trouble:
        raise not_kept(f"written, but reading it back failed: {trouble}") from trouble
    if kept.request_key.public != keys.request_key.public or kept.journal_key.public != keys.journal_key.public:
        raise not_kept("written, but something else was read back")


def keys_of(request_seed: str, journal_seed: str) -> TerminalKeys:
    """The keys from their seeds as text. Raises ``Trouble`` KEY-03."""
    try:
        return TerminalKeys(
            SigningKey.from_seed(unbase64url(request_seed)), SigningKey.from_seed(unbase64url(journal_seed))
        )
    except BadKey:
        raise unsafe("what is kept there is no key") from None


class Ring(Protocol):
    """What is used of a ``keyring`` backend."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...


class KeyringStore:
    """The operating system's keyring: Secret Service, Windows Credential Manager or the macOS keychain.

    ``scope`` tells terminals on one machine apart. Only the two seeds are kept (43 characters each): Windows takes no more than
    1,280.
    """

    kind: Final = KeyStoreKind.KEYRING

    def __init__(
        self, *, scope: str, ring: Callable[[], Ring] | None = None, timeout_s: float = ANSWER_TIMEOUT_S
    ) -> None:
        self._scope = scope
        self._ring = ring or system_ring
        self._timeout_s = timeout_s

    def state(self) -> KeyState:
        return state_of(self)

    def load(self) -> TerminalKeys:
        request_seed, journal_seed = self._bounded(lambda: (self._get("request"), self._get("journal")))
        if request_seed is None or journal_seed is None:
            raise absent("the keyring holds no keys of this terminal: kiosk enrol")
        return keys_of(request_seed, journal_seed)

    def save(self, keys: TerminalKeys) -> None:
        self._bounded(lambda: self._set(keys))
        read_back(self, keys)

    def _get(self, name: str) -> str | None:
        return self._ring().get_password(SERVICE, f"{name}:{self._scope}")

    def _set(self, keys: TerminalKeys) -> None:
        ring = self._ring()
        for name, key in (("request", keys.request_key), ("journal", keys.journal_key)):
            ring.set_password(SERVICE, f"{name}:{self._scope}", base64url(key.seed()))

    def _bounded(self, work: Callable[[], T]) -> T:
        """Run ``work`` with a deadline: a keyring whose daemon hangs, or asks somebody who is not there, must not hang the till."""
        done: list[T] = []
        failed: list[Trouble] = []

        def run() -> None:
            try:
                done.append(work())
            except Trouble as trouble:
                failed.append(trouble)
            except Exception as error:  # keyring's backends raise whatever their systems raise
                failed.append(locked(f"the keyring failed: {type(error).__name__}"))

        thread = threading.Thread(target=run, name="keyring", daemon=True)
        thread.start()
        thread.join(self._timeout_s)
        if failed:
            raise failed[0]
        if not done:
            raise locked("the keyring does not answer: unlock it")
        return done[0]


def system_ring() -> Ring:
    """This platform's keyring, named here and nowhere else: neither the environment nor a configuration file has a say (JR-16).

    Raises ``Trouble`` KEY-02 where there is none.
    """
    import keyring.errors

    try:
        if sys.platform == "win32":
            from keyring.backends.Windows import WinVaultKeyring as Chosen
        elif sys.platform == "darwin":
            from keyring.backends.macOS import Keyring as Chosen
        else:
            from keyring.backends.SecretService import Keyring as Chosen
        _ = Chosen.priority  # raises where the system's part is missing
    except (keyring.errors.KeyringError, ImportError, RuntimeError, OSError) as error:
        raise locked(f"this machine has no keyring that can be used ({type(error).__name__})") from error
    chosen: Ring = Chosen()  # type: ignore[no-untyped-call]  # keyring types only a part of itself
    vars(chosen).clear()  # KEYRING_PROPERTY_… of the environment would have been put here
    return chosen
