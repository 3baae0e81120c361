"""What can be done to a virtual device, as values, and as the words that a person types into the workbench (``paper_out 120``).

``after_bytes`` counts the bytes that the device works through from now on; 0 is at once. Not responsible for doing it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Final


class Part(Enum):
    """What a person's hands can change on a printer."""

    POWER_OFF = "power_off"
    POWER_ON = "power_on"
    PAPER_OUT = "paper_out"
    PAPER_LOW = "paper_low"
    PAPER_IN = "paper_in"
    COVER_OPEN = "cover_open"
    COVER_CLOSED = "cover_closed"
    DRAWER_CLOSED = "drawer_closed"
    CUTTER_JAM = "cutter_jam"
    BROKEN = "broken"
    OVERHEATED = "overheated"
    COOLED = "cooled"
    UNPLUG = "unplug"
    REPLUG = "replug"


class Talk(Enum):
    """How the device answers."""

    NORMAL = "normal"
    MUTE = "mute"
    GARBAGE = "garbage"
    SPLIT = "split"
    NO_CONFIRMATION = "no_confirmation"
    FOREIGN_ID = "foreign_id"
    DOUBLE_ID = "double_id"


class Flow(Enum):
    """How the device takes bytes."""

    GO = "go"
    STALL = "stall"
    XOFF = "xoff"


@dataclass(frozen=True, slots=True)
class Change:
    """Hands on the printer, now or after some bytes."""

    part: Part
    after_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Answering:
    talk: Talk


@dataclass(frozen=True, slots=True)
class Taking:
    """``STALL`` stops taking bytes; ``XOFF`` also says so, and never says go."""

    flow: Flow
    after_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Speed:
    """Take at most so many bytes a second; 0 is as fast as they come."""

    bytes_per_s: int


@dataclass(frozen=True, slots=True)
class Late:
    """Send confirmations so much later."""

    ms: int


@dataclass(frozen=True, slots=True)
class Overrun:
    """No flow control: what does not fit into so many bytes is lost. 0 turns it off."""

    buffer_bytes: int


Fault = Change | Answering | Taking | Speed | Late | Overrun

_WITH_BYTES: Final[dict[str, Callable[[int], Fault]]] = {
    **{part.value: partial(Change, part) for part in Part},
    **{flow.value: partial(Taking, flow) for flow in Flow},
    "slow": Speed,
    "late": Late,
    "overrun": Overrun,
}
_BARE: Final[dict[str, Fault]] = {talk.value: Answering(talk) for talk in Talk}
_UNITS: Final = {"slow": "bytes_per_s", "late": "ms", "overrun": "buffer_bytes"}


class UnknownFaultError(ValueError):
    """The text is no fault; the message lists the words that are."""


def parse_fault(text: str) -> Fault:
    """The fault in a line such as ``paper_out 120``, ``mute``, ``stall 300``, ``slow 960``. Raises ``UnknownFaultError``."""
    word, _, rest = text.strip().partition(" ")
    number = rest.strip()
    if number and not number.isdecimal():
        raise UnknownFaultError(f"a number of bytes or milliseconds is expected, not {number!r}")
    if word in _WITH_BYTES:
        return _WITH_BYTES[word](int(number) if number else 0)
    if word in _BARE and not number:
        return _BARE[word]
    raise UnknownFaultError(f"{word!r} is none of {', '.join(fault_words())}")


def fault_words() -> tuple[str, ...]:
    """Every word that ``parse_fault`` understands, with its number's name where it must have one."""
    return (*(f"{word} {_UNITS[word]}" if word in _UNITS else word for word in _WITH_BYTES), *_BARE)


def parse_script(text: str) -> tuple[Fault, ...]:
    """One fault a line; empty lines and lines with ``#`` are skipped."""
    lines = (line.split("#", 1)[0].strip() for line in text.splitlines())
    return tuple(parse_fault(line) for line in lines if line)
