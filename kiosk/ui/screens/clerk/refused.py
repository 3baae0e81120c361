"""A refused card after the money came in: the reason first, then replace or refund."""

from PySide6.QtWidgets import QWidget

from kiosk.ui.presenters.clerk.refused import View
from kiosk.ui.screen import Screen
from kiosk.ui.screens.clerk.parts import BandPage, CardColumn
from kiosk.ui.widgets.blocks import Block
from kiosk.ui.widgets.icon import RoundIcon
from kiosk.ui.widgets.notice import Note
from kiosk.ui.widgets.text import Text


class RefusedScreen(Screen):
    """The page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        page = BandPage(self)
        self._header = page.header
        self._cards = CardColumn(self)
        page.left.addWidget(self._cards)
        page.left.addStretch(1)
        card = Block("card", pad=(22, 20, 22, 22), gap=10, parent=self)
        self._what = Text(role="title", parent=card)
        self._zone = Block("scan", pad=(18, 14, 18, 14), gap=14, row=True, parent=card)
        zone_words = Block("plain", pad=(0, 0, 0, 0), gap=2, parent=self._zone)
        self._zone_title = Text(role="titles", tone="primary_text", wrap=True, parent=zone_words)
        self._zone_text = Text(role="small", tone="text2", wrap=True, parent=zone_words)
        zone_words.add(self._zone_title)
        zone_words.add(self._zone_text)
        self._zone.add(RoundIcon("scan-barcode", size=56, glyph=28, parent=self._zone))
        self._zone.add(zone_words, 1)
        self._fault = Note(icon="x", kind="danger", parent=card)
        self._replace = self.action_button(card, kind="primary", height=76, role="titles", icon_size=26)
        self._refund = self.action_button(card, kind="secondary", height=68, left=True)
        for part in (self._what, self._zone, self._fault, self._replace, self._refund):
            card.add(part)
        self._kept = Note(icon="info", kind="sunken", parent=self)
        page.right.addWidget(card)
        page.right.addWidget(self._kept)
        page.right.addStretch(1)

    def show_view(self, view: View) -> None:
        """Show a View."""
        self._header.show_result(view.title, view.text, icon="triangle-alert", tone="danger")
        self._cards.show_cards(view.cards_title, view.rows)
        self._what.set_text(view.what)
        self._zone.setVisible(view.replacing)
        self._zone_title.set_text(view.replacing_title)
        self._zone_text.set_text(view.replacing_text)
        self._fault.set_text(view.fault)
        self._replace.show_action(view.replace)
        self._refund.show_action(view.refund)
        self._kept.set_text(view.kept)
