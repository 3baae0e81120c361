"""The offline policy: off unless the operator turns it on, renewed while tills ask for it, so that a silent till's runs out.

Every version is kept, because a promise is judged by the version that its till had. Not responsible for the till's own checks.
"""

from dataclasses import replace

from kiosk.authority.store.entries import outstanding
from kiosk.authority.store.feed import next_version
from kiosk.authority.store.places import TerminalRow
from kiosk.authority.store.ports import Transaction
from kiosk.authority.store.settings import PolicyRow, add_policy, find_policy, policy_version
from kiosk.domain.events import CardPromised
from kiosk.domain.limits import HOUR_MS, OfflinePolicy

VALID_FOR_MS = 24 * HOUR_MS
# what the demonstration allows; francs are ten times smaller than they look, hence another ceiling
DEMONSTRATION_VALUE_MINOR = {"EUR": 30_000, "FRF": 200_000}


def demonstration_policy(currency: str) -> OfflinePolicy:
    """The defaults of the design's page, turned on."""
    return OfflinePolicy(
        enabled=True,
        let_go_while_unknown=True,
        outstanding_value_minor=DEMONSTRATION_VALUE_MINOR[currency],
        currency=currency,
    )


def set_policy(
    tx: Transaction, policy: OfflinePolicy, *, now_ms: int, valid_for_ms: int = VALID_FOR_MS
) -> OfflinePolicy:
    """Put a policy in force for its currency, under a new version and valid from now."""
    signed = replace(policy, version=next_version(tx), valid_until_ms=now_ms + valid_for_ms)
    add_policy(tx, PolicyRow(signed, valid_for_ms))
    return signed


def renewal_due(tx: Transaction, currency: str, *, now_ms: int) -> bool:
    """Whether less than half of the policy's time is left."""
    row = find_policy(tx, currency)
    return row is not None and row.policy.valid_until_ms - now_ms < row.valid_for_ms // 2


def renew(tx: Transaction, currency: str, *, now_ms: int) -> None:
    """The same policy for another span, if it is due."""
    row = find_policy(tx, currency)
    if row is not None and renewal_due(tx, currency, now_ms=now_ms):
        set_policy(tx, row.policy, now_ms=now_ms, valid_for_ms=row.valid_for_ms)


def policy_of_terminal(tx: Transaction, terminal: TerminalRow, currency: str) -> OfflinePolicy | None:
    """What this terminal may do; one that lost its allowance hears the same policy, turned off."""
    row = find_policy(tx, currency)
    if row is None:
        return None
    if terminal.online_only_version is None:
        return row.policy
    return replace(row.policy, enabled=False, version=max(row.policy.version, terminal.online_only_version))


def kept_to_policy(tx: Transaction, terminal: TerminalRow, event: CardPromised, *, currency: str, sold_ms: int) -> bool:
    """Whether a promise stayed within the policy that its till had when it made it (AC-05, AC-06).

    The outstanding cards are counted at the promise's place in the till's own journal, so both sides count alike.
    """
    policy = policy_version(tx, currency, event.policy_version)
    if policy is None or not policy.enabled or sold_ms > policy.valid_until_ms:
        return False
    online_only = terminal.online_only_version
    if online_only is not None and event.policy_version >= online_only:
        return False
    cards, value_minor, of_sale = outstanding(tx, terminal_id=terminal.terminal_id, sale_id=event.sale_id)
    return (
        cards < policy.max_cards_outstanding
        and of_sale < policy.max_cards_per_sale
        and value_minor + event.face_minor <= policy.outstanding_value_minor
    )
