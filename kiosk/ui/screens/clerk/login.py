"""Login and lock: choose a name, type a PIN, Enter. A keyboard needs arrows, digits and Enter only."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from kiosk.ui.intents import Move, Typed
from kiosk.ui.presenters.clerk.login import PersonView, View
from kiosk.ui.screen import Screen
from kiosk.ui.theme import restyle
from kiosk.ui.widgets.avatar import Avatar, DotField, PinDots
from kiosk.ui.widgets.blocks import Block
from kiosk.ui.widgets.chip import Chip
from kiosk.ui.widgets.icon import Icon
from kiosk.ui.widgets.keypad import Keypad
from kiosk.ui.widgets.logo import Logo
from kiosk.ui.widgets.text import Text

NARROW_PX = 1180
MIDDLE = Qt.AlignmentFlag.AlignHCenter


class _Person(QPushButton):
    chosen = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._view: PersonView | None = None
        self.setFixedHeight(84)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._avatar = Avatar(parent=self)
        self._name = Text(role="strong", elide=True, parent=self)
        self._role = Text(role="small", tone="text2", elide=True, parent=self)
        self._check = Icon("check", size=22, tone="primary_text", parent=self)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch()
        words.addWidget(self._name)
        words.addWidget(self._role)
        words.addStretch()
        inner = QHBoxLayout(self)
        inner.setContentsMargins(15, 0, 15, 0)
        inner.setSpacing(14)
        inner.addWidget(self._avatar)
        inner.addLayout(words, 1)
        inner.addWidget(self._check)
        self.clicked.connect(self._choose)

    def show_person(self, view: PersonView) -> None:
        self._view = view
        self._avatar.set_person(view.initials, tone="chosen" if view.chosen else "")
        self._name.set_text(view.name)
        self._name.set_tone("primary_text" if view.chosen else "text")
        self._role.set_text(view.role)
        self._check.setVisible(view.chosen)
        restyle(self, kind="chosen" if view.chosen else "secondary")
        self.setAccessibleName(f"{view.name}, {view.role}")

    def _choose(self) -> None:
        if self._view is not None:
            self.chosen.emit(self._view.intent)


class LoginScreen(Screen):
    """The page."""

    accepts = "0123456789"
    key_intents = {"up": Move(-1), "down": Move(1)}  # noqa: RUF012 - a constant table

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self._brand_side = self._build_brand()
        outer.addWidget(self._brand_side)
        main = QVBoxLayout()
        main.setContentsMargins(40, 28, 40, 36)
        main.setSpacing(20)
        main.addLayout(self._build_top())
        middle = QHBoxLayout()
        middle.setSpacing(28)
        middle.addLayout(self._build_people(), 1)
        middle.addWidget(self._build_pin(), 1)
        main.addLayout(middle, 1)
        outer.addLayout(main, 1)

    def _build_brand(self) -> QFrame:
        side = Block("brand", pad=(48, 48, 40, 44), gap=0, parent=self)
        side.setFixedWidth(480)
        head = QHBoxLayout()
        head.setSpacing(14)
        head.addWidget(Logo(size=44, inverse=True, parent=side))
        self._brand = Text(role="title", tone="on_brand", parent=side)
        head.addWidget(self._brand, 1)
        self._title = Text(role="display", tone="on_brand", wrap=True, parent=side)
        self._instruction = Text(role="strong", tone="on_brand", wrap=True, parent=side)
        self._place = Text(role="strong", tone="on_brand", elide=True, parent=side)
        self._day = Text(role="body", tone="on_brand", elide=True, parent=side)
        side.add(head)
        side.inner.addSpacing(96)
        side.add(DotField(parent=side))
        side.inner.addStretch(2)
        side.add(self._title)
        side.inner.addSpacing(8)
        side.add(self._instruction)
        side.inner.addStretch(3)
        side.add(self._place)
        side.inner.addSpacing(4)
        side.add(self._day)
        return side

    def _build_top(self) -> QHBoxLayout:
        top = QHBoxLayout()
        top.setSpacing(8)
        self._chips = [Chip(parent=self), Chip(parent=self)]
        for chip in self._chips:
            top.addWidget(chip)
        top.addStretch(1)
        self._settings = self.action_button(kind="ghost", height=44)
        self._language = self.action_button(kind="ghost", height=44)
        top.addWidget(self._settings)
        top.addWidget(self._language)
        return top

    def _build_people(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(10)
        self._who = Text(role="title", elide=True, parent=self)
        self._nobody = Text(role="body", tone="text2", wrap=True, parent=self)
        column.addWidget(self._who)
        column.addSpacing(8)
        column.addWidget(self._nobody)
        self._people = column
        self._persons: list[_Person] = []
        column.addStretch(1)
        return column

    def _build_pin(self) -> QFrame:
        card = Block("card", pad=(28, 22, 28, 18), gap=14, parent=self)
        self._pin = Text(role="title", align=MIDDLE, parent=card)
        self._dots = PinDots(parent=card)
        self._keypad = Keypad(key_height=86, key_height_low=56, parent=card)
        self._keypad.pressed.connect(self._typed)
        self._submit = self.action_button(card, kind="primary", height=64)
        self._fault = Text(role="smalls", tone="danger", align=MIDDLE, wrap=True, parent=card)
        self._hint = Text(role="small", tone="text2", align=MIDDLE, wrap=True, parent=card)
        for part in (self._pin, self._dots):
            card.add(part)
        card.add(self._fault)
        card.inner.addWidget(self._keypad, 1)
        card.add(self._submit)
        card.add(self._hint)
        return card

    def show_view(self, view: View) -> None:
        """Show a View."""
        self._brand.set_text(view.brand)
        self._title.set_text(view.title)
        self._instruction.set_text(view.instruction)
        self._place.set_text(view.place)
        self._day.set_text(view.day)
        for index, chip in enumerate(self._chips):
            if index < len(view.chips):
                chip.set_look(view.chips[index].text, icon=view.chips[index].icon, tone=view.chips[index].tone)
            chip.setVisible(index < len(view.chips))
        self._language.show_action(view.language)
        self._settings.show_action(view.settings)
        self._who.set_text(view.who)
        self._nobody.set_text(view.nobody)
        self._nobody.setVisible(bool(view.nobody))
        self._show_people(view.people)
        self._pin.set_text(view.pin)
        self._dots.set_typed(view.typed, places=view.places)
        self._dots.set_tone("danger" if view.fault else "")
        self._keypad.set_words(mark="", delete_name=view.erase_name)
        self._fault.set_text(view.fault)
        self._fault.setVisible(bool(view.fault))
        self._hint.set_text(view.hint)
        self._submit.show_action(view.submit)

    def _show_people(self, people: tuple[PersonView, ...]) -> None:
        while len(self._persons) < len(people):
            made = _Person(self)
            made.chosen.connect(self.intent)
            self._people.insertWidget(self._people.count() - 1, made)
            self._persons.append(made)
        for index, widget in enumerate(self._persons):
            if index < len(people):
                widget.show_person(people[index])
            widget.setVisible(index < len(people))

    def _typed(self, character: str) -> None:
        self.intent.emit(Typed(character))

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type] # Qt hands a QResizeEvent, which is only passed on
        self._brand_side.setFixedWidth(480 if self.width() >= NARROW_PX else 376)
