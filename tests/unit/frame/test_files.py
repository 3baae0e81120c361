"""Files that are replaced in one step: what stands after an error, after a crash, and in which order things reach the disk."""

import os
import stat
from pathlib import Path

import pytest

from kiosk.files import replace_file


def test_a_file_is_whole_and_for_whom_it_is_meant(tmp_path: Path) -> None:
    """Hashes of PINs would be readable by everybody on the machine."""
    path = tmp_path / "clerks.toml"
    replace_file(path, b"one")
    replace_file(path, b"two")
    assert path.read_bytes() == b"two" and stat.S_IMODE(path.stat().st_mode) == 0o600
    replace_file(path, b"three", mode=0o644)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [one.name for one in tmp_path.iterdir()] == ["clerks.toml"]


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.replace"])
def test_after_an_error_the_old_file_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """A full disk would cost a terminal its settings or its identity."""
    path = tmp_path / "identity.json"
    replace_file(path, b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(step, full)
    with pytest.raises(OSError, match="No space left"):
        replace_file(path, b"new")
    monkeypatch.undo()
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"identity.json": b"old"}


def test_what_a_crash_left_is_no_obstacle(tmp_path: Path) -> None:
    """A till that lost its power while it was set up could never be set up again."""
    (tmp_path / ".keys.json.new").write_bytes(b"half")
    replace_file(tmp_path / "keys.json", b"whole")
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"keys.json": b"whole"}


def test_the_content_is_on_the_disk_before_its_name_and_the_name_before_the_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a power cut the file would be empty, or the old one again although somebody was told otherwise."""
    done: list[str] = []
    flush, move = os.fsync, Path.replace

    def noted_flush(descriptor: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        flush(descriptor)

    def noted_move(self: Path, target: Path) -> Path:
        done.append("name")
        return move(self, target)

    monkeypatch.setattr(os, "fsync", noted_flush)
    monkeypatch.setattr(Path, "replace", noted_move)
    replace_file(tmp_path / "terminal.toml", b"x")
    assert done == ["file", "name", "folder"]
