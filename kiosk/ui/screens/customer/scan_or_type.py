"""Show the card or type its number: a drawing of the gesture, sixteen places, the pad, one blue key.

A fault takes the drawing's place and stays. Not responsible for digits beyond showing the marks that it is given.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.ui.presenters.customer.scan_or_type import HIDDEN, View
from kiosk.ui.presenters.customer.visit import Digit, Touch
from kiosk.ui.screens.customer.form import Form, key, keypad, words
from kiosk.ui.screens.customer.parts import Footer, GestureDrawing, Header, SerialField
from kiosk.ui.theme import restyle
from kiosk.ui.widgets.blocks import Block, column, rule
from kiosk.ui.widgets.icon import Icon
from kiosk.ui.widgets.keypad import DELETE

CENTRE = Qt.AlignmentFlag.AlignHCenter


class ScanOrTypeScreen(QWidget):
    """Shows a `View`, emits intents."""

    intent = Signal(object)

    def __init__(self, form: Form, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._form = form
        self._header = Header(form, parent=self)
        self._title = words("khead" if form.upright else "ktitle", form, wrap=True, parent=self)
        self._make_zone(form)
        self._either = words("kbody", form, tone="text2", align=CENTRE, parent=self)
        self._field = SerialField(form, parent=self)
        self._hint = words("ksmall", form, tone="text2", wrap=form.large, elide=not form.large, parent=self)
        self._progress = words("ksmall", form, tone="text2", parent=self)
        self._reveal = key(form, kind="ghostk", height=88, role="ksmall", pad=12, parent=self)
        self._reveal.clicked.connect(self._show_digits)
        self._pad = keypad(form, key_height=112 if form.upright else 126, parent=self)
        self._pad.pressed.connect(self._pressed)
        self._go = key(form, kind="primaryk", icon="arrow-right", parent=self)
        self._go.clicked.connect(self._submit)
        self._footer = Footer(form, parent=self)
        self._footer.intent.connect(self.intent)
        if form.upright:
            self._stand()
        else:
            self._lie()

    def _make_zone(self, form: Form) -> None:
        pad = (32, 28, 32, 28) if form.upright else (24, 14, 24, 14)
        side = CENTRE if form.upright or form.large else Qt.AlignmentFlag.AlignLeft
        self._zone = zone = Block("softk", pad=pad, gap=20, row=not form.upright, parent=self)
        self._drawing = GestureDrawing(height=228 if form.upright else 112, parent=zone)
        size = "ktitle" if form.upright else "klabel"
        self._under = words(size, form, tone="primary_text", wrap=True, align=side, parent=zone)
        self._where = words("ksmall", form, tone="text2", wrap=True, align=side, parent=zone)
        self._fault_icon = Icon("circle-alert", size=64, tone="danger", parent=zone)
        lines = column(gap=8)
        lines.addStretch()
        lines.addWidget(self._under)
        lines.addWidget(self._where)
        lines.addStretch()
        if form.upright:
            zone.inner.addStretch()
            zone.add(self._drawing)
            zone.inner.addWidget(self._fault_icon, 0, CENTRE)
            zone.add(lines)
            zone.inner.addStretch()
        else:
            self._drawing.setFixedWidth(232)
            zone.add(self._drawing)
            zone.add(self._fault_icon)
            zone.add(lines, 1)

    def _below_field(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._hint, 1)
        row.addWidget(self._reveal)
        row.addWidget(self._progress)
        self._progress.setVisible(self._form.upright)  # lying, the sixteen places say it alone
        return row

    def _stand(self) -> None:
        margin = self._form.margin
        page = QVBoxLayout()
        page.setContentsMargins(margin, 44, margin, 28)
        page.setSpacing(0)
        page.addWidget(self._header)
        page.addSpacing(28)
        page.addWidget(self._title)
        page.addSpacing(24)
        page.addWidget(self._zone, 1)
        page.addSpacing(20)
        either = QHBoxLayout()
        either.setSpacing(28)
        either.addWidget(rule(self), 1)
        either.addWidget(self._either)
        either.addWidget(rule(self), 1)
        page.addLayout(either)
        page.addSpacing(18)
        page.addWidget(self._field)
        page.addLayout(self._below_field())
        page.addSpacing(14)
        page.addWidget(self._pad)
        page.addSpacing(28)
        page.addWidget(self._go)
        self._finish(page)

    def _lie(self) -> None:
        margin = self._form.margin
        page = QHBoxLayout()
        page.setContentsMargins(margin, 20, margin, 16)
        page.setSpacing(28)
        left = QVBoxLayout()
        left.setSpacing(0)
        self._header.hide()
        self._either.hide()
        left.addWidget(self._title)
        left.addSpacing(14)
        left.addWidget(self._zone, 1)
        left.addSpacing(16)
        left.addWidget(self._field)
        left.addLayout(self._below_field())
        left.addSpacing(14)
        left.addWidget(self._go)
        page.addLayout(left, 1)
        page.addWidget(self._pad, 0, Qt.AlignmentFlag.AlignVCenter)
        self._pad.setFixedWidth(470)
        self._finish(page)

    def _finish(self, page: QVBoxLayout | QHBoxLayout) -> None:
        whole = QVBoxLayout(self)
        whole.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)  # the glass is as large as it is
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(page, 1)
        whole.addWidget(self._footer)

    def show_view(self, view: View) -> None:
        """Show this View."""
        wrong = bool(view.fault)
        self._header.set_brand(view.brand)
        self._title.set_text(view.title)
        restyle(self._zone, kind="dangerk" if wrong else "softk")
        self._drawing.setVisible(not wrong and not self._form.large)
        self._fault_icon.setVisible(wrong and not (self._form.large and not self._form.upright))
        self._under.set_text(view.fault or view.under)
        self._under.set_tone("danger" if wrong else "primary_text")
        self._where.set_text(view.where)
        self._where.setVisible(not wrong and (self._form.upright or not self._form.large))
        self._either.set_text(view.either)
        self._field.set_marks(view.marks, places=view.places, hidden=HIDDEN, spoken=view.spoken, wrong=wrong)
        self._hint.set_text(view.hint)
        self._progress.set_text(view.progress)
        self._reveal.set_text(view.reveal)
        policy = self._reveal.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._reveal.setSizePolicy(policy)
        self._reveal.setVisible(bool(view.reveal))
        self._pad.set_words(mark="", delete_name=view.erase)
        self._go.set_text(view.go)
        self._go.set_icon("hourglass" if view.busy else "arrow-right")
        self._go.set_allowed(view.may_go)
        self._footer.show_footer(view.footer)

    def _pressed(self, character: str) -> None:
        self.intent.emit(Touch.ERASE if character == DELETE else Digit(character))

    def _submit(self) -> None:
        self.intent.emit(Touch.SUBMIT)

    def _show_digits(self) -> None:
        self.intent.emit(Touch.REVEAL)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # a raised keypad is a keyboard to us; letters and shortcuts reach nothing
        text = event.text()
        if text.isascii() and text.isdigit() and len(text) == 1:
            self.intent.emit(Digit(text))
        elif event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self.intent.emit(Touch.ERASE)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._go.isEnabled():
            self.intent.emit(Touch.SUBMIT)
        elif event.key() == Qt.Key.Key_Escape:
            self.intent.emit(Touch.BACK)
