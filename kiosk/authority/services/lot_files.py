"""A lot on the disk: its encrypted codes for the printing house and its manifest, durable before the database knows the lot.

One lot is made in a folder at a time: a second one would have the same number, and its cards would lie under the names of those
that the database knows. Not responsible for what is in the files (``issue``).
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final

from kiosk.authority.services.refused import malformed
from kiosk.files import replace_file, sync_folder

LOCK_NAME: Final = ".lock"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else makes a lot in this folder meanwhile. Raises ``TurnedAway`` if somebody does."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    descriptor = os.open(folder / LOCK_NAME, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise malformed("another lot is being made in this folder: wait for it, then try again") from None
        yield
    finally:
        os.close(descriptor)


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write them, durably, by their names. What lies there already, and the database does not know, is put aside: an interrupted
    run left it, or a database that was restored has forgotten cards that were printed."""
    for name, data in files.items():
        _put_aside(folder / name)
        replace_file(folder / name, data)


def remove_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Take them back: printed, they would be cards that nobody knows."""
    for name in files:
        (folder / name).unlink(missing_ok=True)
    sync_folder(folder)


def _put_aside(path: Path) -> None:
    if path.exists():
        names = (path.with_name(f"{path.name}.aside-{number}") for number in count(1))
        path.rename(next(name for name in names if not name.exists()))
