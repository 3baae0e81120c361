"""Named points at which a test may kill the process, as a power cut would: one stands beside every commit and every send (JR-06b).

The environment is read when a process begins, so that a point costs next to nothing where it is not armed: some stand in the way of
every payment. With ``KIOSK_FAILPOINT=name`` the process kills itself with
SIGKILL at that point, with ``name:3`` at the third passage. ``KIOSK_FAILPOINT_LOG=FILE`` writes the name of every point passed,
so that a test learns which points a scenario goes through and then kills at each. ``tests/helpers/failpoints.py`` lists the points
that the source declares and refuses a commit or send without one. Not responsible for what happens after the kill: the journal's
and the authority's recovery are.
"""

import os
import signal

VARIABLE = "KIOSK_FAILPOINT"
LOG_VARIABLE = "KIOSK_FAILPOINT_LOG"

_passed: dict[str, int] = {}  # touched only while armed
_armed: tuple[str | None, str | None] | None = None


def failpoint(name: str) -> None:
    """A point called ``name``, always a literal such as ``journal.append.before_commit``. Does nothing unless a test armed it."""
    if _armed is not None:
        _pass(name, *_armed)


def read_environment() -> None:
    """Read it once more: for a process that arms itself after its start."""
    global _armed  # noqa: PLW0603 - one process, one environment
    armed, log = os.environ.get(VARIABLE), os.environ.get(LOG_VARIABLE)
    _armed = None if armed is None and log is None else (armed, log)


def _pass(name: str, armed: str | None, log: str | None) -> None:
    if log is not None:
        _note(log, name)
    if armed is None:
        return
    wanted, _, count = armed.partition(":")
    if wanted == name:
        _passed[name] = _passed.get(name, 0) + 1
        if _passed[name] == int(count or "1"):
            kill()


def kill() -> None:
    """End this process the way a power cut does: no handler runs, nothing is flushed. The simulator replaces it by an exception."""
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def _note(path: str, name: str) -> None:
    # one small O_APPEND write: whole lines, also from several threads, and in the file before the kill
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, name.encode("ascii") + b"\n")
    finally:
        os.close(descriptor)


read_environment()
