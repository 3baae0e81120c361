"""``kiosk journal``: what a technician copies and reads."""

from pathlib import Path

import pytest

from kiosk.cli import main
from tests.fakes.clock import FakeClock
from tests.helpers.journal import SERIAL, open_store, public_key_pair, started, whole_sale


@pytest.fixture
def folder(tmp_path: Path, clock: FakeClock) -> Path:
    data = tmp_path / "data"
    journal = open_store(data, clock)
    journal.append([started()], user="")
    for events in whole_sale():
        journal.append(events, user="clerk-1")
    journal.close()
    return data


def test_a_snapshot_verifies(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The copy that the technician sends in would be refused by the verifier."""
    copy = tmp_path / "copy.db"
    assert main(["journal", "--data", str(folder), "snapshot", str(copy)]) == 0
    capsys.readouterr()
    assert main(["verify", str(copy), "--key", public_key_pair().public.text]) == 0
    assert "10 entries" in capsys.readouterr().out


def test_replay_shows_every_entry_and_no_serial(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A technician could not see what happened, or would carry card numbers away."""
    assert main(["journal", "--data", str(folder), "replay"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert "2026-01-01 10:00:00.000" in lines[0]
    assert "ticket 1" in lines[7]
    assert "SaleCompleted" in lines[7]
    assert "serial=••••1104" in lines[1]
    assert not any(SERIAL in line for line in lines)


def test_replay_reads_a_copy_and_stops_at_the_first_bad_entry(
    folder: Path, tmp_path: Path, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was altered would be shown as if it had happened."""
    import sqlite3

    copy = tmp_path / "copy.db"
    journal = open_store(folder, clock)
    journal.copy_to(copy)
    journal.close()
    assert main(["journal", "replay", str(copy), "--after", "8"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    connection = sqlite3.connect(copy)
    connection.execute("DROP TRIGGER entry_no_update")
    connection.execute("UPDATE entry SET content = CAST(replace(content, 'clerk-1', 'clerk-2') AS BLOB) WHERE seq = 5")
    connection.commit()
    connection.close()
    assert main(["journal", "replay", str(copy)]) == 1
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 4
    assert "JRN-06: entry 5" in said.err


@pytest.mark.parametrize("content", [None, b"bonjour" * 100])
def test_what_is_no_journal_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None) -> None:
    """A wrong path would end in a traceback."""
    path = tmp_path / "x.db"
    if content is not None:
        path.write_bytes(content)
    assert main(["journal", "replay", str(path)]) == 1
    assert "JRN-0" in capsys.readouterr().err
    assert main(["journal", "--data", str(tmp_path), "replay"]) == 1
    assert "no journal here" in capsys.readouterr().err


def test_a_running_till_is_not_disturbed(
    folder: Path, tmp_path: Path, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    """A copy made behind the till's back would be a second connection to its file (JR-04)."""
    journal = open_store(folder, clock)
    assert main(["journal", "--data", str(folder), "snapshot", str(tmp_path / "copy.db")]) == 1
    assert "JRN-07" in capsys.readouterr().err
    journal.close()
