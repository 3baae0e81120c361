"""How many cards one terminal may activate within a rolling hour, keyed cards fewer than scanned ones.

The limit that stops a clerk who is talked into activating the whole rack over the telephone. Not responsible for the offline
allowance (``policy``), which is the till's own until it can ask again.
"""

from dataclasses import dataclass

import msgspec

from kiosk.authority.store.lines import activation_at
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
    """When the next card may be activated, if not now: when the oldest of as many as are allowed leaves the window."""
    oldest = [activation_at(tx, terminal_id=terminal_id, rank=limit.cards, keyed=False)]
    if mode is EntryMode.KEYED:
        oldest.append(activation_at(tx, terminal_id=terminal_id, rank=limit.keyed_cards, keyed=True))
    ends = [at_ms + limit.window_ms for at_ms in oldest if at_ms is not None and at_ms + limit.window_ms > now_ms]
    return max(ends) if ends else None
