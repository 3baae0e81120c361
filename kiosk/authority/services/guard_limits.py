"""The numbers of the guard, and where the operator's choice of them is kept. Shares are in hundredths of a percent.

Not responsible for counting (``guard``) nor for the limits of activations (``limits``).
"""

from dataclasses import asdict, dataclass, fields

import msgspec

from kiosk.authority.store.ports import Transaction
from kiosk.authority.store.settings import get_setting, put_setting
from kiosk.domain.payment import WHOLE_SHARE

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
_SETTING = "guard_limits"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardLimits:
    """What is borne before somebody has to wait. Neutral declines are counted; a right code without money behind it is none.

    A merchant: of the payments on its own pages within the window more than a share declined, the share taken of at least
    ``merchant_results``, so that a handful of typing errors in a small shop is no attack. An address: failures within an hour, then
    one try a ``address_slow_ms``. In total: more declines within a window than ever are usual.
    """

    merchant_window_ms: int = HOUR_MS
    merchant_results: int = 200
    merchant_hosted_share: int = 300
    merchant_hosted_ms: int = 15 * MINUTE_MS
    merchant_suspended_share: int = 1_000
    merchant_suspended_ms: int = HOUR_MS
    address_window_ms: int = HOUR_MS
    address_failures: int = 20
    site_failures: int = 80  # an IPv6 /48 holds many subscribers
    address_slow_ms: int = MINUTE_MS
    pending_ms: int = MINUTE_MS  # a try whose end was never noted is forgotten after this
    balance_window_ms: int = HOUR_MS
    balances: int = 5
    total_window_ms: int = 5 * MINUTE_MS
    total_declines: int = 300
    total_times: int = 5  # so many times the median of a day's windows
    total_slots: int = 288
    total_counted_max: int = 100_000
    total_pause_ms: int = 10 * MINUTE_MS
    total_slow_ms: int = 10_000


def share_over(part: int, whole: int, share: int, whole_min: int) -> bool:
    """Whether ``part`` is more than ``share`` of ``whole``, or of ``whole_min`` where there is less."""
    return part * WHOLE_SHARE > share * max(whole, whole_min)


def load_guard_limits(tx: Transaction) -> GuardLimits:
    """The limits as the operator set them, or the defaults; a limit that did not exist then has its default."""
    text = get_setting(tx, _SETTING)
    return msgspec.json.decode(text, type=GuardLimits) if text else GuardLimits()


def save_guard_limits(tx: Transaction, limits: GuardLimits) -> None:
    """Raises ``ValueError`` unless every number is above 0."""
    for name, value in asdict(limits).items():
        if value < 1:
            raise ValueError(f"{name} is above 0")
    put_setting(tx, _SETTING, msgspec.json.encode(limits).decode("ascii"))


def limit_names() -> tuple[str, ...]:
    """What may be set."""
    return tuple(one.name for one in fields(GuardLimits))
