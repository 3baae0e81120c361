"""Whether a card may be promised now: every condition of the signed policy, in one pure function, and what is left of its ceilings.

The conditions are those of ``semantics.md``, "Promise"; AC-05 to AC-08 of the security page. Not responsible for promising.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kiosk.domain.activation import EntryMode
from kiosk.domain.refusals import PromiseRefusal
from kiosk.domain.sale import LinePhase
from kiosk.domain.tender import TenderKind
from kiosk.till.ports import Snapshot, StockCard
from kiosk.till.state import Book, Line, OfflineRoom

# a card that ended like this is not promised again by this till: somebody has to look at it first, or the authority said no
_LOCKING = frozenset({LinePhase.CANCELLING, LinePhase.TOO_LATE, LinePhase.REFUSED, LinePhase.REFUNDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What the till knows when it is asked. ``contact_age_ms``: since the last signed answer; ``None`` when there was none."""

    snapshot: Snapshot
    find_card: Callable[[str], StockCard | None]
    is_blocked: Callable[[str], bool]
    book: Book
    now_ms: int
    contact_age_ms: int | None
    clock_sound: bool
    journal_sound: bool


def refusal(
    conditions: Conditions, lines: Sequence[Line], *, tender: str, sale_cards: int | None = None
) -> PromiseRefusal | None:
    """Why these lines of one sale may not all be promised, or ``None``: the first reason in ``PromiseRefusal``'s order.

    ``sale_cards``: promised cards of the sale including these; without it, these are all.
    """
    policy = conditions.snapshot.policy
    cards = [conditions.find_card(line.serial) for line in lines]
    count, value = outstanding(conditions.book)
    checks = (
        (PromiseRefusal.POLICY_OFF, not policy.enabled),
        (PromiseRefusal.POLICY_STALE, conditions.now_ms > policy.valid_until_ms),
        (PromiseRefusal.NOT_BOUND, any(card is not None and not card.bound for card in cards)),
        (PromiseRefusal.NOT_LISTED, any(card is None for card in cards)),
        (PromiseRefusal.BLOCKED, any(conditions.is_blocked(line.serial) for line in lines)),
        (PromiseRefusal.SNAPSHOT_OLD, _snapshot_old(conditions)),
        (PromiseRefusal.KEYED, any(line.entry_mode != EntryMode.SCANNED.value for line in lines)),
        (PromiseRefusal.NOT_CASH, tender != TenderKind.CASH.value),
        (PromiseRefusal.LOCKED, any(locked(conditions.book, line) for line in lines)),
        (PromiseRefusal.CLOCK, not conditions.clock_sound),
        (PromiseRefusal.JOURNAL, not conditions.journal_sound),
        (
            PromiseRefusal.SALE_CARDS,
            (len(lines) if sale_cards is None else sale_cards) > policy.max_cards_per_sale,
        ),
        (PromiseRefusal.OUTSTANDING_CARDS, count + len(lines) > policy.max_cards_outstanding),
        (
            PromiseRefusal.OUTSTANDING_VALUE,
            value + sum(line.face.minor for line in lines) > policy.outstanding_value_minor
            or policy.currency != conditions.book.currency,
        ),
        (PromiseRefusal.LAST_CONTACT, _contact_old(conditions)),
    )
    return next((reason for reason, holds in checks if holds), None)


def room(conditions: Conditions, *, smallest_face_minor: int) -> OfflineRoom:
    """How many more cards fit under every ceiling, whatever the card; 0 with the reason when none."""
    general = refusal(conditions, (), tender=TenderKind.CASH.value)
    if general is not None:
        return OfflineRoom(general, 0)
    policy = conditions.snapshot.policy
    count, value = outstanding(conditions.book)
    by_count = policy.max_cards_outstanding - count
    by_value = (policy.outstanding_value_minor - value) // smallest_face_minor
    if by_count <= 0:
        return OfflineRoom(PromiseRefusal.OUTSTANDING_CARDS, 0)
    if by_value <= 0:
        return OfflineRoom(PromiseRefusal.OUTSTANDING_VALUE, 0)
    return OfflineRoom(None, min(by_count, by_value))


def outstanding(book: Book) -> tuple[int, int]:
    """Promises that the authority has not settled: how many, and their value in minor units."""
    lines = [line for line in map(book.line, book.promises) if line is not None]
    return len(lines), sum(line.face.minor for line in lines)


def locked(book: Book, line: Line) -> bool:
    """Whether an earlier line of the same card forbids a promise (AC-08): a cancel or a question is open, or it was refused."""
    earlier = [
        other
        for sale in book.sales
        for other in sale.lines
        if other.serial == line.serial and other.line_id != line.line_id
    ]
    if any(other.phase is LinePhase.CANCELLING for other in earlier):
        return True
    if not earlier:
        return False
    last = earlier[-1]
    asked_about = last.phase is LinePhase.CANCELLED and not last.rescanned  # the authority blocks it with a question
    return asked_about or last.phase in _LOCKING or (last.phase is LinePhase.RELEASED and last.reason is not None)


def _snapshot_old(conditions: Conditions) -> bool:
    snapshot, now_ms = conditions.snapshot, conditions.now_ms
    policy = snapshot.policy
    stock_old = now_ms - snapshot.stock_as_of_ms > policy.max_snapshot_age_ms
    return stock_old or now_ms - snapshot.blocklist_as_of_ms > policy.max_blocklist_age_ms


def _contact_old(conditions: Conditions) -> bool:
    age_ms = conditions.contact_age_ms
    return age_ms is None or age_ms > conditions.snapshot.policy.max_contact_age_ms
