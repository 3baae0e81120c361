"""A sound journal copy, and the tools of somebody who wants to change it."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from kiosk.domain import events as ev
from tests.fakes.clock import FakeClock
from tests.helpers.journal import completed, open_store, started, whole_sale


@pytest.fixture(scope="session")
def sound_journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with three sales, a DUPLICATA and a restart."""
    folder = tmp_path_factory.mktemp("journal")
    clock = FakeClock()
    journal = open_store(folder, clock)
    journal.append([started()], user="")
    journal.append([ev.ClerkLoggedIn("clerk-1")], user="clerk-1")
    for n in (1, 2):
        for events in whole_sale(n):
            clock.advance(1_000)
            journal.append(events, user="clerk-1")
    journal.append([ev.CopyRequested("job-9", 1, 1, "clerk-1", "perdu")], user="clerk-1")
    journal.close()
    clock.reboot()
    journal = open_store(folder, clock)
    clock.advance(5_000)
    journal.append([started()], user="")
    journal.append([completed("sale-3", line_id="line-3")], user="clerk-1")
    copy = folder / "copy.db"
    journal.copy_to(copy)
    journal.close()
    return copy


class Forger:
    """Changes a copy the way somebody with an editor and SQLite would: triggers dropped, and put back when they are done."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, *statements: str, values: Sequence[object] = ()) -> None:
        """Run statements with the protection away; the values go to the last one."""
        connection = sqlite3.connect(self.path)
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA journal_mode=MEMORY")
        triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements[:-1]:
            connection.execute(statement)
        connection.execute(statements[-1], tuple(values))
        for _, sql in triggers:
            connection.execute(sql)
        connection.commit()
        connection.close()

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """What a question answers."""
        connection = sqlite3.connect(self.path)
        found = connection.execute(sql).fetchall()
        connection.close()
        return found


@pytest.fixture
def forger(sound_journal: Path, tmp_path: Path) -> Forger:
    """A copy of its own for each test."""
    path = tmp_path / "forged.db"
    path.write_bytes(sound_journal.read_bytes())
    return Forger(path)


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """``kiosk verify`` on a file: its exit code and everything it said."""
    import argparse

    from kiosk.verifier.command import configure

    def run(path: Path, *more: str) -> tuple[int, str]:
        parser = argparse.ArgumentParser()
        configure(parser)
        arguments = parser.parse_args([str(path), *more])
        code: int = arguments.handler(arguments)
        said = capsys.readouterr()
        return code, said.out + said.err

    return run
