"""An authority for tests: in memory, its clock and ids owned by the test, with two shops, three tills and some packs."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyrage

from kiosk.authority.core import Authority
from kiosk.authority.keyfiles import AuthorityKeys
from kiosk.authority.services import distribute
from kiosk.authority.services.issue import Lot, PressRoom
from kiosk.authority.store import places
from kiosk.authority.store.cards import CardRow, card_id_of, find_card, serial_of
from kiosk.authority.store.lines import LineRow, find_line
from kiosk.authority.store.places import ShopRow, TerminalRow
from kiosk.authority.store.ports import Store, Transaction, Value
from kiosk.authority.store.sqlite import SqliteStore
from kiosk.clock import Clock, IdSource
from kiosk.domain.series import Catalogue, parse_catalogue
from kiosk.protocol.keys import SigningKey
from kiosk.protocol.messages import (
    Amount,
    CancelRequest,
    CommitRequest,
    ExtendRequest,
    LineAnswer,
    ReserveRequest,
    VoidAnswer,
    VoidRequest,
)
from kiosk.resources import asset
from tests.fakes.clock import FakeClock, SeededIds

KEYS = AuthorityKeys(signing=SigningKey.from_seed((7).to_bytes(32, "big")), master=bytes(range(32)))
SHOP, OTHER_SHOP = "S-PARIS", "S-LYON"
TILL, TILL_2, TILL_ELSEWHERE = "T-0001", "T-0002", "T-0003"
_PRINTER = pyrage.x25519.Identity.generate()


def euro_catalogue() -> Catalogue:
    """The catalogue that ships."""
    return parse_catalogue(asset("series", "euro.toml").read_text(encoding="utf-8"))


def franc_catalogue() -> Catalogue:
    """The catalogue of 2001."""
    return parse_catalogue(asset("series", "franc-2001.toml").read_text(encoding="utf-8"))


def shop(shop_id: str, *, currency: str = "EUR", trusted: bool = True) -> ShopRow:
    """A shop's row with everything a receipt needs."""
    return ShopRow(
        shop_id=shop_id,
        name=f"Tabac {shop_id}",
        address="1 rue de la Paix, 75002 Paris",
        siret="12345678200010",
        naf="47.26Z",
        vat_id="FR32123456782",
        currency=currency,
        trusted=trusted,
    )


@dataclass
class World:
    """The authority and what the tests do to it. ``journal_keys`` and ``request_keys`` are the tills' secret keys."""

    authority: Authority
    clock: Clock
    ids: IdSource
    serials: list[str]
    request_keys: dict[str, SigningKey] = field(default_factory=dict)
    journal_keys: dict[str, SigningKey] = field(default_factory=dict)
    lot_file: bytes = b""

    @property
    def store(self) -> Store:
        return self.authority.store

    def new_id(self) -> str:
        return self.ids.uuid7()

    def reserve(self, line_id: str, serial: str, *, till: str = TILL, **changes: str) -> LineAnswer:
        request = ReserveRequest(
            sale_id=changes.get("sale_id", "sale-1"), serial=serial, entry_mode="scanned", face=Amount(2000, "EUR")
        )
        return self.authority.line(till, "reserve", line_id, request)

    def commit(self, line_id: str, serial: str, *, till: str = TILL, keyed: bool = False) -> LineAnswer:
        request = CommitRequest(
            sale_id="sale-1",
            serial=serial,
            entry_mode="keyed" if keyed else "scanned",
            face=Amount(2000, "EUR"),
            tender="cash",
        )
        return self.authority.line(till, "commit", line_id, request)

    def cancel(self, line_id: str, serial: str, *, till: str = TILL, rescanned: bool = True) -> LineAnswer:
        return self.authority.line(till, "cancel", line_id, CancelRequest(serial=serial, card_rescanned=rescanned))

    def extend(self, line_id: str, n: int, *, till: str = TILL) -> LineAnswer:
        return self.authority.line(till, "extend", line_id, ExtendRequest(n=n))

    def status(self, line_id: str, *, till: str = TILL) -> LineAnswer:
        return self.authority.line(till, "status", line_id)

    def void(
        self, line_id: str, serial: str, *, till: str = TILL, rescanned: bool = True, void_id: str = ""
    ) -> VoidAnswer:
        request = VoidRequest(line_id=line_id, serial=serial, card_rescanned=rescanned, right="clerk")
        return self.authority.void(till, void_id or self.new_id(), request)

    def card(self, serial: str) -> CardRow:
        row = self.store.read(lambda tx: find_card(tx, card_id_of(serial)))
        assert row is not None
        return row

    def line(self, line_id: str, *, till: str = TILL) -> LineRow | None:
        return self.store.read(lambda tx: find_line(tx, till, line_id))

    def sql(self, statement: str, *values: Value) -> None:
        """Something that later parts will do to a card: spend from it, open an authorization."""
        self.store.write(lambda tx: tx.run(statement, *values))

    def rows(self, query: str, *values: Value) -> list[tuple[object, ...]]:
        return self.store.read(lambda tx: tx.all(query, *values))


