"""What the technician has chosen so far, and what each touch makes of it. Pure: values in, values and requests out.

A draft is what stands in the fields; a request is what the machine is asked to do about it. A choice takes effect on the port at
once and in the file only when it is saved. Not responsible for words (``devices``).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType
from typing import Final, assert_never

from kiosk.settings import SPEEDS, DeviceAddress, DeviceSettings
from kiosk.ui.technician_port import Choices, Role, TechnicianSeen, TraceRow

FORMATS: Final = ("8N1", "8E1", "8O1", "8N2", "7E1", "7O1")
FLOWS: Final = ("none", "rtscts", "xonxoff")
MODES: Final = ("", "manual", "simulated")
USUAL_SPEED: Final = 9600
USUAL_PROFILE: Final = "TM-T88V"
PORT_CHARS_MAX: Final = 200
_NETWORK: Final = re.compile(r"[A-Za-z0-9.-]+:[0-9]{1,5}")
_PATH: Final = re.compile(r"/\S+|COM[0-9]{1,3}")


class BadPort(Enum):
    """A text that names no port."""

    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Draft:
    """The fields of one role. ``mode`` is the bank-card terminal's."""

    port: str = ""
    baud: int = USUAL_SPEED
    format: str = FORMATS[0]
    flow: str = FLOWS[0]
    profile: str = USUAL_PROFILE
    mode: str = ""
    others: tuple[tuple[str, str], ...] = ()  # options that the page has no field for stay as they are


@dataclass(frozen=True, slots=True)
class SetUp:
    """The page's own state. ``frozen`` holds the trace while it is paused."""

    drafts: Mapping[Role, Draft]
    selected: Role = Role.PRINTER
    changed: bool = False
    frozen: tuple[TraceRow, ...] | None = None


@dataclass(frozen=True, slots=True)
class TechnicianState:
    """What the presenter is given."""

    setup: SetUp
    seen: TechnicianSeen
    shop: str
    till: str
    version: str
    profiles: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Select:
    """Look at one role."""

    role: Role


class FieldName(Enum):
    """What can be chosen."""

    PORT = "port"
    SPEED = "speed"
    FORMAT = "format"
    FLOW = "flow"
    PROFILE = "profile"
    MODE = "mode"


@dataclass(frozen=True, slots=True)
class Choose:
    """Something was chosen or written in a field of the selected role."""

    name: FieldName
    value: str


class Press(Enum):
    """The keys of the page."""

    TEST = "test"
    KICK = "kick"
    SAVE = "save"
    DETECT = "detect"
    PAUSE = "pause"
    CLEAR = "clear"
    QUIT = "quit"


Intent = Select | Choose | Press


@dataclass(frozen=True, slots=True)
class Use:
    role: Role
    address: DeviceAddress | None


@dataclass(frozen=True, slots=True)
class Try:
    role: Role


@dataclass(frozen=True, slots=True)
class Clear:
    role: Role


@dataclass(frozen=True, slots=True)
class Save:
    choices: Choices


class Ask(Enum):
    """Requests without more to say."""

    KICK = "kick"
    LIST = "list"
    QUIT = "quit"


Request = Use | Try | Clear | Save | Ask


def begin(devices: DeviceSettings) -> SetUp:
    """The page as the settings have it."""
    drafts = {
        Role.SCANNER: _draft(devices.scanner),
        Role.PRINTER: _draft(devices.printer),
        Role.DISPLAY: _draft(devices.display),
        Role.BANKCARD: replace(_draft(devices.bankcard_port), mode=devices.bankcard or ""),
    }
    return SetUp(drafts=MappingProxyType(drafts))


def address_of(role: Role, draft: Draft) -> DeviceAddress | BadPort | None:
    """The address that the fields name, ``None`` for no device."""
    text = draft.port.strip()
    if not text or (role is Role.BANKCARD and draft.mode != "simulated"):
        return None
    extra = {**dict(draft.others), **({"profile": draft.profile} if role is Role.PRINTER else {})}
    if _NETWORK.fullmatch(text) and int(text.rpartition(":")[2]) <= 65535:
        return DeviceAddress("socket", text.lower(), None, tuple(sorted(extra.items())))
    if len(text) > PORT_CHARS_MAX or not _PATH.fullmatch(text) or "?" in text or "#" in text:
        return BadPort.BAD
    if draft.format != FORMATS[0]:
        extra |= {"bits": draft.format[0], "parity": draft.format[1], "stop": draft.format[2]}
    if draft.flow != FLOWS[0]:
        extra["flow"] = draft.flow
    return DeviceAddress("serial", text, draft.baud, tuple(sorted(extra.items())))


