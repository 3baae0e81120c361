"""What every page is: built once, shows Views, emits intents, answers keys.

Responsible for: what the keys of a page mean (Enter is the blue button, Escape goes back, typed characters) and buttons that
carry an Action. Not responsible for which page is on screen nor for catching keys: unused ones rise to the window (`shell`).
"""

from typing import Any, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from kiosk.ui.intents import Intent, Typed
from kiosk.ui.presenters.parts import Action
from kiosk.ui.widgets.button import Button

ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_NAMED: Final = {
    Qt.Key.Key_Return: "enter",
    Qt.Key.Key_Enter: "enter",
    Qt.Key.Key_Escape: "escape",
    Qt.Key.Key_Up: "up",
    Qt.Key.Key_Down: "down",
    Qt.Key.Key_PageUp: "page_up",
    Qt.Key.Key_PageDown: "page_down",
    Qt.Key.Key_Delete: "delete",
    Qt.Key.Key_Backspace: "backspace",
    **{getattr(Qt.Key, f"Key_F{n}"): f"f{n}" for n in range(1, 13)},
}
# « O » for « oui » and "Y" for "yes" mean the same in both languages: a clerk's fingers do not change with the screen
YES: Final = frozenset({"o", "y"})


def key_name(event: QKeyEvent) -> str:
    """Return the name of a key press: `enter`, `f9`, `ctrl+p`, or the character it types."""
    named = _NAMED.get(Qt.Key(event.key()))
    if named is not None:
        return named
    if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
        code = event.key()
        return f"ctrl+{chr(code).lower()}" if Qt.Key.Key_A <= code <= Qt.Key.Key_Z else ""
    return event.text().lower()


class ActionButton(Button):
    """A button that shows an `Action` and emits its intent."""

    acted = Signal(object)

    def __init__(self, parent: QWidget | None = None, **look: Any) -> None:  # the look is Button's own keywords
        super().__init__(parent=parent, **look)
        self._action: Action | None = None
        self.clicked.connect(self._emit)

    def show_action(self, action: Action, *, kind: str | None = None) -> None:
        """Show words, drawing, key and state of an action; one that is not `shown` leaves no gap."""
        self._action = action
        self.set_text(action.text)
        self.set_icon(action.icon)
        self.set_key(action.cap)
        self.set_detail(action.detail)
        self.set_allowed(action.allowed, action.reason)
        if kind is not None:
            self.set_kind(kind)
        self.setVisible(action.shown)

    @property
    def shortcut_name(self) -> str:
        """The key that does the same, empty for none."""
        return self._action.shortcut if self._action is not None else ""

    def _emit(self) -> None:
        if self._action is not None:
            self.acted.emit(self._action.intent)


class Screen(QWidget):
    """A page. Subclasses build in `__init__` and show in `show_view`."""

    intent = Signal(object)
    accepts: str = ""  # the characters that this page lets a clerk type
    key_intents: dict[str, Intent] = {}  # noqa: RUF012 - constant tables of subclasses

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._actions: list[ActionButton] = []

    def show_view(self, view: Any) -> None:  # each page has a View of its own; the shell pairs them by name
        """Show a View."""
        raise NotImplementedError

    def action_button(self, parent: QWidget | None = None, **look: Any) -> ActionButton:  # Button's own keywords
        """Make a button of this page: its intent leaves through the page, its key works on the page."""
        made = ActionButton(parent or self, **look)
        made.acted.connect(self.intent)
        self._actions.append(made)
        return made

    def actions_now(self) -> tuple[ActionButton, ...]:
        """The buttons that can be pressed now."""
        return tuple(one for one in self._actions if one.isEnabled() and one.isVisibleTo(self))

    def press_key(self, name: str) -> bool:
        """Do what a key means on this page. Returns whether it means anything."""
        wanted = "yes" if name in YES else name
        for button in self.actions_now():
            if button.shortcut_name and button.shortcut_name in (name, wanted):
                button.click()
                return True
        if name in self.key_intents:
            self.intent.emit(self.key_intents[name])
            return True
        if name == "backspace" and self.accepts:
            self.intent.emit(Typed("\b"))
            return True
        if len(name) == 1 and name in self.accepts:
            self.intent.emit(Typed(name))
            return True
        return False
