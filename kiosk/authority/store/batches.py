"""A batch on its way through a lane: who asked what, which works that makes, and what each is told afterwards.

Questions of one group (payments) become one work, with one reading and one writing. A work that fails is alone with its failure; a
group that fails is split until the culprit is alone. Not responsible for running anything (``writer``, ``loop_lane``).
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

import msgspec

from kiosk.authority.store.ports import BUSY, Done, Failed, Group, Work, trouble
from kiosk.authority.store.spends import StaleFacts

MAX_WAITING = 2_048  # beyond it a caller hears 503 and comes back, which is better than an answer after its patience
MAX_BATCH = 512
STALE_TRIES = 5  # an operator's command changed a card while a payment of it was decided: decide again

Result = Done | Failed


class Item(msgspec.Struct):
    """A work of its own, or with ``group`` a question that is answered together with its neighbours. Who waits is told through
    ``loop`` where that is another thread's."""

    work: Any  # Any: a Work of any value, or a question of the group
    group: Group | None
    future: "Future[Any] | asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop | None = None


Told = list[tuple[Item, Result]]
Again = list[tuple[list[Item], int]]


def arrange(batch: Sequence[Item]) -> tuple[list[Work[Any]], list[list[Item]]]:
    """The works of a batch, those of one group as one work, and beside each the items that it answers."""
    works: list[Work[Any]] = []
    owners: list[list[Item]] = []
    groups: dict[Group, list[Item]] = {}
    for item in batch:
        if item.group is None:
            works.append(item.work)
            owners.append([item])
        else:
            groups.setdefault(item.group, []).append(item)
    for group, items in groups.items():
        works.append(partial(_decide, group, [item.work for item in items]))
        owners.append(items)
    return works, owners


def judge(owners: Sequence[list[Item]], results: Sequence[Result], *, tries: int) -> tuple[Told, Again]:
    """What each item is told, and which are to be run once more, with the tries that they have left."""
    told: Told = []
    again: Again = []
    for items, result in zip(owners, results, strict=True):
        match result:
            case Failed(StaleFacts()) if tries > 1:
                again.append((items, tries - 1))
            case Failed() if len(items) > 1:
                again += halves(items)
            case Failed(StaleFacts()):
                told.append((items[0], Failed(trouble(BUSY, "a card was being changed all the time"))))
            case Done(value) if items[0].group is not None:
                assert isinstance(value, list) and len(value) == len(items), "a group returns one result a question"
                told += zip(items, value, strict=True)
            case _:
                told.append((items[0], result))
    return told, again


def halves(items: list[Item]) -> Again:
    """The two halves of a batch that failed as a whole."""
    middle = len(items) // 2
    return [(items[:middle], STALE_TRIES), (items[middle:], STALE_TRIES)]


def settle(told: Sequence[tuple[Item, Result]]) -> None:
    """Give each its result, on the thread that this is called on."""
    for item, result in told:
        future = item.future
        if future.done():
            continue  # who asked has gone; the work is done all the same (SV-04)
        if isinstance(result, Done):
            future.set_result(result.value)
        else:
            future.set_exception(result.error)


def tell(told: Sequence[tuple[Item, Result]]) -> None:
    """Give each its result: here, or on the event loop of its thread with one call for all that wait there."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Item, Result]]] = {}
    for item, result in told:
        if item.loop is None:
            settle([(item, result)])
        else:
            by_loop.setdefault(item.loop, []).append((item, result))
    for loop, pairs in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, pairs)


def _decide(group: Group, questions: list[Any], tx: Any) -> list[Result]:  # Any: the group knows them; a Transaction
    return group(tx, questions)
