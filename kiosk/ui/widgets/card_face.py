"""How a card looks: its face, its value in a list, and the tile that a clerk arms.

Responsible for: colour, number and count of lit dots (never one of them alone), and "sold out". Not responsible for stock.
"""

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from kiosk.ui.fonts import TypeRole, sized_font
from kiosk.ui.theme import fill, ground, ink, restyle
from kiosk.ui.widgets.chip import Chip
from kiosk.ui.widgets.text import Text

GRID: Final = 5
UNLIT_OPACITY: Final = 0.28
# A diamond for 13, a heart-like wedge for 7, all for 25: shapes that are told apart without counting.
LIT: Final[dict[int, frozenset[tuple[int, int]]]] = {
    7: frozenset({(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3), (3, 2)}),
    13: frozenset((r, c) for r in range(GRID) for c in range(GRID) if abs(r - 2) + abs(c - 2) <= 2),
    25: frozenset((r, c) for r in range(GRID) for c in range(GRID)),
}


def draw_dots(painter: QPainter, *, box: QRectF, dots: int, colour: QColor) -> None:
    """Draw the 5 × 5 grid of codes with `dots` of them lit."""
    lit = LIT.get(dots, LIT[25])
    step_x, step_y = box.width() / (GRID - 0.42), box.height() / (GRID - 0.42)
    radius = min(step_x, step_y) * 0.29
    for r in range(GRID):
        for c in range(GRID):
            painter.setOpacity(1.0 if (r, c) in lit else UNLIT_OPACITY)
            x, y = box.left() + radius + c * step_x, box.top() + radius + r * step_y
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawEllipse(QRectF(x - radius, y - radius, 2 * radius, 2 * radius))
    painter.setOpacity(1.0)


class CardFace(QWidget):
    """The front of a card: value, dots, name."""

    def __init__(self, *, height: int = 134, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = ""
        self._brand = ""
        self._dots = 25
        self.setProperty("series", "d100")
        self.setMinimumSize(150, height)
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_card(self, *, value: str, brand: str, dots: int, series: str) -> None:
        """Show a series: `series` is its colour's name in the sheet."""
        self._value, self._brand, self._dots = value, brand, dots
        self.setAccessibleName(f"{brand} {value}")
        restyle(self, series=series)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(212, self.minimumHeight())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline = fill(self)
        painter.setBrush(ground(self))
        painter.setPen(QPen(outline, 2) if outline.alpha() else Qt.PenStyle.NoPen)
        inset = 1.0 if outline.alpha() else 0.0
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), 12, 12)
        height = float(self.height())
        grid = min(height * 0.49, self.width() * 0.31)
        painter.setPen(ink(self))
        painter.setFont(sized_font(TypeRole(max(24, round(height * 0.27)), 0, 700, 98)))
        value_box = QRectF(20, height * 0.17, self.width() - grid - 40, height * 0.49)
        painter.drawText(value_box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._value)
        painter.setFont(sized_font(TypeRole(max(13, round(height * 0.118)), 0, 600, 100)))
        name_box = QRectF(20, height * 0.69, self.width() - 40, height * 0.22)
        painter.drawText(name_box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._brand)
        box = QRectF(self.width() - grid - 18, height * 0.17, grid, grid)
        draw_dots(painter, box=box, dots=self._dots, colour=ink(self))


class ValueChip(QWidget):
    """The value of a card on its colour, in lists."""

    def __init__(self, *, size: tuple[int, int] = (56, 40), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = ""
        self.setProperty("series", "d100")
        self.setFixedSize(*size)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_card(self, *, value: str, series: str) -> None:
        """Show a series' value."""
        self._value = value
        restyle(self, series=series)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline = fill(self)
        painter.setBrush(ground(self))
        painter.setPen(QPen(outline, 2) if outline.alpha() else Qt.PenStyle.NoPen)
        inset = 1.0 if outline.alpha() else 0.0
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), 8, 8)
        painter.setPen(ink(self))
        painter.setFont(sized_font(TypeRole(18 if self.height() >= 36 else 16, 0, 600, 100)))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._value)


class CardTile(QPushButton):
    """A series to arm: face, name, stock. States: normal, armed, sold out (not tappable, says so)."""

    def __init__(self, *, face_height: int = 134, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        self._face = CardFace(height=face_height, parent=self)
        self._name = Text(role="strong", elide=True, parent=self)
        self._stock = Chip(height=26, parent=self)
        inner = QVBoxLayout(self)
        inner.setContentsMargins(7, 7, 7, 7)
        inner.setSpacing(6)
        inner.addWidget(self._face)
        line = QHBoxLayout()
        line.addStrut(26)  # as high without a stock chip as with one
        line.addWidget(self._name, 1)
        line.addWidget(self._stock)
        inner.addLayout(line)
        self.setFixedHeight(face_height + 52)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_card(self, *, value: str, brand: str, dots: int, series: str, name: str) -> None:
        """Show a series."""
        self._face.set_card(value=value, brand=brand, dots=dots, series=series)
        self._name.set_text(name)
        self.setAccessibleName(name)

    def set_stock(self, text: str, *, tone: str) -> None:
        """Show the stock chip; empty for none."""
        self._stock.set_look(text, tone=tone)
        self._stock.setVisible(bool(text))

    def set_face_height(self, height: int) -> None:
        """Grow or shrink with the room there is."""
        self._face.setFixedHeight(height)
        self.setFixedHeight(height + 52)

    def set_armed(self, armed: bool) -> None:
        """Mark the tile as the value that the next scan is expected to have."""
        restyle(self, kind="card_on" if armed else "card")

    def sizeHint(self) -> QSize:
        return QSize(228, self.minimumHeight())

    def minimumSizeHint(self) -> QSize:
        return QSize(170, self.minimumHeight())
