"""The hosted payment page: one success, nothing revealed before a right code, no code kept in the open."""

import re

import pytest

from kiosk.authority.portal.settings import PageSettings
from kiosk.authority.services.guard import Guard
from kiosk.authority.services.guard_limits import GuardLimits
from kiosk.domain.card import make_serial
from kiosk.domain.checkout import LIFE_MS
from kiosk.domain.scenarios import Scenario, scenario_serial
from tests.fakes.clock import FakeClock
from tests.helpers.pages import NO_CODE, Page, Shop, make_shop, right

REFUSED = "Carte ou code non reconnus. Rien n’a été débité."


@pytest.fixture
def shop() -> Shop:
    return make_shop()


def bare(page: Page) -> str:
    """The page without what differs between two visits: ids, marks, what was typed."""
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", page.body)
    return re.sub(r'(name="(form|serial1)" value=)"[^"]*"', r"\1", text)


def test_merchant_and_amount_come_first(shop: Shop) -> None:
    """A shopper would scratch a code before knowing for what."""
    _, page = shop.open(minor=250)
    assert page.status == 200
    order = [
        page.text.index(text)
        for text in ("Presse", "Article du 14 octobre", "2,50 €", "Numéro de série", "Code à gratter")
    ]
    assert order == sorted(order)
    assert page.title.startswith("Payer 2,50 € à Presse")


def test_a_right_code_pays_and_shows_what_is_left(shop: Shop) -> None:
    """Nobody could pay, or would know what the card is still worth."""
    path, page = shop.open()
    serial, code = right(shop)
    sent = shop.pay(
        page, path, (f"{serial[:4]} {serial[4:8]} {serial[8:12]} {serial[12:]}", f"{code[:4]}-{code[4:8]} {code[8:]}")
    )
    assert sent.status == 303
    done = shop.shopper.get(sent.location)
    assert done.title.startswith("Payé")
    assert "15,00 €" in done.text and "5,00 € à Presse" in done.text
    assert "https://presse.example/merci?checkout_id=" in done.body
    assert "Case 1, utilisée à l’instant" in done.text and "Case 25, libre" in done.text
    assert code not in done.body and serial not in done.body


def test_only_the_payer_sees_what_is_left(shop: Shop) -> None:
    """The merchant, who knows the address too, would learn what its customers carry."""
    path, page = shop.open()
    shop.pay(page, path, right(shop))
    for address in (path, f"{path}&receipt=", f"{path}&receipt=AAAAAAAAAAAAAAAAAAAAAA"):
        other = shop.shopper.get(address)
        assert other.title.startswith("Payé")
        assert "15,00" not in other.text and "Case" not in other.text


def test_a_receipt_tells_nothing_of_later_payments(shop: Shop) -> None:
    """An old address in a history would show what the card does now."""
    path, page = shop.open()
    first = shop.pay(page, path, right(shop)).location
    before = shop.shopper.get(first)
    path, page = shop.open()
    shop.pay(page, path, right(shop))
    assert shop.shopper.get(first).body == before.body


def test_nothing_is_revealed_before_a_right_code(shop: Shop) -> None:
    """A thief could sort cards by typing their public numbers: sold or not, paused, blocked, right box."""
    till = shop.till
    active, inactive = till.serials[0], till.world.serials[5]
    used = right(shop, 1)
    till.pay(till.ask(used, minor=100))
    kept = right(shop, 1)
    till.pay(till.ask(kept, minor=2_001, reference="elsewhere"))
    expired, blocked, paused = till.serials[2], till.serials[1], till.serials[0]
    cases = {
        "unknown": (make_serial(random12="123456789012", series_no="12").digits, NO_CODE),
        "inactive": (inactive, NO_CODE),
        "wrong": (active, NO_CODE),
        "used": used,
        "kept for another purchase": kept,
        "test card": (scenario_serial(Scenario.APPROVED).digits, NO_CODE),
    }
    pages = {}
    for name, card in cases.items():
        path, page = shop.open()
        pages[name] = shop.pay(page, path, card)
    till.world.sql("UPDATE card SET block = 'lost' WHERE card_id = ?", int(blocked))
    till.world.sql("UPDATE card SET locked_until_ms = ? WHERE card_id = ?", till.world.clock.now_ms() + 1, int(paused))
    till.world.sql("UPDATE card SET expires_ms = 1 WHERE card_id = ?", int(expired))
    for name, serial in (("blocked", blocked), ("paused", paused), ("expired", expired)):
        path, page = shop.open()
        pages[name] = shop.pay(page, path, (serial, till.next_code(serial)))
    assert all(REFUSED in page.text and page.status == 402 for page in pages.values())
    assert len({bare(page) for page in pages.values()}) == 1
    assert len({frozenset(page.headers.items()) for page in pages.values()}) == 1


