"""A page to read: the till is starting, or it has halted and says what to keep and what to do."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.ui.presenters.clerk.message import View
from kiosk.ui.screen import Screen
from kiosk.ui.widgets.blocks import Block
from kiosk.ui.widgets.chip import Ring
from kiosk.ui.widgets.icon import RoundIcon
from kiosk.ui.widgets.notice import Note
from kiosk.ui.widgets.text import Text

CARD_PX = 640
NOTES = 2
CENTRE = Qt.AlignmentFlag.AlignHCenter


class MessageScreen(Screen):
    """The page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        outer = QVBoxLayout(self)
        outer.addStretch(2)
        middle = QHBoxLayout()
        middle.addStretch(1)
        card = Block("card", pad=(40, 40, 40, 36), gap=12, parent=self)
        card.setFixedWidth(CARD_PX)
        self._icon = RoundIcon("triangle-alert", size=88, glyph=44, tone="danger", parent=card)
        self.ring = Ring(size=72, parent=card)
        self._title = Text(role="headline", align=CENTRE, wrap=True, parent=card)
        self._text = Text(role="body", tone="text2", align=CENTRE, wrap=True, parent=card)
        card.inner.addWidget(self._icon, 0, CENTRE)
        card.inner.addWidget(self.ring, 0, CENTRE)
        card.inner.addSpacing(8)
        card.add(self._title)
        card.add(self._text)
        self._notes = [Note(icon=icon, kind="sunken", parent=card) for icon in ("banknote", "phone")]
        for note in self._notes:
            card.add(note)
        self._action = self.action_button(card, kind="primary", height=72, role="titles", icon_size=24)
        self._reference = Text(role="small", tone="text3", align=CENTRE, wrap=True, parent=card)
        card.inner.addSpacing(8)
        card.add(self._action)
        card.add(self._reference)
        middle.addWidget(card)
        middle.addStretch(1)
        outer.addLayout(middle)
        outer.addStretch(3)

    def show_view(self, view: View) -> None:
        """Show a View."""
        self.ring.setVisible(view.busy)
        self._icon.setVisible(not view.busy)
        self._icon.set_look(view.icon, view.tone)
        self._title.set_text(view.title)
        self._text.set_text(view.text)
        for index, note in enumerate(self._notes):
            note.set_text(view.notes[index] if index < len(view.notes) else "", role="body")
        self._action.show_action(view.action)
        self._reference.set_text(view.reference)
        self._reference.setVisible(bool(view.reference))
