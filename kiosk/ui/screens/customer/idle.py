"""The warning before everything is wiped: on a ground of its own, so that nothing of the page before can be read."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.ui.presenters.customer.idle import View
from kiosk.ui.presenters.customer.visit import Touch
from kiosk.ui.screens.customer.form import Form, key, words
from kiosk.ui.screens.customer.parts import CountdownRing
from kiosk.ui.widgets.blocks import Block
from kiosk.ui.widgets.icon import Icon

CENTRE = Qt.AlignmentFlag.AlignHCenter


class IdleScreen(QWidget):
    """Shows a `View`, emits intents."""

    intent = Signal(object)

    def __init__(self, form: Form, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "veil")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        box = Block("cardk", pad=(56, 56, 56, 40) if form.upright else (40, 28, 40, 24), gap=0, parent=self)
        self._ring = CountdownRing(form, parent=box)
        side = CENTRE if form.upright else Qt.AlignmentFlag.AlignLeft
        size = "khead" if form.upright and not form.large else "ktitle"
        self._title = words(size, form, wrap=True, align=side, parent=box)
        self._detail = words("kbody", form, tone="text2", wrap=True, align=side, parent=box)
        self._stay = key(form, kind="primaryk", icon="hand", height=152 if form.upright else 108, parent=box)
        self._leave = key(form, kind="secondaryk", height=124 if form.upright else 100, parent=box)
        self._sound = words("ksmall", form, tone="text2", parent=box)
        self._stay.clicked.connect(self._go_on)
        self._leave.clicked.connect(self._go)
        sound = QHBoxLayout()
        sound.setSpacing(12)
        sound.addStretch()
        sound.addWidget(Icon("volume-2", size=32, tone="text2", parent=box))
        sound.addWidget(self._sound)
        sound.addStretch()
        if form.upright:
            box.inner.addWidget(self._ring, 0, CENTRE)
            box.inner.addSpacing(44)
            box.add(self._title)
            box.inner.addSpacing(16)
            box.add(self._detail)
            box.inner.addSpacing(44)
        else:
            head = QHBoxLayout()
            head.setSpacing(36)
            lines = QVBoxLayout()
            lines.addStretch()
            lines.addWidget(self._title)
            lines.addWidget(self._detail)
            lines.addStretch()
            head.addWidget(self._ring)
            head.addLayout(lines, 1)
            box.add(head)
            box.inner.addSpacing(20)
        box.add(self._stay)
        box.inner.addSpacing(20)
        box.add(self._leave)
        box.inner.addSpacing(20)
        box.add(sound)
        page = QVBoxLayout(self)
        page.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)  # the glass is as large as it is
        page.setContentsMargins(form.margin, form.margin, form.margin, form.margin)
        page.addStretch(3)
        page.addWidget(box)
        page.addStretch(1 if form.upright else 3)

    def show_view(self, view: View) -> None:
        """Show this View."""
        self._ring.set_left(view.seconds, view.share)
        self._title.set_text(view.title)
        self._detail.set_text(view.detail)
        self._stay.set_text(view.stay)
        self._leave.set_text(view.leave)
        self._sound.set_text(view.sound)

    def _go_on(self) -> None:
        self.intent.emit(Touch.STAY)

    def _go(self) -> None:
        self.intent.emit(Touch.LEAVE)
