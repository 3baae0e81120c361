"""Tells a keyboard-wedge scanner from a person at the same keyboard: keys closer than 35 ms are no fingers. Pure.

Not responsible for catching keys (the screens do) nor for a keyboard set to another country: characters are taken as they come.
"""

from dataclasses import dataclass
from typing import Final

GAP_MS: Final = 35
SHORTEST: Final = 6
LONGEST: Final = 512
ENDS: Final = frozenset("\r\n\t")


@dataclass(frozen=True, slots=True)
class Burst:
    """What a scanner typed. ``complete``: it ended with its suffix key."""

    text: str
    complete: bool

    def __repr__(self) -> str:
        return f"Burst(…{len(self.text)} characters, complete={self.complete})"


class WedgeDetector:
    """``key`` for each key with its monotonic time, ``idle`` now and then. Slow keys are a person's and never returned."""

    def __init__(self) -> None:
        self._keys: list[str] = []
        self._last_ms = 0

    def key(self, char: str, at_ms: int) -> Burst | None:
        """A burst that this key ends, or ``None``."""
        if self._keys and at_ms - self._last_ms >= GAP_MS:
            # a scanner without a suffix that is followed by a person: what it typed is still a read
            before = self._take(complete=False)
            self._last_ms = at_ms
            if char not in ENDS:
                self._keys.append(char)
            return before
        self._last_ms = at_ms
        if char in ENDS:
            return self._take(complete=True)
        if len(self._keys) < LONGEST:
            self._keys.append(char)
        return None

    def idle(self, at_ms: int) -> Burst | None:
        """A burst that silence ends, or ``None``."""
        if self._keys and at_ms - self._last_ms >= GAP_MS:
            return self._take(complete=False)
        return None

    def _take(self, *, complete: bool) -> Burst | None:
        keys, self._keys = self._keys, []
        return Burst("".join(keys), complete) if len(keys) >= SHORTEST else None
