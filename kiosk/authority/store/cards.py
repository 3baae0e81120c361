"""Cards in the database: one read that gathers all facts, and one conditional update for each effect of the activation table.

Every update names the state that it expects and says whether it found it (security decision 8): nothing is read and then written
on trust. Not responsible for deciding; a caller whose update touches no row has a bug or lost a race, and must not answer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kiosk.authority.store.feed import next_version
from kiosk.authority.store.ports import Transaction, Value
from kiosk.authority.store.spends import takes_arrays
from kiosk.domain.activation import Block, CardState
from kiosk.domain.card import SERIAL_DIGITS


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRow:
    """A card with what its pack and its lot say about it."""

    card_id: int
    pack: str
    position: int
    state: CardState
    shop_id: str | None
    block: Block | None
    hold_terminal: str | None
    hold_line: str | None
    hold_until_ms: int | None
    sold_terminal: str | None
    sold_line: str | None
    sold_ms: int | None
    expires_ms: int | None
    balance_minor: int
    codes_used: int
    codes_bound: int
    authorizations: int
    movements: int
    block_version: int
    bound_terminal: str | None
    series: str
    currency: str
    face_minor: int
    codes: int
    valid_months: int

    @property
    def codes_left(self) -> int:
        """How many codes nobody has seen yet: neither used, nor kept for one purchase, nor spoiled."""
        return self.codes - (self.codes_used | self.codes_bound).bit_count()

    @property
    def spent(self) -> bool:
        """Whether a code was used or value left the card since its activation."""
        return self.codes_used != 0 or (self.state is CardState.ACTIVE and self.balance_minor != self.face_minor)

    @property
    def scratched(self) -> bool:
        """Whether somebody gave one of its codes, for value or in vain: no shop can sell it to the next customer."""
        return self.spent or self.codes_bound != 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCard:
    """A card that the press room made: its place, and the packed tags of its codes with what a payment needs of the lot."""

    card_id: int
    pack: str
    position: int
    tags: bytes
    lot_no: int
    currency: str


def card_id_of(serial_digits: str) -> int:
    """The key of a serial: its digits read as a number."""
    return int(serial_digits)


def last4_of(card_id: int) -> str:
    """All of a card’s serial that others than its holder are shown."""
    return str(card_id % 10_000).zfill(4)


def serial_of(card_id: int) -> str:
    """The inverse of ``card_id_of``."""
    return f"{card_id:0{SERIAL_DIGITS}d}"


_CARD = """
SELECT c.card_id, c.pack, c.position, c.state, c.shop_id, c.block, c.hold_terminal, c.hold_line, c.hold_until_ms,
       c.sold_terminal, c.sold_line, c.sold_ms, c.expires_ms, c.balance_minor, c.codes_used, c.codes_bound, c.authorizations,
       c.movements, c.block_version, p.bound_terminal, l.series, l.currency, l.face_minor, l.codes, l.valid_months
  FROM card c JOIN pack p ON p.pack = c.pack JOIN lot l ON l.lot_no = p.lot_no
 WHERE c.card_id = ?
"""


def find_card(tx: Transaction, card_id: int) -> CardRow | None:
    """Everything about a card, in one read."""
    row = tx.one(_CARD, card_id)
    if row is None:
        return None
    return CardRow(
        card_id=row[0],
        pack=row[1],
        position=row[2],
        state=CardState(row[3]),
        shop_id=row[4],
        block=Block(row[5]) if row[5] else None,
        hold_terminal=row[6],
        hold_line=row[7],
        hold_until_ms=row[8],
        sold_terminal=row[9],
        sold_line=row[10],
        sold_ms=row[11],
        expires_ms=row[12],
        balance_minor=row[13],
        codes_used=row[14],
        codes_bound=row[15],
        authorizations=row[16],
        movements=row[17],
        block_version=row[18],
        bound_terminal=row[19],
        series=row[20],
        currency=row[21],
        face_minor=row[22],
        codes=row[23],
        valid_months=row[24],
    )


def known_ids(tx: Transaction, ids: Sequence[int]) -> set[int]:
    """Those of these that are cards already."""
    if takes_arrays(tx):
        return {row[0] for row in tx.fetch("SELECT card_id FROM card WHERE card_id = ANY($1::bigint[])", list(ids))}
    return {one for one in ids if tx.one("SELECT 1 FROM card WHERE card_id = ?", one) is not None}


def add_cards(tx: Transaction, cards: Iterable[NewCard]) -> None:
    """Printed cards of packs that exist already."""
    rows = list(cards)
    tx.run_many(
        "INSERT INTO card(card_id, pack, position, state) VALUES (?, ?, ?, 'printed')",
        ((card.card_id, card.pack, card.position) for card in rows),
    )
    tx.run_many(
        "INSERT INTO card_codes(card_id, tags, lot_no, currency) VALUES (?, ?, ?, ?)",
        ((card.card_id, card.tags, card.lot_no, card.currency) for card in rows),
    )


def hold(tx: Transaction, card_id: int, *, terminal_id: str, line_id: str, now_ms: int, until_ms: int) -> bool:
    """Hold a card in stock that nobody else holds now; also moves the end of one's own hold."""
    return tx.run(
        """UPDATE card SET hold_terminal = ?, hold_line = ?, hold_until_ms = ?
            WHERE card_id = ? AND state = 'in_stock' AND block IS NULL
              AND (hold_line IS NULL OR hold_until_ms <= ? OR (hold_terminal = ? AND hold_line = ?))""",
        terminal_id, line_id, until_ms, card_id, now_ms, terminal_id, line_id,
    ) == 1  # fmt: skip


