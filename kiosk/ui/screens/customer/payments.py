"""The last payments of a card: a row each, and keys to turn the page instead of a list that must be pushed with a finger."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from kiosk.ui.presenters.customer.balance import PaymentRow, View
from kiosk.ui.presenters.customer.visit import Touch
from kiosk.ui.screens.customer.form import Form, key, words
from kiosk.ui.widgets.blocks import rule

NO_PAYMENT = PaymentRow(title="", when="", amount="")
RIGHT = Qt.AlignmentFlag.AlignRight


def side_of(form: Form) -> int:
    """The margin of a row."""
    return 36 if form.upright or not form.large else 20


class PaymentLine(QFrame):
    """One payment."""

    def __init__(self, form: Form, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedHeight((124 if form.large else 104) if form.upright else 84)
        self._title = words("kstrong", form, elide=True, parent=self)
        quiet = form.upright or form.large
        self._when = words("ksmall" if quiet else "kstrong", form, tone="text2", elide=True, parent=self)
        self._amount = words("klabel", form, align=RIGHT, parent=self)
        self._title.setVisible(form.upright)
        lines = QVBoxLayout()
        lines.setSpacing(2)
        lines.addStretch()
        lines.addWidget(self._title)
        lines.addWidget(self._when)
        lines.addStretch()
        row = QHBoxLayout(self)
        side = side_of(form)
        row.setContentsMargins(side, 0, side, 0)
        row.setSpacing(16)
        row.addLayout(lines, 1)
        row.addWidget(self._amount)
        self._rule = rule(self)
        self._rule.move(0, 0)

    def show_row(self, row: PaymentRow) -> None:
        """Show one payment."""
        self._title.set_text(row.title)
        self._when.set_text(row.when)
        self._amount.set_text(row.amount)
        self.setAccessibleName(f"{row.title} {row.when} {row.amount}")
        self._rule.setFixedWidth(max(self.width(), 2000))


class Payments(QFrame):
    """The list with its page keys."""

    intent = Signal(object)

    def __init__(self, form: Form, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "cardk")
        self._title = words("kstrong", form, parent=self)
        self._total = words("ksmall", form, tone="text2", align=RIGHT, parent=self)
        self._empty = words("kbody", form, tone="text2", wrap=True, align=Qt.AlignmentFlag.AlignHCenter, parent=self)
        self._rows = [PaymentLine(form, self) for _ in range(form.rows)]
        self._newer = key(form, kind="ghostk", icon="chevron-up", height=88, pad=24, parent=self)
        self._older = key(form, kind="ghostk", icon="chevron-down", height=88, pad=24, parent=self)
        self._page = words("ksmall", form, tone="text2", align=Qt.AlignmentFlag.AlignHCenter, parent=self)
        self._newer.clicked.connect(self._back)
        self._older.clicked.connect(self._on)
        head = QHBoxLayout()
        side, air = side_of(form), 18 if form.upright else 12
        head.setContentsMargins(side, air, side, air)
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._total)
        self._total.setVisible(form.upright or not form.large)
        self._empty.setContentsMargins(side, 8, side, 32)
        self._pager = QWidget(self)
        turn = QHBoxLayout(self._pager)
        turn.setContentsMargins(12, 0, 12, 0)
        turn.addWidget(self._newer)
        turn.addWidget(self._page, 1)
        turn.addWidget(self._older)
        body = QVBoxLayout(self)
        body.setContentsMargins(2, 2, 2, 2)
        body.setSpacing(0)
        body.addLayout(head)
        for one in self._rows:
            body.addWidget(one)
        body.addWidget(self._pager)
        body.addWidget(self._empty, 1)
        body.addStretch()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)

    def show_payments(self, view: View) -> None:
        """Show one page of payments."""
        self._title.set_text(view.list_title)
        self._total.set_text(view.list_total)
        self._empty.set_text(view.empty)
        self._empty.setVisible(bool(view.empty))
        for place, widget in enumerate(self._rows):
            # a row that is merely hidden would keep the payment of the person before
            widget.show_row(view.rows[place] if place < len(view.rows) else NO_PAYMENT)
            widget.setVisible(place < len(view.rows))
        self._page.set_text(view.page)
        self._pager.setVisible(bool(view.page))
        for button, name, allowed in (
            (self._newer, view.newer, view.newer_on),
            (self._older, view.older, view.older_on),
        ):
            button.setAccessibleName(name)
            button.setEnabled(allowed)

    def _back(self) -> None:
        self.intent.emit(Touch.EARLIER)

    def _on(self) -> None:
        self.intent.emit(Touch.LATER)
