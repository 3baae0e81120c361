"""The clerk's face: the till's state and the draft in, scenes out; intents in, commands out.

Responsible for: keeping both, presenting them on every change and once a second (the clock, a lock that runs out), the
automatic lock, and looks. Not responsible for rules (`steps`), pages (`flow`) or threads (`bridge`).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

from kiosk.clock import Clock
from kiosk.i18n.language import Language
from kiosk.till import commands as do
from kiosk.till.state import Stage, TillState
from kiosk.ui.draft import Draft, Looks
from kiosk.ui.flow import screen_for
from kiosk.ui.intents import Intent, Restart
from kiosk.ui.presenters.clerk import (
    activating,
    balance,
    bank_card,
    cash,
    frame,
    help,
    login,
    message,
    recovery,
    refused,
    result,
    sale,
    settings,
    tickets,
    type_serial,
    unknown,
)
from kiosk.ui.shell import Scene, Shell
from kiosk.ui.steps import settle, step

TICK_MS: Final = 1_000
AUTO_LOCK_MS: Final = 180_000
_MAY_LOCK: Final = (Stage.SALE, Stage.BALANCE)

PRESENTERS: Final[dict[str, Callable[[TillState, Draft, Language], Any]]] = {
    "activating": activating.view,
    "balance": balance.view,
    "bank_card": bank_card.view,
    "cash": cash.view,
    "help": help.view,
    "login": login.view,
    "message": message.view,
    "recovery": recovery.view,
    "refused": refused.view,
    "result": result.view,
    "sale": sale.view,
    "settings": settings.view,
    "tickets": tickets.view,
    "type_serial": type_serial.view,
    "unknown": unknown.view,
}


def scene_of(state: TillState, draft: Draft, lang: Language) -> Scene:
    """Return what is on screen for a state and a draft. Pure."""
    name = screen_for(state.stage, draft.task)
    return Scene(name, PRESENTERS[name](state, draft, lang), frame.view(state, draft, lang))


class ClerkFace(QObject):
    """Everything between a bridge and a `Shell`.

    `command` carries what the till is asked for; `looks_changed` the `Looks` to put on and to remember; `restart` that the
    halted till shall be started again. `show_state` takes what the till publishes. All in the GUI thread.
    """

    command = Signal(object)
    looks_changed = Signal(object)
    restart = Signal()

    def __init__(
        self,
        *,
        shell: Shell,
        languages: Mapping[str, Language],
        looks: Looks,
        clock: Clock,
        auto_lock_ms: int = AUTO_LOCK_MS,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._shell = shell
        self._languages = languages
        self._clock = clock
        self._auto_lock_ms = auto_lock_ms
        self._draft = Draft(looks=looks)
        self._state: TillState | None = None
        self._touched_ms = clock.monotonic_ms()
        shell.intent.connect(self.take)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.tick)
        self._timer.start()

    @property
    def draft(self) -> Draft:
        """What the clerk has begun."""
        return self._draft

    def show_state(self, state: TillState) -> None:
        """Take what the till published."""
        before = self._state
        draft = settle(self._draft, before, state)
        if draft.line_id != self._draft.line_id:
            self._touched_ms = self._clock.monotonic_ms()  # a scan is somebody at the counter
        self._draft, self._state = draft, state
        self._present()

    def take(self, intent: Intent) -> None:
        """Take what the clerk did."""
        self._touched_ms = self._clock.monotonic_ms()
        if isinstance(intent, Restart):
            self.restart.emit()
            return
        if self._state is None:
            return
        before = self._draft.looks
        done = step(self._draft, intent, self._state)
        self._draft = done.draft
        if done.draft.looks != before:
            self._shell.rename(too_small=self._language().words("frame.small"))
            self.looks_changed.emit(done.draft.looks)
        self._present()
        for command in done.commands:
            self.command.emit(command)

    def tick(self) -> None:
        """One second has gone by: clock, countdowns, and the lock when nobody is there."""
        if self._state is None:
            return
        idle_ms = self._clock.monotonic_ms() - self._touched_ms
        if idle_ms >= self._auto_lock_ms and self._state.stage in _MAY_LOCK and self._state.book.user:
            self._touched_ms = self._clock.monotonic_ms()
            self.command.emit(do.Lock(by_idle=True))
        self._state = replace(self._state, now_ms=self._clock.now_ms())
        self._present()

    def _language(self) -> Language:
        return self._languages[self._draft.looks.language]

    def _present(self) -> None:
        if self._state is not None:
            self._shell.show_scene(scene_of(self._state, self._draft, self._language()))
