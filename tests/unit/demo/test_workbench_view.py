"""What the workbench's window shows of a state, and what its keys do, without a window."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.demo.rack import RackCard
from kiosk.demo.workbench_host import WorkbenchHost
from kiosk.demo.workbench_view import NEXT_CARDS, bench_view, press, rack_view
from kiosk.domain.currency import EUR, FRF
from kiosk.domain.money import Money
from kiosk.i18n.language import Language
from tests.helpers.customer import language
from tests.helpers.till_rig import EUROS, FRANCS, serial

CATALOGUES = (EUROS, FRANCS)


@pytest.fixture(scope="module")
def french() -> Language:
    return language("fr")


@pytest.fixture
def host(tmp_path: Path) -> Iterator[WorkbenchHost]:
    (tmp_path / "workbench.json").write_text(json.dumps({"authority_port": 9}), "utf-8")
    made = WorkbenchHost(tmp_path)
    made.start()
    yield made
    made.stop()


def rack() -> tuple[RackCard, ...]:
    cards = [RackCard(serial(number, "12"), "12", Money(2000, EUR), "in_stock") for number in range(5)]
    cards.append(RackCard(serial(77, "12"), "12", Money(2000, EUR), "stolen"))
    cards.append(RackCard(serial(78, "01"), "01", Money(5000, FRF), "franc"))
    return tuple(cards)


def test_the_next_cards_lie_on_top_and_scanned_ones_stay_in_reach(french: Language) -> None:
    """Whoever demonstrates would scan a sold card by accident, or find no sold card to show what the till says of it."""
    cards = rack()
    before = rack_view(cards, (0,) * len(cards), CATALOGUES, french)
    assert [section.title for section in before] == ["20\u00a0€", "Cartes à problème"]
    assert [card.place for card in before[0].cards] == list(range(NEXT_CARDS))
    after = rack_view(cards, (1, 0, 0, 0, 0, 1, 0), CATALOGUES, french)
    assert [card.place for card in after[0].cards] == list(range(1, NEXT_CARDS + 1))
    assert [section.title for section in after][-1] == "Déjà passées"
    assert [card.place for card in after[-1].cards] == [0]


def test_a_card_shows_its_look_and_four_digits(french: Language) -> None:
    """A picture of the workbench would give card numbers away."""
    (fresh, odd) = rack_view(rack(), (0,) * 7, CATALOGUES, french)
    shown = fresh.cards[0]
    assert (shown.value, shown.colour, shown.dots) == ("20\u00a0€", "d100", 13)
    assert serial(0, "12") not in repr(fresh)
    assert odd.cards[0].below.startswith("volée")
    assert odd.cards[1].value == "50\u00a0F"
    assert odd.cards[1].brand == "EasySmartCodes 2001"


KEYS = (
    "net_cut",
    "net_lose",
    "net_slow",
    "paper_out",
    "paper_low",
    "cover",
    "power",
    "printer_unplug",
    "scanner_unplug",
)


@pytest.mark.parametrize("name", KEYS)
def test_a_key_does_it_and_a_second_press_takes_it_back(host: WorkbenchHost, french: Language, name: str) -> None:
    """A fault would stay in the demonstration after its key was released, or never begin."""

    def is_on() -> bool:
        (key,) = [key for key in bench_view(host.state(), french, kill=False).keys if key.name == name]
        return key.on

    assert not is_on()
    press(host, name, on=False)
    assert is_on()
    press(host, name, on=True)
    assert not is_on()


def test_the_lost_answer_is_that_of_one_activation(host: WorkbenchHost, french: Language) -> None:
    """The demonstration would lose the answer to a scan, and never come to the screen that it wants to show."""
    press(host, "net_lose", on=False)
    mode = host.proxy.mode
    assert (mode.fault.value, mode.times, mode.path) == ("lose_answer", 1, "/commit")
    assert bench_view(host.state(), french, kill=False).network == "la réponse sera perdue"


def test_keys_of_an_absent_demonstration_are_not_there(host: WorkbenchHost, french: Language) -> None:
    """A key would promise to kill a till that nobody started."""
    shown = {key.name for key in bench_view(host.state(), french, kill=False).keys if key.shown}
    assert not shown & {"kill", "restart", "drawer_close"}
    shown = {key.name for key in bench_view(host.state(), french, kill=True).keys if key.shown}
    assert {"kill", "restart"} <= shown


def test_an_unknown_key_is_a_mistake_of_ours(host: WorkbenchHost) -> None:
    """A misspelt key would do nothing, and nobody would notice."""
    with pytest.raises(ValueError, match="no such key"):
        press(host, "rain", on=False)
