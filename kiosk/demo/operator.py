"""The operator of the demonstration's scheme: calls ``kiosk authority …`` as an operator would, and reads its JSON answers.

Each call is a process of its own, so that the demonstration proves the commands and shares no memory with the authority.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CALL_TIMEOUT_S: Final = 60.0


class OperatorError(RuntimeError):
    """A command of the operator failed; the message is its own sentence."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Runs the authority kept in ``folder``."""

    folder: Path

    def call(self, *words: str) -> Mapping[str, object]:
        """The JSON answer of one command. Raises ``OperatorError`` with what the command said."""
        done = subprocess.run(
            [sys.executable, "-m", "kiosk", "authority", *words, "--json", "--data", str(self.folder)],
            capture_output=True,
            text=True,
            timeout=CALL_TIMEOUT_S,
            check=False,
            env={**os.environ, "KIOSK_DATABASE": ""},  # as for the demonstration's other processes: its own file
        )
        if done.returncode != 0:
            raise OperatorError(f"kiosk authority {words[0]}: {done.stderr.strip() or done.stdout.strip()}")
        answer = json.loads(done.stdout)
        if not isinstance(answer, dict):
            raise OperatorError(f"kiosk authority {words[0]} answered no object")
        return answer

    def packs_of(self, lot: str) -> list[tuple[str, list[str]]]:
        """The packs of a lot and their serials in order, from its signed manifest."""
        manifest = json.loads((self.folder / "lots" / f"manifest-{lot}.json").read_text("utf-8"))
        return [(pack["pack"], list(pack["serials"])) for pack in manifest["packs"]]
