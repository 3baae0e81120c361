"""The layout lint finds what it promises to find, and is silent about what is right."""

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from kiosk.ui.lint import lint
from kiosk.ui.widgets.text import Text


def page(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    return made


def button(parent: QWidget, box: tuple[int, int, int, int], name: str = "b") -> QPushButton:
    made = QPushButton(parent)
    made.setAccessibleName(name)
    made.setGeometry(QRect(*box))
    made.show()
    return made


def text(
    parent: QWidget, words: str, box: tuple[int, int, int, int], *, wrap: bool = False, elide: bool = False
) -> Text:
    made = Text(words, wrap=wrap, elide=elide, parent=parent)
    made.setGeometry(QRect(*box))
    made.show()
    return made


def kinds(root: QWidget) -> list[str]:
    return sorted(finding.kind for finding in lint(root))


def test_a_sound_page_has_no_findings(qtbot: QtBot) -> None:
    """The lint would be switched off because it always complains."""
    root = page(qtbot)
    button(root, (10, 10, 100, 50))
    button(root, (10, 70, 100, 50))
    text(root, "Retour", (150, 10, 200, 30))
    text(root, "Un texte qui se plie", (150, 50, 100, 90), wrap=True)
    assert lint(root) == ()


def test_small_targets(qtbot: QtBot) -> None:
    """A thumb would miss the key (WCAG 2.5.5)."""
    root = page(qtbot)
    button(root, (10, 10, 43, 44))
    assert kinds(root) == ["target"]


def test_overlap_and_distance(qtbot: QtBot) -> None:
    """A thumb would press two keys, or the wrong one."""
    root = page(qtbot)
    button(root, (10, 10, 60, 60), "a")
    button(root, (60, 20, 60, 60), "b")
    assert kinds(root) == ["overlap"]
    root = page(qtbot)
    button(root, (10, 10, 60, 60), "a")
    button(root, (75, 10, 60, 60), "b")
    assert kinds(root) == ["gap"]


def test_off_screen(qtbot: QtBot) -> None:
    """The blue button would be out of reach on a small screen."""
    root = page(qtbot)
    button(root, (360, 10, 60, 60))
    assert kinds(root) == ["off_screen"]


def test_cut_words(qtbot: QtBot) -> None:
    """« Encaisser et activer » would read « Encaisser et a »."""
    root = page(qtbot)
    text(root, "Encaisser et activer", (10, 10, 60, 30))
    text(root, "Un texte bien trop long pour si peu de place", (10, 60, 60, 30), wrap=True)
    text(root, "Encaisser et activer", (10, 110, 60, 30), elide=True)
    assert kinds(root) == ["clipped", "clipped", "elided"]


def test_words_over_words(qtbot: QtBot) -> None:
    """Two sentences would be printed over each other."""
    root = page(qtbot)
    text(root, "Reçu", (10, 10, 100, 30))
    text(root, "Rendu", (50, 20, 100, 30))
    assert kinds(root) == ["overlap"]


def test_a_deliberately_bad_page(qtbot: QtBot) -> None:
    """Proof against a lint that sees nothing: a crowded page must give many findings."""
    root = page(qtbot)
    root.resize(200, 120)
    for n in range(8):
        button(root, (n * 40, n * 14, 60, 30), f"key {n}")
        text(root, f"Une phrase trop longue {n}", (n * 30, n * 12, 40, 12))
    assert len(lint(root)) >= 17


def test_what_is_hidden_does_not_count(qtbot: QtBot) -> None:
    """Pages that are not shown would spoil the result."""
    root = page(qtbot)
    button(root, (10, 10, 20, 20)).hide()
    assert lint(root) == ()
