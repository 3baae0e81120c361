"""What is owed to the authority: every entry, from the transaction that wrote it until a signed answer settles it.

Rows leave in order; a row that the authority cannot take is parked for a person and holds up nothing. Not responsible for sending
(``kiosk.sync``) nor for comparing the anchor that comes with an answer (``store``).
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from kiosk.domain.events import CardPromised
from kiosk.journal.chain import COLUMNS, Row, broken
from kiosk.journal.codec import Content, NotAnEntry, decode, entry_hash
from kiosk.journal.database import Database, Value
from kiosk.journal.entries import row_of
from kiosk.protocol.keys import base64url
from kiosk.protocol.messages import MAX_BATCH_ENTRIES, MAX_BODY_BYTES, EntriesRequest, EntryResult, SignedEntry
from kiosk.till.ports import Delivered, ParkedRow

SETTLED: Final = ("applied", "already", "exception")
ENVELOPE_BYTES: Final = 256  # the request around the entries


class Outbox:
    """The outbox of one open journal. The methods that write are called inside a transaction of the store's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, seqs: Iterable[int]) -> None:
        """These entries are owed from now on."""
        for seq in seqs:
            self._database.write("INSERT INTO outbox(seq) VALUES(?)", (seq,))

    def size(self) -> int:
        """Rows owed, parked ones not counted."""
        return self._database.number("SELECT count(*) FROM outbox WHERE parked IS NULL")

    def next_batch(self, limit: int) -> EntriesRequest | None:
        """See ``JournalStore.next_batch``. One batch is of one epoch."""
        entries: list[SignedEntry] = []
        size = ENVELOPE_BYTES
        batch_epoch: int | None = None
        for row in self._owed(min(limit, MAX_BATCH_ENTRIES)):
            epoch = self._content(row).epoch
            entry = _signed_entry(row)
            size += len(msgspec.json.encode(entry)) + 1
            if batch_epoch is None:
                batch_epoch = epoch
            elif epoch != batch_epoch or size > MAX_BODY_BYTES:
                break
            entries.append(entry)
        return None if batch_epoch is None else EntriesRequest(epoch=batch_epoch, entries=entries)

    def settle(self, results: Iterable[EntryResult]) -> Delivered:
        """Rows that the answer settles leave, rows that it does not take are parked; the rest stays as it is."""
        last = 0
        settled: list[str] = []
        exceptions: list[tuple[str, str]] = []
        for result in results:
            found = self._database.row(
                f"SELECT {COLUMNS} FROM outbox JOIN entry USING(seq) WHERE seq = ?", (result.seq,)
            )
            if found is None:
                continue  # settled by an earlier answer
            if result.outcome not in SETTLED:
                self._park(result.seq, result.code or result.outcome)
                continue
            self._database.write("DELETE FROM outbox WHERE seq = ?", (result.seq,))
            last = max(last, result.seq)
            event = self._content(row_of(found)).event
            if isinstance(event, CardPromised):
                if result.outcome == "exception":
                    exceptions.append((event.line_id, result.code or ""))
                else:
                    settled.append(event.line_id)
        return Delivered(last_seq=last, settled=tuple(settled), exceptions=tuple(exceptions), left=self.size())

    def failed(self, seqs: Iterable[int], *, park: str | None) -> None:
        """One more try for these rows; with ``park`` they wait for a person from now on."""
        for seq in seqs:
            if park is None:
                self._database.write("UPDATE outbox SET tries = tries + 1 WHERE seq = ?", (seq,))
            else:
                self._park(seq, park)

    def parked(self) -> tuple[ParkedRow, ...]:
        """The rows that wait for a person, in order."""
        rows = self._database.rows(
            "SELECT seq, kind, tries, parked FROM outbox JOIN entry USING(seq) WHERE parked IS NOT NULL ORDER BY seq"
        )
        return tuple(
            ParkedRow(seq=_int(seq), kind=str(kind), tries=_int(tries), reason=str(why))
            for seq, kind, tries, why in rows
        )

    def retry_parked(self) -> int:
        """All parked rows are owed again; how many."""
        return self._database.write("UPDATE outbox SET parked = NULL WHERE parked IS NOT NULL")

    def _park(self, seq: int, reason: str) -> None:
        self._database.write("UPDATE outbox SET tries = tries + 1, parked = ? WHERE seq = ?", (reason, seq))

    def _owed(self, limit: int) -> Iterator[Row]:
        sql = f"SELECT {COLUMNS} FROM outbox JOIN entry USING(seq) WHERE parked IS NULL ORDER BY seq LIMIT ?"
        return (row_of(found) for found in self._database.rows(sql, (limit,)))

    def _content(self, row: Row) -> Content:
        # an entry altered on disk is not delivered: the authority would take it for the terminal's word
        if row.hash != entry_hash(row.prev, row.content):
            raise broken(row.seq, "its hash is not that of its content")
        try:
            return decode(row.content)
        except NotAnEntry as error:
            raise broken(row.seq, str(error)) from None


def _signed_entry(row: Row) -> SignedEntry:
    return SignedEntry(
        seq=row.seq,
        content=row.content.decode("utf-8"),
        prev=row.prev.hex(),
        hash=row.hash.hex(),
        signature=base64url(row.signature),
    )


def _int(value: Value) -> int:
    assert isinstance(value, int)
    return value
