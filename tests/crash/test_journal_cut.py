"""The journal's files cut at every place: what a start finds is a prefix of what was written, or trouble, never something else.

Every frame's end and every 211th byte in the test command; every byte by ``KIOSK_CUT_STRIDE=1``.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.errors import Trouble
from kiosk.till.ports import Entry
from tests.fakes.clock import FakeClock
from tests.helpers.journal import open_store, started, whole_sale

STRIDE = int(os.environ.get("KIOSK_CUT_STRIDE", "211"))
WAL_HEADER, FRAME_HEADER, PAGE = 32, 24, 4096
DB, WAL = "journal-T0001.db", "journal-T0001.db-wal"
pytestmark = pytest.mark.timeout(120 + 300_000 // STRIDE**2)  # every byte takes a quarter of an hour
DAMAGE = ("JRN-03", "JRN-06", "JRN-08")  # damaged, broken chain, not a journal any more


def unsigned(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Entries without their signatures: those are checked by the verifier and the authority, not at each start."""
    return tuple(replace(entry, signature=b"") for entry in entries)


class Written:
    """A till that was switched off in the middle of the day, with everything still in its write-ahead log."""

    def __init__(self, folder: Path) -> None:
        live = folder / "live"
        self.folder = folder / "off"
        journal = open_store(live, FakeClock())
        journal.append([started()], user="")
        for n in (1, 2):
            for events in whole_sale(n):
                journal.append(events, user="clerk-1")
        self.entries = unsigned(journal.entries())
        shutil.copytree(live, self.folder)
        journal.close()
        self.closed = live

    def again(self, target: Path, name: str, data: bytes, *, source: Path | None = None) -> Path:
        """The same files with one of them replaced."""
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source or self.folder, target)
        (target / name).write_bytes(data)
        return target


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return Written(tmp_path_factory.mktemp("written"))


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: thousands of starts sync thousands of files."""
    memory = Path("/dev/shm")
    folder = memory / f"kiosk-cut-{os.getpid()}" if memory.is_dir() and os.access(memory, os.W_OK) else tmp_path / "cut"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def found(folder: Path) -> tuple[Sequence[Entry] | None, str | None]:
    """What the next start reads, and what it says of the anchors; ``None`` when it is trouble."""
    try:
        journal = open_store(folder, FakeClock())
    except Trouble as trouble:
        return _known(trouble)
    try:
        return unsigned(journal.entries()), journal.tampered()
    except Trouble as trouble:
        return _known(trouble)
    finally:
        with suppress(Trouble):
            journal.close()


def _known(trouble: Trouble) -> tuple[None, None]:
    if trouble.code not in DAMAGE:
        raise trouble
    return None, None


def test_a_log_cut_anywhere_gives_a_prefix_and_the_anchor_tells(
    written: Written, quick: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """After a power cut the till would start from a sale that never was, or not start at all."""
    data = (written.folder / WAL).read_bytes()
    ends = range(WAL_HEADER, len(data) + 1, FRAME_HEADER + PAGE)
    assert len(ends) > 20
    cuts = sorted({0, *range(0, len(data), STRIDE), *ends, *(end - 1 for end in ends), *(end + 1 for end in ends)})
    lengths = set()
    for cut in cuts:
        folder = written.again(quick, WAL, data[:cut])
        entries, tampered = found(folder)
        assert entries is not None, f"cut at {cut}: no start"
        assert entries == written.entries[: len(entries)], f"cut at {cut}: not a prefix"
        whole = len(entries) == len(written.entries)
        assert (tampered is None) is whole, f"cut at {cut}: the anchor must tell what is missing"
        lengths.add(len(entries))
    assert len(lengths) > 15


def test_a_log_with_flipped_bits_gives_a_prefix(
    written: Written, quick: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A torn sector would become money."""
    data = bytearray((written.folder / WAL).read_bytes())
    for place in range(WAL_HEADER, len(data), STRIDE * 5):
        data[place] ^= 0x20
        entries, _ = found(written.again(quick, WAL, bytes(data)))
        data[place] ^= 0x20
        assert entries is not None
        assert entries == written.entries[: len(entries)], f"flipped at {place}"


def test_a_closed_file_cut_anywhere_is_trouble_or_whole(
    written: Written, quick: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A half-copied journal would be taken for a shorter day, or for garbage."""
    data = (written.closed / DB).read_bytes()
    for cut in sorted({1, 15, 16, 99, 100, *range(PAGE, len(data), PAGE), *range(1, len(data), STRIDE * 11)}):
        entries, _ = found(written.again(quick, DB, data[:cut], source=written.closed))
        assert entries is None or entries == written.entries, f"cut at {cut}"


def test_a_closed_file_with_flipped_bits_is_trouble_or_whole(
    written: Written, quick: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One flipped bit on a dying disk would change a price (JR-12)."""
    data = bytearray((written.closed / DB).read_bytes())
    seen = 0
    places = range(0, len(data), STRIDE * 2)
    for place in places:
        data[place] ^= 0x08
        entries, _ = found(written.again(quick, DB, bytes(data), source=written.closed))
        data[place] ^= 0x08
        assert entries is None or entries == written.entries, f"flipped at {place}"
        seen += entries is None
    assert seen > len(places) // 5
