"""The clerk's window: status bar, rail, banner, toast, and one page at a time.

Responsible for: building pages on first use, showing scenes, the keys that work on every page, the ring of the keyboard's
focus, and saying so when the screen is too small. Not responsible for which page is due (`flow`) nor for what it says.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QElapsedTimer, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLayout, QStackedWidget, QVBoxLayout, QWidget

from kiosk.ui.intents import Intent, Lock, OpenTask, Task
from kiosk.ui.presenters.clerk.frame import FrameView
from kiosk.ui.screen import Screen, key_name
from kiosk.ui.screens.clerk.activating import ActivatingScreen
from kiosk.ui.screens.clerk.balance import BalanceScreen
from kiosk.ui.screens.clerk.bank_card import BankCardScreen
from kiosk.ui.screens.clerk.cash import CashScreen
from kiosk.ui.screens.clerk.help import HelpScreen
from kiosk.ui.screens.clerk.login import LoginScreen
from kiosk.ui.screens.clerk.message import MessageScreen
from kiosk.ui.screens.clerk.recovery import RecoveryScreen
from kiosk.ui.screens.clerk.refused import RefusedScreen
from kiosk.ui.screens.clerk.result import ResultScreen
from kiosk.ui.screens.clerk.sale import SaleScreen
from kiosk.ui.screens.clerk.settings import SettingsScreen
from kiosk.ui.screens.clerk.tickets import TicketsScreen
from kiosk.ui.screens.clerk.type_serial import TypeSerialScreen
from kiosk.ui.screens.clerk.unknown import UnknownScreen
from kiosk.ui.widgets.focus_ring import FocusRing
from kiosk.ui.widgets.notice import Banner
from kiosk.ui.widgets.rail import Rail, StatusBar
from kiosk.ui.widgets.text import Text
from kiosk.ui.widgets.toast import Toast

LEAST_SIZE: Final = QSize(1024, 768)
FIRST_SIZE: Final = QSize(1280, 800)
NARROW_PX: Final = 1200
# a second Enter of a hasty finger must not press the blue button of the page that has just come
SETTLE_MS: Final = 300

BUILDERS: Final[dict[str, Callable[[QWidget], Screen]]] = {
    "activating": ActivatingScreen,
    "balance": BalanceScreen,
    "bank_card": BankCardScreen,
    "cash": CashScreen,
    "help": HelpScreen,
    "login": LoginScreen,
    "message": MessageScreen,
    "recovery": RecoveryScreen,
    "refused": RefusedScreen,
    "result": ResultScreen,
    "sale": SaleScreen,
    "settings": SettingsScreen,
    "tickets": TicketsScreen,
    "type_serial": TypeSerialScreen,
    "unknown": UnknownScreen,
}
GLOBAL_KEYS: Final[dict[str, Intent]] = {
    "f1": OpenTask(Task.HELP),
    "f2": OpenTask(Task.SALE),
    "f3": OpenTask(Task.BALANCE),
    "f4": OpenTask(Task.TICKETS),
    "f12": Lock(),
    "ctrl+l": Lock(),
}


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything on screen at one moment: which page, its View, the frame around it."""

    screen: str
    view: Any  # the View of that page
    frame: FrameView