def make_world(
    store: Store | None = None,
    *,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    cards_count: int = 20,
    pack_cards: int = 10,
    folder: Path | None = None,
    bind: Sequence[int] = (),
    demonstration: bool = False,
    seed: int = 1,
) -> World:
    """A shop with two tills and received packs of the 20 € card, and a till elsewhere. ``bind``: which packs the first till has."""
    fake = FakeClock()
    clock = clock or fake
    ids = ids or SeededIds(fake, seed=seed)
    authority = Authority(
        store or SqliteStore.in_memory(),
        clock=clock,
        ids=ids,
        keys=KEYS,
        catalogues=(euro_catalogue(), franc_catalogue()),
        demonstration=demonstration,
    )
    lot = issue_lot(authority, cards_count=cards_count, pack_cards=pack_cards, folder=folder, seed=seed)
    world = World(authority, clock, ids, [], lot_file=lot.lot_file)

    def fill(tx: Transaction) -> None:
        now_ms = authority.clock.now_ms()
        for shop_id in (SHOP, OTHER_SHOP):
            distribute.add_shop(tx, shop(shop_id), now_ms=now_ms)
        for number, (till, shop_id) in enumerate(((TILL, SHOP), (TILL_2, SHOP), (TILL_ELSEWHERE, OTHER_SHOP)), start=1):
            world.request_keys[till] = SigningKey.from_seed((100 + number).to_bytes(32, "big"))
            world.journal_keys[till] = SigningKey.from_seed((200 + number).to_bytes(32, "big"))
            places.add_terminal(tx, _terminal(till, shop_id, world, now_ms))
        for place, pack in enumerate(lot.packs):
            distribute.ship(tx, pack.pack, shop_id=SHOP)
            ends = serial_of(pack.first_card), serial_of(pack.last_card)
            distribute.receive(tx, shop_id=SHOP, first=ends[0], last=ends[1], now_ms=now_ms)
            if place in bind:
                distribute.bind(tx, pack.pack, terminal_id=TILL)

    authority.store.write(fill)
    world.serials = [
        serial_of(card_id)
        for (card_id,) in authority.store.read(lambda tx: tx.all("SELECT card_id FROM card ORDER BY pack, position"))
    ]
    return world


def issue_lot(
    authority: Authority,
    *,
    number: str = "12",
    cards_count: int = 20,
    pack_cards: int = 10,
    folder: Path | None = None,
    seed: int = 1,
) -> Lot:
    """A lot with the same serials in every run; its codes are known to nobody."""
    series = euro_catalogue().find(number)
    assert series is not None
    room = PressRoom(clock=authority.clock, keys=authority.keys, draw=random.Random(seed).randrange)
    return room.issue(
        authority.store,
        series=series,
        cards_count=cards_count,
        pack_cards=pack_cards,
        recipients=[str(_PRINTER.to_public())],
        folder=folder,
    )


def open_lot(lot_file: bytes) -> bytes:
    """What the printing house of these tests reads."""
    plain: bytes = pyrage.decrypt(lot_file, [_PRINTER])
    return plain


def _terminal(till: str, shop_id: str, world: World, now_ms: int) -> TerminalRow:
    return TerminalRow(
        terminal_id=till,
        shop_id=shop_id,
        till_name=f"Caisse {till[-1]}",
        epoch=1,
        request_key=world.request_keys[till].public.point,
        journal_key=world.journal_keys[till].public.point,
        keystore="file",
        software="0.1.0",
        machine="test",
        enrolled_ms=now_ms,
    )
