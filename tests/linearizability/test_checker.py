"""The checker itself: it lets good histories pass, with any overlap, and condemns each kind of bad one."""

import random
from dataclasses import replace
from itertools import combinations, permutations

import pytest

from tests.linearizability.checker import check, with_lost_answers
from tests.linearizability.history import Call, Result, from_json, split, to_json
from tests.linearizability.model import FACE, Model

NEUTRAL: Result = ("declined", "declined")
POOR: Result = ("declined", "insufficient_funds")


def charge(
    key: str,
    amount: int,
    *,
    at: tuple[int, int | None],
    code: int = 1,
    result: Result | None = None,
    card: str = "A",
    purchase: str = "",
) -> Call:
    result = result or ("paid", "captured", amount, 0, ((amount, amount, 0),))
    return Call(
        verb="charge", cards=((card, code),), key=key, purchase=purchase, amount=amount, called=at[0], returned=at[1],
        result=None if at[1] is None else result,
    )  # fmt: skip


def refund(key: str, payment: str, amount: int, *, at: tuple[int, int], result: Result) -> Call:
    return Call(verb="refund", key=key, payment=payment, amount=amount, called=at[0], returned=at[1], result=result)


def balance(amount: int, *, at: tuple[int, int], card: str = "A") -> Call:
    return Call(verb="balance", cards=((card, 0),), called=at[0], returned=at[1], result=("balance", amount))


def back(amount: int, taken: int) -> Result:
    status = "refunded" if amount == taken else "captured"
    return "paid", status, taken, amount, ((taken, taken, amount),)


