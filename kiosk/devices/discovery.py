"""Which ports there are, each with the name that will still be its own tomorrow.

``/dev/ttyUSB0`` is another device after the next power cut; ``/dev/serial/by-id`` names the device, ``by-path`` its socket.
Not responsible for what is connected (``doctor`` asks); never called while a port is being opened.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

BY_ID: Final = Path("/dev/serial/by-id")
BY_PATH: Final = Path("/dev/serial/by-path")

Lister = Callable[[], Iterable[Any]]  # pyserial's ListPortInfo: it ships its attributes untyped


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPort:
    """One port. ``stable`` is the path to write into the settings; ``own_name`` says whether it names the device itself.

    Two adapters without a serial number can be told apart only by their socket: then ``own_name`` is false.
    """

    path: str
    stable: str
    description: str
    own_name: bool


def list_ports(lister: Lister | None = None, *, by_id: Path = BY_ID, by_path: Path = BY_PATH) -> tuple[FoundPort, ...]:
    """The serial ports of this machine, sorted by path. ``lister`` stands in for pyserial's in tests."""
    if lister is None:
        from serial.tools.list_ports import comports

        lister = comports
    named, placed = _links(by_id), _links(by_path)
    found = []
    for port in lister():
        path = str(port.device)
        real = _real(path)
        description = str(port.description or "")
        found.append(
            FoundPort(
                path=path,
                stable=named.get(real) or placed.get(real) or path,
                description="" if description == "n/a" else description,
                own_name=real in named,
            )
        )
    return tuple(sorted(found, key=lambda port: port.path))


def _links(folder: Path) -> dict[str, str]:
    try:
        return {_real(str(link)): str(link) for link in sorted(folder.iterdir(), reverse=True)}
    except OSError:
        return {}


def _real(path: str) -> str:
    return str(Path(path).resolve())
