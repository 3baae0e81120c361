"""Looks at a page as a tired person would: words cut off, things off the screen, on each other, or too small."""

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QAbstractButton, QFrame, QLabel, QWidget

from kiosk.ui.widgets.text import Text


def findings(page: QWidget, *, target_px: int) -> list[str]:
    """Every fault of layout on a page that is shown, in words."""
    labels = [one for one in page.findChildren(QLabel) if one.isVisible() and one.text()]
    buttons = [one for one in page.findChildren(QAbstractButton) if one.isVisible()]
    faults = [f"cut: {one.text()!r}" for one in labels if _is_cut(one)]
    faults += [f"elided: {one.full_text!r}" for one in labels if isinstance(one, Text) and one.is_elided]
    for one in page.findChildren(QWidget):
        is_rule = isinstance(one, QFrame) and one.property("kind") == "rule"
        if one.isVisible() and not is_rule and not page.rect().contains(_place(one, page)):
            faults.append(f"off the screen: {type(one).__name__} {_place(one, page).getRect()}")
    faults += [
        f"too small: {one.accessibleName()!r} {one.width()}x{one.height()}"
        for one in buttons
        if min(one.width(), one.height()) < target_px
    ]
    faults += [f"no name: {type(one).__name__}" for one in buttons if not one.accessibleName()]
    for these, room in ((buttons, 0), (labels, 3)):
        for at, one in enumerate(these):
            for other in these[at + 1 :]:
                mine, theirs = _place(one, page), _place(other, page)
                if mine.adjusted(0, room, 0, -room).intersects(theirs.adjusted(0, room, 0, -room)):
                    faults.append(f"on each other: {_name(one)!r} and {_name(other)!r}")
    return faults


def _is_cut(label: QLabel) -> bool:
    if label.wordWrap():
        return label.height() < label.heightForWidth(label.width()) - 1
    too_low = label.height() < label.sizeHint().height() - 1
    may_elide = isinstance(label, Text) and label.may_elide
    return too_low or (not may_elide and label.width() < label.sizeHint().width() - 1)


def _place(widget: QWidget, page: QWidget) -> QRect:
    return QRect(widget.mapTo(page, QPoint(0, 0)), widget.size())


def _name(widget: QWidget) -> str:
    return widget.text() if isinstance(widget, QLabel) else widget.accessibleName()
