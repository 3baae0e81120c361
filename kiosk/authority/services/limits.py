"""How many cards one terminal, and one shop with all its terminals, may activate within a rolling hour; keyed cards fewer.

The limit that stops a clerk who is talked into activating the whole rack over the telephone; what only looks like it is an alert.
Not responsible for the offline allowance (``policy``), which is the till's own until it can ask again.
"""

from dataclasses import dataclass

import msgspec

from kiosk.authority.store.lines import Counted, activation_at
from kiosk.authority.store.ports import Transaction
from kiosk.authority.store.settings import get_setting, put_setting
from kiosk.domain.activation import EntryMode

HOUR_MS = 3_600_000
QUARTER_MS = 900_000
_SETTING = "rolling_limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingLimit:
    """At most ``cards`` activations of one terminal in ``window_ms``, of which at most ``keyed_cards`` were typed, and at most
    ``shop_cards`` of all terminals of its shop. An alert and nothing more: ``burst_cards`` of one value at one terminal within
    ``burst_ms``, and ``keyed_alert`` typed ones within ``window_ms``."""

    window_ms: int = HOUR_MS
    cards: int = 300
    keyed_cards: int = 20
    shop_cards: int = 600
    burst_cards: int = 10
    burst_ms: int = QUARTER_MS
    keyed_alert: int = 5


def load_limit(tx: Transaction) -> RollingLimit:
    """The limit as the operator set it, or the default."""
    text = get_setting(tx, _SETTING)
    return msgspec.json.decode(text, type=RollingLimit) if text else RollingLimit()


def save_limit(tx: Transaction, limit: RollingLimit) -> None:
    """Raises ``ValueError`` for numbers that contradict each other."""
    if min(limit.window_ms, limit.cards, limit.keyed_cards, limit.shop_cards, limit.burst_cards, limit.keyed_alert) < 1:
        raise ValueError("limits are above 0")
    if limit.keyed_cards > limit.cards:
        raise ValueError("typed cards are part of all cards")
    put_setting(tx, _SETTING, msgspec.json.encode(limit).decode("ascii"))


def limited_until(
    tx: Transaction, limit: RollingLimit, *, terminal_id: str, shop_id: str, mode: EntryMode, now_ms: int
) -> int | None:
    """When the next card may be activated, if not now: when the oldest of as many as are allowed leaves the window."""
    oldest = [
        activation_at(tx, Counted.TERMINAL, terminal_id, rank=limit.cards),
        activation_at(tx, Counted.SHOP, shop_id, rank=limit.shop_cards),
    ]
    if mode is EntryMode.KEYED:
        oldest.append(activation_at(tx, Counted.TERMINAL_KEYED, terminal_id, rank=limit.keyed_cards))
    ends = [at_ms + limit.window_ms for at_ms in oldest if at_ms is not None and at_ms + limit.window_ms > now_ms]
    return max(ends) if ends else None
