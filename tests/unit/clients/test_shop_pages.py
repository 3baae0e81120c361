"""What the demonstration shop shows and to whom: the article to who paid, an honest sentence to who did not, nothing to others."""

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from kiosk_merchant import Card
from press_shop import pages
from press_shop.app import Shop
from press_shop.articles import ARTICLES, BY_SLUG
from press_shop.purchases import Purchases, State
from press_shop.selling import Selling
from press_shop.settings import ShopSettings, load, save
from tests.helpers.asgi import Prepared, ask
from tests.helpers.scripted_authority import StillClock
from tests.helpers.shop_authority import ShopAuthority
from tests.helpers.spending import make_spending

PASSWORD = "geheim"
OWN = BY_SLUG["grille"]


class Site:
    """The shop without a server; ``reader`` is the cookie of the last answer."""

    def __init__(self, folder: Path) -> None:
        self.authority = ShopAuthority(make_spending())
        self.purchases = Purchases(folder / "purchases.db")
        self.settings = ShopSettings(
            address="https://pay.example",
            authority_name="pay.example",
            key_id="mk",
            secret="s" * 43,
            site="https://presse.example",
            database="",
            back_password=PASSWORD,
        )
        self.selling = Selling(self.authority, self.purchases, site=self.settings.site, clock=StillClock())
        self.app = Shop(self.selling, self.purchases, self.settings).app()
        self.reader = ""

    def ask(self, method: str, path: str, *, form: dict[str, str] | None = None, **headers: str) -> tuple[int, str]:
        fields = {"cookie": f"reader={self.reader}", **headers} if self.reader else headers
        raw = [(name.encode(), value.encode()) for name, value in fields.items()]
        status, answered, body = asyncio.run(
            ask(self.app, Prepared(method, path, "", raw, urlencode(form or {}).encode()))
        )
        self.headers = {name.decode(): value.decode() for name, value in answered}
        if "set-cookie" in self.headers:
            self.reader = self.headers["set-cookie"].partition("=")[2].partition(";")[0]
        return status, body.decode()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.purchases.close()


def _form(card: Card) -> dict[str, str]:
    return {"serial": card.serial, "code": card.code}


def test_nobody_reads_what_is_sold(site: Site) -> None:
    """The beginning that everybody may see would be the whole of a short article."""
    for article in ARTICLES:
        status, html = site.ask("GET", f"/article/{article.slug}")
        assert status == 200
        assert len(pages.beginning(article)) <= len(article.text[0]) / 3
        assert article.text[0][-20:] not in html
        assert all(part not in html for part in article.text[1:])


def test_the_own_form_sells_in_one_call(site: Site) -> None:
    """The ten-cent article would need a detour over two pages."""
    card = site.authority.card()
    status, _ = site.ask("POST", f"/payer/{OWN.slug}", form=_form(card))
    assert status == 303
    status, html = site.ask("GET", site.headers["location"])
    assert status == 200 and "bonne lecture" in html and "onze lettres" in html
    assert card.code not in html
    site.reader = ""
    assert "tournant" not in site.ask("GET", f"/article/{OWN.slug}")[1], "another reader's purchase"


def test_an_unknown_outcome_is_no_no(site: Site) -> None:
    """« Le paiement n’a pas été fait » would make the reader pay a second time."""
    site.authority.silent = True
    status, html = site.ask("POST", f"/payer/{OWN.slug}", form=_form(site.authority.card()))
    assert status == 202
    assert "Nous ne savons pas encore" in html and "Rien n’a été débité." not in html
    site.authority.silent = False
    status, html = site.ask("POST", f"/payer/{OWN.slug}", form=_form(site.authority.card()))
    assert status == 303, "to the page that waits, and to no second charge"
    site.selling.follow()
    assert "Lire" in site.ask("GET", "/achats")[1]
    assert [one.state for one in site.purchases.all()] == [State.PAID]


def test_a_no_says_what_to_do(site: Site) -> None:
    """The reader would not know that nothing was taken."""
    card = site.authority.card()
    site.ask("POST", f"/payer/{OWN.slug}", form=_form(card))
    site.reader = ""
    status, html = site.ask("POST", f"/payer/{OWN.slug}", form=_form(card))
    assert status == 402
    assert "Rien n’a été débité" in html


def test_only_a_reader_sees_his_purchase(site: Site) -> None:
    """An address in somebody's history would show what he bought."""
    purchase = site.selling.buy("somebody else", BY_SLUG["phares"])
    assert site.ask("GET", f"/retour/{purchase.purchase_id}")[0] == 404
    assert site.ask("GET", "/retour/nonsense")[0] == 404
    assert "Rien encore" in site.ask("GET", "/achats")[1]


def test_addresses_that_do_not_exist(site: Site) -> None:
    """An unknown address would be a stack trace, or sell what is not for sale there."""
    assert site.ask("GET", "/article/nothing")[0] == 404
    assert site.ask("POST", "/acheter/nothing")[0] == 404
    assert site.ask("POST", f"/acheter/{OWN.slug}")[0] == 404, "it has a form of its own"
    assert site.ask("POST", "/payer/phares")[0] == 404, "that one is paid on the scheme's page"
    assert site.ask("POST", "/evenements")[0] == 404, "no webhooks without the authority's key"


def test_pages_keep_to_themselves(site: Site) -> None:
    """A page that may run a script or be framed can be made to show, or to send, a code."""
    site.ask("GET", f"/article/{OWN.slug}")
    policy = site.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy
    assert "form-action 'self' https://pay.example" in policy
    assert {"HttpOnly", "SameSite=lax", "Secure"} <= set(site.headers["set-cookie"].split("; "))


def test_what_others_wrote_is_escaped(site: Site) -> None:
    """A reason or an id that holds a tag would run on the merchant's own page."""
    purchase = site.selling.buy("r", BY_SLUG["phares"])
    site.purchases.end(purchase.purchase_id, "<script>")
    word = base64.b64encode(f"x:{PASSWORD}".encode()).decode()
    status, html = site.ask("GET", "/gestion", authorization=f"Basic {word}")
    assert status == 200
    assert "<script>" not in html and "&lt;script&gt;" in html
    assert site.ask("GET", "/gestion", authorization="Basic !")[0] == 401


def test_the_settings_are_for_their_user_alone(tmp_path: Path, site: Site) -> None:
    """The shop's secret would be readable by every account of the machine."""
    path = tmp_path / "settings.json"
    save(path, site.settings)
    assert load(path) == site.settings
    assert PASSWORD not in repr(site.settings) and site.settings.secret not in repr(site.settings)
    path.chmod(0o644)
    with pytest.raises(ValueError, match="chmod"):
        load(path)
    path.chmod(0o600)
    for text in ("[]", '{"address": 1}'):
        path.write_text(text)
        with pytest.raises(ValueError, match="settings"):
            load(path)
