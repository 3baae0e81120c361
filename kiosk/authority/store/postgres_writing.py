"""One connection that writes: works in transactions that are durable when they return, batches of works in one.

READ COMMITTED, because balances change by conditional updates alone (SV-01). A transaction that the server undid because of others
is run again; a work that raises is split off. Not responsible for the connection and its turns (``postgres_session``) nor for what
an error means (``postgres_trouble``).
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from kiosk.authority.store.ports import Done, Failed, T, Work
from kiosk.authority.store.postgres_session import PostgresSession
from kiosk.authority.store.postgres_transaction import PostgresTransaction
from kiosk.authority.store.postgres_trouble import StatementFailed
from kiosk.errors import Trouble

ATTEMPTS: Final = 4
WRITE: Final = "BEGIN ISOLATION LEVEL READ COMMITTED"


class Writing:
    """One side of the store, used by one work or batch at a time, always inside the session's ``whole`` or ``whole_here``."""

    def __init__(self, session: PostgresSession) -> None:
        self.session = session
        self._transaction = PostgresTransaction(session)

    def one(self, work: Work[T]) -> T:
        """``Store.write``."""

        def once() -> T:
            self.session.begin(WRITE)
            value = work(self._transaction)
            self.session.make_durable()
            return value

        return self.attempt(once)

    def all(self, works: Sequence[Work[Any]], under_way: Callable[[], None] | None = None) -> list[Done | Failed]:
        """``Store.write_batch``. ``under_way`` is called when nothing is left to do but one last writing that says what it leaves:
        then the next batch may be read and decided."""

        def once() -> list[Done | Failed]:
            self.session.begin(WRITE, under_way)
            return self._alone(works[0]) if len(works) == 1 else self._each(works)

        return self.attempt(once)

    def attempt(self, once: Callable[[], T]) -> T:
        """Run it, and again when the server undid it because of others."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return once()
            except StatementFailed as failed:
                self.session.abandon()
                if not failed.again or attempt == ATTEMPTS:
                    raise failed.found from failed.__cause__
            except BaseException:
                self.session.abandon()
                raise
        raise AssertionError("the last attempt returns or raises")

    def _alone(self, work: Work[Any]) -> list[Done | Failed]:
        """A batch of one needs no savepoint: its transaction is its own."""
        try:
            value = work(self._transaction)
        except StatementFailed as failed:
            if isinstance(failed.found, Trouble):
                raise
            self.session.abandon()
            return [Failed(failed.found)]
        except Trouble:
            raise  # a work that ended its own transaction does not know how: nobody does
        except Exception as error:
            self.session.abandon()
            return [Failed(error)]
        self.session.make_durable()
        return [Done(value)]

    def _each(self, works: Sequence[Work[Any]]) -> list[Done | Failed]:
        self.session.open()
        self.session.execute("SAVEPOINT item")
        results = [self._item(work) for work in works]
        self.session.make_durable()
        return results

    def _item(self, work: Work[Any]) -> Done | Failed:
        try:
            done = Done(work(self._transaction))
        except StatementFailed as failed:
            if isinstance(failed.found, Trouble):
                raise  # the server's failure is everybody's
            self.session.execute("ROLLBACK TO SAVEPOINT item")
            return Failed(failed.found)
        except Exception as error:
            self.session.execute("ROLLBACK TO SAVEPOINT item")
            return Failed(error)
        self.session.execute("RELEASE SAVEPOINT item; SAVEPOINT item")
        return done
