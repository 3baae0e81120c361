"""Whole sales on the real widgets with scanner and keyboard alone, the real till behind them."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from kiosk.i18n.language import open_language
from kiosk.resources import asset
from kiosk.till.commands import Command
from kiosk.till.messages import DeviceHealth, DeviceState
from kiosk.till.state import Stage
from kiosk.ui.clerk_face import ClerkFace
from kiosk.ui.draft import Looks
from kiosk.ui.fonts import load_fonts
from kiosk.ui.screens.clerk.sale import SaleScreen
from kiosk.ui.shell import Shell
from kiosk.ui.theme import ThemeName, apply_theme, load_theme
from tests.helpers.till_rig import CARD, OTHER, THIRD, Rig

PARIS = ZoneInfo("Europe/Paris")


class Counter:
    """A window, a till, and two hands on the keyboard. No mouse anywhere."""

    def __init__(self, qtbot: QtBot, *, bank_card: bool = True) -> None:
        self.rig = Rig(bank_card=bank_card)
        self.languages = {name: open_language(asset("locale"), name, PARIS) for name in ("fr", "en")}
        self.shell = Shell(too_small="", settle_ms=0)
        qtbot.addWidget(self.shell)
        self.face = ClerkFace(shell=self.shell, languages=self.languages, looks=Looks(), clock=self.rig.clock)
        self.face.command.connect(self._command)
        self.commands: list[Command] = []
        self.shell.show()
        self.shell.activateWindow()
        qtbot.waitUntil(self.shell.isActiveWindow)
        self.rig.clock_known()
        self.see()

    def _command(self, command: Command) -> None:
        self.commands.append(command)
        self.rig.tell(command)
        self.see()

    def see(self) -> None:
        self.face.show_state(self.rig.state)

    def press(self, *keys: Qt.Key | str, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        for key in keys:
            if isinstance(key, str):
                QTest.keyClicks(self.focus if self.focus is not None else self.shell, key, modifier)
            else:
                QTest.keyClick(self.focus if self.focus is not None else self.shell, key, modifier)

    @property
    def focus(self) -> QWidget | None:
        """What the keyboard reached."""
        return self.shell.focusWidget()

    def log_in(self) -> None:
        self.press("1", "3", "5", "7", Qt.Key.Key_Return)

    def scan(self, card: str = CARD) -> None:
        self.rig.sell(card)
        self.see()

    def commit(self, *cards: str) -> None:
        for card in cards or (CARD,):
            self.rig.answer("commit", "committed", card=card)
        self.see()

    @property
    def screen(self) -> str:
        assert self.shell.scene is not None
        return self.shell.scene.screen


@pytest.fixture
def counter(qapp: QApplication, qtbot: QtBot) -> Iterator[Counter]:
    load_fonts(asset("fonts"))
    apply_theme(qapp, load_theme(asset("themes"), ThemeName.LIGHT))
    made = Counter(qtbot)
    yield made
    made.face.deleteLater()


def test_log_in_by_keyboard(counter: Counter) -> None:
    """A clerk with a broken touch panel could not open the till."""
    assert counter.screen == "login"
    counter.press(Qt.Key.Key_Down)
    assert counter.face.draft.user_id == "lea"
    counter.press("9", "9", "9", "9", Qt.Key.Key_Enter)
    assert counter.screen == "login"
    assert counter.face.draft.pin == ""
    counter.log_in()
    assert counter.screen == "sale"
    assert counter.rig.state.book.user == "lea"


def opened(counter: Counter) -> Counter:
    counter.press(Qt.Key.Key_Down)
    counter.log_in()
    return counter


def test_a_cash_sale_is_scan_f9_enter(counter: Counter) -> None:
    """The commonest sale would need a mouse, or more than the promised two keys (ux/design.md 6)."""
    opened(counter)
    counter.scan()
    assert counter.screen == "sale"
    counter.press(Qt.Key.Key_F9)
    assert counter.screen == "cash"
    counter.press(Qt.Key.Key_Return)
    assert counter.screen == "activating"
    counter.commit()
    assert counter.screen == "result"
    counter.press(Qt.Key.Key_Return)
    assert counter.screen == "sale"
    assert counter.rig.state.sale is None


def test_digits_in_the_sale_are_the_cash_given(counter: Counter) -> None:
    """Typing what the customer gives would do nothing, as it does on no other till."""
    opened(counter)
    counter.scan()
    counter.press("5", "0")
    assert counter.screen == "cash"
    assert counter.face.draft.received == "50"
    counter.press(Qt.Key.Key_Return)
    counter.commit()
    tender = counter.rig.sale.tenders[0]
    assert (tender.received_minor, tender.change_minor) == (5000, 3000)


def test_too_little_cash_is_not_taken(counter: Counter) -> None:
    """Cards would be activated for less money than they are worth."""
    opened(counter)
    counter.scan()
    counter.press(Qt.Key.Key_F9, "1", Qt.Key.Key_Return)
    assert counter.screen == "cash"
    assert counter.rig.sale.tenders == ()
    counter.press(Qt.Key.Key_Escape)
    assert counter.screen == "sale"
    assert len(counter.rig.sale.live) == 1


def test_lines_are_chosen_removed_and_put_back_by_keys(counter: Counter) -> None:
    """A card scanned by mistake could not leave the basket without a mouse."""
    opened(counter)
    for card in (CARD, OTHER, THIRD):
        counter.scan(card)
    counter.press(Qt.Key.Key_Down)
    counter.press(Qt.Key.Key_Delete)
    assert [line.serial for line in counter.rig.sale.live] == [CARD, THIRD]
    counter.press(Qt.Key.Key_Z, modifier=Qt.KeyboardModifier.ControlModifier)
    assert {line.serial for line in counter.rig.sale.live} == {CARD, OTHER, THIRD}


def test_a_receipt_is_printed_by_its_letter_and_never_by_enter(counter: Counter) -> None:
    """Paper would come out for every customer who wants none (AGEC)."""
    opened(counter)
    counter.rig.tell(ready("printer"))
    counter.scan()
    counter.press(Qt.Key.Key_F9, Qt.Key.Key_Return)
    counter.commit()
    counter.press("o")
    assert len(counter.rig.printer.jobs) == 1
    counter.press(Qt.Key.Key_Return)
    assert counter.screen == "sale"
    assert len(counter.rig.printer.jobs) == 1


def test_a_bank_card_sale_is_one_key(counter: Counter) -> None:
    """A bank card would need a mouse."""
    opened(counter)
    counter.rig.tell(ready("bankcard"))
    counter.scan()
    counter.see()
    counter.press(Qt.Key.Key_F10)
    assert counter.screen == "bank_card"
    counter.press(Qt.Key.Key_Return, Qt.Key.Key_Escape)
    assert counter.screen == "bank_card"  # neither key claims anything about the money


def test_the_manual_terminal_is_answered_by_letters(qapp: QApplication, qtbot: QtBot) -> None:
    """A shop whose terminal is not connected could not be paid by bank card."""
    counter = opened(Counter(qtbot, bank_card=False))
    counter.scan()
    counter.press(Qt.Key.Key_F10)
    assert counter.screen == "bank_card"
    assert counter.rig.state.stage is Stage.CHARGING
    counter.press(Qt.Key.Key_Return)
    assert counter.rig.sale.tenders == ()
    counter.press("a")
    assert counter.screen == "activating"


def test_a_typed_serial_by_keys(counter: Counter) -> None:
    """A card with a scratched barcode could not be sold by keyboard."""
    opened(counter)
    reach(counter, "Saisir le numéro")
    counter.press(Qt.Key.Key_Return)
    assert counter.screen == "type_serial"
    counter.press(*CARD[:15])
    counter.press(Qt.Key.Key_Return)
    assert counter.screen == "type_serial"
    counter.press(CARD[15], Qt.Key.Key_Return)
    assert counter.screen == "sale"
    assert counter.rig.asked("reserve", CARD)


def test_balance_tickets_help_and_lock_by_keys(counter: Counter) -> None:
    """A page would be reachable by touch only."""
    opened(counter)
    counter.press(Qt.Key.Key_F3)
    assert counter.screen == "balance"
    counter.press(*CARD, Qt.Key.Key_Return)
    assert counter.rig.gateway.balances
    counter.press(Qt.Key.Key_Escape)
    assert counter.screen == "sale"
    for key, screen in ((Qt.Key.Key_F4, "tickets"), (Qt.Key.Key_F1, "help")):
        counter.press(key)
        assert counter.screen == screen
        counter.press(Qt.Key.Key_Escape)
        assert counter.screen == "sale"
    counter.press(Qt.Key.Key_F5)  # the browser's habit does nothing here
    assert counter.screen == "sale"
    counter.press(Qt.Key.Key_F12)
    assert counter.rig.state.stage is Stage.LOCKED
    assert counter.screen == "login"


def test_a_lock_keeps_the_basket(counter: Counter) -> None:
    """The customer's cards would have to be scanned again after a short absence."""
    opened(counter)
    counter.scan()
    counter.press(Qt.Key.Key_L, modifier=Qt.KeyboardModifier.ControlModifier)
    assert counter.screen == "login"
    counter.log_in()
    assert counter.screen == "sale"
    assert len(counter.rig.sale.live) == 1


