"""The hourly audit's questions to the database: each returns what does not add up, and nothing where all is well.

They compare what is kept twice on purpose (a card's row and the books, a bitmap and the codes that bought, a window and its
authorization) and read whole tables: seconds, on a snapshot of its own, beside everything else. Not responsible for what a
difference means (``services.audit``).
"""

from dataclasses import dataclass

from kiosk.authority.store.ports import Row, Transaction
from kiosk.domain.payment import SpendKind

FOUND_MAX = 50  # of one kind: the first few are what a person needs


@dataclass(frozen=True, slots=True)
class SpentSum:
    """Sums in minor units."""

    merchant_id: str
    currency: str
    kind: SpendKind
    amount: int
    released: int
    merchant: int
    distribution: int


# what an operation does to a card's balance, and to what is held of it
_DELTA = """CASE kind WHEN 'authorized' THEN -amount_minor WHEN 'charged' THEN -amount_minor WHEN 'captured' THEN released_minor
                 ELSE amount_minor END"""
_HELD = """CASE kind WHEN 'authorized' THEN amount_minor WHEN 'captured' THEN -amount_minor - released_minor
                WHEN 'cancelled' THEN -amount_minor WHEN 'returned' THEN -amount_minor ELSE 0 END"""
_EFFECTS = "test = 0 AND kind NOT IN ('declined', 'refused')"

_CARDS = f"""
WITH moved AS (
  SELECT card_id, sum(CASE kind WHEN 'activation' THEN 1 ELSE -1 END) AS net, count(*) AS moves FROM movement GROUP BY card_id
), posted AS (
  SELECT card_id, -sum(amount_minor) AS owed FROM posting WHERE account LIKE 'card-liability/%' GROUP BY card_id
), steps AS (
  SELECT card_id, {_DELTA} AS delta, {_HELD} AS held,
         CASE WHEN code_no IS NULL THEN 0 ELSE CAST(1 AS BIGINT) << CAST(code_no - 1 AS INTEGER) END AS code,
         balance_minor - sum({_DELTA}) OVER (PARTITION BY card_id ORDER BY seq ROWS UNBOUNDED PRECEDING) AS begun_with
    FROM spend WHERE {_EFFECTS}
), spent AS (
  SELECT card_id, sum(delta) AS delta, sum(held) AS held, sum(code) AS codes, min(begun_with) AS least, max(begun_with) AS most
    FROM steps GROUP BY card_id
), kept AS (
  SELECT card_id, count(*) AS windows, sum(amount_minor) AS amount FROM open_authorization WHERE test = 0 GROUP BY card_id
), seen AS (
  SELECT c.card_id, c.state, c.balance_minor AS balance, l.face_minor * coalesce(m.net, 0) + coalesce(s.delta, 0) AS worth,
         coalesce(m.net, 0) AS net, c.codes_used, coalesce(s.codes, 0) AS codes, c.authorizations,
         coalesce(k.windows, 0) AS windows, coalesce(s.held, 0) AS held, coalesce(k.amount, 0) AS kept, c.movements,
         coalesce(m.moves, 0) AS moves, coalesce(q.owed, 0) AS owed, l.face_minor AS face,
         coalesce(s.least, l.face_minor) AS least, coalesce(s.most, l.face_minor) AS most
    FROM card c JOIN pack p ON p.pack = c.pack JOIN lot l ON l.lot_no = p.lot_no
    LEFT JOIN moved m ON m.card_id = c.card_id LEFT JOIN posted q ON q.card_id = c.card_id
    LEFT JOIN spent s ON s.card_id = c.card_id LEFT JOIN kept k ON k.card_id = c.card_id
)
SELECT card_id, state, balance, worth, net, codes_used, codes, authorizations, windows, held, kept, movements, moves, owed, face,
       least, most FROM seen
 WHERE balance <> worth OR net NOT IN (0, 1) OR (state IN ('active', 'exhausted', 'expired')) <> (net = 1)
    OR codes_used <> codes OR authorizations <> windows OR held <> kept OR movements <> moves OR owed <> face * net
    OR least <> face OR most <> face
 LIMIT {FOUND_MAX}
"""

_MOVEMENTS = f"""
SELECT card_id, sum(amount_minor) FROM posting GROUP BY card_id, no, currency HAVING sum(amount_minor) <> 0 LIMIT {FOUND_MAX}
"""

