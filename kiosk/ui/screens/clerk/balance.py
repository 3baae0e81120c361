"""Balance of a card: what the authority says at the left, scan or type at the right."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from kiosk.ui.intents import Erase, Typed
from kiosk.ui.presenters.clerk.balance import PaymentView, View
from kiosk.ui.screen import Screen
from kiosk.ui.widgets.blocks import Block, rule
from kiosk.ui.widgets.card_face import CardFace
from kiosk.ui.widgets.chip import Bar, Chip, Ring
from kiosk.ui.widgets.field import Field
from kiosk.ui.widgets.icon import RoundIcon
from kiosk.ui.widgets.keypad import Keypad
from kiosk.ui.widgets.notice import Note
from kiosk.ui.widgets.text import Text

PANEL_PX, PANEL_NARROW_PX, NARROW_PX = 360, 340, 1100
FACTS = 4
RIGHT = Qt.AlignmentFlag.AlignRight
CENTRE = Qt.AlignmentFlag.AlignHCenter


class _Fact(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._name = Text(role="small", tone="text3", elide=True, parent=self)
        self._value = Text(role="strong", elide=True, parent=self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._name)
        column.addWidget(self._value)

    def show_fact(self, name: str, value: str) -> None:
        self._name.set_text(name)
        self._value.set_text(value)


class _Payment(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedHeight(65)
        self._title = Text(role="label", elide=True, parent=self)
        self._when = Text(role="small", tone="text2", elide=True, parent=self)
        self._amount = Text(role="strong", align=RIGHT, parent=self)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch()
        words.addWidget(self._title)
        words.addWidget(self._when)
        words.addStretch()
        line = QHBoxLayout()
        line.setContentsMargins(24, 0, 24, 0)
        line.addLayout(words, 1)
        line.addWidget(self._amount)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(rule(self))
        column.addLayout(line, 1)

    def show_payment(self, payment: PaymentView) -> None:
        self._title.set_text(payment.title)
        self._when.set_text(payment.when)
        self._amount.set_text(payment.amount)


class BalanceScreen(Screen):
    """The page."""

    accepts = "0123456789"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        left = QVBoxLayout()
        left.setContentsMargins(24, 18, 24, 20)
        left.setSpacing(14)
        head = QHBoxLayout()
        self._title = Text(role="headline", elide=True, parent=self)
        self._back = self.action_button(kind="ghost", height=44)
        head.addWidget(self._title, 1)
        head.addWidget(self._back)
        left.addLayout(head)
        left.addWidget(self._build_card())
        self._warning = Note(icon="circle-alert", kind="warning", parent=self)
        left.addWidget(self._warning)
        left.addWidget(self._build_facts())
        left.addWidget(self._build_payments())
        left.addWidget(self._build_message())
        left.addStretch(1)
        outer.addLayout(left, 1)
        self._panel = self._build_panel()
        outer.addWidget(self._panel)

    def _build_card(self) -> QFrame:
        self._card = Block("card", pad=(20, 20, 24, 20), gap=28, row=True, parent=self)
        self._face = CardFace(height=150, parent=self._card)
        self._face.setFixedWidth(236)
        words = QVBoxLayout()
        words.setSpacing(2)
        top = QHBoxLayout()
        self._available_title = Text(role="titles", tone="text2", elide=True, parent=self._card)
        self._chip = Chip(height=32, parent=self._card)
        top.addWidget(self._available_title, 1)
        top.addWidget(self._chip)
        self._available = Text(role="amount", parent=self._card)
        self._bar = Bar(parent=self._card)
        self._codes = Text(role="body", tone="text2", elide=True, parent=self._card)
        words.addLayout(top)
        words.addWidget(self._available)
        words.addSpacing(4)
        words.addWidget(self._bar)
        words.addSpacing(4)
        words.addWidget(self._codes)
        self._card.add(self._face)
        self._card.add(words, 1)
        return self._card

    def _build_facts(self) -> QFrame:
        self._facts_block = Block("card", pad=(24, 16, 24, 16), gap=16, row=True, parent=self)
        self._facts = [_Fact(self._facts_block) for _ in range(FACTS)]
        for fact in self._facts:
            self._facts_block.add(fact, 1)
        return self._facts_block

    def _build_payments(self) -> QFrame:
        self._payments_block = Block("card", pad=(0, 0, 0, 0), gap=0, parent=self)
        head = QHBoxLayout()
        head.setContentsMargins(24, 12, 24, 12)
        self._payments_title = Text(role="titles", parent=self._payments_block)
        self._private = Text(role="small", tone="text2", align=RIGHT, elide=True, parent=self._payments_block)
        head.addWidget(self._payments_title)
        head.addWidget(self._private, 1)
        self._payments_block.add(head)
        self._payments: list[_Payment] = []
        self._none = Text(role="body", tone="text2", parent=self._payments_block)
        self._none.setContentsMargins(24, 4, 24, 16)
        self._payments_block.add(self._none)
        return self._payments_block

    def _build_message(self) -> QFrame:
        self._message = Block("card", pad=(32, 48, 32, 48), gap=12, parent=self)
        self._message_icon = RoundIcon("scan-barcode", size=88, glyph=44, parent=self._message)
        self.ring = Ring(size=72, parent=self._message)
        self._message_text = Text(role="title", align=CENTRE, wrap=True, parent=self._message)
        self._message_detail = Text(role="body", tone="text2", align=CENTRE, wrap=True, parent=self._message)
        self._message.inner.addWidget(self._message_icon, 0, CENTRE)
        self._message.inner.addWidget(self.ring, 0, CENTRE)
        self._message.inner.addSpacing(8)
        self._message.add(self._message_text)
        self._message.add(self._message_detail)
        return self._message

    def _build_panel(self) -> QFrame:
        panel = Block("side", pad=(20, 18, 20, 20), gap=10, parent=self)
        self._label = Text(role="title", elide=True, parent=panel)
        self._field = Field(role="titles", height=64, icon="scan-barcode", clear_name=" ", parent=panel)
        self._field.cleared.connect(self._erase)
        self._hint = Text(role="small", tone="text2", wrap=True, parent=panel)
        self._keypad = Keypad(key_height=66, key_height_low=52, gap=8, parent=panel)
        self._keypad.pressed.connect(self._typed)
        self._see = self.action_button(panel, kind="secondary", height=60)
        self._sell = self.action_button(panel, kind="secondary", height=68, role="titles")
        for part in (self._label, self._field, self._hint):
            panel.add(part)
        panel.inner.addWidget(self._keypad, 8)
        panel.inner.addStretch(1)
        panel.add(self._see)
        panel.add(self._sell)
        panel.setFixedWidth(PANEL_PX)
        return panel

    def show_view(self, view: View) -> None:
        """Show a View."""
        found = view.state == "found"
        self._title.set_text(view.title)
        self._back.show_action(view.back)
        for block in (self._card, self._facts_block, self._payments_block):
            block.setVisible(found)
        if view.card is not None:
            self._face.set_card(
                value=view.card.value, brand=view.card.brand, dots=view.card.dots, series=view.card.colour
            )
        self._face.setVisible(view.card is not None)
        self._available_title.set_text(view.available_title)
        self._available.set_text(view.available)
        self._bar.set_share(view.share)
        self._codes.set_text(view.codes)
        self._chip.set_look(view.chip, icon=view.chip_icon, tone=view.chip_tone)
        self._chip.setVisible(bool(view.chip))
        self._warning.set_text(view.warning)
        for index, fact in enumerate(self._facts):
            if index < len(view.facts):
                fact.show_fact(*view.facts[index])
            fact.setVisible(index < len(view.facts))
        self._payments_title.set_text(view.payments_title)
        self._private.set_text(view.private)
        while len(self._payments) < len(view.payments):
            made = _Payment(self._payments_block)
            self._payments_block.add(made)
            self._payments.append(made)
        for index, row in enumerate(self._payments):
            if index < len(view.payments):
                row.show_payment(view.payments[index])
            row.setVisible(index < len(view.payments))
        self._none.set_text(view.no_payments)
        self._none.setVisible(not view.payments)
        self._message.setVisible(not found)
        self.ring.setVisible(view.state == "asking")
        self._message_icon.setVisible(view.state != "asking")
        self._message_icon.set_look(view.message_icon, view.message_tone)
        self._message_text.set_text(view.message)
        self._message_detail.set_text(view.message_detail)
        self._message_detail.setVisible(bool(view.message_detail))
        self._label.set_text(view.label)
        self._field.set_name(view.label, clear_name=view.erase_name)
        self._field.set_value(view.number, empty=view.placeholder, wrong=view.wrong)
        self._hint.set_text(view.hint)
        self._hint.set_tone("danger" if view.wrong else "text2")
        self._keypad.set_words(mark="", delete_name=view.erase_name)
        self._see.show_action(view.see, kind="primary")
        self._sell.show_action(view.sell, kind="secondary" if view.see.shown else "primary")

    def _typed(self, character: str) -> None:
        self.intent.emit(Typed(character))

    def _erase(self) -> None:
        self.intent.emit(Erase())

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type] # Qt hands a QResizeEvent, which is only passed on
        narrow = self.width() < NARROW_PX
        self._panel.setFixedWidth(PANEL_NARROW_PX if narrow else PANEL_PX)
        self._face.setFixedWidth(190 if narrow else 236)
