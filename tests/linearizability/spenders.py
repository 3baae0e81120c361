"""Spenders who all ask at once, and the verdict over what they heard.

Not responsible for the way to the authority (``ways``) nor for what is asked (``plans``).
"""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from tests.fakes.clock import FakeClock
from tests.helpers.spending import Till
from tests.helpers.spending_oracle import faults
from tests.linearizability.checker import Verdict, check
from tests.linearizability.history import Call, Recorder, to_json
from tests.linearizability.plans import Round
from tests.linearizability.ways import Names, Way

TRIES_MAX = 300
HISTORY_VARIABLE = "KIOSK_HISTORIES"  # a folder that keeps every history as JSON, for another checker to confirm


def names_of(till: Till, serials: Sequence[str]) -> Names:
    """Short names for these cards of the world, in the order of their sale."""
    names = Names()
    for place, serial in enumerate(serials):
        name = f"C{place}"
        names.serials[name] = serial
        names.codes[name] = till.codes[serial]
        ((line,),) = till.world.rows("SELECT sold_line FROM card WHERE card_id = ?", int(serial))
        names.lines[name] = str(line)
    return names


async def spend(
    way: Way, recorder: Recorder, turns: Sequence[Sequence[Call]], *, wait: FakeClock | None = None
) -> None:
    """Every spender asks in its own time, all of them at once; then the cards are looked at."""
    await asyncio.gather(*(_spender(way, recorder, f"s{place}", turn, wait) for place, turn in enumerate(turns)))


async def look_at_the_end(way: Way, recorder: Recorder, played: Round) -> None:
    """How every card and payment stands when nobody spends any more, as a part of the history."""
    payments = dict.fromkeys(
        call.key for turn in played.spenders for call in turn if call.verb in ("charge", "authorize")
    )
    calls = [Call(verb="balance", cards=((name, 0),), called=0) for name in played.cards]
    calls += [Call(verb="look", payment=key, called=0) for key in payments]
    await _spender(way, recorder, "end", calls, None)


def judged(recorder: Recorder, *, name: str = "history") -> Verdict:
    """The verdict over everything recorded."""
    folder = os.environ.get(HISTORY_VARIABLE)
    if folder:
        (Path(folder) / f"{name}.json").write_text(to_json(recorder.calls), encoding="utf-8")
    return check(recorder.calls)


def assert_right(till: Till, recorder: Recorder, *, name: str = "history") -> Verdict:
    """The history is linearizable, and the books agree with each other."""
    verdict = judged(recorder, name=name)
    assert verdict.good, f"{name}: {verdict.story()}"
    assert faults(till.world.store) == [], name
    return verdict


async def _spender(way: Way, recorder: Recorder, who: str, turn: Sequence[Call], wait: FakeClock | None) -> None:
    for call in turn:
        if call.verb == "wait":
            assert wait is not None, "only a clock of the test's own can be moved"
            await asyncio.sleep(0)
            wait.advance(call.amount)
            continue
        what = {
            "cards": call.cards, "key": call.key, "payment": call.payment, "purchase": call.purchase, "amount": call.amount
        }  # fmt: skip
        for _ in range(TRIES_MAX if call.key else 1):  # a lost answer is asked for again, under the same key
            with recorder.call(call.verb, window_ms=call.window_ms, who=who, **what) as asking:
                asking.result = await way.ask(call)
            if asking.result is not None:
                break