_LEGS = f"""
SELECT card_id, taken, captured, given_back, refunded, captured_merchant, refunded_merchant, captured_distribution,
       refunded_distribution, begun, ended, left_open, kept FROM (
  SELECT g.*, coalesce(o.amount_minor, 0) AS kept FROM (
    SELECT card_id, payment_id,
           sum(CASE WHEN kind IN ('authorized', 'charged') THEN amount_minor ELSE 0 END) AS taken,
           CAST(sum(CASE WHEN kind IN ('charged', 'captured') THEN amount_minor ELSE 0 END) AS BIGINT) AS captured,
           sum(CASE kind WHEN 'captured' THEN released_minor WHEN 'cancelled' THEN amount_minor
                         WHEN 'returned' THEN amount_minor ELSE 0 END) AS given_back,
           CAST(sum(CASE kind WHEN 'refunded' THEN amount_minor ELSE 0 END) AS BIGINT) AS refunded,
           CAST(sum(CASE WHEN kind IN ('charged', 'captured') THEN merchant_minor ELSE 0 END) AS BIGINT) AS captured_merchant,
           CAST(sum(CASE kind WHEN 'refunded' THEN merchant_minor ELSE 0 END) AS BIGINT) AS refunded_merchant,
           CAST(sum(CASE WHEN kind IN ('charged', 'captured') THEN distribution_minor ELSE 0 END) AS BIGINT)
             AS captured_distribution,
           CAST(sum(CASE kind WHEN 'refunded' THEN distribution_minor ELSE 0 END) AS BIGINT) AS refunded_distribution,
           sum(CASE WHEN kind IN ('authorized', 'charged') THEN 1 ELSE 0 END) AS begun,
           sum(CASE WHEN kind IN ('charged', 'captured', 'cancelled', 'returned') THEN 1 ELSE 0 END) AS ended,
           sum({_HELD}) AS left_open
      FROM spend WHERE {_EFFECTS} AND payment_id IN (SELECT payment_id FROM spend WHERE {_EFFECTS} AND kind <> 'charged')
     GROUP BY card_id, payment_id
  ) g LEFT JOIN open_authorization o ON o.card_id = g.card_id AND o.payment_id = g.payment_id AND o.test = 0
) legs
 WHERE begun <> 1 OR ended > 1 OR left_open < 0 OR left_open <> kept OR captured + given_back > taken OR refunded > captured
    OR (captured > 0 AND refunded_merchant <> refunded * captured_merchant / captured)
    OR (captured > captured_merchant AND refunded_distribution <>
         (refunded - refunded_merchant) * captured_distribution / (captured - captured_merchant))
    OR (captured = captured_merchant AND refunded_distribution <> 0)
 LIMIT {FOUND_MAX}
"""

_WINDOWS = f"""
SELECT o.card_id, o.amount_minor FROM open_authorization o
 WHERE o.test = 0 AND NOT EXISTS (SELECT 1 FROM spend s WHERE s.op_id = o.payment_id AND s.card_id = o.card_id
                                     AND s.payment_id = s.op_id AND s.kind = 'authorized')
 LIMIT {FOUND_MAX}
"""

_NOBODYS = f"""
SELECT d.card_id FROM (SELECT DISTINCT card_id FROM spend) d
 WHERE NOT EXISTS (SELECT 1 FROM card c WHERE c.card_id = d.card_id)
   AND EXISTS (SELECT 1 FROM spend s WHERE s.card_id = d.card_id AND s.test = 0 AND s.kind NOT IN ('declined', 'refused'))
 LIMIT {FOUND_MAX}
"""

_LOTS = f"""
SELECT card_id, lot_right + currency_right FROM (
  SELECT k.card_id, CASE k.lot_no WHEN p.lot_no THEN 1 ELSE 0 END AS lot_right,
         CASE k.currency WHEN l.currency THEN 1 ELSE 0 END AS currency_right
    FROM card_codes k JOIN card c ON c.card_id = k.card_id JOIN pack p ON p.pack = c.pack JOIN lot l ON l.lot_no = p.lot_no
) facts
 WHERE lot_right + currency_right <> 2 LIMIT {FOUND_MAX}
"""

_BINDINGS = f"""
SELECT card_id, marked, kept FROM (
  SELECT c.card_id, c.codes_bound AS marked, coalesce(b.codes, 0) AS kept FROM card c LEFT JOIN (
    SELECT card_id, sum(CAST(1 AS BIGINT) << CAST(code_no - 1 AS INTEGER)) AS codes FROM code_binding GROUP BY card_id
  ) b ON b.card_id = c.card_id
) both_ways
 WHERE marked <> kept LIMIT {FOUND_MAX}
"""

# no reference is the empty text: a merchant's own is never empty
_BOUND_ELSEWHERE = f"""
SELECT b.card_id, b.code_no FROM code_binding b JOIN spend s ON s.card_id = b.card_id AND s.code_no = b.code_no
 WHERE s.merchant_no <> b.merchant_no OR coalesce(s.reference, '') <> coalesce(b.reference, '') OR s.at_ms >= b.until_ms
    OR (SELECT sum(p.amount_minor) FROM spend p WHERE p.op_id = s.op_id) > b.amount_minor
 LIMIT {FOUND_MAX}
"""

# test payments have no code's number
_CODES = f"""
SELECT card_id, count(*) FROM spend WHERE code_no IS NOT NULL GROUP BY card_id, code_no HAVING count(*) > 1 LIMIT {FOUND_MAX}
"""

