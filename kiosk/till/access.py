"""Who stands at the till: log in with a PIN, lock with the basket kept. Five wrong PINs, then 30 s, doubling.

Wrong tries are journaled, so that a restart forgives none. Not responsible for hashes (``pins``) nor for what a role may do.
"""

from typing import Final

from kiosk.domain.events import ClerkLoggedIn, ClerkLoggedOut, Event, LogInRefused, TillLocked
from kiosk.till.commands import Lock, LogIn
from kiosk.till.completing import Completing
from kiosk.till.desk import Desk
from kiosk.till.state import Book, LogInState

FREE_TRIES: Final = 5
FIRST_LOCK_MS: Final = 30_000
LONGEST_LOCK_MS: Final = 3_600_000


class Access:
    """Lets people in and keeps others out."""

    def __init__(self, desk: Desk, completing: Completing) -> None:
        self._desk = desk
        self._completing = completing

    def log_in(self, command: LogIn) -> None:
        """A name and a PIN. While the name is locked out, no PIN is even looked at."""
        desk = self._desk
        until_ms = locked_until_ms(desk.book, command.user_id, now_ms=desk.now_ms())
        if until_ms is not None:
            desk.passing.login = LogInState(command.user_id, 0, until_ms)
            return
        if not desk.ports.clerks.check(command.user_id, command.pin):
            self._refuse(command.user_id)
            return
        before = desk.book.user
        events: list[Event] = [ClerkLoggedIn(command.user_id)]
        if before not in ("", command.user_id):
            events.insert(0, ClerkLoggedOut(before))
        desk.append(*events)
        desk.passing.login = LogInState()
        desk.hush()

    def lock(self, command: Lock) -> None:
        """Nobody sells until somebody logs in; a completed sale on screen counts as handed over."""
        if not self._desk.book.user or self._desk.book.locked:
            return
        self._desk.passing.paying = None  # nobody stands at the drawer any more
        self._completing.hand_over()
        self._desk.append(TillLocked(self._desk.book.user, command.by_idle))
        self._desk.passing.login = LogInState()
        self._desk.hush()

    def _refuse(self, user_id: str) -> None:
        desk = self._desk
        left = max(0, FREE_TRIES - tries_of(desk.book, user_id) - 1)
        desk.append(LogInRefused(user_id, left))
        until_ms = locked_until_ms(desk.book, user_id, now_ms=desk.now_ms())
        desk.passing.login = LogInState(user_id, left, until_ms)
        desk.ports.sounds.play("error")


def tries_of(book: Book, user_id: str) -> int:
    """Wrong PINs of this name since the last right one."""
    return next((tries.count for tries in book.wrong if tries.user_id == user_id), 0)


def locked_until_ms(book: Book, user_id: str, *, now_ms: int) -> int | None:
    """When this name may try again (UTC), or ``None`` when it may now. A clock set back does not lock anybody out for longer."""
    tries = next((tries for tries in book.wrong if tries.user_id == user_id), None)
    if tries is None or tries.count < FREE_TRIES:
        return None
    lock_ms = min(FIRST_LOCK_MS << min(tries.count - FREE_TRIES, 16), LONGEST_LOCK_MS)
    until_ms = min(tries.at_ms, now_ms) + lock_ms
    return until_ms if until_ms > now_ms else None
