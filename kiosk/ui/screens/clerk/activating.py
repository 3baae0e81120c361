"""Activating: a ring, what is being done, the cards; from 3 s on a way to go on."""

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.ui.presenters.clerk.activating import View
from kiosk.ui.screen import Screen
from kiosk.ui.screens.clerk.parts import PAGE_MARGINS, CardColumn
from kiosk.ui.widgets.blocks import Block
from kiosk.ui.widgets.chip import Ring
from kiosk.ui.widgets.text import Text


class ActivatingScreen(Screen):
    """The page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(*PAGE_MARGINS)
        outer.setSpacing(18)
        band = Block("sunken", pad=(24, 16, 24, 16), gap=20, row=True, parent=self)
        band.setMinimumHeight(116)
        self.ring = Ring(size=72, parent=band)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch()
        self._title = Text(role="headline", wrap=True, parent=band)
        self._text = Text(role="body", tone="text2", wrap=True, parent=band)
        words.addWidget(self._title)
        words.addWidget(self._text)
        words.addStretch()
        band.add(self.ring)
        band.add(words, 1)
        outer.addWidget(band)
        body = QHBoxLayout()
        body.setSpacing(24)
        left = QVBoxLayout()
        self._cards = CardColumn(self)
        left.addWidget(self._cards)
        left.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(8)
        self._go_on = self.action_button(kind="secondary", height=68, role="titles", icon_size=24)
        self._go_on_detail = Text(role="small", tone="text2", wrap=True, parent=self)
        right.addSpacing(32)
        right.addWidget(self._go_on)
        right.addWidget(self._go_on_detail)
        right.addStretch(1)
        body.addLayout(left, 6)
        body.addLayout(right, 5)
        outer.addLayout(body, 1)

    def show_view(self, view: View) -> None:
        """Show a View."""
        self._title.set_text(view.title)
        self._text.set_text(view.text)
        self._cards.show_cards(view.cards_title, view.rows)
        self._go_on.show_action(view.go_on)
        self._go_on_detail.set_text(view.go_on_detail)
