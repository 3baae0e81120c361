"""Looks of this till: rows of choices, the one in use marked."""

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.ui.presenters.clerk.settings import GroupView, View
from kiosk.ui.presenters.parts import Action
from kiosk.ui.screen import ActionButton, Screen
from kiosk.ui.widgets.blocks import Block
from kiosk.ui.widgets.page_head import PageHead
from kiosk.ui.widgets.text import Text

GROUPS = 4
CHOICES = 4


class SettingsScreen(Screen):
    """The page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(28, 18, 28, 24)
        outer.setSpacing(14)
        self._back = self.action_button(kind="ghost", height=44)
        self._head = PageHead(back=self._back, parent=self)
        outer.addWidget(self._head)
        self._groups: list[tuple[Text, list[ActionButton]]] = []
        for _ in range(GROUPS):
            card = Block("card", pad=(22, 16, 22, 18), gap=10, parent=self)
            title = Text(role="titles", parent=card)
            line = QHBoxLayout()
            line.setSpacing(12)
            buttons = [self.action_button(card, kind="tile", height=60) for _ in range(CHOICES)]
            for button in buttons:
                line.addWidget(button, 1)
            card.add(title)
            card.add(line)
            outer.addWidget(card)
            self._groups.append((title, buttons))
        outer.addStretch(1)

    def show_view(self, view: View) -> None:
        """Show a View."""
        self._back.show_action(view.back)
        self._head.title.set_text(view.title)
        for (title, buttons), group in zip(self._groups, view.groups, strict=True):
            self._show_group(title, buttons, group)

    @staticmethod
    def _show_group(title: Text, buttons: list[ActionButton], group: GroupView) -> None:
        title.set_text(group.title)
        for index, button in enumerate(buttons):
            if index < len(group.choices):
                choice = group.choices[index]
                icon = "check" if choice.chosen else choice.icon
                button.show_action(
                    Action(choice.text, choice.intent, icon=icon), kind="chosen" if choice.chosen else "tile"
                )
            else:
                button.hide()
