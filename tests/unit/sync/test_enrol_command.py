"""``kiosk enrol`` as a technician runs it."""

import io
import sys
from pathlib import Path

import pytest

from kiosk.cli import main
from kiosk.protocol.messages import EnrolmentAnswer
from kiosk.settings import load_settings
from kiosk.sync.identity import load_identity
from tests.helpers.stand_in import Heard, StandIn, signed
from tests.helpers.wire import AUTHORITY_KEY
from tests.unit.sync.test_enrolment import ACCEPTED, CODE


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(CODE + "\n"))


def _enrol(server: StandIn, folder: Path, *more: str) -> int:
    return main(["enrol", "--data", str(folder), "--keystore", "demonstration", *more])


@pytest.mark.usefixtures("typed")
def test_a_new_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A technician could not put a till into service from its command line."""
    folder = tmp_path / "data"
    with StandIn(lambda heard: signed(heard, ACCEPTED)) as server:
        assert _enrol(server, folder, "--authority", server.address) == 0
        host = server.heard[0].host
    said = capsys.readouterr().out
    assert " ".join(AUTHORITY_KEY.public.words) in said
    assert "T-7" in said
    assert "protect nothing" in said
    assert CODE not in said
    settings = load_settings(folder)
    assert (settings.authority.address, settings.authority.public_name) == (server.address, host)
    enrolled = load_identity(folder)
    assert enrolled is not None
    assert enrolled.authority == host


@pytest.mark.usefixtures("typed")
def test_settings_that_are_there_stand(tmp_path: Path) -> None:
    """The public name behind a proxy would be overwritten by the address."""
    with StandIn(lambda heard: signed(heard, ACCEPTED)) as server:
        text = f'[authority]\naddress = "{server.address}"\npublic_name = "authority.example"\n'
        (tmp_path / "terminal.toml").write_text(text)
        assert _enrol(server, tmp_path) == 0
        assert server.heard[0].host == "authority.example"
    assert (tmp_path / "terminal.toml").read_text() == text


@pytest.mark.usefixtures("typed")
def test_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A refusal would look like a success."""

    def refuse(heard: Heard) -> bytes:
        return signed(heard, EnrolmentAnswer(outcome="refused", reason="expired"))

    with StandIn(refuse) as server:
        assert _enrol(server, tmp_path, "--authority", server.address) == 1
    assert "ENR-01: expired" in capsys.readouterr().err
    assert not (tmp_path / "terminal.toml").exists()
    assert load_identity(tmp_path) is None


def test_no_address(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The technician would not learn what is missing."""
    assert main(["enrol", "--data", str(tmp_path)]) == 1
    assert "SET-01" in capsys.readouterr().err
