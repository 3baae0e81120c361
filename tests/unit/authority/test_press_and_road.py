"""Making cards and bringing them to a shop: what is kept, what is written, what the operator is told."""

import hashlib
import hmac
import json
import sqlite3
import stat
from pathlib import Path

import pyrage
import pytest

from kiosk.authority.services import distribute
from kiosk.authority.services.codes import TAG_BYTES, draw_codes
from kiosk.authority.services.issue import PressRoom, pack_number
from kiosk.authority.services.lot_files import alone
from kiosk.authority.services.refused import TurnedAway
from kiosk.authority.store.cards import serial_of
from kiosk.authority.store.packs import packs_of_lot
from kiosk.authority.store.ports import IN_DOUBT, Store
from kiosk.authority.store.sqlite import SqliteStore
from kiosk.domain.activation import CardState
from kiosk.domain.card import NumberFault, parse_code, parse_serial
from kiosk.domain.series import Series
from kiosk.errors import Trouble
from kiosk.protocol.canonical import canonical_bytes
from kiosk.protocol.keys import unbase64url
from tests.fakes.clock import FakeClock
from tests.helpers.authority import (
    KEYS,
    OTHER_SHOP,
    SHOP,
    TILL,
    TILL_ELSEWHERE,
    World,
    euro_catalogue,
    issue_lot,
    make_world,
    open_lot,
    shop,
)


@pytest.fixture
def world(either_store: Store, clock: FakeClock) -> World:
    return make_world(either_store, clock=clock)


def _plain_cards(lot_file: bytes) -> list[list[str]]:
    head, *lines = open_lot(lot_file).decode("ascii").splitlines()
    assert head.startswith("kiosk-lot;1;")
    return [line.split(";") for line in lines]


def _series(number: str = "12") -> Series:
    found = euro_catalogue().find(number)
    assert found is not None
    return found


def test_a_dump_of_the_database_contains_none_of_the_codes(tmp_path: Path, clock: FakeClock) -> None:
    """Whoever steals the database could spend every card (settled decision 2)."""
    path = tmp_path / "authority.db"
    store = SqliteStore.create(path)
    world = make_world(store, clock=clock, cards_count=40, folder=tmp_path / "lots")
    line = world.new_id()
    world.commit(line, world.serials[0])
    rows = _plain_cards((tmp_path / "lots" / "lot-0001.age").read_bytes())
    codes = [code for row in rows for code in row[3:]]
    assert len(codes) == len(rows) * 25 == 1000
    store.close()
    connection = sqlite3.connect(path)
    dump = "\n".join(connection.iterdump())
    connection.close()
    everything = dump.encode() + b"".join(
        file.read_bytes() for file in tmp_path.rglob("*") if file.is_file() and file.suffix != ".key"
    )
    assert rows[0][2].encode() in everything, "the search itself works: serials are there"
    for code in codes:
        for form in (code.encode(), code[:11].encode(), int(code).to_bytes(8, "big"), int(code).to_bytes(8, "little")):
            assert form not in everything, "a code, or its eleven random digits"


def test_the_kept_tags_recognise_the_printed_codes_and_nothing_else(world: World) -> None:
    """No printed code could ever be spent, or another card's could."""
    lot = issue_lot(world.authority, cards_count=3, seed=3)
    key = KEYS.lot_key(lot.row.lot_no)
    for _, _, serial, *codes in _plain_cards(lot.lot_file):
        assert not isinstance(parse_serial(serial), NumberFault)
        assert len(set(codes)) == 25
        assert not any(isinstance(parse_code(code), NumberFault) for code in codes)
        rows = world.rows("SELECT tags FROM card_codes WHERE card_id = ?", int(serial))
        expected = b"".join(hmac.digest(key, f"{serial}{code}".encode(), hashlib.sha256)[:TAG_BYTES] for code in codes)
        assert rows == [(expected,)]
    assert KEYS.lot_key(1) != KEYS.lot_key(2), "a lot's key dies with its lot"


