"""The changes feed: what a terminal must know of its shop's stock, its blocked cards and its offline policy, in order (PR-20).

The cursor is opaque and signed, bound to its terminal. A cursor that this authority cannot have given (another terminal's, or one
from before a restored backup) is answered with ``cursor-expired``: the till starts from the beginning.
"""

import dataclasses
import hmac

from kiosk.authority.services.activate import known_terminal
from kiosk.authority.services.policy import policy_of_terminal
from kiosk.authority.services.refused import TurnedAway, malformed
from kiosk.authority.store.cards import serial_of
from kiosk.authority.store.feed import block_changes, newest_version, stock_changes
from kiosk.authority.store.places import TerminalRow, find_shop
from kiosk.authority.store.ports import Transaction
from kiosk.clock import Clock
from kiosk.protocol.keys import BadKey, base64url, unbase64url
from kiosk.protocol.messages import Change, ChangesAnswer
from kiosk.protocol.problems import ProblemKind

MAX_PAGE = 500
_TAG_BYTES = 16


class ChangesFeed:
    """Reads only; renewing the policy is the caller's write, asked for by ``policy.renewal_due``."""

    def __init__(self, *, clock: Clock, cursor_key: bytes) -> None:
        self._clock = clock
        self._key = cursor_key

    def page(self, tx: Transaction, *, terminal_id: str, cursor: str, limit: int) -> ChangesAnswer:
        """The next changes after ``cursor`` (empty: from the beginning), at most ``limit``. Raises ``TurnedAway``."""
        if not 1 <= limit <= MAX_PAGE:
            raise malformed(f"limit is between 1 and {MAX_PAGE}")
        terminal = known_terminal(tx, terminal_id)
        newest = newest_version(tx)
        after = self._after(cursor, terminal_id)
        if after > newest:
            raise TurnedAway(ProblemKind.CURSOR_EXPIRED, "the cursor is newer than this authority")
        found = self._changes(tx, terminal, after=after, limit=limit + 1)
        more = len(found) > limit
        changes = found[:limit]
        reached = changes[-1].version if more else newest
        return ChangesAnswer(
            changes=changes, cursor=self._cursor(reached, terminal_id), more=more, as_of_ms=self._clock.now_ms()
        )

    def _changes(self, tx: Transaction, terminal: TerminalRow, *, after: int, limit: int) -> list[Change]:
        stock = [
            Change(
                stream="stock",
                key=serial_of(row.card_id),
                version=row.version,
                payload={
                    "pack": row.pack,
                    "position": row.position,
                    "series": row.series,
                    "bound": row.bound_terminal == terminal.terminal_id,
                    "state": row.state,
                },
            )
            for row in stock_changes(tx, shop_id=terminal.shop_id, after=after, limit=limit)
        ]
        blocks = [
            Change(stream="block", key=serial_of(row.card_id), version=row.version, payload={"blocked": row.blocked})
            for row in block_changes(tx, shop_id=terminal.shop_id, after=after, limit=limit)
        ]
        changes = [*stock, *blocks, *self._policy(tx, terminal, after=after)]
        return sorted(changes, key=lambda change: change.version)[:limit]

    def _policy(self, tx: Transaction, terminal: TerminalRow, *, after: int) -> list[Change]:
        shop = find_shop(tx, terminal.shop_id)
        policy = policy_of_terminal(tx, terminal, shop.currency) if shop else None
        if policy is None or policy.version <= after:
            return []
        return [Change(stream="policy", key="offline", version=policy.version, payload=dataclasses.asdict(policy))]

    def _cursor(self, version: int, terminal_id: str) -> str:
        number = version.to_bytes(8, "big")
        return base64url(number + self._tag(number, terminal_id))

    def _after(self, cursor: str, terminal_id: str) -> int:
        if not cursor:
            return 0
        try:
            data = unbase64url(cursor)
        except BadKey:
            data = b""
        number, tag = data[:8], data[8:]
        if len(number) != 8 or not hmac.compare_digest(tag, self._tag(number, terminal_id)):
            raise TurnedAway(ProblemKind.CURSOR_EXPIRED, "this cursor is not one of this terminal's")
        return int.from_bytes(number, "big")

    def _tag(self, number: bytes, terminal_id: str) -> bytes:
        return hmac.digest(self._key, number + terminal_id.encode(), "sha256")[:_TAG_BYTES]
