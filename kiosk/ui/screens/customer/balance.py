"""A card's balance: the amount on the brand's ground, what to do when the card does not work, the last payments."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from kiosk.ui.presenters.customer.balance import PaymentRow, View
from kiosk.ui.presenters.customer.visit import Touch
from kiosk.ui.screens.customer.form import Form, key, words
from kiosk.ui.screens.customer.parts import Footer, Header, ShareBar
from kiosk.ui.theme import restyle
from kiosk.ui.widgets.blocks import Block, rule
from kiosk.ui.widgets.button import Button
from kiosk.ui.widgets.chip import Ring
from kiosk.ui.widgets.icon import Icon

RIGHT = Qt.AlignmentFlag.AlignRight


class _Row(QFrame):
    """One payment."""

    def __init__(self, form: Form, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedHeight((124 if form.large else 104) if form.upright else 84)
        self._title = words("kstrong", form, elide=True, parent=self)
        self._when = words(
            "ksmall" if form.upright else "kstrong",
            form,
            tone="text2" if form.upright else "text",
            elide=True,
            parent=self,
        )
        self._amount = words("klabel", form, align=RIGHT, parent=self)
        self._title.setVisible(form.upright)
        lines = QVBoxLayout()
        lines.setSpacing(2)
        lines.addStretch()
        lines.addWidget(self._title)
        lines.addWidget(self._when)
        lines.addStretch()
        row = QHBoxLayout(self)
        row.setContentsMargins(36, 0, 36, 0)
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


class _Payments(QFrame):
    """The list with its page keys."""

    intent = Signal(object)

    def __init__(self, form: Form, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "cardk")
        self._title = words("kstrong", form, parent=self)
        self._total = words("ksmall", form, tone="text2", align=RIGHT, parent=self)
        self._empty = words("kbody", form, tone="text2", wrap=True, align=Qt.AlignmentFlag.AlignHCenter, parent=self)
        self._rows = [_Row(form, self) for _ in range(form.rows)]
        self._newer = key(form, kind="ghostk", icon="chevron-up", height=88, pad=24, parent=self)
        self._older = key(form, kind="ghostk", icon="chevron-down", height=88, pad=24, parent=self)
        self._page = words("ksmall", form, tone="text2", align=Qt.AlignmentFlag.AlignHCenter, parent=self)
        self._newer.clicked.connect(self._back)
        self._older.clicked.connect(self._on)
        head = QHBoxLayout()
        head.setContentsMargins(36, 18 if form.upright else 12, 36, 18 if form.upright else 12)
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._total)
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
            if place < len(view.rows):
                widget.show_row(view.rows[place])
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
        self._payments = _Payments(form, self)
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
        hero = Block("herok", pad=(44, 34, 44, 34) if form.upright else (36, 24, 36, 24), gap=8, parent=self)
        self._amount_title = words("kstrong", form, tone="on_primary", elide=True, parent=hero)
        self._state_icon = Icon("circle-check", size=40, tone="on_primary", parent=hero)
        self._state = words("kstrong", form, tone="on_primary", parent=hero)
        self._amount = words(
            "kamount" if form.upright and not form.large else "kdisplay", form, tone="on_primary", parent=hero
        )
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
        note = Block("warningk", pad=(32, 22, 32, 22), gap=20, row=True, parent=self)
        self._note_icon = Icon("circle-alert", size=48, parent=note)
        self._note_text = words("kstrong", form, wrap=True, parent=note)
        note.inner.addWidget(self._note_icon, 0, Qt.AlignmentFlag.AlignTop)
        note.add(self._note_text, 1)
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
        page.addWidget(self._hero)
        page.addSpacing(20)
        page.addWidget(self._note)
        page.addWidget(self._facts)
        page.addSpacing(20)
        page.addWidget(self._payments)
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
        left.addWidget(self._facts)
        left.addStretch()
        columns.addLayout(left, 1)
        columns.addWidget(self._payments, 1, Qt.AlignmentFlag.AlignTop)
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
        for widget in (self._wait, self._wait_text):
            widget.setVisible(waiting)
        for widget in (self._hero, self._facts, self._payments, self._done, self._other):
            widget.setVisible(not waiting)
        self._note.setVisible(bool(view.note))
        # nothing of the card stays in a label that is merely hidden
        self._amount_title.set_text(view.amount_title)
        self._amount.set_text(view.amount)
        self._state.set_text(view.state)
        self._state_icon.set_icon(view.icon)
        self._share.setVisible(view.share is not None)
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