GOOD = {
    "one after another": [charge("k1", 500, at=(0, 1)), balance(1500, at=(2, 3))],
    "a read across a charge sees before": [charge("k1", 500, at=(0, 9)), balance(FACE, at=(1, 8))],
    "a read across a charge sees after": [charge("k1", 500, at=(0, 9)), balance(1500, at=(1, 8))],
    "one code, two who want it": [charge("k1", 500, at=(0, 9)), charge("k2", 700, at=(1, 8), result=NEUTRAL)],
    "the later one won": [charge("k1", 500, at=(0, 9), result=NEUTRAL), charge("k2", 700, at=(1, 8))],
    "money for one of two": [
        charge("k1", 1500, at=(0, 9)),
        charge("k2", 1500, at=(1, 8), code=2, result=POOR),
        balance(500, at=(10, 11)),
    ],
    "a code that was seen buys for its purchase": [
        charge("k1", 2500, at=(0, 1), purchase="/A", result=POOR),
        charge("k2", 500, at=(2, 9), purchase="/B", result=NEUTRAL),
        charge("k3", 700, at=(3, 8), purchase="/A"),
        balance(1300, at=(10, 11)),
    ],
    "seen by one while another buys": [
        charge("k1", 2500, at=(0, 9), purchase="/A", result=NEUTRAL),
        charge("k2", 500, at=(1, 8), purchase="/B"),
    ],
    "the same key twice at once": [charge("k1", 500, at=(0, 9)), charge("k1", 500, at=(1, 8)), balance(1500, at=(10, 11))],
    "a lost answer that was done": [charge("k1", 500, at=(0, None)), balance(1500, at=(2, 3))],
    "a lost answer that was done late": [
        charge("k1", 500, at=(0, None)),
        balance(FACE, at=(2, 3)),
        balance(1500, at=(4, 5)),
    ],
    "a lost answer that never was": [charge("k1", 500, at=(0, None)), balance(FACE, at=(90, 91))],
    "a lost answer asked for again": [charge("k1", 500, at=(0, None)), charge("k1", 500, at=(5, 6)), balance(1500, at=(7, 8))],
    "refunds up to what was taken": [
        charge("k1", 900, at=(0, 1)),
        refund("k2", "k1", 600, at=(2, 9), result=back(600, 900)),
        refund("k3", "k1", 600, at=(3, 8), result=("declined", "over_amount")),
        balance(1700, at=(10, 11)),
    ],
    "a lost payment asked for again, which was made in between": [
        charge("k1", 500, at=(0, None)),
        balance(1500, at=(2, 3)),
        charge("k1", 500, at=(5, 6)),
    ],
    "other content under the key": [charge("k1", 500, at=(0, 1)), charge("k1", 501, at=(2, 3), result=("conflict",))],
}  # fmt: skip
BAD = {
    "a lost payment asked for again, which was seen and then not": [
        charge("k1", 500, at=(0, None)),
        balance(1500, at=(2, 3)),
        balance(FACE, at=(4, 5)),
        charge("k1", 500, at=(6, 7)),
    ],
    "a repeat finds nothing of what was seen": [
        charge("k1", 900, at=(0, 1)),
        Call(verb="refund", key="k2", payment="k1", amount=600, called=2),
        balance(1700, at=(3, 4)),
        refund("k2", "k1", 600, at=(5, 6), result=("not_found",)),
    ],
    "a code used twice": [charge("k1", 500, at=(0, 9)), charge("k2", 700, at=(1, 8))],
    "a code that was seen buys for another purchase": [
        charge("k1", 2500, at=(0, 1), purchase="/A", result=POOR),
        charge("k2", 500, at=(2, 3), purchase="/B"),
    ],
    "a code that was seen buys more": [
        charge("k1", 2500, at=(0, 1), card="A", code=2, result=POOR),
        charge("k2", 2100, at=(2, 3), card="A", code=2, result=POOR),
        charge("k3", 2200, at=(4, 5), card="A", code=2, result=POOR),
    ],
    "overspent": [charge("k1", 1500, at=(0, 9)), charge("k2", 1500, at=(1, 8), code=2)],
    "a lost refund": [
        charge("k1", 900, at=(0, 1)),
        refund("k2", "k1", 600, at=(2, 3), result=back(600, 900)),
        balance(1100, at=(4, 5)),
    ],
    "refunded above what was taken": [
        charge("k1", 900, at=(0, 1)),
        refund("k2", "k1", 600, at=(2, 9), result=back(600, 900)),
        refund("k3", "k1", 600, at=(3, 8), result=back(600, 900)),
    ],
    "a stale balance": [charge("k1", 500, at=(0, 1)), balance(FACE, at=(2, 3))],
    "a read of the future": [balance(1500, at=(0, 1)), charge("k1", 500, at=(2, 3))],
    "time runs back between two reads": [
        charge("k1", 500, at=(0, 9)),
        balance(1500, at=(1, 2)),
        balance(FACE, at=(3, 4)),
    ],
    "an answered payment is gone": [charge("k1", 500, at=(0, 1)), charge("k1", 500, at=(2, 3)), balance(FACE, at=(4, 5))],
    "a repeat paid again": [charge("k1", 500, at=(0, 9)), charge("k1", 500, at=(1, 8)), balance(1000, at=(10, 11))],
    "a repeat heard something else": [charge("k1", 500, at=(0, 1)), charge("k1", 500, at=(2, 3), result=NEUTRAL)],
    "other content was let in": [charge("k1", 500, at=(0, 1)), charge("k1", 400, at=(2, 3), code=2)],
    "declined for nothing": [charge("k1", 500, at=(0, 1), result=NEUTRAL)],
    "a lost answer done, undone": [
        charge("k1", 500, at=(0, None)),
        balance(1500, at=(2, 3)),
        balance(FACE, at=(4, 5)),
    ],
    "a lost answer came before its question": [balance(1500, at=(0, 1)), charge("k1", 500, at=(2, None))],
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_a_good_history_passes(name: str) -> None:
    """A right authority would be called wrong, and the next person would loosen the rules."""
    verdict = check(GOOD[name])
    assert verdict.good, verdict.story()


@pytest.mark.parametrize("name", BAD)
def test_a_bad_history_is_condemned(name: str) -> None:
    """A code would buy twice, or money would vanish, and the proof would be content."""
    verdict = check(BAD[name])
    assert not verdict.good
    assert verdict.stuck or not verdict.explained


def test_a_card_that_was_voided_buys_nothing_and_the_other_way_round() -> None:
    """A void and a charge of the same moment could both be believed."""
    void = Call(verb="void", cards=(("A", 0),), called=1, returned=8, result=("done",))
    assert check([charge("k1", 500, at=(0, 9), result=NEUTRAL), void]).good
    assert check([charge("k1", 500, at=(0, 9)), replace(void, result=("refused",))]).good
    assert not check([charge("k1", 500, at=(0, 9)), void]).good
    assert not check([charge("k1", 500, at=(0, 9), result=NEUTRAL), replace(void, result=("refused",))]).good


def test_two_cards_of_one_payment_are_judged_together() -> None:
    """Half a payment could be seen: one card debited, the other not yet."""
    both = Call(
        verb="charge", cards=(("A", 1), ("B", 1)), key="k1", amount=2500, called=0, returned=9,
        result=("paid", "captured", 2500, 0, ((2000, 2000, 0), (500, 500, 0))),
    )  # fmt: skip
    assert len(split([both, balance(0, at=(1, 2)), balance(FACE, at=(3, 4), card="B")])) == 1
    assert check([both, balance(0, at=(1, 2)), balance(1500, at=(3, 4), card="B")]).good
    assert not check([both, balance(0, at=(1, 2)), balance(FACE, at=(3, 4), card="B")]).good


def test_a_window_is_judged_by_the_authoritys_clock() -> None:
    """A capture after the window could pass, or one before it be refused."""
    held: Result = ("paid", "authorized", 0, 0, ((500, 0, 0),))
    hold = Call(
        verb="authorize", cards=(("A", 1),), key="k1", amount=500, window_ms=60_000, called=0, returned=1, result=held,
        from_ms=1_000, to_ms=1_010,
    )  # fmt: skip
    taken: Result = ("paid", "captured", 500, 0, ((500, 500, 0),))

    def capture(from_ms: int, to_ms: int, result: Result) -> list[Call]:
        made = Call(
            verb="capture", key="k2", payment="k1", called=2, returned=3, result=result, from_ms=from_ms, to_ms=to_ms
        )
        return [hold, made]

    late: Result = ("declined", "window_over")
    assert check(capture(2_000, 2_010, taken)).good
    assert not check(capture(2_000, 2_010, late)).good
    assert check(capture(60_990, 61_020, taken)).good and check(capture(60_990, 61_020, late)).good
    assert not check(capture(61_010, 61_020, taken)).good


def test_a_history_survives_its_file() -> None:
    """A history that somebody else is to judge would not be the one that we judged."""
    for calls in (*GOOD.values(), *BAD.values()):
        assert from_json(to_json(calls)) == sorted(calls, key=lambda call: call.called)


@pytest.mark.parametrize("seed", range(20))
def test_what_the_model_itself_answers_is_linearizable_however_it_overlaps(seed: int) -> None:
    """The search could miss the one explanation there is."""
    chance = random.Random(seed)
    calls = _played(chance, count=60, overlap=12)
    verdict = check(calls)
    assert verdict.good, verdict.story()
    assert check(with_lost_answers(calls, lambda _: chance.random() < 0.1)).good
    reads = [place for place, call in enumerate(calls) if call.verb == "balance"]
    spoilt = chance.choice(reads)
    calls[spoilt] = replace(calls[spoilt], result=("balance", 1_999))
    assert not check(calls).good


@pytest.mark.parametrize("seed", range(60))
def test_the_search_agrees_with_trying_every_sequence(seed: int) -> None:
    """A short cut of the search could cut off the truth, in either direction."""
    chance = random.Random(seed)
    calls = _played(chance, count=6, overlap=chance.choice([2, 6]))
    for _ in range(12):
        tried = list(calls)
        for place in chance.sample(range(len(tried)), chance.randrange(3)):
            tried[place] = _spoilt(chance, tried[place])
        assert check(tried).good is _any_sequence(tried)


@pytest.mark.parametrize("seed", range(80))
def test_lost_answers_that_were_asked_for_again_are_judged_the_same(seed: int) -> None:
    """After a kill every call has repeats: putting them together could hide a payment that was made twice."""
    chance = random.Random(seed)
    calls = _played(chance, count=4, overlap=chance.choice([2, 4]))
    for place in chance.sample(range(len(calls)), 2):
        call = calls[place]
        if not call.key or call.returned is None:
            continue
        late = call.returned + chance.randrange(-1_500, 1_500)
        again = replace(call, called=late, returned=late + chance.randrange(1, 2_000))
        calls.append(again if chance.random() < 0.7 else replace(again, amount=again.amount + 1, result=("conflict",)))
        calls[place] = replace(call, result=None, returned=None)
    for _ in range(6):
        tried = list(calls)
        for place in chance.sample(range(len(tried)), chance.randrange(2)):
            tried[place] = _spoilt(chance, tried[place])
        assert check(tried).good is _any_sequence(tried)


def _spoilt(chance: random.Random, call: Call) -> Call:
    if chance.random() < 0.3:
        return replace(call, result=None, returned=None)
    if call.verb == "balance":
        return replace(call, result=("balance", call.result[1] + chance.choice([-1, 0, 100]) if call.result else 0))
    return replace(call, result=chance.choice([NEUTRAL, POOR, ("not_found",), ("declined", "not_captured")]))


def _any_sequence(calls: list[Call]) -> bool:
    """Whether some sequence of the answered calls and any of the lost ones explains it all: tried one by one."""
    lost = [call for call in calls if call.returned is None]
    heard = [call for call in calls if call.returned is not None]
    model = Model(calls)
    for count in range(len(lost) + 1):
        for done in combinations(lost, count):
            for sequence in permutations([*heard, *done]):
                if _in_time(sequence) and _explained(model, sequence):
                    return True
    return False


def _in_time(sequence: tuple[Call, ...]) -> bool:
    return all(
        later.returned is None or later.returned >= earlier.called
        for place, earlier in enumerate(sequence)
        for later in sequence[place + 1 :]
    )


def _explained(model: Model, sequence: tuple[Call, ...]) -> bool:
    state = model.start
    for call in sequence:
        ((result, state),) = model.step(state, call)
        if call.result is not None and call.result != result:
            return False
    return True


def _played(chance: random.Random, *, count: int, overlap: int) -> list[Call]:
    """Calls in an order that is right, each stretched around its moment so that about ``overlap`` of them are open at once."""
    asked = []
    for number in range(count):
        at = (1_000 * number - chance.randrange(500 * overlap), 1_000 * number + chance.randrange(500 * overlap))
        what = chance.choice(["charge", "charge", "balance", "refund"])
        if what == "balance":
            asked.append(balance(0, at=at))
        elif what == "refund":
            asked.append(refund(f"k{number}", f"k{chance.randrange(number + 1)}", 0, at=at, result=()))
        else:
            asked.append(charge(f"k{number}", chance.randrange(1, 400), at=at, code=chance.randrange(1, 26)))
    model = Model(asked)
    state, calls = model.start, []
    for call in asked:
        ((result, state),) = model.step(state, call)
        calls.append(replace(call, result=result))
    return calls
