"""Cards presented for payment: is the code right, is there money, who gets how much. One decision per question, on the
batch's book.

One refusal for every reason that a stranger must not learn; what money there is is heard only after a right code (settled decision
3). Tries are counted on the card in the transaction of the answer, whatever the answer is. A right code that a merchant saw and
that bought nothing is kept for that merchant's purchase from then on. Not responsible for capture and what follows (``following``).
"""

from collections.abc import Callable, Iterable

import msgspec

from kiosk.authority.services.codes import TAG_BYTES, code_tag
from kiosk.authority.services.pay.answers import Declined, first_answer
from kiosk.authority.services.pay.asked import Present, Presented, id_text
from kiosk.authority.services.pay.book import Book, CardAlert
from kiosk.authority.store.spends import SpendCard, SpendRow
from kiosk.domain.activation import CardState
from kiosk.domain.binding import bind
from kiosk.domain.payment import NO_TRIES, Contract, SpendKind, SpendReason, Tries, contract_at
from kiosk.domain.scenarios import TEST_BALANCE_MINOR, Scenario, scenario_of
from kiosk.errors import Bug
from kiosk.protocol.mac import Mac
from kiosk.protocol.payments import PaymentAnswer

UNSOLD_CARD_TRIED = "unsold_card_tried"
TEST_CODE = 1
_ACTIVE, _EXHAUSTED = CardState.ACTIVE, CardState.EXHAUSTED
_CHARGED, _AUTHORIZED = SpendKind.CHARGED, SpendKind.AUTHORIZED
_FIRST_SOLD = frozenset({CardState.PRINTED, CardState.SHIPPED, CardState.IN_STOCK})

LotKey = Callable[[int], Mac]


class _Share(msgspec.Struct):
    """One presented card that may pay: which code it gave, and how much of the amount it takes."""

    card: SpendCard
    code: int
    amount_minor: int = 0


def present(book: Book, ask: Present, *, lot_key: LotKey) -> PaymentAnswer | Declined:
    """Charge or authorize, or decline. The rows are in the book afterwards."""
    shares: list[_Share] = []
    refusal: SpendReason | None = None
    for one in ask.presented:
        judged = _judge(book, ask, one, lot_key)
        if isinstance(judged, _Share):
            shares.append(judged)
            if judged.card.currency != ask.amount.currency.code and refusal is not SpendReason.DECLINED:
                refusal = SpendReason.WRONG_CURRENCY
        elif refusal is not SpendReason.DECLINED:
            refusal = judged  # beside a card whose code was wrong nothing is said about the others
    if refusal is not None:
        return _decline(book, ask, refusal, shares)
    if len(shares) > 1:
        shares.sort(key=lambda share: (share.card.sold_ms, share.card.card_id))  # the oldest card is emptied first
    rest = ask.amount.minor
    for share in shares:
        balance_minor = share.card.balance_minor
        share.amount_minor = rest if rest < balance_minor else balance_minor
        rest -= share.amount_minor
    if rest:
        return _decline(book, ask, SpendReason.INSUFFICIENT_FUNDS, shares)
    contract = contract_at(ask.caller.contracts, merchant_no=ask.caller.merchant_no, at_ms=book.now_ms)
    if contract is None:
        raise Bug("everybody's contract is made with the schema")
    rows: list[SpendRow] = []
    for share in shares:
        if share.amount_minor:
            row = _take(book, ask, share, len(rows) + 1, contract)
            rows.append(row)
            book.add(row)
    return first_answer(rows)


def _judge(book: Book, ask: Present, presented: Presented, lot_key: LotKey) -> _Share | SpendReason:
    if ask.caller.test:
        return _judge_test(ask, presented)
    card = book.cards.get(presented.card_id)
    if card is None or (card.state is not _ACTIVE and card.state is not _EXHAUSTED):
        if card is not None and card.state in _FIRST_SOLD:
            book.alerts.append(CardAlert(UNSOLD_CARD_TRIED, card.card_id, ask.caller.merchant_no))
        return SpendReason.DECLINED
    now_ms, tries = book.now_ms, card.tries
    if card.block is not None or card.expires_ms < now_ms or (tries is not NO_TRIES and tries.paused(now_ms)):
        return SpendReason.DECLINED
    place = _place(card.tags, code_tag(lot_key(card.lot_no), presented.serial, presented.code))
    if (
        place is None
        or card.codes_used >> place & 1
        or (card.codes_bound >> place & 1 and _is_kept_from(book, ask, card, place + 1))
    ):
        card.tries = tries.after_wrong(now_ms)
        return SpendReason.DECLINED
    if tries is not NO_TRIES:  # nearly all cards have none to be forgiven
        card.tries = tries.after_right()
    return _Share(card, place + 1)


