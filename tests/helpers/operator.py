"""The operator at the command line of the authority: types commands, remembers nothing but the folder."""

import json
from pathlib import Path
from typing import Any

import pytest

from kiosk.cli import main


class Operator:
    """Types commands and reads what is said."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def types(self, *words: str) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        code = main(["authority", *words, "--data", str(self.folder)])
        said = self._capsys.readouterr()
        return code, said.out, said.err

    def asks(self, *words: str) -> dict[str, Any]:
        """The JSON object that answers; fails when there is none."""
        code, out, err = self.types(*words, "--json")
        assert (code, err) == (0, "")
        value: dict[str, Any] = json.loads(out)
        return value
