"""After the day: the books of till and authority against each other and against what people hold.

The invariants are those of the security page, 3.8, as far as this part of the product has them, and property (d) of the activation
table. Each violation is a sentence.
"""

from collections.abc import Iterator

from kiosk.authority.services.audit import Check, audit
from kiosk.authority.store.cards import CardRow, card_id_of, find_card
from kiosk.authority.store.lines import find_line
from kiosk.domain.activation import CardState, Record
from kiosk.domain.events import CardPromised
from kiosk.domain.sale import LinePhase
from kiosk.till.fold import replay
from kiosk.till.state import Line
from tests.helpers.authority import TILL
from tests.simulation.world import World

AGREE = {
    LinePhase.ACTIVATED: {Record.COMMITTED},
    LinePhase.CANCELLED: {Record.CANCELLED},
    LinePhase.REFUNDED: {Record.REFUSED},
    LinePhase.TOO_LATE: {Record.COMMITTED},
    LinePhase.RELEASED: {Record.CANCELLED, Record.REFUSED, Record.UNSEEN},
}


def check(world: World) -> list[str]:
    """Every sentence that is not true of this day."""
    return [
        *world.violations,
        *world.server.contradictions,
        *world.process.too_early,
        *_at_rest(world),
        *_journal(world),
        *_books(world),
        *_lines(world),
        *_cards(world),
        *_money(world),
    ]


def _at_rest(world: World) -> Iterator[str]:
    if world.at_rest():
        return
    state = world.process.state
    sales = [
        (sale.sale_id[-4:], [line.phase.value for line in sale.lines]) for sale in state.book.sales if not sale.closed
    ]
    waiting = [customer.number for customer in world.clerk.customers if not customer.gone]
    yield (
        f"INV-14: hours after everything healed something is still open: stage {state.stage.value}, sales {sales}, "
        f"owed {len(state.book.owed)}, promises {len(state.book.promises)}, outbox {state.outbox}, link {state.link_up}, "
        f"customers {waiting}"
    )


def _journal(world: World) -> Iterator[str]:
    journal = world.process.journal
    entries = journal.entries()
    held = world.authority.store.read(
        lambda tx: tx.all("SELECT seq, hash FROM entry WHERE terminal_id = ? ORDER BY seq", TILL)
    )
    for place, (seq, digest) in enumerate(held):
        if seq != place + 1 or seq > len(entries) or entries[seq - 1].hash != digest:
            yield f"INV-9: the authority's entry {seq} is not the journal's"
            return
    if world.at_rest() and len(held) != len(entries):
        yield f"INV-9: {len(entries) - len(held)} entries never reached the authority, and nothing is owed"
    if journal.tampered():
        yield f"INV-9: {journal.tampered()}"
    if journal.parked():
        yield f"an entry was parked: {journal.parked()[0].reason}"
    if world.process.alive and replay(entries).sales != world.process.state.book.sales:
        yield "the book is not the fold of the journal"


def _books(world: World) -> Iterator[str]:
    read = world.authority.store.read
    if any(total for (total,) in read(lambda tx: tx.all("SELECT sum(amount_minor) FROM posting GROUP BY card_id, no"))):
        yield "INV-1: the postings of a movement do not sum to nothing"
    # these customers spend by a mark on the card alone: no code of theirs stands in the books
    found = [finding for finding in read(audit) if finding.check is not Check.CODES]
    yield from (f"the audit of the running authority: {finding}" for finding in found)
    moves = read(
        lambda tx: tx.all(
            "SELECT card_id, sum(kind = 'activation'), sum(kind = 'reversal') FROM movement GROUP BY card_id"
        )
    )
    for card_id, activations, reversals in moves:
        net = activations - reversals
        if net not in (0, 1):
            yield f"INV-3: card …{card_id % 10_000:04d} was activated {activations} times and reversed {reversals} times"
        state = _card(world, card_id)
        if (state.state is CardState.ACTIVE) != (net == 1):
            yield f"INV-13: card …{card_id % 10_000:04d} is {state.state.value} after {activations} − {reversals} activations"
    twice = read(
        lambda tx: tx.all(
            "SELECT line_id FROM movement WHERE kind = 'activation' GROUP BY terminal_id, line_id HAVING count(*) > 1"
        )
    )
    if twice:
        yield "INV-5: a line had its effect twice"
    dead = read(
        lambda tx: tx.all(
            "SELECT c.card_id FROM card c JOIN line l ON l.terminal_id = c.sold_terminal AND l.line_id = c.sold_line "
            "WHERE c.state = 'active' AND l.record = 'cancelled'"
        )
    )
    if dead:
        yield "INV-10: a cancelled line has an effect"


def _lines(world: World) -> Iterator[str]:
    outside = {
        event.line_id
        for event in world.process.journal.events()
        if isinstance(event, CardPromised) and event.outside_policy is not None
    }
    exceptions = world.authority.store.read(lambda tx: tx.all("SELECT line_id, code FROM exception"))
    for line_id, code in exceptions:
        if code == "X5" and line_id not in outside:
            yield "INV-12: a promise exceeded the allowance"
        if code in ("X1", "X6", "X7") or (code == "X3" and line_id not in outside):
            yield f"an honest till caused {code}"
    for line in _all_lines(world):
        record = _record(world, line)
        allowed = AGREE.get(line.phase)
        if allowed is not None and record not in allowed:
            yield f"(d): line {line.line_id[-4:]} is {line.phase.value} at the till and {record.value} at the authority"
        if line.phase is LinePhase.PROMISED and line.exception is None and world.at_rest():
            yield f"line {line.line_id[-4:]} is promised, and nobody knows of it"


def _cards(world: World) -> Iterator[str]:
    out = {card for customer in world.clerk.customers for card in customer.holds}
    named = {card_id for (card_id,) in world.authority.store.read(lambda tx: tx.all("SELECT card_id FROM exception"))}
    for serial in world.serials:
        row = _card(world, card_id_of(serial))
        active = row.state is CardState.ACTIVE
        if serial in out and not active and row.card_id not in named:
            yield f"INV-6: a customer holds card …{serial[-4:]}, which is {row.state.value}, and no exception names it"
        if serial not in out and active and row.card_id not in named:
            yield f"INV-7: card …{serial[-4:]} is active and nobody bought it"


def _money(world: World) -> Iterator[str]:
    state = world.process.state
    for customer in world.clerk.customers:
        if not customer.gone:
            continue
        paid = world.clerk.money_in_shop(customer, state)
        worth = 2_000 * len(customer.holds)
        if paid != worth:
            yield f"customer {customer.number} left {paid / 100:.2f} in the shop for cards of {worth / 100:.2f}"
    sold = {line.serial for line in _all_lines(world) if line.phase in (LinePhase.ACTIVATED, LinePhase.PROMISED)}
    held = {card for customer in world.clerk.customers for card in customer.holds}
    if world.at_rest() and sold != held:
        yield f"the till sold {sorted(one[-4:] for one in sold)}, customers hold {sorted(one[-4:] for one in held)}"


def _all_lines(world: World) -> list[Line]:
    return [line for sale in world.process.state.book.sales for line in sale.lines]


def _card(world: World, card_id: int) -> CardRow:
    row = world.authority.store.read(lambda tx: find_card(tx, card_id))
    assert row is not None
    return row


def _record(world: World, line: Line) -> Record:
    row = world.authority.store.read(lambda tx: find_line(tx, TILL, line.line_id))
    return Record.UNSEEN if row is None else row.record