def _is_kept_from(book: Book, ask: Present, card: SpendCard, code: int) -> bool:
    """Whether a bound code is not for this: for another purchase, for less, or for nothing any more."""
    binding = book.binding_of(card.card_id, code)
    return binding is None or not binding.allows(
        merchant_no=ask.caller.merchant_no, reference=ask.reference, amount_minor=ask.amount.minor, now_ms=book.now_ms
    )


def _judge_test(ask: Present, presented: Presented) -> _Share | SpendReason:
    match scenario_of(presented.serial):
        case None | Scenario.DECLINED | Scenario.BUSY:
            return SpendReason.DECLINED
        case Scenario.INSUFFICIENT_FUNDS:
            return SpendReason.INSUFFICIENT_FUNDS
        case Scenario.WRONG_CURRENCY:
            return SpendReason.WRONG_CURRENCY
        case Scenario.APPROVED | Scenario.WINDOW_OVER | Scenario.CARD_CLOSED | Scenario.SLOW:
            return _Share(test_card(presented.card_id, ask.amount.currency.code), TEST_CODE)


def test_card(card_id: int, currency: str) -> SpendCard:
    """A card of test mode: always active, never empty, in no database."""
    return SpendCard(
        card_id=card_id, lot_no=0, currency=currency, tags=b"", block=None, expires_ms=0, sold_ms=card_id,
        state=CardState.ACTIVE, balance_minor=TEST_BALANCE_MINOR, codes_used=0, authorizations=0, tries=Tries(),
    )  # fmt: skip


def _place(tags: bytes, tag: bytes) -> int | None:
    """Where among the card's tags; a tag that happens to stand across two of them is none."""
    at = tags.find(tag)
    while at >= 0:
        if at % TAG_BYTES == 0:
            return at // TAG_BYTES
        at = tags.find(tag, at + 1)
    return None


def _take(book: Book, ask: Present, share: _Share, leg: int, contract: Contract) -> SpendRow:
    card, capture, caller = share.card, ask.capture, ask.caller
    card.codes_used |= 1 << (share.code - 1)
    card.balance_minor -= share.amount_minor
    merchant = distribution = 0
    if not capture:
        card.authorizations += 1
    else:
        merchant, distribution, _ = contract.split(share.amount_minor)
        if card.balance_minor == 0 and card.authorizations == 0:
            card.state = _EXHAUSTED
    return SpendRow(
        card.card_id,
        book.seq,
        _CHARGED if capture else _AUTHORIZED,
        leg,
        ask.payment_id,
        ask.op_id,
        ask.fingerprint,
        caller.merchant_no,
        code_no=None if caller.test else share.code,
        currency=ask.amount.currency.code,
        amount_minor=share.amount_minor,
        merchant_minor=merchant,
        distribution_minor=distribution,
        contract_no=contract.contract_no if capture else None,
        balance_minor=card.balance_minor,
        until_ms=None if capture else book.now_ms + ask.window_ms,
        at_ms=book.now_ms,
        reference=ask.reference,
        test=caller.test,
    )


def _bind(book: Book, ask: Present, share: _Share) -> None:
    """The merchant has seen the code, and was told that it is right (CD-10)."""
    card, amount_minor = share.card, ask.amount.minor
    before = book.binding_of(card.card_id, share.code)
    if before is None:
        card.codes_bound |= 1 << (share.code - 1)
        after = bind(
            merchant_no=ask.caller.merchant_no, reference=ask.reference, amount_minor=amount_minor, now_ms=book.now_ms
        )
    else:
        after = before.asked_again(amount_minor)
    if after != before:
        book.bind(card.card_id, share.code, after)


def _decline(book: Book, ask: Present, reason: SpendReason, right: Iterable[_Share]) -> Declined:
    if reason is not SpendReason.DECLINED and not ask.hosted and not ask.caller.test:
        for share in right:
            _bind(book, ask, share)
    book.add(
        SpendRow(
            card_id=ask.presented[0].card_id,
            seq=book.seq,
            kind=SpendKind.DECLINED,
            leg=1,
            payment_id=ask.payment_id,
            op_id=ask.op_id,
            fingerprint=ask.fingerprint,
            merchant_no=ask.caller.merchant_no,
            currency=ask.amount.currency.code,
            amount_minor=ask.amount.minor,
            at_ms=book.now_ms,
            reason=reason,
            reference=ask.reference,
            test=ask.caller.test,
        )
    )
    return Declined(reason, id_text(ask.payment_id))
