"""The demonstration shop sells once, whatever dies between two steps, and learns the truth from answers, webhooks and the feed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk_merchant import Declined, Payment, Unknown
from press_shop.articles import BY_SLUG
from press_shop.language import open_languages
from press_shop.purchases import Purchase, State
from press_shop.selling import PAGE_LIFE_MS, SETTLED_AFTER_MS, Selling
from tests.helpers.scripted_authority import StillClock
from tests.helpers.shop_authority import Crash, ShopAuthority, SteppedPurchases, Steps
from tests.helpers.spending import make_spending

READER = "reader-1"
ARTICLE, OWN = BY_SLUG["phares"], BY_SLUG["grille"]
FACE_MINOR = 2_000


class Shop:
    """One shop whose process can end and begin again over the same file and the same authority."""

    def __init__(self, folder: Path, steps: Steps | None = None) -> None:
        self.path = folder / "purchases.db"
        self.clock = StillClock()
        self.authority = ShopAuthority(make_spending())
        self.steps = steps or Steps()
        self.begin()

    def begin(self) -> None:
        self.authority.steps = self.steps
        self.purchases = SteppedPurchases(self.path)
        self.purchases.steps = self.steps
        self.selling = Selling(
            self.authority, self.purchases, site="http://127.0.0.1", languages=open_languages(), clock=self.clock
        )

    def begin_again(self) -> None:
        """The next process: nothing is remembered, nothing ends it any more."""
        self.purchases.close()
        self.steps = Steps()
        self.begin()
        self.selling.follow()
        self.selling.settle(starting=True)

    def captured(self) -> int:
        return FACE_MINOR - self.authority.till.balance(self.authority.till.serials[0])

    def only(self) -> Purchase:
        (purchase,) = self.purchases.all()
        return purchase


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def _page_life(shop: Shop) -> None:
    """A reader's whole way: buys, pays on the page, comes back; later the money goes back."""
    purchase = shop.selling.buy(READER, ARTICLE, language="fr")
    assert purchase.checkout_id is not None
    if shop.authority.checkouts[purchase.checkout_id]["state"] == "open":
        shop.authority.shopper_pays(purchase.checkout_id, shop.authority.card())
    purchase = shop.selling.look(purchase)
    shop.selling.refund(purchase)


def _form_life(shop: Shop) -> None:
    """The same with the shop's own form."""
    shop.selling.refund(shop.selling.charge(READER, OWN, shop.authority.card(), language="fr"))


def test_an_article_opens_once_it_is_captured_and_not_before(shop: Shop) -> None:
    """A redirect typed by hand would read the paper for nothing."""
    purchase = shop.selling.buy(READER, ARTICLE, language="fr")
    assert shop.selling.look(purchase).state is State.AT_PAGE
    assert not shop.selling.look(purchase).readable
    assert purchase.checkout_id is not None
    shop.authority.shopper_pays(purchase.checkout_id, shop.authority.card())
    assert shop.selling.look(purchase).readable
    assert shop.captured() == ARTICLE.price_minor


def test_two_clicks_are_one_purchase(shop: Shop) -> None:
    """An impatient reader would pay twice for one article."""
    first = shop.selling.buy(READER, ARTICLE, language="fr")
    assert shop.selling.buy(READER, ARTICLE, language="fr") == first
    assert first.checkout_id is not None
    shop.authority.shopper_pays(first.checkout_id, shop.authority.card())
    assert shop.selling.buy(READER, ARTICLE, language="fr").readable
    assert len(shop.authority.checkouts) == 1
    assert shop.selling.buy("reader-2", ARTICLE, language="fr").purchase_id != first.purchase_id


@pytest.mark.parametrize("state", ["cancelled", "lapsed"])
def test_what_was_given_up_may_be_bought_again(shop: Shop, state: str) -> None:
    """A reader who changed his mind twice could not buy at all."""
    first = shop.selling.buy(READER, ARTICLE, language="fr")
    assert first.checkout_id is not None
    shop.authority.checkouts[first.checkout_id]["state"] = state
    assert shop.selling.look(first).state is State.ENDED
    assert shop.selling.buy(READER, ARTICLE, language="fr").state is State.AT_PAGE
    assert len(shop.purchases.all()) == 2


def test_who_never_comes_back_gets_the_article_all_the_same(shop: Shop) -> None:
    """The reader paid, closed the page, and would find nothing the next morning."""
    purchase = shop.selling.buy(READER, ARTICLE, language="fr")
    assert purchase.checkout_id is not None
    shop.authority.shopper_pays(purchase.checkout_id, shop.authority.card())
    shop.selling.follow()
    assert shop.only().readable
    assert shop.purchases.cursor() != ""


def test_a_lost_answer_is_no_second_charge(shop: Shop) -> None:
    """The reader pays again because the shop said no although it did not know."""
    shop.authority.silent = True
    with pytest.raises(Unknown):
        shop.selling.charge(READER, OWN, shop.authority.card(), language="fr")
    assert shop.only().state is State.ASKED
    shop.authority.silent = False
    again = shop.selling.charge(READER, OWN, shop.authority.card(), language="fr")
    assert again.state is State.ASKED, "still unknown, and not charged beside it"
    shop.selling.follow()
    assert shop.only().readable
    assert shop.captured() == OWN.price_minor


