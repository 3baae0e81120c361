"""Money: whole minor units, one currency, parts that sum exactly."""

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.currency import EUR, FRF, UnknownCurrencyError, currency
from kiosk.domain.money import CurrencyMismatchError, Money, total, zero

minors = st.integers(min_value=-(10**15), max_value=10**15)


@given(minors, st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=12).filter(any))
def test_shares_sum_exactly(minor: int, weights: list[int]) -> None:
    """A cent lost in an 80/20 split would be a merchant unpaid, a cent too many money from nowhere."""
    parts = Money(minor, EUR).share(weights)
    assert sum(part.minor for part in parts) == minor
    assert len(parts) == len(weights)


@given(minors, st.integers(min_value=1, max_value=50))
def test_a_split_is_even_to_one_unit(minor: int, parts: int) -> None:
    """Splitting a total over cards must not favour one card by more than a cent."""
    values = [part.minor for part in Money(minor, EUR).split(parts)]
    assert sum(values) == minor
    assert max(values) - min(values) <= 1


@given(minors, st.lists(st.integers(min_value=1, max_value=1000), min_size=2, max_size=6))
def test_a_refund_mirrors_its_payment(minor: int, weights: list[int]) -> None:
    """A refund shared otherwise than its payment would leave a cent on some account for ever."""
    forth, back = Money(minor, EUR).share(weights), Money(-minor, EUR).share(weights)
    assert [part.minor for part in forth] == [-part.minor for part in back]


def test_the_earlier_part_gets_the_odd_unit() -> None:
    """The documented remainder rule is what two programs must agree on to the cent."""
    assert [part.minor for part in Money(100, EUR).split(3)] == [34, 33, 33]


def test_currencies_do_not_mix() -> None:
    """Fifty francs added to fifty euros would be a till that is wrong by a factor of six."""
    for combine in (operator.add, operator.sub, operator.lt, operator.ge):
        with pytest.raises(CurrencyMismatchError):
            combine(Money(5000, EUR), Money(5000, FRF))


@pytest.mark.parametrize("minor", [1.0, 20.5, True, "20"])
def test_only_whole_numbers_are_money(minor: object) -> None:
    """A float would round somebody's change."""
    with pytest.raises(TypeError):
        Money(minor, EUR)  # type: ignore[arg-type]  # the point of the test


@pytest.mark.parametrize("weights", [[], [0, 0], [-1, 2]])
def test_senseless_weights_are_refused(weights: list[int]) -> None:
    """A share by weights of 0 has no answer, and must not invent one."""
    with pytest.raises(ValueError, match="weights"):
        Money(100, EUR).share(weights)


def test_money_has_no_truth_value() -> None:
    """``if amount`` would treat a card of 0,00 € like a missing amount."""
    with pytest.raises(TypeError):
        bool(zero(EUR))


def test_a_total_of_nothing_is_zero_in_the_currency() -> None:
    """An empty basket shows 0,00 in the till's own currency."""
    assert total([], FRF) == Money(0, FRF)
    assert total([Money(1000, EUR), Money(2000, EUR)], EUR) == Money(3000, EUR)


def test_an_unknown_currency_is_named() -> None:
    """A mistyped setting must say which text was wrong."""
    with pytest.raises(UnknownCurrencyError, match="USX"):
        currency("USX")
