"""What the workbench's window shows, made of the host's state: plain French words, which button is on, what cannot be done now.

Pure. Not responsible for widgets (``workbench_window``) nor for doing anything.
"""

from dataclasses import dataclass, field
from typing import Final

from kiosk.demo.rack import RackCard
from kiosk.demo.workbench_host import WorkbenchHost
from kiosk.devices.virtual.bankcard import Policy
from kiosk.domain.currency import currency
from kiosk.domain.money import Money
from kiosk.domain.series import Catalogue
from kiosk.i18n.language import Language

SLOW_MS: Final = 2_000
NEXT_CARDS: Final = 2  # of a series, so that the problem cards stay in reach
_NETWORK_NOW: Final = {
    "pass": ("wb.net_ok_now", "success"),
    "cut": ("wb.net_cut_now", "danger"),
    "lose_answer": ("wb.net_lose_now", "warning"),
    "slow": ("wb.net_slow_now", "warning"),
}


@dataclass(frozen=True, slots=True)
class CardView:
    """One card of the rack: its face and what stands below it."""

    place: int
    value: str
    brand: str
    dots: int
    colour: str
    below: str
    tone: str
    scanned: bool
    odd: bool


@dataclass(frozen=True, slots=True)
class Section:
    """Cards that lie together, under a word."""

    title: str
    cards: tuple[CardView, ...]


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key of the workbench: ``on`` while what it does is in force."""

    name: str
    text: str
    detail: str = ""
    on: bool = False
    shown: bool = True


@dataclass(frozen=True, slots=True)
class PinView:
    """One person and the PIN to log in with."""

    name: str
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class BenchView:
    """Everything but the rack and the paper."""

    network: str
    network_tone: str
    keys: tuple[KeyView, ...]
    waiting: str
    drawer: str
    lines: tuple[str, str]
    display_on: bool
    receipts: str


def rack_view(
    rack: tuple[RackCard, ...], scanned: tuple[int, ...], catalogues: tuple[Catalogue, ...], lang: Language
) -> tuple[Section, ...]:
    """The next cards of each series, then those with a problem, then those that were scanned, the last ones first."""
    views = [_card(place, card, scanned[place], catalogues, lang) for place, card in enumerate(rack)]
    fresh: dict[str, list[CardView]] = {}
    for view in views:
        if not view.odd and not view.scanned:
            fresh.setdefault(view.value, []).append(view)
    titled = [Section(value, tuple(cards[:NEXT_CARDS])) for value, cards in fresh.items()]
    odd = tuple(view for view in views if view.odd)
    done = tuple(view for view in reversed(views) if view.scanned and not view.odd)
    named = [Section(lang.words(key), cards) for key, cards in (("wb.odd", odd), ("wb.done", done)) if cards]
    return (*titled, *named)


def bench_view(state: dict[str, object], lang: Language, *, kill: bool) -> BenchView:
    """The keys and readings for a state of ``WorkbenchHost.state``. ``kill``: somebody can kill and restart the till."""
    words = lang.words
    printer, plugged = state["printer"], state["plugged"]
    assert isinstance(printer, dict) and isinstance(plugged, dict)
    network = str(state["network"])
    word, tone = _NETWORK_NOW.get(network, ("wb.net_other_now", "warning"))
    waiting, unit = state["bankcard_waiting"], state["bankcard_currency"]
    lines = state["display"]
    assert isinstance(lines, list)
    receipts = state["receipts"]
    assert isinstance(receipts, int)

    def key(name: str, word: str, *, on: bool = False, back: str = "", detail: str = "", shown: bool = True) -> KeyView:
        said = words(back if on and back else word)
        return KeyView(name, said, words(detail) if detail and not (on and back) else "", on, shown)

    out = bool(printer["paper_out"])
    keys = (
        key("net_pass", "wb.net_pass", on=network == "pass"),
        key("net_cut", "wb.net_cut", on=network == "cut", back="wb.net_back"),
        key("net_lose", "wb.net_lose", on=network == "lose_answer", detail="wb.net_lose_d"),
        key("net_slow", "wb.net_slow", on=network == "slow", detail="wb.net_slow_d"),
        key("paper_out", "wb.paper_out", on=out, back="wb.paper_back"),
        key("paper_low", "wb.paper_low", on=bool(printer["paper_low"]) and not out),
        key("cover", "wb.cover", on=bool(printer["cover_open"]), back="wb.cover_back"),
        key("power", "wb.power", on=not printer["power"], back="wb.power_back"),
        key("printer_unplug", "wb.printer_unplug", on=not plugged["printer"], back="wb.printer_back"),
        key("scanner_unplug", "wb.scanner_unplug", on=not plugged["scanner"], back="wb.scanner_back"),
        key("noread", "wb.noread"),
        *(key(f"bank_{mode.value}", f"wb.bank_{mode.value}", on=state["bankcard"] == mode.value) for mode in Policy),
        key("drawer_close", "wb.drawer_close", shown=bool(printer["drawer_open"])),
        key("kill", "wb.kill", detail="wb.kill_d", shown=kill),
        key("restart", "wb.restart", shown=kill),
    )
    return BenchView(
        network=words(word),
        network_tone=tone,
        keys=keys,
        waiting=_waiting(waiting, unit, lang),
        drawer=words("wb.drawer_open") if printer["drawer_open"] else "",
        lines=(str(lines[0]), str(lines[1])),
        display_on=bool(plugged["display"]),
        receipts=words.count("wb.receipts", receipts),
    )


def press(host: WorkbenchHost, name: str, *, on: bool) -> None:
    """Do what a key means; ``on`` says how it stands now, so that a second press takes it back."""
    match name:
        case "net_pass":
            host.network("pass")
        case "net_cut":
            host.network("pass" if on else "cut")
        case "net_lose":
            if on:
                host.network("pass")
            else:
                host.network("lose_answer", times=1, path="/commit")
        case "net_slow":
            if on:
                host.network("pass")
            else:
                host.network("slow", ms=SLOW_MS)
        case "paper_out":
            host.paper("in" if on else "out")
        case "paper_low":
            host.paper("in" if on else "low")
        case "cover":
            host.printer_fault("cover_closed" if on else "cover_open")
        case "power":
            host.printer_fault("power_on" if on else "power_off")
        case "printer_unplug" | "scanner_unplug":
            host.plug(name.removesuffix("_unplug"), on)
        case "noread":
            host.no_read()
        case "drawer_close":
            host.printer_fault("drawer_closed")
        case _ if name.startswith("bank_"):
            host.bankcard(name.removeprefix("bank_"))
        case _:
            raise ValueError(f"no such key: {name}")


def _card(place: int, card: RackCard, scanned: int, catalogues: tuple[Catalogue, ...], lang: Language) -> CardView:
    found = next(
        (
            (one, of)
            for of in catalogues
            if (one := of.find(card.series)) is not None and of.currency == card.face.currency
        ),
        None,
    )
    odd = card.hint != "in_stock"
    return CardView(
        place=place,
        value=lang.formats.money_short(card.face),
        brand="EasySmartCodes" if found is None else found[1].name,
        dots=25 if found is None else found[0].dots,
        colour="d200" if found is None else found[0].colour,
        below=_below(card, lang, odd=odd, scanned=scanned > 0),
        tone="warning" if odd else "text2",
        scanned=scanned > 0,
        odd=odd,
    )


def _below(card: RackCard, lang: Language, *, odd: bool, scanned: bool) -> str:
    if not odd and not scanned:
        return f"••••\u00a0{card.last4}"
    hint = lang.words(f"wb.hint_{card.hint}") if odd else lang.words("wb.scanned")
    return lang.words("wb.card", hint=hint, last4=card.last4)


def _waiting(minor: object, unit: object, lang: Language) -> str:
    if not isinstance(minor, int) or not isinstance(unit, str):
        return ""
    return lang.words("wb.bank_waits", amount=lang.formats.money(Money(minor, currency(unit))))
