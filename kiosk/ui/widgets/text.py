"""Words on a screen: one label class with the design's type roles and colours.

Responsible for: fonts by role, colour by tone, eliding on request, wrapping, and the full text for assistive
technology. A label that may not elide never gets narrower than its words: QLabel alone would cut them silently.
"""

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from kiosk.ui.fonts import font
from kiosk.ui.theme import restyle

_SHEETS_FONT: Final = "_q_styleSheetWidgetFont"


class Text(QLabel):
    """A label. `elide` lets it shrink and end in an ellipsis; `wrap` breaks lines; neither of the two keeps its width."""

    def __init__(
        self,
        text: str = "",
        *,
        role: str = "body",
        tone: str = "text",
        wrap: bool = False,
        elide: bool = False,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._full = ""
        self.may_elide = elide
        self.setFont(font(role))
        self.setProperty("tone", tone)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        self.setAlignment(align | Qt.AlignmentFlag.AlignVCenter)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        if elide:
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        elif wrap:
            policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
            policy.setHeightForWidth(True)
            self.setSizePolicy(policy)
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Show a text; cheap when it is the same."""
        if text == self._full and text:
            return
        self._full = text
        self.setAccessibleName(text)
        self._fit()
        self.updateGeometry()

    def set_tone(self, tone: str) -> None:
        """Change the colour by its name in the sheet."""
        restyle(self, tone=tone)

    def set_role(self, role: str) -> None:
        """Change size and weight by role."""
        self.set_font(font(role))

    def set_font(self, chosen: QFont) -> None:
        """Change the font to one that the scale does not name (large text)."""
        self.setFont(chosen)
        # WORKAROUND(PySide6 6.11): the application's sheet keeps the font of the first polish and restores it at the next
        if self.property(_SHEETS_FONT) is not None:
            self.setProperty(_SHEETS_FONT, chosen)
            self.style().unpolish(self)
            self.style().polish(self)
        self._fit()
        self.updateGeometry()

    @property
    def full_text(self) -> str:
        """The text as given, also when an elided form is on screen."""
        return self._full

    @property
    def is_elided(self) -> bool:
        """Whether the screen shows less than the text."""
        return self.text() != self._full

    def _fit(self) -> None:
        shown = self._full
        if self.may_elide:
            shown = self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideRight, self.contentsRect().width())
        if shown != self.text():
            self.setText(shown)

    def sizeHint(self) -> QSize:
        if not self.may_elide:
            return super().sizeHint()
        metrics = self.fontMetrics()
        margins = self.contentsMargins()
        return QSize(
            metrics.horizontalAdvance(self._full) + margins.left() + margins.right() + 1,
            metrics.height() + margins.top() + margins.bottom(),
        )

    def minimumSizeHint(self) -> QSize:
        if not self.may_elide:
            return super().minimumSizeHint()
        return QSize(
            min(self.sizeHint().width(), self.fontMetrics().horizontalAdvance("MMM…")), self.sizeHint().height()
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.may_elide:
            self._fit()
