"""The cash drawer, which hangs on the printer's socket and shares its port and thread.

A pulse is a job of its own and never part of a receipt, so that no reprint can open the drawer. Whether it really opened is not
known: the drawer's contact reads the other way round on half the models, and is not calibrated here.
"""

from typing import Protocol


class _Kicks(Protocol):
    def kick(self, job_id: str) -> None: ...


class PrinterDrawer:
    """Implements ``kiosk.till.ports.CashDrawer``; ``DrawerKicked`` comes back once a call, ``PROBABLE`` at best."""

    def __init__(self, printer: _Kicks) -> None:
        self._printer = printer

    def kick(self, job_id: str) -> None:
        self._printer.kick(job_id)
