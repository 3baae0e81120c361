"""Text made fit for a printer (MON-03)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.devices.printing.plain import plain_text


@given(st.text(max_size=60), st.sampled_from(["cp1252", "cp858", "cp437"]))
def test_whatever_comes_in_the_page_can_print_it_and_nobody_obeys_it(text: str, codec: str) -> None:
    """A product's name would open the drawer, or print boxes and question marks."""
    plain = plain_text(text, codec)
    encoded = plain.encode(codec)
    assert all(byte >= 0x20 or byte == 0x0A for byte in encoded)
    assert b"\x7f" not in encoded
    assert plain.count("?") <= text.count("?") + sum("?" in str(char.encode("utf-8")) for char in text)


@pytest.mark.parametrize(
    ("text", "codec", "plain"),
    [
        ("1\u202f234,50\u00a0€", "cp1252", "1 234,50 €"),
        ("L’œuf — « à 3 € »…", "cp1252", "L’œuf — « à 3 € »…"),
        ("L’œuf — « à 3 € »…", "cp858", "L'oeuf - « à 3 EUR »...".replace("EUR", "€")),
        ("L’œuf à 3 €", "cp437", "L'oeuf à 3 EUR"),
        ("\u22124,00", "cp1252", "-4,00"),
        ("≈ 3 F", "cp1252", "~ 3 F"),
        ("\x1bp\x00\x19\xfa", "cp1252", "pú"),
        ("a\u200bb\u202ec\ufeffd", "cp1252", "abcd"),
        ("Fête 🎉!", "cp1252", "Fête !"),
        ("Dvořák", "cp1252", "Dvorák"),
        ("東京", "cp1252", "··"),
        ("e\u0301", "cp1252", "é"),
        ("a\tb", "cp1252", "a b"),
        ("Nº 5", "cp858", "Nº 5"),
    ],
)
def test_french_typography_on_paper(text: str, codec: str, plain: str) -> None:
    """A receipt would read “1?234,50 ?”."""
    assert plain_text(text, codec) == plain
