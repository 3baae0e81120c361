"""What clients asked, what they heard and when: a history of concurrent calls, as the checker reads it and as a JSON file keeps it.

Times are the clients' monotonic clock; beside each call stands what the authority's own clock said before and after it, because
windows and pauses are measured by that one. Cards, codes and payments have short names of the history's own: nothing secret is in a
file.
Not responsible for judging (``checker``).
"""

import json
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from kiosk.clock import Clock

Result = tuple[
    Any, ...
]  # a word and its numbers: ("paid", "captured", 700, …), ("declined", "declined"), ("balance", 2000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One question and its answer. ``result`` is missing when the answer was lost: the call took effect, or will, or never does.

    ``cards`` are pairs of a card and one of its codes (0: a wrong one), in the order in which they were sold. ``payment`` is the
    key under which the payment was made. ``purchase`` is whose purchase it is about, ``merchant/reference``; the empty text is
    the first merchant's without a reference, and either part may be missing.
    """

    verb: str
    cards: tuple[tuple[str, int], ...] = ()
    key: str = ""
    payment: str = ""
    purchase: str = ""
    amount: int = 0
    window_ms: int = 0
    result: Result | None = None
    called: int
    returned: int | None = None
    from_ms: int = 0
    to_ms: int = 0
    who: str = ""

    @property
    def content(self) -> tuple[object, ...]:
        """What was asked: the same content under the same key is a repeat."""
        return self.verb, self.cards, self.payment, self.purchase, self.amount, self.window_ms


@dataclass
class Asking:
    """A call that waits for its answer: whoever asks sets ``result``."""

    result: Result | None = None


@dataclass
class Recorder:
    """Collects the calls of many threads. ``clock`` is the authority's."""

    clock: Clock
    calls: list[Call] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def call(self, verb: str, **what: Any) -> Iterator[Asking]:
        """Note a call around its asking; without a result at the end its answer counts as lost."""
        asking = Asking()
        from_ms, called = self.clock.now_ms(), time.monotonic_ns()
        try:
            yield asking
        finally:
            returned, to_ms = time.monotonic_ns(), self.clock.now_ms()
            with self._lock:
                self.calls.append(
                    Call(
                        verb=verb, result=asking.result, called=called,
                        returned=None if asking.result is None else returned, from_ms=from_ms, to_ms=to_ms, **what,
                    )
                )  # fmt: skip


def to_json(calls: Sequence[Call]) -> str:
    """One line a call, in the order of calling. A register-style reader such as Porcupine finds input, output and both times."""
    return "\n".join(json.dumps(asdict(call)) for call in sorted(calls, key=lambda call: call.called)) + "\n"


def from_json(text: str) -> list[Call]:
    """The inverse of ``to_json``."""
    return [_call(json.loads(line)) for line in text.splitlines()]


def split(calls: Iterable[Call]) -> list[list[Call]]:
    """The history as parts that share no card: each is linearizable alone exactly if the whole is. A payment of several cards ties
    them together; what follows a payment belongs to its cards."""
    found = sorted(calls, key=lambda call: call.called)
    parent: dict[str, str] = {}

    def top(name: str) -> str:
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for call in found:
        names = [f"card/{card}" for card, _ in call.cards]
        names += [f"key/{name}" for name in (call.key, call.payment) if name]
        for name in names[1:]:
            parent[top(name)] = top(names[0])
        top(names[0])
    parts: dict[str, list[Call]] = {}
    for call in found:
        name = f"card/{call.cards[0][0]}" if call.cards else f"key/{call.key or call.payment}"
        parts.setdefault(top(name), []).append(call)
    return list(parts.values())


def _call(read: dict[str, Any]) -> Call:
    cards = tuple((str(card), int(code)) for card, code in read.pop("cards"))
    result = read.pop("result")
    return Call(cards=cards, result=None if result is None else _tuple(result), **read)


def _tuple(value: Any) -> Any:
    return tuple(_tuple(one) for one in value) if isinstance(value, list) else value
