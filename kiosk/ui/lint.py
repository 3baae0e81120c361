"""Looks at a laid-out page like a careful colleague: small targets, overlaps, things off the screen, cut words.

Responsible for: findings about geometry, for tests and the gallery. Not responsible for taste. A page without findings may
still be ugly; a page with findings is wrong. Measured like this in the design: a deliberately short page gave 17 findings.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QLabel, QWidget

from kiosk.ui.widgets.text import Text

TARGET_MIN_PX: Final = 44
GAP_MIN_PX: Final = 6
SLACK_PX: Final = 1  # rounding of fractional advances


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: `kind` is target, gap, overlap, off_screen, clipped or elided; `where` names the widget."""

    kind: str
    where: str
    detail: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.where}: {self.detail}"


def lint(root: QWidget, *, target_min: int = TARGET_MIN_PX, gap_min: int = GAP_MIN_PX) -> tuple[Finding, ...]:
    """Return every finding on a page that is shown and laid out."""
    widgets = [one for one in root.findChildren(QWidget) if one.isVisibleTo(root)]
    buttons = [one for one in widgets if isinstance(one, QAbstractButton)]
    labels = [one for one in widgets if isinstance(one, QLabel) and one.text()]
    found = [
        *_targets(root, buttons, target_min),
        *_off_screen(root, [*buttons, *labels]),
        *_pairs(root, buttons, gap_min),
        *_clipped(labels),
        *_outside_parent(labels),
        *_crossing(root, labels),
    ]
    return tuple(found)


def _box(root: QWidget, widget: QWidget) -> QRect:
    return QRect(widget.mapTo(root, QPoint(0, 0)), widget.size())


def _name(widget: QWidget) -> str:
    words = widget.accessibleName() or (widget.text() if isinstance(widget, QLabel) else "") or widget.objectName()
    owner = widget.parentWidget()
    return f"{type(owner).__name__}/{type(widget).__name__} “{words}”"


def _scroller(widget: QWidget) -> QWidget | None:
    """Return the viewport that may show only a part of a widget."""
    parent = widget.parentWidget()
    while parent is not None:
        above = parent.parentWidget()
        if isinstance(above, QAbstractScrollArea) and above.viewport() is parent:
            return parent
        parent = above
    return None


def _targets(root: QWidget, buttons: list[QAbstractButton], least: int) -> Iterator[Finding]:
    for button in buttons:
        if button.width() < least or button.height() < least:
            yield Finding("target", _name(button), f"{button.width()} × {button.height()} px")


def _off_screen(root: QWidget, widgets: list[QWidget]) -> Iterator[Finding]:
    page = root.rect()
    for widget in widgets:
        if _scroller(widget) is not None:
            continue
        box = _box(root, widget)
        if not page.contains(box):
            yield Finding("off_screen", _name(widget), f"{box.getRect()} of {page.width()} × {page.height()}")


def _pairs(root: QWidget, buttons: list[QAbstractButton], least: int) -> Iterator[Finding]:
    boxes = [(one, _box(root, one), _scroller(one)) for one in buttons]
    for index, (one, box, view) in enumerate(boxes):
        for other, other_box, other_view in boxes[index + 1 :]:
            if view is not other_view or one.isAncestorOf(other) or other.isAncestorOf(one):
                continue
            if box.intersects(other_box):
                yield Finding("overlap", _name(one), _name(other))
                continue
            gap = _gap(box, other_box)
            if gap is not None and gap < least:
                yield Finding("gap", _name(one), f"{gap} px to {_name(other)}")


def _gap(a: QRect, b: QRect) -> int | None:
    """Return the distance of two boxes that face each other, nothing for boxes that do not."""
    if a.left() <= b.right() and b.left() <= a.right():
        return max(b.top() - a.bottom(), a.top() - b.bottom()) - 1
    if a.top() <= b.bottom() and b.top() <= a.bottom():
        return max(b.left() - a.right(), a.left() - b.right()) - 1
    return None


def _clipped(labels: list[QLabel]) -> Iterator[Finding]:
    for label in labels:
        if isinstance(label, Text) and label.is_elided:
            yield Finding("elided", _name(label), f"shows “{label.text()}”")
            continue
        room = label.contentsRect()
        metrics = label.fontMetrics()
        if label.wordWrap():
            flags = Qt.TextFlag.TextWordWrap | label.alignment()
            needed = metrics.boundingRect(QRect(0, 0, room.width(), 10_000), int(flags), label.text())
            if needed.height() > room.height() + SLACK_PX or needed.width() > room.width() + SLACK_PX:
                yield Finding("clipped", _name(label), f"needs {needed.width()} × {needed.height()}, has {_size(room)}")
            continue
        width = metrics.horizontalAdvance(label.text())
        # the box of the letters, not of the line: the line height of large figures is mostly air
        height = metrics.tightBoundingRect(label.text()).height()
        if width > room.width() + SLACK_PX or height > room.height() + SLACK_PX:
            yield Finding("clipped", _name(label), f"needs {width} × {height}, has {_size(room)}")


def _size(box: QRect) -> str:
    return f"{box.width()} × {box.height()}"


def _outside_parent(labels: list[QLabel]) -> Iterator[Finding]:
    for label in labels:
        parent = label.parentWidget()
        if parent is not None and not parent.rect().contains(label.geometry()) and _scroller(label) is not parent:
            yield Finding("clipped", _name(label), f"{label.geometry().getRect()} leaves {_size(parent.rect())}")


def _crossing(root: QWidget, labels: list[QLabel]) -> Iterator[Finding]:
    """Two labels on the same ground must not lie over each other."""
    for index, one in enumerate(labels):
        for other in labels[index + 1 :]:
            if one.parentWidget() is other.parentWidget() and one.geometry().intersects(other.geometry()):
                yield Finding("overlap", _name(one), _name(other))
