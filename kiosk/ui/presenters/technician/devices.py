"""The technician's page in words: four devices with their state, the fields of the chosen one, its last test, its bytes.

Every fault says what to do. Not responsible for what a choice does (``setup``).
"""

from dataclasses import dataclass
from typing import Final, assert_never

from kiosk.i18n.language import Language
from kiosk.settings import SPEEDS
from kiosk.till.messages import DeviceState, PaperLevel
from kiosk.ui.presenters.technician.setup import (
    FLOWS,
    FORMATS,
    MODES,
    BadPort,
    Draft,
    FieldName,
    TechnicianState,
    address_of,
    bad_ports,
)
from kiosk.ui.technician_port import Role, RoleSeen, TestResult, TraceRow, Verdict

MS_IN_S: Final = 1000
NAME_CHARS: Final = 12
_ICONS: Final = {
    Role.SCANNER: "scan-barcode",
    Role.PRINTER: "printer",
    Role.DISPLAY: "monitor",
    Role.BANKCARD: "credit-card",
}
_TESTS: Final = {
    Role.SCANNER: "t.test_scan",
    Role.PRINTER: "t.test_print",
    Role.DISPLAY: "t.test_show",
    Role.BANKCARD: "t.test_bank",
}
_IN_TROUBLE: Final = (DeviceState.ABSENT, DeviceState.LOST, DeviceState.DENIED, DeviceState.ATTENTION)
# reasons with a sentence of their own; the others are told by their code
_REASONS: Final = frozenset(
    {
        "absent", "lost", "no_permission", "in_use", "settings", "unreachable", "stalled", "no_answer", "garbled",
        "cover_open", "paper_out", "cutter", "broken", "overheated", "feed_button", "offline", "not_set_up",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RoleView:
    """One device of the list."""

    role: Role
    icon: str
    name: str
    where: str
    chip: str
    tone: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field with its choices: what is written into the settings, and what a person reads."""

    name: FieldName
    label: str
    value: str
    choices: tuple[tuple[str, str], ...]
    free: bool = False
    shown: bool = True


@dataclass(frozen=True, slots=True)
class LineView:
    """One row of the trace."""

    time: str
    direction: str
    sent: bool
    hexes: str
    code: str
    meaning: str


@dataclass(frozen=True, slots=True)
class View:
    """The whole page."""

    title: str
    place: str
    paused: str
    leave: str
    devices: str
    roles: tuple[RoleView, ...]
    detect: str
    found: str
    name: str
    chips: tuple[tuple[str, str], ...]
    fields: tuple[FieldView, ...]
    hint: str
    wrong: str
    test: str
    test_icon: str
    may_test: bool
    drawer: str
    may_kick: bool
    save: str
    may_save: bool
    result: str
    result_tone: str
    saved: str
    saved_tone: str
    trace: str
    live: str
    live_tone: str
    pause: str
    clear: str
    lines: tuple[LineView, ...]
    nothing: str


def view(state: TechnicianState, lang: Language) -> View:
    """The page as it stands."""
    words, setup, seen = lang.words, state.setup, state.seen
    role = setup.selected
    draft, now = setup.drafts[role], seen.role(role)
    wrong = address_of(role, draft) is BadPort.BAD
    wired = role is not Role.BANKCARD or draft.mode == "simulated"
    result, tone = _result(role, now, lang)
    saved, saved_tone = _saved(state, lang)
    rows = now.trace if setup.frozen is None else setup.frozen
    return View(
        title=words("t.mode"),
        place=_place(state, lang),
        paused=words("t.paused"),
        leave=words("t.quit"),
        devices=words("t.devices"),
        roles=tuple(_role(one, state, lang) for one in Role),
        detect=words("t.detect"),
        found=_found(state, lang),
        name=words(f"t.role_{role.value}"),
        chips=_chips(role, now, lang),
        fields=_fields(role, draft, state, lang),
        hint=words("t.port_hint") if wired else "",
        wrong=words("t.bad_port") if wrong else "",
        test=words("t.testing") if now.testing else words(_TESTS[role]),
        test_icon=_ICONS[role],
        may_test=not now.testing and wired and not wrong,
        drawer=words("t.drawer") if role is Role.PRINTER else "",
        may_kick=not now.testing and not wrong,
        save=words("t.save"),
        may_save=not bad_ports(setup),
        result=result,
        result_tone=tone,
        saved=saved,
        saved_tone=saved_tone,
        trace=words("t.trace", port=_short(draft.port) or "—"),
        live=words("t.live" if setup.frozen is None else "t.paused_chip"),
        live_tone="success" if setup.frozen is None else "warning",
        pause=words("t.pause" if setup.frozen is None else "t.resume"),
        clear=words("t.clear"),
        lines=tuple(_line(row, lang) for row in rows),
        nothing="" if rows else words("t.trace_none"),
    )


def _place(state: TechnicianState, lang: Language) -> str:
    told = [lang.words("t.place", shop=state.shop, till=state.till)] if state.shop else []
    return " · ".join([*told, state.version])


def _role(role: Role, state: TechnicianState, lang: Language) -> RoleView:
    draft, seen = state.setup.drafts[role], state.seen.role(role)
    chip, tone = _standing(role, draft, seen, lang)
    return RoleView(
        role=role,
        icon=_ICONS[role],
        name=lang.words(f"t.role_{role.value}"),
        where=_where(role, draft, lang),
        chip=chip,
        tone=tone,
        chosen=role is state.setup.selected,
    )


def _where(role: Role, draft: Draft, lang: Language) -> str:
    if role is Role.BANKCARD and draft.mode != "simulated":
        return lang.words(f"t.bank_{draft.mode or 'none'}")
    if not draft.port:
        return lang.words("t.unset")
    if ":" in draft.port:
        return _short(draft.port)
    return lang.words("t.bauds", port=_short(draft.port), n=draft.baud)


def _short(port: str) -> str:
    """The part of a port's name that tells it from its neighbours: names by id are longer than any list."""
    name = port.rpartition("/")[2]
    return name if len(name) <= NAME_CHARS else f"{name[: NAME_CHARS // 2]}…{name[-NAME_CHARS // 2 + 1 :]}"


def _standing(role: Role, draft: Draft, seen: RoleSeen, lang: Language) -> tuple[str, str]:
    words = lang.words
    if role is Role.BANKCARD and draft.mode == "manual":
        return words("t.manual"), "neutral"
    match seen.state:
        case DeviceState.DISABLED:
            return words("t.unset"), "neutral"
        case DeviceState.ABSENT:
            return words("t.c_absent"), "danger"
        case DeviceState.LOST:
            return words("t.c_lost"), "danger"
        case DeviceState.DENIED:
            return words("t.c_denied"), "danger"
        case DeviceState.OPENING:
            return words("t.c_opening"), "neutral"
        case DeviceState.ATTENTION if seen.reason == "no_answer":
            return words("t.mute"), "danger"
        case DeviceState.ATTENTION:
            return words("t.c_attention"), "warning"
        case DeviceState.READY if role is Role.PRINTER or _proved(seen.result):
            return words("t.ready"), "success"
        case DeviceState.READY:
            # an open port says nothing of what is at its other end
            return words("t.totest"), "warning"
        case _:
            assert_never(seen.state)


def _proved(result: TestResult | None) -> bool:
    return result is not None and result.verdict in (Verdict.PASSED, Verdict.LOOK)


def _chips(role: Role, seen: RoleSeen, lang: Language) -> tuple[tuple[str, str], ...]:
    if role is not Role.PRINTER or seen.state not in (DeviceState.READY, DeviceState.ATTENTION):
        return ()
    paper = {
        PaperLevel.OK: ("t.paper_ok", "success"),
        PaperLevel.LOW: ("t.paper_low", "warning"),
        PaperLevel.OUT: ("t.paper_out", "danger"),
    }.get(seen.paper)
    chips = [] if paper is None else [(lang.words(paper[0]), paper[1])]
    if seen.reason == "cover_open":
        chips.append((lang.words("t.cover_open"), "danger"))
    return tuple(chips)


def _fields(role: Role, draft: Draft, state: TechnicianState, lang: Language) -> tuple[FieldView, ...]:
    words = lang.words
    wired = role is not Role.BANKCARD or draft.mode == "simulated"
    network = ":" in draft.port
    ports = tuple((port.path, port.label) for port in state.seen.ports or ())
    return (
        FieldView(
            FieldName.MODE,
            words("t.bank_mode"),
            draft.mode,
            tuple((mode, words(f"t.bank_{mode or 'none'}")) for mode in MODES),
            shown=role is Role.BANKCARD,
        ),
        FieldView(FieldName.PORT, words("t.port"), draft.port, ports, free=True, shown=wired),
        FieldView(
            FieldName.SPEED,
            words("t.speed"),
            str(draft.baud),
            tuple((str(speed), str(speed)) for speed in SPEEDS),
            shown=wired and not network,
        ),
        FieldView(
            FieldName.FORMAT,
            words("t.format"),
            draft.format,
            tuple((one, one) for one in FORMATS),
            shown=wired and not network,
        ),
        FieldView(
            FieldName.FLOW,
            words("t.flow"),
            draft.flow,
            tuple((flow, _flow(flow, lang)) for flow in FLOWS),
            shown=wired and not network,
        ),
        FieldView(
            FieldName.PROFILE,
            words("t.model"),
            draft.profile,
            tuple((name, name) for name in state.profiles),
            shown=role is Role.PRINTER,
        ),
    )


def _flow(flow: str, lang: Language) -> str:
    return {"rtscts": "RTS/CTS", "xonxoff": "XON/XOFF"}.get(flow) or lang.words("t.flow_none")


def _found(state: TechnicianState, lang: Language) -> str:
    ports = state.seen.ports
    if ports is None:
        return ""
    if not ports:
        return lang.words("t.none")
    clock = lang.formats.clock(lang.formats.moment(state.seen.listed_at_ms))
    return lang.words("t.found_at", found=lang.words.count("t.found", len(ports)), time=clock)


def _result(role: Role, seen: RoleSeen, lang: Language) -> tuple[str, str]:
    words, result = lang.words, seen.result
    if seen.testing:
        return (words("t.scan_now"), "info") if role is Role.SCANNER else ("", "info")
    if seen.reason and seen.state in _IN_TROUBLE:
        return _reason(seen.reason, lang), "danger"  # what is wrong now wins over what was right before
    if result is None:
        return "", "info"
    match result.verdict:
        case Verdict.PASSED if result.drawer:
            return words("t.test_drawer", ms=result.ms), "success"
        case Verdict.PASSED if role is Role.SCANNER:
            named = result.detail or words("t.aim_none")
            what = words.count("t.test_what", result.length, symbology=named)
            return words("t.test_scan_ok", ms=result.ms, what=what), "success"
        case Verdict.PASSED:
            return words("t.test_ok", ms=result.ms), "success"
        case Verdict.PROBABLE:
            return words("t.test_probable", ms=result.ms), "warning"
        case Verdict.UNKNOWN:
            return words("t.test_unknown"), "warning"
        case Verdict.LOOK:
            return words("t.test_look", text=result.detail), "info"
        case Verdict.NO_SUFFIX:
            return words("t.test_nosuffix"), "warning"
        case Verdict.UNREAD:
            return words("t.test_unread"), "warning"
        case Verdict.SILENT:
            return words("t.test_to", s=round(result.ms / MS_IN_S)), "danger"
        case Verdict.REFUSED:
            return _reason(result.detail, lang), "danger"
        case _:
            assert_never(result.verdict)


def _reason(reason: str, lang: Language) -> str:
    if reason in _REASONS:
        return lang.words(f"t.r_{reason}")
    return lang.words("t.r_other", reason=reason or "?")


def _saved(state: TechnicianState, lang: Language) -> tuple[str, str]:
    saving = state.seen.saving
    if state.setup.changed:
        return lang.words("t.unsaved"), "warning"
    if saving is None:
        return "", "info"
    if saving.code:
        return lang.words("t.save_bad", code=saving.code), "danger"
    return lang.words("t.saved"), "success"


def _line(row: TraceRow, lang: Language) -> LineView:
    words = lang.words
    clock = lang.formats.moment(row.at_ms)
    texted = row.word in ("code_page", "picture", "text", "model", "scan", "bank")
    return LineView(
        time=f"{lang.formats.clock(clock)}:{clock.second:02d}.{row.at_ms % MS_IN_S:03d}",
        direction=words("t.sent" if row.sent else "t.recv"),
        sent=row.sent,
        hexes=row.hexes,
        code=row.code,
        meaning=words(f"t.m_{row.word}", text=row.text) if texted else words(f"t.m_{row.word}"),
    )
