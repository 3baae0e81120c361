"""T-KEYRING: a keystore that is absent, locked, slow, wrong or emptied is told apart, and nothing else steps in for it."""

import json
import os
import stat
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from kiosk.errors import Trouble
from kiosk.protocol.keys import base64url
from kiosk.sync import keyfiles, keystore
from kiosk.sync.keyfiles import CredentialStore, DemonstrationStore, OtherUsersFile, open_keystore
from kiosk.sync.keystore import KeyringStore, KeyState, KeyStore, KeyStoreKind, TerminalKeys, system_ring
from tests.helpers.wire import OTHER_KEY, TERMINAL_KEY, key

KEYS = TerminalKeys(TERMINAL_KEY, OTHER_KEY)


class Ring:
    """A keyring in memory that can be made to fail."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.failure: Exception | None = None
        self.hang: threading.Event | None = None
        self.keeps = True
        self.alters = False

    def get_password(self, service: str, username: str) -> str | None:
        self._behave()
        value = self.kept.get((service, username))
        return base64url(key(77).seed()) if self.alters and value else value

    def set_password(self, service: str, username: str, password: str) -> None:
        self._behave()
        if self.keeps:
            self.kept[service, username] = password

    def _behave(self) -> None:
        if self.hang is not None:
            self.hang.wait(10)
        if self.failure is not None:
            raise self.failure


def store(ring: Ring, *, scope: str = "a", timeout_s: float = 5) -> KeyringStore:
    return KeyringStore(scope=scope, ring=lambda: ring, timeout_s=timeout_s)


def code_of(work: object) -> str:
    with pytest.raises(Trouble) as caught:
        work()  # type: ignore[operator]  # a test's callable
    return caught.value.code


def same(loaded: TerminalKeys) -> bool:
    return (loaded.request_key.public, loaded.journal_key.public) == (TERMINAL_KEY.public, OTHER_KEY.public)


def test_kept_and_found_again() -> None:
    """A till would lose its identity over night."""
    ring = Ring()
    store(ring).save(KEYS)
    assert same(store(ring).load())
    assert store(ring).state() is KeyState.OPEN
    assert all(len(value) == 43 for value in ring.kept.values()), "Windows takes no long ones"


def test_terminals_of_one_machine_are_apart() -> None:
    """Two tills of one shop would speak with one voice."""
    ring = Ring()
    store(ring, scope="a").save(KEYS)
    assert store(ring, scope="b").state() is KeyState.ABSENT


def test_absent() -> None:
    """A new machine could not be told from a broken one."""
    ring = Ring()
    assert store(ring).state() is KeyState.ABSENT
    assert code_of(store(ring).load) == "KEY-01"
    store(ring).save(KEYS)
    del ring.kept["kiosk", "journal:a"]
    assert store(ring).state() is KeyState.ABSENT, "half of the keys are none"


@pytest.mark.parametrize("failure", [RuntimeError("locked 1234"), OSError("D-Bus is gone"), KeyError("x")])
def test_locked_or_denied(failure: Exception) -> None:
    """A locked keyring would end the till, or be overwritten with new keys."""
    ring = Ring()
    store(ring).save(KEYS)
    ring.failure = failure
    assert store(ring).state() is KeyState.LOCKED
    with pytest.raises(Trouble) as caught:
        store(ring).load()
    assert (caught.value.code, caught.value.retryable) == ("KEY-02", True)
    assert "1234" not in str(caught.value)
    assert code_of(lambda: store(ring).save(KEYS)) == "KEY-02"
    ring.failure = None
    assert same(store(ring).load()), "once it is open again everything is there"


def test_slow() -> None:
    """A keyring that waits for a password nobody types would hang the till at start."""
    ring = Ring()
    store(ring).save(KEYS)
    ring.hang = threading.Event()
    assert store(ring, timeout_s=0.05).state() is KeyState.LOCKED
    ring.hang.set()
    ring.hang = None
    assert store(ring).state() is KeyState.OPEN


def test_a_ring_that_keeps_nothing() -> None:
    """A null keyring accepts everything: after the enrolment the keys would be gone."""
    ring = Ring()
    ring.keeps = False
    assert code_of(lambda: store(ring).save(KEYS)) == "KEY-04"


def test_a_ring_that_keeps_something_else() -> None:
    """The till would enrol with one key and sign with another."""
    ring = Ring()
    ring.alters = True
    assert code_of(lambda: store(ring).save(KEYS)) == "KEY-04"


@pytest.mark.parametrize("value", ["", "AAAA", "no key", base64url(bytes(32)), "é"])
def test_a_wrong_value(value: str) -> None:
    """A damaged value would give the till some other identity."""
    ring = Ring()
    store(ring).save(KEYS)
    ring.kept["kiosk", "request:a"] = value
    assert store(ring).state() is KeyState.LOCKED
    assert code_of(store(ring).load) == "KEY-03"


def test_deleted_while_running() -> None:
    """Keys that were deleted would be replaced in silence by new ones."""
    ring = Ring()
    one = store(ring)
    one.save(KEYS)
    ring.kept.clear()
    assert one.state() is KeyState.ABSENT


def test_the_environment_chooses_no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable could make the till believe that its keys are kept (JR-16)."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setenv("KEYRING_PROPERTY_SCHEME", "mine")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
    try:
        ring = system_ring()
    except Trouble as trouble:
        assert trouble.code == "KEY-02"  # noqa: PT017 - a machine without one says so
    else:
        assert type(ring).__module__ == "keyring.backends.SecretService"
        assert vars(ring) == {}
    one = KeyringStore(scope="test", timeout_s=5)
    assert one.state() is KeyState.LOCKED
    assert code_of(lambda: one.save(KEYS)) == "KEY-02"


def test_keys_have_no_text() -> None:
    """A log would carry the till's secret keys."""
    assert repr(KEYS) == "TerminalKeys(…)"


