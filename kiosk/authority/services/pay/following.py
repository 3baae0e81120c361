"""What follows a payment: capture, cancel, refund, and the return of what nobody captured in time. One decision per question.

Money that was promised to a merchant stays promised whatever becomes of the card meanwhile; money that goes back goes to the
card that it came from. Not responsible for codes (``presenting``): none is asked for again.
"""

from kiosk.authority.services.pay.answers import Declined, LegNow, legs_of, payment_answer
from kiosk.authority.services.pay.asked import Follow, Verb, id_text
from kiosk.authority.services.pay.book import Book
from kiosk.authority.services.pay.presenting import test_card
from kiosk.authority.services.refused import TurnedAway, malformed
from kiosk.authority.store.cards import serial_of
from kiosk.authority.store.spends import SpendCard, SpendRow
from kiosk.domain.activation import CardState
from kiosk.domain.card import Serial
from kiosk.domain.payment import TOOK_MONEY, SpendKind, SpendReason, contract_at, refund_parts
from kiosk.domain.scenarios import Scenario, scenario_of
from kiosk.errors import Bug
from kiosk.protocol.payments import PaymentAnswer
from kiosk.protocol.problems import ProblemKind


def follow(book: Book, ask: Follow) -> PaymentAnswer | Declined:
    """Do what is asked, or refuse it by the payment's state. Raises ``TurnedAway`` for a payment that is not the caller's."""
    rows = book.rows_of(ask.payment_id)
    own = ask.verb is Verb.RETURN or (
        bool(rows) and rows[0].merchant_no == ask.caller.merchant_no and rows[0].test == ask.caller.test
    )
    if not rows or not own:
        raise TurnedAway(ProblemKind.NOT_FOUND, "no such payment")
    if ask.amount is not None and ask.amount.currency.code != rows[0].currency:
        raise malformed("the amount is in another currency than the payment")
    added = _decide(book, ask, rows, legs_of(rows))
    if isinstance(added, SpendReason):
        return _refuse(book, ask, rows, added)
    for row in added:
        book.add(row)
    return payment_answer(book.rows_of(ask.payment_id))


def _decide(book: Book, ask: Follow, rows: list[SpendRow], legs: list[LegNow]) -> list[SpendRow] | SpendReason:
    match ask.verb:
        case Verb.CAPTURE:
            return _capture(book, ask, rows, legs)
        case Verb.CANCEL:
            return _give_back(book, ask, rows, legs, SpendKind.CANCELLED)
        case Verb.RETURN:
            return _give_back(book, ask, rows, [one for one in legs if _lapsed(one, book)], SpendKind.RETURNED)
        case Verb.REFUND:
            return _refund(book, ask, rows, legs)


def _capture(book: Book, ask: Follow, rows: list[SpendRow], legs: list[LegNow]) -> list[SpendRow] | SpendReason:
    held = [one for one in legs if one.leg.held_minor]
    if not held:
        returned = any(one.leg.ended is SpendKind.RETURNED for one in legs)
        return SpendReason.WINDOW_OVER if returned else SpendReason.NOT_AUTHORIZED
    if any(_lapsed(one, book) for one in held) or _forced(held, rows, Scenario.WINDOW_OVER):
        return SpendReason.WINDOW_OVER
    rest = ask.amount.minor if ask.amount is not None else sum(one.leg.held_minor for one in held)
    if rest > sum(one.leg.held_minor for one in held):
        return SpendReason.OVER_AMOUNT
    added: list[SpendRow] = []
    for one in held:
        taken = min(rest, one.leg.held_minor)
        rest -= taken
        card = _card(book, rows, one)
        _let_go(card, released=one.leg.held_minor - taken)
        if taken:
            added.append(_captured(book, ask, rows, one, card, taken))
        else:
            added.append(_row(book, ask, rows, one, card, SpendKind.CANCELLED, one.leg.held_minor))
    return added


def _captured(
    book: Book, ask: Follow, rows: list[SpendRow], one: LegNow, card: SpendCard, taken_minor: int
) -> SpendRow:
    contract = contract_at(ask.caller.contracts, merchant_no=ask.caller.merchant_no, at_ms=book.now_ms)
    if contract is None:
        raise Bug("everybody's contract is made with the schema")
    merchant, distribution, _ = contract.split(taken_minor)
    return _row(
        book, ask, rows, one, card, SpendKind.CAPTURED, taken_minor,
        released_minor=one.leg.held_minor - taken_minor, parts=(merchant, distribution),
        contract_no=contract.contract_no,
    )  # fmt: skip


def _give_back(
    book: Book, ask: Follow, rows: list[SpendRow], legs: list[LegNow], kind: SpendKind
) -> list[SpendRow] | SpendReason:
    held = [one for one in legs if one.leg.held_minor]
    if not held:
        return SpendReason.NOT_AUTHORIZED
    added = []
    for one in held:
        card = _card(book, rows, one)
        _let_go(card, released=one.leg.held_minor)
        added.append(_row(book, ask, rows, one, card, kind, one.leg.held_minor))
    return added


