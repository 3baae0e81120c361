"""Whether this journal is the one that its anchors saw; if not, sales are stopped until a new epoch comes (JR-08, JR-10).

Compares the local anchor file at the start and the authority's anchor with every delivery, and keeps both up to date. Not
responsible for telling anybody: the till puts the complaint into ``TillStarted`` and asks ``healthy``.
"""

import logging
from dataclasses import dataclass

from kiosk.errors import Trouble
from kiosk.journal.anchor import AnchorFile, Head, complaint
from kiosk.journal.database import Database
from kiosk.journal.entries import Entries
from kiosk.journal.sqlite_trouble import FOREIGN
from kiosk.protocol.messages import Anchor

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalIdentity:
    """Whose journal it is, as enrolment said. A higher ``epoch`` than the journal's is the authority's word that what the anchors
    held against it is settled."""

    terminal: str
    epoch: int


class Quarantine:
    """The anchors of one open journal. ``tampered`` is the complaint, ``None`` while there is none."""

    def __init__(self, database: Database, entries: Entries, file: AnchorFile, identity: JournalIdentity) -> None:
        self._database = database
        self._entries = entries
        self._file = file
        self._identity = identity
        self.tampered: str | None = None
        self.writable = True

    def begin(self, *, key_text: str, now_ms: int) -> None:
        """At the start: compare, remember the complaint or the new epoch, note the head. Raises ``Trouble`` JRN-08."""
        epoch = self._database.meta_number("epoch")
        if epoch > self._identity.epoch:
            raise Trouble(
                FOREIGN, retryable=False, detail=f"the journal is of epoch {epoch}, enrolment of {self._identity.epoch}"
            )
        told = 0 < epoch < self._identity.epoch
        found = None if told else self._database.meta("tampered") or self._local_complaint()
        self._remember(key_text, found)
        self._set(found)
        if (
            found is None or self._file.head is None
        ):  # a complaint's evidence is not overwritten before it is in the journal
            head = self._entries.head()
            self.note(seq=head.no, digest=head.hash, at_ms=now_ms, durable=True)

    def note(self, *, seq: int, digest: bytes, at_ms: int, durable: bool) -> None:
        """The head moved. The entry is stored whatever becomes of its note: one that cannot be written stops the next sale only."""
        head = Head(self._identity.epoch, seq, digest.hex(), at_ms, self._identity.terminal)
        try:
            self._file.note(head, durable=durable)
        except OSError as error:
            if self.writable:
                _log.error("the anchor file cannot be written: %s", error.strerror)
            self.writable = False
        else:
            if not self.writable:
                _log.info("the anchor file can be written again")
            self.writable = True

    def compare(self, anchor: Anchor) -> str | None:
        """Inside a transaction: the authority's anchor is kept, or the complaint is. To be given to ``settle`` after the commit."""
        found = self.tampered or self._authority_complaint(anchor)
        if found is not None:
            self._database.set_meta("tampered", found)
        elif anchor.epoch == self._identity.epoch and anchor.seq >= self.anchored_seq():
            self._database.set_meta("anchor.seq", str(anchor.seq))
            self._database.set_meta("anchor.hash", anchor.hash)
            self._database.set_meta("anchor.at_ms", str(anchor.at_ms))
        return found

    def settle(self, found: str | None) -> None:
        """What ``compare`` found is durable now."""
        self._set(found)

    def anchored_seq(self) -> int:
        """Up to where the authority holds this journal."""
        return self._database.meta_number("anchor.seq")

    def _set(self, found: str | None) -> None:
        if found is not None and found != self.tampered:
            _log.error("the journal is not what its anchors saw, sales are stopped: %s", found)
        self.tampered = found

    def _remember(self, key_text: str, found: str | None) -> None:
        name = f"key.{self._identity.epoch}"
        known = self._database.meta(name)
        if known is not None and known != key_text:
            raise Trouble(FOREIGN, retryable=False, detail="the terminal's key is not the one of this epoch")
        if known is not None and self._database.meta("tampered") == found:
            return
        with self._database.transaction("journal.begin"):
            self._database.set_meta("epoch", str(self._identity.epoch))
            self._database.set_meta(name, key_text)
            self._database.set_meta("tampered", found)

    def _local_complaint(self) -> str | None:
        noted, head = self._file.head, self._entries.head()
        within = noted is not None and 0 <= noted.seq <= head.no
        return complaint(
            noted,
            existed=self._file.existed,
            terminal=self._identity.terminal,
            epoch=self._identity.epoch,
            last_seq=head.no,
            hash_at=self._entries.hash_at(noted.seq).hex() if noted is not None and within else None,
        )

    def _authority_complaint(self, anchor: Anchor) -> str | None:
        if anchor.epoch < self._identity.epoch or anchor.seq == 0:
            return None
        if anchor.epoch > self._identity.epoch:
            return f"the authority is at epoch {anchor.epoch}, this journal at {self._identity.epoch}"
        last = self._entries.head().no
        if anchor.seq > last:
            return f"the authority holds entry {anchor.seq}, this journal ends at {last}"
        if self._entries.hash_at(anchor.seq).hex() != anchor.hash:
            return f"entry {anchor.seq} is not the one that the authority holds"
        return None
