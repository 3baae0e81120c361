"""Which nonces were used lately, per key: a request that comes twice is heard once (PR-07).

Memory only. After a restart of the authority a request of the last minutes could come through again; it then meets its idempotency
key and has no second effect. Not thread-safe: it belongs to one event loop.
"""

from enum import Enum

from kiosk.errors import Bug

REMEMBER_S = 600  # a request may be dated 300 s ahead and is accepted for 300 s after that
MAX_PER_KEY = 20_000  # in one span of REMEMBER_S; 33 requests a second for ten minutes


class NonceVerdict(Enum):
    FRESH = "fresh"
    SEEN = "seen"
    FULL = "full"  # refused rather than forgotten: forgetting would let a replay in


class Nonces:
    """Two generations of ``REMEMBER_S``: whatever is younger than that is known, and what is older than two is gone."""

    def __init__(self, *, max_per_key: int = MAX_PER_KEY) -> None:
        if max_per_key < 1:
            raise Bug("at least one nonce must fit")
        self._max_per_key = max_per_key
        self._young: dict[str, set[str]] = {}
        self._old: dict[str, set[str]] = {}
        self._span = 0

    def use(self, keyid: str, nonce: str, now_s: int) -> NonceVerdict:
        """Take note of a nonce of a good signature."""
        self._turn(now_s)
        young = self._young.setdefault(keyid, set())
        if nonce in young or nonce in self._old.get(keyid, ()):
            return NonceVerdict.SEEN
        if len(young) >= self._max_per_key:
            return NonceVerdict.FULL
        young.add(nonce)
        return NonceVerdict.FRESH

    def _turn(self, now_s: int) -> None:
        span = now_s // REMEMBER_S
        if span <= self._span:
            return  # a clock that was set back stays in its span: nothing is forgotten early
        self._old = self._young if span == self._span + 1 else {}
        self._young = {}
        self._span = span
