"""Typing a serial: a field in groups of four, a number pad, what is still missing."""

from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from kiosk.ui.intents import Erase, Typed
from kiosk.ui.presenters.clerk.type_serial import View
from kiosk.ui.screen import Screen
from kiosk.ui.widgets.blocks import Block
from kiosk.ui.widgets.field import Field
from kiosk.ui.widgets.keypad import Keypad
from kiosk.ui.widgets.notice import Note
from kiosk.ui.widgets.page_head import PageHead
from kiosk.ui.widgets.text import Text


class TypeSerialScreen(Screen):
    """The page."""

    accepts = "0123456789"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(28, 18, 28, 24)
        outer.setSpacing(18)
        self._back = self.action_button(kind="ghost", height=44)
        self._head = PageHead(back=self._back, parent=self)
        outer.addWidget(self._head)
        body = QHBoxLayout()
        body.setSpacing(24)
        left = QVBoxLayout()
        left.setSpacing(14)
        card = Block("card", pad=(22, 20, 22, 20), gap=10, parent=self)
        self._label = Text(role="titles", tone="text2", parent=card)
        self._field = Field(role="headline", height=88, clear_name=" ", parent=card)
        self._field.cleared.connect(self._erase)
        self._count = Text(role="body", tone="text2", parent=card)
        self._fault = Note(icon="circle-alert", kind="danger", parent=card)
        for part in (self._label, self._field, self._count, self._fault):
            card.add(part)
        self._instruction = Text(role="body", tone="text2", wrap=True, parent=self)
        self._note = Note(icon="info", kind="sunken", parent=self)
        left.addWidget(self._instruction)
        left.addWidget(card)
        left.addWidget(self._note)
        left.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(16)
        pad = Block("card", pad=(14, 14, 14, 14), parent=self)
        self._keypad = Keypad(parent=pad)
        self._keypad.pressed.connect(self._typed)
        pad.add(self._keypad, 1)
        self._submit = self.action_button(kind="primary", height=80, role="title", icon_size=26)
        pad.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        right.addWidget(pad, 4)
        right.addWidget(self._submit)
        right.addStretch(1)
        body.addLayout(left, 1)
        body.addLayout(right, 1)
        outer.addLayout(body, 1)

    def show_view(self, view: View) -> None:
        """Show a View."""
        self._back.show_action(view.back)
        self._head.title.set_text(view.title)
        self._instruction.set_text(view.instruction)
        self._label.set_text(view.label)
        self._field.set_name(view.label, clear_name=view.erase_name)
        self._field.set_value(view.number, wrong=view.wrong)
        self._count.set_text(view.count)
        self._count.setVisible(not view.wrong)
        self._fault.set_text(view.fault, role="body")
        self._note.set_text(view.note)
        self._keypad.set_words(mark="", delete_name=view.erase_name)
        self._submit.show_action(view.submit)

    def _typed(self, character: str) -> None:
        self.intent.emit(Typed(character))

    def _erase(self) -> None:
        self.intent.emit(Erase())
