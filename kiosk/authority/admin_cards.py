"""The operator's commands about cards: make a lot, ship, receive and bind packs, block a card.

Not responsible for rights and four eyes: whoever may read the data folder is the operator until the office exists.
"""

import argparse
from pathlib import Path

from kiosk.authority import installation
from kiosk.authority.admin_support import opened, say, show
from kiosk.authority.core import Authority
from kiosk.authority.services import distribute
from kiosk.authority.services.refused import malformed
from kiosk.authority.store import cards, packs
from kiosk.authority.store.lines import lines_of_card
from kiosk.authority.store.packs import PackRow
from kiosk.authority.store.ports import Transaction
from kiosk.domain.activation import Block, Record
from kiosk.domain.card import NumberFault, Serial, parse_serial
from kiosk.domain.series import Series


def issue(arguments: argparse.Namespace) -> int:
    # the age library is imported by the one command that needs it
    from kiosk.authority.services.issue import PressRoom

    with opened(arguments) as authority:
        lots = installation.Places(arguments.data).lots
        recipients = arguments.recipient or _demonstration_printer(authority, lots)
        lot = PressRoom(clock=authority.clock, keys=authority.keys).issue(
            authority.store,
            series=_series(authority, arguments.series),
            cards_count=arguments.cards,
            pack_cards=arguments.pack_cards,
            recipients=recipients,
            folder=lots,
        )
    names = [pack.pack for pack in lot.packs]
    say(
        arguments,
        {"lot": lot.name, "cards": lot.row.cards, "packs": names, "folder": str(lots)},
        f"Lot {lot.name}: {lot.row.cards} cards in {len(names)} packs, {names[0]} to {names[-1]}.\n"
        f"In {lots}: lot-{lot.name}.age for the printing house, manifest-{lot.name}.json for the warehouse.",
    )
    return 0


def ship(arguments: argparse.Namespace) -> int:
    def work(tx: Transaction) -> list[PackRow]:
        names = list(arguments.pack)
        if arguments.lot is not None:
            names += [row.pack for row in packs.packs_of_lot(tx, arguments.lot) if row.shop_id is None]
        if not names:
            raise malformed("name the packs, or a lot with packs that were not shipped yet")
        return [distribute.ship(tx, name, shop_id=arguments.shop) for name in names]

    with opened(arguments) as authority:
        shipped = authority.store.write(work)
    say(
        arguments,
        {"shop": arguments.shop, "packs": [row.pack for row in shipped]},
        f"{len(shipped)} packs with {sum(row.cards for row in shipped)} cards are on their way to shop {arguments.shop}.",
    )
    return 0


def receive(arguments: argparse.Namespace) -> int:
    with opened(arguments) as authority:
        row = authority.store.write(
            lambda tx: distribute.receive(
                tx, shop_id=arguments.shop, first=arguments.first, last=arguments.last, now_ms=authority.clock.now_ms()
            )
        )
    say(
        arguments,
        {"pack": row.pack, "cards": row.cards},
        f"Pack {row.pack} is in stock at {arguments.shop}: {row.cards} cards.",
    )
    return 0


def bind(arguments: argparse.Namespace) -> int:
    def work(tx: Transaction) -> None:
        for name in arguments.pack:
            distribute.bind(tx, name, terminal_id=arguments.terminal)

    with opened(arguments) as authority:
        authority.store.write(work)
    owner = f"terminal {arguments.terminal}" if arguments.terminal else "no terminal"
    say(
        arguments,
        {"packs": arguments.pack, "terminal": arguments.terminal},
        f"{len(arguments.pack)} packs belong to {owner}.",
    )
    return 0


def block(arguments: argparse.Namespace) -> int:
    return _block(arguments, Block(arguments.reason))


def unblock(arguments: argparse.Namespace) -> int:
    return _block(arguments, None)


def card(arguments: argparse.Namespace) -> int:
    """What is known of one card: its state, its block, and the lines that named it."""
    serial = _serial(arguments)

    def work(tx: Transaction) -> dict[str, object] | None:
        card_id = cards.card_id_of(serial.digits)
        row = cards.find_card(tx, card_id)
        if row is None:
            return None
        named = lines_of_card(tx, card_id)
        return {
            "serial": f"••••{serial.last4}",
            "state": row.state.value,
            "block": row.block.value if row.block else None,
            "committed": sum(line.record is Record.COMMITTED for line in named),
            "lines": [{"line_id": line.line_id, "record": line.record.value} for line in named],
        }

    with opened(arguments) as authority:
        found = authority.store.read(work)
    if found is None:
        raise malformed(f"no card ••••{serial.last4}")
    show(arguments, found)
    return 0


def _serial(arguments: argparse.Namespace) -> Serial:
    serial = parse_serial(arguments.serial)
    if isinstance(serial, NumberFault):
        raise malformed("a serial has 16 digits with a right check: look at it again")
    return serial


def _block(arguments: argparse.Namespace, reason: Block | None) -> int:
    serial = _serial(arguments)
    with opened(arguments) as authority:
        found = authority.store.write(lambda tx: cards.block(tx, cards.card_id_of(serial.digits), reason))
    if not found:
        raise malformed(f"no card ••••{serial.last4}")
    state = f"blocked ({reason.value})" if reason else "free of any block"
    say(
        arguments,
        {"serial": f"••••{serial.last4}", "block": reason.value if reason else None},
        f"Card ••••{serial.last4} is {state}.",
    )
    return 0


def _series(authority: Authority, number: str) -> Series:
    for catalogue in authority.catalogues:
        series = catalogue.find(number)
        if series is not None:
            return series
    known = ", ".join(one.number for catalogue in authority.catalogues for one in catalogue.series)
    raise malformed(f"no series {number}: there are {known}")


def _demonstration_printer(authority: Authority, folder: Path) -> list[str]:
    """The printing house of a demonstration: a key beside the lots. A real one sends its own public key."""
    if not authority.demonstration:
        return []
    import pyrage

    path = folder / "printer.agekey"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(str(pyrage.x25519.Identity.generate()) + "\n", encoding="ascii")
    return [str(pyrage.x25519.Identity.from_str(path.read_text(encoding="ascii").strip()).to_public())]
