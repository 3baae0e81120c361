"""What concurrent spenders will ask, drawn from a seed: made to meet on the same cards, codes, keys and payments at one moment.

A plan is a call without its times and answer. Not responsible for asking (``spenders``).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tests.linearizability.history import Call

CODES = 25
WINDOW_MS = 60_000
GROUP = 16
GUESSES = 4
TOO_MUCH = 2_400  # more than a card ever holds
PURCHASES = ("", "", "/A")  # most sites send no reference, or ask again under the same


@dataclass(frozen=True, slots=True)
class Round:
    """One short history: what each spender asks in turn. ``cards`` are in the order of their sale."""

    cards: tuple[str, ...]
    spenders: tuple[tuple[Call, ...], ...]


@dataclass
class _Drawing:
    chance: random.Random
    prefix: str
    cards: Sequence[str]
    fresh: dict[str, list[int]] = field(default_factory=dict)
    made: list[Call] = field(default_factory=list)
    seen: list[Call] = field(default_factory=list)
    count: int = 0

    def key(self) -> str:
        self.count += 1
        return f"{self.prefix}-{self.count}"

    def code(self, card: str) -> int:
        """Mostly one that nobody tried, often one that somebody else tries too, seldom a wrong one."""
        fresh = self.fresh.setdefault(card, list(range(1, CODES + 1)))
        drawn = self.chance.random()
        if drawn < 0.03:
            return 0
        if drawn < 0.80 and fresh:
            return fresh.pop(0)
        return self.chance.randrange(1, CODES + 1 - len(fresh)) if len(fresh) < CODES else fresh.pop(0)

    def draw(self) -> Call:
        drawn = self.chance.random()
        payments = [call for call in self.made if call.verb in ("charge", "authorize")]
        if drawn < 0.41 or not payments:
            return self._present()
        if drawn < 0.45:
            return self._seen()
        if drawn < 0.57:
            return self.chance.choice(self.made)  # the same key at the same moment
        if drawn < 0.61:
            again = self.chance.choice(self.made)  # the same key with other content
            return replace(again, amount=again.amount + 1, verb="refund" if again.verb == "cancel" else again.verb)
        if drawn < 0.70:
            return _call("balance", cards=((self.chance.choice(self.cards), 0),))
        payment = self.chance.choice(payments[-12:])
        if drawn < 0.75:
            return _call("look", payment=payment.key)
        verb = self.chance.choice(
            ["capture", "capture", "cancel", "refund"]
            if payment.verb == "authorize"
            else ["refund", "refund", "cancel"]
        )
        amount = 0 if verb == "cancel" else self.chance.choice([0, 0, payment.amount // 2, payment.amount, 333])
        return _call(verb, key=self.key(), payment=payment.key, amount=amount)

    def _seen(self) -> Call:
        """A code for which the money is missing, or one of those again: for the same purchase or another, for more or for less."""
        if not self.seen or self.chance.random() < 0.4:
            card = self.chance.choice(self.cards)
            self.seen.append(_call("charge", cards=((card, self.code(card)),), amount=TOO_MUCH))
        again, amount = self.chance.choice(self.seen), self.chance.choice([TOO_MUCH, 60, 60])
        return replace(again, key=self.key(), purchase=self.chance.choice(PURCHASES), amount=amount)

    def _present(self) -> Call:
        count = self.chance.choice([1, 1, 1, 1, 2, 3])
        if count == 1 or len(self.cards) < 4:
            names = [self.chance.choice(self.cards)]
        else:  # without the card that is sold anew: it would not keep its place
            names = sorted(self.chance.sample([self.cards[0], *self.cards[2:]], count), key=self.cards.index)
        hold = self.chance.random() < 0.35
        return _call(
            "authorize" if hold else "charge",
            cards=tuple((name, self.code(name)) for name in names),
            key=self.key(),
            purchase=self.chance.choice(PURCHASES),
            amount=self.chance.randrange(50, 500) * len(names),
            window_ms=WINDOW_MS if hold else 0,
        )


def groups_of(spenders: int) -> int:
    """How many groups so many spenders make. More than ``GROUP`` around the same cards are more than can be judged afterwards: how
    many sequences there are grows faster than anybody searches."""
    return max(1, spenders // GROUP)


def draw_round(*, seed: int, spenders: int, each: int, cards: Sequence[str], helpers: bool = True) -> Round:
    """``spenders`` who ask ``each`` things, all at once, in groups that share the ``cards`` between them. With ``helpers`` an
    operator stops and frees a group's first card, a till withdraws and sells its second and voids its third, two guess at its last,
    and a sweeper gives back what lapsed."""
    groups = groups_of(spenders)
    turns: list[list[Call]] = []
    for group in range(groups):
        own = cards[group * len(cards) // groups : (group + 1) * len(cards) // groups]
        drawing = _Drawing(random.Random(seed * 1_000 + group), f"r{seed}-{group}", own[:-1] if helpers else own)
        turns += _turns(drawing, spenders // groups, each, last=own[-1] if helpers else None)
    return Round(tuple(cards), tuple(tuple(turn) for turn in turns))


def for_a_server(played: Round) -> list[tuple[Call, ...]]:
    """The same for a served authority, whose clock nobody moves, and where each of the operator's commands takes its time."""
    turns = [turn for turn in played.spenders if all(call.verb != "wait" for call in turn)]
    return [
        tuple(call for place, call in enumerate(turn) if call.key or place == 0 or call != turn[place - 1])
        for turn in turns
    ]


def _turns(drawing: _Drawing, spenders: int, each: int, *, last: str | None) -> list[list[Call]]:
    turns: list[list[Call]] = [[] for _ in range(spenders)]
    for _ in range(each):
        for turn in turns:
            call = drawing.draw()
            if call.key:
                drawing.made.append(call)
            turn.append(call)
    if last is not None:
        held = [call.key for turn in turns for call in turn if call.verb == "authorize"]
        turns += _helpers(drawing, drawing.cards, last, held, each)
    return turns


def _helpers(drawing: _Drawing, cards: Sequence[str], last: str, held: Sequence[str], each: int) -> list[list[Call]]:
    first, second, third = ((name, 0) for name in cards[:3])
    lapses = [_call("lapse", key=f"return of {name}", payment=name) for name in dict.fromkeys(held)]
    drawing.chance.shuffle(lapses)

    def guesser() -> list[Call]:
        codes = [*[0] * GUESSES, drawing.code(last), drawing.code(last)]
        return [_call("charge", cards=((last, code),), key=drawing.key(), amount=50) for code in codes]

    stop, go_on = _call("block", cards=(first,)), _call("unblock", cards=(first,))
    # what is written takes its turn among the spenders' questions, and so lets time pass for them
    meanwhile = [go_on] * (each // 2)
    return [
        [*meanwhile, stop, stop, stop, go_on],
        [_call("withdraw", cards=(second,)), _call("sell", cards=(second,)), _call("balance", cards=(second,))],
        [_call("void", cards=(third,)), _call("balance", cards=(third,))],
        guesser(),
        guesser(),
        [*meanwhile, _call("wait", amount=WINDOW_MS + 1), *lapses],
    ]


def _call(
    verb: str,
    *,
    cards: tuple[tuple[str, int], ...] = (),
    key: str = "",
    payment: str = "",
    purchase: str = "",
    amount: int = 0,
    window_ms: int = 0,
) -> Call:
    return Call(
        verb=verb,
        cards=cards,
        key=key,
        payment=payment,
        purchase=purchase,
        amount=amount,
        window_ms=window_ms,
        called=0,
    )
