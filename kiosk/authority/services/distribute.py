"""The road of a pack: shipped to one shop, received there by its ends, bound to one terminal for sale without the line.

Every step moves whole packs and refuses what does not fit, in words for the operator. Not responsible for couriers, nor for a shop
receiving its own packs at the till.
"""

from kiosk.authority.services.refused import malformed
from kiosk.authority.store import packs, places
from kiosk.authority.store.cards import card_id_of
from kiosk.authority.store.packs import PackRow
from kiosk.authority.store.places import ShopRow
from kiosk.authority.store.ports import Transaction
from kiosk.domain.card import NumberFault, parse_serial
from kiosk.domain.currency import UnknownCurrencyError, currency


def add_shop(tx: Transaction, shop: ShopRow, *, now_ms: int) -> None:
    """A new shop. Raises ``TurnedAway`` if the id is taken, empty, or the currency unknown."""
    if not shop.shop_id or not shop.name:
        raise malformed("a shop has an id and a name")
    try:
        currency(shop.currency)
    except UnknownCurrencyError:
        raise malformed("the currency is EUR or FRF") from None
    if not places.add_shop(tx, shop, now_ms=now_ms):
        raise malformed(f"there is a shop {shop.shop_id} already")


def ship(tx: Transaction, pack: str, *, shop_id: str) -> PackRow:
    """printed → shipped. Raises ``TurnedAway`` when pack or shop are unknown, or the pack is on its way already."""
    shop = places.find_shop(tx, shop_id)
    if shop is None:
        raise malformed(f"no shop {shop_id}: add it with 'kiosk authority shop add'")
    if _currency_of(tx, pack) != shop.currency:
        raise malformed(f"pack {pack} is not in {shop.currency}, the currency of shop {shop_id}")
    if not packs.ship_pack(tx, pack, shop_id=shop_id):
        raise malformed(f"pack {pack} was shipped before")
    return _pack(tx, pack)


def receive(tx: Transaction, *, shop_id: str, first: str, last: str, now_ms: int) -> PackRow:
    """shipped → in stock, by the serials of the first and the last card in the pack, in either order."""
    ends = {_card(first), _card(last)}
    name = packs.pack_of_card(tx, min(ends))
    pack = packs.find_pack(tx, name) if name else None
    if pack is None or ends != {pack.first_card, pack.last_card}:
        raise malformed("these two cards are not the ends of one pack")
    if packs.receive_pack(tx, pack.pack, shop_id=shop_id, now_ms=now_ms) is None:
        raise malformed(f"pack {pack.pack} is not on its way to shop {shop_id}, or is there already")
    return _pack(tx, pack.pack)


def bind(tx: Transaction, pack: str, *, terminal_id: str | None) -> PackRow:
    """Give a received pack to one terminal of its shop, or to none."""
    row = _pack(tx, pack)
    if row.received_ms is None:
        raise malformed(f"pack {pack} was not received yet")
    if terminal_id is not None:
        terminal = places.find_terminal(tx, terminal_id)
        if terminal is None or terminal.shop_id != row.shop_id or terminal.revoked_ms is not None:
            raise malformed(f"shop {row.shop_id} has no such terminal in use")
    packs.bind_pack(tx, pack, terminal_id=terminal_id)
    return _pack(tx, pack)


def _pack(tx: Transaction, pack: str) -> PackRow:
    row = packs.find_pack(tx, pack)
    if row is None:
        raise malformed(f"no pack {pack}")
    return row


def _currency_of(tx: Transaction, pack: str) -> str:
    lot = packs.find_lot(tx, _pack(tx, pack).lot_no)
    assert lot is not None, "a pack's lot exists: a foreign key says so"
    return lot.currency


def _card(text: str) -> int:
    serial = parse_serial(text)
    if isinstance(serial, NumberFault):
        raise malformed("a serial has 16 digits with a right check: scan both ends again")
    return card_id_of(serial.digits)
