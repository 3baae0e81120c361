"""Receipts: the list of sales at the left, the chosen one with its cards and a copy at the right."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from kiosk.ui.intents import Move, Page
from kiosk.ui.presenters.clerk.tickets import ROWS_A_PAGE, SaleRow, View
from kiosk.ui.screen import Screen
from kiosk.ui.theme import restyle
from kiosk.ui.widgets.blocks import Block
from kiosk.ui.widgets.chip import Chip
from kiosk.ui.widgets.notice import EmptyNote, Note
from kiosk.ui.widgets.result_list import ResultList
from kiosk.ui.widgets.text import Text

PANEL_PX = 428
PANEL_NARROW_PX = 392
NARROW_PX = 1100
RIGHT = Qt.AlignmentFlag.AlignRight


class _SaleButton(QPushButton):
    chosen = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._row: SaleRow | None = None
        self.setFixedHeight(68)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._title = Text(role="label", elide=True, parent=self)
        self._detail = Text(role="small", tone="text2", elide=True, parent=self)
        self._chip = Chip(parent=self)
        self._amount = Text(role="titles", align=RIGHT, parent=self)
        self._amount.setMinimumWidth(96)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addStretch()
        words.addWidget(self._title)
        words.addWidget(self._detail)
        words.addStretch()
        inner = QHBoxLayout(self)
        inner.setContentsMargins(18, 0, 18, 0)
        inner.setSpacing(14)
        inner.addLayout(words, 1)
        inner.addWidget(self._chip)
        inner.addWidget(self._amount)
        self.clicked.connect(self._choose)

    def show_row(self, row: SaleRow) -> None:
        self._row = row
        self._title.set_text(row.title)
        self._detail.set_text(row.detail)
        self._chip.set_look(row.chip, icon=row.chip_icon, tone=row.chip_tone)
        self._amount.set_text(row.amount)
        restyle(self, kind="chosen" if row.chosen else "tile")
        self.setAccessibleName(f"{row.title}, {row.detail}, {row.amount}, {row.chip}")

    def _choose(self) -> None:
        if self._row is not None:
            self.chosen.emit(self._row.intent)


class TicketsScreen(Screen):
    """The page."""

    key_intents = {  # noqa: RUF012 - a constant table
        "up": Move(-1),
        "down": Move(1),
        "page_up": Page(-1),
        "page_down": Page(1),
    }

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        left = QVBoxLayout()
        left.setContentsMargins(24, 18, 24, 20)
        left.setSpacing(8)
        head = QHBoxLayout()
        self._title = Text(role="headline", elide=True, parent=self)
        self._back = self.action_button(kind="ghost", height=44)
        head.addWidget(self._title, 1)
        head.addWidget(self._back)
        left.addLayout(head)
        left.addSpacing(6)
        self._empty = EmptyNote(icon="receipt", parent=self)
        left.addWidget(self._empty)
        self._rows = [_SaleButton(self) for _ in range(ROWS_A_PAGE)]
        for row in self._rows:
            row.chosen.connect(self.intent)
            left.addWidget(row)
        left.addStretch(1)
        foot = QHBoxLayout()
        foot.setSpacing(12)
        self._pick = Text(role="small", tone="text2", elide=True, parent=self)
        self._newer = self.action_button(kind="secondary", height=48)
        self._page = Text(role="smalls", tone="text2", parent=self)
        self._older = self.action_button(kind="secondary", height=48)
        foot.addWidget(self._pick, 1)
        foot.addWidget(self._newer)
        foot.addWidget(self._page)
        foot.addWidget(self._older)
        left.addLayout(foot)
        outer.addLayout(left, 1)
        self._panel = self._build_panel()
        outer.addWidget(self._panel)

    def _build_panel(self) -> QFrame:
        panel = Block("side", pad=(20, 20, 20, 20), gap=8, parent=self)
        self._chosen_title = Text(role="title", elide=True, parent=panel)
        self._chosen_detail = Text(role="small", tone="text2", wrap=True, parent=panel)
        self._cards = ResultList(panel)
        self._total = Text(role="display", align=RIGHT, parent=panel)
        self._note = Note(parent=panel)
        self._settle = self.action_button(panel, kind="secondary", height=64, role="titles")
        self._resume = self.action_button(panel, kind="primary", height=68, role="titles")
        self._copy = self.action_button(panel, kind="primary", height=72, role="titles", icon_size=24)
        panel.add(self._chosen_title)
        panel.add(self._chosen_detail)
        panel.inner.addSpacing(6)
        panel.add(self._cards)
        panel.inner.addStretch(1)
        panel.add(self._total)
        panel.add(self._note)
        panel.add(self._settle)
        panel.add(self._resume)
        panel.add(self._copy)
        panel.setFixedWidth(PANEL_PX)
        return panel

    def show_view(self, view: View) -> None:
        """Show a View."""
        self._title.set_text(view.title)
        self._back.show_action(view.back)
        self._empty.set_text(view.empty_title, view.empty_text)
        self._empty.setVisible(not view.rows)
        for index, row in enumerate(self._rows):
            if index < len(view.rows):
                row.show_row(view.rows[index])
            row.setVisible(index < len(view.rows))
        self._pick.set_text(view.pick)
        self._pick.setVisible(bool(view.rows))
        self._newer.show_action(view.newer)
        self._older.show_action(view.older)
        self._page.set_text(view.page)
        self._page.setVisible(bool(view.page))
        self._chosen_title.set_text(view.chosen_title)
        self._chosen_detail.set_text(view.chosen_detail)
        self._cards.show_rows(view.cards)
        self._cards.setVisible(bool(view.cards))
        self._total.set_text(view.total)
        self._note.set_look(icon=view.note_icon, kind=view.note_kind)
        self._note.set_text(view.note)
        self._copy.show_action(view.copy, kind="secondary" if view.resume.shown else "primary")
        self._settle.show_action(view.settle)
        self._resume.show_action(view.resume)
        self._panel.setVisible(bool(view.chosen_title))

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type] # Qt hands a QResizeEvent, which is only passed on
        self._panel.setFixedWidth(PANEL_NARROW_PX if self.width() < NARROW_PX else PANEL_PX)
