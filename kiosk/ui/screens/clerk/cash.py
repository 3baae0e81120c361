"""Cash: due, received, change at the left; quick keys, number pad and the blue button at the right."""

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from kiosk.ui.intents import Typed
from kiosk.ui.presenters.clerk.cash import QuickView, View
from kiosk.ui.presenters.parts import Action
from kiosk.ui.screen import ActionButton, Screen
from kiosk.ui.theme import restyle
from kiosk.ui.widgets.basket_summary import BasketSummary
from kiosk.ui.widgets.blocks import Block
from kiosk.ui.widgets.field import Field
from kiosk.ui.widgets.keypad import Keypad
from kiosk.ui.widgets.page_head import PageHead
from kiosk.ui.widgets.text import Text

QUICK_KEYS = 3
ADDED_KEYS = 5
COMPACT_PX = 720


class CashScreen(Screen):
    """The page."""

    accepts = "0123456789,."

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(28, 18, 28, 24)
        outer.setSpacing(14)
        self._back = self.action_button(kind="ghost", height=44)
        self._other = self.action_button(kind="ghost", height=44)
        self._head = PageHead(back=self._back, other=self._other, parent=self)
        outer.addWidget(self._head)
        body = QHBoxLayout()
        body.setSpacing(24)
        body.addLayout(self._build_left(), 5)
        body.addLayout(self._build_right(), 7)
        outer.addLayout(body, 1)

    def _build_left(self) -> QVBoxLayout:
        left = QVBoxLayout()
        left.setSpacing(14)
        self._due = BasketSummary(self)
        given = Block("card", pad=(22, 16, 22, 20), gap=8, parent=self)
        self._received_title = Text(role="titles", tone="text2", parent=given)
        self._field = Field(role="amount", height=92, parent=given)
        given.add(self._received_title)
        given.add(self._field)
        self._change = Block("success", pad=(22, 16, 22, 16), gap=2, parent=self)
        self._change_title = Text(role="titles", tone="success", parent=self._change)
        self._change_amount = Text(role="amount", tone="success", parent=self._change)
        self._change_detail = Text(role="body", tone="success", wrap=True, parent=self._change)
        for part in (self._change_title, self._change_amount, self._change_detail):
            self._change.add(part)
        left.addWidget(self._due)
        left.addWidget(given)
        left.addWidget(self._change)
        left.addStretch(1)
        return left

    def _build_right(self) -> QVBoxLayout:
        right = QVBoxLayout()
        right.setSpacing(10)
        self._gives = Text(role="titles", parent=self)
        right.addWidget(self._gives)
        first = QHBoxLayout()
        first.setSpacing(10)
        self._exact = self._quick_key(height=64, role="titles")
        self._exact.set_kind("soft")
        first.addWidget(self._exact, 3)
        self._quick = [self._quick_key(height=64, role="titles") for _ in range(QUICK_KEYS)]
        for button in self._quick:
            first.addWidget(button, 2)
        right.addLayout(first)
        second = QHBoxLayout()
        second.setSpacing(10)
        self._added = [self._quick_key(height=56, role="label") for _ in range(ADDED_KEYS)]
        for button in self._added:
            second.addWidget(button, 1)
        right.addLayout(second)
        right.addSpacing(4)
        pad = Block("card", pad=(14, 14, 14, 14), parent=self)
        self._keypad = Keypad(parent=pad)
        self._keypad.pressed.connect(self._typed)
        pad.add(self._keypad, 1)
        right.addWidget(pad, 1)
        right.addSpacing(6)
        self._submit = self.action_button(kind="primary", height=80, role="title", icon_size=26)
        right.addWidget(self._submit)
        return right

    def _quick_key(self, *, height: int, role: str) -> ActionButton:
        button = self.action_button(kind="tile", height=height, role=role, pad=4)
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        return button

    def show_view(self, view: View) -> None:
        """Show a View."""
        self._back.show_action(view.back)
        self._other.show_action(view.other)
        self._head.title.set_text(view.title)
        self._due.show_due(view.due_title, view.due, view.items)
        self._received_title.set_text(view.received_title)
        self._field.set_name(view.received_title)
        self._field.set_value(view.received, empty=view.received_hint)
        self._field.set_unit(view.unit)
        restyle(self._change, kind=view.change_tone)
        for label, text in (
            (self._change_title, view.change_title),
            (self._change_amount, view.change),
            (self._change_detail, view.change_detail),
        ):
            label.set_tone(view.change_tone)
            label.set_text(text)
        self._change_detail.setVisible(bool(view.change_detail))
        self._gives.set_text(view.gives)
        self._show_quick(self._exact, view.exact, kind="soft")
        for buttons, quick in ((self._quick, view.quick), (self._added, view.added)):
            for index, button in enumerate(buttons):
                if index < len(quick):
                    self._show_quick(button, quick[index], kind="chosen" if quick[index].chosen else "tile")
                else:
                    button.hide()
        self._keypad.set_words(mark=view.mark, delete_name=view.erase_name)
        self._submit.show_action(view.submit)

    @staticmethod
    def _show_quick(button: ActionButton, quick: QuickView, *, kind: str) -> None:
        button.show_action(Action(quick.text, quick.intent), kind=kind)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        compact = self.height() < COMPACT_PX
        self._due.set_compact(compact=compact)
        self._field.set_size(role="display" if compact else "amount", height=72 if compact else 92)
        self._change_amount.set_role("display" if compact else "amount")

    def _typed(self, character: str) -> None:
        self.intent.emit(Typed(character))
