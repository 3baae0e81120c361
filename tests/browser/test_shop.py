"""A reader's whole way in a real browser: shop, hosted page, article; in English too; a card to its last box; money back."""

from collections.abc import Iterator

import pytest

from kiosk.authority import installation
from kiosk.clock import SystemClock, SystemIds
from kiosk.demo.printing_house import PrintedCard
from kiosk.demo.shop_world import MERCHANT, ShopWorld
from tests.browser.conftest import OUT, OpenTab
from tests.helpers.browser import Tab
from tests.helpers.page_checks import check_page

pytestmark = [pytest.mark.shared_world, pytest.mark.slow]

FACE_MINOR = 2_000
PRICES = {"phares": 250, "cahier": 400, "marche": 120, "grille": 60, "dessin": 10}
OWN_FORM = "grille"
# what the payment page is titled before and after, and what the shop says then
SAID = {"fr": ("Payer", "Payé", "bonne lecture"), "en": ("Pay €", "Paid", "enjoy your reading")}
# one box each; most of them are small, which is what these cards are for
TWENTY_FIVE = ("phares", "cahier", "marche", *["grille"] * 17, *["dessin"] * 5)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorld]:
    made = ShopWorld(tmp_path_factory.mktemp("shop") / "world")
    try:
        made.open()
        yield made
    finally:
        made.close()


def _account(world: ShopWorld, name: str) -> int:
    clock = SystemClock()
    authority = installation.open_authority(world.operator.folder, clock=clock, ids=SystemIds(clock))
    try:
        sql = "SELECT coalesce(sum(amount_minor), 0) FROM ledger WHERE account = ?"
        (row,) = authority.store.read(lambda tx: tx.all(sql, name))
        return int(str(row[0]))
    finally:
        authority.store.close()


def _reader(open_tab: OpenTab, size: str, *, prefers: str = "fr-FR,fr;q=0.9,en;q=0.8", dark: bool = False) -> Tab:
    """A fresh reader, whose browser says which language it prefers."""
    tab = open_tab(size, dark=dark)
    tab.ask("Network.enable")
    tab.ask("Network.setExtraHTTPHeaders", {"headers": {"Accept-Language": prefers}})
    return tab


def _someone_else(tab: Tab) -> None:
    """The next reader at the same machine."""
    tab.ask("Network.clearBrowserCookies")


def _submit(tab: Tab) -> None:
    tab.press_until("Tab", "main")
    tab.press("Enter")


def _type_card(tab: Tab, card: PrintedCard, box: int, names: tuple[str, str]) -> None:
    for name, digits in zip(names, (card.serial, card.codes[box]), strict=True):
        tab.press_until("Tab", name)
        tab.type(digits)
    tab.press("Enter")


def _buy(tab: Tab, world: ShopWorld, slug: str, card: PrintedCard, box: int, *, language: str = "fr") -> None:
    """From the article's wall to the article, by keys alone."""
    tab.open(f"{world.shop_address}/article/{slug}?lang={language}")
    asked, paid, thanks = SAID[language]
    if slug == OWN_FORM:
        _type_card(tab, card, box, ("serial", "code"))
    else:
        _submit(tab)
        tab.until_title(asked)
        _type_card(tab, card, box, ("serial1", "code1"))
        tab.until_title(paid)
        _submit(tab)
    tab.until(f"document.body.innerText.includes('{thanks}')")


def _switch(tab: Tab, language: str) -> None:
    """The link to the other language, by keys."""
    tab.press_until("Tab", "other")
    tab.press("Enter")
    tab.until(f"document.documentElement.lang === '{language}' && document.readyState === 'complete'")


def _left(tab: Tab, world: ShopWorld, card: PrintedCard) -> str:
    """What the balance page says."""
    tab.open(f"{world.authority_address}/balance?lang=fr")
    tab.press_until("Tab", "serial")
    tab.type(card.serial)
    tab.press("Enter")
    tab.until("location.hash === '#card' && document.readyState === 'complete'")
    return tab.text


