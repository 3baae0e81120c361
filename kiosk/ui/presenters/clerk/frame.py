"""The frame around every clerk page: status bar, rail, banner, toast. Pure; the shell shows what is made here."""

from dataclasses import dataclass
from typing import Final

from kiosk.i18n.language import Language
from kiosk.till.messages import DeviceHealth, DeviceState, PaperLevel
from kiosk.till.state import DiskRoom, Stage, TillState
from kiosk.ui.draft import Draft
from kiosk.ui.intents import Intent, OpenSale, OpenTask, PutBack, Task
from kiosk.ui.presenters.notices import bad_news, good_news, is_print_trouble
from kiosk.ui.presenters.parts import ChipView, RailItem, initials

# pages on which nothing else may be opened: money or a card is under way
BUSY: Final = frozenset({Stage.CHARGING, Stage.ACTIVATING, Stage.UNKNOWN, Stage.REFUSED, Stage.RECOVERY})
BARE: Final = frozenset({Stage.STARTING, Stage.LOGGED_OUT, Stage.LOCKED, Stage.HALTED})
LOW_ROOM_CARDS: Final = 3
_TROUBLED: Final = frozenset({DeviceState.ABSENT, DeviceState.LOST, DeviceState.ATTENTION, DeviceState.DENIED})


@dataclass(frozen=True, slots=True)
class BannerView:
    """The one sentence about the whole terminal; empty text for none."""

    text: str = ""
    icon: str = ""
    tone: str = "warning"
    action: str = ""
    intent: Intent | None = None


@dataclass(frozen=True, slots=True)
class ToastView:
    """Good news or undo; `serial` tells a new one from the same one."""

    text: str = ""
    icon: str = "circle-check"
    tone: str = "success"
    serial: int = 0
    action: str = ""
    intent: Intent | None = None


@dataclass(frozen=True, slots=True)
class FrameView:
    """Everything around the page. `bare`: no status bar and no rail (login, halted)."""

    shop: str
    till: str
    clock: str
    clerk: str
    initials: str
    lock_name: str
    may_lock: bool
    chips: tuple[ChipView, ...]
    rail: tuple[RailItem, ...]
    banner: BannerView
    toast: ToastView
    bare: bool


def view(state: TillState, draft: Draft, lang: Language) -> FrameView:
    """Return the frame for a state."""
    words = lang.words
    clerk = next((one.name for one in state.clerks if one.user_id == state.book.user), "")
    till = words("frame.demo_keys", till=state.till_name) if state.demonstration_keys else state.till_name
    return FrameView(
        shop=state.shop_name,
        till=till,
        clock=lang.formats.clock(lang.formats.moment(state.now_ms)),
        clerk=clerk,
        initials=initials(clerk),
        lock_name=words("common.lock"),
        may_lock=state.stage not in BUSY,
        chips=chips(state, lang),
        rail=rail(state, draft, lang),
        banner=banner(state, lang),
        toast=toast(state, lang),
        bare=state.stage in BARE,
    )


def chips(state: TillState, lang: Language) -> tuple[ChipView, ...]:
    """Return network first, then the devices that this till has."""
    found = [network_chip(state, lang)]
    for name in ("scanner", "printer"):
        health = next((one for one in state.devices if one.device == name), None)
        if health is not None and health.state is not DeviceState.DISABLED:
            found.append(_scanner(health, lang) if name == "scanner" else _printer(health, lang))
    return tuple(found)


def network_chip(state: TillState, lang: Language) -> ChipView:
    """Return the chip of the network, with what waits for it."""
    waiting = len(state.book.promises)
    if not state.link_up:
        text = lang.words("status.offline_queue", n=waiting) if waiting else lang.words("status.offline")
        return ChipView(text, "cloud-off", "warning", trouble=True)
    if waiting:
        return ChipView(lang.words("status.waiting", n=waiting), "wifi", "success")
    return ChipView(lang.words("status.online"), "wifi", "success")


def _scanner(health: DeviceHealth, lang: Language) -> ChipView:
    words = lang.words
    if health.state is DeviceState.OPENING:
        return ChipView(words("status.scanner_searching"), "scan-barcode")
    if health.state is DeviceState.DENIED:
        text = words("status.denied", device=words("status.scanner_ok"))
        return ChipView(text, "scan-barcode", "danger", trouble=True)
    if health.state in _TROUBLED:
        return ChipView(words("status.scanner_off"), "unplug", "danger", trouble=True)
    return ChipView(words("status.scanner_ok"), "scan-barcode")


