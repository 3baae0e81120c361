"""Cards to spend in their millions: rows made by the database itself, and among them, spread evenly, those whose codes are
known here.

A charge meets a card anywhere in the tables, as it would in the field; only the codes of the ones that are spent are real. Not
responsible for selling them: they are made active.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kiosk.authority.keyfiles import AuthorityKeys, create_keys
from kiosk.authority.services.codes import TAG_BYTES, draw_codes, pack_tags
from kiosk.authority.store import merchants
from kiosk.authority.store.merchants import MerchantKeyRow
from kiosk.authority.store.ports import Store, Transaction
from kiosk.authority.store.settings import put_setting
from kiosk.domain.card import make_serial
from kiosk.protocol.keys import SharedSecret, Signer, SigningKey
from kiosk.protocol.mac import Mac

PUBLIC_NAME = "authority.bench"
FACE_MINOR = 2_000
CODES = 25
SERIES = "12"
LOT_NO = 1
MERCHANT_NO = 1  # the first merchant of a database is given this number
PACK_CARDS = 1_000
PACK_NAMES = 10_000_000
NOW_MS = 1_767_258_000_000
NEVER_MS = 4_102_444_800_000
SLICE = 2_500_000
# the same numbers as in Python, made where they are needed
_NUMBERS = (
    "WITH RECURSIVE g(n) AS (SELECT CAST(? AS BIGINT) UNION ALL SELECT n + 1 FROM g WHERE n + 1 < CAST(? AS BIGINT))"
)
_FIRST16 = f"((n * 618033988749 % 999999999989) * 100 + {SERIES}) * 100"
_ID = f"{_FIRST16} + 98 - {_FIRST16} % 97"
_INSERT_CARDS = """INSERT INTO card(card_id, pack, position, state, shop_id, sold_terminal, sold_line, sold_ms, expires_ms,
                                    balance_minor)"""
_SELECT_CARDS = f"""SELECT {_ID}, CAST({PACK_NAMES} + n / {PACK_CARDS} AS TEXT), n % {PACK_CARDS} + 1, 'active', 'B', 'T', 'L',
                           CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT) FROM g ORDER BY 1"""
_INSERT_CODES = "INSERT INTO card_codes(card_id, tags, lot_no, currency)"
_SELECT_CODES = f"SELECT {_ID}, ?, {LOT_NO}, 'EUR' FROM g ORDER BY 1"
HMAC_KEY, P256_KEY = "bench-hmac", "bench-p256"


@dataclass(frozen=True, slots=True, repr=False)
class Spendable:
    """One code of one card, and the key under which it is spent."""

    serial: str
    code: str
    key: str


@dataclass(slots=True)
class Deck:
    """The cards whose codes are known: each gives one code, then each its next, so that neighbours in time are different cards."""

    cards: list[tuple[str, tuple[str, ...]]]
    runs: str

    def purchases(self) -> Iterator[Spendable]:
        """Every code once."""
        for place in range(CODES):
            for serial, codes in self.cards:
                yield Spendable(serial, codes[place], f"{self.runs}-{serial[-6:]}-{place}-{serial[:6]}")

    def one_after_another(self) -> Iterator[Spendable]:
        """Card by card: at any moment everybody spends from the same one."""
        for serial, codes in self.cards:
            for place, code in enumerate(codes):
                yield Spendable(serial, code, f"{self.runs}-hot-{serial}-{place}")


def fill(store: Store, folder: Path, *, count: int, known: int, seed: int = 1) -> tuple[Deck, dict[str, Signer]]:
    """An authority's database with ``count`` active cards, ``known`` of them with real codes, and one merchant with two keys.

    ``folder`` gets the secrets. Returns the deck and what the merchant signs with, by key id.
    """
    keys = create_keys(folder / "keys")
    draw = random.Random(seed)
    numbers = sorted(draw.sample(range(count), known))
    deck: list[tuple[str, tuple[str, ...]]] = []
    tags: dict[int, bytes] = {}
    lot_key = Mac(keys.lot_key(LOT_NO))
    for number in numbers:
        serial = make_serial(random12=f"{_scatter(number):012d}", series_no=SERIES)
        codes = draw_codes(draw.randrange, CODES)
        tags[int(serial.digits)] = pack_tags(lot_key, serial, codes)
        deck.append((serial.digits, tuple(code.digits for code in codes)))
    draw.shuffle(deck)
    signers = store.write(lambda tx: _scheme(tx, keys, count))
    for start in range(0, count, SLICE):
        store.write(partial(_cards_work, start, min(start + SLICE, count)))
    rows = [(tag, card_id) for card_id, tag in tags.items()]
    store.write(lambda tx: tx.run_many("UPDATE card_codes SET tags = ? WHERE card_id = ?", rows))
    return Deck(deck, f"r{seed}"), signers


def _scatter(number: int) -> int:
    # serials are drawn at random, so neighbours in a pack are strangers in the table; a multiplication does that without a list
    return number * 618_033_988_749 % 999_999_999_989


def _scheme(tx: Transaction, keys: AuthorityKeys, count: int) -> dict[str, Signer]:
    put_setting(tx, "public_name", PUBLIC_NAME)
    tx.run(
        """INSERT INTO shop(shop_id, name, address, siret, naf, vat_id, currency, trusted, added_ms)
           VALUES ('B', 'B', '', '', '', '', 'EUR', 1, ?)""",
        NOW_MS,
    )
    tx.run(
        """INSERT INTO lot(lot_no, series, currency, face_minor, codes, valid_months, cards, made_ms, manifest_sha256)
           VALUES (?, ?, 'EUR', ?, ?, 24, ?, ?, ?)""",
        LOT_NO, SERIES, FACE_MINOR, CODES, count, NOW_MS, bytes(32),
    )  # fmt: skip
    tx.run_many(
        "INSERT INTO pack(pack, lot_no, cards, first_card, last_card, shop_id, received_ms) VALUES (?, 1, ?, 0, 0, 'B', ?)",
        ((str(PACK_NAMES + place), PACK_CARDS, NOW_MS) for place in range(-(-count // PACK_CARDS))),
    )
    number = merchants.add_merchant(
        tx,
        merchant_id="bench",
        name="Bench",
        site="https://bench.example",
        direct=True,
        webhook_url=None,
        now_ms=NOW_MS,
    )
    assert number == MERCHANT_NO
    secret = SigningKey.generate()
    for key_id, algorithm, point in (
        (HMAC_KEY, "hmac-sha256", None),
        (P256_KEY, "ecdsa-p256-sha256", secret.public.point),
    ):
        row = MerchantKeyRow(key_id=key_id, merchant_no=number, algorithm=algorithm, point=point, test=False)
        merchants.add_key(tx, row, now_ms=NOW_MS)
    return {HMAC_KEY: SharedSecret(keys.merchant_secret(HMAC_KEY)), P256_KEY: secret}


def _cards_work(start: int, end: int, tx: Transaction) -> None:
    tx.run(f"{_INSERT_CARDS} {_NUMBERS} {_SELECT_CARDS}", start, end, NOW_MS, NEVER_MS, FACE_MINOR)
    tx.run(f"{_INSERT_CODES} {_NUMBERS} {_SELECT_CODES}", start, end, bytes(TAG_BYTES * CODES))
