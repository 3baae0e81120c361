"""The audit of the books: silent about an honest history, and not about any way in which somebody could alter them."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.authority.services.accounting import account_sums
from kiosk.authority.services.audit import Check, Finding, audit, log_findings, tell
from kiosk.authority.store.alerts import unseen_alerts
from kiosk.authority.store.merchants import add_contract
from kiosk.authority.store.ports import Store, Value
from kiosk.authority.store.postgres import PostgresStore
from kiosk.authority.store.sqlite import SqliteStore
from kiosk.protocol.payments import PaymentAnswer
from tests.fakes.clock import FakeClock
from tests.helpers.authority import TILL_2
from tests.helpers.spending import CINEMA, Till, make_spending

TRIGGERS = ("spend_stays", "spend_is_kept", "movement_stays", "movement_is_kept", "posting_stays", "posting_is_kept")
INDEXES = ("spend_code",)


def history(store: Store | None = None, *, clock: FakeClock | None = None) -> Till:
    """A bit of everything: charges, holds, captures whole and in part, cancels, returns, refunds, a cancelled and a voided sale,
    codes that were seen and bought nothing, one of which bought later."""
    clock = clock or FakeClock()
    till = make_spending(store, active=4, clock=clock)
    world, one, two, three = till.world, *till.serials[:3]
    line, voided = world.new_id(), world.new_id()
    world.commit(line, world.serials[8])
    world.cancel(line, world.serials[8])
    world.commit(world.new_id(), world.serials[8])
    world.commit(voided, world.serials[9])
    world.void(voided, world.serials[9])
    for minor in (1, 7, 333):
        paid = till.charge(one, minor)
        till.refund(paid.payment_id, minor // 2 or None)
    held = till.charge(two, 700, capture=False)
    till.capture(held.payment_id, 450)
    till.refund(held.payment_id, 33)
    till.refund(held.payment_id)
    till.cancel(till.charge(two, 100, capture=False, merchant=CINEMA).payment_id, merchant=CINEMA)
    left = till.charge(three, 2000, capture=False)
    till.pay(till.ask((one, till.codes[three][-1]), minor=5))  # a wrong code
    for code in till.codes[till.serials[3]][-2:]:
        till.pay(till.ask((till.serials[3], code), minor=2_001, reference="A-1"))
    till.pay(till.ask((till.serials[3], code), minor=90, reference="A-1"))
    both = till.pay(till.ask((one, till.next_code(one)), (two, till.next_code(two)), minor=2500, capture=False))
    assert isinstance(both, PaymentAnswer) and left.status == "authorized"
    till.capture(both.payment_id, 2400)
    till.refund(both.payment_id, 10)
    clock.advance(60_000)
    world.store.write(
        lambda tx: add_contract(
            tx,
            merchant_no=1,
            from_ms=clock.now_ms(),
            merchant_share=9_000,
            distribution_share=500,
            now_ms=clock.now_ms(),
        )
    )
    return till


@pytest.fixture
def till() -> Till:
    """An honest history whose append-only triggers were taken away, as somebody who can write the file would."""
    made = history()
    for name in TRIGGERS:
        made.world.sql(f"DROP TRIGGER {name}")
    for name in INDEXES:
        made.world.sql(f"DROP INDEX {name}")
    return made


def found(till: Till) -> list[Finding]:
    return till.world.store.read(audit)


def checks_of(till: Till) -> set[Check]:
    return {finding.check for finding in found(till)}


def test_an_honest_history_has_no_finding(till: Till) -> None:
    """An alarm that rings every hour is switched off, and then it is missing."""
    assert found(till) == []


def test_the_same_on_postgresql(request: pytest.FixtureRequest) -> None:
    """The larger schemes, which need the audit most, would have one that fails."""
    store = PostgresStore.open(request.getfixturevalue("postgres").new_authority_database())
    try:
        till = history(store)
        assert found(till) == []
        till.world.sql("UPDATE card SET balance_minor = balance_minor + 1 WHERE state = 'active'")
        assert Check.BALANCE in checks_of(till) and Check.LIABILITY in checks_of(till)
    finally:
        store.close()


TAMPERING: dict[str, tuple[str, Check]] = {
    "a balance is raised": (
        "UPDATE card SET balance_minor = balance_minor + 100 WHERE card_id = (SELECT min(card_id) FROM spend WHERE code_no = 2)",
        Check.BALANCE,
    ),
    "a card nobody paid for is made active": (
        "UPDATE card SET state = 'active', sold_line = 'x', sold_terminal = 'x', balance_minor = 2000 WHERE state = 'in_stock'",
        Check.ACTIVATIONS,
    ),
    "an activation is forgotten": ("DELETE FROM posting WHERE no = 1", Check.FACE),
    "a shop's debt is lowered": (
        "UPDATE posting SET amount_minor = amount_minor - 500 WHERE account LIKE 'shop-debt/%' AND amount_minor > 0",
        Check.MOVEMENT,
    ),
    "an activation moves less on both sides": (
        "UPDATE posting SET amount_minor = amount_minor / 2 WHERE card_id = (SELECT min(card_id) FROM spend WHERE code_no = 2)",
        Check.FACE,
    ),
    "a payment is deleted": ("DELETE FROM spend WHERE kind = 'charged'", Check.BALANCE),
    "a used code is made new": ("UPDATE card SET codes_used = codes_used - 1 WHERE codes_used % 2 = 1", Check.CODES),
    "a code buys twice": (
        "UPDATE spend SET code_no = 1 WHERE code_no = 2",
        Check.CODE_TWICE,
    ),
    "a binding is forgotten": ("DELETE FROM code_binding", Check.BINDINGS),
    "a bound code is made new": ("UPDATE card SET codes_bound = 0", Check.BINDINGS),
    "a code that bought was another merchant's": ("UPDATE code_binding SET merchant_no = 2", Check.BOUND),
    "a code that bought was another purchase's": ("UPDATE code_binding SET reference = 'A-2'", Check.BOUND),
    "a code that bought was nobody's purchase's": ("UPDATE code_binding SET reference = NULL", Check.BOUND),
    "a code bought more than it was kept for": ("UPDATE code_binding SET amount_minor = 89", Check.BOUND),
    "a code bought after its time": ("UPDATE code_binding SET until_ms = 0", Check.BOUND),
    "a window is forgotten": ("DELETE FROM open_authorization", Check.HELD),
    "a window holds less": ("UPDATE open_authorization SET amount_minor = amount_minor - 1", Check.HELD),
    "a window without an authorization": (
        """INSERT INTO open_authorization(card_id, payment_id, amount_minor, until_ms, test)
           SELECT card_id, randomblob(16), 100, 0, 0 FROM spend WHERE kind = 'charged' LIMIT 1""",
        Check.AUTHORIZATIONS,
    ),
    "a count of windows is altered": (
        "UPDATE card SET authorizations = authorizations + 1 WHERE state = 'active'",
        Check.AUTHORIZATIONS,
    ),
    "a count of movements is altered": (
        "UPDATE card SET movements = movements + 1 WHERE state = 'active'",
        Check.MOVEMENTS,
    ),
    "a merchant gets more of a capture": (
        "UPDATE spend SET merchant_minor = merchant_minor + 1, distribution_minor = distribution_minor - 1 "
        "WHERE kind = 'captured' AND distribution_minor > 0",
        Check.PARTS,
    ),
    "a refund costs the merchant less": (
        "UPDATE spend SET merchant_minor = merchant_minor - 1, distribution_minor = distribution_minor + 1 "
        "WHERE kind = 'refunded' AND merchant_minor > 0",
        Check.PARTS,
    ),
    "a capture under a contract of later": ("UPDATE spend SET contract_no = 2 WHERE kind = 'charged'", Check.CONTRACT),
    "a capture of more than was held": (
        "UPDATE spend SET amount_minor = amount_minor + 50 WHERE kind = 'captured'",
        Check.LEG,
    ),
    "a refund of more than was captured": (
        "UPDATE spend SET amount_minor = amount_minor + 400, merchant_minor = 0, distribution_minor = 0 WHERE kind = 'refunded'",
        Check.LEG,
    ),
    "a payment that begins twice": (
        "UPDATE spend SET kind = 'charged', released_minor = 0 WHERE kind = 'captured' AND merchant_minor > 0",
        Check.LEG,
    ),
    "an operation that happened twice, the second time to another card": (
        """INSERT INTO spend(card_id, seq, kind, leg, payment_id, op_id, fingerprint, merchant_no, currency, amount_minor,
                             merchant_minor, distribution_minor, balance_minor, at_ms, test)
           SELECT (SELECT min(card_id) FROM card WHERE state = 'in_stock'), seq + 100000, kind, leg, payment_id, op_id,
                  fingerprint, merchant_no, currency, amount_minor, merchant_minor, distribution_minor, balance_minor, at_ms, test
             FROM spend WHERE kind = 'refunded'""",
        Check.OPERATION,
    ),
    "a balance in the past is altered": (
        "UPDATE spend SET balance_minor = balance_minor + 1 WHERE seq = (SELECT min(seq) FROM spend WHERE kind = 'charged')",
        Check.STEP,
    ),
    "a card's codes are put under another lot": ("UPDATE card_codes SET lot_no = lot_no + 1", Check.LOT),
    "a card is made one of another currency": ("UPDATE card_codes SET currency = 'FRF'", Check.LOT),
    "a card that is none pays": ("UPDATE spend SET card_id = 1 WHERE kind = 'charged'", Check.NO_CARD),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_is_found(till: Till, what: str) -> None:
    """Whoever can write the database could help himself, and nobody would see it before the year's end."""
    statement, check = TAMPERING[what]
    till.world.sql(statement)
    assert check in checks_of(till), found(till)


