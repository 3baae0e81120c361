"""Frames and rows that every screen is built of: cards, rules, margins.

Responsible for: the sheet's block kinds with their paddings. Not responsible for what stands in them.
"""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QSizePolicy, QVBoxLayout, QWidget

Margins = tuple[int, int, int, int]


class Block(QFrame):
    """A frame of one kind with a column (default) or a row in it."""

    def __init__(
        self,
        kind: str = "card",
        *,
        pad: Margins = (22, 18, 22, 18),
        gap: int = 8,
        row: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("kind", kind)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.inner: QHBoxLayout | QVBoxLayout = QHBoxLayout(self) if row else QVBoxLayout(self)
        self.inner.setContentsMargins(*pad)
        self.inner.setSpacing(gap)

    def add(self, item: QWidget | QLayout, stretch: int = 0) -> None:
        """Put a widget or a layout at the end."""
        if isinstance(item, QWidget):
            self.inner.addWidget(item, stretch)
        else:
            self.inner.addLayout(item, stretch)


def rule(parent: QWidget | None = None) -> QFrame:
    """Return a thin line across."""
    line = QFrame(parent)
    line.setProperty("kind", "rule")
    line.setFixedHeight(1)
    line.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return line


def column(*, gap: int = 8, pad: Margins = (0, 0, 0, 0)) -> QVBoxLayout:
    """Return an empty column."""
    made = QVBoxLayout()
    made.setContentsMargins(*pad)
    made.setSpacing(gap)
    return made


def row(*, gap: int = 8, pad: Margins = (0, 0, 0, 0)) -> QHBoxLayout:
    """Return an empty row."""
    made = QHBoxLayout()
    made.setContentsMargins(*pad)
    made.setSpacing(gap)
    return made
