"""The ledger's rows: movements and postings, appended only, keyed by card; and the exceptions that people work on.

What payments post stands in their own rows; the view ``ledger`` shows both as one list.
"""

from dataclasses import dataclass

from kiosk.authority.ledger import Posting
from kiosk.authority.store.ports import Transaction
from kiosk.authority.store.schema import MovementKind
from kiosk.domain.refusals import ExceptionCode


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionRow:
    """Money or a card that needs a person: who, until when, and under which account it stands meanwhile (AC-11)."""

    code: ExceptionCode
    terminal_id: str
    line_id: str
    card_id: int
    shop_id: str
    owner: str
    account: str
    amount_minor: int
    currency: str
    opened_ms: int
    deadline_ms: int


def add_movement(
    tx: Transaction,
    *,
    card_id: int,
    no: int,
    kind: MovementKind,
    terminal_id: str,
    line_id: str,
    at_ms: int,
    postings: tuple[Posting, ...],
    reverses: int | None = None,
) -> None:
    """Append one movement with its postings, which sum to zero per currency (the caller's ledger made them)."""
    tx.run(
        "INSERT INTO movement(card_id, no, kind, terminal_id, line_id, at_ms, reverses) VALUES (?, ?, ?, ?, ?, ?, ?)",
        card_id, no, kind.value, terminal_id, line_id, at_ms, reverses,
    )  # fmt: skip
    tx.run_many(
        "INSERT INTO posting(card_id, no, leg, account, amount_minor, currency) VALUES (?, ?, ?, ?, ?, ?)",
        ((card_id, no, leg, p.account, p.amount_minor, p.currency) for leg, p in enumerate(postings, start=1)),
    )


def postings_of(tx: Transaction, *, card_id: int, no: int) -> tuple[Posting, ...]:
    """The postings of one movement, in order."""
    rows = tx.all(
        "SELECT account, amount_minor, currency FROM posting WHERE card_id = ? AND no = ? ORDER BY leg", card_id, no
    )
    return tuple(Posting(*row) for row in rows)


def activation_of_line(tx: Transaction, *, card_id: int, terminal_id: str, line_id: str) -> int | None:
    """The number of the line's activation among the card's movements."""
    row = tx.one(
        """SELECT no FROM movement
            WHERE card_id = ? AND kind = 'activation' AND terminal_id = ? AND line_id = ? ORDER BY no DESC LIMIT 1""",
        card_id, terminal_id, line_id,
    )  # fmt: skip
    return row[0] if row else None


def account_balance(tx: Transaction, account: str) -> int:
    """The sum of an account's postings, in minor units of its one currency."""
    row = tx.one("SELECT coalesce(sum(amount_minor), 0) FROM ledger WHERE account = ?", account)
    assert row is not None, "an aggregate always has a row"
    return int(row[0])  # a sum of whole numbers may come as a decimal


def open_exception(tx: Transaction, row: ExceptionRow) -> None:
    """Open an exception; the same one a second time changes nothing."""
    tx.run(
        """INSERT INTO exception(code, terminal_id, line_id, card_id, shop_id, owner, account, amount_minor, currency,
                                 opened_ms, deadline_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (terminal_id, line_id, code) DO NOTHING""",
        row.code.value, row.terminal_id, row.line_id, row.card_id, row.shop_id, row.owner, row.account,
        row.amount_minor, row.currency, row.opened_ms, row.deadline_ms,
    )  # fmt: skip


def open_exceptions(tx: Transaction, *, limit: int = 1_000) -> list[ExceptionRow]:
    """What waits for a person, the nearest deadline first."""
    rows = tx.all(
        """SELECT code, terminal_id, line_id, card_id, shop_id, owner, account, amount_minor, currency, opened_ms, deadline_ms
             FROM exception WHERE closed_ms IS NULL ORDER BY deadline_ms, exception_no LIMIT ?""",
        limit,
    )
    return [
        ExceptionRow(
            code=ExceptionCode(row[0]), terminal_id=row[1], line_id=row[2], card_id=row[3], shop_id=row[4], owner=row[5],
            account=row[6], amount_minor=row[7], currency=row[8], opened_ms=row[9], deadline_ms=row[10],
        )
        for row in rows
    ]  # fmt: skip
