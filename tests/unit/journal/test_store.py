"""What only the real store can show: what it finds at the start, what a failed write leaves, whose thread it is."""

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.domain import events as ev
from kiosk.errors import Bug, Trouble
from kiosk.journal.disk import BALLAST_NAME, MIB, DiskLimits
from kiosk.protocol.messages import EntriesAnswer
from kiosk.till.state import DiskRoom
from tests.fakes.clock import FakeClock
from tests.helpers.journal import (
    NO_LIMITS,
    answer_for,
    completed,
    forge,
    open_store,
    public_key_pair,
    scanned,
    started,
    whole_sale,
)


def trouble_code(action: Callable[[], object]) -> str:
    with pytest.raises(Trouble) as caught:
        action()
    return caught.value.code


# ---- start


def test_the_file_is_made_whole_or_not_at_all(tmp_path: Path, clock: FakeClock) -> None:
    """A power cut during the very first start would leave a file that no start can use (JR-02)."""
    (tmp_path / "journal-T0001.db.new").write_bytes(b"half a journal")
    journal = open_store(tmp_path, clock)
    journal.append([started()], user="")
    journal.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "journal-T0001.anchor",
        "journal-T0001.db",
        "journal.lock",
    ]


def test_a_second_till_on_the_folder_is_refused_by_name(tmp_path: Path, clock: FakeClock) -> None:
    """Two tills would draw the same receipt numbers."""
    journal = open_store(tmp_path, clock)
    with pytest.raises(Trouble) as caught:
        open_store(tmp_path, clock)
    assert caught.value.code == "JRN-07"
    assert str(os.getpid()) in caught.value.detail
    journal.close()
    open_store(tmp_path, clock).close()


def test_a_second_program_cannot_open_the_file(tmp_path: Path, clock: FakeClock) -> None:
    """A support tool that looks into the live file could corrupt it (JR-03, JR-04)."""
    journal = open_store(tmp_path, clock)
    journal.append([started()], user="")
    other = sqlite3.connect(journal.path, timeout=0)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("SELECT count(*) FROM entry")
    other.close()
    journal.close()


@pytest.mark.parametrize("change", ["terminal", "epoch", "key"])
def test_somebody_elses_journal_is_refused(tmp_path: Path, clock: FakeClock, change: str) -> None:
    """A till would sign on in another till's journal, or with a key that the authority does not know."""
    journal = open_store(tmp_path, clock, epoch=2)
    journal.append([started()], user="")
    journal.close()
    if change == "terminal":
        shutil.move(journal.path, tmp_path / "journal-T0002.db")
        assert trouble_code(lambda: open_store(tmp_path, clock, epoch=2, terminal="T0002")) == "JRN-08"
    elif change == "epoch":
        assert trouble_code(lambda: open_store(tmp_path, clock, epoch=1)) == "JRN-08"
    else:
        assert trouble_code(lambda: open_store(tmp_path, clock, epoch=2, key=public_key_pair("other"))) == "JRN-08"


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 300])
def test_a_foreign_file_is_refused_and_left_alone(tmp_path: Path, clock: FakeClock, content: bytes) -> None:
    """A damaged journal would be overwritten by an empty one, and the sales of a month with it."""
    path = tmp_path / "journal-T0001.db"
    path.write_bytes(content)
    assert trouble_code(lambda: open_store(tmp_path, clock)) in ("JRN-03", "JRN-08")
    if content:
        assert path.read_bytes() == content


def test_a_start_that_failed_lets_go_of_the_folder(tmp_path: Path, clock: FakeClock) -> None:
    """After the technician mended it, the till would say that another one runs."""
    path = tmp_path / "journal-T0001.db"
    path.write_bytes(b"x" * 5000)
    assert trouble_code(lambda: open_store(tmp_path, clock)) == "JRN-03"
    path.unlink()
    open_store(tmp_path, clock).close()


@pytest.mark.parametrize("column", ["content", "hash", "prev"])
def test_an_altered_entry_stops_the_start(tmp_path: Path, clock: FakeClock, column: str) -> None:
    """A changed price would be folded into the day (JR-12)."""
    journal = open_store(tmp_path, clock)
    for events in whole_sale():
        journal.append(events, user="clerk-1")
    journal.close()
    forge(journal.path, f"UPDATE entry SET {column} = (SELECT {column} FROM entry WHERE seq = 4) WHERE seq = 3")
    with pytest.raises(Trouble) as caught:
        open_store(tmp_path, clock)
    assert caught.value.code == "JRN-06"
    assert "entry 3" in caught.value.detail


