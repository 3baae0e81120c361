"""The journal's head, noted outside the journal: what an older copy of the file, put back, cannot know (CAI-06, JR-08).

Two notes: a small file beside the journal, written after every commit, and the authority's anchor, which comes signed with its
answers and is kept in the journal's ``meta``. Reading, writing and comparing the file are here; what follows from a complaint is
``quarantine``. The file has two slots of 512 bytes, a page apart, written in turn and in place: it needs no room on a full disk, a
cut in the middle of a write leaves the other slot, and without an fsync for most entries it costs microseconds. It may lag behind
the journal after a power cut, it is never ahead of it.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kiosk.failpoints import failpoint
from kiosk.files import sync_folder
from kiosk.journal.database import NEW_SUFFIX

SLOT_BYTES: Final = 512  # a sector: disks write it whole
SLOT_OFFSETS: Final = (0, 4096)
_FIELDS: Final = {"at_ms": int, "epoch": int, "hash": str, "seq": int, "terminal": str}


@dataclass(frozen=True, slots=True, order=True)
class Head:
    """The last entry that the anchor saw; ``seq`` 0 is the beginning. Ordered by age."""

    epoch: int
    seq: int
    hash: str
    at_ms: int
    terminal: str


class AnchorFile:
    """The two slots. ``head`` is what they say, ``None`` when neither can be read. Raises ``OSError`` like any file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None
        self._turn = 0
        self.head: Head | None = None
        self.existed = path.exists()
        if self.existed:
            self._descriptor = os.open(path, os.O_RDWR)
            read = [_read_slot(self._descriptor, offset) for offset in SLOT_OFFSETS]
            self.head = max((head for head in read if head is not None), default=None)
            # the older one, or the torn one, is written next
            self._turn = 1 if self.head is not None and read[0] == self.head else 0

    def note(self, head: Head, *, durable: bool) -> None:
        """Write ``head`` into the older slot. ``durable``: it is on the disk when this returns; else when the system gets to it."""
        if self._descriptor is None:
            self._create(head)
            return
        os.lseek(self._descriptor, SLOT_OFFSETS[self._turn], os.SEEK_SET)
        failpoint("journal.anchor.before_write")
        os.write(self._descriptor, _slot(head))
        failpoint("journal.anchor.after_write")
        if durable:
            os.fsync(self._descriptor)
        self.head = head
        self._turn = 1 - self._turn

    def _create(self, head: Head) -> None:
        """The file appears with its first note in it, or not at all: an empty one would look like somebody's work."""
        new = self.path.with_name(self.path.name + NEW_SUFFIX)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            failpoint("journal.anchor.before_create")
            os.write(descriptor, _slot(head).ljust(SLOT_OFFSETS[-1] + SLOT_BYTES))  # blocks, not a hole: see above
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(new, self.path)
        failpoint("journal.anchor.after_create")
        sync_folder(self.path.parent)
        self._descriptor = os.open(self.path, os.O_RDWR)
        self.head, self._turn = head, 1

    def close(self) -> None:
        """Everything noted is on the disk when this returns."""
        if self._descriptor is not None:
            os.fsync(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None

    def abandon(self) -> None:
        """Close without a word, for a start that failed."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def complaint(
    noted: Head | None, *, existed: bool, terminal: str, epoch: int, last_seq: int, hash_at: str | None
) -> str | None:
    """What the anchor file holds against a journal of ``epoch`` that ends at ``last_seq``, with ``hash_at`` at the noted seq.

    A note of an older epoch holds nothing: the authority gave the new one because it knows. English, for the entry
    ``TillStarted.tampered`` and the log; the screen has its own sentence.
    """
    if noted is None:
        if last_seq == 0 and not existed:
            return None
        return "the anchor file cannot be read" if existed else "the anchor file is missing"
    if noted.terminal != terminal:
        return "the anchor file is another terminal's"
    if noted.epoch > epoch:
        return f"the anchor saw epoch {noted.epoch}, the journal is of epoch {epoch}"
    if noted.epoch < epoch:
        return None
    if noted.seq > last_seq:
        return f"the anchor saw entry {noted.seq}, the journal ends at {last_seq}"
    if noted.seq > 0 and noted.hash != hash_at:
        return f"entry {noted.seq} is not the one that the anchor saw"
    return None


def _slot(head: Head) -> bytes:
    text = json.dumps(
        {name: getattr(head, name) for name in _FIELDS}, sort_keys=True, separators=(",", ":"), ensure_ascii=True
    )
    data = f"{text} {hashlib.sha256(text.encode('ascii')).hexdigest()}".encode("ascii")
    assert len(data) < SLOT_BYTES, "a terminal's id is short"
    return data.ljust(SLOT_BYTES - 1) + b"\n"


def _read_slot(descriptor: int, offset: int) -> Head | None:
    os.lseek(descriptor, offset, os.SEEK_SET)
    text, _, check = os.read(descriptor, SLOT_BYTES).rstrip().rpartition(b" ")
    if hashlib.sha256(text).hexdigest().encode("ascii") != check:
        return None
    fields = json.loads(text)
    if not isinstance(fields, dict) or {name: type(value) for name, value in fields.items()} != _FIELDS:
        return None
    return Head(**fields)
