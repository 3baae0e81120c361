"""Every condition of a promise, alone and in its order, and what is left under the ceilings."""

from dataclasses import replace
from itertools import pairwise

import pytest

from kiosk.domain.currency import EUR
from kiosk.domain.limits import HOUR_MS, OfflinePolicy
from kiosk.domain.money import Money
from kiosk.domain.refusals import PromiseRefusal
from kiosk.domain.sale import LinePhase
from kiosk.till.ports import Snapshot, StockCard
from kiosk.till.promise import Conditions, locked, refusal, room
from kiosk.till.state import Book, Line, Sale
from tests.helpers.till_rig import CARD, OTHER, serial

NOW = 1_800_000_000_000
POLICY = OfflinePolicy(version=3, enabled=True, valid_until_ms=NOW + HOUR_MS)
SNAPSHOT = Snapshot(9, NOW - HOUR_MS, 4, NOW - HOUR_MS, POLICY, NOW - HOUR_MS)


def line(card: str = CARD, *, name: str = "L", phase: LinePhase = LinePhase.TENDERED, mode: str = "scanned") -> Line:
    """A line of a card of 20 €."""
    return Line(name, "S", card, "12", Money(2_000, EUR), mode, phase, NOW, NOW)


def promised(count: int, *, face_minor: int = 2_000) -> Book:
    """A book with this many unsettled promises."""
    lines = tuple(
        replace(line(serial(number), name=f"P{number}", phase=LinePhase.PROMISED), face=Money(face_minor, EUR))
        for number in range(100, 100 + count)
    )
    sale = Sale("S0", NOW, "lea", lines, closed=True)
    return Book(currency="EUR", sales=(sale,), promises=tuple(one.line_id for one in lines))


def sound(**changes: object) -> Conditions:
    """Conditions under which everything may be promised, changed where a test wants it."""
    given: dict[str, object] = {
        "snapshot": SNAPSHOT,
        "find_card": lambda card: StockCard(card, "12", "P1", 3, True),
        "is_blocked": lambda card: False,
        "book": Book(currency="EUR"),
        "now_ms": NOW,
        "contact_age_ms": HOUR_MS,
        "clock_sound": True,
        "journal_sound": True,
    }
    return Conditions(**{**given, **changes})  # type: ignore[arg-type]  # a test's shorthand


def policy(**changes: object) -> Snapshot:
    """The snapshot with another policy."""
    return replace(SNAPSHOT, policy=replace(POLICY, **changes))  # type: ignore[arg-type]  # as above


# each breaks one condition and no other, in the order in which they are named to the clerk
BROKEN: dict[PromiseRefusal, dict[str, object]] = {
    PromiseRefusal.POLICY_OFF: {"snapshot": policy(enabled=False)},
    PromiseRefusal.POLICY_STALE: {"snapshot": policy(valid_until_ms=NOW - 1)},
    PromiseRefusal.NOT_BOUND: {"find_card": lambda card: StockCard(card, "12", "P1", 3, False)},
    PromiseRefusal.NOT_LISTED: {"find_card": lambda card: None},
    PromiseRefusal.BLOCKED: {"is_blocked": lambda card: True},
    PromiseRefusal.SNAPSHOT_OLD: {"snapshot": replace(SNAPSHOT, blocklist_as_of_ms=NOW - 24 * HOUR_MS - 1)},
    PromiseRefusal.CLOCK: {"clock_sound": False},
    PromiseRefusal.JOURNAL: {"journal_sound": False},
    PromiseRefusal.OUTSTANDING_CARDS: {"book": promised(10, face_minor=100)},
    PromiseRefusal.OUTSTANDING_VALUE: {"book": promised(6, face_minor=5_000)},
    PromiseRefusal.LAST_CONTACT: {"contact_age_ms": 12 * HOUR_MS + 1},
}


def test_under_sound_conditions_a_card_may_be_promised() -> None:
    """No shop could sell without the line."""
    assert refusal(sound(), [line()], tender="cash") is None


@pytest.mark.parametrize("broken", list(BROKEN))
def test_one_broken_condition_is_enough_and_is_the_one_that_is_named(broken: PromiseRefusal) -> None:
    """The shop would sell what its policy forbids, or the clerk would hear the wrong reason."""
    assert refusal(sound(**BROKEN[broken]), [line()], tender="cash") is broken