class Shell(QWidget):
    """The window. `intent` carries what the clerk did; `closing` that the window shall go away."""

    intent = Signal(object)
    closing = Signal()

    def __init__(self, *, too_small: str, settle_ms: int = SETTLE_MS, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._settle_ms = settle_ms
        self._since_page = QElapsedTimer()
        self._since_page.start()
        self._pages: dict[str, Screen] = {}
        self._scene: Scene | None = None
        self._ring = FocusRing(self)
        self._bar = StatusBar(self)
        self._bar.lock.connect(self._lock)
        self._rail = Rail(self)
        self._rail.chosen.connect(self._task)
        self._banner = Banner(self)
        self._banner.acted.connect(self._banner_acted)
        self._stack = QStackedWidget(self)
        self._small = Text(too_small, role="title", align=Qt.AlignmentFlag.AlignHCenter, wrap=True, parent=self)
        self._small.hide()
        self._slot = QVBoxLayout()
        self._slot.setContentsMargins(28, 14, 28, 0)
        self._main = QWidget(self)
        main = QVBoxLayout(self._main)
        main.setContentsMargins(0, 0, 0, 0)
        main.setSpacing(0)
        main.addLayout(self._slot)
        main.addWidget(self._stack, 1)
        middle = QHBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addWidget(self._rail)
        middle.addWidget(self._main, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        # the window keeps its size whatever a page would like; the lint finds what does not fit
        outer.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        outer.addWidget(self._bar)
        outer.addLayout(middle, 1)
        outer.addWidget(self._small)
        self._toast = Toast(self._main)
        self._toast.acted.connect(self._toast_acted)
        self.resize(FIRST_SIZE)

    # ---- showing

    def show_scene(self, scene: Scene) -> None:
        """Show a page and the frame around it; a page that did not change is only brought up to date."""
        before = self._scene
        self._scene = scene
        page = self.page(scene.screen)
        if before is None or before.frame != scene.frame or before.screen != scene.screen:
            self._show_frame(scene.frame, page)
        if before is None or before.screen != scene.screen or before.view != scene.view:
            page.show_view(scene.view)
        if self._stack.currentWidget() is not page:
            self._stack.setCurrentWidget(page)
            self._since_page.restart()
            page.setFocus(Qt.FocusReason.OtherFocusReason)

    def page(self, name: str) -> Screen:
        """Return a page, built on its first use."""
        page = self._pages.get(name)
        if page is None:
            page = BUILDERS[name](self._stack)
            page.intent.connect(self.intent)
            self._pages[name] = page
            self._stack.addWidget(page)
        return page

    @property
    def scene(self) -> Scene | None:
        """What is on screen."""
        return self._scene

    def rename(self, *, too_small: str) -> None:
        """Another language: the one text of the window itself."""
        self._small.set_text(too_small)

    def _show_frame(self, frame: FrameView, page: Screen) -> None:
        self._bar.setVisible(not frame.bare and not self._is_small())
        self._rail.setVisible(not frame.bare and not self._is_small())
        self._bar.show_place(frame.shop, frame.till)
        self._bar.show_clock(frame.clock)
        self._bar.show_clerk(frame.clerk, frame.initials, lock_name=frame.lock_name, may_lock=frame.may_lock)
        self._bar.show_chips(frame.chips)
        self._rail.show_items(frame.rail)
        banner = frame.banner
        slot = getattr(page, "banner_slot", None) or self._slot
        if self._banner.parentWidget() is not self._owner(page, slot):
            slot.addWidget(self._banner)
        self._banner.show_banner(
            "" if frame.bare else banner.text, icon=banner.icon, tone=banner.tone, action=banner.action
        )
        margins = (28, 14, 28, 0) if self._banner_in_frame(slot) and banner.text and not frame.bare else (0, 0, 0, 0)
        self._slot.setContentsMargins(*margins)
        inner = getattr(page, "banner_slot", None)
        if inner is not None:
            inner.setContentsMargins(0, 0, 0, 12 if banner.text else 0)
        toast = frame.toast
        self._toast.show_message(toast.text, icon=toast.icon, tone=toast.tone, serial=toast.serial, action=toast.action)

    def _owner(self, page: Screen, slot: QVBoxLayout) -> QWidget:
        return self._main if slot is self._slot else page

    def _banner_in_frame(self, slot: QVBoxLayout) -> bool:
        return slot is self._slot

    # ---- what the frame's own parts do

    def _lock(self) -> None:
        self.intent.emit(Lock())

    def _task(self, task: str) -> None:
        self.intent.emit(OpenTask(Task(task)))

    def _banner_acted(self) -> None:
        if self._scene is not None and self._scene.frame.banner.intent is not None:
            self.intent.emit(self._scene.frame.banner.intent)

    def _toast_acted(self) -> None:
        if self._scene is not None and self._scene.frame.toast.intent is not None:
            self.intent.emit(self._scene.frame.toast.intent)

    # ---- keys

    def press_key(self, name: str) -> bool:
        """Do what a key means now: on the page first, then everywhere. Returns whether it means anything."""
        if self._scene is None or self._is_small():
            return False
        if name == "enter" and self._since_page.elapsed() < self._settle_ms:
            return True
        if self.page(self._scene.screen).press_key(name):
            return True
        if name in GLOBAL_KEYS and not self._scene.frame.bare:
            self.intent.emit(GLOBAL_KEYS[name])
            return True
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        name = key_name(event)
        held = event.isAutoRepeat() and name not in ("backspace", "up", "down")
        if not held and name and self.press_key(name):
            return
        event.ignore()

    def focusNextPrevChild(self, forward: bool) -> bool:
        with self._ring.by_keyboard():
            return super().focusNextPrevChild(forward)

    # ---- size

    def _is_small(self) -> bool:
        return self.width() < LEAST_SIZE.width() or self.height() < LEAST_SIZE.height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < NARROW_PX
        self._bar.set_narrow(narrow)
        self._rail.set_narrow(narrow)
        small = self._is_small()
        bare = self._scene is not None and self._scene.frame.bare
        self._small.setVisible(small)
        self._main.setVisible(not small)
        self._bar.setVisible(not small and not bare)
        self._rail.setVisible(not small and not bare)
        self._toast.place()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closing.emit()
        super().closeEvent(event)
