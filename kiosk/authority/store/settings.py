"""The authority's own settings and the offline policies in the database."""

from dataclasses import dataclass

from kiosk.authority.store.ports import Row, Transaction
from kiosk.domain.limits import OfflinePolicy


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """The offline policy of one currency and for how long each renewal makes it valid."""

    policy: OfflinePolicy
    valid_for_ms: int


def get_setting(tx: Transaction, name: str) -> str | None:
    row = tx.one("SELECT value FROM meta WHERE name = ?", name)
    return row[0] if row else None


def put_setting(tx: Transaction, name: str, value: str) -> None:
    tx.run(
        "INSERT INTO meta(name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name,
        value,
    )


_POLICY = """SELECT version, enabled, valid_until_ms, max_snapshot_age_ms, max_blocklist_age_ms, max_contact_age_ms,
                    max_cards_per_sale, max_cards_outstanding, outstanding_value_minor, let_go_while_unknown, currency,
                    valid_for_ms FROM policy"""


def find_policy(tx: Transaction, currency: str) -> PolicyRow | None:
    """The policy of a currency that is in force, or ``None``: then nothing may be promised."""
    row = tx.one(f"{_POLICY} WHERE currency = ? ORDER BY version DESC LIMIT 1", currency)
    return _policy(row) if row else None


def policy_version(tx: Transaction, currency: str, version: int) -> OfflinePolicy | None:
    """The policy as it was signed under this version."""
    row = tx.one(f"{_POLICY} WHERE currency = ? AND version = ?", currency, version)
    return _policy(row).policy if row else None


def add_policy(tx: Transaction, row: PolicyRow) -> None:
    """A new version, in force from now on."""
    policy = row.policy
    tx.run(
        """INSERT INTO policy(currency, version, enabled, valid_until_ms, valid_for_ms, max_snapshot_age_ms,
                              max_blocklist_age_ms, max_contact_age_ms, max_cards_per_sale, max_cards_outstanding,
                              outstanding_value_minor, let_go_while_unknown) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        policy.currency, policy.version, int(policy.enabled), policy.valid_until_ms, row.valid_for_ms,
        policy.max_snapshot_age_ms, policy.max_blocklist_age_ms, policy.max_contact_age_ms, policy.max_cards_per_sale,
        policy.max_cards_outstanding, policy.outstanding_value_minor, int(policy.let_go_while_unknown),
    )  # fmt: skip


def _policy(row: Row) -> PolicyRow:
    policy = OfflinePolicy(
        version=row[0], enabled=bool(row[1]), valid_until_ms=row[2], max_snapshot_age_ms=row[3],
        max_blocklist_age_ms=row[4], max_contact_age_ms=row[5], max_cards_per_sale=row[6], max_cards_outstanding=row[7],
        outstanding_value_minor=row[8], let_go_while_unknown=bool(row[9]), currency=row[10],
    )  # fmt: skip
    return PolicyRow(policy, row[11])
