"""Takes in the terminals' journals: each entry's signature, hash and place in the chain checked, stored once, answered one by one.

Only ``CardPromised`` has an effect on a card. An entry that came before gets the same answer; one that does not fit what is held
is a fork and is not stored (INV-9). A gap is allowed, because a till may have had to park one entry, and is filled when it comes.
Not responsible for business conflicts beyond calling them by their code: none is ever refused (AC-10).
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from kiosk.authority.services.activate import Activations, Allowance, known_terminal
from kiosk.authority.services.alert_kinds import AlertKind
from kiosk.authority.services.policy import kept_to_policy
from kiosk.authority.services.refused import TurnedAway, malformed
from kiosk.authority.store.alerts import raise_alert
from kiosk.authority.store.entries import (
    EntryRow,
    add_entry,
    add_promise,
    entry_answer,
    find_link,
    head,
    settle_promise,
)
from kiosk.authority.store.places import TerminalRow, find_shop
from kiosk.authority.store.ports import Transaction
from kiosk.clock import Clock
from kiosk.domain.activation import Outcome
from kiosk.domain.events import CardPromised, PromiseSettled
from kiosk.protocol.canonical import NotCanonical, read_canonical
from kiosk.protocol.codec import holds_nul
from kiosk.protocol.keys import BadKey, VerifyKey, base64url, unbase64url
from kiosk.protocol.messages import (
    MAX_BATCH_ENTRIES,
    Anchor,
    EntriesAnswer,
    EntriesRequest,
    EntryResult,
    SignedEntry,
)
from kiosk.protocol.problems import ProblemKind

GENESIS = bytes(32)
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Checked:
    """An entry whose signature, hash and envelope are good. ``event`` only for the kinds that mean something here."""

    seq: int
    kind: str
    at_ms: int
    hash: bytes
    prev: bytes
    content: bytes
    signature: bytes
    event: CardPromised | PromiseSettled | None


@dataclass(frozen=True, slots=True)
class Bad:
    """An entry that cannot be taken; ``problem`` goes to the till, which parks it for a person."""

    seq: int
    problem: ProblemKind


class _Envelope(msgspec.Struct, frozen=True):
    v: int
    terminal: str
    epoch: int
    seq: int
    at: str
    kind: str
    body: msgspec.Raw


_MEANINGFUL: dict[str, type[CardPromised] | type[PromiseSettled]] = {
    "CardPromised": CardPromised,
    "PromiseSettled": PromiseSettled,
}


def check_entries(request: EntriesRequest, terminal: TerminalRow) -> list[Checked | Bad]:
    """Everything that needs no database: shape, hash, signature. Raises ``TurnedAway`` if the whole batch cannot be meant."""
    if request.source != "journal":
        raise malformed("entries read from a receipt are not taken yet")
    if request.epoch != terminal.epoch:
        raise malformed(f"this terminal's journal is in epoch {terminal.epoch}")
    if not 0 < len(request.entries) <= MAX_BATCH_ENTRIES:
        raise malformed(f"a batch has 1 to {MAX_BATCH_ENTRIES} entries")
    numbers = [entry.seq for entry in request.entries]
    if numbers != sorted(set(numbers)):
        raise malformed("the entries are not in the order of their numbers")
    key = VerifyKey.from_text(base64url(terminal.journal_key))
    return [_check(entry, terminal, key) for entry in request.entries]


def _check(entry: SignedEntry, terminal: TerminalRow, key: VerifyKey) -> Checked | Bad:
    try:
        prev, claimed, signature = bytes.fromhex(entry.prev), bytes.fromhex(entry.hash), unbase64url(entry.signature)
        content = entry.content.encode("utf-8")
        if holds_nul(content):
            return Bad(entry.seq, ProblemKind.MALFORMED_REQUEST)
        envelope = msgspec.json.decode(content, type=_Envelope)
        read_canonical(content)
        at_ms = _utc_ms(envelope.at)
        meaning = _MEANINGFUL.get(envelope.kind) if envelope.v == _FORMAT else None
        event = msgspec.json.decode(envelope.body, type=meaning) if meaning else None
    except (ValueError, BadKey, NotCanonical):  # msgspec's and the surrogates' errors are ValueErrors
        return Bad(entry.seq, ProblemKind.MALFORMED_REQUEST)
    named = (envelope.terminal, envelope.epoch, envelope.seq)
    if len(prev) != 32 or named != (terminal.terminal_id, terminal.epoch, entry.seq) or entry.seq < 1:
        return Bad(entry.seq, ProblemKind.MALFORMED_REQUEST)
    if hashlib.sha256(prev + content).digest() != claimed or not key.verify(signature, claimed):
        return Bad(entry.seq, ProblemKind.BAD_SIGNATURE)
    return Checked(entry.seq, envelope.kind, at_ms, claimed, prev, content, signature, event)


class Intake:
    """Applies checked entries inside a transaction."""

    def __init__(self, *, clock: Clock, activations: Activations) -> None:
        self._clock = clock
        self._activations = activations

    def entries(self, tx: Transaction, *, terminal_id: str, epoch: int, checked: list[Checked | Bad]) -> EntriesAnswer:
        """One result for each entry, in order, and the anchor: the head of the journal as held from now on."""
        terminal = known_terminal(tx, terminal_id)
        now_ms = self._clock.now_ms()
        results = [self._entry(tx, terminal, epoch, entry, now_ms) for entry in checked]
        held = head(tx, terminal_id=terminal_id, epoch=epoch)
        anchor = Anchor(epoch=epoch, seq=held.seq, hash=held.hash.hex(), at_ms=now_ms) if held else None
        return EntriesAnswer(results=results, anchor=anchor)

    def _entry(
        self, tx: Transaction, terminal: TerminalRow, epoch: int, entry: Checked | Bad, now_ms: int
    ) -> EntryResult:
        if isinstance(entry, Bad):
            return EntryResult(seq=entry.seq, outcome=entry.problem.value)
        known = self._known(tx, terminal, epoch, entry)
        if known is not None:
            return known
        if not self._fits(tx, terminal, epoch, entry):
            raise_alert(tx, kind=AlertKind.JOURNAL_FORKED.value, terminal_id=terminal.terminal_id, at_ms=now_ms)
            return EntryResult(seq=entry.seq, outcome=ProblemKind.IDEMPOTENCY_CONFLICT.value)
        try:
            outcome, code = self._apply(tx, terminal, entry)
        except TurnedAway as error:
            return EntryResult(seq=entry.seq, outcome=error.kind.value)
        add_entry(
            tx,
            EntryRow(
                terminal_id=terminal.terminal_id,
                epoch=epoch,
                seq=entry.seq,
                kind=entry.kind,
                hash=entry.hash,
                prev=entry.prev,
                content=entry.content,
                signature=entry.signature,
                received_ms=now_ms,
                outcome=outcome,
                code=code,
            ),
        )
        return EntryResult(seq=entry.seq, outcome=outcome, code=code)

    def _known(self, tx: Transaction, terminal: TerminalRow, epoch: int, entry: Checked) -> EntryResult | None:
        link = find_link(tx, terminal_id=terminal.terminal_id, epoch=epoch, seq=entry.seq)
        if link is None or link.hash != entry.hash:
            return None
        first = entry_answer(tx, terminal_id=terminal.terminal_id, epoch=epoch, seq=entry.seq)
        outcome, code = first or (Outcome.ALREADY.value, None)
        # the first answer may have been lost, and an exception must reach the till
        return EntryResult(seq=entry.seq, outcome=outcome if code else Outcome.ALREADY.value, code=code)

    def _fits(self, tx: Transaction, terminal: TerminalRow, epoch: int, entry: Checked) -> bool:
        same = find_link(tx, terminal_id=terminal.terminal_id, epoch=epoch, seq=entry.seq)
        before = find_link(tx, terminal_id=terminal.terminal_id, epoch=epoch, seq=entry.seq - 1)
        after = find_link(tx, terminal_id=terminal.terminal_id, epoch=epoch, seq=entry.seq + 1)
        return (
            same is None
            and (entry.seq > 1 or entry.prev == GENESIS)
            and (before is None or before.hash == entry.prev)
            and (after is None or after.prev == entry.hash)
        )

    def _apply(self, tx: Transaction, terminal: TerminalRow, entry: Checked) -> tuple[str, str | None]:
        match entry.event:
            case CardPromised() as event:
                return self._promise(tx, terminal, event, sold_ms=entry.at_ms)
            case PromiseSettled(line_id=line_id):
                settle_promise(tx, terminal_id=terminal.terminal_id, line_id=line_id)
            case None:
                pass  # kept as a record
        return Outcome.APPLIED.value, None

    def _promise(
        self, tx: Transaction, terminal: TerminalRow, event: CardPromised, *, sold_ms: int
    ) -> tuple[str, str | None]:
        shop = find_shop(tx, terminal.shop_id)
        assert shop is not None, "a terminal's shop exists: a foreign key says so"
        kept = kept_to_policy(tx, terminal, event, currency=shop.currency, sold_ms=sold_ms)
        decision = self._activations.promise(
            tx,
            terminal=terminal,
            event=event,
            allowance=Allowance(
                kept=kept and event.outside_policy is None,
                admitted=event.outside_policy is not None,
                blocklist_version=event.blocklist_version,
            ),
        )
        add_promise(
            tx,
            terminal_id=terminal.terminal_id,
            line_id=event.line_id,
            sale_id=event.sale_id,
            face_minor=event.face_minor,
        )
        code = decision.exception.value if decision.exception else None
        return decision.outcome.value, code


def _utc_ms(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC).timestamp() * 1000)