@pytest.mark.parametrize("what", ["serial", "code", "both short", "both empty", "letters"])
def test_a_typing_mistake_is_found_on_our_side(shop: Shop, what: str) -> None:
    """One wrong digit would cost a try; five of them a quarter of an hour."""
    path, page = shop.open()
    serial, code = right(shop)
    off = {digit: str((int(digit) + 1) % 10) for digit in "0123456789"}
    typed = {
        "serial": (serial[:-1] + off[serial[-1]], code),
        "code": (serial, code[:-1] + off[code[-1]]),
        "both short": (serial[:9], code[:5]),
        "both empty": ("", ""),
        "letters": ("abcd", "efgh"),
    }[what]
    sent = shop.pay(page, path, typed)
    assert sent.status == 422
    assert sent.title.startswith("Vérifiez ce que vous avez tapé")
    assert "Rien n’a été essayé ni débité." in sent.text
    assert sent.value("serial1").replace(" ", "") == typed[0]
    assert sent.body.count('aria-invalid="true"') == (1 if what in {"serial", "code"} else 2)
    assert shop.till.world.rows("SELECT sum(wrong_codes) FROM card") == [(0,)]
    assert shop.till.world.rows("SELECT attempt FROM checkout") == [(0,)]


def test_a_code_is_kept_without_being_shown(shop: Shop) -> None:
    """Twelve digits typed with a remote would be typed again for one wrong digit of the other number; or stand in the page."""
    path, page = shop.open()
    serial, code = right(shop)
    wrong = shop.pay(page, path, (serial[:-1] + str((int(serial[-1]) + 1) % 10), code))
    assert code not in wrong.body and "Votre code est gardé" in wrong.text
    assert shop.pay(wrong, path, (serial, "")).status == 303


def test_a_kept_code_is_worth_nothing_elsewhere(shop: Shop) -> None:
    """Who reads over a shoulder, or the page's source, could spend the code at another merchant."""
    path, page = shop.open()
    serial, code = right(shop)
    kept = shop.pay(page, path, (serial[:9], code)).hidden()["kept1"]
    other_path, other = shop.open()
    sent = shop.pay(other, other_path, (serial, ""), kept1=kept)
    assert sent.status == 422 and "Grattez une case" in sent.text
    assert shop.pay(other, other_path, (serial, ""), kept1="rubbish" * 30).status == 422


def test_too_little_is_said_and_a_second_card_completes_it(shop: Shop) -> None:
    """A card with 1 € left could never be emptied."""
    path, page = shop.open(minor=3000)
    first, second = right(shop), right(shop, 1)
    low = shop.pay(page, path, first)
    assert low.status == 402
    assert "Il reste 20,00 € sur la carte, il manque 10,00 €." in low.text
    assert low.value("serial1").replace(" ", "") == first[0] and first[1] not in low.body
    assert low.value("cards") == "2"
    sent = shop.pay(low, path, (first[0], ""), second)
    done = shop.shopper.get(sent.location)
    assert f"Reste sur la carte …\u2060{first[0][-4:]}" in done.text
    assert shop.till.balance(first[0]) + shop.till.balance(second[0]) == 1000


