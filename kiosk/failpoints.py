"""Named points at which a test may kill the process, as a power cut would: one stands beside every commit and every send (JR-06b).

Without ``KIOSK_FAILPOINT`` a point costs one look into the environment. With ``KIOSK_FAILPOINT=name`` the process kills itself with
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


def failpoint(name: str) -> None:
    """A point called ``name``, always a literal such as ``journal.append.before_commit``. Does nothing unless a test armed it."""
    armed = os.environ.get(VARIABLE)
    log = os.environ.get(LOG_VARIABLE)
    if armed is None and log is None:
        return
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
