"""The demonstration shop read in English: the language goes from page to page, to the payment page and back, by addresses alone."""

import asyncio
import base64
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from starlette.requests import Request

from kiosk_merchant import Card, Unknown
from press_shop.articles import BY_SLUG
from press_shop.purchases import Purchases, State
from tests.helpers.shop_site import PASSWORD, ShopSite

PHARES, OWN = BY_SLUG["phares"], BY_SLUG["grille"]
BACK = f"Basic {base64.b64encode(f'x:{PASSWORD}'.encode()).decode()}"
ADDRESSES = (
    "/",
    "/article/phares",
    "/article/grille",
    "/achats",
    "/gestion",
    "/article/nothing",
    "/retour/nothing",
    "/x/y",
)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ShopSite]:
    made = ShopSite(tmp_path)
    yield made
    made.purchases.close()


def _hrefs(html: str) -> list[str]:
    return re.findall(r'(?:href|action)="([^"]*)"', html.replace('href="/style.css"', ""))


def _checkout_of(site: ShopSite) -> str:
    (purchase,) = site.purchases.all()
    assert purchase.checkout_id is not None
    return purchase.checkout_id


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(("language", "other", "name"), [("fr", "en", "English"), ("en", "fr", "Français")])
def test_each_page_says_its_language_and_leads_to_the_other(
    site: ShopSite, address: str, language: str, other: str, name: str
) -> None:
    """A reader who needs the other language could not reach it, and a screen reader would read English as French."""
    for authorization in ("", BACK):
        status, html = site.ask("GET", f"{address}?lang={language}", authorization=authorization)
        assert status in {200, 401, 404}
        assert f'<html lang="{language}">' in html and site.headers["content-language"] == language
        assert f'<a class="other" href="?lang={other}" lang="{other}" hreflang="{other}">{name}</a>' in html
        assert all(href.endswith(f"?lang={language}") for href in _hrefs(html) if href != f"?lang={other}")


def test_the_first_guess_is_the_browsers_and_then_french(site: ShopSite) -> None:
    """A stranger would have to find the switch on a page that he cannot read."""
    assert '<html lang="fr">' in site.ask("GET", "/")[1]
    assert '<html lang="fr">' in site.ask("GET", "/", accept_language="de")[1]
    assert '<html lang="en">' in site.ask("GET", "/", accept_language="en-GB,en;q=0.9,fr;q=0.5")[1]
    assert '<html lang="fr">' in site.ask("GET", "/?lang=fr", accept_language="en")[1]


@pytest.mark.parametrize(
    "lang", ["%3Cscript%3E", "de", "EN", "../en", "en%00", "%22%3E%3Cb%3E", "x" * 4_000, "%FF%FE", "en&lang=de"]
)
def test_a_hostile_language_is_no_language(site: ShopSite, lang: str) -> None:
    """What somebody wrote in an address would stand on the page, or in a header, or end in a stack trace."""
    status, html = site.ask("GET", f"/?lang={lang}")
    assert status == 200
    assert '<html lang="fr">' in html and site.headers["content-language"] == "fr"
    assert "<b>" not in html and "<script" not in html and "../en" not in html


def test_the_switch_never_leads_to_another_site(site: ShopSite) -> None:
    """An address of ours with two strokes would make the switch a link to whoever wrote it."""
    for path in ("//evil.example/", "/\\evil.example", '/"><a href="//evil.example'):
        html = site.ask("GET", path)[1]
        assert "evil.example" not in html


def test_the_payment_page_is_asked_for_in_the_readers_language(site: ShopSite) -> None:
    """The reader would be sent to a page in another language, with a title in a third."""
    status, _ = site.ask("POST", "/acheter/phares?lang=en")
    assert status == 303
    assert site.headers["location"] == "http://127.0.0.1/pay/c-1?lang=en"
    asked = site.authority.checkouts["c-1"]
    assert asked["language"] == "en"
    assert asked["title"] == PHARES.title(site.languages["en"])


def test_back_from_the_payment_page_in_the_language_of_the_purchase(site: ShopSite) -> None:
    """The authority's redirect knows no language: who pays in English on a French machine would come back to French."""
    site.ask("POST", "/acheter/phares?lang=en", accept_language="fr")
    site.authority.shopper_pays(_checkout_of(site), site.authority.card())
    way_back = site.authority.checkouts["c-1"]["return_url"].removeprefix(site.settings.site)
    status, html = site.ask("GET", f"{way_back}?checkout_id=c-1", accept_language="fr")
    assert status == 200
    assert '<html lang="en">' in html and "enjoy your reading" in html and "€2.50" in html and "satellite" in html
    assert '<html lang="fr">' in site.ask("GET", f"{way_back}?lang=fr", accept_language="en")[1]


def test_a_reader_who_changes_his_mind_pays_and_comes_back_in_the_new_language(site: ShopSite) -> None:
    """The language of the first click would stay with the purchase; asked for otherwise, its checkout would be refused."""
    site.ask("POST", "/acheter/phares?lang=fr")
    site.ask("POST", "/acheter/phares?lang=en")
    assert site.headers["location"] == "http://127.0.0.1/pay/c-1?lang=en"
    (purchase,) = site.purchases.all()
    assert purchase.language == "en"
    html = site.ask("GET", f"/retour/{purchase.purchase_id}")[1]
    assert '<html lang="en">' in html
    assert 'href="http://127.0.0.1/pay/c-1?lang=en"' in html, "the way back to the payment page"
    html = site.ask("GET", f"/retour/{purchase.purchase_id}?lang=fr")[1]
    assert 'href="http://127.0.0.1/pay/c-1?lang=fr"' in html


