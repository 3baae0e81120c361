"""A scanner that types like a keyboard beside a person at the same keyboard: who typed what, and that nobody's keys are lost."""

import pytest

from kiosk.ui.wedge import GAP_MS, SPOILED, Burst, Heard, Wedge

SERIAL = "4929341267091398"


class Keyboard:
    """Types into a wedge and keeps what comes out."""

    def __init__(self) -> None:
        self.wedge = Wedge[str]()
        self.now_ms = 1_000
        self.bursts: list[Burst] = []
        self.keys = ""

    def type(self, text: str, *, gap_ms: int) -> None:
        """One key after the other, each so long after the one before; ``⏎`` is Enter, ``⇧`` Shift, ``⇤`` any other key."""
        for char in text:
            self.now_ms += gap_ms
            if gap_ms >= GAP_MS:
                self._came(self.wedge.silence())
            match char:
                case "⏎":
                    self._came(self.wedge.ended(self.now_ms, char))
                case "⇧":
                    self._came(self.wedge.beside(char))
                case "⇤":
                    self._came(self.wedge.other(self.now_ms, char))
                case _:
                    self._came(self.wedge.typed(char, self.now_ms, char))

    def wait(self) -> None:
        """Nothing comes for a while."""
        self.now_ms += 10 * GAP_MS
        self._came(self.wedge.silence())

    def _came(self, heard: Heard[str]) -> None:
        if heard.burst is not None:
            self.bursts.append(heard.burst)
        self.keys += "".join(heard.keys)


def test_a_scan_is_a_scan_and_presses_nothing() -> None:
    """Sixteen digits would open the cash page as an amount, and Enter would take it (settled look: design, wedge)."""
    keyboard = Keyboard()
    keyboard.type(SERIAL + "⏎", gap_ms=5)
    keyboard.wait()
    assert (keyboard.bursts, keyboard.keys) == ([Burst(SERIAL, complete=True)], "")


def test_a_person_types_as_ever() -> None:
    """An amount that a clerk types would be lost, or come in another order."""
    keyboard = Keyboard()
    keyboard.type("117,37⏎⇤12⇧3", gap_ms=90)
    keyboard.wait()
    assert (keyboard.bursts, keyboard.keys) == ([], "117,37⏎⇤12⇧3")


@pytest.mark.parametrize("short", ["1", "12", "12345"])
def test_a_few_quick_keys_are_a_persons(short: str) -> None:
    """Two fingers that roll over the keys would be taken for a scanner."""
    keyboard = Keyboard()
    keyboard.type(short + "⏎", gap_ms=10)
    keyboard.wait()
    assert (keyboard.bursts, keyboard.keys) == ([], short + "⏎")


def test_a_person_before_and_after_a_scan() -> None:
    """A clerk who types while scanning would spoil the number, or lose what was typed."""
    keyboard = Keyboard()
    keyboard.type("20", gap_ms=120)
    keyboard.wait()
    keyboard.type(SERIAL + "⏎", gap_ms=4)
    keyboard.type("5⏎", gap_ms=150)
    keyboard.wait()
    assert (keyboard.bursts, keyboard.keys) == ([Burst(SERIAL, complete=True)], "205⏎")


def test_a_scanner_without_a_suffix_is_incomplete() -> None:
    """Half a number would be sold as a whole one: the till refuses what did not come to its end."""
    keyboard = Keyboard()
    keyboard.type(SERIAL[:9], gap_ms=3)
    keyboard.wait()
    keyboard.type("⏎", gap_ms=200)
    assert (keyboard.bursts, keyboard.keys) == ([Burst(SERIAL[:9], complete=False)], "⏎")


def test_a_suffix_of_two_keys_presses_no_button() -> None:
    """Scanners that end with CR and LF would press the blue button after each scan."""
    keyboard = Keyboard()
    keyboard.type(SERIAL + "⏎⏎", gap_ms=4)
    keyboard.type("⏎", gap_ms=400)
    assert (keyboard.bursts, keyboard.keys) == ([Burst(SERIAL, complete=True)], "⏎")


def test_a_bar_code_that_commands_is_no_scan_and_no_command() -> None:
    """A printed code could lock the till, print, or take back a line, by typing the keys for it (TM-19)."""
    keyboard = Keyboard()
    keyboard.type("12345678⇤9012⇤3⏎⇤", gap_ms=4)
    keyboard.type("⇤", gap_ms=300)
    assert keyboard.keys == "⇤"
    assert [one.text for one in keyboard.bursts] == [f"12345678{SPOILED}9012{SPOILED}3"]


def test_shift_between_the_keys_of_a_scan_does_not_end_it() -> None:
    """On a French keyboard digits are typed with Shift."""
    keyboard = Keyboard()
    keyboard.type("".join(f"⇧{char}⇧" for char in SERIAL) + "⏎", gap_ms=2)
    # the first Shift came before anything that could be a scan, and types nothing by itself
    assert (keyboard.bursts, keyboard.keys) == ([Burst(SERIAL, complete=True)], "⇧")


def test_a_scanner_that_takes_the_keyboard_for_an_american_one() -> None:
    """« àà'HA » in place of 004: on a French keyboard no card at all could be sold."""
    keyboard = Keyboard()
    keyboard.type("'ç\"'&éèà⏎", gap_ms=4)
    keyboard.wait()
    keyboard.type("12&345⏎", gap_ms=4)
    assert [one.text for one in keyboard.bursts] == ["49341270", "12&345"]


def test_a_burst_does_not_show_its_text() -> None:
    """A serial would stand in a log."""
    assert SERIAL not in repr(Burst(SERIAL, complete=True))
