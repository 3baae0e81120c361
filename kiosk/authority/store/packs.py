"""Lots and packs in the database, and the road of a pack's cards from the printing house into a shop's stock."""

from collections.abc import Iterable
from dataclasses import dataclass

from kiosk.authority.store.feed import next_version
from kiosk.authority.store.ports import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class LotRow:
    """One print run; its face value wins over what any till believes."""

    lot_no: int
    series: str
    currency: str
    face_minor: int
    codes: int
    valid_months: int
    cards: int
    made_ms: int
    manifest_sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PackRow:
    """A sealed bundle, known by its number or by the serials at its ends."""

    pack: str
    lot_no: int
    cards: int
    first_card: int
    last_card: int
    shop_id: str | None = None
    received_ms: int | None = None
    bound_terminal: str | None = None


_PACK = "SELECT pack, lot_no, cards, first_card, last_card, shop_id, received_ms, bound_terminal FROM pack"


def next_lot_no(tx: Transaction) -> int:
    row = tx.one("SELECT coalesce(max(lot_no), 0) + 1 FROM lot")
    assert row is not None, "an aggregate always has a row"
    number: int = row[0]
    return number


def add_lot(tx: Transaction, lot: LotRow) -> bool:
    """``False`` if there is a lot of this number already."""
    return tx.run(
        """INSERT INTO lot(lot_no, series, currency, face_minor, codes, valid_months, cards, made_ms, manifest_sha256)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING""",
        lot.lot_no, lot.series, lot.currency, lot.face_minor, lot.codes, lot.valid_months, lot.cards, lot.made_ms,
        lot.manifest_sha256,
    ) == 1  # fmt: skip


def find_lot(tx: Transaction, lot_no: int) -> LotRow | None:
    row = tx.one(
        """SELECT lot_no, series, currency, face_minor, codes, valid_months, cards, made_ms, manifest_sha256
             FROM lot WHERE lot_no = ?""",
        lot_no,
    )
    if row is None:
        return None
    return LotRow(
        lot_no=row[0], series=row[1], currency=row[2], face_minor=row[3], codes=row[4], valid_months=row[5], cards=row[6],
        made_ms=row[7], manifest_sha256=row[8],
    )  # fmt: skip


def add_packs(tx: Transaction, packs: Iterable[PackRow]) -> None:
    tx.run_many(
        "INSERT INTO pack(pack, lot_no, cards, first_card, last_card) VALUES (?, ?, ?, ?, ?)",
        ((pack.pack, pack.lot_no, pack.cards, pack.first_card, pack.last_card) for pack in packs),
    )


def find_pack(tx: Transaction, pack: str) -> PackRow | None:
    row = tx.one(f"{_PACK} WHERE pack = ?", pack)
    return _pack(row) if row else None


def packs_of_lot(tx: Transaction, lot_no: int) -> list[PackRow]:
    return [_pack(row) for row in tx.all(f"{_PACK} WHERE lot_no = ? ORDER BY pack", lot_no)]


def packs_of_shop(tx: Transaction, shop_id: str) -> list[PackRow]:
    return [_pack(row) for row in tx.all(f"{_PACK} WHERE shop_id = ? ORDER BY pack", shop_id)]


def packs_of_terminal(tx: Transaction, terminal_id: str) -> list[str]:
    """The numbers of the packs that are bound to it."""
    return [row[0] for row in tx.all("SELECT pack FROM pack WHERE bound_terminal = ? ORDER BY pack", terminal_id)]


def pack_of_card(tx: Transaction, card_id: int) -> str | None:
    row = tx.one("SELECT pack FROM card WHERE card_id = ?", card_id)
    return row[0] if row else None


def ship_pack(tx: Transaction, pack: str, *, shop_id: str) -> bool:
    """printed → shipped to one shop. ``False`` if the pack was shipped before."""
    if tx.run("UPDATE pack SET shop_id = ? WHERE pack = ? AND shop_id IS NULL", shop_id, pack) != 1:
        return False
    tx.run("UPDATE card SET state = 'shipped', shop_id = ? WHERE pack = ? AND state = 'printed'", shop_id, pack)
    return True


def receive_pack(tx: Transaction, pack: str, *, shop_id: str, now_ms: int) -> int | None:
    """shipped → in stock of the shop that it was shipped to. How many cards arrived; ``None`` if it is not on its way there."""
    if tx.run(
        "UPDATE pack SET received_ms = ? WHERE pack = ? AND shop_id = ? AND received_ms IS NULL", now_ms, pack, shop_id
    ) != 1:  # fmt: skip
        return None
    moved = tx.run("UPDATE card SET state = 'in_stock' WHERE pack = ? AND state = 'shipped'", pack)
    announce_pack(tx, pack)
    return moved


def bind_pack(tx: Transaction, pack: str, *, terminal_id: str | None) -> None:
    """Give a received pack to one terminal for sale without the line, or to none."""
    tx.run("UPDATE pack SET bound_terminal = ? WHERE pack = ? AND received_ms IS NOT NULL", terminal_id, pack)
    announce_pack(tx, pack)


def announce_pack(tx: Transaction, pack: str) -> None:
    """Tell the shop's terminals about every card of the pack; each card has its own number, so that a page may end anywhere."""
    for (card_id,) in tx.all("SELECT card_id FROM card WHERE pack = ? ORDER BY position", pack):
        tx.run("UPDATE card SET stock_version = ? WHERE card_id = ?", next_version(tx), card_id)


def lots(tx: Transaction) -> list[tuple[int, str, int]]:
    """Number, series and count of cards of every lot."""
    return [(row[0], row[1], row[2]) for row in tx.all("SELECT lot_no, series, cards FROM lot ORDER BY lot_no")]


def _pack(row: tuple[object, ...]) -> PackRow:
    names = ("pack", "lot_no", "cards", "first_card", "last_card", "shop_id", "received_ms", "bound_terminal")
    return PackRow(**dict(zip(names, row, strict=True)))  # type: ignore[arg-type] # the columns' types are the schema's