def test_what_a_checkout_is_asked_for_with_never_changes(site: ShopSite) -> None:
    """The answer was lost, the reader comes again in English: other content under one key is refused, and he can never buy."""
    site.authority.silent = True
    with pytest.raises(Unknown):
        site.selling.buy("r", PHARES, language="fr")
    site.authority.silent = False
    (purchase,) = site.purchases.all()
    assert site.purchases.speak(purchase.purchase_id, "en").language == "fr", "it has no page yet"
    bought = site.selling.buy("r", PHARES, language="en")
    assert (bought.state, bought.language) == (State.AT_PAGE, "en")
    assert site.authority.checkouts["c-1"]["language"] == "fr"


def test_the_own_form_answers_in_its_language(site: ShopSite) -> None:
    """A no, and what to do about it, would come in a language that the reader did not choose."""
    card = site.authority.card()
    wrong = {"serial": card.serial, "code": site.authority.card(1).code}
    status, html = site.ask("POST", "/payer/grille?lang=en", form=wrong)
    assert status == 402
    assert "Nothing was charged" in html and "débité" not in html
    site.authority.silent = True
    status, html = site.ask("POST", "/payer/grille?lang=en", form=_form(site.authority.card(1)))
    assert status == 202 and "Do not pay a second time" in html
    site.authority.silent, site.reader = False, ""
    assert site.ask("POST", "/payer/grille?lang=en", form=_form(site.authority.card(2)))[0] == 303
    assert site.headers["location"].endswith("?lang=en")
    html = site.ask("GET", site.headers["location"])[1]
    assert "eleven letters" in html and "€0.60" in html
    html = site.ask("GET", "/achats?lang=en")[1]
    assert "My purchases" in html and "Paid" in html and "at\u00a010:00" in html


def _form(card: Card) -> dict[str, str]:
    return {"serial": card.serial, "code": card.code}


@pytest.mark.parametrize(
    ("sent", "leads_to"),
    [
        ("/payer/grille", "/article/grille?lang=en"),
        ("/acheter/phares", "/article/phares?lang=en"),
        ("/acheter/%22%3E%0A", "/article/%22%3E%0A?lang=en"),
        ("/gestion/rembourser/x", "/gestion?lang=en"),
    ],
)
def test_the_switch_on_the_answer_to_a_form_sends_nothing_again(site: ShopSite, sent: str, leads_to: str) -> None:
    """The reader would meet « method not allowed » where he was told that nothing was charged, or pay a second time."""
    address = sent.replace("%22%3E%0A", '">\n')  # as a server hands a path on: decoded
    assert site.ask("GET", f"{address}?lang=en")[0] == 303
    assert site.headers["location"] == leads_to
    assert site.purchases.all() == []


def test_what_does_not_exist_says_so_on_a_page(site: ShopSite) -> None:
    """A mistyped address would be two words in the browser's own letters, in no language that was chosen."""
    for method, address, status in (("GET", "/nothing", 404), ("POST", "/achats", 405), ("GET", "/evenements", 405)):
        found, html = site.ask(method, f"{address}?lang=en")
        assert found == status
        assert "This address leads nowhere" in html
        assert ("allow" in site.headers) == (status == 405)


def test_a_fault_of_ours_says_not_to_pay_again(site: ShopSite) -> None:
    """« Internal Server Error » in the middle of a purchase: the reader would press the button once more."""
    for query, word in ((b"lang=fr", "ne payez pas une seconde fois"), (b"", "do not pay")):
        headers = [(b"accept-language", b"en")]
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": query, "headers": headers, "state": {}}
        response = asyncio.run(site.shop.broken(Request(scope), ValueError("x")))
        assert response.status_code == 500
        assert word in bytes(response.body).decode()


def test_the_back_page_is_in_both_languages(site: ShopSite) -> None:
    """Whoever keeps the shop could not read on which purchase the money goes back."""
    site.selling.charge("r", OWN, site.authority.card(), language="fr")
    (purchase,) = site.purchases.all()
    status, html = site.ask("GET", "/gestion?lang=en", authorization=BACK)
    assert status == 200
    assert "Refund €0.60" in html and OWN.title(site.languages["en"]) in html.replace("&#x27;", "'")
    action = f"/gestion/rembourser/{purchase.purchase_id}?lang=en"
    assert f'action="{action}"' in html
    assert site.ask("POST", action, authorization=BACK)[0] == 303
    assert "Refunded" in site.ask("GET", site.headers["location"], authorization=BACK)[1]
    assert site.ask("POST", "/gestion/rembourser/x?lang=en", authorization=BACK)[0] == 404
    status, html = site.ask("GET", "/gestion?lang=en")
    assert status == 401 and "asks for a password" in html and "www-authenticate" in site.headers


def test_a_file_of_before_there_were_languages_is_read(tmp_path: Path) -> None:
    """The shop would end at its first question after an update, with its readers' purchases in the file."""
    path = tmp_path / "purchases.db"
    made = Purchases(path)
    made.close()
    with closing(sqlite3.connect(path)) as database:
        database.execute("ALTER TABLE purchase DROP COLUMN language")
        database.execute(
            """INSERT INTO purchase(purchase_id, reader, article, amount_minor, way, created_ms)
               VALUES ('p', 'r', 'phares', 250, 'page', 1)"""
        )
        database.commit()
    for _ in range(2):
        made = Purchases(path)
        assert [one.language for one in made.all()] == ["fr"]
        made.close()
