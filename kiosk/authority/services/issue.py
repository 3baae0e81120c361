"""The press room: draws a lot's serials and codes; the printing house gets them encrypted, the database gets tags.

The plain lot exists in this process's memory only, and goes into an age file for the named printers' keys (CD-12). The signed
manifest says what was made: packs, positions, counts, hashes. Not responsible for shipping, nor for the two persons that a press
room has: this is the machine's part.
"""

import hashlib
import secrets
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec
import pyrage

from kiosk.authority.keyfiles import AuthorityKeys
from kiosk.authority.services.codes import Draw, draw_codes, draw_serial, pack_tags
from kiosk.authority.services.lot_files import alone, remove_files, write_files
from kiosk.authority.services.refused import malformed
from kiosk.authority.store import cards, packs
from kiosk.authority.store.cards import NewCard, card_id_of
from kiosk.authority.store.packs import LotRow, PackRow
from kiosk.authority.store.ports import IN_DOUBT, Store, Transaction
from kiosk.clock import Clock
from kiosk.domain.card import ScratchCode, Serial
from kiosk.domain.series import Series
from kiosk.errors import Trouble
from kiosk.protocol.canonical import canonical_bytes
from kiosk.protocol.keys import base64url
from kiosk.protocol.mac import Mac

MAX_LOT_CARDS = 50_000
MAX_PACK_CARDS = 200
DEFAULT_PACK_CARDS = 50


@dataclass(frozen=True, slots=True)
class PressedCard:
    """A card while it is being made: the only place where serial and codes stand together. It has no repr."""

    serial: Serial
    codes: tuple[ScratchCode, ...]

    def __repr__(self) -> str:
        return "PressedCard(…)"


@dataclass(frozen=True, slots=True)
class PressedPack:
    """A pack while it is being made, its cards in the order of their positions."""

    pack: str
    cards: tuple[PressedCard, ...]


@dataclass(frozen=True, slots=True)
class Lot:
    """A made lot: what may be known of it afterwards."""

    row: LotRow
    packs: tuple[PackRow, ...]
    lot_file: bytes
    manifest: bytes

    @property
    def name(self) -> str:
        """The lot's number as in the file names: four digits."""
        return lot_name(self.row.lot_no)

    @property
    def files(self) -> dict[str, bytes]:
        """What lies in the folder, by its name: for the printing house, and for the warehouse."""
        return {f"lot-{self.name}.age": self.lot_file, f"manifest-{self.name}.json": self.manifest}


def lot_name(lot_no: int) -> str:
    return f"{lot_no:04d}"


def pack_number(lot_no: int, index: int) -> str:
    """A pack's number: lot, place in the lot, and two check digits (MOD 97-10)."""
    digits = f"{lot_no:04d}{index:04d}"
    return f"{digits}{98 - int(digits) * 100 % 97:02d}"