def test_nobody_there_locks_the_till(counter: Counter) -> None:
    """A passer-by could sell cards from an abandoned till."""
    opened(counter)
    counter.rig.clock.advance(179_000)
    counter.face.tick()
    assert counter.rig.at(Stage.SALE)
    counter.rig.clock.advance(2_000)
    counter.face.tick()
    assert counter.rig.at(Stage.LOCKED)


def test_tab_reaches_every_button_and_shows_a_ring(counter: Counter) -> None:
    """Somebody who cannot use a touch panel could not tell where the keyboard is."""
    opened(counter)
    counter.scan()
    page = counter.shell.page("sale")
    assert isinstance(page, SaleScreen)
    wanted = {button.accessibleName() for button in page.actions_now()}
    seen: set[str] = set()
    for _ in range(40):
        counter.press(Qt.Key.Key_Tab)
        focused = counter.focus
        if focused is not None:
            seen.add(focused.accessibleName())
            assert counter.shell._ring.isVisible()
    assert wanted <= seen


def test_an_answer_that_never_came_by_keys(counter: Counter) -> None:
    """The hardest moment of the day would need a mouse."""
    opened(counter)
    counter.scan()
    counter.press(Qt.Key.Key_F9, Qt.Key.Key_Return)
    counter.rig.pass_time(30_000)
    counter.see()
    assert counter.screen == "unknown"
    reach(counter, counter.languages["fr"].words("unk.give"))
    counter.press(Qt.Key.Key_Return)
    assert counter.commands[-1].__class__.__name__ != "ChooseUnknown"  # asks first
    reach(counter, counter.languages["fr"].words("unk.give_yes"))
    counter.press(Qt.Key.Key_Return)
    assert counter.commands[-1].__class__.__name__ == "ChooseUnknown"


def test_a_hasty_second_enter_does_not_skip_the_change(qapp: QApplication, qtbot: QtBot) -> None:
    """The change would vanish from the screen before it is read."""
    counter = Counter(qtbot)
    opened(counter)
    counter.scan()
    counter.press(Qt.Key.Key_F9, Qt.Key.Key_Return)
    counter.shell._settle_ms = 60_000
    counter.commit()
    assert counter.screen == "result"
    counter.press(Qt.Key.Key_Return)
    assert counter.screen == "result"


def reach(counter: Counter, name: str) -> None:
    """Tab until the button with this name has the focus."""
    for _ in range(60):
        counter.press(Qt.Key.Key_Tab)
        focused = counter.focus
        if focused is None:
            continue
        if focused.accessibleName() == name:
            return
    raise AssertionError(f"Tab never reaches “{name}”")


def ready(device: str) -> DeviceHealth:
    return DeviceHealth(device, DeviceState.READY, "", 0)
