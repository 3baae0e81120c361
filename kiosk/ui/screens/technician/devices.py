"""The technician's page: devices on the left, the chosen one's fields and test on the right, its bytes below."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from kiosk.ui.icons import logo_pixmap
from kiosk.ui.presenters.technician.devices import RoleView, View
from kiosk.ui.presenters.technician.setup import Choose, FieldName, Press, Select
from kiosk.ui.screens.technician.choice_field import ChoiceField
from kiosk.ui.screens.technician.trace import TraceView
from kiosk.ui.technician_port import Role
from kiosk.ui.theme import restyle
from kiosk.ui.widgets.blocks import Block, column, row
from kiosk.ui.widgets.button import Button
from kiosk.ui.widgets.chip import Chip
from kiosk.ui.widgets.icon import Icon, RoundIcon
from kiosk.ui.widgets.notice import Note
from kiosk.ui.widgets.text import Text

NOTE_KINDS = {"success": "circle-check", "warning": "triangle-alert", "danger": "circle-alert", "info": "info"}
CHIPS_MAX = 2


class RoleTile(QPushButton):
    """One device: drawing, name, port, state. ``chosen`` carries its role."""

    chosen = Signal(object)

    def __init__(self, role: Role, parent: QWidget) -> None:
        super().__init__(parent)
        self._role = role
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        self.setFixedHeight(72)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._icon = RoundIcon("printer", size=44, glyph=22, tone="neutral", parent=self)
        self._name = Text(role="label", elide=True, parent=self)
        self._where = Text(role="small", tone="text2", elide=True, parent=self)
        self._chip = Chip(parent=self)
        lines = QVBoxLayout()
        lines.setSpacing(0)
        lines.addStretch()
        lines.addWidget(self._name)
        lines.addWidget(self._where)
        lines.addStretch()
        inner = QHBoxLayout(self)
        inner.setContentsMargins(12, 0, 12, 0)
        inner.setSpacing(12)
        inner.addWidget(self._icon)
        inner.addLayout(lines, 1)
        inner.addWidget(self._chip)
        self.clicked.connect(self._choose)

    def show_role(self, view: RoleView) -> None:
        """Show the device as it stands."""
        restyle(self, kind="chosen" if view.chosen else "tile")
        self._icon.set_look(view.icon, "primary" if view.chosen else "neutral")
        self._name.set_text(view.name)
        self._where.set_text(view.where)
        self._chip.set_look(view.chip, tone=view.tone)
        self.setAccessibleName(f"{view.name} {view.where} {view.chip}")

    def _choose(self) -> None:
        self.chosen.emit(Select(self._role))


class DevicesScreen(QWidget):
    """Shows a `View`, emits intents."""

    intent = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        page = row(gap=20, pad=(20, 16, 20, 20))
        page.addWidget(self._list())
        page.addLayout(self._work(), 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._bar())
        whole.addLayout(page, 1)

    def _bar(self) -> QWidget:
        bar = Block("bar", pad=(20, 0, 20, 0), gap=12, row=True, parent=self)
        bar.setFixedHeight(60)
        mark = Text(parent=bar)
        mark.setPixmap(logo_pixmap(size=32, ratio=self.devicePixelRatioF()))
        mark.setFixedSize(32, 32)
        self._title = Text(role="label", parent=bar)
        self._place = Text(role="caption", tone="text2", elide=True, parent=bar)
        names = column(gap=0)
        names.addStretch()
        names.addWidget(self._title)
        names.addWidget(self._place)
        names.addStretch()
        self._paused = Chip(parent=bar)
        self._leave = Button(icon="x", height=44, parent=bar)
        self._leave.clicked.connect(self._quit)
        bar.add(mark)
        bar.add(names, 1)
        bar.add(self._paused)
        bar.add(self._leave)
        return bar

    def _list(self) -> QWidget:
        side = QWidget(self)
        side.setFixedWidth(344)
        self._devices = Text(role="title", parent=side)
        self._tiles = {role: RoleTile(role, side) for role in Role}
        self._detect = Button(kind="soft", icon="search", height=56, parent=side)
        self._detect.clicked.connect(self._look_for_ports)
        self._found = Text(role="small", tone="text2", wrap=True, align=Qt.AlignmentFlag.AlignHCenter, parent=side)
        lines = QVBoxLayout(side)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(10)
        lines.addWidget(self._devices)
        for tile in self._tiles.values():
            tile.chosen.connect(self.intent)
            lines.addWidget(tile)
        lines.addStretch()
        lines.addWidget(self._detect)
        lines.addWidget(self._found)
        return side

    def _work(self) -> QVBoxLayout:
        work = column(gap=12)
        card = Block("card", pad=(20, 14, 20, 18), gap=10, parent=self)
        head = row(gap=8)
        self._name = Text(role="title", parent=card)
        self._chips = [Chip(parent=card) for _ in range(CHIPS_MAX)]
        head.addWidget(self._name)
        head.addStretch(1)
        for chip in self._chips:
            head.addWidget(chip)
        card.add(head)
        self._fields = {name: ChoiceField(name, free=name is FieldName.PORT, parent=card) for name in FieldName}
        for one in self._fields.values():
            one.chosen.connect(self._chosen)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(10)
        grid.setColumnMinimumWidth(1, 146)
        grid.addWidget(self._fields[FieldName.MODE], 0, 0, 1, 4)
        grid.addWidget(self._fields[FieldName.PORT], 1, 0)
        grid.addWidget(self._fields[FieldName.SPEED], 1, 1)
        grid.addWidget(self._fields[FieldName.FORMAT], 1, 2)
        grid.addWidget(self._fields[FieldName.FLOW], 1, 3)
        grid.addWidget(self._fields[FieldName.PROFILE], 2, 0, 1, 4)
        for place, share in enumerate((8, 3, 3, 4)):
            grid.setColumnStretch(place, share)
        card.add(grid)
        hint = row(gap=8)
        self._wrong_icon = Icon("circle-alert", size=18, tone="danger", parent=card)
        self._hint = Text(role="small", tone="text2", wrap=True, parent=card)
        hint.addWidget(self._wrong_icon)
        hint.addWidget(self._hint, 1)
        card.add(hint)
        card.add(self._keys(card))
        self._result = Note(icon="info", kind="info", parent=card)
        self._saved = Note(icon="info", kind="info", parent=card)
        card.add(self._result)
        card.add(self._saved)
        work.addWidget(card)
        work.addLayout(self._trace_head())
        self._trace_view = TraceView(self)
        work.addWidget(self._trace_view, 1)
        return work

    def _keys(self, card: Block) -> QHBoxLayout:
        keys = row(gap=10)
        self._test = Button(kind="primary", height=56, parent=card)
        self._drawer = Button(icon="lock-open", height=56, parent=card)
        self._save = Button(icon="save", height=56, parent=card)
        self._test.clicked.connect(self._try)
        self._drawer.clicked.connect(self._kick)
        self._save.clicked.connect(self._keep)
        keys.addWidget(self._test, 2)
        keys.addWidget(self._drawer, 1)
        keys.addWidget(self._save, 1)
        return keys

    def _trace_head(self) -> QHBoxLayout:
        head = row(gap=10)
        self._trace = Text(role="titles", elide=True, parent=self)
        self._live = Chip(parent=self)
        self._pause = Button(kind="ghost", icon="pause", height=44, parent=self)
        self._clear = Button(kind="ghost", icon="trash-2", height=44, parent=self)
        self._pause.clicked.connect(self._hold)
        self._clear.clicked.connect(self._wipe)
        head.addWidget(self._trace)
        head.addWidget(self._live)
        head.addStretch(1)
        head.addWidget(self._pause)
        head.addWidget(self._clear)
        return head

    def show_view(self, view: View) -> None:
        """Show this View."""
        self._title.set_text(view.title)
        self._place.set_text(view.place)
        self._paused.set_look(view.paused, icon="lock", tone="warning")
        self._leave.set_text(view.leave)
        self._devices.set_text(view.devices)
        for role_view in view.roles:
            self._tiles[role_view.role].show_role(role_view)
        self._detect.set_text(view.detect)
        self._found.set_text(view.found)
        self._name.set_text(view.name)
        for place, chip in enumerate(self._chips):
            chip.setVisible(place < len(view.chips))
            if place < len(view.chips):
                chip.set_look(view.chips[place][0], tone=view.chips[place][1])
        for field_view in view.fields:
            wrong = field_view.name is FieldName.PORT and bool(view.wrong)
            self._fields[field_view.name].show_field(field_view, wrong=wrong)
        self._wrong_icon.setVisible(bool(view.wrong))
        self._hint.set_text(view.wrong or view.hint)
        self._hint.set_tone("danger" if view.wrong else "text2")
        self._hint.setVisible(bool(view.wrong or view.hint))
        self._test.set_text(view.test)
        self._test.set_icon(view.test_icon)
        self._test.set_allowed(view.may_test)
        self._drawer.set_text(view.drawer)
        self._drawer.setVisible(bool(view.drawer))
        self._drawer.set_allowed(view.may_kick)
        self._save.set_text(view.save)
        self._save.set_allowed(view.may_save)
        _tell(self._result, view.result, view.result_tone)
        _tell(self._saved, view.saved, view.saved_tone)
        self._trace.set_text(view.trace)
        self._live.set_look(view.live, tone=view.live_tone)
        self._pause.set_text(view.pause)
        self._clear.set_text(view.clear)
        self._trace_view.set_lines(view.lines, view.nothing)

    @property
    def fields(self) -> dict[FieldName, ChoiceField]:
        """The fields (tests write in them)."""
        return self._fields

    def _chosen(self, what: tuple[FieldName, str]) -> None:
        self.intent.emit(Choose(*what))

    def _quit(self) -> None:
        self.intent.emit(Press.QUIT)

    def _look_for_ports(self) -> None:
        self.intent.emit(Press.DETECT)

    def _try(self) -> None:
        self.intent.emit(Press.TEST)

    def _kick(self) -> None:
        self.intent.emit(Press.KICK)

    def _keep(self) -> None:
        self.intent.emit(Press.SAVE)

    def _hold(self) -> None:
        self.intent.emit(Press.PAUSE)

    def _wipe(self) -> None:
        self.intent.emit(Press.CLEAR)


def _tell(note: Note, text: str, tone: str) -> None:
    note.set_look(icon=NOTE_KINDS[tone], kind=tone)
    note.set_text(text, role="label")
