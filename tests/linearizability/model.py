"""Cards and payments one call at a time: what each call must answer. Small, written from the rules and not from the authority.

A state is a value: it can be compared, kept and gone back to. Where the clock decides (a window, a pause) and the call stood across
that moment, both answers are right. Not responsible for concurrency (``checker``).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from tests.linearizability.history import Call, Result

FACE = 2_000
WRONG_FREE, PAUSE_MS = 5, 15 * 60_000
DAY_MS = 24 * 3_600_000
NEUTRAL: Result = ("declined", "declined")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bound:
    """A code that a merchant has seen and that bought nothing; ``until`` is the span in which it is spoiled."""

    code: int
    purchase: str
    amount: int
    until: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Card:
    """``pause`` is the span in which its last wrong code was judged, and so from when it is paused."""

    balance: int = FACE
    used: frozenset[int] = frozenset()
    state: str = "sold"
    blocked: bool = False
    wrong: int = 0
    pause: tuple[int, int] | None = None
    bound: frozenset[Bound] = frozenset()


@dataclass(frozen=True, slots=True)
class Share:
    """One card's part of a payment. ``until`` is the span in which its window ends."""

    card: int
    amount: int
    held: int
    taken: int
    back: int = 0
    until: tuple[int, int] = (0, 0)
    end: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """By the places that ``Model`` gave to cards, payments and keys."""

    cards: tuple[Card, ...]
    payments: tuple[tuple[Share, ...] | None, ...]
    heard: tuple[tuple[tuple[object, ...], Result] | None, ...]


Outcome = tuple[Result, State]


