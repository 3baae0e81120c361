"""What the verifier says: a finding names an entry, what is wrong with it, what was expected and what is there, in plain words.

Not responsible for finding anything.
"""

from dataclasses import dataclass
from typing import Final

MAX_SHOWN: Final = 20  # a broken chain can make thousands; the first one is the one to look at


@dataclass(frozen=True, slots=True)
class Finding:
    """``where`` is an entry (``entry 17``), a chain or the file."""

    where: str
    problem: str
    expected: str = ""
    actual: str = ""

    def lines(self) -> list[str]:
        """For a person."""
        text = [f"{self.where}: {self.problem}"]
        if self.expected or self.actual:
            text += [f"    expected: {self.expected or 'nothing'}", f"    actual:   {self.actual or 'nothing'}"]
        return text


class CannotCheck(Exception):  # noqa: N818 - reads as a sentence
    """The file says nothing about itself: it is not a journal, it is the live one, it cannot be opened. Exit code 4."""


class Findings:
    """Collects findings in the order of the file."""

    def __init__(self) -> None:
        self.found: list[Finding] = []

    def add(self, where: str, problem: str, *, expected: object = "", actual: object = "") -> None:
        """One more; values are shown as text, never longer than a line."""
        self.found.append(Finding(where, problem, _short(expected), _short(actual)))


def _short(value: object) -> str:
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= 100 else text[:97] + "…"
