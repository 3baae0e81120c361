"""The printing house of a demonstration: opens a lot's file with the key beside it and reads the codes that would be printed.

Demonstration only: a real printing house sends its public key and keeps the other one. Nothing read here is written anywhere.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

KEY_NAME: Final = "printer.agekey"


@dataclass(frozen=True, slots=True, repr=False)
class PrintedCard:
    """What stands on a card: its serial, and under the scratch layer its codes in the order of their boxes."""

    serial: str
    codes: tuple[str, ...]

    def __repr__(self) -> str:
        return f"PrintedCard(••••{self.serial[-4:]})"


def print_lot(lots: Path, lot: str) -> tuple[PrintedCard, ...]:
    """The cards of a lot in the order of the pack."""
    import pyrage

    identity = pyrage.x25519.Identity.from_str((lots / KEY_NAME).read_text("ascii").strip())
    plain = pyrage.decrypt((lots / f"lot-{lot}.age").read_bytes(), [identity]).decode("ascii")
    rows = (line.split(";") for line in plain.splitlines()[1:])
    return tuple(PrintedCard(serial, tuple(codes)) for _, _, serial, *codes in rows)
