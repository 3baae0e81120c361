"""Copies of the journal that leave the machine: one checkpointed file that any SQLite reads and ``kiosk verify`` checks.

Made by SQLite's online backup through the journal's own connection, never by copying the live file: its newest entries are in the
write-ahead log beside it. Not responsible for fiscal archives.
"""

import os
import sqlite3
from pathlib import Path
from typing import Final

from kiosk.failpoints import failpoint
from kiosk.files import sync_file, sync_folder
from kiosk.journal.database import Database, file_trouble
from kiosk.journal.sqlite_trouble import trouble_of

PART_SUFFIX: Final = ".part"


def write_copy(database: Database, path: Path) -> None:
    """Write the copy to ``path``, complete or not at all, replacing what is there. Raises ``Trouble`` JRN-….

    The copy is no longer in WAL mode: it is one file, and it is not mistaken for a live one.
    """
    part = path.with_name(path.name + PART_SUFFIX)
    try:
        part.unlink(missing_ok=True)
        target = sqlite3.connect(part, isolation_level=None)
        try:
            database.copy_to(target)
            target.execute("PRAGMA journal_mode=DELETE").fetchall()
        finally:
            target.close()
        sync_file(part)
        failpoint("journal.copy.before_move")
        os.replace(part, path)
        failpoint("journal.copy.after_move")
        sync_folder(path.parent)
    except sqlite3.Error as error:
        raise trouble_of(error) from error
    except OSError as error:
        raise file_trouble(error, path) from error
