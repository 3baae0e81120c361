"""The page that waits: the brand, one key, every language. Any scan leads straight to a balance, which the face sees to."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from kiosk.ui.presenters.customer.attract import View
from kiosk.ui.presenters.customer.visit import Touch
from kiosk.ui.screens.customer.form import Form, key, words
from kiosk.ui.screens.customer.parts import Header, LanguageRow, RevealedDot
from kiosk.ui.widgets.icon import Icon


class HeroKey(QPushButton):
    """The one thing to do here: drawing, words, a second line, an arrow."""

    def __init__(self, form: Form, *, icon: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "accentk")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        self.setFixedHeight(196 if form.upright else 148)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._title = words("ktitle", form, tone="on_accent", wrap=form.large, parent=self)
        self._detail = words("ksmall", form, tone="on_accent", elide=True, parent=self)
        lines = QVBoxLayout()
        lines.setSpacing(4)
        lines.addStretch()
        lines.addWidget(self._title)
        lines.addWidget(self._detail)
        lines.addStretch()
        row = QHBoxLayout(self)
        row.setContentsMargins(44, 0, 44, 0)
        row.setSpacing(36)
        if not form.large:
            row.addWidget(Icon(icon, size=84 if form.upright else 64, tone="on_accent", parent=self))
        row.addLayout(lines, 1)
        row.addWidget(Icon("arrow-right", size=48, tone="on_accent", parent=self))

    def set_words(self, title: str, detail: str) -> None:
        """Show what it does."""
        self._title.set_text(title)
        self._detail.set_text(detail)
        self.setAccessibleName(title)
        self.setAccessibleDescription(detail)


class AttractScreen(QWidget):
    """Shows a `View`, emits intents."""

    intent = Signal(object)

    def __init__(self, form: Form, *, languages: int = 2, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "brand")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._header = Header(form, on_brand=True, parent=self)
        size = "kdisplay" if form.upright and not form.large else "khead"
        self._title = words(size, form, tone="on_brand", wrap=True, parent=self)
        self._hint = words("kbody", form, tone="on_brand", wrap=True, parent=self)
        self._check = HeroKey(form, icon="scan-barcode", parent=self)
        self._check.clicked.connect(self._start)
        self._languages = LanguageRow(form, languages=languages, parent=self)
        self._languages.intent.connect(self.intent)
        height = 112 if form.upright else 96
        self._large = key(form, kind="inkk", icon="a-large-small", height=height, parent=self)
        self._contrast = key(form, kind="inkk", icon="contrast", height=height, parent=self)
        self._large.clicked.connect(self._enlarge)
        self._contrast.clicked.connect(self._change_contrast)
        if form.large and not form.upright:  # the words need the room
            for one in (self._large, self._contrast):
                one.set_icon("")
        if form.upright:
            self._stand(form)
        else:
            self._lie(form)

    def _stand(self, form: Form) -> None:
        page = QVBoxLayout(self)
        page.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)  # the glass is as large as it is
        page.setContentsMargins(56, 56, 56, 56)
        page.setSpacing(0)
        page.addWidget(self._header)
        page.addStretch(2)
        if not form.large:
            page.addWidget(RevealedDot(side=584, parent=self), 0, Qt.AlignmentFlag.AlignHCenter)
            page.addStretch(3)
        page.addWidget(self._title)
        page.addSpacing(28)
        page.addWidget(self._hint)
        page.addSpacing(48)
        page.addStretch(1)
        page.addWidget(self._check)
        page.addSpacing(44)
        page.addLayout(self._choices(lines=2))

    def _lie(self, form: Form) -> None:
        page = QVBoxLayout(self)
        page.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)  # the glass is as large as it is
        page.setContentsMargins(form.margin + 12, 28, form.margin + 12, 28)
        page.setSpacing(18)
        upper = QHBoxLayout()
        upper.setSpacing(40)
        left = QVBoxLayout()
        left.setSpacing(16)
        left.addWidget(self._header)
        left.addStretch()
        left.addWidget(self._title)
        left.addWidget(self._hint)
        left.addStretch()
        upper.addLayout(left, 1)
        if not form.large:
            upper.addWidget(RevealedDot(side=320, parent=self), 0, Qt.AlignmentFlag.AlignVCenter)
        page.addLayout(upper, 1)
        page.addWidget(self._check)
        page.addLayout(self._choices(lines=1))

    def _choices(self, *, lines: int) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(18)
        grid.addWidget(self._languages, 0, 0, 1, 2)
        for place, one in enumerate((self._large, self._contrast)):
            grid.addWidget(one, lines - 1, place + (0 if lines > 1 else 2))
        for place in range(2 if lines > 1 else 4):
            grid.setColumnStretch(place, 1)
        return grid

    def show_view(self, view: View) -> None:
        """Show this View."""
        self._header.set_brand(view.brand)
        self._title.set_text(view.title)
        self._hint.set_text(view.hint)
        self._check.set_words(view.check, view.check_detail)
        self._languages.show_languages(view.footer)
        self._large.set_text(view.footer.large)
        self._large.set_kind("inkonk" if view.footer.large_on else "inkk")
        self._contrast.set_text(view.footer.contrast)
        self._contrast.set_kind("inkonk" if view.footer.contrast_on else "inkk")

    def _start(self) -> None:
        self.intent.emit(Touch.START)

    def _enlarge(self) -> None:
        self.intent.emit(Touch.LARGE)

    def _change_contrast(self) -> None:
        self.intent.emit(Touch.CONTRAST)