def test_every_check_of_a_card_has_its_tampering() -> None:
    """A check that never found anything may be one that cannot."""
    of_sums = {Check.LIABILITY, Check.HELD_SUM, Check.LEDGER_SUM}
    assert {check for _, check in TAMPERING.values()} == set(Check) - of_sums


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("UPDATE card SET balance_minor = balance_minor + 100 WHERE state = 'active'", Check.LIABILITY),
        ("DELETE FROM open_authorization", Check.HELD_SUM),
        ("UPDATE posting SET amount_minor = amount_minor + 1 WHERE account LIKE 'shop-debt/%'", Check.LEDGER_SUM),
    ],
)
def test_the_sums_of_all_cards_are_compared(till: Till, statement: str, check: Check) -> None:
    """Differences that hide among a million cards would stay there."""
    till.world.sql(statement)
    (finding,) = (one for one in found(till) if one.check is check)
    assert finding.account is not None and finding.account.endswith("/EUR")


def test_a_finding_names_a_card_by_its_last_digits_and_says_the_difference(till: Till) -> None:
    """A person could not look for the cause, or the alert would be a list of serials."""
    serial = till.serials[0]
    till.world.sql("UPDATE card SET balance_minor = balance_minor + 100 WHERE card_id = ?", int(serial))
    text = next(str(one) for one in found(till) if one.check is Check.BALANCE)
    assert f"••••{serial[-4:]}" in text and "(+100)" in text and serial not in text


