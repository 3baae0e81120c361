"""Compares with a stored file, or writes it when ``scripts/update_goldens`` asks for that."""

import difflib
import os
from pathlib import Path
from typing import Final

UPDATE: Final = "KIOSK_UPDATE_GOLDENS"


def compare(path: Path, data: bytes) -> None:
    """Fail with a readable difference unless the file holds ``data``. Writes it when updating, and then never fails."""
    if os.environ.get(UPDATE) == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return
    assert path.exists(), f"{path.name} is missing: run scripts/update_goldens, look at it, commit it"
    stored = path.read_bytes()
    if stored != data:
        lines = difflib.unified_diff(_lines(stored), _lines(data), "stored", "now", lineterm="")
        raise AssertionError(f"{path.name} differs:\n" + "\n".join(list(lines)[:60]))


def _lines(data: bytes) -> list[str]:
    return [line.decode("ascii", "backslashreplace") for line in data.split(b"\n")]
