"""An authority's folder with cards that can be spent and a merchant who takes them, to be served in a process of its own.

Not responsible for serving it (``served``).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.authority import installation
from kiosk.authority.core import Authority
from kiosk.authority.services import distribute
from kiosk.authority.services.limits import RollingLimit, save_limit
from kiosk.authority.store import merchants, places
from kiosk.authority.store.cards import card_id_of, serial_of
from kiosk.authority.store.merchants import MerchantKeyRow
from kiosk.authority.store.places import TerminalRow
from kiosk.authority.store.ports import Transaction, Value
from kiosk.clock import SystemClock, SystemIds
from kiosk.protocol.keys import SigningKey
from kiosk.protocol.messages import Amount, CommitRequest
from kiosk_merchant import Card, Client, Patience
from tests.helpers.authority import SHOP, TILL, issue_lot, open_lot, shop
from tests.helpers.served import PUBLIC_NAME

MERCHANT = "presse"
PACK_CARDS = 20
KEY_ID, TEST_KEY_ID = "mk-live", "mk-test"
QUICK = Patience(attempts=6, timeout_s=2.0, deadline_s=20.0, pause_s=0.05, pause_max_s=0.2)


@dataclass
class PayingSite:
    """The folder, the codes of its active cards, and the secrets of the merchant's keys."""

    folder: Path
    codes: dict[str, list[str]]
    secret: bytes = field(repr=False)
    test_secret: bytes = field(repr=False)
    authority_key: str
    till_key: SigningKey = field(repr=False)
    database: str | None = None
    used: dict[str, int] = field(default_factory=dict)

    @property
    def serials(self) -> list[str]:
        """Active cards of 20 €, in the order of their sale."""
        return list(self.codes)

    @property
    def environ(self) -> dict[str, str]:
        """How a served process hears where the database is."""
        return {"KIOSK_DATABASE": self.database} if self.database else {}

    def card(self, place: int = 0) -> Card:
        """A card with a code that was not used yet."""
        serial = self.serials[place]
        nth = self.used.get(serial, 0)
        self.used[serial] = nth + 1
        return Card(serial, self.codes[serial][nth])

    def client(self, address: str, *, test: bool = False, patience: Patience = QUICK) -> Client:
        """The merchant's client."""
        key_id, secret = (TEST_KEY_ID, self.test_secret) if test else (KEY_ID, self.secret)
        return Client(address, key_id, secret, authority_name=PUBLIC_NAME, patience=patience)

    def rows(self, sql: str, *values: Value) -> list[tuple[object, ...]]:
        """Look into the database, of a stopped or a running authority."""
        with self.inside() as authority:
            return authority.store.read(lambda tx: tx.all(sql, *values))

    @contextmanager
    def inside(self) -> Iterator[Authority]:
        """The authority of the folder in this process, as an operator's command has it."""
        authority = _opened(self.folder, self.database)
        try:
            yield authority
        finally:
            authority.store.close()

    def account(self, name: str) -> int:
        """The sum of an account of the books."""
        return int(str(self.rows("SELECT coalesce(sum(amount_minor), 0) FROM ledger WHERE account = ?", name)[0][0]))

    def balance(self, serial: str) -> int:
        """What a card is worth now."""
        last = self.rows("SELECT balance_minor FROM card WHERE card_id = ?", card_id_of(serial))
        return int(str(last[0][0]))


def make_paying_site(
    folder: Path, *, active: int = 3, webhook_url: str | None = None, database: str | None = None
) -> PayingSite:
    """A demonstration authority with active cards of 20 €, sold by one till, and one merchant who may take codes on its own pages;
    in a file, or in an empty PostgreSQL database."""
    clock = SystemClock()
    till_key = SigningKey.generate()
    authority = installation.initialise(
        folder, clock=clock, ids=SystemIds(clock), public_name=PUBLIC_NAME, demonstration=True, database=database
    )
    try:
        lot = issue_lot(authority, cards_count=-(-active // PACK_CARDS) * PACK_CARDS, pack_cards=PACK_CARDS)
        lines = [line.split(";") for line in open_lot(lot.lot_file).decode("ascii").splitlines()[1:]]
        codes = {serial: rest for _, _, serial, *rest in lines[:active]}

        def fill(tx: Transaction) -> None:
            now_ms = clock.now_ms()
            distribute.add_shop(tx, shop(SHOP), now_ms=now_ms)
            places.add_terminal(tx, _terminal(till_key, now_ms))
            save_limit(tx, RollingLimit(cards=10_000, keyed_cards=10_000, shop_cards=10_000))
            for pack in lot.packs:
                distribute.ship(tx, pack.pack, shop_id=SHOP)
                ends = serial_of(pack.first_card), serial_of(pack.last_card)
                distribute.receive(tx, shop_id=SHOP, first=ends[0], last=ends[1], now_ms=now_ms)
            _merchant(tx, webhook_url, now_ms)

        authority.store.write(fill)
        _sell(authority, list(codes))
        return PayingSite(
            folder,
            codes,
            authority.keys.merchant_secret(KEY_ID),
            authority.keys.merchant_secret(TEST_KEY_ID),
            authority.keys.signing.public.text,
            till_key,
            database,
        )
    finally:
        authority.store.close()


def _merchant(tx: Transaction, webhook_url: str | None, now_ms: int) -> None:
    number = merchants.add_merchant(
        tx,
        merchant_id=MERCHANT,
        name="Presse du Matin",
        site="https://presse.example",
        direct=True,
        webhook_url=webhook_url,
        now_ms=now_ms,
    )
    assert number is not None
    for key_id, test in ((KEY_ID, False), (TEST_KEY_ID, True)):
        row = MerchantKeyRow(key_id=key_id, merchant_no=number, algorithm="hmac-sha256", point=None, test=test)
        merchants.add_key(tx, row, now_ms=now_ms)


def _sell(authority: Authority, serials: Sequence[str]) -> None:
    sold_ms = 0
    for serial in serials:
        while authority.clock.now_ms() == sold_ms:
            pass  # within the same millisecond no card is the older one
        sold_ms = authority.clock.now_ms()
        request = CommitRequest(
            sale_id="sale-1", serial=serial, entry_mode="scanned", face=Amount(2000, "EUR"), tender="cash"
        )
        answer = authority.line(TILL, "commit", authority.ids.uuid7(), request)
        assert answer.outcome == "committed", answer


def _terminal(request_key: SigningKey, now_ms: int) -> TerminalRow:
    journal_key = SigningKey.generate()
    return TerminalRow(
        terminal_id=TILL,
        shop_id=SHOP,
        till_name="Caisse 1",
        epoch=1,
        request_key=request_key.public.point,
        journal_key=journal_key.public.point,
        keystore="file",
        software="0.1.0",
        machine="test",
        enrolled_ms=now_ms,
    )


def _opened(folder: Path, database: str | None) -> Authority:
    clock = SystemClock()
    return installation.open_authority(folder, clock=clock, ids=SystemIds(clock), database=database)
