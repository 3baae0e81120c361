"""The operator at the authority's command line: types commands; remembers the folder, and the database where that is elsewhere."""

import json
from pathlib import Path
from typing import Any

import pytest

from kiosk.cli import main


class Operator:
    """Types commands and reads what is said."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], database: str | None = None) -> None:
        self.folder = folder
        self.database = database
        self._capsys = capsys

    def types(self, *words: str) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        database = ["--database", self.database] if self.database else []
        code = main(["authority", *words, "--data", str(self.folder), *database])
        said = self._capsys.readouterr()
        return code, said.out, said.err

    def asks(self, *words: str) -> dict[str, Any]:
        """The JSON object that answers; fails when there is none."""
        code, out, err = self.types(*words, "--json")
        assert (code, err) == (0, "")
        value: dict[str, Any] = json.loads(out)
        return value
