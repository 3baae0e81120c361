"""Code 128 by our own modules, read by two programs that are not ours."""

import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pyzbar import pyzbar

from kiosk.receipt import code128


def _picture(text: str, dots: int) -> Image.Image:
    row = [False] * 10 + code128.modules(text) + [False] * 10
    flat = bytes(0 if bar else 255 for bar in row)
    return Image.frombytes("L", (len(row), 1), flat).resize((len(row) * dots, 80), Image.Resampling.NEAREST)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=2, max_size=20))
@settings(max_examples=60, deadline=None)
def test_zxing_reads_what_was_drawn(text: str) -> None:
    """A receipt's bar code would be read as another number, or not at all."""
    found = zxingcpp.read_barcodes(_picture(text, 3))
    assert [code.text for code in found] == [text]


@given(st.integers(0, 10**16).map(str))
@settings(max_examples=40, deadline=None)
def test_zbar_reads_numbers(text: str) -> None:
    """The second reader disagrees with the first."""
    found = pyzbar.decode(_picture(text.zfill(4), 3), symbols=[pyzbar.ZBarSymbol.CODE128])
    assert [code.data.decode() for code in found] == [text.zfill(4)]


def test_digits_are_packed_in_pairs() -> None:
    """A 16-digit serial would be too wide for a card."""
    assert len(code128.modules("0" * 16)) == (1 + 8 + 1) * 11 + 13
    assert len(code128.modules("000042")) == (1 + 3 + 1) * 11 + 13