class Model:
    """The rules for the cards of one history. Of keys and payments only those that are named again are remembered: the less a state
    holds, the more calls leave it as it was."""

    def __init__(self, calls: Iterable[Call], *, first: dict[str, Card] | None = None) -> None:
        calls = list(calls)
        self._card = {
            name: place for place, name in enumerate(sorted({card for call in calls for card, _ in call.cards}))
        }
        named = {call.payment for call in calls if call.payment}
        made = [call.key for call in calls if call.verb in ("charge", "authorize")]
        self._payment = _places([key for key in made if key in named])
        keys = [call.key for call in calls if call.key]
        self._shared = _places([key for key in keys if keys.count(key) > 1])
        self.start = State(
            tuple((first or {}).get(name, Card()) for name in self._card),
            (None,) * len(self._payment),
            (None,) * len(self._shared),
        )

    def step(self, state: State, call: Call) -> list[Outcome]:
        """Every right answer to ``call`` in ``state``, and the state after it."""
        place = self._shared.get(call.key)
        if place is None:
            return self._do(state, call)
        known = state.heard[place]
        if known is not None:
            return [(known[1] if known[0] == call.content else ("conflict",), state)]
        found = []
        for result, after in self._do(state, call):
            kept = result != ("not_found",) and not (call.verb == "lapse" and result[0] == "declined")
            heard = _put(after.heard, place, (call.content, result)) if kept else after.heard
            found.append((result, replace(after, heard=heard)))
        return found

    def names_only(self, before: State, after: State) -> bool:
        """Whether no card and no payment that holds money differs: something was declined, and its key remembers it."""
        made = zip(before.payments, after.payments, strict=True)
        return before.cards == after.cards and all(old == new or (old is None and new == ()) for old, new in made)

    def _do(self, state: State, call: Call) -> list[Outcome]:
        match call.verb:
            case "charge" | "authorize":
                return self._present(state, call)
            case "capture" | "cancel" | "refund" | "lapse" | "look":
                return self._follow(state, call)
            case _:
                return [self._one_card(state, call)]

    # one card

    def _one_card(self, state: State, call: Call) -> Outcome:
        place = self._card[call.cards[0][0]]
        card = state.cards[place]
        match call.verb:
            case "balance":
                return ("balance", card.balance), state
            case "block" | "unblock":
                return ("done",), _with(state, place, replace(card, blocked=call.verb == "block"))
            case "sell":
                if card.state != "stock" or card.blocked:
                    return ("refused",), state
                return ("done",), _with(state, place, replace(card, state="sold", balance=FACE))
            case "void" | "withdraw":
                if card.state != "sold" or card.used or card.balance != FACE:
                    return ("refused",), state
                gone = "void" if call.verb == "void" else "stock"
                return ("done",), _with(state, place, replace(card, state=gone, balance=0))
            case other:
                raise AssertionError(f"{other} is no verb of this model")

    # a new payment

    def _present(self, state: State, call: Call) -> list[Outcome]:
        ways: list[tuple[State, bool]] = [(state, True)]
        for name, code in call.cards:
            ways = [
                (after, fine and right)
                for before, fine in ways
                for after, right in self._judge(before, name, code, call)
            ]
        found: list[Outcome] = []
        for after, fine in ways:
            result, end = self._take(after, call) if fine else (NEUTRAL, after)
            if result[0] == "declined" and call.key in self._payment:
                end = replace(end, payments=_put(end.payments, self._payment[call.key], ()))
            found.append((result, end))
        return found

    def _judge(self, state: State, name: str, code: int, call: Call) -> list[tuple[State, bool]]:
        place = self._card[name]
        card = state.cards[place]
        if card.state != "sold" or card.blocked:
            return [(state, False)]
        found = []
        if card.pause is not None and call.from_ms < card.pause[1] + PAUSE_MS:
            found.append((state, False))  # still paused: not looked at, no try
        if card.pause is None or call.to_ms >= card.pause[0] + PAUSE_MS:
            for right in _is_right(card, code, call):
                wrong = 0 if right else card.wrong + 1
                pause = (call.from_ms, call.to_ms) if wrong >= WRONG_FREE else None
                found.append((_with(state, place, replace(card, wrong=wrong, pause=pause)), right))
        return found

    def _take(self, state: State, call: Call) -> Outcome:
        places = [self._card[name] for name, _ in call.cards]
        if sum(state.cards[place].balance for place in places) < call.amount:
            return ("declined", "insufficient_funds"), _bind(state, places, call)
        rest, shares = call.amount, []
        hold = call.verb == "authorize"
        until = (call.from_ms + call.window_ms, call.to_ms + call.window_ms)
        for place, (_, code) in zip(places, call.cards, strict=True):  # as sold: the oldest first
            card = state.cards[place]
            part = min(rest, card.balance)
            rest -= part
            if part:  # a card that pays nothing keeps its code
                state = _with(state, place, replace(card, balance=card.balance - part, used=card.used | {code}))
                shares.append(Share(place, part, part if hold else 0, 0 if hold else part, until=until))
        return self._paid(state, self._payment.get(call.key), tuple(shares))

    # a payment that was made

    def _follow(self, state: State, call: Call) -> list[Outcome]:
        place = self._payment.get(call.payment)
        shares = None if place is None else state.payments[place]
        if place is None or shares is None:
            return [(("not_found",), state)]
        match call.verb:
            case "look":
                return [(_answer(shares), state)]
            case "capture":
                return self._capture(state, call, place, shares)
            case "refund":
                return [self._refund(state, call, place, shares)]
            case _:
                return self._let_go(state, call, place, shares)

    def _let_go(self, state: State, call: Call, place: int, shares: tuple[Share, ...]) -> list[Outcome]:
        held = [share for share in shares if share.held]
        if call.verb == "lapse":
            late = [share for share in held if call.to_ms >= share.until[0]]
            sure = all(call.from_ms >= share.until[1] for share in late)
            found = [self._give_back(state, place, shares, "returned")] if late else []
            return found if late and sure else [*found, (("declined", "not_authorized"), state)]
        if not held:
            return [(("declined", "not_authorized"), state)]
        return [self._give_back(state, place, shares, "cancelled")]

    def _give_back(self, state: State, place: int, shares: tuple[Share, ...], end: str) -> Outcome:
        for share in shares:
            state = _add(state, share.card, share.held)
        return self._paid(
            state, place, tuple(replace(share, held=0, end=end) if share.held else share for share in shares)
        )

    def _capture(self, state: State, call: Call, place: int, shares: tuple[Share, ...]) -> list[Outcome]:
        held = [share for share in shares if share.held]
        if not held:
            why = "window_over" if any(share.end == "returned" for share in shares) else "not_authorized"
            return [(("declined", why), state)]
        found: list[Outcome] = []
        if any(call.to_ms >= share.until[0] for share in held):
            found.append((("declined", "window_over"), state))
        if all(call.from_ms < share.until[1] for share in held):
            found.append(self._captured(state, call, place, shares))
        return found

    def _captured(self, state: State, call: Call, place: int, shares: tuple[Share, ...]) -> Outcome:
        rest = call.amount or sum(share.held for share in shares)
        if rest > sum(share.held for share in shares):
            return ("declined", "over_amount"), state
        after = []
        for share in shares:
            part = min(rest, share.held)
            rest -= part
            state = _add(state, share.card, share.held - part)
            end = "cancelled" if share.held and not part else share.end
            after.append(replace(share, held=0, taken=share.taken + part, end=end))
        return self._paid(state, place, tuple(after))

    def _refund(self, state: State, call: Call, place: int, shares: tuple[Share, ...]) -> Outcome:
        left = sum(share.taken - share.back for share in shares)
        if not left:
            return ("declined", "not_captured"), state
        rest = call.amount or left
        if rest > left:
            return ("declined", "over_amount"), state
        after = []
        for share in shares:
            part = min(rest, share.taken - share.back)
            rest -= part
            state = _add(state, share.card, part)
            after.append(replace(share, back=share.back + part))
        return self._paid(state, place, tuple(after))

    def _paid(self, state: State, place: int | None, shares: tuple[Share, ...]) -> Outcome:
        if place is None:
            return _answer(shares), state
        return _answer(shares), replace(state, payments=_put(state.payments, place, shares))


