"""The till's journal on disk: ``kiosk.till.ports.JournalStore`` over one SQLite file that is only ever appended to.

``SqliteJournal`` ties the parts together: the connection (``database``), the entries, the outbox, the downloads, the anchors, the
room on the disk. It draws the numbers inside the transaction that uses them, and it is owned by the till thread. Not responsible
for what an entry means (``kiosk.till.state`` folds them) nor for where the key comes from.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

from kiosk.clock import Clock
from kiosk.domain.events import FISCAL, Event
from kiosk.errors import Trouble
from kiosk.journal import chain
from kiosk.journal.anchor import AnchorFile
from kiosk.journal.archive import write_copy
from kiosk.journal.chain import Link, Row
from kiosk.journal.codec import CHAINS, GENESIS, MASTER, Content, encode, entry_hash, local_offset_minutes, utc_text
from kiosk.journal.database import Database, create
from kiosk.journal.disk import DiskGuard, DiskLimits, free_bytes
from kiosk.journal.downloads import Downloads
from kiosk.journal.entries import Entries
from kiosk.journal.lock import FolderLock
from kiosk.journal.outbox import Outbox
from kiosk.journal.quarantine import JournalIdentity, Quarantine
from kiosk.journal.sqlite_trouble import DENIED, FOREIGN, FULL
from kiosk.protocol.keys import VerifyKey
from kiosk.protocol.messages import MAX_BATCH_ENTRIES, ChangesAnswer, EntriesAnswer, EntriesRequest
from kiosk.till.ports import Delivered, Entry, ParkedRow, Snapshot, StockCard
from kiosk.till.state import DiskRoom

_TERMINAL: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
MAX_EVENTS: Final = 200  # in one append; the largest sale is far below


class JournalKey(Protocol):
    """What signs entries: ``kiosk.protocol.keys.SigningKey`` or one that lives in a TPM."""

    @property
    def public(self) -> VerifyKey: ...

    def sign(self, data: bytes) -> bytes:
        """Raw r‖s of ECDSA P-256 with SHA-256 over ``data``."""
        ...


def journal_path(folder: Path, terminal: str) -> Path:
    """The live file of a terminal. One that a fiscal year ended is renamed to ``journal-<terminal>.<year>.db``, nothing else."""
    if not _TERMINAL.fullmatch(terminal):
        raise Trouble(FOREIGN, retryable=False, detail="the terminal's id is not fit for a file name")
    return folder / f"journal-{terminal}.db"


class SqliteJournal:
    """A ``JournalStore``. Construction opens or creates the journal in ``folder`` and checks it: the lock, SQLite's quick check,
    the schema, the anchors, and the chain from the authority's anchor on. Raises ``Trouble`` JRN-….

    ``local_offset`` gives the local time's distance from UTC in minutes at a UTC time; ``free`` the room on the folder's disk.
    """

    def __init__(
        self,
        folder: Path,
        *,
        identity: JournalIdentity,
        key: JournalKey,
        clock: Clock,
        limits: DiskLimits | None = None,
        local_offset: Callable[[int], int] = local_offset_minutes,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self._identity = identity
        self._key = key
        self._clock = clock
        self._local_offset = local_offset
        self._path = journal_path(folder, identity.terminal)
        self._lock = FolderLock(folder)
        try:
            self._anchor = _open_anchor(self._path.with_suffix(".anchor"))
            self._disk = DiskGuard(folder, limits or DiskLimits(), free=free)
            if not self._path.exists():
                self._create()
            self._database = Database(self._path)
            self._entries = Entries(self._database)
            self._outbox = Outbox(self._database)
            self._downloads = Downloads(self._database)
            self._quarantine = Quarantine(self._database, self._entries, self._anchor, identity)
            self._check_at_start()
        except BaseException:
            if hasattr(self, "_database"):
                self._database.abandon()
            if hasattr(self, "_anchor"):
                self._anchor.abandon()
            self._lock.release()
            raise

    @property
    def path(self) -> Path:
        """The live file."""
        return self._path

    def adopt(self) -> None:
        """The calling thread, the till's, owns the journal from now on; what was opened elsewhere is handed over this way."""
        self._database.adopt()

    # ---- entries

    def append(self, events: Sequence[Event], *, user: str) -> Sequence[Entry]:
        """See ``JournalStore.append``. On a full disk the ballast is let go and the append tried once more (JR-11)."""
        assert 0 < len(events) <= MAX_EVENTS
        try:
            entries = self._append(events, user)
        except Trouble as trouble:
            if trouble.code != FULL or not self._disk.release():
                raise
            entries = self._append(events, user)
        last, receipt = entries[-1], any(entry.chain == "ticket" for entry in entries)
        self._quarantine.note(seq=last.seq, digest=last.hash, at_ms=last.at_ms, durable=receipt)
        return entries

    def entries(self, after_seq: int = 0) -> Sequence[Entry]:
        """See ``JournalStore.entries``."""
        after = Link(after_seq, self._entries.hash_at(after_seq))
        return tuple(
            chain.entry_of(row, content) for row, content in chain.checked(self._entries.after(after_seq), after)
        )

    def verify_fully(self) -> None:
        """Check every entry, every chain and every signature. Raises ``Trouble`` JRN-06 naming the first bad entry. Slow: some
        thousands of entries a second."""
        keys = {
            int(str(name).removeprefix("key.")): VerifyKey.from_text(str(text))
            for name, text in self._database.rows("SELECT k, v FROM meta WHERE k GLOB 'key.*'")
        }
        self._database.check_file()
        start = self._entries.genesis(MASTER)
        chain.check_fully(
            self._entries.after(start.no),
            genesis={name: self._entries.genesis(name) for name in CHAINS},
            master=start,
            verify=lambda epoch, signature, digest: epoch in keys and keys[epoch].verify(signature, digest),
        )

    # ---- outbox

    def outbox_size(self) -> int:
        """See ``JournalStore.outbox_size``."""
        return self._outbox.size()

    def next_batch(self, limit: int = MAX_BATCH_ENTRIES) -> EntriesRequest | None:
        """See ``JournalStore.next_batch``."""
        return self._outbox.next_batch(limit)

    def mark_delivered(self, answer: EntriesAnswer) -> Delivered:
        """See ``JournalStore.mark_delivered``."""
        found = self._quarantine.tampered
        with self._database.transaction("journal.deliver"):
            delivered = self._outbox.settle(answer.results)
            if answer.anchor is not None:
                self._downloads.note_contact(answer.anchor.at_ms)
                found = self._quarantine.compare(answer.anchor)
        self._quarantine.settle(found)
        return delivered

    def delivery_failed(self, batch: EntriesRequest, *, park: str | None = None) -> None:
        """See ``JournalStore.delivery_failed``."""
        with self._database.transaction("journal.delivery_failed"):
            self._outbox.failed((entry.seq for entry in batch.entries), park=park)

    def parked(self) -> Sequence[ParkedRow]:
        """See ``JournalStore.parked``."""
        return self._outbox.parked()

    def retry_parked(self) -> int:
        """See ``JournalStore.retry_parked``."""
        with self._database.transaction("journal.retry_parked"):
            return self._outbox.retry_parked()

    # ---- downloads

    def find_card(self, serial: str) -> StockCard | None:
        """See ``JournalStore.find_card``."""
        return self._downloads.find_card(serial)

    def is_blocked(self, serial: str) -> bool:
        """See ``JournalStore.is_blocked``."""
        return self._downloads.is_blocked(serial)

    def stock_counts(self) -> dict[str, int]:
        """See ``JournalStore.stock_counts``."""
        return self._downloads.stock_counts()

    def snapshot(self) -> Snapshot:
        """See ``JournalStore.snapshot``."""
        return self._downloads.snapshot()

    def cursor(self) -> str:
        """See ``JournalStore.cursor``."""
        return self._downloads.cursor()

    def apply_changes(self, answer: ChangesAnswer) -> None:
        """See ``JournalStore.apply_changes``."""
        with self._database.transaction("journal.changes"):
            self._downloads.apply(answer)

    def restart_download(self) -> None:
        """See ``JournalStore.restart_download``."""
        with self._database.transaction("journal.restart_download"):
            self._downloads.restart()

    # ---- health, end

    def healthy(self) -> bool:
        """See ``JournalStore.healthy``."""
        sound = self._database.sound and self._quarantine.tampered is None and self._quarantine.writable
        return sound and self._disk.room() is not DiskRoom.NO_SALES

    def disk_room(self) -> DiskRoom:
        """See ``JournalStore.disk_room``."""
        return self._disk.room()

    def tampered(self) -> str | None:
        """See ``JournalStore.tampered``."""
        return self._quarantine.tampered

    def copy_to(self, path: Path) -> None:
        """Write a checkpointed one-file copy to ``path``, replacing what is there; see ``archive``."""
        write_copy(self._database, path)

    def close(self) -> None:
        """See ``JournalStore.close``."""
        self._database.close()
        try:
            self._anchor.close()
        except OSError as error:
            raise Trouble(DENIED, retryable=False, detail=f"{self._anchor.path.name}: {error.strerror}") from error
        finally:
            self._lock.release()

    # ---- inside: start

    def _create(self) -> None:
        create(
            self._path,
            meta={"terminal": self._identity.terminal, "created_at": utc_text(self._clock.now_ms())},
            genesis=[(name, 0, GENESIS) for name in (MASTER, *CHAINS)],
        )

    def _check_at_start(self) -> None:
        self._database.check_file()
        if self._database.meta("terminal") != self._identity.terminal:
            raise Trouble(FOREIGN, retryable=False, detail="the journal is another terminal's")
        seq = max(self._quarantine.anchored_seq(), self._entries.genesis(MASTER).no)
        for _ in chain.checked(self._entries.after(seq), Link(seq, self._entries.hash_at(seq))):
            pass
        self._quarantine.begin(key_text=self._key.public.text, now_ms=self._clock.now_ms())

    # ---- inside: append

    def _append(self, events: Sequence[Event], user: str) -> tuple[Entry, ...]:
        entries: list[Entry] = []
        with self._database.transaction("journal.append"):
            head = self._entries.head()
            # a clock set back never makes a record go back (CAI-21); boot and mono_ms tell what the clock did
            at_ms = max(self._entries.last_at_ms(), self._clock.now_ms())
            for event in events:
                row, content = self._row(event, user=user, at_ms=at_ms, head=head)
                self._entries.insert(row)
                head = Link(row.seq, row.hash)
                entries.append(chain.entry_of(row, content))
            self._outbox.add(entry.seq for entry in entries)
        return tuple(entries)

    def _row(self, event: Event, *, user: str, at_ms: int, head: Link) -> tuple[Row, Content]:
        name = FISCAL.get(type(event))
        last = None if name is None else self._entries.fiscal_head(name)
        content = Content(
            terminal=self._identity.terminal,
            epoch=self._identity.epoch,
            seq=head.no + 1,
            at_ms=at_ms,
            offset_minutes=self._local_offset(at_ms),
            mono_ms=self._clock.monotonic_ms(),
            boot=self._clock.boot_id,
            user=user,
            event=event,
            chain=name,
            chain_no=None if last is None else last.no + 1,
            chain_prev=None if last is None else last.hash,
        )
        data = encode(content)
        digest = entry_hash(head.hash, data)
        signature = self._key.sign(digest)
        row = Row(content.seq, type(event).__name__, name, content.chain_no, data, head.hash, digest, signature)
        return row, content


def _open_anchor(path: Path) -> AnchorFile:
    try:
        return AnchorFile(path)
    except OSError as error:
        raise Trouble(DENIED, retryable=False, detail=f"{path.name}: {error.strerror}") from error
