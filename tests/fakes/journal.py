"""The journal in memory: deterministic, no SQLite, no keys. For the till's unit tests and the simulator.

It passes the same contract suite as the real store (``tests/contract/test_journal_store.py``). A crash keeps what was durable:
``crash()`` gives a second journal on the same "disk", as a restart would find it, and makes this one useless. ``crash_next``,
``trouble_next`` and ``room`` are set by the test. Contents and hashes are the real ones; signatures are 64 zero bytes unless a
``sign`` is given (the simulator gives none: the delivery to the authority's logic needs no wire).
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kiosk.clock import Clock
from kiosk.domain.events import FISCAL, CardPromised, Event, OpaqueEvent
from kiosk.domain.limits import OfflinePolicy
from kiosk.errors import Trouble
from kiosk.journal.codec import GENESIS, Content, encode, entry_hash
from kiosk.protocol.messages import (
    MAX_BATCH_ENTRIES,
    Anchor,
    ChangesAnswer,
    EntriesAnswer,
    EntriesRequest,
    SignedEntry,
)
from kiosk.till.ports import Delivered, Entry, ParkedRow, Snapshot, StockCard
from kiosk.till.state import DiskRoom

_POLICY_TYPES: dict[str, type] = {
    name: type(getattr(OfflinePolicy(), name)) for name in OfflinePolicy.__dataclass_fields__
}


class FakeCrash(Exception):  # noqa: N818 - the process is gone; no code of ours may catch it by "Error"
    """Raised at the point where the process would have died. ``durable`` says whether the transaction survived."""

    def __init__(self, *, durable: bool) -> None:
        super().__init__("durable" if durable else "lost")
        self.durable = durable


@dataclass
class _Row:
    entry: Entry
    content: bytes
    prev: bytes
    epoch: int


@dataclass
class _Owed:
    tries: int = 0
    parked: str | None = None


@dataclass
class FakeDisk:
    """What survives a crash."""

    rows: list[_Row] = field(default_factory=list)
    heads: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    outbox: dict[int, _Owed] = field(default_factory=dict)
    items: dict[tuple[str, str], tuple[int, int, dict[str, str | int | bool]]] = field(default_factory=dict)
    cursor: str = ""
    generation: int = 0
    as_of_ms: int = 0
    contact_ms: int = 0
    tampered: str | None = None
    epoch: int = 1


class FakeJournal:
    """A ``JournalStore``. ``crash_next`` is ``None``, ``"before"`` or ``"after"`` (the commit of the next ``append``)."""

    def __init__(
        self,
        clock: Clock,
        *,
        terminal: str = "T0001",
        epoch: int = 1,
        disk: FakeDisk | None = None,
        sign: Callable[[bytes], bytes] = lambda digest: bytes(64),
    ) -> None:
        self._clock = clock
        self._terminal = terminal
        self._sign = sign
        self.disk = disk or FakeDisk(epoch=epoch)
        if epoch > self.disk.epoch:
            self.disk.epoch, self.disk.tampered = epoch, None
        self.crash_next: str | None = None
        self.trouble_next: Trouble | None = None
        self.room = DiskRoom.AMPLE
        self.commits = 0
        self.on_commit: Callable[[Sequence[Entry]], None] = lambda entries: None
        self._open = True

    # ---- what a test does to it

    def crash(self) -> "FakeJournal":
        """The process died here: this object is dead, the answer is what the next start opens."""
        self._open = False
        return FakeJournal(self._clock, terminal=self._terminal, epoch=self.disk.epoch, disk=self.disk, sign=self._sign)

    def events(self) -> tuple[Event, ...]:
        """What happened, without the envelope."""
        return tuple(row.entry.event for row in self.disk.rows)

    def set_policy(self, policy: OfflinePolicy) -> None:
        """The authority's policy as if it had been downloaded."""
        payload: dict[str, str | int | bool] = {name: getattr(policy, name) for name in _POLICY_TYPES}
        self.disk.items["policy", "offline"] = (policy.version, self.disk.generation, payload)

    def put_card(self, card: StockCard, *, version: int = 1) -> None:
        """A card of the stock snapshot as if it had been downloaded."""
        payload: dict[str, str | int | bool] = {
            "pack": card.pack, "position": card.position, "series": card.series, "bound": card.bound, "state": "in_stock",
        }  # fmt: skip
        self.disk.items["stock", card.serial] = (version, self.disk.generation, payload)
        self.disk.as_of_ms = self._clock.now_ms()

    def block_card(self, serial: str, *, version: int = 1) -> None:
        """A card on the block list as if it had been downloaded."""
        self.disk.items["block", serial] = (version, self.disk.generation, {"blocked": True})
        self.disk.as_of_ms = self._clock.now_ms()

    # ---- the port

    def append(self, events: Sequence[Event], *, user: str) -> Sequence[Entry]:
        self._alive()
        assert events, "an append has at least one event"
        if self.trouble_next is not None:
            trouble, self.trouble_next = self.trouble_next, None
            raise trouble
        if self.crash_next == "before":
            self._open = False
            raise FakeCrash(durable=False)
        rows: list[_Row] = []
        last = self.disk.rows[-1].entry if self.disk.rows else None
        heads = dict(self.disk.heads)
        for event in events:
            assert not isinstance(event, OpaqueEvent), "an opaque event is read, never written"
            rows.append(self._row(event, user=user, last=last, heads=heads))
            last = rows[-1].entry
        self.disk.rows.extend(rows)
        self.disk.heads = heads
        for row in rows:
            self.disk.outbox[row.entry.seq] = _Owed()
        self.commits += 1
        if self.crash_next == "after":
            self._open = False
            raise FakeCrash(durable=True)
        entries = tuple(row.entry for row in rows)
        self.on_commit(entries)
        return entries

    def entries(self, after_seq: int = 0) -> Sequence[Entry]:
        self._alive()
        return tuple(row.entry for row in self.disk.rows[after_seq:])

    def find_card(self, serial: str) -> StockCard | None:
        self._alive()
        found = self.disk.items.get(("stock", serial))
        return None if found is None or not _listed(found[2]) else _card(serial, found[2])

    def is_blocked(self, serial: str) -> bool:
        self._alive()
        found = self.disk.items.get(("block", serial))
        return found is not None and found[2].get("blocked") is not False

    def stock_counts(self) -> dict[str, int]:
        self._alive()
        counts: dict[str, int] = {}
        for (stream, serial), (_, _, payload) in sorted(self.disk.items.items()):
            if stream == "stock" and _listed(payload):
                series = _card(serial, payload).series
                counts[series] = counts.get(series, 0) + 1
        return counts

    def snapshot(self) -> Snapshot:
        self._alive()
        versions = {"stock": 0, "block": 0}
        for (stream, _), (version, _, _) in self.disk.items.items():
            if stream in versions:
                versions[stream] = max(versions[stream], version)
        found = self.disk.items.get(("policy", "offline"))
        return Snapshot(
            stock_version=versions["stock"],
            stock_as_of_ms=self.disk.as_of_ms,
            blocklist_version=versions["block"],
            blocklist_as_of_ms=self.disk.as_of_ms,
            policy=OfflinePolicy() if found is None else _policy(found[2]),
            contact_ms=self.disk.contact_ms,
        )

    def healthy(self) -> bool:
        self._alive()
        return self.disk.tampered is None and self.room is not DiskRoom.NO_SALES

    def disk_room(self) -> DiskRoom:
        self._alive()
        return self.room

    def tampered(self) -> str | None:
        self._alive()
        return self.disk.tampered

    def outbox_size(self) -> int:
        self._alive()
        return sum(1 for owed in self.disk.outbox.values() if owed.parked is None)

    def next_batch(self, limit: int = MAX_BATCH_ENTRIES) -> EntriesRequest | None:
        self._alive()
        owed = [seq for seq, row in sorted(self.disk.outbox.items()) if row.parked is None]
        if not owed:
            return None
        epoch = self.disk.rows[owed[0] - 1].epoch
        rows = [self.disk.rows[seq - 1] for seq in owed[: min(limit, MAX_BATCH_ENTRIES)]]
        return EntriesRequest(
            epoch=epoch,
            entries=[
                SignedEntry(
                    seq=row.entry.seq,
                    content=row.content.decode(),
                    prev=row.prev.hex(),
                    hash=row.entry.hash.hex(),
                    signature=urlsafe_b64encode(row.entry.signature).rstrip(b"=").decode(),
                )
                for row in rows
                if row.epoch == epoch
            ],
        )

    def mark_delivered(self, answer: EntriesAnswer) -> Delivered:
        self._alive()
        settled: list[str] = []
        exceptions: list[tuple[str, str]] = []
        last = 0
        for result in answer.results:
            if result.seq not in self.disk.outbox:
                continue
            event = self.disk.rows[result.seq - 1].entry.event
            if result.outcome not in ("applied", "already", "exception"):
                tries = self.disk.outbox[result.seq].tries + 1
                self.disk.outbox[result.seq] = _Owed(tries, result.code or result.outcome)
                continue
            del self.disk.outbox[result.seq]
            last = max(last, result.seq)
            if isinstance(event, CardPromised):
                if result.outcome == "exception":
                    exceptions.append((event.line_id, result.code or ""))
                else:
                    settled.append(event.line_id)
        if answer.anchor is not None:
            self.disk.contact_ms = max(self.disk.contact_ms, answer.anchor.at_ms)
            self._compare(answer.anchor)
        return Delivered(last, tuple(settled), tuple(exceptions), self.outbox_size())

    def delivery_failed(self, batch: EntriesRequest, *, park: str | None = None) -> None:
        self._alive()
        for entry in batch.entries:
            if entry.seq in self.disk.outbox:
                owed = self.disk.outbox[entry.seq]
                self.disk.outbox[entry.seq] = _Owed(owed.tries + 1, park if park is not None else owed.parked)

    def parked(self) -> Sequence[ParkedRow]:
        self._alive()
        return tuple(
            ParkedRow(seq, type(self.disk.rows[seq - 1].entry.event).__name__, owed.tries, owed.parked)
            for seq, owed in sorted(self.disk.outbox.items())
            if owed.parked is not None
        )

    def retry_parked(self) -> int:
        self._alive()
        rows = [row.seq for row in self.parked()]
        for seq in rows:
            self.disk.outbox[seq] = _Owed(self.disk.outbox[seq].tries)
        return len(rows)

    def cursor(self) -> str:
        self._alive()
        return self.disk.cursor

    def apply_changes(self, answer: ChangesAnswer) -> None:
        self._alive()
        disk = self.disk
        for change in answer.changes:
            known = disk.items.get((change.stream, change.key))
            if known is None or known[1] < disk.generation or change.version > known[0]:
                disk.items[change.stream, change.key] = (change.version, disk.generation, dict(change.payload))
        disk.cursor = answer.cursor
        if not answer.more:
            disk.items = {key: item for key, item in disk.items.items() if item[1] == disk.generation}
            disk.as_of_ms = answer.as_of_ms
        disk.contact_ms = max(disk.contact_ms, answer.as_of_ms)

    def restart_download(self) -> None:
        self._alive()
        self.disk.cursor = ""
        self.disk.generation += 1

    def close(self) -> None:
        self._alive()
        self._open = False

    # ---- inside

    def _alive(self) -> None:
        assert self._open, "this journal crashed or was closed; open the next one"

    def _row(self, event: Event, *, user: str, last: Entry | None, heads: dict[str, tuple[int, bytes]]) -> _Row:
        chain = FISCAL.get(type(event))
        chain_no, chain_prev = heads.get(chain, (0, GENESIS)) if chain is not None else (0, GENESIS)
        at_ms = max(self._clock.now_ms(), last.at_ms if last else 0)
        seq = last.seq + 1 if last else 1
        content = encode(
            Content(
                terminal=self._terminal,
                epoch=self.disk.epoch,
                seq=seq,
                at_ms=at_ms,
                offset_minutes=60,
                mono_ms=self._clock.monotonic_ms(),
                boot=self._clock.boot_id,
                user=user,
                event=event,
                chain=chain,
                chain_no=None if chain is None else chain_no + 1,
                chain_prev=None if chain is None else chain_prev,
            )
        )
        prev = last.hash if last else GENESIS
        digest = entry_hash(prev, content)
        entry = Entry(
            seq=seq,
            at_ms=at_ms,
            mono_ms=self._clock.monotonic_ms(),
            boot=self._clock.boot_id,
            user=user,
            event=event,
            hash=digest,
            signature=self._sign(digest),
            chain=chain,
            chain_no=None if chain is None else chain_no + 1,
        )
        if chain is not None:
            heads[chain] = (chain_no + 1, digest)
        return _Row(entry, content, prev, self.disk.epoch)

    def _compare(self, anchor: Anchor) -> None:
        if anchor.epoch != self.disk.epoch or anchor.seq == 0:
            return
        rows = self.disk.rows
        if anchor.seq > len(rows):
            self.disk.tampered = f"the authority holds entry {anchor.seq}, this journal ends at {len(rows)}"
        elif rows[anchor.seq - 1].entry.hash.hex() != anchor.hash:
            self.disk.tampered = f"entry {anchor.seq} is not the one that the authority holds"


def _listed(payload: dict[str, str | int | bool]) -> bool:
    return payload.get("state") == "in_stock"


def _card(serial: str, payload: dict[str, str | int | bool]) -> StockCard:
    return StockCard(
        serial=serial,
        series=str(payload["series"]),
        pack=str(payload["pack"]),
        position=int(payload["position"]),
        bound=payload["bound"] is True,
    )


def _policy(payload: dict[str, str | int | bool]) -> OfflinePolicy:
    """The policy in a payload; one field of the wrong type and nothing is allowed."""
    fields = {name: value for name, value in payload.items() if name in _POLICY_TYPES}
    if any(type(value) is not _POLICY_TYPES[name] for name, value in fields.items()):
        return OfflinePolicy()
    return OfflinePolicy(**fields)  # type: ignore[arg-type]  # types were compared one by one above
