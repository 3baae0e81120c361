"""Cards spread over several databases: which one keeps a card, and how a payment finds its way there.

Every hot statement touches one card's rows, so a database needs to know nothing of the others: each has its own counter, its
own books and its own lane, and the sum of the books is the scheme's. A merchant's idempotency key is one within the database of
its cards. Not responsible for moving cards when a database is added, nor for terminals: ``serve`` takes one database today.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from kiosk.authority.services.pay.asked import Ask, Present
from kiosk.authority.services.refused import malformed
from kiosk.authority.store.ports import Group, Runner
from kiosk.authority.store.spends import has_payment

PARTS = 1_024  # cards are given to parts for ever, parts to databases: a new database takes over whole parts


class ShardMap:
    """Who keeps which card, from the databases' names alone: every process that knows the names agrees (rendezvous hashing)."""

    def __init__(self, names: Sequence[str]) -> None:
        if not names or len(set(names)) != len(names):
            raise ValueError("each database has a name of its own")
        self._owners = tuple(max(names, key=lambda name: _weight(name, part)) for part in range(PARTS))

    def of_card(self, card_id: int) -> str:
        """The name of the database that keeps this card, whether the card exists or not."""
        return self._owners[part_of(card_id)]

    def parts_of(self, name: str) -> frozenset[int]:
        """The parts that a database keeps."""
        return frozenset(part for part, owner in enumerate(self._owners) if owner == name)


def part_of(card_id: int) -> int:
    """The part of a card; it never changes."""
    return int.from_bytes(hashlib.sha256(b"card/%d" % card_id).digest()[:4], "big") % PARTS


class ShardedPayments:
    """The way of payments to the lane of their database. One database that is away holds up nobody but its own cards."""

    def __init__(self, runners: Mapping[str, Runner]) -> None:
        self._runners = dict(runners)
        self._map = ShardMap(tuple(self._runners))

    async def together(self, group: Group, question: Ask) -> Any:  # Any: the group knows its answers
        """As ``Runner.together``. A payment with cards of several databases is turned away, before anything was tried: it would
        not be one transaction."""
        return await self._runners[await self._place(question)].together(group, question)

    async def _place(self, question: Ask) -> str:
        if isinstance(question, Present):
            places = {self._map.of_card(one.card_id) for one in question.presented}
            if len(places) > 1:
                raise malformed("these cards cannot pay together: pay with one after the other")
            return places.pop()
        return await self._place_of_payment(question.payment_id)

    async def _place_of_payment(self, payment_id: bytes) -> str:
        """Who keeps a payment. All are asked, because its id is made before its card is known; a database that is away may be
        the one, so silence is not taken for a no."""
        names = list(self._runners)
        found = await asyncio.gather(
            *(self._runners[name].read(lambda tx: has_payment(tx, payment_id)) for name in names),
            return_exceptions=True,
        )
        for name, answer in zip(names, found, strict=True):
            if answer is True:
                return name
        for answer in found:
            if isinstance(answer, BaseException):
                raise answer
        return names[0]  # nobody keeps it: any of them says so


def _weight(name: str, part: int) -> bytes:
    return hashlib.sha256(f"{name}/{part}".encode()).digest()
