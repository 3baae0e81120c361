"""Do the books add up? Everything that is kept twice on purpose is compared (INV-1 to INV-5), and each difference is a finding.

A finding is a bug, a tampered database or a disk that lies: nothing is repaired here, a person is told. Runs every hour in the
serving process and whenever the operator asks. Reads only. Not responsible for the statements (``store.checks``).
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from kiosk.authority.services.accounting import account_sums
from kiosk.authority.services.alert_kinds import AlertKind
from kiosk.authority.store import checks, merchants
from kiosk.authority.store.alerts import raise_alert
from kiosk.authority.store.cards import last4_of
from kiosk.authority.store.ports import Row, Transaction
from kiosk.domain.payment import Contract, contract_at

CONTRACT_LAG_MS = 60_000  # a capture that was on its way when a new contract was made may have the old one
DETAIL_FINDINGS = 3

_log = logging.getLogger("kiosk.authority.audit")


class Check(Enum):
    """What is compared; the value is the sentence."""

    MOVEMENT = "a movement's postings sum to zero"
    FACE = "an activation moves the card's face value"
    LOT = "beside a card's codes stand the number and the currency of its lot"
    BALANCE = "face value, activations and payments make a card's balance"
    ACTIVATIONS = "a card is activated once, and only then active"
    CODES = "the codes marked as used are those that bought"
    CODE_TWICE = "a code buys once"
    BINDINGS = "the codes marked as bound are those that are kept for a purchase"
    BOUND = "a code that is kept for a purchase buys nothing else"
    AUTHORIZATIONS = "a card counts the windows that are open on it"
    MOVEMENTS = "a card counts its movements"
    HELD = "what is held is what was authorized and not ended"
    STEP = "each operation leaves the balance that the ones before it make"
    LEG = "a payment's share is begun once, ended once, and gives back no more than it took"
    OPERATION = "an operation has one effect"
    NO_CARD = "only cards that exist pay"
    PARTS = "a captured amount is shared as its contract says"
    CONTRACT = "a capture has the contract in force at its time"
    LIABILITY = "all cards together are worth what the scheme owes their holders"
    HELD_SUM = "all windows together hold what is authorized"
    LEDGER_SUM = "all postings sum to zero"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One difference. ``card`` is the last four digits of a serial; ``account`` where no card is to blame."""

    check: Check
    found: int
    expected: int
    card: str | None = None
    account: str | None = None

    def __str__(self) -> str:
        about = f"card ••••{self.card}" if self.card else self.account
        return (
            f"{self.check.value}: {about} has {self.found}, {self.expected} expected ({self.found - self.expected:+d})"
        )


def audit(tx: Transaction) -> list[Finding]:
    """Everything that does not add up, in this one snapshot; an empty list is what is expected of it."""
    findings = [*_cards(checks.cards_off(tx)), *_payments(tx), *_contracts(tx), *_sums(tx)]
    findings += [_of_card(Check.MOVEMENT, card_id, amount, 0) for card_id, amount in checks.movements_off(tx)]
    findings += [_of_card(Check.LOT, card_id, right, 2) for card_id, right in checks.lots_off(tx)]
    return findings


def tell(tx: Transaction, findings: Iterable[Finding], *, now_ms: int) -> None:
    """Alert a person to findings, if there are any."""
    told = [str(finding) for finding in findings]
    if told:
        more = f" … {len(told)} in all" if len(told) > DETAIL_FINDINGS else ""
        raise_alert(
            tx, kind=AlertKind.AUDIT_FINDING.value, detail="; ".join(told[:DETAIL_FINDINGS]) + more, at_ms=now_ms
        )


def log_findings(findings: Iterable[Finding]) -> None:
    """Each difference as an error in the diary."""
    for finding in findings:
        _log.error("the books do not add up: %s", finding)


def _cards(rows: Iterable[Row]) -> list[Finding]:
    findings: list[Finding] = []
    for row in rows:
        card_id, state, balance, worth, net, used, codes, opened, windows, held, kept, counted, moves = row[:13]
        owed, face, least, most = row[13:]
        if balance != worth:
            findings.append(_of_card(Check.BALANCE, card_id, balance, worth))
        if net not in (0, 1) or (state in {"active", "exhausted", "expired"}) != (net == 1):
            findings.append(_of_card(Check.ACTIVATIONS, card_id, int(state in {"active", "exhausted", "expired"}), net))
        if used != codes:
            findings.append(_of_card(Check.CODES, card_id, used, codes))
        if opened != windows:
            findings.append(_of_card(Check.AUTHORIZATIONS, card_id, opened, windows))
        if kept != held:
            findings.append(_of_card(Check.HELD, card_id, kept, held))
        if counted != moves:
            findings.append(_of_card(Check.MOVEMENTS, card_id, counted, moves))
        if owed != face * net:
            findings.append(_of_card(Check.FACE, card_id, owed, face * net))
        if least != face or most != face:
            findings.append(_of_card(Check.STEP, card_id, least if least != face else most, face))
    return findings


