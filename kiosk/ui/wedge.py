"""Tells a scanner that types like a keyboard (a “wedge”) from a person at the same keyboard: keys closer than 35 ms are no fingers.
Pure.

Every key is held back for that long, so that nothing that a scanner types reaches a field, and its Enter no button. Not responsible
for catching keys (``wedge_keys``) nor for what a text means (the till).
"""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

GAP_MS: Final = 35
SHORTEST: Final = 6
LONGEST: Final = 512
SPOILED: Final = "\N{REPLACEMENT CHARACTER}"  # no card's number has one
# what the row of digits types without Shift on a French keyboard: a scanner that takes itself for an American one
_FRENCH: Final = dict(zip("&é\"'(-è_çà", "1234567890", strict=True))

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Burst:
    """What a scanner typed. ``complete``: it ended with its suffix key."""

    text: str
    complete: bool

    def __repr__(self) -> str:
        return f"Burst(…{len(self.text)} characters, complete={self.complete})"


@dataclass(frozen=True, slots=True)
class Heard(Generic[K]):
    """What is certain now: a scanner's ``burst`` first, then a person's ``keys`` in their order."""

    burst: Burst | None = None
    keys: tuple[K, ...] = ()


class Wedge(Generic[K]):
    """Each key with its time in milliseconds, in the order of their coming, and ``silence`` when nothing came for ``GAP_MS``. ``K``
    is whatever a key is to the caller, who gets it back unless a scanner typed it."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._keys: list[K] = []
        self._last_ms = 0
        self._burst = False  # the last key was a scanner's

    @property
    def holds(self) -> bool:
        """Whether keys are held back."""
        return bool(self._keys)

    def typed(self, char: str, at_ms: int, key: K) -> Heard[K]:
        """A key that types a character: held back."""
        before = self._before(at_ms)
        self._last_ms, self._burst = at_ms, False
        self._hold(key)
        self._add(char)
        return before

    def ended(self, at_ms: int, key: K) -> Heard[K]:
        """Enter or Tab: the end of what a scanner typed, or a person's."""
        if self._burst and at_ms - self._last_ms < GAP_MS:
            return Heard()  # the second half of a suffix
        before = self._before(at_ms)
        if len(self._text) >= SHORTEST:
            self._last_ms = at_ms
            return Heard(self._take(complete=True))
        self._burst = False
        return Heard(before.burst, (*before.keys, *self.silence().keys, key))

    def beside(self, key: K) -> Heard[K]:
        """A key that is let go, or one like Shift: it stays where it stands between the others."""
        if not self._keys:
            return Heard(None, (key,))
        self._hold(key)
        return Heard()

    def other(self, at_ms: int, key: K) -> Heard[K]:
        """Any other key: a person's. In the middle of a scan it is a bar code that would command (TM-19): it spoils the scan and
        goes nowhere."""
        scanning = self._burst or len(self._text) >= SHORTEST
        if scanning and at_ms - self._last_ms < GAP_MS:
            self._last_ms = at_ms
            if self._text:
                self._add(SPOILED)
            return Heard()
        before = self.silence()
        self._burst = False
        return Heard(before.burst, (*before.keys, key))

    def silence(self) -> Heard[K]:
        """Nothing came for ``GAP_MS``. A scanner without a suffix has typed an incomplete text."""
        if len(self._text) >= SHORTEST:
            return Heard(self._take(complete=False))
        keys, self._keys = tuple(self._keys), []
        self._text = []
        return Heard(None, keys)

    def _hold(self, key: K) -> None:
        if (
            len(self._text) < SHORTEST
        ):  # from there on it is a scanner, who gets none back: an endless one fills no memory
            self._keys.append(key)

    def _add(self, char: str) -> None:
        if len(self._text) < LONGEST:
            self._text.append(char)

    def _before(self, at_ms: int) -> Heard[K]:
        return self.silence() if self._keys and at_ms - self._last_ms >= GAP_MS else Heard()

    def _take(self, *, complete: bool) -> Burst:
        text = self._text if any(char not in _FRENCH for char in self._text) else [_FRENCH[char] for char in self._text]
        self._text, self._keys = [], []
        self._burst = True
        return Burst("".join(text), complete)
