"""The number pad: telephone order, 1-2-3 at the top, a decimal mark only for amounts.

Responsible for: emitting what was touched as a character, `DELETE` for the erase key. Only the erase key repeats.
Digits of the keyboard reach the screen by themselves and not through here.
"""

from typing import Final

from PySide6.QtCore import QSignalMapper, Signal
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from kiosk.ui.widgets.button import Button

DELETE: Final = "\b"
REPEAT_DELAY_MS: Final = 400
REPEAT_INTERVAL_MS: Final = 90


class Keypad(QWidget):
    """Twelve keys. `pressed` carries one character; `mark` is the decimal mark or empty for none."""

    pressed = Signal(str)

    def __init__(
        self,
        *,
        mark: str = "",
        key_height: int = 76,
        key_height_low: int = 52,
        gap: int = 10,
        delete_name: str = "",
        kind: str = "tonal",
        role: str = "key",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(gap)
        self._mapper = QSignalMapper(self)
        self._mapper.mappedString.connect(self.pressed)
        self._keys: dict[str, Button] = {}
        for index, digit in enumerate("123456789"):
            self._add(digit, grid, at=(index // 3, index % 3), kind=kind, role=role, height=key_height)
        self._mark = self._add(",", grid, at=(3, 0), kind=kind, role=role, height=key_height)
        self._add("0", grid, at=(3, 1), kind=kind, role=role, height=key_height)
        erase = self._add(DELETE, grid, at=(3, 2), kind=kind, role=role, height=key_height)
        erase.setAutoRepeat(True)
        erase.setAutoRepeatDelay(REPEAT_DELAY_MS)
        erase.setAutoRepeatInterval(REPEAT_INTERVAL_MS)
        self.set_words(mark=mark, delete_name=delete_name)
        self._low, self._gap = key_height_low, gap
        self.set_key_height(key_height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_words(self, *, mark: str, delete_name: str) -> None:
        """Set the decimal mark of the language (empty: no such key) and the spoken name of the erase key."""
        self._mark.set_text(mark)
        policy = self._mark.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._mark.setSizePolicy(policy)
        self._mark.setVisible(bool(mark))
        self._keys[DELETE].setAccessibleName(delete_name)

    def set_key_height(self, height: int) -> None:
        """Set how high the keys may grow; with less room they shrink down to the low height."""
        for key in self._keys.values():
            key.setMinimumHeight(self._low)
            key.setMaximumHeight(height)
        self.setMaximumHeight(4 * height + 3 * self._gap)

    def key(self, character: str) -> Button:
        """Return one key (tests press it)."""
        return self._keys[character]

    def _add(
        self, character: str, grid: QGridLayout, *, at: tuple[int, int], kind: str, role: str, height: int
    ) -> Button:
        erase = character == DELETE
        key = Button(
            "" if erase else character,
            kind=kind,
            icon="delete" if erase else "",
            role=role,
            height=height,
            icon_size=30,
            pad=4,
            parent=self,
        )
        key.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        # the pad repeats what the keyboard does better: Tab does not walk through twelve keys
        key.setFocusPolicy(key.focusPolicy().NoFocus)
        self._mapper.setMapping(key, character)
        key.clicked.connect(self._mapper.map)
        grid.addWidget(key, *at)
        self._keys[character] = key
        return key