def _printer(health: DeviceHealth, lang: Language) -> ChipView:
    words = lang.words
    if health.state is DeviceState.OPENING:
        return ChipView(words("status.printer_searching"), "printer")
    if health.state is DeviceState.DENIED:
        return ChipView(words("status.denied", device=words("status.printer_ok")), "printer-x", "danger", trouble=True)
    if health.paper is PaperLevel.OUT:
        return ChipView(words("status.printer_out"), "printer-x", "danger", trouble=True)
    if health.state is DeviceState.ATTENTION:
        key = "status.printer_cover" if health.reason == "cover_open" else "status.printer_attention"
        return ChipView(words(key), "printer-x", "danger", trouble=True)
    if health.state in _TROUBLED:
        return ChipView(words("status.printer_off"), "printer-x", "danger", trouble=True)
    if health.paper is PaperLevel.LOW:
        return ChipView(words("status.printer_paper"), "printer", "warning", trouble=True)
    return ChipView(words("status.printer_ok"), "printer")


def rail(state: TillState, draft: Draft, lang: Language) -> tuple[RailItem, ...]:
    """Return the tasks; while money or a card is under way only the help stays open."""
    free = state.stage not in BUSY
    here = Task.BALANCE if state.stage is Stage.BALANCE else draft.task
    selling = here in (Task.SALE, Task.TYPE, Task.CASH)
    words = lang.words
    return (
        RailItem("sale", "scan-barcode", words("nav.sale"), chosen=selling, allowed=free or selling, key="F2"),
        RailItem("balance", "search", words("nav.balance"), chosen=here is Task.BALANCE, allowed=free, key="F3"),
        RailItem("tickets", "receipt", words("nav.tickets"), chosen=here is Task.TICKETS, allowed=free, key="F4"),
        RailItem("settings", "sun-moon", words("nav.more"), chosen=here is Task.SETTINGS, allowed=free),
        RailItem(
            "help",
            "circle-question-mark",
            words("common.help"),
            chosen=here is Task.HELP,
            allowed=True,
            low=True,
            key="F1",
        ),
    )


def banner(state: TillState, lang: Language) -> BannerView:
    """Return the most severe sentence about the terminal: a decision, paper, a stop, the network, a sale that waits, and what a
    person should see to before it stops sales."""
    words = lang.words
    if state.book.tasks:
        return BannerView(
            words.count("banner.tasks", len(state.book.tasks)),
            icon="triangle-alert",
            tone="danger",
            action=words("nav.tickets"),
            intent=OpenTask(Task.TICKETS),
        )
    if is_print_trouble(state.notice) and state.stage not in (Stage.RESULT, Stage.PROMISED):
        return BannerView(
            bad_news(state.notice, lang),
            icon="printer-x",
            tone="danger",
            action=words("nav.tickets"),
            intent=OpenTask(Task.TICKETS),
        )
    if state.tampered or state.disk is DiskRoom.NO_SALES:
        key = "banner.tampered" if state.tampered else "banner.disk_full"
        return BannerView(words(key), icon="triangle-alert", tone="danger")
    if not state.link_up and state.stage not in (Stage.PROMISED, Stage.UNKNOWN):  # these pages say so themselves
        return _offline(state, lang)
    if state.background and state.stage is Stage.SALE:
        return BannerView(
            words.count("banner.waiting", len(state.background)),
            icon="clock",
            tone="warning",
            action=words("common.open"),
            intent=OpenSale(state.background[0]),
        )
    if state.disk is not DiskRoom.AMPLE:
        return BannerView(words("banner.disk_low"), icon="triangle-alert")
    if state.parked:
        return BannerView(words.count("banner.parked", state.parked), icon="triangle-alert")
    return BannerView()


def _offline(state: TillState, lang: Language) -> BannerView:
    words, formats = lang.words, lang.formats
    since = state.book.link_down_since_ms
    time = formats.clock(formats.moment(since if since is not None else state.now_ms))
    if state.offline.refusal is not None and not state.book.promises:
        return BannerView(words("banner.offline_none", time=time), icon="cloud-off")
    if state.offline.refusal is not None or state.offline.cards == 0:
        return BannerView(words("banner.offline_stop"), icon="cloud-off", tone="danger")
    if state.offline.cards <= LOW_ROOM_CARDS:
        return BannerView(words.count("banner.offline_limit", state.offline.cards), icon="cloud-off")
    return BannerView(words("banner.offline_short", time=time), icon="cloud-off")


def toast(state: TillState, lang: Language) -> ToastView:
    """Return good news and undo. Refusals and trouble are not here: they stay on the page."""
    text = good_news(state.notice, lang)
    if not text or state.notice is None:
        return ToastView()
    serial = state.notice.serial_no
    if state.notice.key != "sale.removed":
        return ToastView(text, serial=serial)
    if state.removed is None:
        return ToastView(text, icon="undo-2", tone="text", serial=serial)
    return ToastView(
        text, icon="undo-2", tone="text", serial=serial, action=lang.words("common.undo"), intent=PutBack()
    )