def test_a_card_can_be_added_and_left_empty(shop: Shop) -> None:
    """Whoever pressed the wrong button could not pay any more."""
    path, page = shop.open()
    serial, code = right(shop)
    added = shop.pay(page, path, (serial, code), more="1")
    assert (added.status, added.value("cards"), added.value("serial1").replace(" ", "")) == (200, "2", serial)
    assert code not in added.body
    added = shop.pay(added, path, (serial, ""), more="1")
    assert added.value("cards") == "3" and 'name="more"' not in added.body
    assert shop.pay(added, path, (serial, "")).status == 303


def test_one_card_twice_is_pointed_at(shop: Shop) -> None:
    """The whole payment would be refused without a word about why."""
    path, page = shop.open()
    serial = shop.till.serials[0]
    sent = shop.pay(page, path, (serial, NO_CODE), (serial, NO_CODE), cards="2")
    assert sent.status == 422 and "déjà plus haut" in sent.text


def test_a_wrong_code_is_not_kept(shop: Shop) -> None:
    """The shopper would send the same wrong code again without seeing it."""
    path, page = shop.open()
    sent = shop.pay(page, path, (shop.till.serials[0], NO_CODE))
    assert "kept1" not in sent.hidden()
    assert sent.value("serial1").replace(" ", "") == shop.till.serials[0]


def test_a_double_click_pays_once_and_both_see_it(shop: Shop) -> None:
    """The second click's page would say that nothing was paid, or pay again."""
    path, page = shop.open()
    card = right(shop)
    first, second = shop.pay(page, path, card), shop.pay(page, path, card)
    assert first.location == second.location and "receipt=" in first.location
    assert shop.hosted.payments() == 1


@pytest.mark.parametrize("fields", [{"more": "1"}, {"serial1": "1"}, {"form": "0.x"}])
def test_a_paid_checkout_never_looks_unpaid(shop: Shop, fields: dict[str, str]) -> None:
    """A shopper with an old window would pay at a second shop what is paid here."""
    path, page = shop.open()
    shop.pay(page, path, right(shop))
    sent = shop.shopper.post(path, page.hidden() | fields)
    assert sent.status == 303
    assert shop.shopper.get(sent.location).title.startswith("Payé")
    assert shop.pay(page, path, right(shop, 1)).status == 303
    assert shop.hosted.payments() == 1


def test_a_form_that_is_not_ours_tries_nothing(shop: Shop) -> None:
    """Another site could make a shopper's browser send codes."""
    path, page = shop.open()
    for mark in ("", "0.AAAAAAAAAAAAAAAAAAAAAA", "x", "99999999.x", "\u0660.x"):
        sent = shop.pay(page, path, right(shop), form=mark)
        assert sent.status == 409 and "Rien n’a été essayé" in sent.text
    assert shop.hosted.payments() == 0
    other_path, _ = shop.open()
    assert shop.pay(page, other_path, right(shop)).status == 409
    assert shop.shopper.post(path.replace("?", "/cancel?"), {"form": "x"}).location.startswith("/pay/")
    assert shop.shopper.get(path).status == 200


def test_cancel_goes_back_to_the_shop(shop: Shop) -> None:
    """A shopper who changed their mind would be stuck on our page."""
    path, page = shop.open()
    address = path.replace("?", "/cancel?")
    sent = shop.shopper.post(address, {"form": page.hidden()["form"]})
    assert sent.location.startswith("https://presse.example/panier?checkout_id=")
    again = shop.shopper.get(path)
    assert again.status == 410 and "Paiement annulé" in again.text
    assert shop.shopper.get(address).location.startswith("/pay/")
    assert shop.pay(page, path, right(shop)).status == 303
    assert shop.hosted.payments() == 0


