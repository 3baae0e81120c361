"""The cards that lie in the demonstration's rack: read from ``cards.json``, scanned by their place, never shown whole.

Demonstration only: real serials stand on real cards and in no file beside them. Not responsible for making them (``scheme``).
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from kiosk.domain.currency import currency
from kiosk.domain.money import Money

CARDS_NAME: Final = "cards.json"
CARDS_MAX: Final = 2_000
HINTS: Final = ("in_stock", "sold", "stolen", "other_shop", "damaged", "franc", "not_received")


class RackError(ValueError):
    """``cards.json`` cannot be used; the message names the place and what is expected, and holds no serial."""


@dataclass(frozen=True, slots=True)
class RackCard:
    """One card. ``hint`` says what a till will make of it, one of ``HINTS``."""

    serial: str = field(repr=False)
    series: str
    face: Money
    hint: str

    @property
    def last4(self) -> str:
        """All that may be shown."""
        return self.serial[-4:]


def read_rack(folder: Path) -> tuple[RackCard, ...]:
    """The cards in ``folder/cards.json``; none when there is no such file. Raises ``RackError``."""
    try:
        rows = json.loads((folder / CARDS_NAME).read_text("utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise RackError(f"{CARDS_NAME}: {type(error).__name__}") from None
    if not isinstance(rows, list) or len(rows) > CARDS_MAX:
        raise RackError(f"{CARDS_NAME}: a list of at most {CARDS_MAX} cards is expected")
    return tuple(_card(place, row) for place, row in enumerate(rows))


def _card(place: int, row: object) -> RackCard:
    if not isinstance(row, dict):
        raise RackError(f"{CARDS_NAME}, card {place}: an object is expected")
    serial, hint, minor = row.get("serial"), row.get("hint"), row.get("face_minor")
    if not isinstance(serial, str) or len(serial) != 16 or not serial.isdecimal():
        raise RackError(f"{CARDS_NAME}, card {place}: serial has 16 digits")
    if hint not in HINTS:
        raise RackError(f"{CARDS_NAME}, card {place}: hint is one of {', '.join(HINTS)}")
    if type(minor) is not int:
        raise RackError(f"{CARDS_NAME}, card {place}: face_minor is a whole number")
    try:
        face = Money(minor, currency(str(row["currency"])))
        series = str(row["series"])
    except (KeyError, ValueError) as error:
        raise RackError(f"{CARDS_NAME}, card {place}: {error}") from None
    return RackCard(serial=serial, series=series, face=face, hint=str(hint))
