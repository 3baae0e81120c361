"""Buttons: icon, words, an optional second line and the key that does the same.

Responsible for: anatomy and states of the design's buttons. A disabled button shows its reason in place of its second
line, so that nobody has to guess. Not responsible for what a press means.
"""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from kiosk.ui.theme import restyle
from kiosk.ui.widgets.icon import Icon
from kiosk.ui.widgets.text import Text

_TONES = {
    "primary": ("on_primary", "keycap_on", "on_primary"),
    "danger": ("on_danger", "keycap_on", "on_danger"),
    "accent": ("on_accent", "keycap", "on_accent"),
    "soft": ("primary_text", "keycap", "primary_text"),
    "chosen": ("primary_text", "keycap", "primary_text"),
    "rail_on": ("primary_text", "keycap", "primary_text"),
    "ink": ("on_brand", "keycap_on", "on_brand"),
    "inkon": ("on_accent", "keycap", "on_accent"),
}


class KeyCap(Text):
    """The drawing of a key."""

    def __init__(self, text: str = "", *, parent: QWidget | None = None) -> None:
        super().__init__(text, role="caption", tone="text2", parent=parent)
        self.setProperty("kind", "keycap")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)


class Button(QPushButton):
    """One button. `kind` names its look in the sheet; Tab reaches it, a touch does not take the focus."""

    def __init__(
        self,
        text: str = "",
        *,
        kind: str = "secondary",
        icon: str = "",
        key: str = "",
        role: str = "label",
        height: int = 56,
        icon_size: int = 22,
        pad: int = 18,
        left: bool = False,
        detail: str | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._detail_text = detail or ""
        self._reason = ""
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._icon = Icon(icon, size=icon_size, parent=self)
        self._icon.setVisible(bool(icon))
        centre = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignHCenter
        self._label = Text(text, role=role, align=centre, parent=self)
        self._detail = Text(role="caption", tone="text2", align=centre, elide=True, parent=self)
        self._cap = KeyCap(key, parent=self)
        for part in (self._icon, self._label):
            part.setProperty("inside", "button")
        self._detail.setProperty("inside", "reason")  # the reason of a disabled button stays readable
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addStretch()
        words.addWidget(self._label)
        words.addWidget(self._detail)
        words.addStretch()
        row = QHBoxLayout(self)
        row.setContentsMargins(pad, 0, pad, 0)
        row.setSpacing(10)
        if left:
            row.addWidget(self._icon)
            row.addLayout(words, 1)
        else:
            row.addStretch(1)
            row.addWidget(self._icon)
            row.addLayout(words)
            row.addStretch(1)
        row.addWidget(self._cap)
        self._row = row
        self.set_text(text)
        self.set_key(key)
        self._show_detail()
        self.set_kind(kind)

    def set_text(self, text: str) -> None:
        """Change the words."""
        self._label.set_text(text)
        self._label.setVisible(bool(text))
        self.setAccessibleName(text)
        self.updateGeometry()

    @property
    def words(self) -> str:
        """The words on the button."""
        return self._label.full_text

    def set_icon(self, name: str) -> None:
        """Change the drawing; empty for none."""
        self._icon.set_icon(name)
        self._icon.setVisible(bool(name))

    def set_detail(self, text: str) -> None:
        """Change the second line."""
        self._detail_text = text
        self._show_detail()

    def set_key(self, key: str) -> None:
        """Change the drawn key; empty for none."""
        self._cap.set_text(key)
        self._cap.setVisible(bool(key))

    def set_kind(self, kind: str) -> None:
        """Change the look."""
        tone, cap, cap_tone = _TONES.get(kind.removesuffix("k"), ("text", "keycap", "text2"))
        restyle(self, kind=kind)
        self._label.set_tone(tone)
        self._icon.set_tone(tone)
        self._detail.set_tone(tone if cap == "keycap_on" else "text2")
        restyle(self._cap, kind=cap, tone=cap_tone)

    def set_allowed(self, allowed: bool, reason: str = "") -> None:
        """Enable, or disable with the reason that the clerk reads on the button."""
        self._reason = "" if allowed else reason
        self.setEnabled(allowed)
        self._show_detail()

    def _show_detail(self) -> None:
        text = self._reason or self._detail_text
        self._detail.set_text(text)
        self._detail.setVisible(bool(text))
        self.setAccessibleDescription(text)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        hint = self._row.sizeHint()
        return QSize(hint.width(), self.maximumHeight() if self.maximumHeight() < 10_000 else hint.height())

    def minimumSizeHint(self) -> QSize:
        hint = self._row.minimumSize()
        return QSize(hint.width(), self.minimumHeight())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Enter presses the button that the clerk reached with Tab; the blue one is for when nothing was reached
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.click()
            return
        super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self.update()


class IconButton(QPushButton):
    """A square button with a drawing only (delete in a line, lock); its name is for assistive technology."""

    def __init__(
        self,
        icon: str,
        *,
        name: str,
        size: int = 44,
        glyph: int = 22,
        tone: str = "text2",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("kind", "ghost")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        self.setFixedSize(size, size)
        self.setAccessibleName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._icon = Icon(icon, size=glyph, tone=tone, parent=self)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignCenter)

    def set_icon(self, icon: str) -> None:
        """Show another drawing."""
        self._icon.set_icon(icon)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.click()
            return
        super().keyPressEvent(event)