_OPERATIONS = f"""
SELECT min(card_id), count(DISTINCT seq) FROM spend WHERE payment_id <> op_id GROUP BY op_id HAVING count(DISTINCT seq) > 1
LIMIT {FOUND_MAX}
"""

_SPENT = """
SELECT s.merchant_no, m.merchant_id, s.currency, s.kind, sum(s.amount_minor), sum(s.released_minor), sum(s.merchant_minor),
       sum(s.distribution_minor)
  FROM spend s JOIN merchant m ON m.merchant_no = s.merchant_no WHERE s.test = 0 AND s.kind NOT IN ('declined', 'refused')
 GROUP BY s.merchant_no, m.merchant_id, s.currency, s.kind
"""


def cards_off(tx: Transaction) -> list[Row]:
    """Cards whose row and whose rows in the books disagree; the names as in the statement."""
    return tx.all(_CARDS)


def movements_off(tx: Transaction) -> list[Row]:
    """Movements of the books that do not sum to zero: card, sum."""
    return tx.all(_MOVEMENTS)


def legs_off(tx: Transaction) -> list[Row]:
    """Shares of payments that no sequence of operations makes, the names as in the statement."""
    return tx.all(_LEGS)


def windows_off(tx: Transaction) -> list[Row]:
    """Windows without an authorization: card, amount."""
    return tx.all(_WINDOWS)


def nobodys_rows(tx: Transaction) -> list[Row]:
    """Cards that paid and are none."""
    return tx.all(_NOBODYS)


def lots_off(tx: Transaction) -> list[Row]:
    """Cards whose codes stand beside another lot's number or currency than their pack's lot has: card, how many of the two are
    right."""
    return tx.all(_LOTS)


def codes_twice(tx: Transaction) -> list[Row]:
    """Codes that bought more than once: card, how often."""
    return tx.all(_CODES)


def bindings_off(tx: Transaction) -> list[Row]:
    """Cards whose marks of bound codes and whose bindings disagree: card, marks, bindings, both as bits."""
    return tx.all(_BINDINGS)


def bound_elsewhere(tx: Transaction) -> list[Row]:
    """Bound codes that bought what their binding did not allow: card, number of the code."""
    return tx.all(_BOUND_ELSEWHERE)


def operations_twice(tx: Transaction) -> list[Row]:
    """Operations that followed a payment and have more than one effect: a card, how many."""
    return tx.all(_OPERATIONS)


def posted(tx: Transaction) -> list[tuple[str, str, int]]:
    """The accounts of activations: name, currency, sum."""
    rows = tx.all("SELECT account, currency, sum(amount_minor) FROM posting GROUP BY account, currency")
    return [(row[0], row[1], int(row[2])) for row in rows]


def spent(tx: Transaction) -> list[SpentSum]:
    """What all operations of a kind at a merchant moved. The view ``ledger`` says what each of them posts."""
    return [
        SpentSum(row[1], row[2], SpendKind(row[3]), int(row[4]), int(row[5]), int(row[6]), int(row[7]))
        for row in tx.all(_SPENT)
    ]


def sums_by_currency(tx: Transaction) -> tuple[dict[str, int], dict[str, int]]:
    """What all cards are worth, and what is held of them, by currency."""
    worth = tx.all(
        """SELECT l.currency, sum(c.balance_minor) FROM card c JOIN pack p ON p.pack = c.pack JOIN lot l ON l.lot_no = p.lot_no
            GROUP BY l.currency"""
    )
    held = tx.all(
        """SELECT l.currency, sum(o.amount_minor) FROM open_authorization o JOIN card c ON c.card_id = o.card_id
             JOIN pack p ON p.pack = c.pack JOIN lot l ON l.lot_no = p.lot_no WHERE o.test = 0 GROUP BY l.currency"""
    )
    return {row[0]: int(row[1]) for row in worth}, {row[0]: int(row[1]) for row in held}


def shares_given(tx: Transaction) -> list[Row]:
    """How captured amounts were shared, each way once: contract, currency, amount, merchant's part, distribution's, a card."""
    return tx.all(
        """SELECT contract_no, currency, amount_minor, merchant_minor, distribution_minor, min(card_id) FROM spend
            WHERE test = 0 AND kind IN ('charged', 'captured')
            GROUP BY contract_no, currency, amount_minor, merchant_minor, distribution_minor"""
    )


def contracts_applied(tx: Transaction) -> list[Row]:
    """Which contract was applied to whose captures, from when to when: merchant, contract, first, last, a card."""
    return tx.all(
        """SELECT merchant_no, contract_no, min(at_ms), max(at_ms), min(card_id) FROM spend
            WHERE test = 0 AND kind IN ('charged', 'captured') GROUP BY merchant_no, contract_no"""
    )


def contracts_added(tx: Transaction) -> dict[int, int]:
    """When each contract was made: one that reaches back binds nothing that was captured before it existed."""
    return dict(tx.all("SELECT contract_no, added_ms FROM contract"))
