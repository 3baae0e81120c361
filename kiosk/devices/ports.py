"""Opens whatever an address names, and says whether it is there at all. The one place that knows the address schemes."""

from pathlib import Path

from kiosk.devices.serial_transport import open_serial
from kiosk.devices.socket_transport import open_socket
from kiosk.devices.transport import Transport
from kiosk.errors import Bug
from kiosk.settings import DeviceAddress


def open_address(address: DeviceAddress) -> Transport:
    """The open port of an address. Raises ``Trouble`` DEV-01 … DEV-09."""
    match address.scheme:
        case "serial":
            return open_serial(address)
        case "socket":
            return open_socket(address)
        case _:
            raise Bug(f"no such scheme: {address.scheme}")


def address_exists(address: DeviceAddress) -> bool:
    """Whether a serial port's path is there now; a network's ports can only be tried."""
    return address.scheme != "serial" or Path(address.path).exists()
