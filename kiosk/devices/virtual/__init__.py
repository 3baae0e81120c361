"""Virtual twins of the devices on pseudo-terminals: shipped, used by the workbench and the tests, able to misbehave on demand."""

from kiosk.devices.virtual.bankcard import Policy, VirtualBankCard
from kiosk.devices.virtual.display import VirtualDisplay
from kiosk.devices.virtual.faults import Fault, fault_words, parse_fault, parse_script
from kiosk.devices.virtual.printer import VirtualPrinter
from kiosk.devices.virtual.scanner import VirtualScanner

__all__ = [
    "Fault",
    "Policy",
    "VirtualBankCard",
    "VirtualDisplay",
    "VirtualPrinter",
    "VirtualScanner",
    "fault_words",
    "parse_fault",
    "parse_script",
]
