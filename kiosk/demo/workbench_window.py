"""« Établi »: the window on the workbench: cards to scan, faults to make, the paper, the customer display, the clerks' PINs.

Responsible for widgets only; everything that takes time is the hand's. Beside the till's window, never part of it.
"""

import sys
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from kiosk.demo.workbench_hand import Hand, Look
from kiosk.demo.workbench_host import WorkbenchHost
from kiosk.demo.workbench_parts import BenchKey, CardButton, Glass, PaperRoll
from kiosk.demo.workbench_view import BenchView, CardView, Section, bench_view, press, rack_view
from kiosk.domain.series import Catalogue, parse_catalogue
from kiosk.i18n.formats import local_zone
from kiosk.i18n.language import Language, open_language
from kiosk.resources import asset
from kiosk.ui.bridge import Bridge
from kiosk.ui.fonts import load_fonts
from kiosk.ui.icons import logo_pixmap
from kiosk.ui.theme import ThemeName, apply_theme, load_theme
from kiosk.ui.widgets.blocks import Block, column, row
from kiosk.ui.widgets.button import Button
from kiosk.ui.widgets.chip import Chip
from kiosk.ui.widgets.text import Text

FIRST_SIZE: Final = QSize(1280, 760)
CARD_COLUMNS: Final = 2
MIDDLE_PX: Final = 470
CATALOGUES: Final = ("euro", "franc-2001")
# group → its keys with their drawings, in the order that they stand in
GROUPS: Final[tuple[tuple[str, tuple[tuple[str, str], ...]], ...]] = (
    (
        "wb.network",
        (("net_pass", "wifi"), ("net_cut", "cloud-off"), ("net_lose", "message-circle"), ("net_slow", "hourglass")),
    ),
    (
        "wb.devices",
        (
            ("paper_out", "receipt"),
            ("paper_low", "receipt"),
            ("cover", "printer-x"),
            ("power", "power"),
            ("printer_unplug", "unplug"),
            ("scanner_unplug", "unplug"),
        ),
    ),
    (
        "wb.bankcard",
        (("bank_accept", "check"), ("bank_refuse", "x"), ("bank_mute", "volume-x"), ("bank_ask", "hand")),
    ),
    ("wb.till", (("kill", "power"), ("restart", "refresh-cw"))),
)