def _is_right(card: Card, code: int, call: Call) -> list[bool]:
    """Whether a code buys; both where a bound one may be spoiled by now."""
    if code == 0 or code in card.used:
        return [False]
    for one in card.bound:
        if one.code == code:
            fits = one.purchase == call.purchase and call.amount <= one.amount
            ways = {True: fits and call.from_ms < one.until[1], False: not fits or call.to_ms >= one.until[0]}
            return [right for right, possible in ways.items() if possible]
    return [True]


def _bind(state: State, places: Iterable[int], call: Call) -> State:
    """Every code of a payment for which the money was missing is kept for its purchase, or for less of it."""
    for place, (_, code) in zip(places, call.cards, strict=True):
        card = state.cards[place]
        before = [one for one in card.bound if one.code == code]
        new = Bound(code, call.purchase, call.amount, (call.from_ms + DAY_MS, call.to_ms + DAY_MS))
        after = replace(before[0], amount=min(before[0].amount, call.amount)) if before else new
        state = _with(state, place, replace(card, bound=card.bound.difference(before) | {after}))
    return state


def _answer(shares: tuple[Share, ...]) -> Result:
    """What a merchant hears of a payment with these shares."""
    taken, back = sum(share.taken for share in shares), sum(share.back for share in shares)
    ends = {share.end for share in shares}
    if any(share.held for share in shares):
        status = "authorized"
    elif taken:
        status = "refunded" if taken == back else "captured"
    else:
        status = next((end for end in ("returned", "cancelled") if end in ends), "declined")
    return "paid", status, taken, back, tuple((share.amount, share.taken, share.back) for share in shares)


def _places(names: Iterable[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(dict.fromkeys(names))}


def _put(values: tuple[T, ...], place: int, value: T) -> tuple[T, ...]:
    return (*values[:place], value, *values[place + 1 :])


def _with(state: State, place: int, card: Card) -> State:
    return replace(state, cards=_put(state.cards, place, card))


def _add(state: State, place: int, amount: int) -> State:
    card = state.cards[place]
    return _with(state, place, replace(card, balance=card.balance + amount)) if amount else state
