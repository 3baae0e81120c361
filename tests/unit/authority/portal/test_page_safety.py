"""What holds for every page: trouble loses nothing, both languages, headers, no code in the open."""

import re

import pytest

from kiosk.authority.store.ports import IN_DOUBT
from kiosk.authority.store.writer import DirectRunner
from tests.helpers.checkouts import BreakingRunner
from tests.helpers.pages import NO_CODE, Shop, make_shop, right
from tests.helpers.spending import make_spending


@pytest.fixture
def shop() -> Shop:
    return make_shop()


@pytest.mark.parametrize("at", [1, 2, 3], ids=["claim", "pay", "settle"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_lost_answer_is_found_out_at_once(at: int, caplog: pytest.LogCaptureFixture, *, after: bool) -> None:
    """The shopper would be told that it failed, and pay somewhere else for what is paid."""
    till = make_spending()
    broken = BreakingRunner(DirectRunner(till.world.store), at, after=after, dies=False)
    shop = make_shop(runner=broken, till=till)
    path, page = shop.open()
    sent = shop.pay(page, path, right(shop))
    assert sent.status == 303
    assert "15,00" in shop.shopper.get(sent.location).text
    assert shop.hosted.payments() == 1


def test_an_authority_in_trouble_promises_nothing_and_loses_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A shopper would see a blank page and wonder about the money."""

    class Dead(BreakingRunner):
        async def _at(self, step):  # type: ignore[no-untyped-def] # as its parent's
            self._break()

    till = make_spending()
    shop = make_shop(runner=Dead(DirectRunner(till.world.store), 0, after=False, dies=False), till=till)
    path, page = shop.open()
    sent = shop.pay(page, path, right(shop))
    assert sent.status == 503 and "jamais débité deux fois" in sent.text
    assert IN_DOUBT in caplog.text


def test_english_is_complete(shop: Shop) -> None:
    """A visitor would meet half a French page."""
    path, _ = shop.open()
    english = shop.shopper.get(path.replace("lang=fr", "lang=en"))
    assert 'lang="en"' in english.body and "Scratch code" in english.text and "Pay €5.00" in english.text
    shop.shopper.language = "de, en;q=0.8, fr;q=0.1"
    assert "Scratch code" in shop.shopper.get(path.partition("?")[0]).text
    shop.shopper.language = "*;q=x,zz"
    assert "Code à gratter" in shop.shopper.get(path.partition("?")[0]).text


def test_a_foreign_text_stays_text(shop: Shop) -> None:
    """A merchant's title could put its own form into our page."""
    title = '<script>alert(1)</script>" onload="x'
    _, page = shop.open(title=title)
    assert title in page.text or "<script>" not in page.body
    assert "<script" not in page.body and 'onload="' not in page.body


def test_headers_keep_a_page_to_itself(shop: Shop) -> None:
    """A page with a card on it would be framed, cached, or told to the merchant by the referrer."""
    _, page = shop.open()
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy and "frame-ancestors 'none'" in policy
    assert "form-action 'self' https://presse.example;" in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "style=" not in page.body and "<style" not in page.body and "<script" not in page.body
    style = re.search(r'href="(/static/[^"]+\.css)"', page.body)
    assert style is not None
    sheet = shop.shopper.get(style[1])
    assert "immutable" in sheet.headers["cache-control"]
    assert len(sheet.body) < 15_000 and len(sheet.body) + len(page.body) < 30_000
    assert "%" + "font" not in sheet.body
    assert shop.shopper.get("/static/nothing.css").status == 404


def test_no_code_and_no_serial_reaches_log_or_address(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever reads a log or a proxy's could spend the cards in it."""
    caplog.set_level(0)
    path, page = shop.open(minor=3000)
    first, second = right(shop), right(shop, 1)
    pages = [shop.pay(page, path, (first[0], NO_CODE))]
    pages.append(shop.pay(pages[-1], path, first))
    pages.append(shop.pay(pages[-1], path, (first[0], ""), second))
    for text in (caplog.text, *(one.headers.get("location", "") for one in pages)):
        assert not any(secret in text for secret in (*first, *second, NO_CODE))
    assert shop.shopper.address not in caplog.text
    assert not any(code in one.body for one in pages for code in (first[1], second[1], NO_CODE))
