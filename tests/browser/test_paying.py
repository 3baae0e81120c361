"""Paying in a real browser: scripts off, by keys alone, on a telephone, a desk and a television."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import SIZES, OpenTab
from tests.helpers.browser import Tab
from tests.helpers.live_pages import LivePages
from tests.helpers.page_checks import check_focus, check_page

pytestmark = [pytest.mark.shared_world, pytest.mark.slow]

NO_CODE = "0" * 12
PAYMENTS = "SELECT count(DISTINCT payment_id) FROM spend WHERE kind IN ('charged', 'authorized')"
Picture = Callable[[Tab, str], None]


def grouped(digits: str) -> str:
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def fill(tab: Tab, serial: str, code: str, *, n: int = 1, key: str = "Tab") -> None:
    """Go to a card's fields and type."""
    for name, digits in ((f"serial{n}", serial), (f"code{n}", code)):
        tab.press_until(key, name)
        check_focus(tab)
        tab.type(digits)


@pytest.mark.parametrize("size", SIZES)
def test_a_whole_checkout_by_keyboard(live: LivePages, open_tab: OpenTab, picture: Picture, size: str) -> None:
    """Whoever uses no mouse, or no script, could not pay."""
    made, tab = live.checkout(), open_tab(size)
    serial, code = live.card()
    tab.open(made.url)
    check_page(tab)
    picture(tab, f"pay-{size}")
    fill(tab, grouped(serial), grouped(code))
    tab.press("Enter")
    tab.until_title("Payé")
    check_page(tab)
    picture(tab, f"paid-{size}")
    assert live.balance(serial) == 1750
    assert "17,50 €" in tab.text and code not in tab.value("document.documentElement.outerHTML")
    tab.press_until("Tab", "main")
    check_focus(tab)
    tab.press("Enter")
    tab.until("location.host.startsWith('localhost')")
    assert f"checkout_id={made.checkout_id}" in tab.value("location.search")


@pytest.mark.parametrize("size", SIZES)
def test_a_whole_checkout_with_a_remote(live: LivePages, open_tab: OpenTab, size: str) -> None:
    """On a television there are four arrows and OK; a shopper would be stuck in a field."""
    made, tab = live.checkout(), open_tab(size)
    serial, code = live.card()
    tab.open(made.url)
    fill(tab, serial, code, key="ArrowDown")
    tab.press_until("ArrowDown", "main")
    check_focus(tab)
    tab.press("Enter")
    tab.until_title("Payé")
    assert live.balance(serial) == 1750
    tab.press_until("ArrowDown", "main")
    tab.press("Enter")
    tab.until("location.host.startsWith('localhost')")


def test_arrows_reach_everything_and_go_back(live: LivePages, open_tab: OpenTab) -> None:
    """A shopper with a remote could not cancel, nor correct the first number after the second."""
    tab = open_tab("television")
    tab.open(live.checkout().url)
    for name in ("pill", "serial1", "code1", "main", "more", "ghost"):
        tab.press_until("ArrowDown", name, most=4)
        check_focus(tab)
    for name in ("more", "main", "code1", "serial1", "pill"):
        tab.press_until("ArrowUp", name, most=4)


@pytest.mark.parametrize("size", SIZES)
def test_a_wrong_code(live: LivePages, open_tab: OpenTab, picture: Picture, size: str) -> None:
    """The shopper would not know whether money left the card, nor what to do."""
    tab = open_tab(size)
    serial, code = live.card()
    tab.open(live.checkout().url)
    fill(tab, serial, NO_CODE)
    tab.press("Enter")
    tab.until_title("Le paiement n’a pas été fait")
    check_page(tab)
    picture(tab, f"declined-{size}")
    assert tab.names()["alert"]
    assert tab.value("[serial1.value, code1.value]") == [grouped(serial), ""]
    assert NO_CODE not in tab.value("document.documentElement.outerHTML")
    tab.press_until("Tab", "code1")
    tab.type(code)
    tab.press("Enter")
    tab.until_title("Payé")