def free_hold(tx: Transaction, card_id: int, *, terminal_id: str, line_id: str) -> None:
    """Let go of one's own hold; nothing happens if it is another's or none."""
    tx.run(
        """UPDATE card SET hold_terminal = NULL, hold_line = NULL, hold_until_ms = NULL
            WHERE card_id = ? AND hold_terminal = ? AND hold_line = ?""",
        card_id, terminal_id, line_id,
    )  # fmt: skip


_ACTIVATE = """
UPDATE card SET state = 'active', shop_id = coalesce(shop_id, ?), hold_terminal = NULL, hold_line = NULL, hold_until_ms = NULL,
       sold_terminal = ?, sold_line = ?, sold_ms = ?, expires_ms = ?, balance_minor = ?, movements = movements + 1,
       stock_version = ?
 WHERE card_id = ? AND block IS NULL AND movements = ?
"""


def activate(
    tx: Transaction,
    card: CardRow,
    *,
    terminal_id: str,
    line_id: str,
    shop_id: str,
    now_ms: int,
    expires_ms: int,
    despite_hold: bool,
) -> bool:
    """Make the card spendable: the one conditional update of a commit, or of an advice (``despite_hold``)."""
    values: tuple[Value, ...] = (
        shop_id, terminal_id, line_id, now_ms, expires_ms, card.face_minor, next_version(tx), card.card_id, card.movements
    )  # fmt: skip
    if despite_hold:
        return tx.run(f"{_ACTIVATE} AND state IN ('printed', 'shipped', 'in_stock')", *values) == 1
    return tx.run(
        f"""{_ACTIVATE} AND state = 'in_stock' AND shop_id = ?
              AND (hold_line IS NULL OR hold_until_ms <= ? OR (hold_terminal = ? AND hold_line = ?))""",
        *values, shop_id, now_ms, terminal_id, line_id,
    ) == 1  # fmt: skip


def withdraw(tx: Transaction, card: CardRow, *, terminal_id: str, line_id: str, to: CardState) -> bool:
    """Take an unspent activation back: void after a void, or, if no code of it was given, to stock after a cancel."""
    keep = to is CardState.VOID
    sold = "" if keep else ", sold_terminal = NULL, sold_line = NULL, sold_ms = NULL, expires_ms = NULL"
    unscratched = "" if keep else "AND codes_bound = 0"
    return tx.run(
        f"""UPDATE card SET state = ?, balance_minor = 0, movements = movements + 1, stock_version = ?{sold}
             WHERE card_id = ? AND state = 'active' AND sold_terminal = ? AND sold_line = ? AND balance_minor = ?
               AND codes_used = 0 {unscratched} AND authorizations = 0 AND movements = ?""",
        to.value, next_version(tx), card.card_id, terminal_id, line_id, card.face_minor, card.movements,
    ) == 1  # fmt: skip


def block(tx: Transaction, card_id: int, reason: Block | None) -> bool:
    """Block a card, or free it with ``None``; the block list of its shop's terminals hears of it."""
    version = next_version(tx)
    return (
        tx.run("UPDATE card SET block = ?, block_version = ? WHERE card_id = ?", _value(reason), version, card_id) == 1
    )


def count_states(tx: Transaction) -> dict[CardState, int]:
    """How many cards are in which state."""
    return {CardState(state): count for state, count in tx.all("SELECT state, count(*) FROM card GROUP BY state")}


def _value(reason: Block | None) -> str | None:
    return reason.value if reason else None
