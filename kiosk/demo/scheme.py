"""A small scheme to sell cards of: one shop with stock of every series, a neighbour, a pack on its way, a stolen card.

Everything is made through the operator's own commands. Not responsible for processes (``world``) nor for virtual devices.
"""

import json
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from kiosk.demo.operator import Operator
from kiosk.domain.card import make_serial
from kiosk.domain.series import Catalogue, Series

SHOP: Final = "TABAC-GARE"
NEIGHBOUR: Final = "PRESSE-PORT"
TILL_NAME: Final = "Caisse 1"
SHOP_NAME: Final = "Tabac de la Gare"
PUBLIC_NAME: Final = "authority.demo"
CARDS_NAME: Final = "cards.json"
PACK_CARDS: Final = 20


@dataclass(frozen=True, slots=True)
class DemoCard:
    """One card of the rack. ``hint`` tells what the till will make of it: in_stock · stolen · other_shop · not_received · damaged ·
    franc."""

    serial: str
    series: str
    face_minor: int
    currency: str
    hint: str

    def __repr__(self) -> str:
        return f"DemoCard(••••{self.serial[-4:]}, {self.hint})"


@dataclass(frozen=True, slots=True)
class Scheme:
    """What was made: the cards to play with, and the packs that the shop received."""

    cards: tuple[DemoCard, ...]
    packs: tuple[str, ...]

    def first(self, series: str, hint: str = "in_stock", *, skip: int = 0) -> DemoCard:
        """The ``skip``-th next card of a series with this hint."""
        found = [card for card in self.cards if card.series == series and card.hint == hint]
        return found[skip]

    def save(self, folder: Path) -> None:
        """Write the rack for the workbench, readable by this user alone."""
        path = folder / CARDS_NAME
        path.touch(mode=0o600)
        path.write_text(json.dumps([asdict(card) for card in self.cards]), "utf-8")


def make_scheme(operator: Operator, catalogue: Catalogue, other: Catalogue) -> Scheme:
    """Initialise the authority, its shops and its cards. ``other`` is a catalogue that the till does not sell."""
    currency = catalogue.currency.code
    operator.call("init", "--demonstration", "--public-name", PUBLIC_NAME)
    _shop(operator, SHOP, SHOP_NAME, "12 place de la Gare, 44000 Nantes", "73282932000074", currency)
    _shop(operator, NEIGHBOUR, "Presse du Port", "3 quai du Port, 44000 Nantes", "55208131766522", currency)
    cards: list[DemoCard] = []
    received: list[str] = []
    for series in catalogue.series:
        lot = _issue(operator, series, packs=2)
        (mine, serials), on_its_way = operator.packs_of(lot)
        operator.call("ship", mine, "--shop", SHOP)
        operator.call("receive", serials[0], serials[-1], "--shop", SHOP)
        received.append(mine)
        cards += [_card(serial, series, "in_stock") for serial in serials]
        if series is catalogue.series[0]:
            cards += _odd_cards(operator, series, on_its_way)
    cards += _strangers(other, catalogue.series[0])
    return Scheme(tuple(cards), tuple(received))


def allow_promises(operator: Operator, currency: str) -> None:
    """The demonstration's policy: a few cards may be sold while the line is down, and the customer may leave with one."""
    operator.call("policy", "allow", "--currency", currency, "--let-go")


def _shop(operator: Operator, shop: str, name: str, address: str, siret: str, currency: str) -> None:
    vat_id = f"FR{_vat_check(siret[:9]):02d}{siret[:9]}"
    options = ("--name", name, "--address", address, "--siret", siret, "--naf", "4726Z", "--vat-id", vat_id)
    operator.call("shop", "add", shop, *options, "--currency", currency)


def _vat_check(siren: str) -> int:
    return (12 + 3 * (int(siren) % 97)) % 97  # the French VAT number's two digits


def _issue(operator: Operator, series: Series, *, packs: int) -> str:
    cards = str(packs * PACK_CARDS)
    answer = operator.call("issue", "--series", series.number, "--cards", cards, "--pack-cards", str(PACK_CARDS))
    return str(answer["lot"])


def _odd_cards(operator: Operator, series: Series, on_its_way: tuple[str, list[str]]) -> Iterator[DemoCard]:
    """Cards that the till must refuse, each for another reason."""
    late_pack, late = on_its_way
    operator.call("ship", late_pack, "--shop", SHOP)
    yield _card(late[0], series, "not_received")
    extra = _issue(operator, series, packs=2)
    (stolen_pack, stolen), (other_pack, other) = operator.packs_of(extra)
    operator.call("ship", stolen_pack, "--shop", SHOP)
    operator.call("receive", stolen[0], stolen[-1], "--shop", SHOP)
    operator.call("block", stolen[0], "stolen")
    operator.call("ship", other_pack, "--shop", NEIGHBOUR)
    operator.call("receive", other[0], other[-1], "--shop", NEIGHBOUR)
    yield _card(stolen[0], series, "stolen")
    yield _card(other[0], series, "other_shop")


def _strangers(other: Catalogue, series: Series) -> Iterator[DemoCard]:
    """A card of the other currency, and one whose print is damaged: right digits but one."""
    random12 = "".join(secrets.choice("0123456789") for _ in range(12))
    franc = other.series[0]
    yield _card(make_serial(random12=random12, series_no=franc.number).digits, franc, "franc")
    whole = make_serial(random12=random12, series_no=series.number).digits
    yield _card(whole[:5] + str((int(whole[5]) + 1) % 10) + whole[6:], series, "damaged")


def _card(serial: str, series: Series, hint: str) -> DemoCard:
    return DemoCard(serial, series.number, series.face.minor, series.face.currency.code, hint)