@pytest.mark.parametrize("size", SIZES)
def test_a_typing_mistake_keeps_what_was_typed(live: LivePages, open_tab: OpenTab, picture: Picture, size: str) -> None:
    """Twenty-eight digits would be typed again for one."""
    tab = open_tab(size)
    serial, code = live.card()
    tab.open(live.checkout().url)
    fill(tab, serial[:-1] + str((int(serial[-1]) + 1) % 10), code)
    tab.press("Enter")
    tab.until_title("Vérifiez ce que vous avez tapé")
    check_page(tab)
    picture(tab, f"mistake-{size}")
    described = tab.value(
        "serial1.getAttribute('aria-describedby').split(' ').map(id => document.getElementById(id).innerText).join(' ')"
    )
    assert "au moins un chiffre est faux" in described
    assert code not in tab.value("document.documentElement.outerHTML")
    tab.press_until("Tab", "serial1")
    tab.type(serial)  # Tab has selected what was there
    tab.press("Enter")
    tab.until_title("Payé")
    assert live.balance(serial) == 1750


@pytest.mark.parametrize("size", SIZES)
def test_a_second_card_completes_it(live: LivePages, open_tab: OpenTab, picture: Picture, size: str) -> None:
    """A shopper with leftovers on two cards could not use them."""
    tab = open_tab(size)
    first, second = live.card(), live.card()
    tab.open(live.checkout(minor=2500).url)
    fill(tab, *first)
    tab.press("Enter")
    tab.until_title("Le paiement n’a pas été fait")
    check_page(tab)
    picture(tab, f"low-{size}")
    assert "il manque 5,00 €" in tab.text
    fill(tab, *second, n=2)
    tab.press("Enter")
    tab.until_title("Payé")
    check_page(tab)
    picture(tab, f"paid-two-{size}")
    assert live.balance(first[0]) + live.balance(second[0]) == 1500


def test_a_card_is_added_before_anything_is_tried(live: LivePages, open_tab: OpenTab) -> None:
    """Whoever knows that one card is not enough would have to fail first."""
    tab = open_tab("phone")
    first, second = live.card(), live.card()
    tab.open(live.checkout(minor=2500).url)
    fill(tab, *first)
    tab.press_until("Tab", "more")
    tab.press("Enter")
    tab.until("document.getElementById('serial2') !== null && document.readyState === 'complete'")
    check_page(tab)
    fill(tab, *second, n=2)
    tab.press("Enter")
    tab.until_title("Payé")


def test_a_double_click_pays_once(live: LivePages, open_tab: OpenTab) -> None:
    """A nervous finger would pay twice, or be told that nothing was paid."""
    tab = open_tab("desktop")
    serial, code = live.card()
    tab.open(live.checkout().url)
    fill(tab, serial, code)
    before = live.count(PAYMENTS)
    tab.click_twice("button.main")
    tab.until_title("Payé")
    assert live.count(PAYMENTS) == before + 1
    assert live.balance(serial) == 1750
    assert "17,50 €" in tab.text
    tab.ask("Page.reload")
    tab.until_title("Payé")
    assert live.count(PAYMENTS) == before + 1


def test_two_windows_pay_once(live: LivePages, open_tab: OpenTab) -> None:
    """The page open on the telephone and on the desk would charge two cards."""
    made, tabs = live.checkout(), [open_tab("phone"), open_tab("desktop")]
    cards = [live.card(), live.card()]
    for tab, card in zip(tabs, cards, strict=True):
        tab.open(made.url)
        fill(tab, *card)
    for tab in tabs:
        tab.press("Enter")
    for tab in tabs:
        tab.until_title("Payé")
    assert sorted(live.balance(serial) for serial, _ in cards) == [1750, 2000]


def test_cancel_goes_back_to_the_shop(live: LivePages, open_tab: OpenTab, picture: Picture) -> None:
    """The browser's own policy could refuse the way back, and the shopper would be stuck on our page."""
    made, tab = live.checkout(), open_tab("phone")
    tab.open(made.url)
    tab.press_until("Tab", "ghost")
    tab.press("Enter")
    tab.until("location.host.startsWith('localhost')")
    assert "shop=basket" in tab.value("location.search")
    tab.open(made.url)
    tab.until_title("Paiement annulé")
    check_page(tab)
    picture(tab, "cancelled-phone")


@pytest.mark.parametrize("size", SIZES)
def test_a_lapsed_page_says_so(live: LivePages, open_tab: OpenTab, picture: Picture, size: str) -> None:
    """A shopper would type codes into a page that can no longer pay."""
    made, tab = live.checkout(), open_tab(size)
    live.till.world.clock.advance(30 * 60_000)  # type: ignore[attr-defined] # the tests' own clock
    tab.open(made.url)
    tab.until_title("Cette page n’est plus valable")
    check_page(tab)
    picture(tab, f"lapsed-{size}")
