"""The customer face: one window without a frame, the current page in it, and the visit that goes through the pages.

Responsible for: the clock's ticks, choosing the arrangement by the window, language and look of a visit, handing intents to the
rules in ``presenters.customer.visit`` and commands to whoever carries them to the till. Not responsible for any of those rules.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, assert_never

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from kiosk.clock import Clock
from kiosk.i18n.language import Language
from kiosk.till.commands import Command
from kiosk.till.state import Balance, TillState
from kiosk.ui.presenters.customer import attract, balance, idle, scan_or_type, unavailable
from kiosk.ui.presenters.customer.visit import (
    FORGET,
    CustomerState,
    Intent,
    Screen,
    Touch,
    Visit,
    observed,
    screen_of,
    ticked,
    touched,
)
from kiosk.ui.screens.customer.attract import AttractScreen
from kiosk.ui.screens.customer.balance import BalanceScreen
from kiosk.ui.screens.customer.form import Form, form_of
from kiosk.ui.screens.customer.idle import IdleScreen
from kiosk.ui.screens.customer.scan_or_type import ScanOrTypeScreen
from kiosk.ui.screens.customer.unavailable import UnavailableScreen
from kiosk.ui.theme import ThemeName
from kiosk.ui.widgets.chip import Chip

TICK_MS: Final = 100  # fine enough for the 600 ms of a digit
UPRIGHT: Final = QSize(1080, 1920)
LYING: Final = QSize(1280, 800)
DEMONSTRATION_PX: Final = 36
MARGIN_PX: Final = 24

CustomerScreen = AttractScreen | ScanOrTypeScreen | BalanceScreen | IdleScreen | UnavailableScreen
CustomerView = attract.View | scan_or_type.View | balance.View | idle.View | unavailable.View


class CustomerFace(QWidget):
    """The whole face. ``command`` carries what is asked of the till; ``show_state`` takes what the till publishes.

    ``closing`` tells that somebody closed the window, which only one that does not fill the screen allows.

    ``size`` is for a window that does not fill the screen; ``look`` puts a theme on the application; ``beep`` is the sound of the
    warning. All in the GUI thread.
    """

    command = Signal(object)
    closing = Signal()

    def __init__(
        self,
        *,
        languages: Mapping[str, Language],
        language: str,
        theme: ThemeName,
        clock: Clock,
        look: Callable[[ThemeName], None],
        beep: Callable[[], None],
        size: QSize | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("kind", "brand")
        self._languages = languages
        self._house_language = language
        self._house_theme = theme
        self._clock = clock
        self._look = look
        self._beep = beep
        self._till: TillState | None = None
        self._seen: Balance | None = None
        self._forgotten = False
        self._visit = Visit(language=language, touched_ms=clock.monotonic_ms())
        self._built: dict[tuple[Screen, Form], CustomerScreen] = {}
        self._shown: tuple[CustomerScreen, CustomerView] | None = None
        self._theme = theme
        self._closing = False
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.setSizeConstraint(QStackedLayout.SizeConstraint.SetNoConstraint)
        room = self.screen().availableSize()
        self.resize(size or (UPRIGHT if room.height() > room.width() else LYING))
        # keys that anybody could copy say so on every page
        self._demonstration = Chip(tone="warning", height=DEMONSTRATION_PX, parent=self)
        self._demonstration.hide()
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.tick)
        self._timer.start()

    def show_state(self, state: TillState) -> None:
        """Take the till's newest state."""
        before, self._seen = self._seen, state.balance
        if before != state.balance:
            self._forgotten = False
        self._till = replace(state, balance=Balance()) if self._forgotten else state
        self._visit = observed(self._visit, before=before, now=state.balance, now_ms=self._clock.monotonic_ms())
        self._show()

    def tick(self) -> None:
        """Let time pass: hide a digit, count down, forget."""
        state = self._state()
        if state is not None:
            self._step(ticked(state, house_language=self._house_language))

    def act(self, intent: Intent) -> None:
        """Do what a touch means."""
        state = self._state()
        if state is None:
            return
        if intent in (Touch.EARLIER, Touch.LATER):
            assert isinstance(intent, Touch)
            self._visit = balance.turned(state, intent, rows=self._form().rows)
        self._step(touched(self._visit, intent, house_language=self._house_language, now_ms=state.now_ms))

    def stop(self) -> None:
        """The application ends: the window may close."""
        self._closing = True
        self._timer.stop()

    @property
    def visit(self) -> Visit:
        """The visit as it stands (tests look at it)."""
        return self._visit

    @property
    def screen_now(self) -> QWidget | None:
        """The page on screen."""
        return self._stack.currentWidget()

    def _step(self, step: tuple[Visit, tuple[Command, ...]]) -> None:
        self._visit, commands = step
        if commands == FORGET and self._till is not None:
            # the till may publish the old answer once more before it has forgotten it
            self._forgotten = True
            self._till = replace(self._till, balance=Balance())
        for command in commands:
            self.command.emit(command)
        self._show()
        if commands == FORGET:
            self._empty_pages()

    def _empty_pages(self) -> None:
        """Nothing of a visit stays in a page that is merely not on screen (TM-17)."""
        state = self._state()
        for screen in self._built.values():
            if state is not None and screen is not self.screen_now:
                screen.show_view(self._view(screen, state))  # type: ignore[arg-type]  # as in `_show`

    def _state(self) -> CustomerState | None:
        if self._till is None:
            return None
        return CustomerState(till=self._till, visit=self._visit, now_ms=self._clock.monotonic_ms())

    def _form(self) -> Form:
        return form_of(self.size(), large=self._visit.large)

    def _show(self) -> None:
        state = self._state()
        if state is None:
            return
        self._dress()
        screen = self._screen(screen_of(state))
        view = self._view(screen, state)
        self._mark(state)
        if self._shown == (screen, view):
            return
        if isinstance(view, idle.View) and view.beep:  # a new view a second
            self._beep()
        self._shown = (screen, view)
        screen.show_view(view)  # type: ignore[arg-type]  # `_view` makes the view of this very screen
        self._stack.setCurrentWidget(screen)
        self._demonstration.raise_()
        screen.setFocus()

    def _mark(self, state: CustomerState) -> None:
        self._demonstration.setVisible(state.till.demonstration_keys)
        if state.till.demonstration_keys:
            self._demonstration.set_look(self._languages[self._visit.language].words("frame.demo_chip"), tone="warning")
            self._demonstration.adjustSize()
            self._demonstration.move(self.width() - self._demonstration.width() - MARGIN_PX, MARGIN_PX // 2)
            self._demonstration.raise_()

    def _dress(self) -> None:
        wanted = ThemeName.HIGH_CONTRAST if self._visit.contrast else self._house_theme
        if wanted is not self._theme:
            self._theme = wanted
            self._look(wanted)

    def _view(self, screen: CustomerScreen, state: CustomerState) -> CustomerView:
        lang = self._languages[self._visit.language]
        match screen:
            case AttractScreen():
                return attract.view(state, lang)
            case ScanOrTypeScreen():
                return scan_or_type.view(state, lang)
            case BalanceScreen():
                return balance.view(state, lang, rows=self._form().rows)
            case IdleScreen():
                return idle.view(state, lang)
            case UnavailableScreen():
                return unavailable.view(state, lang)
            case _:
                assert_never(screen)

    def _screen(self, name: Screen) -> CustomerScreen:
        key = (name, self._form())
        if key not in self._built:
            made = _BUILD[name](self._form())
            made.intent.connect(self.act)
            self._stack.addWidget(made)
            self._built[key] = made
        return self._built[key]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show()

    def closeEvent(self, event: QCloseEvent) -> None:
        # a customer cannot leave the face: only the application's own end closes it
        if not self._closing and self.isFullScreen():
            event.ignore()
            return
        self.closing.emit()
        super().closeEvent(event)


_BUILD: Final[Mapping[Screen, Callable[[Form], CustomerScreen]]] = {
    Screen.ATTRACT: AttractScreen,
    Screen.TYPE: ScanOrTypeScreen,
    Screen.BALANCE: BalanceScreen,
    Screen.IDLE: IdleScreen,
    Screen.OUT: UnavailableScreen,
}
