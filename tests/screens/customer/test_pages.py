"""Every sample of the customer face, upright and lying, in both languages, sizes of type and the high contrast look."""

import itertools
from collections.abc import Callable, Iterator, Mapping

import pytest
from PySide6.QtCore import QPoint, QSize
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from kiosk.i18n.language import Language
from kiosk.ui.lint import lint
from kiosk.ui.presenters.customer import attract, balance, idle, scan_or_type, unavailable
from kiosk.ui.presenters.customer.samples import samples
from kiosk.ui.presenters.customer.visit import CustomerState
from kiosk.ui.screens.customer.attract import AttractScreen
from kiosk.ui.screens.customer.balance import BalanceScreen
from kiosk.ui.screens.customer.form import Form, form_of
from kiosk.ui.screens.customer.idle import IdleScreen
from kiosk.ui.screens.customer.scan_or_type import ScanOrTypeScreen
from kiosk.ui.screens.customer.unavailable import UnavailableScreen
from kiosk.ui.theme import ThemeName
from tests.helpers.customer import LANDSCAPE, PORTRAIT, discard, dress, euros, language

TARGET_PX = 88
GAP_PX = 12
CONTROLS_BELOW = 0.40  # of the height: a hand in a wheelchair does not reach higher
BUILD: Mapping[str, Callable[[Form], QWidget]] = {
    "attract": AttractScreen,
    "scan_or_type": ScanOrTypeScreen,
    "balance": BalanceScreen,
    "idle": IdleScreen,
    "unavailable": UnavailableScreen,
}


def show(page: QWidget, state: CustomerState, form: Form, lang: Language) -> None:
    """Show a sample on the page that it belongs to."""
    match page:
        case AttractScreen():
            page.show_view(attract.view(state, lang))
        case ScanOrTypeScreen():
            page.show_view(scan_or_type.view(state, lang))
        case BalanceScreen():
            page.show_view(balance.view(state, lang, rows=form.rows))
        case IdleScreen():
            page.show_view(idle.view(state, lang))
        case UnavailableScreen():
            page.show_view(unavailable.view(state, lang))
        case _:
            raise AssertionError(page)


def pages(size: QSize, *, lang: str = "fr", large: bool = False, only: str = "") -> Iterator[tuple[str, QWidget]]:
    """Every sample on its page, which is built once as in the shop and shows one sample after the other."""
    form, words = form_of(size, large=large), language(lang)
    built: dict[str, QWidget] = {}
    for name, state in samples(euros(), language=lang, large=large).items():
        if not name.startswith(only):
            continue
        kind = name.split(".")[0]
        if kind not in built:
            built[kind] = BUILD[kind](form)
            built[kind].resize(size)
        show(built[kind], state, form, words)
        built[kind].show()
        for _ in range(4):  # a layout inside a layout asks again
            QApplication.sendPostedEvents()
        yield name, built[kind]
    for page in built.values():
        discard(page)


@pytest.mark.parametrize(
    ("size", "lang", "large"), list(itertools.product((PORTRAIT, LANDSCAPE), ("fr", "en"), (False, True)))
)
def test_pages_are_whole(qapp: QApplication, size: QSize, lang: str, large: bool) -> None:
    """A word would be cut, or a key too small for a finger, on one of the kiosks."""
    dress(qapp)
    faults: dict[str, list[str]] = {}
    for name, page in pages(size, lang=lang, large=large):
        found = [str(one) for one in lint(page, target_min=TARGET_PX, gap_min=GAP_PX)]
        if page.size() != size:
            found.append(f"wants {page.size().toTuple()}")
        if found:
            faults[name] = found
    assert not faults


def test_keys_stand_where_a_seated_person_reaches(qapp: QApplication) -> None:
    """Somebody in a wheelchair could read the page and not use it (EN 301 549, reach)."""
    dress(qapp)
    for name, page in pages(PORTRAIT):
        tops = [key.mapTo(page, QPoint(0, 0)).y() for key in page.findChildren(QAbstractButton) if key.isVisible()]
        assert min(tops) >= PORTRAIT.height() * CONTROLS_BELOW, name


def test_high_contrast_has_no_grey(qapp: QApplication) -> None:
    """The look for weak eyes would hide a word in grey on grey."""
    dress(qapp, ThemeName.HIGH_CONTRAST)
    try:
        for _, page in pages(LANDSCAPE, only="balance.active"):
            picture = page.grab().toImage()
            assert picture.pixelColor(4, 300).name() == "#000000"
            assert picture.pixelColor(60, 130).name() == "#ffe100", "the balance stands on the accent"
    finally:
        dress(qapp)