def test_the_manifest_is_signed_and_says_what_was_made(world: World, tmp_path: Path) -> None:
    """A pack could be swapped on the way, or a carton counted wrong."""
    lot = issue_lot(world.authority, cards_count=7, pack_cards=3, folder=tmp_path, seed=3)
    written = (tmp_path / f"manifest-{lot.name}.json").read_bytes()
    manifest = json.loads(written)
    signature = unbase64url(manifest.pop("signature"))
    assert KEYS.signing.public.verify(signature, canonical_bytes(manifest))
    assert [pack["cards"] for pack in manifest["packs"]] == [3, 3, 1]
    assert manifest["lot_file_sha256"] == hashlib.sha256((tmp_path / f"lot-{lot.name}.age").read_bytes()).hexdigest()
    printed = [row[2] for row in _plain_cards(lot.lot_file)]
    assert [serial for pack in manifest["packs"] for serial in pack["serials"]] == printed
    assert lot.row.manifest_sha256 == hashlib.sha256(written).digest()
    for name in (f"lot-{lot.name}.age", f"manifest-{lot.name}.json"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_a_serial_is_drawn_once_for_all_lots(world: World) -> None:
    """Two people would hold the same number; and with millions of cards no large lot could be made any more."""
    first, second = (issue_lot(world.authority, cards_count=30, seed=9) for _ in range(2))
    serials = [row[2] for lot in (first, second) for row in _plain_cards(lot.lot_file)]
    assert len(set(serials)) == 60
    assert world.rows("SELECT count(*) FROM card WHERE pack IN (SELECT pack FROM pack WHERE lot_no > 1)") == [(60,)]


def test_two_lots_are_not_made_in_one_folder_at_once(world: World, tmp_path: Path) -> None:
    """The second one's cards would lie under the first one's name: printed, and known to nobody."""
    before = world.rows("SELECT count(*) FROM card")
    with alone(tmp_path), pytest.raises(TurnedAway, match="another lot is being made"):
        issue_lot(world.authority, cards_count=2, folder=tmp_path, seed=4)
    assert world.rows("SELECT count(*) FROM card") == before
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
    assert issue_lot(world.authority, cards_count=2, folder=tmp_path, seed=4).name == "0002"


def test_a_lot_that_the_database_did_not_take_leaves_no_files(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From another machine somebody made a lot at the same moment: what lies here must never be printed."""
    monkeypatch.setattr("kiosk.authority.store.packs.next_lot_no", lambda tx: 1)
    with pytest.raises(TurnedAway, match="another lot was made"):
        issue_lot(world.authority, cards_count=2, folder=tmp_path, seed=5)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_a_disk_that_fills_up_between_two_files_leaves_none(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Codes without a manifest, of cards that the database does not know, would wait for somebody to print them."""

    def full(path: Path, data: bytes) -> None:
        if path.suffix == ".json":
            raise OSError(28, "No space left on device")
        path.write_bytes(data)

    monkeypatch.setattr("kiosk.authority.services.lot_files.replace_file", full)
    with pytest.raises(OSError, match="No space left"):
        issue_lot(world.authority, cards_count=2, folder=tmp_path, seed=8)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_files_of_a_lot_that_the_database_forgot_are_kept(world: World, tmp_path: Path) -> None:
    """After a restore the next lot has a number that was printed already: its manifest is all that still knows those cards."""
    (tmp_path / "lot-0002.age").write_bytes(b"printed")
    (tmp_path / "lot-0002.age.aside-1").write_bytes(b"older")
    lot = issue_lot(world.authority, cards_count=2, folder=tmp_path, seed=7)
    assert (tmp_path / "lot-0002.age").read_bytes() == lot.lot_file
    assert (tmp_path / "lot-0002.age.aside-1").read_bytes() == b"older"
    assert (tmp_path / "lot-0002.age.aside-2").read_bytes() == b"printed"


def test_a_lot_of_which_nobody_knows_whether_it_was_kept_keeps_its_files(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database may know cards that nobody could ever print."""

    def lost(work: object) -> None:
        raise Trouble(IN_DOUBT, retryable=True, detail="the connection ended during a commit")

    monkeypatch.setattr(world.store, "write", lost)
    with pytest.raises(Trouble, match=IN_DOUBT):
        issue_lot(world.authority, cards_count=2, folder=tmp_path, seed=6)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "lot-0002.age", "manifest-0002.json"]


def test_a_lot_file_opens_for_its_printer_alone_and_shows_every_change(world: World) -> None:
    """Another printing house, or a thief on the way, could read the codes (T-LOTFILE)."""
    lot = issue_lot(world.authority, cards_count=2, seed=3)
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(lot.lot_file, [pyrage.x25519.Identity.generate()])
    for place in (len(lot.lot_file) // 2, len(lot.lot_file) - 1):
        spoiled = bytearray(lot.lot_file)
        spoiled[place] ^= 1
        with pytest.raises(pyrage.DecryptError):
            open_lot(bytes(spoiled))


@pytest.mark.parametrize(
    ("count", "pack", "recipients"),
    [
        (0, 10, ["ok"]),
        (50_001, 10, ["ok"]),
        (10, 0, ["ok"]),
        (10, 201, ["ok"]),
        (10, 10, []),
        (10, 10, ["age1nonsense"]),
    ],
)
def test_a_lot_that_cannot_be_meant_is_not_made(world: World, count: int, pack: int, recipients: list[str]) -> None:
    """A typing error would make a million cards, or cards that nobody can print."""
    good = str(pyrage.x25519.Identity.generate().to_public())
    names = [good if name == "ok" else name for name in recipients]
    room = PressRoom(clock=world.clock, keys=KEYS)
    with pytest.raises(TurnedAway):
        room.issue(world.store, series=_series(), cards_count=count, pack_cards=pack, recipients=names, folder=None)
    assert world.rows("SELECT count(*) FROM lot") == [(1,)]


def test_codes_are_drawn_from_the_whole_range_and_never_twice_on_a_card() -> None:
    """A card would have two equal codes, of which one is dead."""
    draws = iter([5, 5, 0, 10**11 - 1])
    codes = draw_codes(lambda below: next(draws) if below == 10**11 else 0, 3)
    assert [code.digits[:11] for code in codes] == ["00000000005", "00000000000", "99999999999"]
    assert "5" not in repr(codes)


def test_pack_numbers_carry_their_check_digits() -> None:
    """A pack number typed wrongly would ship another pack."""
    assert [int(pack_number(1, index)) % 97 for index in (1, 2, 500)] == [1, 1, 1]


def test_a_pack_travels_to_one_shop_and_is_received_by_its_ends(world: World, clock: FakeClock) -> None:
    """Cards on the road could be sold, or a shop could receive what it never got."""
    lot = issue_lot(world.authority, cards_count=5, pack_cards=5, seed=4)
    (pack,) = world.store.read(lambda tx: packs_of_lot(tx, lot.row.lot_no))
    first, last = serial_of(pack.first_card), serial_of(pack.last_card)
    now = clock.now_ms()
    assert world.reserve(world.new_id(), first).reason == "not_sellable"
    world.store.write(lambda tx: distribute.ship(tx, pack.pack, shop_id=SHOP))
    assert world.card(first).state is CardState.SHIPPED
    assert world.reserve(world.new_id(), first).reason == "not_received"
    wrong: list[tuple[str, str, str]] = [
        (SHOP, first, first),
        (SHOP, first, world.serials[0]),
        (OTHER_SHOP, first, last),
        (SHOP, "1", last),
    ]
    for shop_id, one, other in wrong:
        with pytest.raises(TurnedAway):
            world.store.write(
                lambda tx, shop_id=shop_id, one=one, other=other: distribute.receive(  # type: ignore[misc] # bound now
                    tx, shop_id=shop_id, first=one, last=other, now_ms=now
                )
            )
    received = world.store.write(lambda tx: distribute.receive(tx, shop_id=SHOP, first=last, last=first, now_ms=now))
    assert received.received_ms == now
    assert world.reserve(world.new_id(), first).outcome == "reserved"
    with pytest.raises(TurnedAway):
        world.store.write(lambda tx: distribute.receive(tx, shop_id=SHOP, first=first, last=last, now_ms=now))
    with pytest.raises(TurnedAway):
        world.store.write(lambda tx: distribute.ship(tx, pack.pack, shop_id=OTHER_SHOP))


def test_a_pack_is_bound_to_one_till_of_its_shop_and_sold_by_no_other(world: World) -> None:
    """Two tills without the line would sell the same card (AC-09)."""
    serial = world.serials[0]
    pack = world.card(serial).pack
    with pytest.raises(TurnedAway):
        world.store.write(lambda tx: distribute.bind(tx, pack, terminal_id=TILL_ELSEWHERE))
    with pytest.raises(TurnedAway):
        world.store.write(lambda tx: distribute.bind(tx, "0", terminal_id=TILL))
    world.store.write(lambda tx: distribute.bind(tx, pack, terminal_id=TILL))
    refused = world.reserve(world.new_id(), serial, till="T-0002")
    assert (refused.reason, refused.till, refused.until_ms) == ("held_elsewhere", "Caisse 1", None)
    world.store.write(lambda tx: distribute.bind(tx, pack, terminal_id=None))
    assert world.reserve(world.new_id(), serial, till="T-0002").outcome == "reserved"


def test_a_shop_has_one_currency_and_one_id(world: World) -> None:
    """Francs would be shipped to a shop that sells euros, or one shop's debts be booked to another."""
    bad = [shop(SHOP), shop(""), shop("S-NEW", currency="USD")]
    for row in bad:
        with pytest.raises(TurnedAway):
            world.store.write(lambda tx, row=row: distribute.add_shop(tx, row, now_ms=0))  # type: ignore[misc] # bound now
    world.store.write(lambda tx: distribute.add_shop(tx, shop("S-FRANC", currency="FRF"), now_ms=0))
    lot = issue_lot(world.authority, cards_count=2, seed=4)
    with pytest.raises(TurnedAway):
        world.store.write(lambda tx: distribute.ship(tx, lot.packs[0].pack, shop_id="S-FRANC"))
    with pytest.raises(TurnedAway):
        world.store.write(lambda tx: distribute.ship(tx, lot.packs[0].pack, shop_id="S-NOWHERE"))
