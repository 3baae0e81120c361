"""Payments in batches: many questions, one reading, one writing, one transaction; each question gets its own answer.

The same operation gets its first answer for ever, made from the rows that it left (PR-12); other content under its id is turned
away. Not responsible for which questions come together (the writer) nor for who may ask (``access``).
"""

from collections.abc import Sequence
from functools import lru_cache

from kiosk.authority.keyfiles import AuthorityKeys
from kiosk.authority.services.pay.answers import Declined, answer_of, event_of, payment_answer
from kiosk.authority.services.pay.asked import Ask, Caller, Follow, Present, id_bytes
from kiosk.authority.services.pay.book import Book, close_book, open_book
from kiosk.authority.services.pay.following import follow
from kiosk.authority.services.pay.presenting import present
from kiosk.authority.services.pay.repeats import Repeated
from kiosk.authority.services.refused import TurnedAway, conflict
from kiosk.authority.store import spends
from kiosk.authority.store.ports import Done, Failed, Transaction
from kiosk.clock import Clock
from kiosk.domain.payment import CARDS_MAX
from kiosk.errors import Bug
from kiosk.protocol.mac import Mac
from kiosk.protocol.payments import MAX_EVENTS, EventsAnswer, PaymentAnswer
from kiosk.protocol.problems import ProblemKind

LOT_KEYS_KEPT = 512

Outcome = PaymentAnswer | Declined
Answered = Outcome | Repeated[Outcome]


class Spending:
    """Decides payments. Holds the lots' keys that it used lately, and nothing else."""

    def __init__(self, *, clock: Clock, keys: AuthorityKeys) -> None:
        self._clock = clock
        self._lot_key = lru_cache(maxsize=LOT_KEYS_KEPT)(lambda lot_no: Mac(keys.lot_key(lot_no)))

    def batch(self, tx: Transaction, asks: Sequence[Ask]) -> list[Done | Failed]:
        """Answer every question, in order, in this transaction; one that was answered before gets ``Repeated``. ``Failed`` holds a
        ``TurnedAway``; anything else that goes wrong is raised, and then none of them happened."""
        book = open_book(tx, asks, now_ms=self._clock.now_ms())
        results: list[Done | Failed] = []
        for ask in asks:
            try:
                results.append(Done(self._one(book, ask)))
            except TurnedAway as turned_away:
                results.append(Failed(turned_away))
            book.seq += 1
        close_book(tx, book)
        return results

    def _one(self, book: Book, ask: Ask) -> Answered:
        before = book.first_of(ask.op_id)
        if before is not None:
            if before.fingerprint != ask.fingerprint or before.payment_id != ask.payment_id:
                raise conflict("other content was sent under this idempotency key before")
            return Repeated(answer_of(book.rows_of(before.payment_id), before))
        match ask:
            case Present():
                return present(book, ask, lot_key=self._lot_key)
            case Follow():
                return follow(book, ask)
            case _:
                raise Bug("a question about payments is one of these two")


def outcome_of(answered: Answered) -> Outcome:
    """The answer of ``Spending.batch`` for whom it makes no difference whether it was given before."""
    return answered.answer if isinstance(answered, Repeated) else answered


def find_payment(tx: Transaction, caller: Caller, payment_id: str) -> PaymentAnswer:
    """How a payment of the caller stands now. Raises ``TurnedAway``; another merchant's payment is none."""
    rows = spends.rows_of_payment(tx, id_bytes(payment_id))
    if not rows or rows[0].merchant_no != caller.merchant_no or rows[0].test != caller.test:
        raise TurnedAway(ProblemKind.NOT_FOUND, "no such payment")
    return payment_answer(rows)


def events_after(tx: Transaction, caller: Caller, *, after: int, limit: int = MAX_EVENTS) -> EventsAnswer:
    """The caller's events after a number of the counter, and the number that they reach. What has no effect is no event."""
    # an operation on several cards is one event: the last one read may be half of it and waits for the next page
    rows = spends.rows_after(tx, merchant_no=caller.merchant_no, test=caller.test, seq=after, limit=limit + CARDS_MAX)
    more = len(rows) == limit + CARDS_MAX
    if more:
        rows = [row for row in rows if row.seq != rows[-1].seq]
    known = spends.known_rows(tx, sorted({row.payment_id for row in rows}))
    events, seen = [], set()
    for row in rows:
        if row.seq not in seen:
            seen.add(row.seq)
            events.append(event_of([one for one in known if one.payment_id == row.payment_id], row))
    reached = rows[-1].seq if rows else after
    return EventsAnswer(events=events, cursor=str(reached), more=more)
