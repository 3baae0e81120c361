"""What the customer's pages share: header, row of keys at the foot, drawings.

Responsible for: looks that no other face has. Not responsible for what a touch means.
"""

from typing import Final

from PySide6.QtCore import QRectF, QSignalMapper, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from kiosk.ui.fonts import ROLES, TypeRole, sized_font
from kiosk.ui.icons import logo_pixmap
from kiosk.ui.presenters.customer.footer import FooterView
from kiosk.ui.presenters.customer.visit import Speak, Touch
from kiosk.ui.screens.customer.form import Form, key, words
from kiosk.ui.theme import fill, ground, ink, mark, restyle
from kiosk.ui.widgets.card_face import draw_dots

DOT_EVERY_MS: Final = 8_000  # the only motion of the page that waits
_PATH: Final = ((2, 2), (1, 2), (2, 3), (3, 2), (2, 1), (1, 1), (1, 3), (3, 3), (3, 1))


class LogoMark(QWidget):
    """The product's mark; on the brand's own ground its colours change places."""

    def __init__(self, *, size: int, on_brand: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._on_brand = on_brand
        self.setFixedSize(size, size)

    def paintEvent(self, event: QPaintEvent) -> None:
        pixmap = logo_pixmap(size=self.width(), ratio=self.devicePixelRatioF(), inverse=self._on_brand)
        QPainter(self).drawPixmap(0, 0, pixmap)


class Header(QWidget):
    """Mark and name at the top of a page."""

    def __init__(self, form: Form, *, on_brand: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        size = (80 if on_brand else 64) if form.upright else 52
        self._name = words(
            "ktitle" if on_brand else "kstrong", form, tone="on_brand" if on_brand else "text", parent=self
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(20)
        row.addWidget(LogoMark(size=size, on_brand=on_brand, parent=self))
        row.addWidget(self._name, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_brand(self, brand: str) -> None:
        """Show the product's name."""
        self._name.set_text(brand)


class Footer(QFrame):
    """Back, language, large text, contrast: at the same place on every page."""

    intent = Signal(object)

    def __init__(self, form: Form, *, bare: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "plain" if bare else "barb")
        self.setFixedHeight(form.footer)
        height = 112 if form.upright else 88
        pad = 16 if form.large else 22
        self._language = ""
        self._back = key(form, kind="secondaryk", icon="arrow-left", height=height, pad=pad, parent=self)
        self._speak = key(form, kind="tonalk", icon="languages", height=height, pad=pad, parent=self)
        self._large = key(form, kind="tonalk", icon="a-large-small", height=height, pad=pad, parent=self)
        self._contrast = key(form, kind="tonalk", icon="contrast", height=height, pad=pad, parent=self)
        self._back.clicked.connect(self._go_back)
        self._speak.clicked.connect(self._change_language)
        self._large.clicked.connect(self._enlarge)
        self._contrast.clicked.connect(self._change_contrast)
        row = QHBoxLayout(self)
        row.setContentsMargins(form.margin - 8, 0, form.margin - 8, 0)
        row.setSpacing(14)
        row.addWidget(self._back)
        row.addStretch(1)
        for one in (self._speak, self._large, self._contrast):
            row.addWidget(one)
        if form.large:  # words are wider: the drawings make room
            for one in (self._speak, self._large, self._contrast, self._back):
                one.set_icon("")

    def show_footer(self, view: FooterView) -> None:
        """Show these keys."""
        self._back.set_text(view.back)
        self._back.setVisible(bool(view.back))
        self._language = view.other.language
        self._speak.set_text(view.other.name)
        self._large.set_text(view.large)
        self._large.set_kind("chosenk" if view.large_on else "tonalk")
        self._contrast.set_text(view.contrast)
        self._contrast.set_kind("chosenk" if view.contrast_on else "tonalk")

    def _go_back(self) -> None:
        self.intent.emit(Touch.BACK)

    def _change_language(self) -> None:
        self.intent.emit(Speak(self._language))

    def _enlarge(self) -> None:
        self.intent.emit(Touch.LARGE)

    def _change_contrast(self) -> None:
        self.intent.emit(Touch.CONTRAST)


class LanguageRow(QWidget):
    """Every language in its own name, side by side."""

    intent = Signal(object)

    def __init__(self, form: Form, *, languages: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys = [key(form, kind="inkk", height=96, parent=self) for _ in range(languages)]
        self._codes = [""] * languages
        self._mapper = QSignalMapper(self)
        self._mapper.mappedInt.connect(self._chosen)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(14)
        for place, one in enumerate(self._keys):
            self._mapper.setMapping(one, place)
            one.clicked.connect(self._mapper.map)
            row.addWidget(one, 1)

    def show_languages(self, view: FooterView) -> None:
        """Show the languages, the spoken one marked."""
        for place, language in enumerate(view.languages):
            self._codes[place] = language.language
            self._keys[place].set_text(language.name)
            self._keys[place].set_kind("inkonk" if language.spoken else "inkk")

    def _chosen(self, place: int) -> None:
        self.intent.emit(Speak(self._codes[place]))


class RevealedDot(QWidget):
    """The brand's field of 25 codes; one of them is being revealed, another every few seconds, slowly enough for anybody."""

    def __init__(self, *, side: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._at = 0
        self.setFixedSize(side, side)
        self._timer = QTimer(self)
        self._timer.setInterval(DOT_EVERY_MS)
        self._timer.timeout.connect(self._next)

    def _next(self) -> None:
        self._at = (self._at + 1) % len(_PATH)
        self.update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._at = 0
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        dot = self.width() * 0.15
        step = (self.width() - dot) / 4
        for r in range(5):
            for c in range(5):
                lit = (r, c) == _PATH[self._at]
                painter.setOpacity(1.0 if lit else 0.24 if abs(r - 2) + abs(c - 2) == 2 else 0.10)
                painter.setBrush(ground(self) if lit else ink(self))
                painter.drawEllipse(QRectF(c * step, r * step, dot, dot))


class GestureDrawing(QWidget):
    """A card whose bar code passes through the reader's red line."""

    def __init__(self, *, height: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(self.height() * 9 // 4, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        high = float(self.height())
        wide = high * 1.64
        left = (self.width() - wide) / 2
        outline = fill(self)
        painter.setPen(QPen(outline, 2) if outline.alpha() else Qt.PenStyle.NoPen)
        painter.setBrush(ground(self))
        painter.drawRoundedRect(QRectF(left + 1, 1, wide - 2, high - 2), high * 0.09, high * 0.09)
        painter.setPen(Qt.PenStyle.NoPen)
        grid = high * 0.34
        draw_dots(
            painter, box=QRectF(left + wide - grid - high * 0.12, high * 0.1, grid, grid), dots=13, colour=ink(self)
        )
        label = QRectF(left + high * 0.15, high * 0.56, wide - high * 0.3, high * 0.31)
        painter.setBrush(ink(self))
        painter.drawRoundedRect(label, high * 0.04, high * 0.04)
        painter.setBrush(ground(self))
        unit, x = label.width() / 52, label.left() + label.width() * 0.05
        for place, bars in enumerate((1, 2, 1, 1, 3, 1, 2, 1, 2, 1, 1, 2, 3, 1, 2, 1, 1, 2, 3, 1, 2, 1, 1, 3, 1, 2)):
            if place % 2 == 0:
                painter.drawRect(QRectF(x, label.top() + label.height() * 0.14, bars * unit, label.height() * 0.72))
            x += bars * unit * 1.15
        painter.setBrush(mark(self))
        beam = max(4.0, high * 0.022)
        reach = min(high * 0.3, left)
        painter.drawRoundedRect(
            QRectF(left - reach, label.center().y() - beam / 2, wide + 2 * reach, beam), beam / 2, beam / 2
        )


class SerialField(QFrame):
    """Sixteen places in groups of four: empty rings, filled discs for hidden digits, and a digit that may be seen."""

    def __init__(self, form: Form, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._marks = ""
        self._places = 16
        self._hidden = ""
        self.setFixedHeight(124 if form.upright else 96)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setProperty("kind", "fieldk")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    @property
    def marks(self) -> str:
        """What stands in the places."""
        return self._marks

    def set_marks(self, marks: str, *, places: int, hidden: str, spoken: str, wrong: bool) -> None:
        """Show what was typed; ``spoken`` is what assistive technology says of it, without a digit."""
        self._marks, self._places, self._hidden = marks, places, hidden
        self.setAccessibleName(spoken)
        restyle(self, kind="fieldk_danger" if wrong else "fieldk")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        groups = self._places // 4
        room = self.width() - 2 * 28
        step = room / (self._places + (groups - 1) * 0.75)
        size = min(ROLES["kkey"].size, round(step * 1.45))
        painter.setFont(sized_font(TypeRole(size, 0, 600, 100)))
        middle = self.height() / 2
        for place in range(self._places):
            centre = 28 + step * (place + 0.5 + place // 4 * 0.75)
            if place >= len(self._marks):
                ring = step * 0.16
                painter.setPen(QPen(mark(self), 2.5))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(QRectF(centre - ring, middle - ring, 2 * ring, 2 * ring))
            elif self._marks[place] == self._hidden:
                disc = step * 0.24
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(ink(self))
                painter.drawEllipse(QRectF(centre - disc, middle - disc, 2 * disc, 2 * disc))
            else:
                painter.setPen(ink(self))
                box = QRectF(centre - step, 0, 2 * step, self.height())
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._marks[place])


class CountdownRing(QWidget):
    """What is left of a countdown: an arc and the seconds in it."""

    def __init__(self, form: Form, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._seconds, self._share = "", 0
        side = 280 if form.upright else 200
        self._type = ROLES["kdisplay"] if form.upright else ROLES["khead"]
        self.setFixedSize(side, side)

    def set_left(self, seconds: str, share: int) -> None:
        """Show the seconds and their share of the whole in thousandths."""
        self._seconds, self._share = seconds, share
        self.setAccessibleName(seconds)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        thick = self.width() / 12
        box = QRectF(self.rect()).adjusted(thick / 2, thick / 2, -thick / 2, -thick / 2)
        painter.setPen(QPen(ground(self), thick))
        painter.drawEllipse(box)
        painter.setPen(QPen(ink(self), thick, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawArc(box, 90 * 16, 360 * 16 * self._share // 1000)
        painter.setPen(mark(self))
        painter.setFont(sized_font(self._type))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._seconds)


class ShareBar(QWidget):
    """How much of the card is left, on the brand's ground."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._thousandths = 0
        self.setFixedHeight(20)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_share(self, thousandths: int) -> None:
        """Show this share."""
        self._thousandths = max(0, min(1000, thousandths))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        radius = box.height() / 2
        painter.setPen(QPen(ink(self), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, radius, radius)
        if self._thousandths:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground(self))
            width = max(box.height(), box.width() * self._thousandths / 1000)
            painter.drawRoundedRect(QRectF(box.left(), box.top(), width, box.height()), radius, radius)
