"""The table of payments: what it refuses by itself, and that what is asked of it all day finds its rows by an index, whatever the
table holds."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import msgspec
import pytest

from kiosk.authority.services.pay import asked
from kiosk.authority.services.pay.asked import Ask
from kiosk.authority.store import recent, shoppers, spends, webhooks
from kiosk.authority.store.ports import Row, Store, Transaction
from kiosk.authority.store.spends import SpendRow
from kiosk.domain.payment import SpendKind
from kiosk.errors import Bug
from kiosk.protocol.payments import CaptureRequest, RefundRequest
from tests.helpers.spending import PRESS, Till, all_rows, make_spending

LARGE = {"spend", "card", "card_codes"}  # the tables that grow with every card and every payment
SCANS = tuple(f"SCAN {name}" for name in (*LARGE, "c", "k"))  # SQLite says it of the names that a statement gives them
OTHER_ID = bytes(16)
Statement = tuple[str, Sequence[Any]]  # Any: values of either database


class _Noting:
    """A transaction that keeps every statement which goes through it."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.said: list[Statement] = []

    def __getattr__(self, name: str) -> Any:  # Any: the rest is the transaction's own
        found = getattr(self._tx, name)
        if not callable(found) or name == "ahead":  # which says nothing to the database
            return found

        def call(sql: str, *values: Any, **more: Any) -> Any:
            if name == "run_many":
                values = (rows := list(values[0]),)
                self.said += [(sql, rows[0])] if rows else []
            else:
                self.said.append((sql, values))
            return found(sql, *values, **more)

        return call


@pytest.fixture
def till(either_store: Store) -> Till:
    """Cards of which two paid something together, a part of which was captured and given back; and a wrong code."""
    made = make_spending(either_store)
    one, two = made.serials[:2]
    made.charge(one, 300)
    both = made.ask((one, made.next_code(one)), (two, made.next_code(two)), minor=2500, capture=False)
    held = made.pay(both, key="held")
    made.capture(held.payment_id, 2400, key="captured")
    made.refund(held.payment_id, 50, key="refunded")
    made.pay(made.ask((one, made.codes[two][-1]), minor=5))
    return made


def rows_by_kind(till: Till) -> dict[SpendKind, SpendRow]:
    return {row.kind: row for row in all_rows(till.world)}


@pytest.mark.parametrize(
    "kind",
    [SpendKind.CHARGED, SpendKind.AUTHORIZED, SpendKind.CAPTURED, SpendKind.REFUNDED, SpendKind.DECLINED],
)
def test_the_table_refuses_a_second_effect_of_an_operation(till: Till, kind: SpendKind) -> None:
    """Whatever goes wrong in the deciding, a repeated key could still take a shopper's money twice."""
    again = msgspec.structs.replace(rows_by_kind(till)[kind], seq=1_000_000, code_no=None)
    with pytest.raises(Bug):
        till.world.store.write(lambda tx: spends.append(tx, [again]))


def test_the_table_refuses_a_code_that_bought(till: Till) -> None:
    """Whatever goes wrong with the marks of used codes, one could be spent twice."""
    charged = rows_by_kind(till)[SpendKind.CHARGED]
    again = msgspec.structs.replace(charged, seq=1_000_000, op_id=OTHER_ID, payment_id=OTHER_ID)
    with pytest.raises(Bug):
        till.world.store.write(lambda tx: spends.append(tx, [again]))
    other = msgspec.structs.replace(again, code_no=None)  # rows without a code do not stand in each other's way
    till.world.store.write(lambda tx: spends.append(tx, [other]))


def test_an_operations_id_is_no_payments(till: Till) -> None:
    """The id of a refund, which merchants know from their events, would be answered as a payment that begins with the refund."""
    found = rows_by_kind(till)
    held, refund = found[SpendKind.AUTHORIZED].payment_id, found[SpendKind.REFUNDED].op_id

    def look(tx: Transaction) -> tuple[list[SpendRow], bool, bool, list[SpendRow]]:
        return (
            spends.rows_of_payment(tx, refund),
            spends.has_payment(tx, refund),
            spends.has_payment(tx, held),
            spends.rows_of_payment(tx, held),
        )

    none, refund_is_one, held_is_one, rows = till.world.store.read(look)
    assert (none, refund_is_one, held_is_one) == ([], False, True)
    assert rows == [row for row in all_rows(till.world) if row.payment_id == held] and len(rows) == 5


