"""The head of a page that was opened from another: back at the left, title in the middle, another way at the right."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from kiosk.ui.widgets.text import Text


class PageHead(QWidget):
    """Places the two buttons it is given; the title stays in the middle whatever their widths."""

    def __init__(self, *, back: QWidget | None, other: QWidget | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(44)
        self.title = Text(role="title", align=Qt.AlignmentFlag.AlignHCenter, elide=True, parent=self)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 2)
        grid.setColumnStretch(2, 1)
        grid.addWidget(self.title, 0, 1)
        if back is not None:
            grid.addWidget(back, 0, 0, Qt.AlignmentFlag.AlignLeft)
        if other is not None:
            grid.addWidget(other, 0, 2, Qt.AlignmentFlag.AlignRight)
