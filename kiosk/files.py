"""Files that are whole or not there: replaced in one step, and on the disk when the call returns.

The one place that knows what it takes: the file's own flush, the rename, and the flush of the folder, without which a power cut
takes the new name back. Raises ``OSError`` and nothing else; not responsible for what a caller makes of it.
"""

import os
from contextlib import suppress
from pathlib import Path


def replace_file(path: Path, data: bytes, *, mode: int = 0o600, group: int | None = None) -> None:
    """Make ``path`` hold ``data``, never readable by more than ``mode`` allows; its folder exists. After an error the old file
    stands as it was; only if it was the folder's own flush that failed, the new one does."""
    fresh = path.with_name(f".{path.name}.new")
    with suppress(FileNotFoundError):
        fresh.unlink()
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            if group is not None:
                os.fchown(descriptor, -1, group)
            if os.name == "posix":
                os.fchmod(descriptor, mode)
            stream.flush()
            os.fsync(descriptor)
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink()
        raise
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """What the file holds is on the disk when this returns."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """The folder's names are on the disk when this returns; Windows, which cannot open a folder, sees to it by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