def _kept_by_merchant(amounts: list[int]) -> int:
    """Four fifths of each; every price of the shop is a multiple of ten."""
    return sum(amount * 4 // 5 for amount in amounts)


def test_an_article_from_the_front_page_to_captured_money(world: ShopWorld, open_tab: OpenTab) -> None:
    """A reader would pay and not be let in, or be let in without having paid."""
    tab, card = _reader(open_tab, "desktop"), world.cards[1]
    before = _account(world, f"merchant/EUR/{MERCHANT}")
    tab.open(world.shop_address)
    check_page(tab)
    tab.picture(OUT / "shop-front.png")
    assert "Lire pour 2,50 €" in tab.text
    tab.open(f"{world.shop_address}/article/phares")
    check_page(tab)
    tab.picture(OUT / "shop-wall.png")
    assert "Port-Louët" in tab.text and "satellite" not in tab.value("document.documentElement.outerHTML")
    _buy(tab, world, "phares", card, 0)
    check_page(tab)
    tab.picture(OUT / "shop-article.png")
    assert "satellite" in tab.text
    assert before - _account(world, f"merchant/EUR/{MERCHANT}") == 200
    assert "17,50 €" in _left(tab, world, card)
    tab.open(f"{world.shop_address}/achats")
    check_page(tab)
    tab.picture(OUT / "shop-purchases.png")
    assert "Payé" in tab.text
    _someone_else(tab)
    tab.open(f"{world.shop_address}/article/phares")
    assert "satellite" not in tab.value("document.documentElement.outerHTML"), "somebody else's purchase"


def test_a_whole_purchase_in_english(world: ShopWorld, open_tab: OpenTab) -> None:
    """A reader of English would be led into French somewhere between the price and the article, with a code in his hand."""
    tab, card = _reader(open_tab, "phone", prefers="en-GB"), world.cards[1]
    tab.open(world.shop_address)
    check_page(tab)
    tab.picture(OUT / "shop-en-front-phone.png")
    assert "Read for €1.20" in tab.text
    before = _account(world, f"merchant/EUR/{MERCHANT}")
    _buy(tab, world, "marche", card, 3, language="en")
    check_page(tab)
    tab.picture(OUT / "shop-en-article-phone.png")
    assert "Charged to your card: €1.20." in tab.text and "tomatoes" in tab.text
    assert before - _account(world, f"merchant/EUR/{MERCHANT}") == 96
    tab.open(f"{world.shop_address}/article/{OWN_FORM}?lang=en")
    _type_card(tab, card, 3, ("serial", "code"))
    tab.until("document.body.innerText.includes('Nothing was charged')")
    check_page(tab)
    _switch(tab, "fr")
    assert "Payer 0,60 €" in tab.text, "the article, and nothing sent again"
    _switch(tab, "en")
    tab.open(f"{world.shop_address}/achats")
    check_page(tab)
    tab.picture(OUT / "shop-en-purchases-phone.png")
    assert "The price of a bunch of radishes" in tab.text and "Not paid" in tab.text


def test_a_wrong_code_is_a_no_with_its_next_step(world: ShopWorld, open_tab: OpenTab) -> None:
    """A reader who mistyped would not know whether he has paid, nor what to do."""
    tab, card = _reader(open_tab, "phone"), world.cards[1]
    tab.open(f"{world.shop_address}/article/{OWN_FORM}")
    check_page(tab)
    tab.picture(OUT / "shop-own-form-phone.png")
    used = PrintedCard(card.serial, (card.codes[0],))
    _type_card(tab, used, 0, ("serial", "code"))
    tab.until("document.body.innerText.includes('Rien n’a été débité')")
    check_page(tab)
    tab.picture(OUT / "shop-no-phone.png")
    assert card.codes[0] not in tab.value("document.documentElement.outerHTML")
    _buy(tab, world, OWN_FORM, card, 1)
    tab.open(world.shop_address)
    check_page(tab)
    tab.picture(OUT / "shop-front-phone.png")


@pytest.mark.parametrize("size", ["phone", "desktop", "television"])
def test_the_shop_in_the_dark(world: ShopWorld, open_tab: OpenTab, size: str) -> None:
    """In the evening the price would be dark on dark."""
    tab = _reader(open_tab, size, dark=True)
    for path in ("", "/article/cahier", f"/article/{OWN_FORM}", "/achats", "/article/nothing"):
        tab.open(world.shop_address + path)
        faults = [one for one in tab.complaints() if "404" not in one]
        assert not faults
        if path != "/article/nothing":
            check_page(tab)
    tab.open(f"{world.shop_address}/article/cahier")
    tab.picture(OUT / f"shop-dark-{size}.png")


def test_who_gives_up_on_the_payment_page_may_come_again(world: ShopWorld, open_tab: OpenTab) -> None:
    """One look at the payment page would close the article for ever."""
    tab = _reader(open_tab, "desktop")
    tab.open(f"{world.shop_address}/article/dessin")
    _submit(tab)
    tab.until_title("Payer")
    tab.press_until("Tab", "ghost")
    tab.press("Enter")
    tab.until("document.body.innerText.includes('Paiement abandonné')")
    _buy(tab, world, "dessin", world.cards[1], 2)


def test_a_card_to_its_last_box_and_money_back(world: ShopWorld, open_tab: OpenTab) -> None:
    """The promise of the card: twenty-five times, some of them for ten cents, and nothing of it lost on the way."""
    tab, card = _reader(open_tab, "desktop"), world.cards[0]
    before = _account(world, f"merchant/EUR/{MERCHANT}")
    for box, slug in enumerate(TWENTY_FIVE):
        _someone_else(tab)
        _buy(tab, world, slug, card, box)
    spent = [PRICES[slug] for slug in TWENTY_FIVE]
    assert len(spent) == len(card.codes) == 25
    left = FACE_MINOR - sum(spent)
    assert before - _account(world, f"merchant/EUR/{MERCHANT}") == _kept_by_merchant(spent)
    shown = _left(tab, world, card)
    assert f"{left // 100},{left % 100:02d} €" in shown
    _refund_first(tab, world)
    assert before - _account(world, f"merchant/EUR/{MERCHANT}") == _kept_by_merchant(spent) - _kept_by_merchant([10])
    left += 10
    shown = _left(tab, world, card)
    tab.picture(OUT / "shop-balance.png")
    assert f"{left // 100},{left % 100:02d} €" in shown
    assert _account(world, "card-liability/EUR") == -sum(_balances(world))


def _refund_first(tab: Tab, world: ShopWorld) -> None:
    """The newest purchase, on the merchant's own page."""
    host = world.shop_address.removeprefix("http://")
    tab.open(f"http://gestion:{world.back_password}@{host}/gestion")
    check_page(tab)
    tab.picture(OUT / "shop-back.png")
    tab.press_until("Tab", "quiet")
    tab.press("Enter")
    tab.until("document.body.innerText.includes('Remboursé')")


def _balances(world: ShopWorld) -> list[int]:
    clock = SystemClock()
    authority = installation.open_authority(world.operator.folder, clock=clock, ids=SystemIds(clock))
    try:
        rows = authority.store.read(lambda tx: tx.all("SELECT balance_minor FROM card WHERE state = 'active'"))
        return [int(str(row[0])) for row in rows]
    finally:
        authority.store.close()
