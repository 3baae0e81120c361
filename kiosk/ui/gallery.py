"""The gallery: every sample of every page, on screen to walk through, or as pictures in a folder with a contact sheet.

Responsible for: `kiosk gallery`. Pictures are made of the real widgets; the sheet shows ours beside the design's picture of the
same moment. Not responsible for the samples themselves nor for judging them (`lint` is asked and its findings are counted).
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from kiosk.i18n.formats import local_zone
from kiosk.i18n.language import Language, open_language
from kiosk.i18n.translator import LANGUAGES
from kiosk.resources import asset
from kiosk.ui.clerk_face import scene_of
from kiosk.ui.fonts import font, load_fonts
from kiosk.ui.lint import Finding, lint
from kiosk.ui.samples import Sample, samples
from kiosk.ui.shell import Shell
from kiosk.ui.theme import ThemeName, apply_theme, load_theme
from kiosk.ui.widgets.chip import Ring

SIZES: Final = (QSize(1280, 800), QSize(1024, 768))
PAIR_WIDTH: Final = 640
THUMB_WIDTH: Final = 232
OVERVIEW_COLUMNS: Final = 6
OVERVIEW_PAGE: Final = 24
SMALLEST: Final = 0  # Qt: 0 compresses a PNG most
SHEET_GAP: Final = 16
SHEET_LINE: Final = 24
LAYOUT_ROUNDS: Final = 6


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture that was written, and what the lint said of the page."""

    path: Path
    sample: Sample
    theme: ThemeName
    language: str
    size: QSize
    findings: tuple[Finding, ...]


def pose(shell: Shell, sample: Sample, lang: Language, *, theme: ThemeName, size: QSize) -> None:
    """Show a sample in a window of a size, laid out and standing still."""
    shell.resize(size)
    looks = replace(sample.draft.looks, language=lang.name, theme=theme.value)
    shell.show_scene(scene_of(sample.state, replace(sample.draft, looks=looks), lang))
    for ring in shell.findChildren(Ring):
        ring.set_moving(False)
    for _ in range(LAYOUT_ROUNDS):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)


def write_pictures(
    app: QApplication,
    output: Path,
    *,
    languages: Sequence[Language],
    themes: Sequence[ThemeName] = tuple(ThemeName),
    sizes: Sequence[QSize] = SIZES,
    chosen: Sequence[Sample] | None = None,
) -> Iterator[Picture]:
    """Write one PNG for each sample, theme, language and size, and yield them as they are written."""
    output.mkdir(parents=True, exist_ok=True)
    for theme in themes:
        apply_theme(app, load_theme(asset("themes"), theme))
        for size in sizes:
            shell = Shell(too_small=languages[0].words("frame.small"))
            shell.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
            shell.resize(size)
            shell.show()
            for lang in languages:
                for sample in chosen if chosen is not None else samples():
                    pose(shell, sample, lang, theme=theme, size=size)
                    path = output / f"{sample.name}-{theme.value}-{lang.name}-{size.width()}.png"
                    shell.grab().toImage().convertToFormat(QImage.Format.Format_RGB888).save(str(path))
                    yield Picture(path, sample, theme, lang.name, size, lint(shell))
            shell.close()
            shell.deleteLater()


def write_pair(ours: Path, theirs: Path, target: Path) -> None:
    """Write one picture with ours at the left and the design's at the right."""
    left, right = _scaled(ours, PAIR_WIDTH), _scaled(theirs, PAIR_WIDTH)
    sheet = _sheet(2 * PAIR_WIDTH + 3 * SHEET_GAP, max(left.height(), right.height()) + 2 * SHEET_GAP)
    painter = QPainter(sheet)
    painter.drawImage(SHEET_GAP, SHEET_GAP, left)
    painter.drawImage(2 * SHEET_GAP + PAIR_WIDTH, SHEET_GAP, right)
    painter.end()
    _save(sheet, target)


def write_overview(pictures: Sequence[tuple[str, Path]], target: Path) -> None:
    """Write one picture with every given picture small, under its name."""
    step_x, step_y = THUMB_WIDTH + SHEET_GAP, THUMB_WIDTH * 5 // 8 + SHEET_LINE + SHEET_GAP
    rows = -(-len(pictures) // OVERVIEW_COLUMNS)
    sheet = _sheet(OVERVIEW_COLUMNS * step_x + SHEET_GAP, rows * step_y + SHEET_GAP)
    painter = QPainter(sheet)
    painter.setFont(font("caption"))
    for index, (name, path) in enumerate(pictures):
        x, y = SHEET_GAP + index % OVERVIEW_COLUMNS * step_x, SHEET_GAP + index // OVERVIEW_COLUMNS * step_y
        painter.drawText(QRect(x, y, THUMB_WIDTH, SHEET_LINE), Qt.AlignmentFlag.AlignVCenter, name)
        painter.drawImage(x, y + SHEET_LINE, _scaled(path, THUMB_WIDTH))
    painter.end()
    _save(sheet, target)


def _sheet(width: int, height: int) -> QImage:
    sheet = QImage(width, height, QImage.Format.Format_RGB888)
    sheet.fill(QColor("#ffffff"))
    return sheet


def _save(sheet: QImage, target: Path) -> None:
    sheet.save(str(target), quality=SMALLEST)


def _scaled(path: Path, width: int) -> QImage:
    image = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB888)
    return image.scaledToWidth(width, Qt.TransformationMode.SmoothTransformation)


