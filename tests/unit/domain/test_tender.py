"""Cash: change, what is missing, and the keys a clerk is offered."""

from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.currency import EUR, FRF
from kiosk.domain.money import Money
from kiosk.domain.tender import MissingMoney, Tender, cash_tender, quick_amounts

amounts = st.integers(min_value=1, max_value=200_000)


@given(amounts, amounts)
def test_change_and_missing_money_are_exact(due: int, received: int) -> None:
    """The drawer is right only if received = due + change, and too little money never activates a card."""
    match cash_tender(due=Money(due, EUR), received=Money(received, EUR)):
        case Tender() as tender:
            assert received >= due
            assert tender.change == Money(received - due, EUR)
        case MissingMoney(missing):
            assert received < due
            assert missing == Money(due - received, EUR)


@given(st.sampled_from([EUR, FRF]), amounts)
def test_quick_keys_are_above_what_is_due_and_rise(currency: object, due: int) -> None:
    """A key below the amount due would be a key that cannot be used."""
    keys = [key.minor for key in quick_amounts(Money(due, currency))]  # type: ignore[arg-type]  # sampled from both
    assert keys == sorted(set(keys))
    assert all(key > due for key in keys)
    assert len(keys) <= 3


def test_quick_keys_are_the_notes_that_customers_give() -> None:
    """For 30,00 € people hand over 40, 50 or 100 €."""
    assert [key.minor for key in quick_amounts(Money(3000, EUR))] == [4000, 5000, 10000]