def test_an_entry_before_the_authoritys_anchor_is_checked_when_it_is_read(tmp_path: Path, clock: FakeClock) -> None:
    """The start checks the chain from the anchor on; what lies before it would never be checked."""
    journal = open_store(tmp_path, clock)
    for events in whole_sale():
        journal.append(events, user="clerk-1")
    batch = journal.next_batch()
    assert batch is not None
    journal.mark_delivered(answer_for(batch))
    journal.close()
    forge(journal.path, "UPDATE entry SET content = CAST(replace(content, '1000', '2000') AS BLOB) WHERE seq = 4")
    journal = open_store(tmp_path, clock)
    assert trouble_code(journal.entries) == "JRN-06"
    assert trouble_code(journal.verify_fully) == "JRN-06"
    journal.close()


def test_an_altered_entry_is_never_delivered(tmp_path: Path, clock: FakeClock) -> None:
    """The authority would take a forged sale for the terminal's word."""
    journal = open_store(tmp_path, clock)
    journal.append([started(), scanned()], user="")
    batch = journal.next_batch()
    assert batch is not None
    journal.mark_delivered(EntriesAnswer(results=[], anchor=answer_for(batch).anchor))
    journal.close()
    forge(journal.path, "UPDATE entry SET content = CAST(replace(content, '1000', '2000') AS BLOB) WHERE seq = 2")
    journal = open_store(tmp_path, clock)
    assert trouble_code(journal.next_batch) == "JRN-06"
    journal.close()


def test_a_full_check_finds_a_foreign_signature(tmp_path: Path, clock: FakeClock) -> None:
    """An entry that somebody else signed would be taken for ours."""
    journal = open_store(tmp_path, clock)
    for events in whole_sale():
        journal.append(events, user="clerk-1")
    journal.verify_fully()
    journal.close()
    forge(journal.path, "UPDATE entry SET signature = zeroblob(64) WHERE seq = 5")
    journal = open_store(tmp_path, clock)
    with pytest.raises(Trouble, match="entry 5: its signature"):
        journal.verify_fully()
    journal.close()


# ---- append


def test_an_append_that_fails_in_the_middle_leaves_nothing(tmp_path: Path, clock: FakeClock) -> None:
    """Half a transaction would be half a sale, and a receipt number would be lost (CAI-01)."""
    journal = open_store(tmp_path, clock)
    with pytest.raises(AssertionError):
        journal.append([completed("sale-1"), ev.OpaqueEvent("X", "{}")], user="")
    assert journal.entries() == ()
    assert journal.append([completed("sale-1")], user="")[0].chain_no == 1
    journal.close()


class FailingDisk:
    """The journal's connection on a disk whose flush fails at the commit."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    def execute(self, sql: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        if sql == "COMMIT":
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_IOERR_FSYNC, "SQLITE_IOERR_FSYNC"
            raise error
        return self._connection.execute(sql, values)


def test_after_a_failed_flush_nothing_is_believed_until_the_next_start(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second flush that succeeds says nothing about the first: an entry that is not on the disk would count as durable."""
    journal = open_store(tmp_path, clock)
    journal.append([started()], user="")
    monkeypatch.setattr(journal._database, "_connection", FailingDisk(journal._database._connection))
    assert trouble_code(lambda: journal.append([completed()], user="")) == "JRN-02"
    assert trouble_code(lambda: journal.append([started()], user="")) == "JRN-02"
    assert trouble_code(journal.entries) == "JRN-02"
    assert not journal.healthy()
    journal.close()
    journal = open_store(tmp_path, clock)
    assert len(journal.entries()) == 1
    journal.close()


def test_only_its_thread_may_touch_it(tmp_path: Path, clock: FakeClock) -> None:
    """Two threads on one connection would mix their transactions."""
    journal = open_store(tmp_path, clock)
    seen: list[object] = []

    def touch() -> None:
        try:
            journal.append([started()], user="")
        except Bug as bug:
            seen.append(bug)
        journal.adopt()
        seen.append(len(journal.append([started()], user="")))

    thread = threading.Thread(target=touch)
    thread.start()
    thread.join(10)
    assert isinstance(seen[0], Bug)
    assert seen[1] == 1
    with pytest.raises(Bug):
        journal.entries()
    journal.adopt()
    journal.close()


def test_a_closed_journal_says_so(tmp_path: Path, clock: FakeClock) -> None:
    """A sale after the end of the till would be lost without a word."""
    journal = open_store(tmp_path, clock)
    journal.close()
    assert trouble_code(lambda: journal.append([started()], user="")) == "JRN-05"


def test_closing_leaves_one_file(tmp_path: Path, clock: FakeClock) -> None:
    """A technician who copies the file of a stopped till would copy half of it."""
    journal = open_store(tmp_path, clock)
    for events in whole_sale():
        journal.append(events, user="clerk-1")
    journal.close()
    assert not list(tmp_path.glob("*-wal"))
    assert not list(tmp_path.glob("*-shm"))


# ---- room (JR-11)


