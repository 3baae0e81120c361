"""The roles that the till needs filled. Adapters implement these (journal, devices, sync); the till imports none of them.

Only ``JournalStore`` is called and waited for, because an entry must be durable before anything visible happens. Everything else is
an effect: it returns at once and its outcome comes back to the mailbox as a message of ``kiosk.till.messages``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from kiosk.domain.events import Event
from kiosk.domain.limits import OfflinePolicy
from kiosk.domain.money import Money
from kiosk.protocol.messages import MAX_BATCH_ENTRIES, ChangesAnswer, EntriesAnswer, EntriesRequest
from kiosk.receipt.document import Document
from kiosk.till.state import Clerk, DiskRoom, Sale


@dataclass(frozen=True, slots=True)
class Entry:
    """One durable entry: where it stands and what happened. ``at_ms`` is UTC, ``mono_ms`` and ``boot`` date it within one boot.

    ``chain``/``chain_no`` are set on fiscal kinds; for a ``SaleCompleted`` ``chain_no`` is the receipt number.
    """

    seq: int
    at_ms: int
    mono_ms: int
    boot: str
    user: str
    event: Event
    hash: bytes
    signature: bytes
    chain: str | None = None
    chain_no: int | None = None


@dataclass(frozen=True, slots=True)
class StockCard:
    """One card of the stock snapshot, as last signed by the authority. ``bound``: its pack is bound to this terminal."""

    serial: str
    series: str
    pack: str
    position: int
    bound: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the till last downloaded: versions and dates of the stock list and the block list, and the offline policy.

    ``contact_ms`` is the latest authority time that a stored signed answer carried (anchor or changes), 0 for none: after a restart
    the age of the last contact is counted from it (JR-18).
    """

    stock_version: int
    stock_as_of_ms: int
    blocklist_version: int
    blocklist_as_of_ms: int
    policy: OfflinePolicy
    contact_ms: int = 0


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """An outbox row that the authority could not take and that waits for a person. It holds up nothing behind it."""

    seq: int
    kind: str
    tries: int
    reason: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """What ``mark_delivered`` did: the rows up to ``last_seq`` are settled, ``left`` are still owed. ``settled`` are promised lines
    that were applied, ``exceptions`` are promised lines with their code."""

    last_seq: int
    settled: tuple[str, ...]
    exceptions: tuple[tuple[str, str], ...]
    left: int


class JournalStore(Protocol):
    """The append-only journal, its outbox and the downloads beside it; one connection, owned by the till thread.

    Every method is called in the till thread. The sync thread gets batches and gives answers by value, through the gateway and the
    mailbox. Every method that writes is durable on return and raises ``Trouble`` JRN-… after which nothing was stored, with one
    exception: after JRN-02 (the disk failed in the middle of a commit) only the next start can tell, and every call repeats the
    trouble.
    """

    def append(self, events: Sequence[Event], *, user: str) -> Sequence[Entry]:
        """Sign, chain and store ``events`` in one transaction, durable on return; kinds owed to the authority enter the outbox in
        the same transaction. Raises ``Trouble`` (JRN-…) and then nothing was stored."""
        ...

    def entries(self, after_seq: int = 0) -> Sequence[Entry]:
        """All entries after ``after_seq``, verified against the chain as they are read. Raises ``Trouble`` JRN-… on
        a broken chain."""
        ...

    def find_card(self, serial: str) -> StockCard | None:
        """The card in the stock snapshot, or ``None``."""
        ...

    def is_blocked(self, serial: str) -> bool:
        """Whether the block list names the card."""
        ...

    def stock_counts(self) -> dict[str, int]:
        """Cards in the snapshot by series number."""
        ...

    def snapshot(self) -> Snapshot:
        """Versions, dates and policy as last applied."""
        ...

    def healthy(self) -> bool:
        """Whether disk and journal are sound enough to start a sale (JR-11, JR-10): room on the disk and not ``tampered``."""
        ...

    def disk_room(self) -> DiskRoom:
        """How much room is left; ``NO_PROMISES`` and worse mean that nothing may be promised (JR-11)."""
        ...

    def tampered(self) -> str | None:
        """What the anchors hold against this journal, or ``None``. Sales are stopped while it is set (JR-10); it stays set over
        restarts until the authority gives a new epoch. Goes into ``TillStarted.tampered`` (CAI-06); may become set later, when
        the authority's anchor comes with a delivery."""
        ...

    def outbox_size(self) -> int:
        """Entries still owed to the authority, parked ones not counted."""
        ...

    def next_batch(self, limit: int = MAX_BATCH_ENTRIES) -> EntriesRequest | None:
        """The oldest owed entries in order, at most ``limit`` and within ``MAX_BODY_BYTES``, or ``None`` when nothing is owed.

        Reads only: the same batch comes again until it is marked. ``prev`` and ``hash`` are lower-case hex, ``signature`` is
        base64url without padding. Signature = ECDSA P-256 with SHA-256 (raw r‖s) over the 32 bytes of ``hash``.
        """
        ...

    def mark_delivered(self, answer: EntriesAnswer) -> Delivered:
        """Take the rows that the answer settles out of the outbox and keep its anchor; idempotent.

        ``applied``, ``already`` and ``exception`` settle a row; any other outcome parks it, with its code as the reason. Rows
        without a result stay owed. An anchor that this journal cannot have led to sets ``tampered`` (JR-08). ``settled`` and
        ``exceptions`` of the result name the lines of promises only.
        """
        ...

    def delivery_failed(self, batch: EntriesRequest, *, park: str | None = None) -> None:
        """Count one try for the rows of ``batch``. With ``park``, a reason, take its rows out of the way for a person to look at:
        the sender halves a batch that the authority cannot take until one row is left, and parks that one alone."""
        ...

    def parked(self) -> Sequence[ParkedRow]:
        """The rows that wait for a person, in order."""
        ...

    def retry_parked(self) -> int:
        """A person says: try them again. How many rows are owed again."""
        ...

    def cursor(self) -> str:
        """Where the changes feed goes on; empty: from the beginning."""
        ...

    def apply_changes(self, answer: ChangesAnswer) -> None:
        """Store one page of changes together with its cursor in one transaction; idempotent by (stream, key, version): an older
        or equal version changes nothing (PR-20). The page with ``more`` false dates the snapshot with ``as_of_ms``."""
        ...

    def restart_download(self) -> None:
        """The cursor expired (410): ``cursor()`` becomes empty. What is stored stays in use until a whole new download, page with
        ``more`` false included, has replaced it; then what it did not name is gone."""
        ...

    def close(self) -> None:
        """Checkpoint and close; nothing may be called afterwards."""
        ...