def test_a_no_ends_the_purchase(shop: Shop) -> None:
    """A declined purchase that stays open would block the next try with another code."""
    card = shop.authority.card()
    shop.selling.charge(READER, OWN, card, language="fr")
    with pytest.raises(Declined):
        shop.selling.charge("reader-2", OWN, card, language="fr")
    assert [one.state for one in shop.purchases.of_reader("reader-2")] == [State.ENDED]
    assert shop.selling.charge("reader-2", OWN, shop.authority.card(), language="fr").readable


def test_what_nobody_heard_of_ends_when_it_can_no_longer_happen(shop: Shop) -> None:
    """A question that never arrived would show « réponse attendue » for ever, or end while it may still arrive."""
    shop.purchases.close()
    shop.steps = Steps(at=2)  # before the charge is asked
    shop.begin()
    with pytest.raises(Crash):
        shop.selling.charge(READER, OWN, shop.authority.card(), language="fr")
    shop.begin_again()
    assert shop.only().state is State.ASKED
    shop.clock.ms += SETTLED_AFTER_MS + 1
    shop.selling.follow()
    shop.selling.settle()
    assert shop.only().ended == "unanswered"
    assert shop.captured() == 0


def test_a_page_that_nobody_used_lapses(shop: Shop) -> None:
    """« Mes achats » would fill with purchases that can never be paid."""
    purchase = shop.selling.buy(READER, ARTICLE, language="fr")
    assert purchase.checkout_id is not None
    shop.authority.checkouts[purchase.checkout_id]["state"] = "lapsed"
    shop.clock.ms += PAGE_LIFE_MS + 1
    shop.selling.settle()
    assert shop.only().state is State.ENDED


def test_news_may_come_twice_and_in_any_order(shop: Shop) -> None:
    """A late webhook about the capture would open an article whose money went back."""
    shop.selling.charge(READER, OWN, shop.authority.card(), language="fr")
    paid = next(iter(shop.authority.events())).events[-1].payment
    shop.selling.refund(shop.only())
    refunded = list(shop.authority.events())[-1].events[-1].payment
    assert (paid.refunded_minor, refunded.refunded_minor) == (0, OWN.price_minor)
    for payment in (refunded, paid, paid, refunded, paid):
        shop.selling.learn(payment)
        assert shop.only().state is State.REFUNDED


def test_what_does_not_fit_is_not_learned(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """One payment's event could open another one's article."""
    purchase = shop.selling.charge(READER, OWN, shop.authority.card(), language="fr")
    good = next(iter(shop.authority.events())).events[-1].payment
    other = shop.selling.buy(READER, ARTICLE, language="fr")
    strangers: list[Payment] = [
        replace(good, reference=None),
        replace(good, reference="nobody"),
        replace(good, reference=other.purchase_id, currency="FRF"),
        replace(good, reference=purchase.purchase_id, payment_id="another", refunded_minor=10),
    ]
    before = shop.purchases.all()
    for stranger in strangers:
        shop.selling.learn(stranger)
    assert shop.purchases.all() == before
    shop.selling.learn(replace(good, reference=other.purchase_id, captured_minor=10))
    assert not shop.purchases.get(other.purchase_id).readable, "a part of the price is not the price"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("life", [_page_life, _form_life], ids=["page", "own form"])
def test_a_crash_at_any_step_sells_once_and_refunds_once(
    tmp_path: Path, life: Callable[[Shop], None], after: bool
) -> None:
    """Killed between two steps, the shop would charge twice, keep the money without the article, or pay back twice."""
    whole = Shop(tmp_path)
    life(whole)
    whole.purchases.close()
    steps = whole.steps.count
    assert steps >= 5
    price = ARTICLE.price_minor if life is _page_life else OWN.price_minor
    for at in range(1, steps + 1):
        folder = tmp_path / f"{at}"
        folder.mkdir()
        shop = Shop(folder, Steps(at=at, after=after))
        with pytest.raises(Crash):
            life(shop)
        shop.begin_again()
        payments = shop.authority.till.world.rows("SELECT count(DISTINCT payment_id) FROM spend WHERE kind = 'charged'")
        taken = int(str(payments[0][0]))
        assert taken <= 1
        assert len(shop.authority.checkouts) <= 1, "asked for again with the same key"
        found = next(iter(shop.purchases.all()), None)
        if found is None:
            assert taken == 0
        elif taken:
            assert found.state in {State.PAID, State.REFUNDED}
            assert found.captured_minor == price
            shop.selling.refund(found)
            shop.selling.refund(shop.only())
            assert shop.captured() == 0, "given back whole, and once"
            assert set(shop.authority.refund_keys) == {found.refund_key}
        else:
            assert found.state in {State.ASKED, State.AT_PAGE}
            assert shop.captured() == 0
        shop.purchases.close()


def test_a_refund_that_was_promised_is_made_after_a_crash(tmp_path: Path) -> None:
    """The merchant pressed the button, the process ended before it asked, and the reader never sees his money."""
    shop = Shop(tmp_path)
    shop.selling.charge(READER, OWN, shop.authority.card(), language="fr")
    shop.authority.steps = Steps(at=1)  # before the question leaves
    with pytest.raises(Crash):
        shop.selling.refund(shop.only())
    shop.begin_again()
    assert shop.only().state is State.REFUNDED
    assert shop.captured() == 0


def test_no_code_is_in_the_shops_file(shop: Shop) -> None:
    """A thief of the shop's database could spend its readers' cards."""
    card = shop.authority.card()
    shop.selling.charge(READER, OWN, card, language="fr")
    shop.purchases.close()
    for path in shop.path.parent.iterdir():
        assert card.code.encode() not in path.read_bytes()
        assert card.serial.encode() not in path.read_bytes()