def test_findings_reach_a_person(till: Till, caplog: pytest.LogCaptureFixture) -> None:
    """The audit would run every hour and keep what it found to itself."""
    till.world.sql("UPDATE card SET balance_minor = balance_minor + 100 WHERE state = 'active'")
    findings = found(till)
    log_findings(findings)
    assert "do not add up" in caplog.text
    till.world.store.write(lambda tx: tell(tx, [], now_ms=1))
    assert till.world.store.read(unseen_alerts) == []
    till.world.store.write(lambda tx: tell(tx, findings, now_ms=1))
    (alert,) = till.world.store.read(unseen_alerts)
    assert alert.kind == "audit_finding" and alert.detail is not None and "+100" in alert.detail


def test_a_contract_made_while_a_payment_was_on_its_way_is_no_finding() -> None:
    """Each new contract would raise an alarm."""
    clock = FakeClock()
    till = history(clock=clock)
    clock.advance(30_000)
    till.charge(till.serials[3], 100)  # its caller still has the contracts of before
    assert found(till) == []
    clock.advance(60_000)
    till.charge(till.serials[3], 100)
    assert checks_of(till) == {Check.CONTRACT}


def test_accounts_are_shown_as_sums() -> None:
    """The operator could not say what the scheme owes to whom."""
    till = history()
    accounts = {one.account: one.amount_minor for one in till.world.store.read(account_sums)}
    assert sum(accounts.values()) == 0
    assert accounts["authorized/EUR"] == -2000
    assert accounts["card-liability/EUR"] == -sum(till.balance(serial) for serial in till.world.serials)
    view = till.world.rows("SELECT account, sum(amount_minor) FROM ledger GROUP BY account ORDER BY account")
    assert [(name, amount) for name, amount in accounts.items()] == view, "two ways of adding up the same rows"