@pytest.mark.parametrize(
    ("free_mib", "room"),
    [(501, DiskRoom.AMPLE), (499, DiskRoom.LOW), (199, DiskRoom.NO_PROMISES), (63, DiskRoom.NO_SALES)],
)
def test_the_room_on_the_disk_has_four_steps(tmp_path: Path, clock: FakeClock, free_mib: int, room: DiskRoom) -> None:
    """The till would start sales that it cannot end."""
    limits = DiskLimits(ballast_bytes=0)
    journal = open_store(tmp_path, clock, limits=limits, free=lambda folder: free_mib * MIB)
    assert journal.disk_room() is room
    assert journal.healthy() is (room is not DiskRoom.NO_SALES)
    journal.close()


def test_a_full_disk_lets_the_ballast_go_and_the_sale_end(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A customer whose money is in the drawer would get no card because the disk is full."""
    limits = DiskLimits(low_bytes=0, no_promises_bytes=0, no_sales_bytes=0, ballast_bytes=MIB)
    free = [1_000 * MIB]
    journal = open_store(tmp_path, clock, limits=limits, free=lambda folder: free[0])
    ballast = tmp_path / BALLAST_NAME
    assert ballast.stat().st_blocks * 512 >= MIB, "a ballast with a hole gives nothing back"
    journal.append([started()], user="")
    pages = journal._database.number("PRAGMA page_count")  # a limit of SQLite's own stands in for the disk
    journal._database.row(f"PRAGMA max_page_count={pages}")
    written = 0
    refused: list[str] = []
    free[0] = 0
    while not refused and ballast.exists():
        try:
            journal.append([scanned(f"line-{written}")], user="")
            written += 1
        except Trouble as trouble:
            refused.append(trouble.code)
    assert refused == ["JRN-01"], "SQLite's own limit does not care for the ballast"
    assert not ballast.exists()
    assert not journal.healthy()
    assert journal.disk_room() is DiskRoom.NO_SALES
    entries = journal.entries()
    assert len(entries) == written + 1, "what was acknowledged is there, what was refused is not"
    journal._database.row("PRAGMA max_page_count=1000000")
    journal.append([completed()], user="")
    free[0] = 1_000 * MIB
    assert journal.healthy(), "with room again the ballast is put back and sales start"
    assert ballast.exists()
    journal.verify_fully()
    journal.close()


@pytest.mark.skipif(os.geteuid() != 0 or not Path("/dev/shm").is_dir(), reason="a tiny disk is mounted by root")
def test_a_really_full_disk(tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    """What SQLite does on a disk without a free block is not what a limit of its own shows (JR-11)."""
    import subprocess

    tiny = tmp_path / "tiny"
    tiny.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tiny)], check=False).returncode != 0:
        pytest.skip("this machine lets nobody mount a tiny disk")
    try:
        limits = DiskLimits(low_bytes=0, no_promises_bytes=0, no_sales_bytes=0, ballast_bytes=256 * 1024)
        journal = open_store(tiny, clock, limits=limits, free=lambda folder: 1 << 40)
        written = 0
        codes: list[str] = []
        while not codes:
            try:
                journal.append([scanned(f"line-{written}"), completed(f"sale-{written}")], user="clerk-1")
                written += 1
            except Trouble as trouble:
                codes.append(trouble.code)
            assert written < 3_000, "a disk of one MiB is full at some time"
        assert codes == ["JRN-01"]
        assert any("ballast" in record.message for record in caplog.records), "the ballast was used before"
        assert len(journal.entries()) == 2 * written
        journal.close()
        journal = open_store(tiny, clock, limits=NO_LIMITS)
        assert len(journal.entries()) == 2 * written
        assert journal.tampered() is None
        journal.close()
    finally:
        subprocess.run(["umount", str(tiny)], check=True)


# ---- copies


def test_a_copy_is_whole_while_the_till_writes(tmp_path: Path, clock: FakeClock) -> None:
    """The copy that goes to the tax office would lack the newest sales."""
    journal = open_store(tmp_path, clock)
    for events in whole_sale():
        journal.append(events, user="clerk-1")
    copy = tmp_path / "copy.db"
    copy.write_bytes(b"an older copy")
    journal.copy_to(copy)
    journal.append([started()], user="")
    connection = sqlite3.connect(copy)
    assert connection.execute("SELECT count(*) FROM entry").fetchone() == (9,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()
    journal.close()


def test_a_copy_to_nowhere_is_trouble_and_not_a_halt(tmp_path: Path, clock: FakeClock) -> None:
    """A USB stick that was pulled out would stop the till."""
    journal = open_store(tmp_path, clock)
    journal.append([started()], user="")
    assert trouble_code(lambda: journal.copy_to(tmp_path / "absent" / "copy.db")) == "JRN-05"
    journal.append([started()], user="")
    journal.close()