def _payments(till: Till) -> Iterator[Ask]:
    authority, caller = till.world.authority, till.callers[PRESS]
    one, two = till.serials[:2]
    held = asked.id_text(rows_by_kind(till)[SpendKind.AUTHORIZED].payment_id)
    yield authority.pay_question(caller, "new", till.ask((one, till.next_code(one)), minor=5))
    yield authority.pay_question(caller, "wrong", till.ask((two, till.codes[one][-1]), minor=5))
    yield authority.pay_question(caller, "hold", till.ask((two, till.next_code(two)), minor=5, capture=False))
    yield authority.follow_question(caller, "refunded", held, RefundRequest())  # other content
    yield authority.follow_question(caller, "again", held, RefundRequest())
    yield authority.follow_question(caller, "late", held, CaptureRequest())
    yield asked.lapse(asked.id_bytes(held))


def _looks(till: Till) -> Iterable[Callable[[Transaction], object]]:
    row = rows_by_kind(till)[SpendKind.AUTHORIZED]
    return (
        lambda tx: spends.rows_of_payment(tx, row.payment_id),
        lambda tx: spends.has_payment(tx, row.payment_id),
        lambda tx: spends.known_rows(tx, [row.payment_id, OTHER_ID]),
        lambda tx: spends.rows_after(tx, merchant_no=row.merchant_no, test=False, seq=1, limit=5),
        lambda tx: spends.rows_of_card(tx, row.card_id, limit=5),
        lambda tx: shoppers.codes_gone_until(tx, row.card_id, seq=row.seq, at_ms=row.at_ms),
        lambda tx: recent.latest_payments(tx, merchant_no=row.merchant_no, since_ms=0, limit=5),
        lambda tx: webhooks.waiting(tx, merchant_no=row.merchant_no, seq=1, limit=5),
    )


def test_no_payment_reads_a_table_whole(till: Till) -> None:
    """A scheme with a million payments would take a second for the next one."""
    store, batch = till.world.store, till.world.authority.spending.batch
    said: list[Statement] = []

    def noted(work: Callable[[Transaction], object]) -> None:
        def run(tx: Transaction) -> None:
            noting = _Noting(tx)
            work(noting)
            said.extend(noting.said)

        store.write(run)

    for ask in _payments(till):
        noted(partial(batch, asks=[ask]))
    for look in _looks(till):
        noted(look)
    assert len(said) > 20 and any("INSERT INTO spend" in sql for sql, _ in said)
    whole = {sql: found for sql, values in dict(said).items() if (found := store.write(_reads_whole(sql, values)))}
    assert not whole
    seen = store.write(_reads_whole("SELECT 1 FROM spend WHERE payment_id = ?", [OTHER_ID]))
    assert seen, "this test would see one that does"


def _reads_whole(sql: str, values: Sequence[Any]) -> Callable[[Transaction], list[str]]:
    def work(tx: Transaction) -> list[str]:
        if spends.takes_arrays(tx):
            ((plan,),) = tx.fetch(f"EXPLAIN (FORMAT JSON) {sql}", *values)
            return list(_of_postgres(json.loads(plan)[0]["Plan"]))
        steps: list[Row] = tx.all(f"EXPLAIN QUERY PLAN {sql}", *values)
        return [detail for *_, detail in steps if detail.startswith(SCANS)]

    return work


def _of_postgres(node: dict[str, Any]) -> Iterator[str]:  # Any: what JSON holds
    """Where a plan reads a table, or an index from one end to the other. Of the connection that writes: it reads tables whole only
    where no index leads."""
    if node.get("Relation Name") in LARGE and node["Node Type"] == "Seq Scan":
        yield f"{node['Node Type']} {node['Relation Name']}"
    if "Index Name" in node and "Index Cond" not in node:
        yield f"{node['Node Type']} {node['Index Name']}"
    for inner in node.get("Plans", ()):
        yield from _of_postgres(inner)
