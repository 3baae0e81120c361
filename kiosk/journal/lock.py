"""One till a folder: a lock that the system frees when the process ends, however it ends.

Not responsible for SQLite's own locks.
"""

import os
import sys
from pathlib import Path
from typing import Final

from kiosk.errors import Trouble
from kiosk.journal.sqlite_trouble import DENIED, IN_USE

LOCK_NAME: Final = "journal.lock"
_LOCK_BYTE: Final = 1 << 20  # Windows locks bytes, and a locked byte cannot be read: far behind the text


class FolderLock:
    """Held from construction to ``release``. Raises ``Trouble`` JRN-07, naming the process that holds it, or JRN-05."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / LOCK_NAME
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Trouble(DENIED, retryable=False, detail=f"{folder}: {error.strerror}") from error
        try:
            _lock(self._descriptor)
        except OSError:
            holder = os.read(self._descriptor, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(self._descriptor)
            raise Trouble(
                IN_USE, retryable=False, detail=f"another till (process {holder}) already uses {folder}; close it first"
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, b"%d\n" % os.getpid())  # for the message above; the lock itself is the system's

    def release(self) -> None:
        """Another process may take the folder. The file stays: removing it would let two processes lock two files of one name."""
        os.close(self._descriptor)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCK_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
