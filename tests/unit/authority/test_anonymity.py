"""Nobody who pays is written down: after payments from known addresses with known browsers, no byte of the store and no line of the
diary holds them."""

import asyncio
import ipaddress
import logging
from pathlib import Path

import msgspec
import pytest

from kiosk.authority.services.guard import Guard
from kiosk.authority.services.windows import Moments
from kiosk.authority.store.ports import Store, Transaction
from kiosk.authority.store.postgres import PostgresStore
from kiosk.authority.store.sqlite import SqliteStore
from kiosk.log import open_log
from tests.fakes.clock import FakeClock
from tests.helpers.asgi import ask
from tests.helpers.merchant import MerchantClient
from tests.helpers.pages import NO_CODE, Shop, make_shop, right
from tests.helpers.postgres import Cluster
from tests.helpers.spending import make_spending

ADDRESSES = ("203.0.113.77", "198.51.100.201", "2001:db8:77:1::4711")
BROWSER = "Mozilla/5.0 (X11; Known-To-The-Test 47.11)"
LANGUAGE = "tlh-KL"
DAY_MS = 86_400_000


def traces() -> list[bytes]:
    """How a shopper could be written down: as text, and an address also as its bytes."""
    packed = [ipaddress.ip_address(ADDRESSES[2]).packed]  # four bytes stand anywhere by chance, sixteen do not
    networks = [b"2001:db8:77", b"2001:0db8:0077"]
    return [
        *(address.encode() for address in ADDRESSES),
        *packed,
        *networks,
        BROWSER.encode(),
        b"Known-To",
        LANGUAGE.encode(),
    ]


def visit(shop: Shop, address: str) -> None:
    """Pay, mistype, ask for balances, give up: everything that a shopper can do on our pages, from one address."""
    shop.shopper.address = address
    shop.shopper.language = LANGUAGE
    shop.shopper.extra = [(b"user-agent", BROWSER.encode()), (b"x-forwarded-for", address.encode())]
    path, page = shop.open(minor=100)
    shop.pay(page, path, (shop.till.serials[0], NO_CODE))
    path, page = shop.open(minor=100)
    shop.pay(page, path, right(shop))
    for serial in (shop.till.serials[1], "1" * 16):
        shop.shopper.post("/balance?lang=fr", {"serial": serial})
    for _ in range(22 if address == ADDRESSES[0] else 2):  # until the guard slows the address down
        path, page = shop.open(minor=100)
        shop.pay(page, path, (shop.till.serials[2], NO_CODE))
    shop.shopper.get("/nowhere")


def pay_directly(client: MerchantClient, address: str) -> None:
    """The merchant's server pays for a shopper, from a known address of its own."""
    site = client.site
    for code in (site.next_code(site.serials[1]), site.codes[site.serials[2]][-1], NO_CODE):
        request = site.ask((site.serials[1], code), minor=10)
        prepared = client.prepare("POST", "/v1/payments", request).with_header("user-agent", BROWSER)
        assert client.app is not None
        status, _, _ = asyncio.run(ask(client.app, prepared, client=(address, 1)))
        assert status in {200, 402}


def live(store: Store, clock: FakeClock) -> Shop:
    shop = make_shop(till=make_spending(store, clock=clock), guard=(guard := Guard(clock=clock)))
    client = MerchantClient(shop.till, app=shop.shopper.app)
    clock.advance(1_000)
    for address in ADDRESSES:
        visit(shop, address)
        pay_directly(client, address)
    clock.advance(DAY_MS)
    guard.sweep()
    held = [found for found in vars(guard).values() if isinstance(found, Moments)]
    assert held and all(len(found) == 0 for found in held), "nor in memory, once the windows have passed"
    rows = shop.till.world.rows("SELECT kind, count(*) FROM spend GROUP BY kind ORDER BY kind")
    assert dict(rows).keys() >= {"charged", "declined"}, "otherwise nothing is proved"  # type: ignore[arg-type] # pairs
    return shop


def found_in(text: bytes) -> list[bytes]:
    return [trace for trace in traces() if trace in text]


def test_no_byte_of_the_files_tells_who_paid(
    tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A thief of the disk, or a curious operator, would learn who reads which newspaper."""
    with open_log(tmp_path / "log", name="authority", level=logging.DEBUG):
        store = SqliteStore.create(tmp_path / "authority.db")
        live(store, clock)
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert {path.name for path in files} >= {"authority.db", "authority.db-wal", "authority.log"}
        for path in files:
            assert found_in(path.read_bytes()) == [], path.name
        store.close()
    assert found_in((tmp_path / "authority.db").read_bytes()) == []
    assert found_in((tmp_path / "log" / "authority.log").read_bytes()) == []
    assert found_in(caplog.text.encode()) == []


def test_the_search_would_find_what_it_looks_for(tmp_path: Path) -> None:
    """A search that looks for the wrong thing is always satisfied."""
    store = SqliteStore.create(tmp_path / "authority.db")
    packed = ipaddress.ip_address(ADDRESSES[2]).packed
    store.write(lambda tx: tx.run("INSERT INTO meta VALUES (?, ?)", "x", f"{ADDRESSES[0]} {BROWSER}"))
    store.close()
    assert len(found_in((tmp_path / "authority.db").read_bytes())) == 3
    assert found_in(b"x" + packed) == [packed]


def dump(tx: Transaction) -> bytes:
    """Every row of every table, as text."""
    tables = tx.all("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    assert len(tables) > 20
    return "\n".join(row[0] for (name,) in tables for row in tx.all(f'SELECT t::text FROM "{name}" t')).encode()


def test_no_row_and_no_log_of_postgresql_tells_who_paid(request: pytest.FixtureRequest, clock: FakeClock) -> None:
    """The same on the larger database, whose server keeps a diary of its own."""
    cluster: Cluster = request.getfixturevalue("postgres")
    store = PostgresStore.open(cluster.new_authority_database())
    try:
        shop = live(store, clock)
        dumped = store.read(dump)
        assert shop.till.serials[0][-4:].encode() in dumped
        assert found_in(dumped) == []
        assert ipaddress.ip_address(ADDRESSES[2]).packed.hex().encode() not in dumped
        assert found_in((cluster.folder / "log").read_bytes()) == []
    finally:
        store.close()


def test_no_message_of_ours_has_a_place_for_a_shopper() -> None:
    """A merchant could send us what we do not want to know."""
    from kiosk.protocol import payments

    fields = {
        name
        for kind in vars(payments).values()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
        for name in kind.__struct_fields__
    }
    assert not fields & {"address", "ip", "email", "phone", "user_agent", "customer", "shopper", "name"}
