"""An authority that is served, dies and is served again, while merchants go on asking: who asks waits until there is one.

Each life may have a death: a named point, or ``answers:N`` for a kill from outside once N answers were heard in it. Not responsible
for what is asked nor for judging.
"""

import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from kiosk.failpoints import LOG_VARIABLE, VARIABLE
from tests.helpers.paying_site import PayingSite
from tests.helpers.served import Served, start

BIRTH_LIMIT_S: Final = 60.0
ANSWERS: Final = "answers:"


class Lives:
    """Serves from ``__enter__`` to ``__exit__``; ``deaths`` are used up one a life, and after them nobody dies."""

    def __init__(self, site: PayingSite, deaths: Sequence[str], *, log: Path | None = None) -> None:
        self._site = site
        self._left = list(deaths)
        self._log = log
        self._changed = threading.Condition()
        self._running: Served | None = None
        self._to_hear = 0
        self._over = False
        self.killed: list[str] = []
        self._keeper = threading.Thread(target=self._keep, name="lives", daemon=True)

    def __enter__(self) -> "Lives":
        self._keeper.start()
        self.port()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._over = True
            running = self._running
        if running is not None and running.process.poll() is None:
            running.stop()
        self._keeper.join(BIRTH_LIMIT_S)
        assert not self._keeper.is_alive()

    @property
    def deaths_left(self) -> int:
        """How many deaths are still to come, without the one that the present life waits for."""
        return len(self._left)

    def port(self) -> int:
        """Where the authority listens; waits for it to be born."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._running is not None, BIRTH_LIMIT_S), "nobody serves"
            assert self._running is not None
            return self._running.port

    def heard(self) -> None:
        """An answer arrived; the one that was to be the last kills."""
        with self._changed:
            if self._to_hear and self._running is not None:
                self._to_hear -= 1
                if self._to_hear == 0:
                    with suppress(ProcessLookupError):
                        self._running.process.kill()

    def _keep(self) -> None:
        while not self._over:
            death = self._left.pop(0) if self._left else ""
            environ = dict(self._site.environ)
            if death and not death.startswith(ANSWERS):
                environ[VARIABLE] = death
            if self._log is not None:
                environ[LOG_VARIABLE] = str(self._log)
            try:
                running = start(self._site.folder, environ=environ)
            except AssertionError:  # it died before it listened
                assert death, "an authority that nobody kills does not start"
                self.killed.append(death)
                continue
            with self._changed:
                self._to_hear = int(death.removeprefix(ANSWERS)) if death.startswith(ANSWERS) else 0
                self._running = running
                self._changed.notify_all()
            code = running.process.wait()
            with self._changed:
                self._running = None
            for stream in (running.process.stdout, running.process.stderr):
                assert stream is not None
                stream.close()
            if code == -9:
                self.killed.append(death)


def points_passed(log: Path) -> list[str]:
    """The names of the points that a served authority went through."""
    return log.read_text(encoding="ascii").split() if os.path.exists(log) else []
