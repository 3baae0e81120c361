"""Help: the keys in two columns, the shortest sale in one sentence, the notice that must be visible at the counter."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from kiosk.ui.presenters.clerk.help import LEFT, RIGHT, View
from kiosk.ui.screen import Screen
from kiosk.ui.widgets.blocks import Block
from kiosk.ui.widgets.button import KeyCap
from kiosk.ui.widgets.notice import Note
from kiosk.ui.widgets.page_head import PageHead
from kiosk.ui.widgets.text import Text


class HelpScreen(Screen):
    """The page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(28, 18, 28, 24)
        outer.setSpacing(14)
        self._back = self.action_button(kind="ghost", height=44)
        self._head = PageHead(back=self._back, parent=self)
        outer.addWidget(self._head)
        self._sell = Note(icon="scan-barcode", kind="soft", parent=self)
        outer.addWidget(self._sell)
        card = Block("card", pad=(24, 18, 24, 20), gap=12, parent=self)
        self._keys_title = Text(role="titles", parent=card)
        card.add(self._keys_title)
        columns = QHBoxLayout()
        columns.setSpacing(32)
        self._cells: list[list[tuple[KeyCap, Text]]] = []
        for table in (LEFT, RIGHT):
            grid = QGridLayout()
            grid.setHorizontalSpacing(16)
            grid.setVerticalSpacing(14)
            grid.setColumnStretch(1, 1)
            cells = []
            for line in range(len(table)):
                cap, meaning = KeyCap(parent=card), Text(role="body", wrap=True, parent=card)
                grid.addWidget(cap, line, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
                grid.addWidget(meaning, line, 1)
                cells.append((cap, meaning))
            columns.addLayout(grid, 1)
            self._cells.append(cells)
        card.add(columns)
        outer.addWidget(card)
        self._notice = Note(icon="receipt", kind="sunken", parent=self)
        outer.addWidget(self._notice)
        outer.addStretch(1)

    def show_view(self, view: View) -> None:
        """Show a View."""
        self._back.show_action(view.back)
        self._head.title.set_text(view.title)
        self._sell.set_text(view.sell, title=view.sell_title, role="body")
        self._keys_title.set_text(view.keys_title)
        for cells, column in zip(self._cells, view.columns, strict=True):
            for (cap, meaning), (key, text) in zip(cells, column, strict=True):
                cap.set_text(key)
                meaning.set_text(text)
        self._notice.set_text(view.notice)
