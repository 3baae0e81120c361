"""The offline policy's numbers, as signed by the authority. Checking them against the till's state is ``kiosk.till.promise``."""

from dataclasses import dataclass

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class OfflinePolicy:
    """What a till may promise while the authority cannot answer. The defaults allow nothing; the authority signs other values.

    Ages in milliseconds, ``outstanding_value_minor`` in the terminal's currency.
    """

    version: int = 0
    enabled: bool = False
    valid_until_ms: int = 0
    max_snapshot_age_ms: int = 24 * HOUR_MS
    max_blocklist_age_ms: int = 24 * HOUR_MS
    max_contact_age_ms: int = 12 * HOUR_MS
    max_cards_per_sale: int = 2
    max_cards_outstanding: int = 10
    outstanding_value_minor: int = 30_000
    let_go_while_unknown: bool = False
    currency: str = "EUR"