class WorkbenchWindow(QWidget):
    """The window. ``closed`` is emitted when a person closes it."""

    closed = Signal()

    def __init__(self, host: WorkbenchHost, lang: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowTitle(lang.words("wb.title"))
        self._host = host
        self._lang = lang
        self._catalogues: tuple[Catalogue, ...] = tuple(
            parse_catalogue(asset("series", f"{name}.toml").read_text("utf-8")) for name in CATALOGUES
        )
        self._keys: dict[str, BenchKey] = {}
        self._groups: dict[str, Block] = {}
        self._cards: dict[int, CardButton] = {}
        self._titles: list[Text] = []
        self._sections: tuple[Section, ...] = ()
        page = row(gap=16, pad=(20, 16, 20, 20))
        page.addWidget(self._left(), 1)
        page.addWidget(self._middle())
        page.addWidget(self._right())
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addLayout(page)
        self.resize(FIRST_SIZE)
        self._bridge = Bridge(self)
        self._bridge.arrived.connect(self.show_look)
        self.show_look(Look(state=host.state(), scanned=tuple(host.scanned), papers=(), can_kill=False))
        self.hand = Hand(host, self._bridge.publish)
        self.hand.start()

    # ---- building

    def _left(self) -> QWidget:
        words = self._lang.words
        side = QWidget(self)
        lines = column(gap=10)
        head = row(gap=12)
        mark = Text(parent=side)
        mark.setPixmap(logo_pixmap(size=36, ratio=self.devicePixelRatioF()))
        mark.setFixedSize(36, 36)
        names = column(gap=0)
        names.addWidget(Text(words("wb.title"), role="title", parent=side))
        names.addWidget(Text(words("wb.sub"), role="caption", tone="text2", elide=True, parent=side))
        head.addWidget(mark)
        head.addLayout(names, 1)
        lines.addLayout(head)
        said = words("wb.cards_d") if self._host.rack else words("wb.no_cards")
        lines.addWidget(Text(said, role="small", tone="text2", wrap=True, parent=side))
        lines.addWidget(self._key("noread", "scan-barcode", side))
        scroll = QScrollArea(side)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        body = QWidget()
        body.setProperty("kind", "plain")
        self._rack = QGridLayout(body)
        self._rack.setContentsMargins(0, 0, 8, 0)
        self._rack.setSpacing(8)
        self._rack.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._rack_body = body
        scroll.setWidget(body)
        lines.addWidget(scroll, 1)
        side.setLayout(lines)
        self._show_rack(tuple(self._host.scanned))
        return side

    def _key(self, name: str, icon: str, parent: QWidget) -> BenchKey:
        made = self._keys[name] = BenchKey(name, icon=icon, parent=parent)
        made.pressed_now.connect(self._pressed)
        return made

    def _middle(self) -> QWidget:
        words = self._lang.words
        side = QWidget(self)
        side.setFixedWidth(MIDDLE_PX)
        lines = column(gap=12)
        for title, keys in GROUPS:
            group = Block("card", pad=(14, 10, 14, 12), gap=8, parent=side)
            head = row(gap=8)
            head.addWidget(Text(words(title), role="label", parent=group))
            head.addStretch(1)
            group.add(head)
            grid = QGridLayout()
            grid.setSpacing(8)
            for place, (name, icon) in enumerate(keys):
                grid.addWidget(self._key(name, icon, group), place // 2, place % 2)
            for at in (0, 1):
                grid.setColumnStretch(at, 1)
            group.add(grid)
            self._groups[title] = group
            if title == "wb.network":
                self._network = Chip(parent=group)
                head.addWidget(self._network)
            elif title == "wb.bankcard":
                self._waiting = self._decision(group)
            lines.addWidget(group)
        lines.addStretch()
        self._trouble = Text(role="small", tone="danger", wrap=True, parent=side)
        self._trouble.hide()
        lines.addWidget(self._trouble)
        side.setLayout(lines)
        return side

    def _decision(self, group: Block) -> QWidget:
        """What the customer at the bank-card terminal decides, while the terminal asks."""
        asked = QWidget(group)
        line = row(gap=8)
        self._amount = Text(role="label", parent=asked)
        yes = Button(
            self._lang.words("wb.bank_accept"), kind="primary", icon="check", height=48, role="smalls", parent=asked
        )
        no = Button(self._lang.words("wb.bank_refuse"), icon="x", height=48, role="smalls", parent=asked)
        yes.clicked.connect(self._accept)
        no.clicked.connect(self._refuse)
        line.addWidget(self._amount, 1)
        line.addWidget(yes)
        line.addWidget(no)
        line.setContentsMargins(0, 0, 0, 0)
        asked.setLayout(line)
        asked.hide()
        group.add(asked)
        return asked

    def _right(self) -> QWidget:
        words = self._lang.words
        side = QWidget(self)
        side.setFixedWidth(344)
        lines = column(gap=10)
        lines.addWidget(Text(words("wb.display"), role="label", parent=side))
        self._glass = Glass(side)
        lines.addWidget(self._glass)
        head = row(gap=8)
        head.addWidget(Text(words("wb.paper"), role="label", parent=side))
        head.addStretch(1)
        self._receipts = Chip(parent=side)
        self._drawer = Chip(parent=side)
        head.addWidget(self._receipts)
        head.addWidget(self._drawer)
        lines.addLayout(head)
        lines.addWidget(self._key("drawer_close", "lock", side))
        self._empty = Text(words("wb.no_paper"), role="small", tone="text2", parent=side)
        lines.addWidget(self._empty)
        self._paper = PaperRoll(side)
        lines.addWidget(self._paper, 1)
        if self._host.config.pins:
            lines.addWidget(self._pins(side))
        side.setLayout(lines)
        return side

    def _pins(self, side: QWidget) -> QWidget:
        words = self._lang.words
        block = Block("soft", pad=(14, 10, 14, 12), gap=4, parent=side)
        block.add(Text(words("wb.pins"), role="label", tone="primary_text", parent=block))
        for one in self._host.config.pins:
            line = row(gap=8)
            line.addWidget(Text(one.name, role="small", elide=True, parent=block), 1)
            line.addWidget(Text(one.pin, role="strong", parent=block))
            block.add(line)
        block.add(Text(words("wb.pins_d"), role="caption", tone="text2", wrap=True, parent=block))
        return block

    # ---- showing

    def show_look(self, look: Look) -> None:
        """Show how things stand."""
        view = bench_view(look.state, self._lang, kill=look.can_kill)
        for key in view.keys:
            self._keys[key.name].show_key(key)
        self._network.set_look(view.network, tone=view.network_tone)
        self._groups["wb.till"].setVisible(look.can_kill)
        self._show_waiting(view)
        self._glass.set_lines(view.lines, on=view.display_on)
        self._receipts.set_look(view.receipts)
        self._drawer.set_look(view.drawer, tone="warning")
        self._drawer.setVisible(bool(view.drawer))
        self._paper.show_papers(look.papers)
        self._empty.setVisible(not look.papers)
        self._trouble.set_text(self._lang.words("wb.failed", why=look.trouble) if look.trouble else "")
        self._trouble.setVisible(bool(look.trouble))
        self._show_rack(look.scanned)

    def _show_waiting(self, view: BenchView) -> None:
        self._waiting.setVisible(bool(view.waiting))
        self._amount.set_text(view.waiting)

    def _show_rack(self, scanned: tuple[int, ...]) -> None:
        sections = rack_view(self._host.rack, scanned, self._catalogues, self._lang)
        if sections == self._sections:
            return
        self._sections = sections
        while self._rack.takeAt(0) is not None:
            pass
        shown: set[int] = set()
        line = 0
        for at, section in enumerate(sections):
            if at == len(self._titles):
                self._titles.append(Text(role="label", tone="text2", parent=self._rack_body))
            self._titles[at].set_text(section.title)
            self._rack.addWidget(self._titles[at], line, 0, 1, CARD_COLUMNS)
            for place, view in enumerate(section.cards):
                self._rack.addWidget(self._card(view), line + 1 + place // CARD_COLUMNS, place % CARD_COLUMNS)
                shown.add(view.place)
            line += 1 + -(-len(section.cards) // CARD_COLUMNS)
        for at, title in enumerate(self._titles):
            title.setVisible(at < len(sections))
        for place, card in self._cards.items():
            card.setVisible(place in shown)

    def _card(self, view: CardView) -> CardButton:
        if view.place not in self._cards:
            made = self._cards[view.place] = CardButton(view.place, self._rack_body)
            made.chosen.connect(self._scan)
        self._cards[view.place].show_card(view)
        return self._cards[view.place]

    # ---- doing

    def _pressed(self, what: tuple[str, bool]) -> None:
        name, on = what
        if name in ("kill", "restart"):
            self.hand.tell_demonstration("kill_till" if name == "kill" else "start_till")
            return

        def work() -> None:
            press(self._host, name, on=on)

        self.hand.do(work)

    def _scan(self, place: int) -> None:
        def work() -> None:
            self._host.scan(place)

        self.hand.do(work)

    def _accept(self) -> None:
        self.hand.do(self._decide_yes)

    def _refuse(self) -> None:
        self.hand.do(self._decide_no)

    def _decide_yes(self) -> None:
        self._host.decide(accept=True)

    def _decide_no(self) -> None:
        self._host.decide(accept=False)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.hand.stop()
        self.closed.emit()
        super().closeEvent(event)


def open_window(host: WorkbenchHost, language: str) -> tuple[QApplication, WorkbenchWindow]:
    """The application with its window on screen, not running yet."""
    app = QApplication(sys.argv[:1])
    app.setQuitOnLastWindowClosed(True)
    load_fonts(asset("fonts"))
    apply_theme(app, load_theme(asset("themes"), ThemeName.LIGHT))
    window = WorkbenchWindow(host, open_language(asset("locale"), language, local_zone()))
    window.show()
    return app, window
