"""What the technician's page may ask of the machine, and what it is told: values and one role, so that no screen knows a device.

``kiosk.bootstrap.technician`` fills the role. No call waits; whatever happens comes back as a whole new ``TechnicianSeen``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Protocol

from kiosk.settings import DeviceAddress
from kiosk.till.messages import DeviceState, PaperLevel


class Role(Enum):
    """The places that a device can fill."""

    SCANNER = "scanner"
    PRINTER = "printer"
    DISPLAY = "display"
    BANKCARD = "bankcard"


class Verdict(Enum):
    """How a test ended. Only a device's own answer is ``PASSED``."""

    PASSED = "passed"
    PROBABLE = "probable"  # printed, and the printer does not confirm
    UNKNOWN = "unknown"  # the printer broke off and did not say how far it came
    LOOK = "look"  # a display says nothing: only eyes can tell
    NO_SUFFIX = "no_suffix"
    UNREAD = "unread"
    SILENT = "silent"
    REFUSED = "refused"  # for the reason in ``detail``


@dataclass(frozen=True, slots=True)
class PortChoice:
    """A port that exists: what to write into the settings, and what a person recognises it by."""

    path: str
    label: str


@dataclass(frozen=True, slots=True)
class TestResult:
    """The end of one test. ``detail``: a reason, the shown text or the symbology. ``drawer``: it was the drawer's pulse."""

    __test__ = False  # the name is the shop's, not pytest's

    verdict: Verdict
    ms: int = 0
    detail: str = ""
    length: int = 0
    drawer: bool = False


@dataclass(frozen=True, slots=True)
class TraceRow:
    """Bytes that passed: masked, as hexadecimal, with their name in the manual and the meaning's word."""

    at_ms: int
    sent: bool
    hexes: str
    code: str
    word: str
    text: str


@dataclass(frozen=True, slots=True)
class RoleSeen:
    """One role as it stands."""

    address: DeviceAddress | None = None
    state: DeviceState = DeviceState.DISABLED
    reason: str = ""
    paper: PaperLevel = PaperLevel.UNKNOWN
    testing: bool = False
    result: TestResult | None = None
    trace: tuple[TraceRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Saving:
    """What became of the last save: ``code`` is empty when it is done. ``number`` rises, so that two are two."""

    number: int
    code: str = ""


NOTHING_SEEN = RoleSeen()


@dataclass(frozen=True, slots=True)
class TechnicianSeen:
    """Everything that the machine has to say, whole."""

    roles: Mapping[Role, RoleSeen] = field(default_factory=lambda: MappingProxyType({}))
    ports: tuple[PortChoice, ...] | None = None  # ``None`` until they were listed
    listed_at_ms: int = 0
    saving: Saving | None = None

    def role(self, role: Role) -> RoleSeen:
        """One role; one that nothing is known of is not set up."""
        return self.roles.get(role, NOTHING_SEEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What is to be saved. ``bankcard_mode`` is ``simulated``, ``manual`` or nothing."""

    scanner: DeviceAddress | None
    printer: DeviceAddress | None
    display: DeviceAddress | None
    bankcard_mode: str | None
    bankcard: DeviceAddress | None


class TechnicianPort(Protocol):
    """The machine, for the technician. Every call returns at once."""

    def list_ports(self) -> None:
        """Look which ports there are."""
        ...

    def use(self, role: Role, address: DeviceAddress | None) -> None:
        """Run this role's driver on this port from now on, or none."""
        ...

    def test(self, role: Role) -> None:
        """Try the device; a ``TestResult`` comes back, whatever happens."""
        ...

    def kick(self) -> None:
        """Open the drawer at the printer; a ``TestResult`` of the printer comes back."""
        ...

    def save(self, choices: Choices) -> None:
        """Write the settings and keep the previous; a ``Saving`` comes back."""
        ...

    def clear_trace(self, role: Role) -> None:
        """Forget what passed on this role's port."""
        ...
