"""Rows against each other: does each entry follow from the one before, in the master chain and in its fiscal chain (CAI-07)?

Used while rows are read, so that no altered entry is ever folded, delivered or shown. Signatures are checked only in a full check;
the stand-alone ``kiosk.verifier`` does all of it again without this code.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from kiosk.errors import Trouble
from kiosk.journal.codec import Content, NotAnEntry, decode, entry_hash
from kiosk.journal.sqlite_trouble import BROKEN
from kiosk.till.ports import Entry

COLUMNS = "seq, kind, chain, chain_no, content, prev, hash, signature"


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as it stands in the file; ``chain`` and ``chain_no`` repeat what the content says, for the file's index."""

    seq: int
    kind: str
    chain: str | None
    chain_no: int | None
    content: bytes
    prev: bytes
    hash: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Link:
    """Where a chain stands: the number and hash of its last entry."""

    no: int
    hash: bytes


def checked(rows: Iterable[Row], after: Link) -> Iterator[tuple[Row, Content]]:
    """The rows with their contents, each following from the one before; the first from ``after``. Raises ``Trouble`` JRN-06, naming
    the first entry that does not."""
    for row in rows:
        if row.seq != after.no + 1:
            raise broken(row.seq, f"entry {after.no + 1} is expected here")
        if row.prev != after.hash:
            raise broken(row.seq, "it does not name the hash of the entry before")
        if row.hash != entry_hash(row.prev, row.content):
            raise broken(row.seq, "its hash is not that of its content")
        try:
            content = decode(row.content)
        except NotAnEntry as error:
            raise broken(row.seq, str(error)) from None
        if (content.seq, content.chain, content.chain_no) != (row.seq, row.chain, row.chain_no):
            raise broken(row.seq, "its columns are not those of its content")
        after = Link(row.seq, row.hash)
        yield row, content


def check_fully(
    rows: Iterable[Row], *, genesis: dict[str, Link], master: Link, verify: Callable[[int, bytes, bytes], bool]
) -> dict[str, Link]:
    """Everything that can be known from the rows alone: also the fiscal chains, times that never go back, and every signature, by
    ``verify(epoch, signature, hash)``. Returns the heads of the fiscal chains. Raises ``Trouble`` JRN-06."""
    heads = dict(genesis)
    at_ms = 0
    for row, content in checked(rows, master):
        if content.at_ms < at_ms:
            raise broken(row.seq, "its time is before that of the entry before")
        at_ms = content.at_ms
        if content.chain is not None:
            head = heads.get(content.chain)
            if head is None:
                raise broken(row.seq, f"there is no chain {content.chain!r}")
            if content.chain_no != head.no + 1 or content.chain_prev != head.hash:
                raise broken(row.seq, f"it does not follow number {head.no} of the chain {content.chain!r}")
            heads[content.chain] = Link(head.no + 1, row.hash)
        if not verify(content.epoch, row.signature, row.hash):
            raise broken(row.seq, "its signature is not this terminal's")
    return heads


def entry_of(row: Row, content: Content) -> Entry:
    """The port's view of an entry."""
    return Entry(
        seq=row.seq,
        at_ms=content.at_ms,
        mono_ms=content.mono_ms,
        boot=content.boot,
        user=content.user,
        event=content.event,
        hash=row.hash,
        signature=row.signature,
        chain=content.chain,
        chain_no=content.chain_no,
    )


def broken(seq: int, why: str) -> Trouble:
    """JRN-06, naming the entry."""
    return Trouble(BROKEN, retryable=False, detail=f"entry {seq}: {why}")
