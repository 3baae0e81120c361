"""A journal that was cut, replaced or continued elsewhere is found at the next start, by what its anchors saw (CAI-06, JR-08)."""

import shutil
from pathlib import Path

import pytest

from kiosk.domain import events as ev
from kiosk.errors import Trouble
from kiosk.journal.anchor import AnchorFile
from tests.fakes.clock import FakeClock
from tests.helpers.journal import completed, forge, open_store, scanned, started, whole_sale


def test_yesterdays_file_put_back_is_found(tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    """A day's sales could be undone by copying a file (CAI-06: restore yesterday's DB file)."""
    journal = open_store(tmp_path, clock)
    journal.append([started()], user="")
    journal.close()
    yesterday = journal.path.read_bytes()
    journal = open_store(tmp_path, clock)
    for events in whole_sale():
        journal.append(events, user="clerk-1")
    journal.close()
    journal.path.write_bytes(yesterday)
    journal = open_store(tmp_path, clock)
    assert journal.tampered() == "the anchor saw entry 10, the journal ends at 1"
    assert not journal.healthy()
    journal.append([ev.TillStarted("0.1.0", "euro", "EUR", tampered=journal.tampered())], user="")
    journal.close()
    journal = open_store(tmp_path, clock)
    assert journal.tampered() is not None, "it does not heal by a restart"
    journal.close()
    journal = open_store(tmp_path, clock, epoch=2)
    assert journal.tampered() is None
    assert journal.healthy()
    journal.append([started()], user="")
    journal.verify_fully()
    journal.close()
    journal = open_store(tmp_path, clock, epoch=2)
    assert journal.tampered() is None
    journal.close()


def test_a_tail_that_was_deleted_is_found(tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    """The last sale could be deleted (CAI-06: delete last N rows)."""
    journal = open_store(tmp_path, clock)
    for events in whole_sale():
        journal.append(events, user="clerk-1")
    journal.close()
    forge(journal.path, "DELETE FROM outbox WHERE seq > 6", "DELETE FROM entry WHERE seq > 6")
    journal = open_store(tmp_path, clock)
    assert journal.tampered() == "the anchor saw entry 9, the journal ends at 6"
    journal.close()


def test_a_fork_is_found(tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    """An older file sold on elsewhere and put back would pass by its length."""
    journal = open_store(tmp_path, clock)
    journal.append([started()], user="")
    journal.close()
    fork = tmp_path / "fork"
    fork.mkdir()
    for name in ("journal-T0001.db", "journal-T0001.anchor"):
        shutil.copy(tmp_path / name, fork)
    for folder, user in ((tmp_path, "clerk-1"), (fork, "clerk-2")):
        other = open_store(folder, clock)
        other.append([scanned()], user=user)
        other.close()
    shutil.copy(fork / "journal-T0001.db", tmp_path)
    journal = open_store(tmp_path, clock)
    assert journal.tampered() == "entry 2 is not the one that the anchor saw"
    journal.close()


@pytest.mark.parametrize(
    ("remove", "sentence"),
    [("journal-T0001.anchor", "is missing"), ("journal-T0001.db", "the anchor saw entry 9, the journal ends at 0")],
)
def test_a_removed_file_is_found(
    tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture, remove: str, sentence: str
) -> None:
    """Deleting the anchor, or the whole journal, would be the easy way around."""
    journal = open_store(tmp_path, clock)
    for events in whole_sale():
        journal.append(events, user="clerk-1")
    journal.close()
    (tmp_path / remove).unlink()
    journal = open_store(tmp_path, clock)
    tampered = journal.tampered()
    assert tampered is not None
    assert sentence in tampered
    journal.close()


def test_the_log_of_a_vanished_journal_is_not_replayed_into_the_new_one(
    tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A deleted journal's write-ahead log would fill the new file with pages of the old one."""
    crashed = tmp_path / "crashed"
    journal = open_store(tmp_path, clock)
    for events in whole_sale():
        journal.append(events, user="clerk-1")
    shutil.copytree(tmp_path, crashed)
    journal.close()
    (crashed / "journal-T0001.db").unlink()
    assert (crashed / "journal-T0001.db-wal").exists()
    journal = open_store(crashed, clock)
    assert journal.entries() == ()
    assert journal.tampered() is not None
    journal.close()
    assert (crashed / "journal-T0001.db-wal.aside").exists(), "it is evidence and is kept"


def test_the_anchor_file_survives_a_torn_write(tmp_path: Path, clock: FakeClock) -> None:
    """A power cut in the middle of a note would stop the shop for tampering."""
    journal = open_store(tmp_path, clock)
    for events in whole_sale():
        journal.append(events, user="clerk-1")
    journal.close()
    path = tmp_path / "journal-T0001.anchor"
    whole = path.read_bytes()
    newest = AnchorFile(path)
    assert newest.head is not None
    assert newest.head.seq == 9
    newest.abandon()
    for offset in (0, 4096):
        path.write_bytes(whole[:offset] + b"\0" * 100 + whole[offset + 100 :])
        journal = open_store(tmp_path, clock)
        assert journal.tampered() is None
        journal.close()
        path.write_bytes(whole)


def test_an_anchor_that_cannot_be_written_stops_the_next_sale_only(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A failing anchor would lose the sale in hand, or be ignored for months."""
    journal = open_store(tmp_path, clock)

    def fail(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(AnchorFile, "note", fail)
        assert len(journal.append([completed()], user="")) == 1
        journal.append([started()], user="")
        assert not journal.healthy()
        assert len([record for record in caplog.records if "anchor" in record.message]) == 1, "logged once"
    journal.append([started()], user="")
    assert journal.healthy()
    journal.close()


@pytest.mark.parametrize("terminal", ["", "../T0001", "T 1", "T0001.2026", "T" * 41])
def test_a_terminals_id_names_a_file_in_its_folder(tmp_path: Path, clock: FakeClock, terminal: str) -> None:
    """A strange id would put the journal somewhere else, or pass for an ended year's."""
    with pytest.raises(Trouble):
        open_store(tmp_path, clock, terminal=terminal)