def _refund(book: Book, ask: Follow, rows: list[SpendRow], legs: list[LegNow]) -> list[SpendRow] | SpendReason:
    paid = [one for one in legs if one.leg.refundable_minor]
    if not paid:
        return SpendReason.NOT_CAPTURED
    rest = ask.amount.minor if ask.amount is not None else sum(one.leg.refundable_minor for one in paid)
    if rest > sum(one.leg.refundable_minor for one in paid):
        return SpendReason.OVER_AMOUNT
    shares: list[tuple[LegNow, SpendCard, int]] = []
    for one in paid:
        share = min(rest, one.leg.refundable_minor)
        rest -= share
        if share:
            shares.append((one, _card(book, rows, one), share))
    if any(_closed(card, book, rows) for _, card, _ in shares) or _forced(paid, rows, Scenario.CARD_CLOSED):
        return SpendReason.CARD_CLOSED  # before anything is changed: a refund is whole or not at all
    added = []
    for one, card, share in shares:
        card.balance_minor += share
        card.state = CardState.ACTIVE
        parts = _refund_parts(rows, one, share)
        added.append(_row(book, ask, rows, one, card, SpendKind.REFUNDED, share, parts=parts))
    return added


def _refund_parts(rows: list[SpendRow], one: LegNow, share_minor: int) -> tuple[int, int]:
    taken = next(row for row in rows if row.leg == one.number and row.kind in TOOK_MONEY)
    return refund_parts(
        captured_minor=taken.amount_minor,
        merchant_minor=taken.merchant_minor,
        distribution_minor=taken.distribution_minor,
        before_minor=one.leg.refunded_minor,
        refund_minor=share_minor,
    )


def _lapsed(one: LegNow, book: Book) -> bool:
    return one.leg.held_minor > 0 and one.leg.until_ms is not None and one.leg.until_ms <= book.now_ms


def _closed(card: SpendCard, book: Book, rows: list[SpendRow]) -> bool:
    if rows[0].test:
        return False
    return card.state not in {CardState.ACTIVE, CardState.EXHAUSTED} or card.expires_ms < book.now_ms


def _forced(legs: list[LegNow], rows: list[SpendRow], scenario: Scenario) -> bool:
    return rows[0].test and any(scenario_of(Serial(serial_of(one.card_id))) is scenario for one in legs)


def _let_go(card: SpendCard, *, released: int) -> None:
    """One authorization less, and what it does not take back on the card."""
    card.authorizations -= 1
    card.balance_minor += released
    if card.state is CardState.ACTIVE and card.balance_minor == 0 and card.authorizations == 0:
        card.state = CardState.EXHAUSTED


def _card(book: Book, rows: list[SpendRow], one: LegNow) -> SpendCard:
    if rows[0].test:
        return test_card(one.card_id, rows[0].currency)
    card = book.cards.get(one.card_id)
    if card is None:
        raise Bug("a leg's card is read with its payment")
    return card


def _row(
    book: Book,
    ask: Follow,
    rows: list[SpendRow],
    one: LegNow,
    card: SpendCard,
    kind: SpendKind,
    amount_minor: int,
    *,
    released_minor: int = 0,
    parts: tuple[int, int] = (0, 0),
    contract_no: int | None = None,
) -> SpendRow:
    return SpendRow(
        one.card_id,
        book.seq,
        kind,
        one.number,
        ask.payment_id,
        ask.op_id,
        ask.fingerprint,
        rows[0].merchant_no,
        currency=rows[0].currency,
        amount_minor=amount_minor,
        released_minor=released_minor,
        merchant_minor=parts[0],
        distribution_minor=parts[1],
        contract_no=contract_no,
        balance_minor=card.balance_minor,
        at_ms=book.now_ms,
        test=rows[0].test,
    )


def _refuse(book: Book, ask: Follow, rows: list[SpendRow], reason: SpendReason) -> Declined:
    if ask.verb is not Verb.RETURN:  # the authority's own question may be asked again: only its yes is kept
        book.add(
            SpendRow(
                card_id=rows[0].card_id,
                seq=book.seq,
                kind=SpendKind.REFUSED,
                leg=rows[0].leg,
                payment_id=ask.payment_id,
                op_id=ask.op_id,
                fingerprint=ask.fingerprint,
                merchant_no=rows[0].merchant_no,
                currency=rows[0].currency,
                amount_minor=ask.amount.minor if ask.amount is not None else 0,
                at_ms=book.now_ms,
                reason=reason,
                test=rows[0].test,
            )
        )
    return Declined(reason, id_text(ask.payment_id))
