"""Every commit and every send has a name at which a test can kill the process, and a name does nothing in a shop (JR-06b)."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk import failpoints
from kiosk.failpoints import failpoint
from tests.helpers.failpoints import EXEMPT, ROOT, declared, rooms, scan


def test_every_commit_and_send_has_a_name() -> None:
    """A new way to lose a sale would not be among those that the crash tests try."""
    assert scan(rooms()).unnamed == []


def test_names_are_literals_and_stand_once() -> None:
    """A crash test could not say where it killed, or could not list where to kill."""
    found = scan(sorted((ROOT / "kiosk").rglob("*.py")))
    assert [where for where in found.odd if "failpoints.py" not in where] == []
    assert {name: places for name, places in found.points.items() if len(places) > 1} == {}


def test_the_points_of_a_sale_are_there() -> None:
    """The scan could find nothing at all and be content."""
    names = set(declared())
    assert {"journal.append.before_commit", "journal.append.after_commit", "sync.http.before_send"} <= names
    assert len(names) > 20


def test_exemptions_are_still_needed() -> None:
    """An exemption that nothing uses would one day cover something else."""
    for place in EXEMPT:
        path, _, function = place.partition(":")
        assert f"def {function}(" in (ROOT / path).read_text(encoding="utf-8"), place


@pytest.mark.parametrize(
    "line",
    [
        "self._connection.commit()",
        "connection.execute('COMMIT')",
        "connection.executescript(f'BEGIN; {sql}; COMMIT;')",
        "self._execute('COMMIT')",
        "self._socket.sendall(data)",
        "self._socket.send(data)",
        "self._session.request('POST', url)",
        "os.write(self._fd, data)",
    ],
)
def test_the_scan_sees_what_it_is_for(tmp_path: Path, line: str) -> None:
    """The guard itself could be blind."""
    path = tmp_path / "x.py"
    path.write_text(f"def f(self, data):\n    {line}\n")
    assert scan([path]).unnamed == ["x.py:2"]
    path.write_text(f"def f(self, data):\n    failpoint('a.b')\n    {line}\n")
    assert scan([path]).unnamed == []
    path.write_text(f"def f(self, data):\n    with self.transaction('a.b'):\n        {line}\n")
    found = scan([path])
    assert found.unnamed == []
    assert set(found.points) == {"a.b.before_commit", "a.b.after_commit"}
    path.write_text(f"def f(self, data):\n    failpoint('a.b')\n\n    def g():\n        {line}\n")
    assert scan([path]).unnamed == ["x.py:5"], "the point of the function around it is not its own"


def test_the_scan_refuses_a_name_that_is_not_a_literal(tmp_path: Path) -> None:
    """A name built at run time would be missing from the list of places to kill at."""
    path = tmp_path / "x.py"
    path.write_text("def f(name):\n    failpoint(name)\n    failpoint('Oops')\n")
    assert len(scan([path]).odd) == 2


def test_an_unarmed_point_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A till in a shop would kill itself."""
    monkeypatch.delenv("KIOSK_FAILPOINT", raising=False)
    monkeypatch.setattr(failpoints, "kill", lambda: pytest.fail("killed"))
    failpoint("journal.append.before_commit")
    monkeypatch.setenv("KIOSK_FAILPOINT", "another.name")
    failpoints.read_environment()
    failpoint("journal.append.before_commit")
    monkeypatch.delenv("KIOSK_FAILPOINT")
    failpoints.read_environment()


def test_an_armed_point_kills_at_the_wanted_passage(tmp_path: Path) -> None:
    """The crash tests would test nothing, or always the first passage."""
    log = tmp_path / "passed"
    code = "from kiosk.failpoints import failpoint\nfor _ in range(9):\n    failpoint('a.b'); failpoint('c.d')\n"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "KIOSK_FAILPOINT": "a.b:3", "KIOSK_FAILPOINT_LOG": str(log), "PYTHONPATH": str(ROOT)},
        check=False,
        timeout=30,
    )
    assert done.returncode == -signal.SIGKILL
    assert log.read_text().split() == ["a.b", "c.d", "a.b", "c.d", "a.b"]
