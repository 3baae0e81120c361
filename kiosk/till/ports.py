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
from kiosk.receipt.document import Document


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
    """What the till last downloaded: versions and dates of the stock list and the block list, and the offline policy."""

    stock_version: int
    stock_as_of_ms: int
    blocklist_version: int
    blocklist_as_of_ms: int
    policy: OfflinePolicy


class JournalStore(Protocol):
    """The append-only journal and the downloads beside it; one connection, owned by the till thread."""

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
        """Whether disk and journal are sound enough to start a sale (JR-11)."""
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
    """The terminal's half of the wire. Each call returns at once; exactly one ``LineAnswered`` comes back per call,
    in any order."""

    def send(self, call: LineCall) -> None: ...

    def ask_balance(self, question_id: str, serial: str) -> None: ...

    def deliver(self) -> None:
        """There is something in the outbox; the sender works through it in order."""
        ...

    def probe(self) -> None:
        """Ask ``GET /v1/time`` once; ``LinkProbed`` comes back."""
        ...

    def refresh(self) -> None:
        """Fetch changes (stock, block list, policy) now."""
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
