"""No answer: what to keep, and from 20 s on the three choices."""

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.ui.presenters.clerk.unknown import View
from kiosk.ui.screen import Screen
from kiosk.ui.screens.clerk.parts import BandPage, CardColumn
from kiosk.ui.widgets.blocks import Block
from kiosk.ui.widgets.chip import Ring
from kiosk.ui.widgets.icon import Icon
from kiosk.ui.widgets.text import Text

TODO_ICONS = ("credit-card", "banknote", "scan-barcode")


class UnknownScreen(Screen):
    """The page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        page = BandPage(self)
        self._header = page.header
        self._cards = CardColumn(self)
        page.left.addWidget(self._cards)
        todo = Block("info", pad=(18, 14, 18, 14), gap=8, parent=self)
        self._todo_title = Text(role="strong", tone="info", parent=todo)
        todo.add(self._todo_title)
        self._todo: list[Text] = []
        for icon in TODO_ICONS:
            line = QHBoxLayout()
            line.setSpacing(10)
            text = Text(role="body", wrap=True, parent=todo)
            line.addWidget(Icon(icon, size=20, tone="info", parent=todo))
            line.addWidget(text, 1)
            todo.add(line)
            self._todo.append(text)
        page.left.addWidget(todo)
        page.left.addStretch(1)
        card = Block("card", pad=(22, 20, 22, 22), gap=10, parent=self)
        self._waiting = QWidget(card)
        waiting = QHBoxLayout(self._waiting)
        waiting.setContentsMargins(0, 0, 0, 0)
        waiting.setSpacing(16)
        self.ring = Ring(size=48, parent=self._waiting)
        words = QVBoxLayout()
        words.setSpacing(2)
        self._what = Text(role="title", wrap=True, parent=self._waiting)
        self._soon = Text(role="small", tone="text2", wrap=True, parent=self._waiting)
        words.addWidget(self._what)
        words.addWidget(self._soon)
        waiting.addWidget(self.ring)
        waiting.addLayout(words, 1)
        card.add(self._waiting)
        self._back_question = Text(role="title", wrap=True, parent=card)
        self._back_detail = Text(role="body", tone="text2", wrap=True, parent=card)
        self._wait = self.action_button(card, kind="primary", height=76, role="titles", icon_size=26)
        self._give = self.action_button(card, kind="secondary", height=68, left=True)
        self._let = self.action_button(card, kind="secondary", height=68, left=True)
        self._confirm = self.action_button(card, kind="danger", height=76, role="titles", icon_size=26)
        self._keep = self.action_button(card, kind="secondary", height=68)
        self._go_on = self.action_button(card, kind="ghost", height=56)
        for part in (
            self._back_question,
            self._back_detail,
            self._wait,
            self._give,
            self._let,
            self._keep,
            self._confirm,
            self._go_on,
        ):
            card.add(part)
        page.right.addWidget(card)
        page.right.addStretch(1)

    def show_view(self, view: View) -> None:
        """Show a View."""
        self._header.show_result(view.title, view.text, icon="cloud-off", tone="warning")
        self._cards.show_cards(view.cards_title, view.rows, view.since)
        self._todo_title.set_text(view.todo_title)
        for label, text in zip(self._todo, view.todo, strict=True):
            label.set_text(text)
        self._waiting.setVisible(not view.asking_back)
        self._what.set_text(view.what)
        self._soon.set_text(view.soon)
        self._soon.setVisible(bool(view.soon))
        for label, text in ((self._back_question, view.back_question), (self._back_detail, view.back_detail)):
            label.set_text(text)
            label.setVisible(view.asking_back)
        self._wait.show_action(view.wait)
        self._give.show_action(view.give)
        self._let.show_action(view.let)
        self._confirm.show_action(view.confirm)
        self._keep.show_action(view.keep)
        self._go_on.show_action(view.go_on)
