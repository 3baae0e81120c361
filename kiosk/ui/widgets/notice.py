"""Messages that stay: the note in a page, the banner under the status bar, the band over a result, the empty list.

Responsible for: icon + words + meaning, never colour alone; at most one action. Nothing here goes away by itself.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from kiosk.ui.theme import restyle
from kiosk.ui.widgets.button import Button
from kiosk.ui.widgets.icon import Icon, RoundIcon
from kiosk.ui.widgets.text import Text


class Note(QFrame):
    """An icon and a sentence on a quiet ground. `kind` is a block of the sheet: sunken, info, warning, danger, success, soft."""

    def __init__(self, *, icon: str = "info", kind: str = "sunken", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = Icon(icon, size=20, parent=self)
        self._title = Text(role="strong", wrap=True, parent=self)
        self._text = Text(role="small", wrap=True, parent=self)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self._title)
        words.addWidget(self._text)
        inner = QHBoxLayout(self)
        inner.setContentsMargins(16, 12, 16, 12)
        inner.setSpacing(10)
        inner.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        inner.addLayout(words, 1)
        self.set_look(icon=icon, kind=kind)
        self._title.hide()

    def set_look(self, *, icon: str, kind: str) -> None:
        """Change the drawing and the meaning."""
        tone = {"sunken": "text2", "soft": "primary_text"}.get(kind, kind)
        restyle(self, kind=kind)
        self._icon.set_icon(icon)
        self._icon.set_tone(tone)
        self._title.set_tone(tone)
        self._text.set_tone(tone if kind != "soft" else "text")

    def set_text(self, text: str, *, title: str = "", role: str = "small") -> None:
        """Show a sentence, under a title if one is given; an empty note hides itself."""
        self._title.set_text(title)
        self._title.setVisible(bool(title))
        self._text.set_role(role)
        self._text.set_text(text)
        self.setAccessibleName(f"{title} {text}".strip())
        self.setVisible(bool(text))

    @property
    def words(self) -> str:
        """The sentence."""
        return self._text.full_text


class Banner(QFrame):
    """The one sentence about the whole terminal, with at most one action."""

    acted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumHeight(52)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._icon = Icon("cloud-off", size=22, parent=self)
        self._text = Text(role="label", wrap=True, parent=self)
        self._action = Button(height=44, parent=self)
        self._action.clicked.connect(self.acted)
        inner = QHBoxLayout(self)
        inner.setContentsMargins(14, 8, 8, 8)
        inner.setSpacing(12)
        inner.addWidget(self._icon)
        inner.addWidget(self._text, 1)
        inner.addWidget(self._action)
        self.hide()

    def show_banner(self, text: str, *, icon: str, tone: str, action: str = "") -> None:
        """Show a sentence; tone is warning, info, danger or soft. An empty sentence hides the banner."""
        restyle(self, kind=tone)
        word_tone = "primary_text" if tone == "soft" else tone
        self._icon.set_icon(icon)
        self._icon.set_tone(word_tone)
        self._text.set_tone(word_tone)
        self._text.set_text(text)
        self._action.set_text(action)
        self._action.setVisible(bool(action))
        self.setAccessibleName(text)
        self.setVisible(bool(text))


class ResultHeader(QFrame):
    """The band over a result: round icon, headline, one sentence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumHeight(116)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._icon = RoundIcon("check", size=72, glyph=36, parent=self)
        self._title = Text(role="headline", wrap=True, parent=self)
        self._text = Text(role="body", wrap=True, parent=self)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch()
        words.addWidget(self._title)
        words.addWidget(self._text)
        words.addStretch()
        inner = QHBoxLayout(self)
        inner.setContentsMargins(24, 16, 24, 16)
        inner.setSpacing(20)
        inner.addWidget(self._icon)
        inner.addLayout(words, 1)

    def show_result(self, title: str, text: str, *, icon: str, tone: str) -> None:
        """Show a result; tone is success, warning, danger or info."""
        restyle(self, kind=tone)
        self._icon.set_look(icon, tone)
        self._title.set_tone(tone)
        self._text.set_tone(tone)
        self._title.set_text(title)
        self._text.set_text(text)
        self.setAccessibleName(f"{title} {text}")


class EmptyNote(QFrame):
    """What a list says while it is empty."""

    def __init__(self, *, icon: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "sunken")
        self._title = Text(role="strong", align=Qt.AlignmentFlag.AlignHCenter, wrap=True, parent=self)
        self._text = Text(role="small", tone="text2", align=Qt.AlignmentFlag.AlignHCenter, wrap=True, parent=self)
        inner = QVBoxLayout(self)
        inner.setContentsMargins(20, 24, 20, 24)
        inner.setSpacing(6)
        inner.addWidget(
            RoundIcon(icon, size=64, glyph=28, tone="neutral", parent=self), 0, Qt.AlignmentFlag.AlignHCenter
        )
        inner.addWidget(self._title)
        inner.addWidget(self._text)

    def set_text(self, title: str, text: str) -> None:
        """Show what is missing and what to do."""
        self._title.set_text(title)
        self._text.set_text(text)
        self._text.setVisible(bool(text))
