"""No balance can be asked for now: one sentence, and where a person helps."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from kiosk.ui.presenters.customer.unavailable import View
from kiosk.ui.screens.customer.form import Form, words
from kiosk.ui.screens.customer.parts import Footer, Header
from kiosk.ui.widgets.icon import RoundIcon

CENTRE = Qt.AlignmentFlag.AlignHCenter


class UnavailableScreen(QWidget):
    """Shows a `View`, emits intents."""

    intent = Signal(object)

    def __init__(self, form: Form, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._header = Header(form, parent=self)
        self._title = words(
            "khead" if form.upright and not form.large else "ktitle", form, wrap=True, align=CENTRE, parent=self
        )
        self._detail = words("kbody", form, tone="text2", wrap=True, align=CENTRE, parent=self)
        self._footer = Footer(form, parent=self)
        self._footer.intent.connect(self.intent)
        page = QVBoxLayout()
        page.setContentsMargins(form.margin, 44 if form.upright else 24, form.margin, 28)
        page.setSpacing(0)
        page.addWidget(self._header)
        page.addStretch(2)
        page.addWidget(
            RoundIcon(
                "hourglass",
                size=200 if form.upright else 132,
                glyph=96 if form.upright else 64,
                tone="warning",
                parent=self,
            ),
            0,
            CENTRE,
        )
        page.addSpacing(48 if form.upright else 28)
        page.addWidget(self._title)
        page.addSpacing(20)
        page.addWidget(self._detail)
        page.addStretch(3)
        whole = QVBoxLayout(self)
        whole.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)  # the glass is as large as it is
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(page, 1)
        whole.addWidget(self._footer)

    def show_view(self, view: View) -> None:
        """Show this View."""
        self._header.set_brand(view.brand)
        self._title.set_text(view.title)
        self._detail.set_text(view.detail)
        self._footer.show_footer(view.footer)
