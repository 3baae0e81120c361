"""The books of spending against each other, by plain SQL of our own: what must be true whenever nobody is writing.

Each fault is a sentence. Written from the invariants of the design (INV-1 to INV-5), not from the code that keeps them. Not
responsible for what clients were told (the checker of histories is).
"""

from kiosk.authority.store.ports import Row, Store, Transaction

_MOVED = """
SELECT c.card_id, c.state, c.balance_minor, c.codes_used, c.authorizations,
       (SELECT coalesce(sum(CASE m.kind WHEN 'activation' THEN 1 WHEN 'reversal' THEN -1 ELSE 0 END), 0)
          FROM movement m WHERE m.card_id = c.card_id) * l.face_minor
     + (SELECT coalesce(sum(CASE s.kind WHEN 'authorized' THEN -s.amount_minor WHEN 'charged' THEN -s.amount_minor
                                 WHEN 'captured' THEN s.released_minor WHEN 'cancelled' THEN s.amount_minor
                                 WHEN 'returned' THEN s.amount_minor WHEN 'refunded' THEN s.amount_minor ELSE 0 END), 0)
          FROM spend s WHERE s.card_id = c.card_id AND s.test = 0)
  FROM card c JOIN pack p ON p.pack = c.pack JOIN lot l ON l.lot_no = p.lot_no
 WHERE c.state NOT IN ('printed', 'shipped', 'in_stock') OR c.balance_minor <> 0 OR c.codes_used <> 0
"""
_USED = "SELECT card_id, code_no, count(*) FROM spend WHERE code_no IS NOT NULL AND test = 0 GROUP BY card_id, code_no"
_KEPT = """
SELECT b.card_id, b.code_no, b.amount_minor, s.op_id, s.merchant_no, s.reference, s.at_ms, b.merchant_no, b.reference, b.until_ms
  FROM code_binding b LEFT JOIN spend s ON s.card_id = b.card_id AND s.code_no = b.code_no
"""
_PAID_AT_ONCE = "SELECT op_id, sum(amount_minor) FROM spend WHERE kind IN ('authorized', 'charged') GROUP BY op_id"
_HELD = """
SELECT s.card_id, s.payment_id, s.amount_minor FROM spend s
 WHERE s.kind = 'authorized' AND NOT EXISTS (
       SELECT 1 FROM spend e WHERE e.card_id = s.card_id AND e.payment_id = s.payment_id
                               AND e.kind IN ('captured', 'cancelled', 'returned'))
 ORDER BY 1, 2
"""
_TAKEN = """
SELECT card_id, payment_id, sum(CASE WHEN kind IN ('captured', 'charged') THEN amount_minor ELSE 0 END),
       sum(CASE kind WHEN 'refunded' THEN amount_minor ELSE 0 END),
       sum(CASE kind WHEN 'refunded' THEN -merchant_minor ELSE merchant_minor END),
       sum(CASE kind WHEN 'refunded' THEN -distribution_minor ELSE distribution_minor END),
       sum(CASE WHEN kind IN ('captured', 'cancelled', 'returned') THEN 1 ELSE 0 END),
       sum(CASE kind WHEN 'authorized' THEN amount_minor ELSE 0 END),
       sum(CASE WHEN kind IN ('captured', 'cancelled', 'returned') THEN amount_minor + released_minor ELSE 0 END)
  FROM spend GROUP BY card_id, payment_id
"""


def faults(store: Store) -> list[str]:
    """Every sentence that is not true of these books."""
    return store.read(_faults)


def used_codes(tx: Transaction) -> dict[int, int]:
    """By card, the bits of the codes that its rows say were used."""
    used: dict[int, int] = {}
    for card_id, code_no, _ in tx.all(_USED):
        used[card_id] = used.get(card_id, 0) | 1 << (code_no - 1)
    return used