class PressRoom:
    """Makes lots. ``draw`` is the operating system's generator; tests pass their own."""

    def __init__(self, *, clock: Clock, keys: AuthorityKeys, draw: Draw = secrets.randbelow) -> None:
        self._clock = clock
        self._keys = keys
        self._draw = draw

    def issue(
        self,
        store: Store,
        *,
        series: Series,
        cards_count: int,
        pack_cards: int = DEFAULT_PACK_CARDS,
        recipients: Sequence[str],
        folder: Path | None,
    ) -> Lot:
        """Make a lot and keep its tags. With a ``folder``, ``lot-<id>.age`` and ``manifest-<id>.json`` are durable in it before the
        database knows the lot: cards that nobody can print are harmless, printed cards that nobody knows are not. So they are taken
        back when the database certainly does not know it.

        Raises ``TurnedAway`` for numbers or recipients that cannot be meant, and when another lot is made at the same moment.
        """
        if not 1 <= cards_count <= MAX_LOT_CARDS or not 1 <= pack_cards <= MAX_PACK_CARDS:
            raise malformed(f"a lot has 1 to {MAX_LOT_CARDS} cards, a pack 1 to {MAX_PACK_CARDS}")
        readers = _recipients(recipients)
        with nullcontext() if folder is None else alone(folder):
            lot_no = store.read(packs.next_lot_no)
            pressed = self._press(store, lot_no, series, cards_count, pack_cards)
            lot = self._finish(lot_no, series, pressed, readers)
            self._keep(store, lot, pressed, folder)
        return lot

    def _keep(self, store: Store, lot: Lot, pressed: Sequence[PressedPack], folder: Path | None) -> None:
        """First the files, then the database."""
        lot_no = lot.row.lot_no
        lot_key = Mac(self._keys.lot_key(lot_no))
        rows = [
            NewCard(
                card_id=card_id_of(card.serial.digits),
                pack=pack.pack,
                position=position,
                tags=pack_tags(lot_key, card.serial, card.codes),
                lot_no=lot_no,
                currency=lot.row.currency,
            )
            for pack in pressed
            for position, card in enumerate(pack.cards, start=1)
        ]

        def record(tx: Transaction) -> None:
            if not packs.add_lot(tx, lot.row):
                raise malformed("another lot was made at the same moment: try again")
            packs.add_packs(tx, lot.packs)
            cards.add_cards(tx, rows)

        known = False
        try:
            if folder is not None:
                write_files(folder, lot.files)
            store.write(record)
            known = True
        except Trouble as trouble:
            known = trouble.code == IN_DOUBT
            raise
        finally:
            if folder is not None and not known:
                remove_files(folder, lot.files)

    def _press(self, store: Store, lot_no: int, series: Series, count: int, pack_cards: int) -> list[PressedPack]:
        serials: dict[str, Serial] = {}
        while len(serials) < count:
            drawn = [draw_serial(self._draw, series_no=series.number) for _ in range(count - len(serials))]
            # among ten million cards of a series every other large lot would meet one that exists
            taken = store.read(partial(cards.known_ids, ids=[card_id_of(one.digits) for one in drawn]))
            serials |= {one.digits: one for one in drawn if card_id_of(one.digits) not in taken}
        made = [PressedCard(serial, draw_codes(self._draw, series.codes)) for serial in serials.values()]
        return [
            PressedPack(pack_number(lot_no, index), tuple(made[start : start + pack_cards]))
            for index, start in enumerate(range(0, count, pack_cards), start=1)
        ]

    def _finish(
        self, lot_no: int, series: Series, pressed: Sequence[PressedPack], readers: Sequence[pyrage.x25519.Recipient]
    ) -> Lot:
        made_ms = self._clock.now_ms()
        lot_file = pyrage.encrypt(_plain(lot_no, series, pressed), list(readers))
        count = sum(len(pack.cards) for pack in pressed)
        content: dict[str, object] = {
            "format": 1,
            "lot": lot_name(lot_no),
            "series": series.number,
            "face_minor": series.face.minor,
            "currency": series.face.currency.code,
            "codes": series.codes,
            "cards": count,
            "made_at": datetime.fromtimestamp(made_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "lot_file_sha256": hashlib.sha256(lot_file).hexdigest(),
            "packs": [_manifest_pack(pack) for pack in pressed],
            "authority_key": self._keys.signing.public.text,
        }
        signed = content | {"signature": base64url(self._keys.signing.sign(canonical_bytes(content)))}
        manifest = msgspec.json.format(canonical_bytes(signed), indent=1) + b"\n"
        row = LotRow(
            lot_no=lot_no,
            series=series.number,
            currency=series.face.currency.code,
            face_minor=series.face.minor,
            codes=series.codes,
            valid_months=series.valid_months,
            cards=count,
            made_ms=made_ms,
            manifest_sha256=hashlib.sha256(manifest).digest(),
        )
        rows = tuple(
            PackRow(
                pack=pack.pack,
                lot_no=lot_no,
                cards=len(pack.cards),
                first_card=card_id_of(pack.cards[0].serial.digits),
                last_card=card_id_of(pack.cards[-1].serial.digits),
            )
            for pack in pressed
        )
        return Lot(row, rows, lot_file, manifest)


def _manifest_pack(pack: PressedPack) -> dict[str, object]:
    serials = [card.serial.digits for card in pack.cards]
    return {
        "pack": pack.pack,
        "cards": len(serials),
        "serials": serials,  # in the order of their positions, from 1
        "sha256": hashlib.sha256("\n".join(serials).encode("ascii")).hexdigest(),
    }


def _plain(lot_no: int, series: Series, pressed: Sequence[PressedPack]) -> bytes:
    """One line a card: pack; position; serial; codes. For the printing house alone."""
    lines = [f"kiosk-lot;1;{lot_name(lot_no)};{series.number}"]
    for pack in pressed:
        for position, card in enumerate(pack.cards, start=1):
            codes = ";".join(code.digits for code in card.codes)
            lines.append(f"{pack.pack};{position};{card.serial.digits};{codes}")
    return ("\n".join(lines) + "\n").encode("ascii")


def _recipients(texts: Sequence[str]) -> list[pyrage.x25519.Recipient]:
    if not texts:
        raise malformed("name the printing house's key: --recipient age1…")
    try:
        return [pyrage.x25519.Recipient.from_str(text) for text in texts]
    except pyrage.RecipientError:
        raise malformed("a recipient is an age key that begins with age1") from None
