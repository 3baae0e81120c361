"""``kiosk verify`` as a person meets it: what it refuses, what it says, what it exits with, and that it stands alone."""

import ast
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock
from tests.helpers.journal import open_store, public_key_pair, started

Verify = Callable[..., tuple[int, str]]
NOT_CHECKED = 4


def test_the_live_journal_is_refused(tmp_path: Path, clock: FakeClock, verify: Verify) -> None:
    """A verdict about a file whose newest sales are elsewhere would be wrong, and reading it could harm it."""
    journal = open_store(tmp_path, clock)
    journal.append([started()], user="")
    code, said = verify(journal.path)
    assert code == NOT_CHECKED
    assert "kiosk journal snapshot" in said
    path = journal.path
    journal.close()
    code, said = verify(path)
    assert code == NOT_CHECKED, "also when the till has stopped: it is the till's file, not a copy"
    assert "kiosk journal snapshot" in said


def test_it_leaves_the_copy_as_it_was(sound_journal: Path, verify: Verify) -> None:
    """Looking at the evidence would change it."""
    before, beside = sound_journal.read_bytes(), sorted(sound_journal.parent.iterdir())
    verify(sound_journal)
    assert sound_journal.read_bytes() == before
    assert sorted(sound_journal.parent.iterdir()) == beside


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("absent", "No such file"),
        ("text", "not a journal"),
        ("other", "not a journal"),
        ("newer", "layout 9"),
        ("empty", ""),
    ],
)
def test_what_is_no_journal_is_not_checked(tmp_path: Path, verify: Verify, name: str, sentence: str) -> None:
    """A wrong file would be called forged, or sound."""
    path = tmp_path / name
    if name == "text":
        path.write_text("bonjour " * 100)
    elif name == "empty":
        path.touch()
    elif name in ("other", "newer"):
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE entry(seq)")
        if name == "newer":
            connection.execute(f"PRAGMA application_id={0x4B4A524E}")
            connection.execute("PRAGMA user_version=9")
        connection.commit()
        connection.close()
    code, said = verify(path)
    assert code == NOT_CHECKED
    assert sentence in said


@pytest.mark.parametrize("key", ["nonsense", "", "AAAA", "-----BEGIN PUBLIC KEY-----\nxx\n-----END PUBLIC KEY-----"])
def test_a_key_that_is_none_is_said_so(sound_journal: Path, verify: Verify, key: str) -> None:
    """A mistyped key would look like a forged journal."""
    code, said = verify(sound_journal, "--key", key)
    assert code == NOT_CHECKED
    assert "key" in said


def test_a_key_may_come_as_pem_in_a_file(sound_journal: Path, tmp_path: Path, verify: Verify) -> None:
    """An auditor has the key as his tools write it."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    point = public_key_pair().public.point
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    path = tmp_path / "key.pem"
    path.write_bytes(key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    assert verify(sound_journal, "--key", str(path))[0] == 0


def test_a_broken_anchor_file_is_not_taken_for_none(sound_journal: Path, tmp_path: Path, verify: Verify) -> None:
    """The one check that shows a missing end would silently not be made."""
    path = tmp_path / "x.anchor"
    path.write_bytes(b"x" * 5000)
    assert verify(sound_journal, "--anchor", str(path))[0] == NOT_CHECKED
    assert verify(sound_journal, "--anchor", str(tmp_path / "absent"))[0] == NOT_CHECKED


def test_it_imports_nothing_of_ours() -> None:
    """It would repeat our own mistakes instead of finding them (CAI-17)."""
    folder = Path(__file__).resolve().parents[3] / "kiosk" / "verifier"
    files = sorted(folder.glob("*.py"))
    assert len(files) > 5
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                assert not name.startswith("kiosk") or name.startswith("kiosk.verifier"), f"{path.name} imports {name}"


def test_it_runs_alone(sound_journal: Path, tmp_path: Path) -> None:
    """An auditor has Python, cryptography and this folder, and not our program."""
    source = Path(__file__).resolve().parents[3] / "kiosk" / "verifier"
    target = tmp_path / "kiosk" / "verifier"
    target.mkdir(parents=True)
    for path in source.glob("*.py"):
        (target / path.name).write_bytes(path.read_bytes())
    code = (
        "import sys, json, runpy; sys.path.insert(0, sys.argv.pop(1)); "
        "sys.modules.update({'kiosk.domain': None, 'kiosk.protocol': None, 'msgspec': None}); "
        "runpy.run_module('kiosk.verifier', run_name='__main__', alter_sys=True)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(tmp_path), str(sound_journal), "--key", public_key_pair().public.text],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    assert json.dumps(done.stdout).count("SOUND") == 1
