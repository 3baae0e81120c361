"""The rail of tasks at the left, and the bar of status at the top.

Responsible for: showing what the presenter of the frame made ready and emitting which task was touched. Chips are neutral
when all is well and coloured when not; on a narrow screen only the network's chip and those in trouble stay.
"""

from collections.abc import Sequence

from PySide6.QtCore import QSignalMapper, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from kiosk.ui.presenters.parts import ChipView, RailItem
from kiosk.ui.theme import restyle
from kiosk.ui.widgets.avatar import Avatar
from kiosk.ui.widgets.button import IconButton
from kiosk.ui.widgets.chip import Chip
from kiosk.ui.widgets.icon import Icon
from kiosk.ui.widgets.logo import Logo
from kiosk.ui.widgets.text import Text

BAR_HEIGHT = 60
RAIL_WIDTH = 92
RAIL_WIDTH_NARROW = 84


class _RailButton(QPushButton):
    def __init__(self, item: RailItem, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedHeight(72)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        self._icon = Icon(item.icon, size=24, parent=self)
        self._text = Text(item.text, role="caption", align=Qt.AlignmentFlag.AlignHCenter, elide=True, parent=self)
        for part in (self._icon, self._text):
            part.setProperty("inside", "button")
        inner = QVBoxLayout(self)
        inner.setContentsMargins(2, 11, 2, 9)
        inner.setSpacing(5)
        inner.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignHCenter)
        inner.addWidget(self._text)
        self.show_item(item)

    def show_item(self, item: RailItem) -> None:
        tone = "primary_text" if item.chosen else "text"
        self._icon.set_icon(item.icon)
        self._text.set_text(item.text)
        self._icon.set_tone(tone)
        self._text.set_tone(tone)
        restyle(self, kind="rail_on" if item.chosen else "rail")
        self.setEnabled(item.allowed)
        self.setAccessibleName(item.text)
        self.setAccessibleDescription(item.key)


class Rail(QFrame):
    """The tasks. `chosen` carries the task's id."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "rail")
        self.setFixedWidth(RAIL_WIDTH)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(8, 12, 8, 12)
        self._column.setSpacing(6)
        self._column.addStretch()
        self._mapper = QSignalMapper(self)
        self._mapper.mappedString.connect(self.chosen)
        self._buttons: dict[str, _RailButton] = {}

    def show_items(self, items: Sequence[RailItem]) -> None:
        """Show these tasks; the low ones stand at the bottom. Their number and order stay as first shown."""
        for index, item in enumerate(items):
            button = self._buttons.get(item.task)
            if button is None:
                button = _RailButton(item, self)
                self._mapper.setMapping(button, item.task)
                button.clicked.connect(self._mapper.map)
                self._column.insertWidget(self._column.count() if item.low else index, button)
                self._buttons[item.task] = button
            button.show_item(item)

    def set_narrow(self, narrow: bool) -> None:
        """Use the width of small screens."""
        self.setFixedWidth(RAIL_WIDTH_NARROW if narrow else RAIL_WIDTH)

    def button(self, task: str) -> QPushButton:
        """Return one task's button (tests press it)."""
        return self._buttons[task]


class StatusBar(QFrame):
    """Shop and till, chips, clock, clerk, lock. `lock` is emitted by the padlock."""

    lock = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "bar")
        self.setFixedHeight(BAR_HEIGHT)
        self._narrow = False
        self._views: tuple[ChipView, ...] = ()
        self._shop = Text(role="label", elide=True, parent=self)
        self._till = Text(role="small", tone="text3", elide=True, parent=self)
        self._clock = Text(role="strong", parent=self)
        self._avatar = Avatar(size=36, tone="soft", parent=self)
        self._clerk = Text(role="smalls", elide=True, parent=self)
        self._clerk.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._lock = IconButton("lock", name="", tone="text", parent=self)
        self._lock.clicked.connect(self.lock)
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addStretch()
        names.addWidget(self._shop)
        names.addWidget(self._till)
        names.addStretch()
        self._chips = QHBoxLayout()
        self._chips.setSpacing(8)
        inner = QHBoxLayout(self)
        inner.setContentsMargins(20, 0, 12, 0)
        inner.setSpacing(16)
        inner.addWidget(Logo(size=32, parent=self))
        inner.addSpacing(4)
        inner.addLayout(names, 1)
        inner.addLayout(self._chips)
        inner.addWidget(self._clock)
        person = QHBoxLayout()
        person.setSpacing(8)
        person.addWidget(self._avatar)
        person.addWidget(self._clerk)
        inner.addLayout(person)
        inner.addWidget(self._lock)
        self._widgets: list[Chip] = []

    def show_place(self, shop: str, till: str) -> None:
        """Show where this is."""
        self._shop.set_text(shop)
        self._till.set_text(till)

    def show_clock(self, clock: str) -> None:
        """Show hours and minutes."""
        self._clock.set_text(clock)

    def show_clerk(self, name: str, initials: str, *, lock_name: str, may_lock: bool) -> None:
        """Show who is logged in; nobody hides the mark and the padlock."""
        self._clerk.set_text(name)
        self._avatar.set_person(initials)
        self._avatar.setVisible(bool(name))
        self._clerk.setVisible(bool(name))
        self._lock.setVisible(bool(name))
        self._lock.setEnabled(may_lock)
        self._lock.setAccessibleName(lock_name)

    def show_chips(self, chips: Sequence[ChipView]) -> None:
        """Show the states of network and devices."""
        self._views = tuple(chips)
        while len(self._widgets) < len(chips):
            chip = Chip(parent=self)
            self._chips.addWidget(chip)
            self._widgets.append(chip)
        for index, widget in enumerate(self._widgets):
            if index < len(chips):
                view = chips[index]
                widget.set_look(view.text, icon=view.icon, tone=view.tone)
                widget.setVisible(not self._narrow or index == 0 or view.trouble)
            else:
                widget.hide()

    def set_narrow(self, narrow: bool) -> None:
        """Keep only the network's chip and those in trouble."""
        self._narrow = narrow
        self.show_chips(self._views)

    @property
    def lock_button(self) -> IconButton:
        """The padlock (tests press it)."""
        return self._lock
