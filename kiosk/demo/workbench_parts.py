"""Pieces of the workbench's window: a card to scan, a key that stays pressed, the paper, the glass of the customer display."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from kiosk.demo.workbench_view import CardView, KeyView
from kiosk.ui.fonts import TypeRole, sized_font
from kiosk.ui.theme import fill, ground, ink, restyle
from kiosk.ui.widgets.button import Button
from kiosk.ui.widgets.card_face import CardFace
from kiosk.ui.widgets.text import Text

COLUMNS: Final = 20
PAPER_PX: Final = 316
FACE_PX: Final = 80


class CardButton(QPushButton):
    """A card of the rack; pressed it is held under the scanner. ``chosen`` carries its place."""

    chosen = Signal(object)

    def __init__(self, place: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._place = place
        self.setProperty("kind", "card")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        self._face = CardFace(height=FACE_PX, parent=self)
        self._below = Text(role="caption", tone="text2", elide=True, parent=self)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(4)
        column.addWidget(self._face)
        column.addWidget(self._below)
        self.setFixedHeight(FACE_PX + 36)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._choose)

    def show_card(self, view: CardView) -> None:
        """Show a card."""
        self._face.set_card(value=view.value, brand=view.brand, dots=view.dots, series=view.colour)
        self._below.set_text(view.below)
        self._below.set_tone(view.tone)
        self.setAccessibleName(f"{view.value} {view.below}")

    def sizeHint(self) -> QSize:
        return QSize(176, self.minimumHeight())

    def minimumSizeHint(self) -> QSize:
        return QSize(162, self.minimumHeight())

    def _choose(self) -> None:
        self.chosen.emit(self._place)


class BenchKey(Button):
    """A key that stays pressed while what it does is in force. ``pressed_now`` carries the key's name and whether it was on."""

    pressed_now = Signal(object)

    def __init__(self, name: str, *, icon: str = "", parent: QWidget | None = None) -> None:
        super().__init__(
            kind="secondary", icon=icon, height=48, role="smalls", icon_size=20, pad=12, left=True, parent=parent
        )
        self._name = name
        self._on = False
        self.clicked.connect(self._press)

    def show_key(self, view: KeyView) -> None:
        """Show the key as it stands."""
        self._on = view.on
        self.set_text(view.text)
        self.set_detail(view.detail)
        self.set_kind("chosen" if view.on else "secondary")
        self.setVisible(view.shown)

    def _press(self) -> None:
        self.pressed_now.emit((self._name, self._on))


class PaperRoll(QScrollArea):
    """What came out of the printer, the newest on top."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        body = QWidget()
        body.setProperty("kind", "plain")
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._column.addStretch()
        self.setWidget(body)
        self._papers: tuple[bytes, ...] = ()
        self._labels: list[QLabel] = []

    def show_papers(self, papers: Sequence[bytes]) -> None:
        """Show these pictures; cheap when they are the same."""
        shown = tuple(papers)
        if shown == self._papers:
            return
        self._papers = shown
        while len(self._labels) < len(shown):
            label = QLabel()
            self._column.insertWidget(len(self._labels), label, 0, Qt.AlignmentFlag.AlignHCenter)
            self._labels.append(label)
        for place, label in enumerate(self._labels):
            label.setVisible(place < len(shown))
            if place < len(shown):
                picture = QPixmap()
                picture.loadFromData(shown[place])
                label.setPixmap(picture.scaledToWidth(PAPER_PX, Qt.TransformationMode.SmoothTransformation))
                label.setFixedSize(label.pixmap().size())
        self.verticalScrollBar().setValue(0)


class Glass(QWidget):
    """Two lines of twenty characters that glow behind dark glass."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = ("", "")
        self._on = True
        self.setFixedHeight(112)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_lines(self, lines: tuple[str, str], *, on: bool) -> None:
        """Show these lines; nothing glows while it is unplugged."""
        if (lines, on) != (self._lines, self._on):
            self._lines, self._on = lines, on
            self.setAccessibleName(" / ".join(lines) if on else "")
            restyle(self, tone="" if on else "off")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill(self))
        painter.drawRoundedRect(QRectF(self.rect()), 12, 12)
        painter.setBrush(ground(self))
        glass = QRectF(self.rect()).adjusted(8, 8, -8, -8)
        painter.drawRoundedRect(glass, 6, 6)
        if not self._on:
            return
        cell = min((glass.width() - 24) / COLUMNS, 22.0)
        left = glass.left() + (glass.width() - cell * COLUMNS) / 2
        painter.setFont(sized_font(TypeRole(round(cell * 1.45), 0, 700, 100, tabular=False), mono=True))
        for at, line in enumerate(self._lines):
            top = glass.top() + glass.height() * (0.08 + 0.44 * at)
            for place in range(COLUMNS):
                box = QRectF(left + place * cell, top, cell, glass.height() * 0.40)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(ink(self))
                painter.setOpacity(0.07)  # the dark cells of a real tube
                painter.drawRect(box.adjusted(1.5, 2, -1.5, -2))
                painter.setOpacity(1.0)
                if place < len(line):
                    painter.setPen(ink(self))
                    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, line[place])
