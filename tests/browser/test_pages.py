"""The pages in a real browser: the balance, both languages, in the dark, narrow, with the longest words that may stand in them."""

from collections.abc import Callable

import pytest

from kiosk.domain.scenarios import Scenario, scenario_serial
from tests.browser.conftest import SIZES, OpenTab
from tests.helpers.browser import Tab
from tests.helpers.live_pages import LivePages
from tests.helpers.page_checks import check_focus, check_page

pytestmark = [pytest.mark.shared_world, pytest.mark.slow]

Picture = Callable[[Tab, str], None]


def ask_balance(tab: Tab, serial: str, key: str = "Tab") -> None:
    tab.press_until(key, "serial")
    check_focus(tab)
    tab.type(serial)
    tab.press("Enter")
    tab.until("document.readyState === 'complete' && location.hash === '#card'")


def spend(live: LivePages, serial: str) -> None:
    """Some payments, and something on hold."""
    for minor in (400, 800):
        live.pay(serial, minor)
    live.pay(serial, 150, capture=False)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_balance(live: LivePages, open_tab: OpenTab, picture: Picture, size: str, language: str) -> None:
    """A shopper would not know what the card is still worth, or could not read it."""
    tab, serial = open_tab(size), live.fresh_card()
    spend(live, serial)
    tab.open(f"{live.address}/balance?lang={language}")
    check_page(tab)
    picture(tab, f"balance-empty-{language}-{size}")
    ask_balance(tab, serial)
    check_page(tab)
    picture(tab, f"balance-{language}-{size}")
    for text in {"fr": ("6,50 €", "−4,00 €", "1,50 € réservés"), "en": ("€6.50", "−€4.00", "€1.50 on hold")}[language]:
        assert text in tab.text
    assert "Presse" not in tab.text


@pytest.mark.parametrize("size", SIZES)
def test_a_number_that_is_not_recognised(live: LivePages, open_tab: OpenTab, picture: Picture, size: str) -> None:
    """A shopper would not know that it is the number, nor where to look for it."""
    tab, serial = open_tab(size), live.fresh_card()
    tab.open(f"{live.address}/balance?lang=fr")
    ask_balance(tab, serial[:-1] + str((int(serial[-1]) + 1) % 10), key="ArrowDown")
    check_page(tab)
    assert tab.title.startswith("Numéro non reconnu")
    picture(tab, f"balance-unknown-{size}")


@pytest.mark.parametrize("size", SIZES)
def test_paying_in_english(live: LivePages, open_tab: OpenTab, picture: Picture, size: str) -> None:
    """A visitor could not pay."""
    tab = open_tab(size)
    serial, code = live.card()
    tab.open(live.checkout().url)
    tab.press_until("Tab", "pill")
    tab.press("Enter")
    tab.until_title("Pay €2.50 to Presse")
    check_page(tab)
    assert tab.value("document.documentElement.lang") == "en"
    picture(tab, f"pay-en-{size}")
    tab.press_until("Tab", "serial1")
    tab.type(serial)
    tab.press_until("Tab", "code1")
    tab.type(code)
    tab.press("Enter")
    tab.until_title("Paid")
    check_page(tab)
    assert "Left on the card" in tab.text


@pytest.mark.parametrize("size", SIZES)
def test_in_the_dark(live: LivePages, open_tab: OpenTab, picture: Picture, size: str) -> None:
    """At night the page would blind, or its words vanish."""
    tab = open_tab(size, dark=True)
    serial, code = live.card()
    tab.open(live.checkout(minor=2500).url)
    check_page(tab)
    picture(tab, f"dark-pay-{size}")
    for name, digits in (("serial1", serial), ("code1", code)):
        tab.press_until("Tab", name)
        check_focus(tab)
        tab.type(digits)
    tab.press("Enter")
    tab.until_title("Le paiement")
    check_page(tab)
    picture(tab, f"dark-low-{size}")
    spend(live, serial)
    tab.open(f"{live.address}/balance?lang=fr")
    ask_balance(tab, serial)
    check_page(tab)
    picture(tab, f"dark-balance-{size}")


def test_a_test_checkout_is_seen_to_be_one(live: LivePages, open_tab: OpenTab, picture: Picture) -> None:
    """A shopper would take a merchant's rehearsal for a purchase."""
    tab = open_tab("phone")
    tab.open(live.checkout(merchant="test").url)
    assert "Mode test" in tab.text
    check_page(tab)
    picture(tab, "test-phone")
    tab.press_until("Tab", "serial1")
    tab.type(scenario_serial(Scenario.APPROVED).digits)
    tab.press_until("Tab", "code1")
    tab.type("0" * 12)
    tab.press("Enter")
    tab.until_title("Payé")
    check_page(tab)


@pytest.mark.parametrize("width", [320, 360, 414, 768, 1024])
def test_long_words_and_large_amounts_fit(live: LivePages, open_tab: OpenTab, width: int, picture: Picture) -> None:
    """The amount would hide behind a merchant's long title, or the page slide sideways under the thumb."""
    tab = open_tab("phone")
    tab.resize(width, 700)
    title = "Abonnementannuelintégralsansinterruption à la Gazette des Philatélistes d’Outre-mer"[:80]
    tab.open(live.checkout(minor=5000, title=title).url)
    check_page(tab)
    picture(tab, f"long-{width}")


def test_it_is_small(live: LivePages, open_tab: OpenTab) -> None:
    """On a train the page would not come before the patience ends."""
    tab = open_tab("phone")
    tab.open(live.checkout().url)
    sizes = tab.value("performance.getEntries().filter(e => e.encodedBodySize).map(e => [e.name, e.encodedBodySize])")
    without_fonts = sum(size for name, size in sizes if not name.endswith(".woff2"))
    assert 5_000 < without_fonts < 30_000, sizes
    assert sum(size for name, size in sizes if name.endswith(".woff2")) < 60_000
