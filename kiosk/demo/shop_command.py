"""``kiosk demo --shop``: a newspaper's site that takes the cards, its authority, and a card to pay with, until Ctrl-C.

Says on the terminal where to go and what stands on the cards. They are a demonstration's: real codes are shown nowhere.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from kiosk.demo.operator import OperatorError
from kiosk.demo.printing_house import PrintedCard
from kiosk.demo.processes import ChildError
from kiosk.demo.shop_world import ShopWorld

BOXES_A_ROW: Final = 5
Say = Callable[[str], None]


def play_shop(folder: Path, say: Say, *, language: str) -> int:
    """Until a process ends or somebody presses Ctrl-C; everything is stopped then. Its addresses lead to pages in ``language``."""
    world = ShopWorld(folder)
    try:
        say("Preparing the authority, two cards and the shop…")
        world.open()
        say(invitation(world, language=language))
        world.wait_for_end()
        say("A process has ended by itself; its diary is in " + str(folder / "log"))
        return 1
    except (OperatorError, ChildError) as error:
        say(f"The demonstration could not start: {error}")
        return 1
    except KeyboardInterrupt:
        say("\nStopping the shop and the authority…")
        return 0
    finally:
        world.close()


def invitation(world: ShopWorld, *, language: str) -> str:
    """What a person needs to know, in the order of doing it."""
    euros = f"{world.face.minor // 100} €"
    lang = f"?lang={language}"
    return "\n".join(
        [
            "",
            f"The shop « Presse du Matin » sells articles one by one:   {world.shop_address}/{lang}",
            f"What is left on a card, its shopper sees at:              {world.authority_address}/balance{lang}",
            f"The shop's back page gives money back:                    {world.shop_address}/gestion{lang}",
            f"    any name, password {world.back_password}",
            "",
            *_cards(world.cards, euros),
            "Each box pays once. These are a demonstration's cards: real codes are shown nowhere.",
            "Ctrl-C ends it.",
        ]
    )


def _cards(cards: Iterable[PrintedCard], euros: str) -> Iterable[str]:
    for number, card in enumerate(cards, 1):
        yield f"Card {number}, {euros}, active. Serial {_grouped(card.serial)}. Its boxes, scratched:"
        for start in range(0, len(card.codes), BOXES_A_ROW):
            row = enumerate(card.codes[start : start + BOXES_A_ROW], start + 1)
            yield "   " + "   ".join(f"{box:>2}: {_grouped(code)}" for box, code in row)
        yield ""


def _grouped(digits: str) -> str:
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))
