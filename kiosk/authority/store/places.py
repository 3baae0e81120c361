"""Shops, terminals and enrolment codes in the database."""

from dataclasses import dataclass

from kiosk.authority.store.ports import Transaction

_SHOP = "SELECT shop_id, name, address, siret, naf, vat_id, currency, trusted FROM shop"
_TERMINAL = """SELECT terminal_id, shop_id, till_name, epoch, request_key, journal_key, keystore, software, machine,
                      enrolled_ms, revoked_ms, online_only_version FROM terminal"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopRow:
    """Who sells. ``trusted``: an advice about a card in nobody's stock here is believed (X2)."""

    shop_id: str
    name: str
    address: str
    siret: str
    naf: str
    vat_id: str
    currency: str
    trusted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalRow:
    """One enrolled machine. ``online_only_version`` is set when the authority took its offline allowance away."""

    terminal_id: str
    shop_id: str
    till_name: str
    epoch: int
    request_key: bytes
    journal_key: bytes
    keystore: str
    software: str
    machine: str
    enrolled_ms: int
    revoked_ms: int | None = None
    online_only_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentRow:
    """A one-time code, known by its first letters and a keyed tag of the rest."""

    selector: str
    verifier_tag: bytes
    shop_id: str
    till_name: str
    until_ms: int
    tries_left: int
    terminal_id: str | None = None
    request_sha256: bytes | None = None


def add_shop(tx: Transaction, shop: ShopRow, *, now_ms: int) -> bool:
    """A new shop; ``False`` if the id is taken."""
    return tx.run(
        """INSERT INTO shop(shop_id, name, address, siret, naf, vat_id, currency, trusted, added_ms)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (shop_id) DO NOTHING""",
        shop.shop_id, shop.name, shop.address, shop.siret, shop.naf, shop.vat_id, shop.currency, int(shop.trusted), now_ms,
    ) == 1  # fmt: skip


def find_shop(tx: Transaction, shop_id: str) -> ShopRow | None:
    row = tx.one(f"{_SHOP} WHERE shop_id = ?", shop_id)
    if row is None:
        return None
    return ShopRow(
        shop_id=row[0], name=row[1], address=row[2], siret=row[3], naf=row[4], vat_id=row[5], currency=row[6],
        trusted=bool(row[7]),
    )  # fmt: skip


def add_terminal(tx: Transaction, terminal: TerminalRow) -> None:
    tx.run(
        """INSERT INTO terminal(terminal_id, shop_id, till_name, epoch, request_key, journal_key, keystore, software,
                                machine, enrolled_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        terminal.terminal_id, terminal.shop_id, terminal.till_name, terminal.epoch, terminal.request_key,
        terminal.journal_key, terminal.keystore, terminal.software, terminal.machine, terminal.enrolled_ms,
    )  # fmt: skip


def find_terminal(tx: Transaction, terminal_id: str) -> TerminalRow | None:
    row = tx.one(f"{_TERMINAL} WHERE terminal_id = ?", terminal_id)
    return _terminal(row) if row else None


def terminals(tx: Transaction) -> list[TerminalRow]:
    """All of them, in the order of their ids."""
    return [_terminal(row) for row in tx.all(f"{_TERMINAL} ORDER BY terminal_id")]


def key_is_known(tx: Transaction, point: bytes) -> bool:
    """Whether some terminal has this key already, for requests or for its journal."""
    return tx.one("SELECT 1 FROM terminal WHERE request_key = ? OR journal_key = ?", point, point) is not None


def revoke_terminal(tx: Transaction, terminal_id: str, *, now_ms: int) -> bool:
    """From now on none of its requests is heard. ``False`` if there is no such terminal."""
    return (
        tx.run("UPDATE terminal SET revoked_ms = coalesce(revoked_ms, ?) WHERE terminal_id = ?", now_ms, terminal_id)
        == 1
    )


def set_online_only(tx: Transaction, terminal_id: str, *, version: int) -> None:
    """Take the offline allowance away (X5); the policy stream of this terminal says so."""
    tx.run("UPDATE terminal SET online_only_version = ? WHERE terminal_id = ?", version, terminal_id)


def add_enrolment(tx: Transaction, code: EnrolmentRow) -> bool:
    """A new code; ``False`` if its first letters are taken."""
    return tx.run(
        """INSERT INTO enrolment(selector, verifier_tag, shop_id, till_name, until_ms, tries_left)
           VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (selector) DO NOTHING""",
        code.selector, code.verifier_tag, code.shop_id, code.till_name, code.until_ms, code.tries_left,
    ) == 1  # fmt: skip


def find_enrolment(tx: Transaction, selector: str) -> EnrolmentRow | None:
    row = tx.one(
        """SELECT selector, verifier_tag, shop_id, till_name, until_ms, tries_left, terminal_id, request_sha256
             FROM enrolment WHERE selector = ?""",
        selector,
    )
    if row is None:
        return None
    return EnrolmentRow(
        selector=row[0], verifier_tag=row[1], shop_id=row[2], till_name=row[3], until_ms=row[4], tries_left=row[5],
        terminal_id=row[6], request_sha256=row[7],
    )  # fmt: skip


def count_enrolment_try(tx: Transaction, selector: str) -> None:
    """One wrong try; never below none."""
    tx.run("UPDATE enrolment SET tries_left = tries_left - 1 WHERE selector = ? AND tries_left > 0", selector)


def use_enrolment(tx: Transaction, selector: str, *, terminal_id: str, request_sha256: bytes) -> bool:
    """Spend the code; ``False`` if another request was first."""
    return tx.run(
        "UPDATE enrolment SET terminal_id = ?, request_sha256 = ? WHERE selector = ? AND terminal_id IS NULL",
        terminal_id, request_sha256, selector,
    ) == 1  # fmt: skip


def _terminal(row: tuple[object, ...]) -> TerminalRow:
    names = (
        "terminal_id", "shop_id", "till_name", "epoch", "request_key", "journal_key", "keystore", "software", "machine",
        "enrolled_ms", "revoked_ms", "online_only_version",
    )  # fmt: skip
    return TerminalRow(**dict(zip(names, row, strict=True)))  # type: ignore[arg-type] # the columns' types are the schema's
