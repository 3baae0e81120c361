"""The scripts that set everything up say what is missing, with the command that mends it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the scripts are for Debian and its like")


@pytest.fixture
def stubs(tmp_path: Path) -> Path:
    """A folder that comes first in PATH; ``_stub`` puts programs into it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def _stub(folder: Path, name: str, body: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


def _bootstrap(repository: Path, stubs: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{stubs}:/usr/bin:/bin", "DISPLAY": "", **more}
    command = [str(repository / "scripts" / "bootstrap"), *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_every_script_is_executable_and_parses(repository: Path) -> None:
    """A typing mistake in a script is found at the worst place: a machine without anything."""
    scripts = [path for path in (repository / "scripts").iterdir() if path.is_file() and path.suffix == ""]
    assert len(scripts) >= 7
    for path in [*scripts, repository / ".ci" / "run"]:
        assert os.access(path, os.X_OK), path.name
        if path.read_text(encoding="utf-8").startswith("#!/usr/bin/env bash"):
            subprocess.run(["bash", "-n", path], check=True, timeout=10)


def test_an_old_python_is_named_with_its_remedy(repository: Path, stubs: Path) -> None:
    """Debian 11 has Python 3.9: a syntax error from the middle of the product explains nothing."""
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        _stub(stubs, name, "exit 1")
    ran = _bootstrap(repository, stubs)
    assert ran.returncode == 1
    assert "Python 3.11 or newer is missing" in ran.stderr
    assert "sudo apt-get install python3 python3-venv" in ran.stderr


def test_missing_libraries_are_named_with_the_exact_command_and_the_work_goes_on(repository: Path, stubs: Path) -> None:
    """Without the right to install, a newcomer must be able to ask the person who has it for one line."""
    _stub(stubs, "ldconfig", "echo 'libGL.so.1 (libc6,x86-64) => /usr/lib/libGL.so.1'")
    _stub(stubs, "id", "echo 1000")
    _stub(stubs, "sudo", "exit 1")
    _stub(stubs, "apt-get", "echo called >&2; exit 1")
    ran = _bootstrap(repository, stubs)
    assert ran.returncode == 0, ran.stderr
    line = next(line for line in ran.stderr.splitlines() if "sudo apt-get install" in line)
    assert "libegl1" in line
    assert "libzbar0" in line
    assert "libgl1" not in line.split()
    assert "called" not in ran.stderr


def test_without_qt_the_tests_do_not_start(repository: Path, stubs: Path, tmp_path: Path) -> None:
    """A thousand failures that all mean one missing library hide which one."""
    (tmp_path / "PySide6").mkdir()
    (tmp_path / "PySide6" / "__init__.py").write_text("raise ImportError('libEGL.so.1: cannot open')", encoding="utf-8")
    ran = _bootstrap(repository, stubs, "--screens", PYTHONPATH=str(tmp_path))
    assert ran.returncode == 1
    assert "Qt cannot be loaded" in ran.stderr
    assert "libEGL.so.1" in ran.stderr


def test_the_second_run_installs_nothing(repository: Path, stubs: Path) -> None:
    """A set-up that asks the network each time cannot be used on a train, nor in a shop."""
    for name in ("pip", "apt-get", "sudo"):
        _stub(stubs, name, "echo touched >&2; exit 1")
    _stub(
        stubs,
        "ldconfig",
        "for l in libEGL.so.1 libGL.so.1 libxkbcommon.so.0 libdbus-1.so.3 libfontconfig.so.1 libglib-2.0.so.0 libzbar.so.0; "
        'do echo "$l (libc6) => x"; done',
    )
    ran = _bootstrap(repository, stubs)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.strip() == "set-up: ready"
