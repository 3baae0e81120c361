"""The question after a restart: large, with its two answers, and why it is asked."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from kiosk.ui.presenters.clerk.recovery import View
from kiosk.ui.screen import Screen
from kiosk.ui.screens.clerk.parts import BandPage, CardColumn
from kiosk.ui.widgets.blocks import Block
from kiosk.ui.widgets.notice import Note
from kiosk.ui.widgets.text import Text


class RecoveryScreen(Screen):
    """The page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        page = BandPage(self)
        self._header = page.header
        self._cards = CardColumn(self)
        self._note = Note(icon="info", kind="sunken", parent=self)
        page.left.addWidget(self._cards)
        page.left.addWidget(self._note)
        page.left.addStretch(1)
        card = Block("card", pad=(22, 22, 22, 22), gap=12, parent=self)
        self._question = Text(role="headline", wrap=True, parent=card)
        self._detail = Text(role="body", tone="text2", wrap=True, parent=card)
        buttons = QVBoxLayout()
        buttons.setSpacing(12)
        self._yes = self.action_button(card, kind="secondary", height=80, left=True, role="titles", icon_size=26)
        self._no = self.action_button(card, kind="secondary", height=80, left=True, role="titles", icon_size=26)
        buttons.addWidget(self._yes)
        buttons.addWidget(self._no)
        card.add(self._question)
        card.add(self._detail)
        card.inner.addSpacing(8)
        card.add(buttons)
        page.right.addWidget(card)
        page.right.addStretch(1)

    def show_view(self, view: View) -> None:
        """Show a View."""
        self._header.show_result(view.title, view.text, icon="refresh-cw", tone="info")
        self._cards.show_cards(view.cards_title, view.rows)
        self._question.set_text(view.question)
        self._detail.set_text(view.detail)
        self._yes.show_action(view.yes)
        self._no.show_action(view.no)
        self._note.set_text(view.note)
