"""``kiosk clerk``: PINs are typed, hashed, replaced and taken away; a bad one changes nothing."""

import io
import sys
from pathlib import Path

import pytest

from kiosk.cli import COMMANDS, main
from kiosk.till.pins import PinRegister, parse_clerks


def clerk(folder: Path, *words: str, pin: str = "", monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "stdin", io.StringIO(pin + "\n"))
    return main(["clerk", *words, "--data", str(folder)], commands=COMMANDS)


def register(folder: Path) -> PinRegister:
    return PinRegister(parse_clerks((folder / "clerks.toml").read_text("utf-8")))


def test_somebody_may_log_in_and_no_pin_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A till that nobody can log in to sells nothing; a PIN in a file would open it for whoever reads the file."""
    assert clerk(tmp_path, "add", "nadia", "--name", "Nadia B.", pin="2846", monkeypatch=monkeypatch) == 0
    assert register(tmp_path).check("nadia", "2846")
    assert "2846" not in (tmp_path / "clerks.toml").read_text("utf-8")
    assert (tmp_path / "clerks.toml").stat().st_mode & 0o077 == 0


def test_a_new_pin_replaces_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody whose PIN was seen must be able to change it, and the seen one must be dead."""
    for pin in ("2846", "7391"):
        clerk(tmp_path, "add", "nadia", "--name", "Nadia B.", pin=pin, monkeypatch=monkeypatch)
    assert register(tmp_path).check("nadia", "7391")
    assert not register(tmp_path).check("nadia", "2846")
    assert len(register(tmp_path).clerks()) == 1


@pytest.mark.parametrize("pin", ["1234", "0000", "12", "abcd", ""])
def test_a_bad_pin_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pin: str) -> None:
    """The first PINs that a thief tries must not open a till."""
    assert clerk(tmp_path, "add", "nadia", "--name", "Nadia B.", pin=pin, monkeypatch=monkeypatch) == 1
    assert not (tmp_path / "clerks.toml").exists()


def test_somebody_who_left_may_log_in_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dismissed clerk's PIN must end with the job."""
    clerk(tmp_path, "add", "nadia", "--name", "Nadia B.", pin="2846", monkeypatch=monkeypatch)
    assert clerk(tmp_path, "remove", "karim", monkeypatch=monkeypatch) == 1
    assert clerk(tmp_path, "remove", "nadia", monkeypatch=monkeypatch) == 0
    assert not register(tmp_path).clerks()
