"""The balance page: worth and last payments by serial, nothing about codes, one sentence for what may not be shown."""

import pytest

from kiosk.authority.services.guard import Guard
from kiosk.authority.services.guard_limits import GuardLimits
from kiosk.domain.card import make_serial
from tests.fakes.clock import FakeClock
from tests.helpers.pages import Page, Shop, make_shop

NEUTRAL = "Numéro non reconnu"
UNKNOWN = make_serial(random12="123456789012", series_no="12").digits


@pytest.fixture
def shop() -> Shop:
    return make_shop(guard=Guard(clock=FakeClock(), limits=GuardLimits(balances=1_000, address_failures=1_000)))


def ask(shop: Shop, serial: str, query: str = "") -> Page:
    return shop.shopper.post(f"/balance{query}", {"serial": serial})


def test_the_front_door_leads_to_it(shop: Shop) -> None:
    """Whoever types the address from the card would find nothing."""
    assert shop.shopper.get("/").location == "/balance"
    page = shop.shopper.get("/balance")
    assert page.status == 200 and "Ne donnez jamais vos codes" in page.text


def test_it_shows_what_a_card_is_worth(shop: Shop) -> None:
    """A shopper would find out at the shop's last page that the card is empty."""
    till = shop.till
    serial = till.serials[0]
    till.charge(serial, 400)
    refunded = till.charge(serial, 300)
    till.refund(refunded.payment_id, 100)
    held = till.charge(serial, 250, capture=False)
    page = ask(shop, serial)
    for text in ("11,50 €", "Carte active", "Carte de 20,00 €", "Valable jusqu’au", "−4,00 €", "−3,00 €", "+1,00 €"):
        assert text in page.text, text
    assert "2,50 € réservés pour un achat, de retour au plus tard à" in page.text
    assert serial[:4] in page.value("serial")
    till.capture(held.payment_id, 200)
    page = ask(shop, serial)
    assert "réservés" not in page.text and "−2,00 €" in page.text and "12,00 €" in page.text


def test_it_tells_neither_codes_nor_merchants(shop: Shop) -> None:
    """The serial is public: whoever reads it off a card would learn where its owner buys, and which boxes are left."""
    till = shop.till
    till.charge(till.serials[0], 400)
    page = ask(shop, till.serials[0])
    assert "Presse" not in page.text and "presse" not in page.body
    assert not any(code in page.body for code in till.codes[till.serials[0]])
    assert "case" not in page.text.lower() and "24" not in page.text


def test_what_may_not_be_shown_is_one_sentence(shop: Shop) -> None:
    """A thief in front of a rack would learn which cards have been sold."""
    till = shop.till
    till.world.sql("UPDATE card SET block = 'lost' WHERE card_id = ?", int(till.serials[1]))
    till.world.sql("UPDATE card SET state = 'void', balance_minor = 0 WHERE card_id = ?", int(till.serials[2]))
    serials = [UNKNOWN, till.world.serials[5], till.serials[1], till.serials[2]]
    pages = [ask(shop, serial) for serial in serials]
    assert {page.status for page in pages} == {404}
    assert all(NEUTRAL in page.text for page in pages)
    assert len({page.body.replace(serial, "") for page, serial in zip(pages, serials, strict=True)}) == 1


@pytest.mark.parametrize("typed", ["", "12", UNKNOWN[:-1] + str((int(UNKNOWN[-1]) + 1) % 10), "<b>x</b>"])
def test_a_typing_mistake_is_found_on_our_side(shop: Shop, typed: str) -> None:
    """A misread digit would look like a card that does not exist."""
    page = ask(shop, typed)
    assert page.status == 422 and page.title.startswith(NEUTRAL)
    assert page.value("serial").replace(" ", "") == typed and "<b>x" not in page.body


def test_an_empty_and_an_expired_card_say_so(shop: Shop) -> None:
    """Their owners would call the hotline."""
    till = shop.till
    till.charge(till.serials[0], 2000)
    assert "Carte épuisée" in ask(shop, till.serials[0]).text
    till.world.sql("UPDATE card SET expires_ms = 1 WHERE card_id = ?", int(till.serials[1]))
    assert "Carte expirée" in ask(shop, till.serials[1]).text


def test_who_asks_too_often_waits() -> None:
    """Somebody could watch a stranger's card by its number, or look through all numbers for those that are sold."""
    shop = make_shop(guard=Guard(clock=FakeClock(), limits=GuardLimits(balances=2, address_failures=2)))
    serial = shop.till.serials[0]
    assert [ask(shop, serial).status for _ in range(3)] == [200, 200, 429]
    shop = make_shop(guard=Guard(clock=FakeClock(), limits=GuardLimits(balances=9, address_failures=2)))
    assert [ask(shop, UNKNOWN).status for _ in range(3)] == [404, 404, 429]
    assert ask(shop, serial).status == 429


def test_english_is_complete(shop: Shop) -> None:
    """A visitor would meet half a French page."""
    page = ask(shop, shop.till.serials[0], "?lang=en")
    assert 'lang="en"' in page.body and "Available balance" in page.text and "€20.00" in page.text


@pytest.mark.parametrize("content", [b"a" * 9_000, b"\xff", b"&".join(b"a=b" for _ in range(50))])
def test_what_is_no_form_is_refused(shop: Shop, content: bytes) -> None:
    """Rubbish would end in a failure of the authority, or fill its memory."""
    kind = [(b"content-type", b"application/x-www-form-urlencoded")]
    assert shop.shopper._ask("POST", "/balance", content, kind).status in {400, 422}
    assert shop.shopper._ask("POST", "/balance", b"{}", [(b"content-type", b"application/json")]).status == 400
