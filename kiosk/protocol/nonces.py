"""Which nonces were used lately, per key: a request that comes twice is heard once (PR-07).

A nonce is kept under the time that its request was dated: a replay carries the same date, so one place is looked at, and a nonce is
forgotten when its date alone would refuse it. Memory only. After a restart of the authority a request of the last minutes could
come through again; it then meets its idempotency key and has no second effect. Not thread-safe: it belongs to one event loop.
"""

from enum import Enum

from kiosk.errors import Bug

REMEMBER_S = 300  # how long after its date a request is still accepted
SPAN_S = 10
MAX_PER_KEY = 20_000  # alive at once; 66 requests a second
MAX_IN_ALL = 4_000_000  # about 80 bytes each


class NonceVerdict(Enum):
    FRESH = "fresh"
    SEEN = "seen"
    FULL = "full"  # refused rather than forgotten: forgetting would let a replay in


class Nonces:
    """Spans of ``SPAN_S`` by the date of the requests. Of a nonce only Python's keyed hash is kept, which takes half of the memory:
    two that share one of 64 bits cost their own sender a repeat."""

    def __init__(self, *, max_per_key: int = MAX_PER_KEY, max_in_all: int = MAX_IN_ALL) -> None:
        if not 1 <= max_per_key <= max_in_all:
            raise Bug("at least one nonce must fit")
        self._max_per_key = max_per_key
        self._max_in_all = max_in_all
        self._spans: dict[int, dict[str, set[int]]] = {}
        self._alive: dict[str, int] = {}
        self._in_all = 0

    def use(self, keyid: str, nonce: str, *, created_s: int, now_s: int) -> NonceVerdict:
        """Take note of a nonce of a good signature whose date ``created_s`` was accepted."""
        number = created_s // SPAN_S
        span = self._spans.get(number)
        if span is None:
            self._forget(now_s)
            span = self._spans[number] = {}
        used = span.get(keyid)
        if used is None:
            used = span[keyid] = set()
        mark = hash(nonce)
        if mark in used:
            return NonceVerdict.SEEN
        alive = self._alive.get(keyid, 0)
        if alive >= self._max_per_key or self._in_all >= self._max_in_all:
            self._forget(now_s)
            alive = self._alive.get(keyid, 0)
            if alive >= self._max_per_key or self._in_all >= self._max_in_all:
                return NonceVerdict.FULL
        used.add(mark)
        self._alive[keyid] = alive + 1
        self._in_all += 1
        return NonceVerdict.FRESH

    def _forget(self, now_s: int) -> None:
        """Drop the spans whose every date is refused by now."""
        for number in [one for one in self._spans if (one + 1) * SPAN_S + REMEMBER_S <= now_s]:
            for keyid, used in self._spans.pop(number).items():
                self._in_all -= len(used)
                left = self._alive.pop(keyid, 0) - len(used)
                if left > 0:
                    self._alive[keyid] = left
