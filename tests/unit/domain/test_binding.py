"""For whom a bound code is kept: one merchant's purchase, no larger amount, a day; after that nobody."""

import pytest

from kiosk.domain.binding import BINDING_MS, bind

NOW = 1_000_000
HELD = bind(merchant_no=7, reference="A-1", amount_minor=500, now_ms=NOW)
WITHOUT = bind(merchant_no=7, reference=None, amount_minor=500, now_ms=NOW)


def test_it_is_kept_for_a_day_for_the_same_order_and_no_more_money() -> None:
    """A shopper with a second card could not finish the purchase; or the code would lie open for ever."""
    assert BINDING_MS == 86_400_000
    for amount in (1, 500):
        assert HELD.allows(merchant_no=7, reference="A-1", amount_minor=amount, now_ms=NOW + BINDING_MS - 1)
    assert not HELD.allows(merchant_no=7, reference="A-1", amount_minor=500, now_ms=NOW + BINDING_MS)


@pytest.mark.parametrize(
    "other", [{"merchant_no": 8}, {"reference": "A-2"}, {"reference": None}, {"amount_minor": 501}]
)
def test_nobody_else_may_use_it(other: dict[str, int | str | None]) -> None:
    """Whoever saw the code, at the site or behind it, could spend it elsewhere."""
    asked = {"merchant_no": 7, "reference": "A-1", "amount_minor": 500, "now_ms": NOW} | other
    assert not HELD.allows(**asked)  # type: ignore[arg-type] # each value is of its name's type


def test_no_reference_is_an_order_of_its_own() -> None:
    """A site without references would be kept from its own codes, or have them open for all its purchases."""
    assert WITHOUT.allows(merchant_no=7, reference=None, amount_minor=500, now_ms=NOW)
    assert not WITHOUT.allows(merchant_no=7, reference="A-1", amount_minor=500, now_ms=NOW)


def test_asking_again_makes_it_smaller_and_never_longer() -> None:
    """A merchant could keep a code alive by asking every day, or raise what was agreed step by step."""
    assert HELD.asked_again(300).amount_minor == 300
    assert HELD.asked_again(300).until_ms == HELD.until_ms
    assert HELD.asked_again(500) == HELD
