"""The customer face as a whole: what a visitor sees from the first touch to the wiped page, with a till that is only told of."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel

from kiosk.till.commands import AskBalance, OpenBalance
from kiosk.till.state import Balance
from kiosk.ui.presenters.customer.samples import answer
from kiosk.ui.presenters.customer.visit import Digit, Speak, Touch
from kiosk.ui.screens.customer.parts import SerialField
from kiosk.ui.theme import ThemeName
from tests.helpers.customer import LANDSCAPE, Scene, dress
from tests.helpers.till_rig import CARD

FOUND = Balance(last4=CARD[-4:], answer=answer("active"))


@pytest.fixture
def scene(qapp: QApplication) -> Iterator[Scene]:
    dress(qapp)
    made = Scene()
    made.face.show()
    yield made
    made.close()


def press(scene: Scene, name: str) -> None:
    """A finger on the key with this name."""
    page = scene.face.screen_now
    assert page is not None
    (key,) = [key for key in page.findChildren(QAbstractButton) if key.isVisible() and key.accessibleName() == name]
    QTest.mouseClick(key, Qt.MouseButton.LeftButton)


def test_a_visit_by_typing(scene: Scene) -> None:
    """The whole way of somebody whose bar code is scratched would be broken somewhere."""
    press(scene, "Consulter ma carte")
    assert scene.page == "ScanOrTypeScreen"
    for digit in CARD:
        press(scene, digit)
    press(scene, "Voir mon solde")
    assert scene.asked == [AskBalance(CARD)]
    scene.publish(Balance(asking=True, last4=CARD[-4:]))
    scene.publish(FOUND)
    assert scene.page == "BalanceScreen"
    assert "12,60\u00a0€" in scene.words()
    press(scene, "Terminer")
    assert scene.page == "AttractScreen"
    assert scene.asked[1:] == [OpenBalance()]


def test_a_scan_alone_shows_the_balance(scene: Scene) -> None:
    """The first page promises one gesture."""
    scene.publish(Balance(asking=True, last4=CARD[-4:]))
    scene.publish(FOUND)
    assert scene.page == "BalanceScreen"


def test_nothing_of_a_visit_survives_it(scene: Scene) -> None:
    """The next person would read, or a crash report would hold, the one before's balance or number (TM-17)."""
    scene.face.act(Touch.START)
    for digit in CARD[:9]:
        scene.face.act(Digit(digit))
    scene.face.act(Touch.REVEAL)
    assert CARD[:9] in scene.words()
    scene.publish(FOUND)
    scene.wait(45_000)
    assert scene.page == "IdleScreen"
    scene.wait(20_000)
    assert scene.page == "AttractScreen"
    for trace in ("12,60", CARD[-4:], CARD[:9], "4,00", "octobre"):
        assert trace not in scene.words(), trace
    assert scene.face.visit.typed == ""


def test_the_old_answer_published_once_more_is_not_shown(scene: Scene) -> None:
    """Between the wipe and the till's forgetting, a probe of the link would bring the balance back for the next person."""
    scene.publish(FOUND)
    press(scene, "Terminer")
    scene.publish(FOUND)
    assert scene.page == "AttractScreen"
    assert "12,60" not in scene.words()
    scene.publish(Balance())
    scene.publish(FOUND)  # the same card, scanned again
    assert scene.page == "BalanceScreen"


def test_nothing_can_be_read_behind_the_warning(scene: Scene) -> None:
    """A passer-by would read the balance that its owner walked away from."""
    scene.publish(FOUND)
    scene.wait(46_000)
    assert scene.page == "IdleScreen"
    picture = scene.face.grab().toImage()
    for corner in ((10, 10), (1070, 10), (10, 1900), (540, 300)):
        assert picture.pixelColor(*corner).name() == "#0b0e1e"
    press(scene, "Oui, je continue")
    assert scene.page == "BalanceScreen"


def test_the_warning_sounds_now_and_then_and_not_ten_times_a_second(scene: Scene) -> None:
    """Somebody who does not look would lose the page, or the shop would unplug the kiosk."""
    scene.face.act(Touch.START)
    for _ in range(640):
        scene.wait(100)
    assert 4 <= scene.beeps <= 5


def test_a_typed_number_is_masked_on_the_screen_itself(scene: Scene) -> None:
    """Masked in the model and legible on the glass would be no mask at all."""
    scene.face.act(Touch.START)
    field = scene.face.findChild(SerialField)
    assert field is not None

    def picture() -> bytes:
        shown = scene.face.grab(QRect(field.mapTo(scene.face, QPoint(0, 0)), field.size())).toImage()
        return bytes(shown.constBits())

    pictures = set()
    for digits in ("1111", "9275"):
        for digit in digits:
            scene.face.act(Digit(digit))
        scene.wait(700)
        pictures.add(picture())
        for _ in digits:
            scene.face.act(Touch.ERASE)
    assert len(pictures) == 1, "two numbers of the same length look different"


def test_language_text_size_and_contrast_last_for_the_visit(scene: Scene) -> None:
    """The words, the type or the colours would change back in the middle, or stay for the next visitor."""
    scene.face.act(Speak("en"))
    scene.face.act(Touch.LARGE)
    scene.face.act(Touch.CONTRAST)
    scene.face.act(Touch.START)
    assert "Show your card" in scene.words()
    assert scene.looks == [ThemeName.HIGH_CONTRAST]
    press(scene, "Back")
    assert scene.looks == [ThemeName.HIGH_CONTRAST, ThemeName.LIGHT]
    assert "Votre carte" in scene.words()


def test_the_pages_follow_the_glass(scene: Scene) -> None:
    """A kiosk whose screen lies would show the upright page, half of it below the edge."""
    scene.face.act(Touch.START)
    upright = scene.face.screen_now
    scene.face.resize(LANDSCAPE)
    lying = scene.face.screen_now
    assert lying is not None
    assert lying is not upright
    assert scene.page == "ScanOrTypeScreen"
    assert lying.size() == LANDSCAPE


def test_without_the_authority_the_face_names_the_counter(scene: Scene) -> None:
    """A visitor would wait before a page that cannot answer."""
    scene.publish(Balance(), link_up=False)
    assert scene.page == "UnavailableScreen"
    assert "comptoir" in scene.words()
    scene.publish(Balance())
    assert scene.page == "AttractScreen"


def test_a_raised_keypad_types(scene: Scene) -> None:
    """Whoever cannot use a screen could not type a number at all (EN 301 549)."""
    scene.face.act(Touch.START)
    page = scene.face.screen_now
    assert page is not None
    for digit in CARD:
        QTest.keyClicks(page, digit)
    QTest.keyClick(page, Qt.Key.Key_Return)
    assert scene.asked == [AskBalance(CARD)]
    QTest.keyClick(page, Qt.Key.Key_Escape)
    assert scene.page == "AttractScreen"


def test_keys_of_a_demonstration_say_so_on_every_page(scene: Scene) -> None:
    """A kiosk with keys that anybody can copy would pass for a real one."""
    scene.demonstration = True
    scene.publish(Balance())
    for intent in (Touch.START, Speak("en"), Touch.BACK):
        scene.face.act(intent)
        shown = [label.text() for label in scene.face.findChildren(QLabel) if label.isVisible()]
        assert "Clés de démonstration" in shown or "Demonstration keys" in shown
    scene.demonstration = False
    scene.publish(Balance())
    assert not any("démonstration" in label.text() for label in scene.face.findChildren(QLabel) if label.isVisible())
