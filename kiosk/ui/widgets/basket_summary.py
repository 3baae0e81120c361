"""What is due and for what: the card at the left of every page of payment."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from kiosk.ui.presenters.clerk.cash import ItemView
from kiosk.ui.widgets.blocks import Block, rule
from kiosk.ui.widgets.card_face import ValueChip
from kiosk.ui.widgets.text import Text


class _Item(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedHeight(34)
        self._value = ValueChip(size=(44, 32), parent=self)
        self._text = Text(role="body", elide=True, parent=self)
        self._amount = Text(role="strong", align=Qt.AlignmentFlag.AlignRight, parent=self)
        inner = QHBoxLayout(self)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(12)
        inner.addWidget(self._value)
        inner.addWidget(self._text, 1)
        inner.addWidget(self._amount)

    def show_item(self, item: ItemView) -> None:
        self._value.set_card(value=item.card.short, series=item.card.colour)
        self._text.set_text(item.text)
        self._amount.set_text(item.amount)


class BasketSummary(Block):
    """Amount due, then one row a series."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("card", pad=(22, 16, 22, 18), gap=6, parent=parent)
        self._title = Text(role="titles", tone="text2", parent=self)
        self._amount = Text(role="amount", parent=self)
        self.add(self._title)
        self.add(self._amount)
        self.inner.addSpacing(4)
        self.add(rule(self))
        self.inner.addSpacing(4)
        self._items: list[_Item] = []

    def set_compact(self, *, compact: bool) -> None:
        """Use smaller figures where a page is short."""
        self._amount.set_role("display" if compact else "amount")

    def show_due(self, title: str, amount: str, items: Sequence[ItemView]) -> None:
        """Show what is due."""
        self._title.set_text(title)
        self._amount.set_text(amount)
        while len(self._items) < len(items):
            made = _Item(self)
            self.add(made)
            self._items.append(made)
        for index, widget in enumerate(self._items):
            if index < len(items):
                widget.show_item(items[index])
            widget.setVisible(index < len(items))
