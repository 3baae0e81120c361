"""The result of a sale: what happened to each card, the change, and whether the customer wants a receipt."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from kiosk.ui.presenters.clerk.result import View
from kiosk.ui.screen import Screen
from kiosk.ui.screens.clerk.parts import BandPage, CardColumn
from kiosk.ui.theme import restyle
from kiosk.ui.widgets.blocks import Block
from kiosk.ui.widgets.icon import Icon
from kiosk.ui.widgets.notice import Note
from kiosk.ui.widgets.text import Text

RIGHT = Qt.AlignmentFlag.AlignRight


class ResultScreen(Screen):
    """The page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        page = BandPage(self)
        self._header = page.header
        self._cards = CardColumn(self)
        self._ticket = Note(icon="receipt", kind="sunken", parent=self)
        self._say = Note(icon="message-circle", kind="soft", parent=self)
        page.left.addWidget(self._cards)
        page.left.addWidget(self._ticket)
        page.left.addWidget(self._say)
        page.left.addStretch(1)
        page.right.addWidget(self._build_change())
        page.right.addWidget(self._build_receipt())
        page.right.addStretch(1)
        page.foot.addWidget(Icon("scan-barcode", size=22, tone="text2", parent=self))
        self._footer = Text(role="body", tone="text2", elide=True, parent=self)
        page.foot.addWidget(self._footer, 1)

    def _build_change(self) -> QWidget:
        self._change = Block("card", pad=(22, 18, 22, 18), gap=12, row=True, parent=self)
        words = QVBoxLayout()
        words.setSpacing(2)
        self._change_title = Text(role="titles", tone="text2", parent=self._change)
        self._change_big = Text(role="amount", parent=self._change)
        self._change_detail = Text(role="small", tone="text2", elide=True, parent=self._change)
        for part in (self._change_title, self._change_big, self._change_detail):
            words.addWidget(part)
        self._change_small = Text(role="display", align=RIGHT, parent=self._change)
        self._change.add(words, 1)
        self._change.add(self._change_small)
        return self._change

    def _build_receipt(self) -> QWidget:
        card = Block("card", pad=(22, 20, 22, 22), gap=4, parent=self)
        self._ask = Text(role="title", wrap=True, parent=card)
        self._ask_detail = Text(role="small", tone="text2", wrap=True, parent=card)
        self._note = Note(parent=card)
        self._next = self.action_button(card, kind="primary", height=76, role="titles", icon_size=26)
        self._print = self.action_button(card, kind="secondary", height=68, role="titles", icon_size=26)
        card.add(self._ask)
        card.add(self._ask_detail)
        card.inner.addSpacing(10)
        card.add(self._note)
        self._buttons = QVBoxLayout()
        self._buttons.setSpacing(10)
        self._buttons.addWidget(self._next)
        self._buttons.addWidget(self._print)
        card.add(self._buttons)
        return card

    def show_view(self, view: View) -> None:
        """Show a View."""
        self._header.show_result(view.title, view.text, icon=view.icon, tone=view.tone)
        self._cards.show_cards(view.cards_title, view.rows, view.queue)
        self._ticket.set_text("" if view.say else view.ticket)
        self._say.set_text(view.say, title=view.say_title, role="body")
        restyle(self._change, kind="sunken" if view.change_small else "card")
        self._change_title.set_text(view.change_title)
        self._change_big.set_text(view.change)
        self._change_big.setVisible(not view.change_small)
        self._change_small.set_text(view.change)
        self._change_small.setVisible(view.change_small)
        self._change_detail.set_text(view.change_detail)
        self._ask.set_text(view.ask)
        self._ask_detail.set_text(view.ask_detail)
        self._ask_detail.setVisible(not view.note)
        self._note.set_look(icon=view.note_icon, kind=view.note_kind)
        self._note.set_text(view.note)
        self._next.show_action(view.next, kind="secondary" if view.print_first else "primary")
        self._print.show_action(view.printing, kind="primary" if view.print_first else "secondary")
        self._order(print_first=view.print_first)
        self._footer.set_text(view.footer)

    def _order(self, *, print_first: bool) -> None:
        first = self._print if print_first else self._next
        if self._buttons.indexOf(first) != 0:
            self._buttons.removeWidget(first)
            self._buttons.insertWidget(0, first)
        self._next.setFixedHeight(68 if print_first else 76)
        self._print.setFixedHeight(76 if print_first else 68)
