"""The command line finds its room, imports nothing else, and ends with a code that a script can trust."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.cli import COMMANDS, Command, main
from kiosk.errors import Trouble


def configure_echo(parser: argparse.ArgumentParser) -> None:
    """A command for these tests: tells what it was given."""
    parser.add_argument("word")

    def handler(arguments: argparse.Namespace) -> int:
        sys.stdout.write(f"{arguments.word} {arguments.data}\n")
        return 7

    parser.set_defaults(handler=handler)


def configure_trouble(parser: argparse.ArgumentParser) -> None:
    """A command whose printer has no paper."""

    def handler(_: argparse.Namespace) -> int:
        raise Trouble("PRN-02", retryable=True, detail="paper out")

    parser.set_defaults(handler=handler)


def configure_interrupted(parser: argparse.ArgumentParser) -> None:
    """A command that somebody stops with Ctrl-C."""

    def handler(_: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    parser.set_defaults(handler=handler)


FOR_TESTS = (
    Command("echo", "say a word", f"{__name__}:configure_echo"),
    Command("trouble", "have trouble", f"{__name__}:configure_trouble", has_data=False),
    Command("stop", "be stopped", f"{__name__}:configure_interrupted", has_data=False),
    Command("absent", "a room that is not there", "kiosk.no_such_room:configure"),
)


def test_a_command_gets_its_arguments_and_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A command that ignored --data would write into another till's journal."""
    assert main(["echo", "--data", str(tmp_path), "bonjour"], commands=FOR_TESTS) == 7
    assert capsys.readouterr().out == f"bonjour {tmp_path}\n"


def test_the_folder_may_come_from_the_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service file names the folder once."""
    monkeypatch.setenv("KIOSK_DATA", str(tmp_path))
    assert main(["echo", "x"], commands=FOR_TESTS) == 7
    assert capsys.readouterr().out == f"x {tmp_path}\n"


def test_trouble_is_a_line_and_a_code(capsys: pytest.CaptureFixture[str]) -> None:
    """A traceback tells a technician nothing."""
    assert main(["trouble"], commands=FOR_TESTS) == 1
    assert capsys.readouterr().err == "kiosk: PRN-02: paper out\n"


def test_ctrl_c_ends_quietly() -> None:
    """A stopped command is no failure of the program."""
    assert main(["stop"], commands=FOR_TESTS) == 130


@pytest.mark.parametrize("words", [["nonsense"], ["echo"], ["echo", "a", "b"], ["--nonsense"]])
def test_wrong_usage_is_code_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A script must be able to tell its own mistake from trouble."""
    with pytest.raises(SystemExit) as caught:
        main(words, commands=FOR_TESTS)
    assert caught.value.code == 2
    assert "usage: kiosk" in capsys.readouterr().err


def test_help_lists_all_and_imports_none(capsys: pytest.CaptureFixture[str]) -> None:
    """Help that imported every room would need Qt on the authority's machine."""
    with pytest.raises(SystemExit) as caught:
        main(["--help"], commands=FOR_TESTS)
    assert caught.value.code == 0
    listed = capsys.readouterr().out
    assert all(command.name in listed and command.summary in listed for command in FOR_TESTS)
    assert main([], commands=FOR_TESTS) == 2


def test_every_command_answers_help(capsys: pytest.CaptureFixture[str]) -> None:
    """A line in the table that points nowhere would only be found by a user."""
    for command in COMMANDS:
        with pytest.raises(SystemExit) as caught:
            main([command.name, "--help"])
        assert caught.value.code == 0
        assert f"kiosk {command.name}" in capsys.readouterr().out


def test_python_m_kiosk_is_the_command() -> None:
    """Processes that start each other must not depend on where the script was installed."""
    ran = subprocess.run(
        [sys.executable, "-m", "kiosk", "--version"], capture_output=True, text=True, check=True, timeout=30
    )
    assert ran.stdout.startswith("kiosk ")