def bad_ports(setup: SetUp) -> tuple[Role, ...]:
    """The roles whose port is none: nothing can be saved before they are mended."""
    return tuple(role for role, draft in setup.drafts.items() if address_of(role, draft) is BadPort.BAD)


def changed(state: TechnicianState, intent: Intent) -> tuple[SetUp, tuple[Request, ...]]:
    """The page after a touch, and what is asked of the machine for it."""
    setup = state.setup
    match intent:
        case Select(role):
            return replace(setup, selected=role, frozen=None), ()
        case Choose():
            return _chosen(setup, intent)
        case Press.TEST:
            return setup, (Try(setup.selected),)
        case Press.KICK:
            return setup, (Ask.KICK,)
        case Press.SAVE:
            choices = _choices(setup)
            return (setup, ()) if choices is None else (replace(setup, changed=False), (Save(choices),))
        case Press.DETECT:
            return setup, (Ask.LIST,)
        case Press.PAUSE:
            rows = state.seen.role(setup.selected).trace if setup.frozen is None else None
            return replace(setup, frozen=rows), ()
        case Press.CLEAR:
            return replace(setup, frozen=None), (Clear(setup.selected),)
        case Press.QUIT:
            return setup, (Ask.QUIT,)
        case _:
            assert_never(intent)


def _chosen(setup: SetUp, choice: Choose) -> tuple[SetUp, tuple[Request, ...]]:
    role = setup.selected
    before = setup.drafts[role]
    draft = _with(before, choice)
    if draft == before:
        return setup, ()
    drafts = MappingProxyType({**setup.drafts, role: draft})
    address = address_of(role, draft)
    use: tuple[Request, ...] = () if isinstance(address, BadPort) else (Use(role, address),)
    return replace(setup, drafts=drafts, changed=True, frozen=None), use


def _with(draft: Draft, choice: Choose) -> Draft:
    match choice.name:
        case FieldName.PORT:
            return replace(draft, port=choice.value.strip())
        case FieldName.SPEED:
            speed = int(choice.value) if choice.value.isdecimal() else draft.baud
            return replace(draft, baud=speed if speed in SPEEDS else draft.baud)
        case FieldName.FORMAT:
            return replace(draft, format=choice.value if choice.value in FORMATS else draft.format)
        case FieldName.FLOW:
            return replace(draft, flow=choice.value if choice.value in FLOWS else draft.flow)
        case FieldName.PROFILE:
            return replace(draft, profile=choice.value)
        case FieldName.MODE:
            return replace(draft, mode=choice.value if choice.value in MODES else draft.mode)
        case _:
            assert_never(choice.name)


def _choices(setup: SetUp) -> Choices | None:
    found = {role: address_of(role, draft) for role, draft in setup.drafts.items()}
    named = {role: address for role, address in found.items() if not isinstance(address, BadPort)}
    if len(named) < len(found):
        return None
    mode = setup.drafts[Role.BANKCARD].mode or None
    # a wired terminal without its wire would keep the till from starting
    kept = None if mode == "simulated" and named[Role.BANKCARD] is None else mode
    return Choices(
        scanner=named[Role.SCANNER],
        printer=named[Role.PRINTER],
        display=named[Role.DISPLAY],
        bankcard_mode=kept,
        bankcard=named[Role.BANKCARD],
    )


def _draft(address: DeviceAddress | None) -> Draft:
    if address is None:
        return Draft()
    known = ("bits", "parity", "stop", "flow", "profile")
    return Draft(
        port=address.path,
        baud=address.baud or USUAL_SPEED,
        format=f"{address.option('bits', '8')}{address.option('parity', 'N')}{address.option('stop', '1')}",
        flow=address.option("flow", "none"),
        profile=address.option("profile", USUAL_PROFILE),
        others=tuple(one for one in address.options if one[0] not in known),
    )
