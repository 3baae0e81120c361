"""The arithmetic of a payment's parts: nothing is lost in rounding, nothing turns negative, tries pause and never lock for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.payment import (
    NO_EFFECT,
    PAUSE_MS,
    WHOLE_SHARE,
    WRONG_CODES_FREE,
    Contract,
    Leg,
    Operation,
    PaymentStatus,
    SpendKind,
    Tries,
    contract_at,
    fold_leg,
    refund_parts,
    status_of,
)

_shares = st.tuples(st.integers(0, WHOLE_SHARE), st.integers(0, WHOLE_SHARE)).filter(
    lambda two: sum(two) <= WHOLE_SHARE
)
_amounts = st.integers(1, 50_000)


def contract(
    merchant_share: int = 8_000, distribution_share: int = 1_200, *, no: int = 1, from_ms: int = 0
) -> Contract:
    return Contract(
        contract_no=no, from_ms=from_ms, merchant_share=merchant_share, distribution_share=distribution_share
    )


@given(_amounts, _shares)
def test_a_split_sums_to_what_was_captured(amount: int, shares: tuple[int, int]) -> None:
    """A cent of each payment would be nobody's, or somebody's twice."""
    parts = contract(*shares).split(amount)
    assert sum(parts) == amount
    assert min(parts) >= 0
    wanted = (*shares, WHOLE_SHARE - sum(shares))
    assert all(
        abs(part * WHOLE_SHARE - amount * share) < WHOLE_SHARE for part, share in zip(parts, wanted, strict=True)
    )


@given(_amounts, _shares, st.data())
def test_refunds_take_from_each_part_what_it_got(amount: int, shares: tuple[int, int], data: st.DataObject) -> None:
    """After a row of partial refunds a merchant would owe more than it was ever paid, or keep what it gave back."""
    merchant, distribution, scheme = contract(*shares).split(amount)
    cuts = sorted([*data.draw(st.lists(st.integers(1, amount), max_size=6, unique=True)), amount])
    before, kept = 0, [merchant, distribution, scheme]
    for cut in dict.fromkeys(cuts):
        of_merchant, of_distribution = refund_parts(
            captured_minor=amount, merchant_minor=merchant, distribution_minor=distribution, before_minor=before,
            refund_minor=cut - before,
        )  # fmt: skip
        parts = (of_merchant, of_distribution, cut - before - of_merchant - of_distribution)
        assert min(parts) >= 0
        kept = [left - part for left, part in zip(kept, parts, strict=True)]
        assert min(kept) >= 0
        before = cut
    assert kept == [0, 0, 0]


@given(_amounts, _shares, st.data())
def test_the_same_money_goes_back_however_it_is_cut(amount: int, shares: tuple[int, int], data: st.DataObject) -> None:
    """A merchant could earn by refunding in many small pieces."""
    merchant, distribution, _ = contract(*shares).split(amount)
    upto = data.draw(st.integers(1, amount))
    middle = data.draw(st.integers(0, upto))

    def parts(before: int, refund: int) -> tuple[int, int]:
        return refund_parts(
            captured_minor=amount, merchant_minor=merchant, distribution_minor=distribution, before_minor=before,
            refund_minor=refund,
        )  # fmt: skip

    first, second = parts(0, middle), parts(middle, upto - middle)
    assert parts(0, upto) == (first[0] + second[0], first[1] + second[1])


@pytest.mark.parametrize(("before", "refund"), [(0, 101), (60, 41), (-1, 5), (50, -1)])
def test_a_refund_above_what_is_left_is_a_mistake_of_ours(before: int, refund: int) -> None:
    """More would be given back than was taken."""
    with pytest.raises(ValueError):
        refund_parts(
            captured_minor=100, merchant_minor=80, distribution_minor=12, before_minor=before, refund_minor=refund
        )


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2 * PAUSE_MS)), max_size=40))
def test_tries_pause_a_card_and_never_for_longer_than_a_quarter_of_an_hour(steps: list[tuple[bool, int]]) -> None:
    """A shopper who mistyped would lose the card, or a thief could go on guessing."""
    tries, now_ms, wrong = Tries(), 0, 0
    for right, wait_ms in steps:
        now_ms += wait_ms
        if tries.paused(now_ms):
            assert not tries.paused(now_ms + PAUSE_MS)
            continue  # nothing is looked at, nothing counts
        wrong = 0 if right else wrong + 1
        tries = tries.after_right() if right else tries.after_wrong(now_ms)
        assert tries.wrong == wrong
        assert tries.paused(now_ms) is (wrong >= WRONG_CODES_FREE)
        assert tries.paused(now_ms + PAUSE_MS - 1) is (wrong >= WRONG_CODES_FREE)


@given(st.data(), st.integers(1, 5_000))
def test_what_has_no_effect_and_the_sequence_of_refunds_change_no_leg(data: st.DataObject, amount: int) -> None:
    """A payment would look different to whoever reads its rows in another sequence, or sees the declined ones too."""
    captured = data.draw(st.integers(1, amount))
    refunds = data.draw(st.lists(st.integers(1, captured), max_size=5).filter(lambda some: sum(some) <= captured))
    begin = [Operation(SpendKind.AUTHORIZED, amount, 60_000), Operation(SpendKind.CAPTURED, captured)]
    back = [Operation(SpendKind.REFUNDED, one) for one in refunds]
    leg = fold_leg([*begin, *back])
    assert leg == Leg(amount, 0, captured, sum(refunds), 60_000, None)
    noise = [Operation(kind, amount) for kind in NO_EFFECT]
    shuffled = data.draw(st.permutations([*back, *noise]))
    assert fold_leg([*begin, *shuffled]) == leg
    assert leg.refundable_minor == captured - sum(refunds)


@given(st.integers(1, 5_000), st.integers(1, 5_000))
def test_the_one_word_for_a_payment(amount: int, other: int) -> None:
    """A merchant would deliver for a payment that is called captured and holds nothing."""
    held, taken = Leg(amount, held_minor=amount), Leg(amount, captured_minor=amount)
    whole, part = Leg(amount, 0, amount, amount), Leg(other + amount, 0, other + amount, amount)
    ended = {kind: Leg(amount, ended=kind) for kind in (SpendKind.CANCELLED, SpendKind.RETURNED)}
    assert status_of([]) is PaymentStatus.DECLINED
    assert status_of([held, taken]) is PaymentStatus.AUTHORIZED
    assert status_of([taken, ended[SpendKind.CANCELLED]]) is PaymentStatus.CAPTURED
    assert status_of([whole]) is PaymentStatus.REFUNDED
    assert status_of([part]) is status_of([whole, taken]) is PaymentStatus.CAPTURED
    assert status_of([ended[SpendKind.CANCELLED]]) is PaymentStatus.CANCELLED
    assert status_of(ended.values()) is PaymentStatus.RETURNED


def test_the_contract_in_force_is_the_merchants_own_and_its_newest() -> None:
    """A merchant would be paid by a contract that has not begun, or by everybody's although it has its own."""
    everybody, later = contract(no=1), contract(no=2, from_ms=50)
    own = Contract(contract_no=3, from_ms=20, merchant_no=7)
    known = [later, own, everybody]
    assert contract_at(known, merchant_no=7, at_ms=10) is everybody
    assert contract_at(known, merchant_no=7, at_ms=20) is own
    assert contract_at(known, merchant_no=7, at_ms=99) is own
    assert contract_at(known, merchant_no=8, at_ms=99) is later
    assert contract_at([later], merchant_no=8, at_ms=10) is None