def test_demonstration_file(tmp_path: Path) -> None:
    """The demonstration could not start; or its file would look like a safe place."""
    one = DemonstrationStore(tmp_path / "new")
    assert one.state() is KeyState.ABSENT
    one.save(KEYS)
    assert same(one.load())
    assert one.kind is KeyStoreKind.DEMONSTRATION
    path = tmp_path / "new" / keyfiles.DEMONSTRATION_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "protect nothing" in json.loads(path.read_text())["warning"]
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", '{"request":1,"journal":2}', '{"request":"","journal":""}', "[" * 5000]
)
def test_damaged_file(tmp_path: Path, text: str) -> None:
    """A damaged file would end the till with an error that nobody understands."""
    (tmp_path / keyfiles.DEMONSTRATION_FILE).write_text(text)
    assert code_of(DemonstrationStore(tmp_path).load) == "KEY-03"


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """An enrolment would go on with keys that are not kept."""
    (tmp_path / "file").write_text("")
    assert code_of(lambda: DemonstrationStore(tmp_path / "file").save(KEYS)) == "KEY-04"


OTHER_USER = os.getuid() + 4711


def other_users_file(tmp_path: Path) -> tuple[OtherUsersFile, Path]:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    path = folder / "keys.json"
    return OtherUsersFile(path, user=OTHER_USER, group=os.getgid()), path


def test_file_of_another_user(tmp_path: Path) -> None:
    """A till without a keyring could not be enrolled."""
    one, path = other_users_file(tmp_path)
    assert one.state() is KeyState.ABSENT
    one.save(KEYS)
    assert same(one.load())
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o642, 0o666, 0o604])
def test_file_that_is_too_open(tmp_path: Path, mode: int) -> None:
    """Keys that everybody may read or change would be trusted."""
    one, path = other_users_file(tmp_path)
    one.save(KEYS)
    path.chmod(mode)
    assert code_of(one.load) == "KEY-03"


def test_file_of_the_tills_own_user(tmp_path: Path) -> None:
    """Whoever breaks into the till could exchange its keys."""
    _, path = other_users_file(tmp_path)
    own = OtherUsersFile(path, user=os.getuid(), group=os.getgid())
    with pytest.raises(Trouble) as caught:
        own.save(KEYS)
    assert caught.value.code == "KEY-04"
    assert code_of(own.load) == "KEY-03"


def test_file_in_a_folder_that_others_may_change(tmp_path: Path) -> None:
    """The file could be exchanged as a whole."""
    one, path = other_users_file(tmp_path)
    one.save(KEYS)
    path.parent.chmod(0o777)
    assert code_of(one.load) == "KEY-03"


def test_link_in_place_of_the_file(tmp_path: Path) -> None:
    """A link could lead the till to keys of somebody's choice."""
    one, path = other_users_file(tmp_path)
    one.save(KEYS)
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")
    assert one.state() is KeyState.LOCKED


class Creds:
    """systemd-creds in memory: "sealing" reverses the bytes."""

    def __init__(self) -> None:
        self.commands: list[Sequence[str]] = []

    def __call__(self, command: Sequence[str], given: bytes) -> bytes:
        self.commands.append(command)
        assert base64url(TERMINAL_KEY.seed()) not in " ".join(command), "a secret on the command line"
        return given[::-1] if command[1] == "encrypt" else Path(command[3]).read_bytes()[::-1]


def test_system_credential(tmp_path: Path) -> None:
    """A kiosk without a session could not keep its keys."""
    sealed, creds = tmp_path / "store" / "kiosk-keys", Creds()
    sealed.parent.mkdir()
    installing = CredentialStore(folder=None, sealed=sealed, run=creds)
    assert installing.state() is KeyState.ABSENT
    installing.save(KEYS)
    assert [command[1] for command in creds.commands] == ["encrypt", "decrypt"]
    assert TERMINAL_KEY.seed() not in sealed.read_bytes()
    service = tmp_path / "credentials"
    service.mkdir()
    running = CredentialStore(folder=service, sealed=sealed, run=creds)
    assert running.state() is KeyState.ABSENT
    (service / "kiosk-keys").write_bytes(sealed.read_bytes()[::-1])
    assert same(running.load())


def test_machine_without_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing tool would look like missing keys, and new ones be made."""

    def missing(*_: object, **__: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", missing)
    one = CredentialStore(folder=None, sealed=tmp_path / "kiosk-keys")
    assert code_of(lambda: one.save(KEYS)) == "KEY-02"


def test_the_kind_alone_chooses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A till would fall back to a place that is less safe, without anybody being told."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    opened: dict[KeyStoreKind, KeyStore] = {kind: open_keystore(kind, tmp_path) for kind in KeyStoreKind}
    assert {kind: type(one) for kind, one in opened.items()} == {
        KeyStoreKind.KEYRING: KeyringStore,
        KeyStoreKind.CREDENTIAL: CredentialStore,
        KeyStoreKind.FILE: OtherUsersFile,
        KeyStoreKind.DEMONSTRATION: DemonstrationStore,
    }
    assert all(one.kind is kind for kind, one in opened.items())
    assert list(tmp_path.iterdir()) == []
    assert keystore.SERVICE == "kiosk"
