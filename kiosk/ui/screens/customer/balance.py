"""A card's balance: the amount on the brand's ground, what to do when the card does not work, the last payments."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.ui.presenters.customer.balance import View
from kiosk.ui.presenters.customer.visit import Touch
from kiosk.ui.screens.customer.form import Form, key, words
from kiosk.ui.screens.customer.parts import Footer, Header, ShareBar
from kiosk.ui.screens.customer.payments import Payments
from kiosk.ui.theme import restyle
from kiosk.ui.widgets.blocks import Block, column
from kiosk.ui.widgets.button import Button
from kiosk.ui.widgets.chip import Ring
from kiosk.ui.widgets.icon import Icon

COLUMN_PX: Final = 560  # neither column gives way to the other's words
RIGHT = Qt.AlignmentFlag.AlignRight


class BalanceScreen(QWidget):
    """Shows a `View`, emits intents."""

    intent = Signal(object)

    def __init__(self, form: Form, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._form = form
        self._header = Header(form, parent=self)
        self._title = words("khead" if form.upright else "ktitle", form, wrap=True, parent=self)
        self._hero = self._make_hero(form)
        self._note = self._make_note(form)
        self._facts = QWidget(self)
        self._until = words("ksmall", form, tone="text2", parent=self._facts)
        self._number = words("ksmall", form, tone="text2", align=RIGHT, parent=self._facts)
        facts = QHBoxLayout(self._facts)
        facts.setContentsMargins(0, 0, 0, 0)
        facts.addWidget(self._until)
        facts.addStretch(1)
        facts.addWidget(self._number)
        self._number.setVisible(form.upright or not form.large)
        self._payments = Payments(form, self)
        self._payments.intent.connect(self.intent)
        self._wait = Ring(size=120, parent=self)
        self._wait_text = words("ktitle", form, align=Qt.AlignmentFlag.AlignHCenter, parent=self)
        self._done = key(form, kind="primaryk", icon="check", parent=self)
        self._other = key(form, kind="secondaryk", icon="scan-barcode", parent=self)
        self._done.clicked.connect(self._finish)
        self._other.clicked.connect(self._next_card)
        self._footer = Footer(form, parent=self)
        self._footer.intent.connect(self.intent)
        self._stand() if form.upright else self._lie()

    def _make_hero(self, form: Form) -> Block:
        hero = Block("herok", pad=(44, 34, 44, 34) if form.upright else (36, 20, 36, 20), gap=8, parent=self)
        self._amount_title = words("kstrong", form, tone="on_primary", elide=True, parent=hero)
        self._state_icon = Icon("circle-check", size=40, tone="on_primary", parent=hero)
        self._state = words("kstrong", form, tone="on_primary", parent=hero)
        tight = form.large and not form.upright
        size = "khead" if tight else "kdisplay" if form.large or not form.upright else "kamount"
        self._amount = words(size, form, tone="on_primary", parent=hero)
        self._share = ShareBar(parent=hero)
        self._codes = words("kbody", form, tone="on_primary", elide=True, parent=hero)
        self._card = words("kbody", form, tone="on_primary", align=RIGHT, parent=hero)
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self._amount_title, 1)
        if form.upright and not form.large:
            top.addWidget(self._state_icon)
            top.addWidget(self._state)
        hero.add(top)
        hero.add(self._amount)
        hero.add(self._share)
        bottom.setSpacing(16)
        bottom.addWidget(self._codes, 1)
        bottom.addWidget(self._card)
        hero.inner.addSpacing(8)
        hero.add(bottom)
        if not form.upright or form.large:
            state = QHBoxLayout()
            state.setSpacing(12)
            state.addWidget(self._state_icon)
            state.addWidget(self._state, 1)
            hero.add(state)
        return hero

    def _make_note(self, form: Form) -> Block:
        tight = form.large and not form.upright
        pad = (20, 14, 20, 14) if tight else (32, 22, 32, 22)
        note = Block("warningk", pad=pad, gap=16 if tight else 20, row=True, parent=self)
        self._note_icon = Icon("circle-alert", size=48, parent=note)
        self._note_text = words("ksmall" if tight else "kstrong", form, wrap=True, parent=note)
        note.inner.addWidget(self._note_icon, 0, Qt.AlignmentFlag.AlignTop)
        note.add(self._note_text, 1)
        self._note_icon.setVisible(not tight)
        return note

    def _stand(self) -> None:
        margin = self._form.margin
        page = QVBoxLayout()
        page.setContentsMargins(margin, 44, margin, 28)
        page.setSpacing(0)
        page.addWidget(self._header)
        page.addSpacing(28)
        page.addWidget(self._title)
        page.addSpacing(24)
        card = column(gap=18)
        for widget in (self._hero, self._note, self._facts, self._payments):
            card.addWidget(widget)
        page.addLayout(card)
        page.addStretch(1)
        page.addWidget(self._wait, 0, Qt.AlignmentFlag.AlignHCenter)
        page.addSpacing(24)
        page.addWidget(self._wait_text)
        page.addStretch(2)
        page.addWidget(self._done)
        page.addSpacing(self._form.gap)
        page.addWidget(self._other)
        self._end(page)

    def _lie(self) -> None:
        margin = self._form.margin
        page = QVBoxLayout()
        page.setContentsMargins(margin, 20, margin, 18)
        page.setSpacing(16)
        self._header.hide()
        page.addWidget(self._title)
        columns = QHBoxLayout()
        columns.setSpacing(20)
        left = QVBoxLayout()
        left.setSpacing(14)
        left.addWidget(self._hero)
        left.addWidget(self._note)
        left.addStretch()
        right = column(gap=14)
        right.addWidget(self._payments)
        right.addWidget(self._facts)
        right.addStretch()
        for widget in (self._hero, self._payments):
            widget.setMinimumWidth(COLUMN_PX)
        columns.addLayout(left, 1)
        columns.addLayout(right, 1)
        page.addLayout(columns)
        page.addStretch(1)
        page.addWidget(self._wait, 0, Qt.AlignmentFlag.AlignHCenter)
        page.addWidget(self._wait_text)
        page.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(self._form.gap)
        row.addWidget(self._other, 1)
        row.addWidget(self._done, 1)
        page.addLayout(row)
        self._end(page)

    def _end(self, page: QVBoxLayout) -> None:
        whole = QVBoxLayout(self)
        whole.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)  # the glass is as large as it is
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(page, 1)
        whole.addWidget(self._footer)

    def show_view(self, view: View) -> None:
        """Show this View."""
        waiting = bool(view.waiting)
        self._header.set_brand(view.brand)
        self._title.set_text(view.title)
        self._footer.show_footer(view.footer)
        self._wait_text.set_text(view.waiting)
        self._wait.setVisible(waiting)
        self._wait_text.setVisible(waiting)
        for widget in (self._facts, self._done, self._other):
            widget.setVisible(not waiting)
        for widget in (self._hero, self._payments):
            widget.setVisible(bool(view.amount))
        self._note.setVisible(bool(view.note))
        # nothing of the card stays in a label that is merely hidden
        self._amount_title.set_text(view.amount_title)
        self._amount.set_text(view.amount)
        self._state.set_text(view.state)
        self._state_icon.set_icon(view.icon)
        # in large text or lying, the sentence about what is wrong takes the room of what is merely good to know
        room = (self._form.upright and not self._form.large) or not view.note
        self._share.setVisible(view.share is not None and room)
        self._codes.setVisible(room)
        self._card.setVisible(room and (self._form.upright or not self._form.large))
        self._share.set_share(view.share or 0)
        self._codes.set_text(view.codes)
        self._card.set_text(view.card)
        self._until.set_text(view.until)
        self._number.set_text(view.number)
        self._payments.show_payments(view)
        if view.note:
            restyle(self._note, kind=f"{view.note_tone}k")
            self._note_text.set_tone(view.note_tone)
            self._note_icon.set_tone(view.note_tone)
            self._note_icon.set_icon(view.icon)
        self._note_text.set_text(view.note)
        self._done.set_text(view.done)
        self._other.set_text(view.other)

    @property
    def done_key(self) -> Button:
        """The blue key (tests press it)."""
        return self._done

    def _finish(self) -> None:
        self.intent.emit(Touch.DONE)

    def _next_card(self) -> None:
        self.intent.emit(Touch.OTHER_CARD)
