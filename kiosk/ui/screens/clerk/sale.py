"""The sale: scan zone, cards to sell and quick actions at the left, basket and payment at the right."""

from dataclasses import replace
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from kiosk.ui.intents import Move, PutBack, RemoveChosen, RemoveLine
from kiosk.ui.presenters.clerk.sale import TileView, View, ZoneView
from kiosk.ui.screen import Screen
from kiosk.ui.theme import restyle
from kiosk.ui.widgets.blocks import Block, rule
from kiosk.ui.widgets.card_face import CardTile
from kiosk.ui.widgets.chip import Chip
from kiosk.ui.widgets.icon import RoundIcon
from kiosk.ui.widgets.line_list import LineList
from kiosk.ui.widgets.notice import EmptyNote
from kiosk.ui.widgets.text import Text

NARROW_PX: Final = 1100
BASKET_PX, BASKET_NARROW_PX = 428, 392
FACE_PX, FACE_NARROW_PX = 134, 102
QUICK_PX = 72
WHOLE_ROWS = 5


class SaleScreen(Screen):
    """The page. `banner_slot` is where the frame's banner stands: over the left column, as the basket goes all the way up."""

    accepts = "0123456789,."
    key_intents = {  # noqa: RUF012 - a constant table
        "up": Move(-1),
        "down": Move(1),
        "delete": RemoveChosen(),
        "ctrl+z": PutBack(),
    }

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._narrow: bool | None = None
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self._left = QVBoxLayout()
        self._left.setContentsMargins(24, 20, 24, 12)
        self._left.setSpacing(0)
        self.banner_slot = QVBoxLayout()
        self.banner_slot.setContentsMargins(0, 0, 0, 0)
        self._left.addLayout(self.banner_slot)
        self._left.addWidget(self._build_zone())
        self._left.addSpacing(18)
        self._cards_title = Text(role="titles", parent=self)
        self._left.addWidget(self._cards_title)
        self._left.addSpacing(8)
        self._grid = QGridLayout()
        self._grid.setSpacing(14)
        self._left.addLayout(self._grid)
        self._tiles: list[CardTile] = []
        self._tile_views: tuple[TileView, ...] = ()
        self._left.addSpacing(20)
        self._quick_title = Text(role="titles", parent=self)
        self._left.addWidget(self._quick_title)
        self._left.addSpacing(8)
        self._quick_row = QHBoxLayout()
        self._quick_row.setSpacing(12)
        self._quick = [self.action_button(kind="tile", height=QUICK_PX, left=True) for _ in range(2)]
        for button in self._quick:
            self._quick_row.addWidget(button, 1)
        self._left.addLayout(self._quick_row)
        self._big_quick = self.action_button(kind="tile", height=FACE_NARROW_PX + 52, icon_size=28, role="label")
        self._left.addStretch(1)
        self._left.addLayout(self._build_foot())
        outer.addLayout(self._left, 1)
        self._panel = self._build_panel()
        outer.addWidget(self._panel)

    # ---- building

    def _build_zone(self) -> QFrame:
        self._zone = Block("scan", pad=(20, 12, 20, 12), gap=18, row=True, parent=self)
        self._zone_icon = RoundIcon("scan-barcode", size=60, glyph=30, parent=self._zone)
        self._zone_title = Text(role="title", tone="primary_text", wrap=True, parent=self._zone)
        self._zone_hint = Text(role="body", tone="text2", wrap=True, parent=self._zone)
        self._zone_action = self.action_button(self._zone, kind="secondary", height=56)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch()
        words.addWidget(self._zone_title)
        words.addWidget(self._zone_hint)
        words.addStretch()
        self._zone.add(self._zone_icon)
        self._zone.add(words, 1)
        self._zone.add(self._zone_action)
        self._zone.setMinimumHeight(112)
        self._zone.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        return self._zone

    def _build_foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setSpacing(8)
        self._last_title = Text(role="small", tone="text3", parent=self)
        self._last = Text(role="small", tone="text2", elide=True, parent=self)
        self._shortcuts = self.action_button(kind="ghost", height=44, role="small", pad=6)
        foot.addWidget(self._last_title)
        foot.addWidget(self._last, 1)
        foot.addWidget(self._shortcuts)
        return foot

    def _build_panel(self) -> QFrame:
        panel = Block("side", pad=(20, 16, 20, 20), gap=0, parent=self)
        head = QHBoxLayout()
        head.setSpacing(10)
        self._basket = Text(role="title", parent=panel)
        self._count = Chip(tone="info", parent=panel)
        self._clear = self.action_button(panel, kind="ghost", height=44)
        head.addWidget(self._basket)
        head.addWidget(self._count)
        head.addStretch(1)
        head.addWidget(self._clear)
        panel.add(head)
        panel.inner.addSpacing(12)
        panel.add(self._build_clearing(panel))
        self._list = LineList(panel)
        self._list.removed.connect(self._remove)
        panel.add(self._list, 1)
        self._empty = EmptyNote(icon="shopping-basket", parent=panel)
        panel.add(self._empty)
        self._gap = QWidget(panel)
        panel.add(self._gap, 1)
        panel.inner.addSpacing(12)
        panel.add(rule(panel))
        panel.inner.addSpacing(10)
        totals = QHBoxLayout()
        self._total_title = Text(role="titles", tone="text2", parent=panel)
        self._total = Text(role="display", align=Qt.AlignmentFlag.AlignRight, parent=panel)
        totals.addWidget(self._total_title)
        totals.addWidget(self._total, 1)
        panel.add(totals)
        panel.inner.addSpacing(10)
        self._cash = self.action_button(panel, kind="primary", height=72, role="titles", icon_size=26)
        self._card = self.action_button(panel, kind="secondary", height=64)
        panel.add(self._cash)
        panel.inner.addSpacing(10)
        panel.add(self._card)
        panel.setFixedWidth(BASKET_PX)
        return panel

    def _build_clearing(self, panel: QWidget) -> QFrame:
        self._clearing = Block("danger", pad=(16, 12, 16, 14), gap=4, parent=panel)
        self._clear_question = Text(role="titles", wrap=True, parent=self._clearing)
        self._clear_detail = Text(role="small", wrap=True, parent=self._clearing)
        buttons = QHBoxLayout()
        buttons.setSpacing(12)
        self._keep = self.action_button(self._clearing, kind="secondary", height=56)
        self._clear_yes = self.action_button(self._clearing, kind="danger", height=56)
        buttons.addWidget(self._keep, 1)
        buttons.addWidget(self._clear_yes, 1)
        self._clearing.add(self._clear_question)
        self._clearing.add(self._clear_detail)
        self._clearing.inner.addSpacing(8)
        self._clearing.add(buttons)
        # its own room, so that the gap under the question goes with it
        self._clearing_room = Block("plain", pad=(0, 0, 0, 10), gap=0, parent=panel)
        self._clearing_room.add(self._clearing)
        self._clearing_room.hide()
        return self._clearing_room

    # ---- showing

    def show_view(self, view: View) -> None:
        """Show a View."""
        self._show_zone(view.zone)
        self._cards_title.set_text(view.cards_title)
        self._show_tiles(view.tiles)
        self._quick_title.set_text(view.quick_title)
        for button, action in zip(self._quick, view.quick, strict=True):
            button.show_action(action)
        self._big_quick.show_action(replace(view.quick[0], cap=""))  # no room for a key in the narrow arrangement
        self._last_title.set_text(view.last_title)
        self._last.set_text(view.last)
        self._shortcuts.show_action(view.shortcuts)
        self._basket.set_text(view.basket)
        self._count.set_look(view.count, tone="info")
        self._count.setVisible(bool(view.count))
        asking = bool(view.clear_question)
        self._clear.show_action(view.clear)
        self._clear.setVisible(view.clear.shown and not asking)
        self._clearing_room.setVisible(asking)
        self._clear_question.set_text(view.clear_question)
        self._clear_detail.set_text(view.clear_detail)
        self._keep.show_action(view.clear_keep)
        self._clear_yes.show_action(view.clear)
        # with a scroll bar beside them the rows have no room for the whole number
        self._rows = (view.rows if len(view.rows) <= WHOLE_ROWS else view.rows_short, view.rows_short)
        rows = self._rows[1] if self._narrow else self._rows[0]
        self._list.show_rows(rows)
        self._list.setVisible(bool(rows))
        self._empty.set_text(view.empty_title, view.empty_text)
        self._empty.setVisible(not rows)
        self._gap.setVisible(not rows)
        self._total_title.set_text(view.total_title)
        self._total.set_text(view.total)
        self._cash.show_action(view.cash)
        self._card.show_action(view.card)
        self._arrange(narrow=self._is_narrow(), force=True)

    def _show_zone(self, zone: ZoneView) -> None:
        restyle(self._zone, kind=zone.kind)
        self._zone_icon.set_look(zone.icon, zone.tone)
        danger = zone.tone == "danger"
        self._zone_title.set_tone("danger" if danger else "primary_text")
        self._zone_title.set_role("titles" if danger or len(zone.title) > 32 else "title")
        self._zone_title.set_text(zone.title)
        self._zone_hint.set_text(zone.hint)
        self._zone_hint.setVisible(bool(zone.hint))
        self._zone_action.show_action(zone.action)
        self._zone.setAccessibleName(f"{zone.title} {zone.hint}".strip())

    def _show_tiles(self, tiles: tuple[TileView, ...]) -> None:
        while len(self._tiles) < len(tiles):
            tile = CardTile(parent=self)
            tile.clicked.connect(self._arm)
            self._tiles.append(tile)
            self._narrow = None
        self._tile_views = tiles
        for index, tile in enumerate(self._tiles):
            if index < len(tiles):
                one = tiles[index]
                tile.set_card(
                    value=one.card.value,
                    brand=one.card.brand,
                    dots=one.card.dots,
                    series=one.card.colour,
                    name=one.card.name,
                )
                tile.set_stock(one.stock, tone=one.stock_tone)
                tile.set_armed(one.armed)
                tile.setEnabled(one.allowed)
            tile.setVisible(index < len(tiles))

    def _arm(self) -> None:
        sender = self.sender()
        for tile, view in zip(self._tiles, self._tile_views, strict=False):
            if tile is sender:
                self.intent.emit(view.intent)

    def _remove(self, line_id: str) -> None:
        self.intent.emit(RemoveLine(line_id))

    # ---- arranging

    def _is_narrow(self) -> bool:
        return self.width() < NARROW_PX

    def _arrange(self, *, narrow: bool, force: bool = False) -> None:
        if narrow == self._narrow and not force:
            return
        changed = narrow != self._narrow
        self._narrow = narrow
        self._big_quick.setVisible(narrow)
        for widget in (*self._quick, self._quick_title, self._cards_title):
            widget.setVisible(not narrow)
        self._last_title.setVisible(not narrow)
        if hasattr(self, "_rows"):
            self._list.show_rows(self._rows[1] if narrow else self._rows[0])
        if not changed:
            return
        self._panel.setFixedWidth(BASKET_NARROW_PX if narrow else BASKET_PX)
        self._left.setContentsMargins(*((16, 14, 16, 8) if narrow else (24, 20, 24, 12)))
        self._zone.setMinimumHeight(88 if narrow else 112)
        columns = 2 if narrow else 3
        for column in range(3):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        widgets: list[QWidget] = [*self._tiles]
        for tile in self._tiles:
            tile.set_face_height(FACE_NARROW_PX if narrow else FACE_PX)
        if narrow:
            widgets.append(self._big_quick)
        for index, widget in enumerate(widgets):
            self._grid.addWidget(widget, index // columns, index % columns)
        self._grid.setSpacing(12 if narrow else 14)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(narrow=self._is_narrow())
