"""Sliding windows in bounded memory: how often something happened lately, for many keys, the least recently used forgotten first.

Values and clock are passed in. Not responsible for what is counted nor for what follows from it (``guard``).
"""

from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Moments(Generic[K]):
    """When something happened, by key: at most ``each`` moments of a key within ``window_ms``, of at most ``keys_max`` keys."""

    def __init__(self, *, window_ms: int, each: int, keys_max: int) -> None:
        self.window_ms = window_ms
        self._each = each
        self._keys_max = keys_max
        self._moments: OrderedDict[K, deque[int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._moments)

    def note(self, key: K, at_ms: int) -> None:
        """It happened once more."""
        found = self._moments.get(key)
        if found is None:
            while len(self._moments) >= self._keys_max:
                self._moments.popitem(last=False)
            found = self._moments[key] = deque(maxlen=self._each)
        self._moments.move_to_end(key)
        found.append(at_ms)

    def take_back(self, key: K) -> None:
        """The oldest moment of the key did not count after all."""
        found = self._moments.get(key)
        if found:
            found.popleft()
            if not found:
                del self._moments[key]

    def count(self, key: K, now_ms: int) -> int:
        """How often within the window that ends now."""
        return len(self._now(key, now_ms))

    def last_ms(self, key: K, now_ms: int) -> int | None:
        """When it happened last within the window."""
        found = self._now(key, now_ms)
        return found[-1] if found else None

    def free_at_ms(self, key: K, limit: int, now_ms: int) -> int:
        """From when on there are fewer than ``limit`` within the window, if nothing is added; now, if there are fewer already."""
        found = self._now(key, now_ms)
        return found[-limit] + self.window_ms if len(found) >= limit else now_ms

    def forget(self, now_ms: int) -> None:
        """Drop every key whose moments have all left the window: nothing is remembered beyond it."""
        for key in [key for key, found in self._moments.items() if found[-1] <= now_ms - self.window_ms]:
            del self._moments[key]

    def _now(self, key: K, now_ms: int) -> deque[int]:
        found = self._moments.get(key)
        if found is None:
            return deque()
        while found and found[0] <= now_ms - self.window_ms:
            found.popleft()
        if not found:
            del self._moments[key]
        return found


class Marks(Generic[K]):
    """The latest yes-or-no results within ``window_ms``, each under a key that counts once; at most ``size`` of them."""

    def __init__(self, *, window_ms: int, size: int) -> None:
        self.window_ms = window_ms
        self._size = size
        self._marks: deque[tuple[K, int, bool]] = deque()
        self._known: set[K] = set()  # the keys of these
        self._hits = 0

    def note(self, key: K, at_ms: int, *, hit: bool) -> bool:
        """``False`` if the key was noted before: a repeat is no second result."""
        if key in self._known:
            return False
        self._known.add(key)
        self._marks.append((key, at_ms, hit))
        self._hits += hit
        if len(self._marks) > self._size:
            self._drop()
        return True

    def share(self, now_ms: int) -> tuple[int, int]:
        """How many were hits, and of how many results."""
        while self._marks and self._marks[0][1] <= now_ms - self.window_ms:
            self._drop()
        return self._hits, len(self._marks)

    def _drop(self) -> None:
        key, _, hit = self._marks.popleft()
        self._known.discard(key)
        self._hits -= hit
