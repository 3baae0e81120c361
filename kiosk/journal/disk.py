"""Room for the journal: how much disk is left, and a ballast that is let go so that the sale in hand can still end (JR-11).

On a full disk SQLite can neither add nor delete nor checkpoint; a file that we can remove is the only way to give it room. Not
responsible for what the till does with the answer.
"""

import logging
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kiosk.till.state import DiskRoom

BALLAST_NAME: Final = "journal.ballast"
MIB: Final = 1 << 20
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DiskLimits:
    """JR-11's figures. Below ``low`` warn, below ``no_promises`` promise nothing, below ``no_sales`` start no sale."""

    low_bytes: int = 500 * MIB
    no_promises_bytes: int = 200 * MIB
    no_sales_bytes: int = 64 * MIB
    ballast_bytes: int = 64 * MIB


def free_bytes(folder: Path) -> int:
    """What the system says is free for us on the folder's disk."""
    return shutil.disk_usage(folder).free


class DiskGuard:
    """Watches one folder. ``free`` is passed in for tests."""

    def __init__(self, folder: Path, limits: DiskLimits, *, free: Callable[[Path], int] = free_bytes) -> None:
        self._folder = folder
        self._limits = limits
        self._free = free
        self._ballast = folder / BALLAST_NAME
        self._restore()

    def room(self) -> DiskRoom:
        """How much is left. A ballast that was let go is put back as soon as there is room, and until then nothing is sold."""
        if not self._has_ballast():
            self._restore()
        try:
            free = self._free(self._folder)
        except OSError:
            return DiskRoom.NO_SALES
        if free < self._limits.no_sales_bytes or not self._has_ballast():
            return DiskRoom.NO_SALES
        if free < self._limits.no_promises_bytes:
            return DiskRoom.NO_PROMISES
        return DiskRoom.LOW if free < self._limits.low_bytes else DiskRoom.AMPLE

    def release(self) -> bool:
        """Let the ballast go; whether there was any."""
        if self._limits.ballast_bytes == 0 or not self._ballast.exists():
            return False
        with suppress(OSError):
            self._ballast.unlink()
            _log.warning("the disk is full: ballast let go so that the sale in hand can end")
            return True
        return False

    def _has_ballast(self) -> bool:
        if self._limits.ballast_bytes == 0:
            return True
        try:
            return self._ballast.stat().st_size == self._limits.ballast_bytes
        except OSError:
            return False

    def _restore(self) -> None:
        if self._has_ballast():
            return
        with suppress(OSError):
            if self._free(self._folder) < self._limits.no_sales_bytes + self._limits.ballast_bytes:
                return
            descriptor = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                _allocate(descriptor, self._limits.ballast_bytes)
            except OSError:
                self._ballast.unlink()
            finally:
                os.close(descriptor)


def _allocate(descriptor: int, size: int) -> None:
    """Blocks on the disk, not a hole: a hole would give nothing back."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
        return
    block = os.urandom(MIB)  # a disk that compresses would make nothing of zeros
    for _ in range(size // MIB):
        os.write(descriptor, block)  # not a commit: nobody relies on it after a crash
    os.ftruncate(descriptor, size)
