"""``kiosk doctor [PORT]``: lists the ports, or asks one port for a printer; says in plain words what it found and what to do.

Exit codes: 0 all is well · 3 nothing there (no port, or nothing answers) · 4 a printer that needs somebody · 5 the port cannot be
opened. It prints nothing on paper at the right speed and changes no setting. The till must let go of the port first.
"""

import argparse
import getpass
import grp
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from kiosk.clock import Clock, SystemClock
from kiosk.devices.discovery import Lister, list_ports
from kiosk.devices.doctor_words import WORDS
from kiosk.devices.ports import open_address
from kiosk.devices.printing.condition import Condition, from_real_time
from kiosk.devices.printing.escpos import RESET, confirmation
from kiosk.devices.printing.status import Info, ProcessId, Rt, StatusParser
from kiosk.devices.spy import SpyTransport, Trace
from kiosk.devices.transport import ABSENT, DENIED, IN_USE, UNREACHABLE, Opener
from kiosk.devices.worker import Link
from kiosk.errors import Trouble
from kiosk.settings import DeviceAddress, parse_device_address
from kiosk.till.messages import PaperLevel

WELL: Final = 0
NOTHING: Final = 3
ATTENTION: Final = 4
CLOSED: Final = 5

SPEEDS: Final = (9600, 19200, 38400, 115200, 57600, 4800)  # the usual ones first
ANSWER_S: Final = 0.15
INFO_S: Final = 0.3
PROCESS_ID: Final = b"Kios"
_OPENING: Final = {ABSENT: "absent", DENIED: "denied", IN_USE: "in_use", UNREACHABLE: "unreachable"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A printer that answered. ``maker`` and ``model`` are empty for one that does not say."""

    address: DeviceAddress
    condition: Condition
    maker: str
    model: str
    confirms: bool


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``kiosk doctor``."""
    parser.add_argument(
        "port", nargs="?", metavar="PORT", help="a path (/dev/ttyUSB0) or an address (serial:///…?baud=9600)"
    )
    parser.add_argument("--trace", action="store_true", help="show the bytes that went both ways")
    parser.add_argument("--language", choices=sorted(WORDS), help="default: the system's, else French")
    parser.set_defaults(handler=_main)


def _main(arguments: argparse.Namespace) -> int:
    language = arguments.language or ("en" if os.environ.get("LANG", "").startswith("en") else "fr")
    trace = Trace(SystemClock()) if arguments.trace else None
    doctor = Doctor(WORDS[language], say=_say_line, trace=trace)
    code = doctor.ports() if arguments.port is None else doctor.examine(arguments.port)
    for line in () if trace is None else trace.lines():
        _say_line(f"{'→' if line.sent else '←'} {line.data.hex(' ')}")
    return code


def _say_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()  # a technician watches the speeds being tried


class Doctor:
    """``say`` gets each line for people; ``trace``, if there is one, every byte."""

    def __init__(
        self,
        words: Mapping[str, str],
        *,
        say: Callable[[str], object],
        clock: Clock | None = None,
        opener: Opener = open_address,
        trace: Trace | None = None,
    ) -> None:
        self._trace = trace
        self._words = words
        self._say = say
        self._clock = clock or SystemClock()
        self._opener = opener

    def ports(self, lister: Lister | None = None) -> int:
        """List the ports; the exit code."""
        found = list_ports(lister)
        if not found:
            self._tell("no_ports")
            return NOTHING
        self._tell("ports")
        for port in found:
            self._tell("port", path=port.path, description=port.description)
            if port.stable != port.path:
                self._tell("port_stable", stable=port.stable)
                if not port.own_name:
                    self._tell("port_by_socket")
        self._tell("next_port", path=found[0].stable)
        return WELL

    def examine(self, port: str) -> int:
        """Look for a printer on a port; the exit code."""
        try:
            addresses = _addresses(port)
        except ValueError as error:
            self._tell("trouble", path=port, detail=str(error))
            return CLOSED
        if len(addresses) > 1:
            self._tell("warning")
        for address in addresses:
            if address.baud is not None:
                self._tell("trying", speed=str(address.baud))
            try:
                finding = self._ask(address)
            except Trouble as trouble:
                self._opening(trouble, address)
                return CLOSED
            if finding is not None:
                return self._report(finding)
        self._tell("silent", path=addresses[0].path)
        self._tell("silent_next")
        return NOTHING

    def _ask(self, address: DeviceAddress) -> Finding | None:
        port = self._opener(address)
        transport = port if self._trace is None else SpyTransport(port, self._trace)
        wake_r, wake_w = os.pipe()
        try:
            link = Link(transport, wake_fd=wake_r, clock=self._clock, ends_in_s=lambda: None)
            return _Questions(link, self._clock).ask(address)
        finally:
            transport.close_now()
            os.close(wake_r)
            os.close(wake_w)

    def _report(self, finding: Finding) -> int:
        if finding.address.baud is None:
            self._tell("found_network")
        else:
            self._tell("found", speed=str(finding.address.baud))
        if finding.model:
            self._tell("model", maker=finding.maker, model=finding.model)
        else:
            self._tell("no_model")
        self._tell("confirms" if finding.confirms else "no_confirm")
        if finding.condition.paper is PaperLevel.LOW:
            self._tell("paper_low")
        worst = finding.condition.worst
        if worst:
            self._tell("attention", what=self._words[worst])
        else:
            self._tell("ready")
        profile = "TM-T88V" if finding.confirms else "clone-80"
        self._tell("setting")
        options = tuple(sorted({**dict(finding.address.options), "profile": profile}.items()))
        self._say(f'printer = "{replace(finding.address, path=_stable(finding.address), options=options)}"')
        return ATTENTION if worst else WELL

    def _opening(self, trouble: Trouble, address: DeviceAddress) -> None:
        key = _OPENING.get(trouble.code)
        if key == "denied":
            self._tell(key, path=address.path, group=_group_of(address.path), user=getpass.getuser())
        elif key is not None:
            self._tell(key, path=address.path)
        else:
            self._tell("trouble", path=address.path, detail=str(trouble))

    def _tell(self, key: str, **values: str) -> None:
        self._say(self._words[key].format_map(values).rstrip())


class _Questions:
    """One conversation with what may be a printer."""

    def __init__(self, link: Link, clock: Clock) -> None:
        self._link = link
        self._clock = clock
        self._parser = StatusParser()

    def ask(self, address: DeviceAddress) -> Finding | None:
        """What answers here, or ``None``. Two right answers are wanted: one can be chance at a wrong speed."""
        printer = self._status(1)
        if printer is None or (cause := self._status(2)) is None or (roll := self._status(4)) is None:
            return None
        error = self._status(3) if cause & 0x40 else None
        condition = from_real_time(printer=printer, cause=cause, error=error, roll=roll)
        maker = model = ""
        confirms = False
        if (
            not condition.reasons
        ):  # these are answered in stream order: an offline printer would answer after its repair
            self._send(RESET)
            maker, model = self._info(b"\x1dIB"), self._info(b"\x1dIC")
            self._send(confirmation(PROCESS_ID))
            confirms = any(answer == ProcessId(PROCESS_ID) for answer in self._hear(INFO_S, ProcessId))
        return Finding(address=address, condition=condition, maker=maker, model=model, confirms=confirms)

    def _status(self, question: int) -> int | None:
        self._send(bytes((0x10, 0x04, question)))
        return next((answer.byte for answer in self._hear(ANSWER_S, Rt) if isinstance(answer, Rt)), None)

    def _info(self, command: bytes) -> str:
        self._send(command)
        return next((answer.text for answer in self._hear(INFO_S, Info) if isinstance(answer, Info)), "")

    def _hear(self, timeout_s: float, kind: type) -> list[object]:
        """What arrives until something of ``kind`` does, or time is up."""
        heard: list[object] = []
        deadline_ms = self._clock.monotonic_ms() + round(timeout_s * 1000)
        while (left_ms := deadline_ms - self._clock.monotonic_ms()) > 0:
            heard.extend(self._parser.feed(self._link.wait(left_ms / 1000)))
            if any(isinstance(answer, kind) for answer in heard):
                break
        return heard

    def _send(self, data: bytes) -> None:
        self._link.write(data, stall_s=ANSWER_S, on_input=lambda arrived: None)


def _addresses(port: str) -> tuple[DeviceAddress, ...]:
    """The addresses to try: one as given, or a bare path at each speed. Raises ``ValueError`` that says what to write."""
    if "://" in port and ("baud=" in port or port.startswith("socket:")):
        return (parse_device_address(port),)
    path = port.removeprefix("serial://").partition("?")[0]
    return tuple(DeviceAddress("serial", path, speed) for speed in SPEEDS)


def _stable(address: DeviceAddress) -> str:
    if address.scheme != "serial":
        return address.path
    real = str(Path(address.path).resolve())
    return next((found.stable for found in list_ports() if str(Path(found.path).resolve()) == real), address.path)


def _group_of(path: str) -> str:
    try:
        return grp.getgrgid(Path(path).stat().st_gid).gr_name
    except (OSError, KeyError):
        return "dialout"
