"""Is a history linearizable: was there one moment inside each call at which it took effect, so that one call after another explains
every answer?

The search of Wing and Gong as Lowe made it quick: depth first over "which call was next", never the same set of calls with the same
state twice. Histories are split into parts that share no card. A call whose answer was lost may take effect at any moment after it
was made, or never. Not responsible for the rules (``model``).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from tests.linearizability.history import Call, split
from tests.linearizability.model import Card, Model, State

STATES_MAX = 300_000  # good histories need a few hundred; a search that is given up fails a test like a bad one
_NEVER = 1 << 63
_READS = frozenset({"balance", "look"})

S = TypeVar("S")


class Rules(Protocol[S]):
    """A sequential object: its first state, and what a call may answer in a state."""

    start: S

    def step(self, state: S, call: Call) -> list[tuple[tuple[object, ...], S]]: ...

    def names_only(self, before: S, after: S) -> bool:
        """Whether nothing differs but what is known under names: no card, no money."""
        ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """``explained``: the longest run of calls that one after another explain their answers; none of ``stuck`` can be next."""

    good: bool
    calls: int
    states: int
    decided: bool = True
    explained: tuple[Call, ...] = ()
    stuck: tuple[Call, ...] = ()

    def story(self) -> str:
        """For whoever has to find out."""
        end = "" if self.decided else ", given up"
        lines = [f"{self.calls} calls, {self.states} states looked at{end}; explained up to:"]
        lines += [f"  {_line(call)}" for call in self.explained[-25:]]
        return "\n".join([*lines, "and then none of these:", *(f"  {_line(call)}" for call in self.stuck)])


def check(
    calls: Iterable[Call],
    *,
    first: dict[str, Card] | None = None,
    rules: Callable[..., Rules[State]] = Model,
) -> Verdict:
    """The verdict over a whole history: the first bad part's, or the sum of the good ones. ``first``: how cards begin."""
    done = states = 0
    for part in split(settled(calls)):
        verdict = search(rules(part, first=first), part)
        if not verdict.good:
            return verdict
        done, states = done + verdict.calls, states + verdict.states
    return Verdict(good=True, calls=done, states=states)


def search(rules: Rules[S], calls: list[Call]) -> Verdict:
    """The search over one part."""
    calls = sorted(calls, key=lambda call: call.called)
    ends = [_NEVER if call.returned is None else call.returned for call in calls]
    needed = sum(1 << place for place, call in enumerate(calls) if call.returned is not None)
    if not needed:
        return Verdict(good=True, calls=len(calls), states=0)
    naming = _naming(calls)
    seen: set[tuple[int, S]] = {(0, rules.start)}
    path: list[int] = []
    best: list[int] = []
    stuck: tuple[int, ...] = ()
    waiting = [_next(rules, calls, ends, naming, 0, rules.start)]
    while waiting:
        found = next(waiting[-1], None)
        if found is None:
            waiting.pop()
            if path:
                path.pop()
            continue
        place, mask, state = found
        if (mask, state) in seen:
            continue
        if mask & needed == needed:
            return Verdict(good=True, calls=len(calls), states=len(seen))
        seen.add((mask, state))
        if len(seen) > STATES_MAX:
            break
        path.append(place)
        if len(path) > len(best):
            best = list(path)
            stuck = tuple(_open(ends, calls, mask))
        waiting.append(_next(rules, calls, ends, naming, mask, state))
    return Verdict(
        good=False,
        calls=len(calls),
        states=len(seen),
        decided=len(seen) <= STATES_MAX,
        explained=tuple(calls[place] for place in best),
        stuck=tuple(calls[place] for place in stuck),
    )


def settled(calls: Iterable[Call]) -> list[Call]:
    """The same history with fewer lost calls, so that there is less to try: what it says is neither more nor less.

    A key has one effect. Where the same was asked again under the key and answered, the effect lies between the first asking and
    the first answer, so both are one call; if that answer came before the lost asking, the lost one did nothing. An answer that
    nothing was found is kept under no key and says nothing of the lost one. A lost reading never does anything.
    """
    found = list(calls)
    heard: dict[tuple[object, ...], int] = {}
    for place, call in enumerate(found):
        if call.key and call.returned is not None and call.result != ("not_found",):
            first = heard.get((call.key, call.content))
            if first is None or call.returned < (found[first].returned or 0):
                heard[call.key, call.content] = place
    left: list[Call] = []
    for call in [call for call in found if call.returned is None]:
        place = heard.get((call.key, call.content), -1)
        if call.verb in _READS:
            continue
        if place < 0:
            left.append(call)
        elif call.called <= (found[place].returned or 0):
            earlier = min(found[place].called, call.called)
            found[place] = replace(found[place], called=earlier, from_ms=min(found[place].from_ms, call.from_ms))
    return [*(call for call in found if call.returned is not None), *left]


def with_lost_answers(calls: Iterable[Call], lost: Callable[[Call], bool]) -> list[Call]:
    """The same history as if some answers had not arrived."""
    return [replace(call, result=None, returned=None) if lost(call) else call for call in calls]


def _next(
    rules: Rules[S], calls: list[Call], ends: list[int], naming: list[list[int]], mask: int, state: S
) -> Iterator[tuple[int, int, S]]:
    """Which call may be next, and what is then true: the one that returned first is tried first.

    A call that is explained now and changes nothing that another one could notice is taken at once and alone: whatever explains
    the rest explains it also later.
    """
    found: list[tuple[int, int, S]] = []
    for place in sorted(_open(ends, calls, mask), key=ends.__getitem__):
        call = calls[place]
        for result, after in rules.step(state, call):
            if call.result is None or call.result == result:
                if call.result is not None and (
                    after == state or (rules.names_only(state, after) and _unnoticed(calls, call, naming[place], mask))
                ):
                    return iter([(place, mask | 1 << place, after)])
                found.append((place, mask | 1 << place, after))
    return iter(found)


def _naming(calls: list[Call]) -> list[list[int]]:
    """For each call the places of the others that name its key, as their own or as their payment."""
    by_name: dict[str, list[int]] = {}
    for place, call in enumerate(calls):
        for name in {call.key, call.payment} - {""}:
            by_name.setdefault(name, []).append(place)
    return [[one for one in by_name.get(call.key, []) if one != place] for place, call in enumerate(calls)]


def _unnoticed(calls: list[Call], call: Call, naming: list[int], mask: int) -> bool:
    """Whether every call left that names this one's key heard what it can hear only after it."""
    for place in naming:
        other = calls[place]
        if mask >> place & 1:
            continue
        after = other.result == ("conflict",) if other.key == call.key else other.result not in (None, ("not_found",))
        if not after or (other.key == call.key and other.content == call.content):
            return False
    return True


def _open(ends: list[int], calls: list[Call], mask: int) -> Iterator[int]:
    """The calls that are left and began before the first of those left had returned."""
    place = (~mask & mask + 1).bit_length() - 1  # everything before the first zero is done
    found: list[int] = []
    until = _NEVER
    while place < len(calls) and calls[place].called <= until:
        if not mask >> place & 1:
            found.append(place)
            until = min(until, ends[place])
        place += 1
    return iter([one for one in found if calls[one].called <= until])


def _line(call: Call) -> str:
    asked = " ".join(str(one) for one in (call.verb, *call.cards, call.key, call.payment, call.amount or "") if one)
    return f"[{call.called} {call.returned}] {call.who} {asked} → {call.result}"
