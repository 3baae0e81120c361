"""What stands around every page: who and where, the devices, and the one sentence about the whole terminal."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kiosk.i18n.language import open_language
from kiosk.resources import asset
from kiosk.till.messages import DeviceHealth, DeviceState, PaperLevel
from kiosk.till.state import DiskRoom, Notice, Stage
from kiosk.ui.draft import Draft
from kiosk.ui.presenters.clerk import frame, login, sale
from kiosk.ui.sample_parts import state
from kiosk.ui.samples import Sample, samples

FR = open_language(asset("locale"), "fr", ZoneInfo("Europe/Paris"))
NB = "\u00a0"


def sample(name: str) -> Sample:
    return next(one for one in samples() if one.name == name)


def test_offline_is_told_once() -> None:
    """The page of a promise would say « hors ligne » three times."""
    assert frame.view(sample("promised").state, Draft(), FR).banner.text == ""
    assert "14:21" in frame.view(sample("sale-offline").state, Draft(), FR).banner.text


@pytest.mark.parametrize(
    ("health", "text", "trouble"),
    [
        (DeviceHealth("printer", DeviceState.READY, "", 0, PaperLevel.OK), "Imprimante", False),
        (DeviceHealth("printer", DeviceState.READY, "", 0, PaperLevel.LOW), "Papier bientôt fini", True),
        (DeviceHealth("printer", DeviceState.ATTENTION, "paper_out", 0, PaperLevel.OUT), "Plus de papier", True),
        (DeviceHealth("printer", DeviceState.ATTENTION, "cover_open", 0), "Capot ouvert", True),
        (DeviceHealth("printer", DeviceState.ATTENTION, "no_answer", 0), "Imprimante à vérifier", True),
        (DeviceHealth("printer", DeviceState.LOST, "", 0), "Imprimante débranchée", True),
        (DeviceHealth("printer", DeviceState.DENIED, "", 0), f"Imprimante{NB}: accès refusé", True),
        (DeviceHealth("scanner", DeviceState.LOST, "", 0), "Lecteur débranché", True),
        (DeviceHealth("scanner", DeviceState.OPENING, "", 0), "Lecteur…", False),
    ],
)
def test_device_chips(health: DeviceHealth, text: str, trouble: bool) -> None:
    """The clerk would look for the fault in the wrong place."""
    chip = frame.chips(replace(state(Stage.SALE), devices=(health,)), FR)[1]
    assert (chip.text, chip.trouble) == (text, trouble)


def test_a_device_that_is_not_there_by_choice_has_no_chip() -> None:
    """A shop without a scanner would be warned for ever."""
    none = DeviceHealth("scanner", DeviceState.DISABLED, "", 0)
    assert len(frame.chips(replace(state(Stage.SALE), devices=(none,)), FR)) == 1


def test_demonstration_keys_are_named_on_every_page() -> None:
    """A demonstration would be taken for a real till (settled decision 12)."""
    at_ = replace(state(Stage.SALE), demonstration_keys=True)
    assert "démonstration" in frame.view(at_, Draft(), FR).till
    assert any("démonstration" in chip.text for chip in login.view(replace(at_, stage=Stage.LOCKED), Draft(), FR).chips)


def test_paper_trouble_of_an_earlier_sale_stays_visible() -> None:
    """A receipt that never came out would be forgotten with the next scan."""
    at_ = replace(state(Stage.SALE), notice=Notice(key="rcpt.refused.paper_out", serial_no=7))
    assert "papier" in frame.view(at_, Draft(), FR).banner.text.lower()
    assert sale.zone(at_, Draft(), FR).kind == "scan"


@pytest.mark.parametrize(
    ("changes", "said", "tone"),
    [
        ({"tampered": True}, "journal a été modifié", "danger"),
        ({"disk": DiskRoom.NO_SALES}, "disque est plein", "danger"),
        ({"disk": DiskRoom.NO_PROMISES}, "Disque presque plein", "warning"),
        ({"disk": DiskRoom.LOW}, "Disque presque plein", "warning"),
        ({"parked": 1}, "1 écriture refusée", "warning"),
        ({"parked": 2}, "2 écritures refusées", "warning"),
        ({"parked": 2, "disk": DiskRoom.LOW}, "Disque presque plein", "warning"),
        ({"link_up": False, "disk": DiskRoom.LOW}, "Hors ligne", "warning"),
        ({"link_up": False, "disk": DiskRoom.NO_SALES}, "disque est plein", "danger"),
        ({}, "", "warning"),
    ],
)
def test_what_stops_sales_or_soon_will_is_said_before_a_customer_waits(
    changes: dict[str, Any], said: str, tone: str
) -> None:
    """The shop would learn of a full disk or of a journal that was changed when a sale is refused (JR-08, JR-11)."""
    banner = frame.view(replace(state(Stage.SALE), **changes), Draft(), FR).banner
    assert (said in banner.text, bool(banner.text), banner.tone) == (True, bool(said), tone)
