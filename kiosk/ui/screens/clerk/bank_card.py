"""Bank card: what is due at the left; at the right the terminal's steps, or what the clerk reads on it."""

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.ui.presenters.clerk.bank_card import StepView, View
from kiosk.ui.screen import Screen
from kiosk.ui.widgets.basket_summary import BasketSummary
from kiosk.ui.widgets.blocks import Block
from kiosk.ui.widgets.chip import Ring
from kiosk.ui.widgets.icon import RoundIcon
from kiosk.ui.widgets.notice import Note
from kiosk.ui.widgets.page_head import PageHead
from kiosk.ui.widgets.text import Text

STEPS = 3
_STEP_LOOK = {"done": ("check", "success", "text2"), "current": ("arrow-right", "primary", "text")}
_TODO = ("clock", "neutral", "text3")


class _Step(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._icon = RoundIcon("clock", size=40, glyph=22, tone="neutral", parent=self)
        self._text = Text(role="titles", wrap=True, parent=self)
        inner = QHBoxLayout(self)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(14)
        inner.addWidget(self._icon)
        inner.addWidget(self._text, 1)

    def show_step(self, step: StepView) -> None:
        icon, tone, word_tone = _STEP_LOOK.get(step.state, _TODO)
        self._icon.set_look(icon, tone)
        self._text.set_text(step.text)
        self._text.set_tone(word_tone)


class BankCardScreen(Screen):
    """The page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(28, 18, 28, 24)
        outer.setSpacing(14)
        self._head = PageHead(back=None, parent=self)
        outer.addWidget(self._head)
        body = QHBoxLayout()
        body.setSpacing(24)
        left = QVBoxLayout()
        left.setSpacing(14)
        self._due = BasketSummary(self)
        self._note = Note(icon="info", kind="sunken", parent=self)
        left.addWidget(self._due)
        left.addWidget(self._note)
        left.addStretch(1)
        right = QVBoxLayout()
        card = Block("card", pad=(24, 24, 24, 24), gap=12, parent=self)
        top = QHBoxLayout()
        top.setSpacing(18)
        self.ring = Ring(size=60, parent=card)
        self._icon = RoundIcon("credit-card", size=60, glyph=30, parent=card)
        words = QVBoxLayout()
        words.setSpacing(4)
        self._headline = Text(role="headline", wrap=True, parent=card)
        self._instruction = Text(role="body", tone="text2", wrap=True, parent=card)
        words.addWidget(self._headline)
        words.addWidget(self._instruction)
        top.addWidget(self.ring)
        top.addWidget(self._icon)
        top.addLayout(words, 1)
        card.add(top)
        card.inner.addSpacing(8)
        self._steps = [_Step(card) for _ in range(STEPS)]
        for step in self._steps:
            card.add(step)
        self._question = Text(role="title", wrap=True, parent=card)
        card.add(self._question)
        self._answers = [
            self.action_button(card, kind="secondary", height=76, left=True, role="titles", icon_size=26)
            for _ in range(3)
        ]
        for button in self._answers:
            card.add(button)
        right.addWidget(card)
        right.addStretch(1)
        body.addLayout(left, 5)
        body.addLayout(right, 7)
        outer.addLayout(body, 1)

    def show_view(self, view: View) -> None:
        """Show a View."""
        self._head.title.set_text(view.title)
        self._due.show_due(view.due_title, view.due, view.items)
        self._headline.set_text(view.headline)
        self._instruction.set_text(view.instruction)
        self._instruction.setVisible(bool(view.instruction))
        self.ring.setVisible(view.busy)
        self._icon.setVisible(not view.busy)
        for index, step in enumerate(self._steps):
            if index < len(view.steps):
                step.show_step(view.steps[index])
            step.setVisible(index < len(view.steps))
        self._question.set_text(view.question)
        self._question.setVisible(bool(view.question))
        for index, button in enumerate(self._answers):
            if index < len(view.answers):
                button.show_action(view.answers[index])
            else:
                button.hide()
        self._note.set_text(view.note)
