"""What the demonstration shop shows and to whom: the article to who paid, an honest sentence to who did not, nothing to others."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk_merchant import Card
from press_shop import pages
from press_shop.articles import ARTICLES, BY_SLUG
from press_shop.purchases import State
from press_shop.settings import load, save
from tests.helpers.shop_site import PASSWORD, ShopSite

OWN = BY_SLUG["grille"]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ShopSite]:
    made = ShopSite(tmp_path)
    yield made
    made.purchases.close()


def _form(card: Card) -> dict[str, str]:
    return {"serial": card.serial, "code": card.code}


def test_nobody_reads_what_is_sold(site: ShopSite) -> None:
    """The beginning that everybody may see would be the whole of a short article."""
    for language in site.languages.values():
        for article in ARTICLES:
            status, html = site.ask("GET", language.at(f"/article/{article.slug}"))
            first, *others = article.text(language)
            assert status == 200
            assert len(pages.beginning(language, article)) <= len(first) / 3
            assert first[-20:] not in html
            assert all(part not in html for part in others)


def test_the_own_form_sells_in_one_call(site: ShopSite) -> None:
    """The ten-cent article would need a detour over two pages."""
    card = site.authority.card()
    status, _ = site.ask("POST", f"/payer/{OWN.slug}", form=_form(card))
    assert status == 303
    status, html = site.ask("GET", site.headers["location"])
    assert status == 200 and "bonne lecture" in html and "onze lettres" in html
    assert card.code not in html
    site.reader = ""
    assert "tournant" not in site.ask("GET", f"/article/{OWN.slug}")[1], "another reader's purchase"


def test_an_unknown_outcome_is_no_no(site: ShopSite) -> None:
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


def test_a_no_says_what_to_do(site: ShopSite) -> None:
    """The reader would not know that nothing was taken."""
    card = site.authority.card()
    site.ask("POST", f"/payer/{OWN.slug}", form=_form(card))
    site.reader = ""
    status, html = site.ask("POST", f"/payer/{OWN.slug}", form=_form(card))
    assert status == 402
    assert "Rien n’a été débité" in html


def test_only_a_reader_sees_his_purchase(site: ShopSite) -> None:
    """An address in somebody's history would show what he bought."""
    purchase = site.selling.buy("somebody else", BY_SLUG["phares"], language="fr")
    assert site.ask("GET", f"/retour/{purchase.purchase_id}")[0] == 404
    assert site.ask("GET", "/retour/nonsense")[0] == 404
    assert "Rien encore" in site.ask("GET", "/achats")[1]


def test_addresses_that_do_not_exist(site: ShopSite) -> None:
    """An unknown address would be a stack trace, or sell what is not for sale there."""
    assert site.ask("GET", "/article/nothing")[0] == 404
    assert site.ask("POST", "/acheter/nothing")[0] == 404
    assert site.ask("POST", f"/acheter/{OWN.slug}")[0] == 404, "it has a form of its own"
    assert site.ask("POST", "/payer/phares")[0] == 404, "that one is paid on the scheme's page"
    assert site.ask("POST", "/evenements")[0] == 404, "no webhooks without the authority's key"


def test_pages_keep_to_themselves(site: ShopSite) -> None:
    """A page that may run a script or be framed can be made to show, or to send, a code."""
    site.ask("GET", f"/article/{OWN.slug}")
    policy = site.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy
    assert "form-action 'self' https://pay.example" in policy
    assert {"HttpOnly", "SameSite=lax", "Secure"} <= set(site.headers["set-cookie"].split("; "))


def test_what_others_wrote_is_escaped(site: ShopSite) -> None:
    """A reason or an id that holds a tag would run on the merchant's own page."""
    purchase = site.selling.buy("r", BY_SLUG["phares"], language="fr")
    site.purchases.end(purchase.purchase_id, "<script>")
    word = base64.b64encode(f"x:{PASSWORD}".encode()).decode()
    status, html = site.ask("GET", "/gestion", authorization=f"Basic {word}")
    assert status == 200
    assert "<script>" not in html and "&lt;script&gt;" in html
    assert site.ask("GET", "/gestion", authorization="Basic !")[0] == 401


def test_the_settings_are_for_their_user_alone(tmp_path: Path, site: ShopSite) -> None:
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