def test_the_first_of_several_reasons_is_named() -> None:
    """The sentence would change from scan to scan."""
    order = list(PromiseRefusal)
    names = sorted(BROKEN, key=order.index)
    for first, second in pairwise(names):
        both = {**BROKEN[second], **BROKEN[first]}
        if BROKEN[second].keys() & BROKEN[first].keys():
            continue
        assert refusal(sound(**both), [line()], tender="cash") is first


@pytest.mark.parametrize(("age_ms", "allowed"), [(24 * HOUR_MS, True), (24 * HOUR_MS + 1, False)])
def test_the_stock_list_may_be_a_day_old(age_ms: int, allowed: bool) -> None:
    """Cards that were sold or recalled since would be promised."""
    snapshot = replace(SNAPSHOT, stock_as_of_ms=NOW - age_ms)
    assert (refusal(sound(snapshot=snapshot), [line()], tender="cash") is None) is allowed


def test_typed_numbers_are_never_promised() -> None:
    """A number read out over the telephone would become a card."""
    assert refusal(sound(), [line(mode="keyed")], tender="cash") is PromiseRefusal.KEYED


def test_only_cash_is_promised_for() -> None:
    """A charge that is reversed later would have bought a card."""
    assert refusal(sound(), [line()], tender="bank_card") is PromiseRefusal.NOT_CASH


def test_two_cards_a_sale() -> None:
    """One customer would empty the shop's allowance."""
    cards = [line(serial(number), name=f"L{number}") for number in range(3)]
    assert refusal(sound(), cards[:2], tender="cash") is None
    assert refusal(sound(), cards, tender="cash") is PromiseRefusal.SALE_CARDS
    assert refusal(sound(), cards[:1], tender="cash", sale_cards=3) is PromiseRefusal.SALE_CARDS


def test_without_any_contact_nothing_is_promised() -> None:
    """A till that never spoke to the authority would promise."""
    assert refusal(sound(contact_age_ms=None), [line()], tender="cash") is PromiseRefusal.LAST_CONTACT


def test_a_policy_in_another_currency_allows_nothing() -> None:
    """Three hundred would be counted in the wrong money."""
    conditions = sound(snapshot=policy(currency="FRF"))
    assert refusal(conditions, [line()], tender="cash") is PromiseRefusal.OUTSTANDING_VALUE


@pytest.mark.parametrize(
    ("earlier", "is_locked"),
    [
        ({"phase": LinePhase.CANCELLING}, True),
        ({"phase": LinePhase.TOO_LATE}, True),
        ({"phase": LinePhase.REFUSED}, True),
        ({"phase": LinePhase.REFUNDED}, True),
        ({"phase": LinePhase.CANCELLED}, True),  # not shown again: the authority blocks it with a question
        ({"phase": LinePhase.CANCELLED, "rescanned": True}, False),
        ({"phase": LinePhase.RELEASED, "reason": "limit"}, True),
        ({"phase": LinePhase.RELEASED}, False),
    ],
)
def test_a_card_with_a_past_is_locked(earlier: dict[str, object], is_locked: bool) -> None:
    """A card whose cancel, refusal or question is open would be promised to the next customer (AC-08)."""
    before = replace(line(name="E"), **earlier)  # type: ignore[arg-type]  # a test's shorthand
    book = Book(currency="EUR", sales=(Sale("S0", NOW, "lea", (before,)),))
    assert locked(book, line()) is is_locked
    wanted = PromiseRefusal.LOCKED if is_locked else None
    assert refusal(sound(book=book), [line()], tender="cash") is wanted
    assert refusal(sound(book=book), [line(OTHER)], tender="cash") is None


def test_what_is_left_is_the_smallest_of_the_ceilings() -> None:
    """The banner would promise the clerk more sales than the policy has."""
    assert room(sound(), smallest_face_minor=1_000).cards == 10
    assert room(sound(book=promised(8)), smallest_face_minor=1_000).cards == 2
    assert room(sound(book=promised(5, face_minor=5_000)), smallest_face_minor=1_000).cards == 5
    assert room(sound(book=promised(10, face_minor=100)), smallest_face_minor=1_000).refusal is (
        PromiseRefusal.OUTSTANDING_CARDS
    )
    assert room(sound(book=promised(6, face_minor=5_000)), smallest_face_minor=1_000).refusal is (
        PromiseRefusal.OUTSTANDING_VALUE
    )
    off = room(sound(snapshot=policy(enabled=False)), smallest_face_minor=1_000)
    assert (off.refusal, off.cards) == (PromiseRefusal.POLICY_OFF, 0)