def _faults(tx: Transaction) -> list[str]:
    found = [
        f"INV-1: what happened to card {_end(card_id)} as number {ref} does not sum to nothing"
        for card_id, ref in tx.all(
            "SELECT card_id, ref FROM ledger GROUP BY card_id, ref HAVING sum(amount_minor) <> 0"
        )
    ]
    found += [
        f"INV-4: code {code_no} of card {_end(card_id)} bought {count} times"
        for card_id, code_no, count in tx.all(_USED)
        if count > 1
    ]
    used, held = used_codes(tx), tx.all(_HELD)
    for card_id, state, balance, codes_used, authorizations, moved in tx.all(_MOVED):
        end = _end(card_id)
        if balance < 0 or balance != int(moved):
            found.append(f"INV-2: card {end} ({state}) holds {balance}, its books say {int(moved)}")
        if codes_used != used.get(card_id, 0):
            found.append(f"INV-4: card {end} remembers other used codes than its books")
        if authorizations != sum(1 for row in held if row[0] == card_id):
            found.append(f"card {end} counts {authorizations} open authorizations, its books another number")
        if state == "exhausted" and (balance or authorizations):
            found.append(f"card {end} is exhausted and holds something")
    return [*found, *_bindings(tx), *_payments(tx), *_totals(tx, held)]


def _bindings(tx: Transaction) -> list[str]:
    """A code that a merchant saw and that bought nothing is marked, and buys for its purchase alone."""
    found, marks = [], dict[int, int]()
    amounts = {op_id: int(amount) for op_id, amount in tx.all(_PAID_AT_ONCE)}
    for card_id, code_no, amount, op_id, merchant, reference, at_ms, of_merchant, of_reference, until_ms in tx.all(
        _KEPT
    ):
        marks[card_id] = marks.get(card_id, 0) | 1 << (code_no - 1)
        if op_id is None:
            continue
        if (merchant, reference) != (of_merchant, of_reference) or amounts[op_id] > amount or at_ms >= until_ms:
            found.append(
                f"CD-10: code {code_no} of card {_end(card_id)} was kept for another purchase than it bought for"
            )
    for card_id, marked in tx.all("SELECT card_id, codes_bound FROM card"):
        if marked != marks.get(card_id, 0):
            found.append(f"CD-10: card {_end(card_id)} marks other codes as bound than are")
    return found


def _payments(tx: Transaction) -> list[str]:
    found = []
    for card_id, _, taken, back, merchant, distribution, ends, asked, ended in tx.all(_TAKEN):
        end = _end(card_id)
        if back > taken:
            found.append(f"card {end} got {back} back of {taken}")
        if taken == back and (merchant or distribution):
            found.append(f"a payment of card {end} was given back whole, and somebody kept a part")
        if merchant < 0 or distribution < 0 or merchant + distribution > taken - back:
            found.append(f"the parts of a payment of card {end} are {merchant} and {distribution} of {taken - back}")
        if ends > 1 or (ends and asked != ended):
            found.append(f"an authorization of {asked} on card {end} ended {ends} times, with {ended}")
    return found


def _totals(tx: Transaction, held: list[Row]) -> list[str]:
    found = []
    waiting = tx.all("SELECT card_id, payment_id, amount_minor FROM open_authorization ORDER BY 1, 2")
    if [tuple(row) for row in waiting] != [tuple(row) for row in held]:
        found.append("the windows that run are not the authorizations that are open")
    books = {
        name: int(amount) for name, amount in tx.all("SELECT account, sum(amount_minor) FROM ledger GROUP BY account")
    }
    if sum(books.values()):
        found.append(f"INV-1: all books together hold {sum(books.values())}")
    ((owed,),) = tx.all("SELECT coalesce(sum(balance_minor), 0) FROM card")
    liability = sum(amount for name, amount in books.items() if name.startswith("card-liability/"))
    if int(owed) + liability:
        found.append(f"cards hold {int(owed)}, the books owe them {-liability}")
    reserved = sum(amount for name, amount in books.items() if name.startswith("authorized/"))
    real = (
        sum(row[2] for row in tx.all(f"SELECT h.card_id, h.payment_id, h.amount_minor FROM ({_HELD}) h")) if held else 0
    )
    if real + reserved:
        found.append(f"authorizations hold {real}, the books {-reserved}")
    return found


def _end(card_id: int) -> str:
    return f"…{card_id % 10_000:04d}"
