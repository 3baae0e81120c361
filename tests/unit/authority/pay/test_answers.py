"""A payment's answer comes from its rows: at once or years later, the short way or the long one, it is the same."""

import pytest

from kiosk.authority.services.pay.answers import first_answer, payment_answer
from kiosk.authority.services.pay.asked import id_bytes, id_text
from kiosk.authority.store.spends import known_rows
from kiosk.protocol.payments import PaymentAnswer
from tests.helpers.spending import make_spending


@pytest.mark.parametrize("capture", [True, False])
@pytest.mark.parametrize("cards", [1, 3])
def test_the_short_way_says_what_the_fold_says(capture: bool, cards: int) -> None:
    """A repeat, which takes the long way, would hear something else than the first answer."""
    till = make_spending()
    pairs = [(serial, till.next_code(serial)) for serial in till.serials[:cards]]
    answer = till.pay(till.ask(*pairs, minor=cards * 1500, capture=capture))
    assert isinstance(answer, PaymentAnswer)
    rows = till.world.store.read(lambda tx: known_rows(tx, [id_bytes(answer.payment_id)]))
    assert first_answer(rows) == payment_answer(rows) == answer


def test_an_id_is_written_as_it_is_read() -> None:
    """A merchant's status question would find nothing."""
    text = "45c6c219-4449-8f89-bfc1-ce21411fd446"
    assert id_text(id_bytes(text)) == text