def shop_zone() -> tzinfo:
    """Return the zone of the samples' shop; the machine's own where it knows no zones."""
    try:
        return ZoneInfo("Europe/Paris")
    except ZoneInfoNotFoundError:
        return local_zone()


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `kiosk gallery`."""
    parser.add_argument("--output", type=Path, metavar="DIR", help="write pictures there instead of opening a window")
    parser.add_argument(
        "--pictures", type=Path, metavar="DIR", help="with --output: the design's pictures, to stand beside ours"
    )
    parser.add_argument(
        "--sample", action="append", metavar="NAME", help="only this sample; may be given several times"
    )
    parser.set_defaults(handler=run)


def run(arguments: argparse.Namespace) -> int:
    """Show the gallery, or write it. Returns 1 when the lint found something on a page that was written."""
    if arguments.output is not None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication(["kiosk"])
    load_fonts(asset("fonts"))
    apply_theme(app, load_theme(asset("themes"), ThemeName.LIGHT))
    zone = shop_zone()
    languages = {name: open_language(asset("locale"), name, zone) for name in LANGUAGES}
    if arguments.output is None:
        walk = Walk(app, languages)
        walk.show_first()
        return app.exec()
    chosen = [one for one in samples() if not arguments.sample or one.name in arguments.sample]
    made = list(write_pictures(app, arguments.output, languages=tuple(languages.values()), chosen=chosen))
    for one in made:
        for finding in one.findings:
            sys.stdout.write(f"{one.path.name}: {finding}\n")
    write_sheets(made, arguments.pictures, arguments.output)
    return 1 if any(one.findings for one in made) else 0


def write_sheets(made: Sequence[Picture], pictures: Path | None, output: Path) -> None:
    """Write the overview of every sample, and ours beside the design's picture for each sample that has one, in its look."""
    plain = [one for one in made if (one.theme, one.language, one.size) == (ThemeName.LIGHT, "fr", SIZES[0])]
    for page, first in enumerate(range(0, len(plain), OVERVIEW_PAGE), start=1):
        part = [(one.sample.name, one.path) for one in plain[first : first + OVERVIEW_PAGE]]
        write_overview(part, output / f"overview-{page}.png")
    for one in made:
        if pictures is None or not one.sample.picture or one.language != "fr":
            continue
        dark = "dark" in one.sample.picture
        wanted = (ThemeName.DARK, 1024) if dark else (ThemeName.LIGHT, 1280)
        if (one.theme, one.size.width()) == wanted and (pictures / one.sample.picture).is_file():
            write_pair(one.path, pictures / one.sample.picture, output / f"pair-{one.sample.name}.png")


class Walk:
    """The gallery on screen: left and right turn pages, T changes the theme, L the language, S the size."""

    def __init__(self, app: QApplication, languages: dict[str, Language]) -> None:
        self._app = app
        self._languages = list(languages.values())
        self._samples = samples()
        self._at = 0
        self._theme = 0
        self._language = 0
        self._size = 0
        self._shell = _WalkShell(self)

    def show_first(self) -> None:
        """Open the window."""
        self._shell.show()
        self._show()

    def press(self, key: int) -> bool:
        """Do what a key means here. Returns whether it means anything."""
        if key in (Qt.Key.Key_Right, Qt.Key.Key_Space):
            self._at = (self._at + 1) % len(self._samples)
        elif key == Qt.Key.Key_Left:
            self._at = (self._at - 1) % len(self._samples)
        elif key == Qt.Key.Key_T:
            self._theme = (self._theme + 1) % len(ThemeName)
            apply_theme(self._app, load_theme(asset("themes"), tuple(ThemeName)[self._theme]))
        elif key == Qt.Key.Key_L:
            self._language = (self._language + 1) % len(self._languages)
        elif key == Qt.Key.Key_S:
            self._size = (self._size + 1) % len(SIZES)
        else:
            return False
        self._show()
        return True

    def _show(self) -> None:
        sample = self._samples[self._at]
        theme = tuple(ThemeName)[self._theme]
        pose(self._shell, sample, self._languages[self._language], theme=theme, size=SIZES[self._size])
        self._shell.setWindowTitle(f"{self._at + 1}/{len(self._samples)} {sample.name}")


class _WalkShell(Shell):
    def __init__(self, walk: Walk) -> None:
        super().__init__(too_small="1024 × 768")
        self._walk = walk

    def keyPressEvent(self, event: object) -> None:
        key = event.key() if hasattr(event, "key") else 0
        if not self._walk.press(key):
            super().keyPressEvent(event)  # type: ignore[arg-type] # Qt hands a QKeyEvent, which is only passed on
