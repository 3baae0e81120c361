"""The customer display's driver on a real pseudo-terminal."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.clock import SystemClock
from kiosk.devices.display import EpsonDisplay, frame
from kiosk.devices.virtual import VirtualDisplay
from kiosk.settings import parse_device_address
from kiosk.till.messages import DeviceHealth, DeviceState
from tests.helpers.mailbox import Mailbox


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[VirtualDisplay, EpsonDisplay, Mailbox]]:
    mail = Mailbox()
    with VirtualDisplay(link=tmp_path / "display") as twin:
        address = parse_device_address(f"serial://{tmp_path}/display?baud=9600")
        driver = EpsonDisplay(address, post=mail, clock=SystemClock())
        driver.start()
        mail.wait(DeviceHealth, lambda message: message.state is DeviceState.READY)
        yield twin, driver, mail
        assert driver.stop()
        assert twin.unknown == ""


Pair = tuple[VirtualDisplay, EpsonDisplay, Mailbox]


def test_accents_euro_and_long_text(pair: Pair) -> None:
    """The customer would read “15,00 ñ”, or a long name would push the amount off the glass."""
    twin, driver, _ = pair
    driver.show("Été à l’hôtel\u202f! " + "x" * 40, "TOTAL\u00a015,00\u00a0€")
    assert twin.wait(lambda: twin.lines == ("Été à l’hôtel ! xxxx", "TOTAL 15,00 €"))
    assert twin.picture().startswith(b"\x89PNG")


def test_the_last_wish_wins_and_nothing_flickers(pair: Pair) -> None:
    """A quick sale would keep the display busy for seconds after it."""
    twin, driver, _ = pair
    before = twin.frames
    for number in range(500):
        driver.show("TOTAL", str(number))
    assert twin.wait(lambda: twin.lines == ("TOTAL", "499"))
    assert twin.frames - before <= 3


def test_a_replugged_display_shows_the_last_text(pair: Pair) -> None:
    """The customer would look at a dark glass until the next sale."""
    twin, driver, mail = pair
    driver.show("A", "B")
    assert twin.wait(lambda: twin.lines == ("A", "B"))
    twin.unplug()
    mail.wait(DeviceHealth, lambda message: message.state is DeviceState.LOST)
    driver.show("C", "D")
    twin.replug()
    assert twin.wait(lambda: twin.lines == ("C", "D"))


def test_a_stalled_display_does_not_slow_the_till(pair: Pair) -> None:
    """Every key of the clerk would wait for a display that nobody reads."""
    twin, driver, _ = pair
    twin.stall()
    clock = SystemClock()
    began = clock.monotonic_ms()
    for number in range(2000):
        driver.show("N", str(number))
    assert clock.monotonic_ms() - began < 500
    twin.stall(stalled=False)
    assert twin.wait(lambda: twin.lines == ("N", "1999"))


def test_a_frame_is_short_and_whole() -> None:
    """A long frame would tear on a slow display."""
    assert len(frame("x" * 90, "é€")) == 41
    assert frame("a", "b\n\x1b@")[21:] == b"b @".ljust(20)
