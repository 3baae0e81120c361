"""Documents in columns: nothing cut, nothing wider than the paper, amounts at the edge."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.receipt.document import Align, Blank, Document, Row, Rule, Size, Text, Weight
from kiosk.receipt.layout import COLUMNS, Columns, Line, lay_out, wrap

PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=0x17F), max_size=120)


def _lines(document: Document, columns: Columns) -> list[Line]:
    return [item for item in lay_out(document, columns) if isinstance(item, Line)]


@pytest.mark.parametrize("columns", [32, 42, 48])
@given(left=PRINTABLE, right=st.text("0123456789,\u00a0€", min_size=1, max_size=14), size=st.sampled_from(Size))
def test_an_amount_is_never_cut_and_no_line_is_too_long(columns: int, left: str, right: str, size: Size) -> None:
    """A long product name would push the price off the paper."""
    paper = COLUMNS[columns]
    lines = _lines(Document("t", (Row(left, right, size),)), paper)
    assert all(len(line.text) <= paper.of(size) for line in lines)
    assert lines[-1].text.endswith(right)


@given(text=PRINTABLE, width=st.integers(8, 64))
def test_wrapping_loses_no_word(text: str, width: int) -> None:
    """Part of the legal note on the receipt would be missing."""
    lines = wrap(text, width)
    assert all(len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_no_break_space_holds_an_amount_together() -> None:
    """“50” would stand at the end of one line and “€” at the beginning of the next."""
    assert wrap("Une carte à 50\u00a0€ pour vous", 14) == ["Une carte à", "50\u00a0€ pour vous"]


def test_a_row_fills_the_paper_exactly() -> None:
    """Amounts would not stand under one another."""
    rows = (Row("Carte 50 €", "50,00 €"), Row("TOTAL", "50,00 €", Size.BIG), Row("x", "1", Size.SMALL))
    assert [len(line.text) for line in _lines(Document("t", rows), COLUMNS[42])] == [42, 21, 56]


def test_rules_blanks_and_inverse_text() -> None:
    """The copy's mark would touch its black frame, or a rule would be shorter than the paper."""
    document = Document(
        "t", (Rule(), Blank(2), Text("DUPLICATA", Align.CENTER, Size.BIG, Weight.INVERSE), Text("a\nb", indent=2))
    )
    assert [line.text for line in _lines(document, COLUMNS[32])] == ["-" * 32, "", "", " DUPLICATA ", "  a", "  b"]


def test_a_paper_that_is_too_narrow_is_refused() -> None:
    """A wrong profile would print a receipt of one letter a line."""
    with pytest.raises(ValueError, match="24 columns"):
        Columns(12, 20)
