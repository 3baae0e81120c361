"""Drawings: Lucide's outlines, recoloured and rasterised for one size and pixel ratio, kept in Qt's pixmap cache.

Responsible for: reading the SVG files that ship a name that does not ship is a bug. Not responsible for where an icon
stands or its colour (`widgets.icon`, the sheet).
"""

from functools import lru_cache
from pathlib import Path
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer

from kiosk.resources import asset

ICON_FILES_KEPT: Final = 128
FINE_FROM_PX: Final = 48
LOGO_GROUND, LOGO_BARS = "#2A3FBF", "#FFFFFF"  # as they stand in logo.svg


class IconError(Exception):
    """Qt cannot read a drawing that ships."""


@lru_cache(maxsize=ICON_FILES_KEPT)
def _source(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def icon_pixmap(name: str, *, colour: QColor, size: int, ratio: float) -> QPixmap:
    """Return an icon of `assets/icons` in one colour, `size` px square at a device pixel ratio."""
    key = f"icon:{name}:{colour.name(QColor.NameFormat.HexArgb)}:{size}:{ratio}"
    found = QPixmap()
    if QPixmapCache.find(key, found):
        return found
    source = _source(asset("icons", f"{name}.svg")).replace("currentColor", colour.name())
    if size >= FINE_FROM_PX:
        source = source.replace('stroke-width="2"', 'stroke-width="1.75"')
    pixmap = _render(source, width=size, height=size, ratio=ratio)
    QPixmapCache.insert(key, pixmap)
    return pixmap


def logo_pixmap(*, size: int, ratio: float, mono: QColor | None = None, inverse: bool = False) -> QPixmap:
    """Return the product's logo: in its colours, in one, or white where the ground is already blue."""
    key = f"logo:{mono.name() if mono else ''}:{inverse}:{size}:{ratio}"
    found = QPixmap()
    if QPixmapCache.find(key, found):
        return found
    source = _source(asset("logo", "logo-mono.svg" if mono else "logo.svg"))
    if mono:
        source = source.replace("currentColor", mono.name())
    elif inverse:
        source = source.replace(LOGO_GROUND, "\0").replace(LOGO_BARS, LOGO_GROUND).replace("\0", LOGO_BARS)
    pixmap = _render(source, width=size, height=size, ratio=ratio)
    QPixmapCache.insert(key, pixmap)
    return pixmap


def _render(source: str, *, width: int, height: int, ratio: float) -> QPixmap:
    renderer = QSvgRenderer(QByteArray(source.encode()))
    if not renderer.isValid():
        raise IconError("unreadable drawing")
    pixmap = QPixmap(round(width * ratio), round(height * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, QRectF(0, 0, width, height))
    painter.end()
    return pixmap