def _payments(tx: Transaction) -> list[Finding]:
    findings = [_leg(row) for row in checks.legs_off(tx)]
    findings += [_of_card(Check.HELD, card_id, amount, 0) for card_id, amount in checks.windows_off(tx)]
    findings += [_of_card(Check.NO_CARD, card_id, 1, 0) for (card_id,) in checks.nobodys_rows(tx)]
    findings += [_of_card(Check.CODE_TWICE, card_id, count, 1) for card_id, count in checks.codes_twice(tx)]
    findings += [_of_card(Check.BINDINGS, card_id, marked, kept) for card_id, marked, kept in checks.bindings_off(tx)]
    findings += [_of_card(Check.BOUND, card_id, 1, 0) for card_id, _ in checks.bound_elsewhere(tx)]
    findings += [_of_card(Check.OPERATION, card_id, count, 1) for card_id, count in checks.operations_twice(tx)]
    return findings


def _leg(row: Row) -> Finding:
    card_id, taken, captured, given_back, refunded, merchant, merchant_back, _, _, begun, ended, left_open, kept = row
    if begun != 1 or ended > 1:
        return _of_card(Check.LEG, card_id, begun if begun != 1 else ended, 1)
    if captured + given_back > taken:
        return _of_card(Check.LEG, card_id, captured + given_back, taken)
    if refunded > captured:
        return _of_card(Check.LEG, card_id, refunded, captured)
    if left_open != kept:
        return _of_card(Check.HELD, card_id, kept, left_open)
    expected = refunded * merchant // captured if captured else 0
    return _of_card(Check.PARTS, card_id, merchant_back, expected)


def _contracts(tx: Transaction) -> list[Finding]:
    contracts = {one.contract_no: one for one in merchants.contracts(tx)}
    added = checks.contracts_added(tx)
    findings: list[Finding] = []
    for number, _unit, amount, merchant_minor, distribution_minor, card_id in checks.shares_given(tx):
        contract = contracts.get(number)
        parts = contract.split(amount) if contract else None
        if parts is None or parts[:2] != (merchant_minor, distribution_minor):
            expected = parts[0] + parts[1] if parts else 0
            findings.append(_of_card(Check.PARTS, card_id, merchant_minor + distribution_minor, expected))

    def in_force(merchant_no: int, at_ms: int) -> int:
        known: list[Contract] = [one for one in contracts.values() if added[one.contract_no] <= at_ms]
        found = contract_at(known, merchant_no=merchant_no, at_ms=at_ms)
        return found.contract_no if found else 0

    # a contract that was overtaken never comes back: right at its first capture and at its last, it was right in between
    for merchant_no, number, first_ms, last_ms, card_id in checks.contracts_applied(tx):
        for at_ms in (first_ms, last_ms):
            right = in_force(merchant_no, at_ms)
            if (number or 0) not in {right, in_force(merchant_no, at_ms - CONTRACT_LAG_MS)}:
                findings.append(_of_card(Check.CONTRACT, card_id, number or 0, right))
                break
    return findings


def _sums(tx: Transaction) -> list[Finding]:
    accounts: dict[str, int] = {}
    totals: dict[str, int] = {}
    for one in account_sums(tx):
        accounts[one.account] = one.amount_minor
        totals[one.currency] = totals.get(one.currency, 0) + one.amount_minor
    worth, held = checks.sums_by_currency(tx)
    findings: list[Finding] = []

    def compare(check: Check, account: str, found: int, expected: int) -> None:
        if found != expected:
            findings.append(Finding(check=check, account=account, found=found, expected=expected))

    for unit in sorted(worth.keys() | totals.keys()):
        compare(
            Check.LIABILITY, f"card-liability/{unit}", -accounts.get(f"card-liability/{unit}", 0), worth.get(unit, 0)
        )
        compare(Check.HELD_SUM, f"authorized/{unit}", -accounts.get(f"authorized/{unit}", 0), held.get(unit, 0))
        compare(Check.LEDGER_SUM, f"*/{unit}", totals.get(unit, 0), 0)
    return findings


def _of_card(check: Check, card_id: int, found: object, expected: object) -> Finding:
    # sums of whole numbers may come as decimals
    return Finding(check=check, card=last4_of(card_id), found=int(str(found)), expected=int(str(expected)))