def test_what_is_paid_is_not_cancelled(shop: Shop) -> None:
    """The shopper would be told that nothing was charged."""
    path, page = shop.open()
    shop.pay(page, path, right(shop))
    sent = shop.shopper.post(path.replace("?", "/cancel?"), {"form": page.hidden()["form"]})
    assert shop.shopper.get(sent.location).title.startswith("Payé")


def test_lapsed_and_unknown_say_so(shop: Shop) -> None:
    """A shopper would type codes into a page that can no longer pay."""
    path, _ = shop.open()
    shop.till.world.clock.advance(LIFE_MS)  # type: ignore[attr-defined] # the tests' own clock
    lapsed = shop.shopper.get(path)
    assert lapsed.status == 410 and "n’est plus valable" in lapsed.text and "presse.example/panier" in lapsed.body
    for address in ("/pay/00000000-0000-0000-0000-000000000000", "/pay/nothing", "/pay/%2e%2e"):
        unknown = shop.shopper.get(address)
        assert unknown.status == 404 and "Page introuvable" in unknown.text
        assert shop.shopper.post(address, {"form": "0.x"}).status == 404


def test_a_test_checkout_says_that_it_is_one(shop: Shop) -> None:
    """A shopper would believe that a test was a purchase, or the other way round."""
    path, page = shop.open(merchant="test")
    assert "Mode test" in page.text
    low = shop.pay(page, path, (scenario_serial(Scenario.INSUFFICIENT_FUNDS).digits, NO_CODE))
    assert low.status == 402 and "n’a pas assez" in low.text
    done = shop.shopper.get(shop.pay(low, path, (scenario_serial(Scenario.APPROVED).digits, NO_CODE)).location)
    assert done.title.startswith("Payé") and "Mode test" in done.text
    path, page = shop.open(merchant="test")
    real = shop.pay(page, path, right(shop))
    assert real.status == 402 and REFUSED in real.text


def test_a_card_of_another_currency_is_said_after_a_right_code(shop: Shop) -> None:
    """The shopper would scratch box after box."""
    path, page = shop.open(merchant="test")
    sent = shop.pay(page, path, (scenario_serial(Scenario.WRONG_CURRENCY).digits, NO_CODE))
    assert sent.status == 402 and "autre monnaie" in sent.text


def test_money_that_is_only_held_is_not_called_paid(shop: Shop) -> None:
    """A shopper would wonder why the balance comes back, or why it does not."""
    path, page = shop.open(capture=False)
    done = shop.shopper.get(shop.pay(page, path, right(shop)).location)
    assert done.title.startswith("Montant réservé")


def test_an_address_that_guesses_is_slowed_down(shop: Shop) -> None:
    """One machine could try codes all night."""
    guard = Guard(clock=shop.till.world.clock, limits=GuardLimits(address_failures=2))
    shop = make_shop(guard=guard)
    path, page = shop.open()
    for _ in range(2):
        page = shop.pay(page, path, (shop.till.serials[0], NO_CODE))
    slow = shop.pay(page, path, (shop.till.serials[0], NO_CODE))
    assert slow.status == 429 and int(slow.headers["retry-after"]) > 0 and "Réessayez dans" in slow.text
    shop.shopper.address = "198.51.100.9"
    assert shop.pay(slow, path, right(shop)).status == 303


@pytest.mark.parametrize(("proxied", "status"), [(True, 402), (False, 429)])
def test_the_proxys_word_counts_only_where_there_is_one(*, proxied: bool, status: int) -> None:
    """Anybody could write a new address into each request; or all shoppers behind the proxy would be one."""
    clock = FakeClock()
    settings = PageSettings("https://pay.example", proxied=proxied)
    shop = make_shop(guard=Guard(clock=clock, limits=GuardLimits(address_failures=1)), settings=settings)
    path, page = shop.open()
    for number in range(2):
        shop.shopper.extra = [(b"x-forwarded-for", f"1.1.1.1, 198.51.100.{number}".encode())]
        page = shop.pay(page, path, (shop.till.serials[0], NO_CODE))
    assert page.status == status
