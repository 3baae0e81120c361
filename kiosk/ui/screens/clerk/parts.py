"""Layout that several clerk pages share: a column of cards under its title, a page of a band and two columns."""

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.ui.presenters.parts import ResultRow
from kiosk.ui.widgets.notice import ResultHeader
from kiosk.ui.widgets.result_list import ResultList
from kiosk.ui.widgets.text import Text

PAGE_MARGINS = (28, 20, 28, 16)


class CardColumn(QWidget):
    """A title with a remark at its right, and the cards under it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = Text(role="titles", parent=self)
        self._remark = Text(role="small", tone="text2", parent=self)
        self._list = ResultList(self)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._remark)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self._list, 1)

    def show_cards(self, title: str, rows: Sequence[ResultRow], remark: str = "") -> None:
        """Show these cards."""
        self._title.set_text(title)
        self._remark.set_text(remark)
        self._remark.setVisible(bool(remark))
        self._list.show_rows(rows)


class BandPage:
    """A result band over two columns, left the cards, right what to do; and a line at the bottom."""

    def __init__(self, page: QWidget) -> None:
        outer = QVBoxLayout(page)
        outer.setContentsMargins(*PAGE_MARGINS)
        outer.setSpacing(18)
        self.header = ResultHeader(page)
        outer.addWidget(self.header)
        body = QHBoxLayout()
        body.setSpacing(24)
        self.left = QVBoxLayout()
        self.left.setSpacing(14)
        self.right = QVBoxLayout()
        self.right.setSpacing(14)
        body.addLayout(self.left, 6)
        body.addLayout(self.right, 5)
        outer.addLayout(body, 1)
        self.foot = QHBoxLayout()
        self.foot.setSpacing(10)
        outer.addLayout(self.foot)
