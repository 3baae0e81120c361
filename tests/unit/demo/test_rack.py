"""The rack of cards: strict, and silent about serials."""

import json
from pathlib import Path

import pytest

from kiosk.demo.rack import RackError, read_rack
from tests.helpers.till_rig import CARD

ROW = {"serial": CARD, "series": "12", "face_minor": 2000, "currency": "EUR", "hint": "in_stock"}


def write(folder: Path, rows: object) -> Path:
    (folder / "cards.json").write_text(json.dumps(rows), "utf-8")
    return folder


def test_cards_are_read_and_do_not_show_their_serials(tmp_path: Path) -> None:
    """A serial in a crash report of the demonstration would teach to do the same in a shop."""
    (card,) = read_rack(write(tmp_path, [ROW]))
    assert (card.serial, card.face.minor, card.hint) == (CARD, 2000, "in_stock")
    assert CARD not in repr(card)
    assert card.last4 == CARD[-4:]


def test_no_file_is_an_empty_rack(tmp_path: Path) -> None:
    """The technician's workbench, which has no cards, would not start."""
    assert read_rack(tmp_path) == ()


@pytest.mark.parametrize(
    "rows",
    [
        {"cards": []},
        [CARD],
        [{**ROW, "serial": CARD[:-1]}],
        [{**ROW, "hint": "mine"}],
        [{**ROW, "face_minor": 20.0}],
        [{**ROW, "currency": "USD"}],
        [ROW] * 2_001,
    ],
)
def test_a_wrong_rack_is_named_without_its_serials(tmp_path: Path, rows: object) -> None:
    """The demonstration would start with cards that do something else, or print a number."""
    with pytest.raises(RackError) as caught:
        read_rack(write(tmp_path, rows))
    assert CARD[:-1] not in str(caught.value)
    assert "cards.json" in str(caught.value)
