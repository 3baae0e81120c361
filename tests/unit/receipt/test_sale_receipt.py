"""What a receipt must and must not say (CAI-11, CAI-13, TVA-01, AC-04, MON-05)."""

from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import datetime

import pytest

from kiosk.receipt.document import Document
from kiosk.receipt.layout import COLUMNS
from kiosk.receipt.preview import preview_text
from kiosk.receipt.sale_receipt import francs_for, receipt_number, signature_extract
from kiosk.receipt.words import FILLED, ReceiptWordsFault, parse_receipt_words
from kiosk.resources import asset
from tests.helpers.receipts import ONE_REFUSED, PROMISED, SIGNATURE, TWO_CARDS, line, receipt, sale, words


def _text(*args: object, **kwargs: object) -> str:
    return preview_text(receipt(*args, **kwargs), COLUMNS[42])  # type: ignore[arg-type] # passed through


def test_the_fields_of_the_law_are_there() -> None:
    """The tax office would find a field of CAI-13 missing on a paper ticket."""
    text = _text()
    for field in (
        "Tabac de l’Hôtel", "12, rue de l’Église", "75011 Paris", "SIRET 732\u00a0829\u00a0320\u00a000074", "APE 47.26Z",
        "TVA FR\u00a044\u00a0732829320", "Ticket nº 000042", "22/11/2026 14:32", "Caisse 1", "Servi par Léa", "50,00\u00a0€",
        "20,00\u00a0€", "70,00\u00a0€", "Espèces", "80,00\u00a0€", "Monnaie rendue", "10,00\u00a0€", "2\u00a0lignes",
        "Kiosk\u00a00.1.0", "hors champ de TVA",
    ):  # fmt: skip
        assert field in text


def test_the_extract_is_four_named_characters_of_the_signature() -> None:
    """A paper could not be tied to its entry."""
    text = urlsafe_b64encode(SIGNATURE).decode()
    assert signature_extract(SIGNATURE) == text[2] + text[6] + text[12] + text[18]
    assert f"Signature\u00a0{signature_extract(SIGNATURE)}" in _text()


def test_a_serial_shows_four_digits_and_a_shop_without_vat_says_so() -> None:
    """Somebody who finds a receipt in the street would know a card's number."""
    completed = replace(TWO_CARDS, shop=replace(TWO_CARDS.shop, vat_id=""))
    text = _text(completed)
    assert "Nº de série …4711 · activée" in text
    assert "TVA non applicable" in text


def test_a_promised_card_says_when_it_works() -> None:
    """A customer would take a card home that does not work yet, without a word (AC-04)."""
    text = " ".join(_text(PROMISED).split())
    assert "Votre carte sera utilisable dès que la connexion revient" in text
    assert "en attente d’activation" in text
    assert "utilisable dès que" not in _text()


def test_a_refunded_line_is_shown_with_the_money_that_went_back() -> None:
    """The lines of the receipt would not add up to its total."""
    text = _text(ONE_REFUSED)
    assert "non activée" in text
    rows = {row.split("  ")[0].strip(): row.split()[-2] for row in text.splitlines() if row.endswith("€")}
    # 50 + 20 − 20 = 50; 70 − 20 = 50
    assert "Annulation" in text
    assert [rows[name] for name in ("TOTAL", "Carte bancaire", "Remboursement")] == ["50,00", "70,00", "−20,00"]
    assert "Remboursement" not in _text()


def test_a_copy_is_marked_and_says_the_same() -> None:
    """A copy could be passed off as an original (CAI-11)."""
    original, copy = _text().splitlines(), _text(copy=3).splitlines()
    assert any("DUPLICATA nº 3" in row for row in copy)
    assert any("Édité le 22/11/2026 17:32 par Marc" in row for row in copy)
    assert copy[-len(original) :] == original
    assert not any("DUPLICATA" in row for row in original)


def test_francs_are_shown_for_euros_only_and_on_request() -> None:
    """A receipt of 2001 in francs would show francs twice (MON-05)."""
    assert "459,17\u00a0F (1\u00a0€ = 6,55957\u00a0F)" in _text(francs=True)
    assert "6,55957" not in _text()
    assert "6,55957" not in _text(sale(line("4711", 5000, label="Carte 50 F"), currency="FRF"), francs=True)


@pytest.mark.parametrize(
    ("cents", "centimes"),
    [(5000, 32798), (10000, 65596), (15000, 98394), (20000, 131191), (20436, 134051), (152, 997), (0, 0)],
)
def test_the_conversion_rule(cents: int, centimes: int) -> None:
    """The equivalent would be a centime off the official examples."""
    assert francs_for(cents) == centimes


@pytest.mark.parametrize(
    ("number", "text"), [(1, "000001"), (42, "000042"), (999_999, "999999"), (1_000_000, "01000000")]
)
def test_receipt_numbers_have_an_even_number_of_digits(number: int, text: str) -> None:
    """The bar code of a receipt would be half as wide again."""
    assert receipt_number(number) == text


def test_a_time_without_a_zone_is_a_mistake() -> None:
    """A receipt would show the hour of Greenwich."""
    with pytest.raises(ValueError, match="zone"):
        preview_text(receipt_at(datetime(2026, 11, 22, 14, 32)), COLUMNS[42])  # noqa: DTZ001 - that is the point


def receipt_at(at: datetime) -> Document:
    """A receipt of another time."""
    from kiosk.i18n.formats import Formats
    from kiosk.receipt.sale_receipt import ReceiptFacts, sale_receipt
    from tests.helpers.receipts import PARIS

    facts = ReceiptFacts(sale=TWO_CARDS, receipt_no=1, at=at, signature=SIGNATURE)
    return sale_receipt(facts, words=words(), money=Formats("fr", PARIS).money)


def test_the_words_of_both_languages_have_the_same_keys_and_names() -> None:
    """An English receipt would crash on a word that only French has."""
    assert words("fr").language == "fr"
    assert words("en").language == "en"
    text = asset("receipts", "fr.toml").read_text("utf-8")
    with pytest.raises(ReceiptWordsFault, match="missing: total"):
        parse_receipt_words(text.replace("total =", "totals ="))
    with pytest.raises(ReceiptWordsFault, match="placeholders"):
        parse_receipt_words(text.replace("{number}", "{nombre}", 1))
    assert FILLED.keys() <= set(words().__slots__)
