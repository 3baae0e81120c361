"""Merchants, their keys and their contracts in the database. A key's shared secret is not here: it is derived from the master
key. Every change here moves ``version``, so that whoever keeps a picture of all of them knows when to draw it anew."""

from dataclasses import dataclass

from kiosk.authority.store.ports import Row, Transaction
from kiosk.authority.store.settings import get_setting
from kiosk.domain.payment import Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantRow:
    """Who accepts payments. ``direct``: its contract lets it take codes on its own pages; others use ours."""

    merchant_no: int
    merchant_id: str
    name: str
    site: str
    direct: bool
    webhook_url: str | None = None
    suspended_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantKeyRow:
    """One key of a merchant. ``point`` is there for P-256 alone; ``test`` keys move no money."""

    key_id: str
    merchant_no: int
    algorithm: str
    point: bytes | None
    test: bool
    revoked_ms: int | None = None


_MERCHANT = "SELECT merchant_no, merchant_id, name, site, direct, webhook_url, suspended_ms FROM merchant"
_KEY = "SELECT key_id, merchant_no, algorithm, point, test, revoked_ms FROM merchant_key"
_VERSION = "merchants_version"
_CONTRACT = "SELECT contract_no, from_ms, merchant_share, distribution_share, merchant_no FROM contract"


def add_merchant(
    tx: Transaction, *, merchant_id: str, name: str, site: str, direct: bool, webhook_url: str | None, now_ms: int
) -> int | None:
    """A new merchant's number; ``None`` if the id is taken."""
    row = tx.one(
        """INSERT INTO merchant(merchant_no, merchant_id, name, site, direct, webhook_url, added_ms)
           SELECT coalesce(max(merchant_no), 0) + 1, ?, ?, ?, ?, ?, ? FROM merchant WHERE true
           ON CONFLICT (merchant_id) DO NOTHING RETURNING merchant_no""",
        merchant_id, name, site, int(direct), webhook_url, now_ms,
    )  # fmt: skip
    _changed(tx)
    return row[0] if row else None


def find_merchant(tx: Transaction, merchant_id: str) -> MerchantRow | None:
    row = tx.one(f"{_MERCHANT} WHERE merchant_id = ?", merchant_id)
    return _merchant(row) if row else None


def merchants(tx: Transaction) -> list[MerchantRow]:
    """All of them, in the order in which they came."""
    return [_merchant(row) for row in tx.all(f"{_MERCHANT} ORDER BY merchant_no")]


def set_webhook(tx: Transaction, merchant_no: int, url: str | None) -> None:
    tx.run("UPDATE merchant SET webhook_url = ? WHERE merchant_no = ?", url, merchant_no)
    _changed(tx)


def suspend_merchant(tx: Transaction, merchant_no: int, *, at_ms: int | None) -> None:
    """Refuse a merchant's payments from now on, or with ``None`` take that back. What was captured stays captured."""
    tx.run("UPDATE merchant SET suspended_ms = ? WHERE merchant_no = ?", at_ms, merchant_no)
    _changed(tx)


def set_direct(tx: Transaction, merchant_no: int, *, direct: bool) -> None:
    """Whether codes may be taken on the merchant's own pages."""
    tx.run("UPDATE merchant SET direct = ? WHERE merchant_no = ?", int(direct), merchant_no)
    _changed(tx)


def add_key(tx: Transaction, key: MerchantKeyRow, *, now_ms: int) -> None:
    tx.run(
        "INSERT INTO merchant_key(key_id, merchant_no, algorithm, point, test, added_ms) VALUES (?, ?, ?, ?, ?, ?)",
        key.key_id, key.merchant_no, key.algorithm, key.point, int(key.test), now_ms,
    )  # fmt: skip
    _changed(tx)


def keys(tx: Transaction) -> list[MerchantKeyRow]:
    """Every key, revoked ones too."""
    return [_key(row) for row in tx.all(f"{_KEY} ORDER BY key_id")]


def revoke_key(tx: Transaction, key_id: str, *, now_ms: int) -> bool:
    """From now on nothing that it signs is heard. ``False`` if there is no such key."""
    _changed(tx)
    return tx.run("UPDATE merchant_key SET revoked_ms = coalesce(revoked_ms, ?) WHERE key_id = ?", now_ms, key_id) == 1


def contracts(tx: Transaction) -> list[Contract]:
    """Every contract that was ever made, everybody's and each merchant's."""
    return [
        Contract(contract_no=row[0], from_ms=row[1], merchant_share=row[2], distribution_share=row[3], merchant_no=row[4])
        for row in tx.all(f"{_CONTRACT} ORDER BY contract_no")
    ]  # fmt: skip


def add_contract(
    tx: Transaction, *, merchant_no: int | None, from_ms: int, merchant_share: int, distribution_share: int, now_ms: int
) -> int:
    """A new contract's number. It applies from ``from_ms`` on; captures before it keep the one they had."""
    row = tx.one(
        """INSERT INTO contract(contract_no, merchant_no, from_ms, merchant_share, distribution_share, added_ms)
           SELECT coalesce(max(contract_no), 0) + 1, ?, ?, ?, ?, ? FROM contract RETURNING contract_no""",
        merchant_no, from_ms, merchant_share, distribution_share, now_ms,
    )  # fmt: skip
    assert row is not None, "an aggregate always has a row"
    _changed(tx)
    number: int = row[0]
    return number


def version(tx: Transaction) -> int:
    """How often anything was changed here."""
    return int(get_setting(tx, _VERSION) or 0)


def _changed(tx: Transaction) -> None:
    # counted by the database: of two commands at once the second waits for the first, and neither's change goes unseen
    tx.run(
        """INSERT INTO meta(name, value) VALUES (?, '1')
           ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(meta.value AS BIGINT) + 1 AS TEXT)""",
        _VERSION,
    )


def _merchant(row: Row) -> MerchantRow:
    return MerchantRow(
        merchant_no=row[0], merchant_id=row[1], name=row[2], site=row[3], direct=bool(row[4]), webhook_url=row[5],
        suspended_ms=row[6],
    )  # fmt: skip


def _key(row: Row) -> MerchantKeyRow:
    return MerchantKeyRow(
        key_id=row[0], merchant_no=row[1], algorithm=row[2], point=row[3], test=bool(row[4]), revoked_ms=row[5]
    )
