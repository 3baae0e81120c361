"""Receipts as they were agreed: text for eyes, bytes for printers. ``scripts/update_goldens`` writes them anew."""

from pathlib import Path

import pytest

from kiosk.devices.printing.escpos import build_job
from kiosk.devices.printing.profiles import find_profile
from kiosk.receipt.layout import COLUMNS
from kiosk.receipt.preview import preview_picture, preview_text
from tests.helpers.goldens import compare
from tests.helpers.receipts import SAMPLES

PROCESS_ID = b"gold"
PAPERS = {
    "two-cards-fr": (32, 42, 48),
    "copy-fr": (42,),
    "promised-fr": (32, 42),
    "two-cards-en": (42,),
    "one-refused-fr": (42,),
}
BYTES = [
    ("two-cards-fr", name) for name in ("TM-T88V", "TM-T20II", "TM-T88V-slow", "clone-80", "clone-58", "mute-80")
] + [
    ("copy-fr", "TM-T88V"),
    ("promised-fr", "TM-T88V"),
    ("one-refused-fr", "TM-T88V"),
    ("two-cards-en", "TM-T88V"),
]


@pytest.mark.parametrize(("name", "columns"), [(name, width) for name, widths in PAPERS.items() for width in widths])
def test_the_text_of_a_receipt(name: str, columns: int, repository: Path) -> None:
    """A change in the receipt's looks or words would reach the shops unseen."""
    compare(
        repository / f"tests/golden/receipts/{name}-{columns}.txt",
        preview_text(SAMPLES[name], COLUMNS[columns]).encode(),
    )


@pytest.mark.parametrize(("name", "profile"), BYTES)
def test_the_bytes_of_a_receipt(name: str, profile: str, repository: Path) -> None:
    """A change in what printers are sent would reach the shops unseen."""
    job = build_job(SAMPLES[name], find_profile(profile), PROCESS_ID)
    compare(repository / f"tests/golden/receipts/{name}-{profile}.escpos", job)


def test_the_preview_is_a_picture() -> None:
    """The screen that shows a receipt before printing would stay empty."""
    picture = preview_picture(SAMPLES["copy-fr"], COLUMNS[42])
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 10_000
