"""How many cards one terminal may activate within a rolling hour, keyed cards fewer than scanned ones.

The limit that stops a clerk who is talked into activating the whole rack over the telephone. Not responsible for the offline
allowance (``policy``), which is the till's own until it can ask again.
"""

from dataclasses import dataclass

import msgspec

from kiosk.authority.store.lines import activation_before
from kiosk.authority.store.ports import Transaction
from kiosk.authority.store.settings import get_setting, put_setting
from kiosk.domain.activation import EntryMode

HOUR_MS = 3_600_000
_SETTING = "rolling_limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingLimit:
    """At most ``cards`` activations of one terminal in ``window_ms``, of which at most ``keyed_cards`` were typed."""

    window_ms: int = HOUR_MS
    cards: int = 300
    keyed_cards: int = 20


def load_limit(tx: Transaction) -> RollingLimit:
    """The limit as the operator set it, or the default."""
    text = get_setting(tx, _SETTING)
    return msgspec.json.decode(text, type=RollingLimit) if text else RollingLimit()


def save_limit(tx: Transaction, limit: RollingLimit) -> None:
    put_setting(tx, _SETTING, msgspec.json.encode(limit).decode("ascii"))


def limited_until(
    tx: Transaction, limit: RollingLimit, *, terminal_id: str, mode: EntryMode, now_ms: int
) -> int | None:
    """When the next card may be activated, if not now."""
    since_ms = now_ms - limit.window_ms
    ends = [activation_before(tx, terminal_id=terminal_id, since_ms=since_ms, rank=limit.cards, entry_mode=None)]
    if mode is EntryMode.KEYED:
        ends.append(
            activation_before(
                tx, terminal_id=terminal_id, since_ms=since_ms, rank=limit.keyed_cards, entry_mode=EntryMode.KEYED
            )
        )
    reached = [end + limit.window_ms for end in ends if end is not None]
    return max(reached) if reached else None