def test_the_audit_reads_one_snapshot(tmp_path: Path) -> None:
    """A payment between two of its readings would look like a difference."""
    store = SqliteStore.create(tmp_path / "a.db")
    till = history(store)
    beside = SqliteStore.open(tmp_path / "a.db")
    try:
        assert beside.read(_auditing(lambda: till.charge(till.serials[3], 100))) == []
    finally:
        beside.close()
        store.close()


def _auditing(meanwhile: Callable[[], object]) -> Callable[..., list[Finding]]:
    class Between:
        """A transaction between whose statements somebody pays."""

        def __init__(self, tx: object) -> None:
            self._tx = tx

        def all(self, sql: str, *values: Value) -> list[object]:
            rows: list[object] = self._tx.all(sql, *values)  # type: ignore[attr-defined] # the real transaction
            meanwhile()
            return rows

    return lambda tx: audit(Between(tx))  # type: ignore[arg-type] # stands in for one


def test_a_sale_by_the_till_beside_is_no_finding() -> None:
    """Two tills that sell at the same moment would look like fraud."""
    till = history()
    till.world.commit(till.world.new_id(), till.world.serials[10], till=TILL_2)
    assert found(till) == []


@pytest.mark.parametrize("seed", range(3))
def test_a_drawn_day_of_payments_has_no_finding(seed: int) -> None:
    """A combination that nobody thought of would raise an alarm at night, or hide behind a check that is too weak."""
    draw = random.Random(seed)
    clock = FakeClock()
    till = make_spending(active=12, clock=clock)
    made: list[str] = []
    for _ in range(300):
        clock.advance(draw.choice((1, 1_000, 120_000)))
        match draw.randrange(8):
            case 0 | 1 | 2:
                serials = draw.sample(till.serials, draw.choice((1, 1, 1, 2, 3)))
                if any(till.used.get(serial, 0) >= 24 for serial in serials):
                    continue
                cards = [(serial, till.next_code(serial)) for serial in serials]
                outcome = till.pay(till.ask(*cards, minor=draw.randint(1, 900), capture=draw.random() < 0.5))
                made += [outcome.payment_id] if isinstance(outcome, PaymentAnswer) else []
            case 3:
                till.pay(till.ask((till.serials[0], till.codes[till.serials[1]][draw.randrange(25)]), minor=5))
            case _ if not made:
                continue
            case 4 | 5:
                till.capture(draw.choice(made), draw.choice((None, draw.randint(1, 900))))
            case 6:
                till.refund(draw.choice(made), draw.choice((None, draw.randint(1, 300))))
            case _:
                till.cancel(draw.choice(made))
    assert found(till) == []
    rows = till.world.rows("SELECT DISTINCT kind FROM spend ORDER BY kind")
    assert len(rows) >= 7, rows
