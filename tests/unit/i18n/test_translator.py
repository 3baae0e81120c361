"""The words are found, filled and refused as promised."""

import pytest

from kiosk.i18n.translator import Catalogue, CatalogueError, Words, check, load, open_words, placeholders
from kiosk.resources import asset


@pytest.fixture
def words() -> Words:
    return open_words(asset("locale"), "fr")


def test_fills_a_placeholder(words: Words) -> None:
    """The refusal would not say which card."""
    assert words("sale.removed", v="50") == "Carte\u00a050 retirée du panier."


@pytest.mark.parametrize(("n", "text"), [(0, "0\u00a0essai"), (1, "1\u00a0essai"), (2, "2\u00a0essais")])
def test_french_zero_and_one_are_singular(words: Words, n: int, text: str) -> None:
    """The screen would say « 1 essais »."""
    assert text in words.count("login.wrong", n)


def test_english_zero_is_plural() -> None:
    """The screen would say "0 try left"."""
    english = open_words(asset("locale"), "en")
    assert english.count("login.wrong", 0) == "Wrong code. 0 tries left."


def test_refuses_what_does_not_fit(words: Words) -> None:
    """A hole or a key name would reach the screen instead of stopping the test."""
    for key, values in (
        ("sale.no_such_word", {}),
        ("sale.removed", {}),
        ("sale.scan", {"v": "50"}),
        ("login.wrong", {}),
    ):
        with pytest.raises(CatalogueError):
            words(key, **values)
    for key, n in (("sale.scan", 2), ("login.wrong", -1)):
        with pytest.raises(CatalogueError):
            words.count(key, n)


def test_comparison_finds_each_kind_of_difference() -> None:
    """A catalogue with a hole would be shipped."""
    french = load(asset("locale"), "fr")
    english = load(asset("locale"), "en")
    short = dict(english.entries)
    del short["sale.scan"]
    short["sale.removed"] = english.entries["sale.scan"]
    short["login.wrong"] = english.entries["login.locked"]
    faults = check(french, Catalogue("en", short, english.plural_of))
    assert len(faults) == 4
    assert faults[0] == "sale.scan: only in fr"


def test_placeholders() -> None:
    """A renamed placeholder would go unnoticed."""
    assert placeholders("{a} et {b}, {a}") == {"a", "b"}


def test_unknown_language_is_refused() -> None:
    """A setting with a typing mistake would start a till without words."""
    with pytest.raises(CatalogueError):
        load(asset("locale"), "de")