class Scheduler(Protocol):
    """Wakes the till: ``due_ms`` is monotonic; setting a name again moves it, ``cancel`` forgets it. The till gets ``TimerDue``."""

    def set(self, name: str, due_ms: int) -> None: ...

    def cancel(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class LineCall:
    """What the gateway needs to send one message about a line. ``verb``: reserve · extend · commit · status · cancel."""

    verb: str
    line_id: str
    sale_id: str
    serial: str
    entry_mode: str
    face: Money
    tender: str | None = None
    n: int = 0
    rescanned: bool = False
    timeout_ms: int = 6_000


class AuthorityGateway(Protocol):
    """The terminal's half of the wire. Each call returns at once; exactly one message comes back per call, in any order
    (``LineAnswered``, ``BalanceAnswered``, ``EntriesDelivered``, ``LinkProbed``, ``ChangesReceived``).

    The gateway holds no state of the till: the till asks its journal for the next batch and the cursor on its own thread, hands
    them over, and applies what comes back. Calls about one line are sent one after the other, in the order of ``send``.
    """

    def send(self, call: LineCall) -> None: ...

    def ask_balance(self, question_id: str, serial: str) -> None: ...

    def deliver(self, batch: EntriesRequest) -> None:
        """Hand over the outbox's next batch. One batch at a time: the till calls it again only after ``EntriesDelivered``.

        The gateway alone repeats it, with growing pauses (PR-17), until the authority has spoken on some or all of the entries;
        silence never ends it, so ``EntriesDelivered`` may take hours while the link is down. Entries without a result stay owed
        and come with the next batch. One that the authority cannot take at all gets the problem's name as its outcome.
        """
        ...

    def probe(self) -> None:
        """Ask ``GET /v1/time`` once; ``LinkProbed`` comes back. A signed answer also wakes a delivery that pauses."""
        ...

    def refresh(self, cursor: str) -> None:
        """Fetch the page of changes (stock, block list, policy) after ``cursor``; ``ChangesReceived`` comes back. While its page
        says ``more``, the till applies it and calls again with the new cursor."""
        ...


class ReceiptPrinter(Protocol):
    def submit(self, job_id: str, document: Document) -> None:
        """Queue one job; ``PrintFinished`` with this id comes back once. Never re-sent by itself."""
        ...


class CashDrawer(Protocol):
    def kick(self, job_id: str) -> None: ...


class CustomerDisplay(Protocol):
    def show(self, top: str, bottom: str) -> None: ...


class BankCardTerminal(Protocol):
    def charge(self, charge_id: str, amount: Money) -> None:
        """Ask for this amount; ``BankCardAnswered`` comes back, ``UNKNOWN`` if it fell silent."""
        ...

    def status(self, charge_id: str) -> None:
        """Ask what became of a charge; ``BankCardAnswered`` comes back."""
        ...


class SoundPlayer(Protocol):
    def play(self, name: str) -> None:
        """``scan_ok`` · ``scan_refused`` · ``sale_ok`` · ``queued`` · ``error``; always goes with a visible change."""
        ...


class ReceiptWriter(Protocol):
    """Makes the document of a completed sale from its journal entry; no printer's business."""

    def write(self, sale: Sale, *, copy_no: int, operator: str, at_ms: int) -> Document:
        """The original (``copy_no`` 0), or a DUPLICATA with its number, made ``at_ms`` by ``operator`` (CAI-11)."""
        ...


class ClerkRegister(Protocol):
    """Who may log in, and whether a PIN is theirs. Counting tries is the till's business, not the register's."""

    def clerks(self) -> tuple[Clerk, ...]: ...

    def check(self, user_id: str, pin: str) -> bool:
        """Whether ``pin`` is this person's; an unknown person has none, and the answer takes as long."""
        ...
