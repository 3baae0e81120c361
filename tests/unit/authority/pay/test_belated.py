"""A payment's writing that reaches the database long after its sender has given it up."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

import pytest

from kiosk.authority.services.audit import audit
from kiosk.authority.store.ports import IN_DOUBT, Group, T, Transaction, Work, trouble
from kiosk.authority.store.postgres import PostgresStore
from kiosk.authority.store.spends import ArrayTransaction
from kiosk.authority.store.writer import DirectRunner
from kiosk.errors import Trouble
from tests.helpers.checkouts import Hosted, make_hosted, paid
from tests.helpers.spending import make_spending


class _Sent(Exception):  # noqa: N818 - nothing went wrong
    """The statement has left us."""


class _Belated:
    """A way to a PostgreSQL store whose payments are sent and not begun yet, when the connection is given up."""

    def __init__(self, store: PostgresStore) -> None:
        self._store = store
        self._usual = DirectRunner(store)
        self._sent: tuple[str, tuple[Any, ...]] | None = None

    async def write(self, work: Work[T]) -> T:
        return await self._usual.write(work)

    async def read(self, work: Work[T]) -> T:
        return await self._usual.read(work)

    async def together(self, group: Group, question: Any) -> Any:  # Any: as in the port
        with suppress(_Sent):
            await self._usual.write(lambda tx: group(_Sending(tx, self._keep), [question]))
        raise trouble(IN_DOUBT, "nobody heard what became of it")

    def begin_at_last(self) -> None:
        """The server gets to it."""
        assert self._sent is not None, "something was sent"
        sql, values = self._sent
        self._store.write(lambda tx: cast(ArrayTransaction, tx).fetch(sql, *values))

    def _keep(self, sql: str, *values: Any, leaves: object = None) -> None:
        self._sent = sql, values
        raise _Sent


class _Sending:
    """A transaction whose last writing leaves us."""

    def __init__(self, tx: Transaction, end_with: Callable[..., None]) -> None:
        self._tx = tx
        self.end_with = end_with

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)


def test_a_writing_that_was_given_up_cannot_happen_after_the_page_is_open_again(
    postgres_store: PostgresStore, caplog: pytest.LogCaptureFixture
) -> None:
    """The shopper would hear that nothing was paid, take another card, and pay twice."""
    till = make_spending(postgres_store)
    belated = _Belated(postgres_store)
    before = Hosted(till, belated)
    checkout_id = before.create().checkout_id
    with pytest.raises(Trouble):
        before.pay(checkout_id, (till.serials[0], till.next_code(till.serials[0])))
    assert "what it left is found out later" in caplog.text
    hosted = make_hosted(till)
    assert hosted.find(checkout_id).state == "open", "nothing is in the books"
    with pytest.raises(Trouble):
        belated.begin_at_last()
    assert paid(hosted.pay(checkout_id, (till.serials[1], till.next_code(till.serials[1]))))
    assert hosted.payments() == 1
    assert postgres_store.read(audit) == []
