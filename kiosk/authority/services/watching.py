"""What an activation may tell a person: a limit was reached, many cards of one value in a short time, many typed serials.

An alert and nothing more; the till hears nothing of it. Looks at commits alone: promises arrive together when the line comes back.
Not responsible for the limit itself (``limits``).
"""

from kiosk.authority.services.alert_kinds import AlertKind
from kiosk.authority.services.limits import RollingLimit
from kiosk.authority.store.alerts import raise_alert
from kiosk.authority.store.lines import Counted, LineRow, activation_at, same_value_since
from kiosk.authority.store.ports import Transaction
from kiosk.domain.activation import Decision, EntryMode, Message, Outcome
from kiosk.domain.refusals import Reason

SCAN_TIMES = 2  # cards of another value in between hide a burst only if they are as many


def watch(
    tx: Transaction, limit: RollingLimit, decision: Decision, message: Message, line: LineRow, now_ms: int
) -> None:
    """Raise the alerts that this decision deserves; it was applied already."""
    if decision.reason is Reason.LIMIT:
        _raise(tx, AlertKind.ROLLING_LIMIT, line, now_ms)
    if message is not Message.COMMIT or decision.outcome is not Outcome.COMMITTED or not decision.effects:
        return
    burst = same_value_since(tx, line, since_ms=now_ms - limit.burst_ms, scan=limit.burst_cards * SCAN_TIMES)
    if burst >= limit.burst_cards:
        _raise(tx, AlertKind.ACTIVATION_BURST, line, now_ms)
    if line.entry_mode is EntryMode.KEYED:
        oldest_ms = activation_at(tx, Counted.TERMINAL_KEYED, line.terminal_id, rank=limit.keyed_alert)
        if oldest_ms is not None and oldest_ms > now_ms - limit.window_ms:
            _raise(tx, AlertKind.KEYED_ACTIVATIONS, line, now_ms)


def _raise(tx: Transaction, kind: AlertKind, line: LineRow, now_ms: int) -> None:
    raise_alert(tx, kind=kind.value, terminal_id=line.terminal_id, shop_id=line.shop_id, at_ms=now_ms)
