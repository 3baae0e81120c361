"""Wrong tills and wrong authorities: each breaks one rule of the design in one place. The simulator must see every one of them.

A mutant is a patch around a day. If no seed condemns it, either the rule is not needed or the simulator is blind; both are news.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, Final
from unittest.mock import patch

from kiosk.authority.services import activate as authority_activate
from kiosk.authority.store import lines as store_lines
from kiosk.authority.store.lines import LineRow
from kiosk.domain.activation import Record
from kiosk.domain.events import CommitRequested, Event, LineCancelled, RecoveryAnswered
from kiosk.domain.refusals import PromiseRefusal
from kiosk.domain.sale import DOUBTFUL_PHASES, LinePhase
from kiosk.protocol.messages import LineAnswer
from kiosk.till import activating, cancelling, delivery, foldparts, offers, promise, reading, recovery, selling
from kiosk.till.desk import Desk
from kiosk.till.enquiries import Enquiries
from kiosk.till.messages import LineAnswered
from kiosk.till.ports import LineCall
from kiosk.till.state import Book, Line, Question, Sale

Mutant = Callable[[ExitStack], None]


def _new_id_on_retry(stack: ExitStack) -> None:
    """A repeated commit goes out under a new id."""
    real = Enquiries.call
    seen: dict[str, int] = {}

    def call(self: Enquiries, verb: str, line: Line, *, n: int = 0) -> LineCall:
        made = real(self, verb, line, n=n)
        if verb != "commit":
            return made
        seen[line.line_id] = seen.get(line.line_id, 0) + 1
        return made if seen[line.line_id] == 1 else replace(made, line_id=self._desk.ports.ids.uuid7())

    stack.enter_context(patch.object(Enquiries, "call", call))


def _send_before_journal(stack: ExitStack) -> None:
    """The commit is sent, and then its intention is journaled."""
    real = Desk.append

    def append(self: Desk, *events: Event, by_nobody: bool = False) -> None:
        for event in events:
            line = self.book.line(event.line_id) if isinstance(event, CommitRequested) else None
            if line is not None and self.link_up:
                self.ports.gateway.send(Enquiries(self).call("commit", line))
        real(self, *events, by_nobody=by_nobody)

    stack.enter_context(patch.object(Desk, "append", append))


def _no_tombstone(stack: ExitStack) -> None:
    """The authority answers a cancel of a line that it never saw, and remembers nothing."""
    real = store_lines.put_line

    def put_line(tx: Any, line: LineRow) -> None:  # Any: whatever the real one takes
        if line.record is not Record.CANCELLED or line.reserved_ms is not None or line.committed_ms is not None:
            real(tx, line)

    stack.enter_context(patch.object(authority_activate, "put_line", put_line))


def _commit_after_cancel(stack: ExitStack) -> None:
    """Commits go on after the money was given back."""
    real = activating.Activating._wanted
    sent: dict[str, int] = {}

    def wanted(self: activating.Activating, line: Line) -> bool:
        if line.phase is not LinePhase.CANCELLING:
            return real(self, line)
        sent[line.line_id] = sent.get(line.line_id, 0) + 1
        self._commit_next.add(line.line_id)
        return sent[line.line_id] < 5

    stack.enter_context(patch.object(activating.Activating, "_wanted", wanted))


def _outbox_emptied_when_sent(stack: ExitStack) -> None:
    """Entries leave the outbox when they are sent, not when they are answered for."""
    real = delivery.Delivery.due

    def due(self: delivery.Delivery) -> None:
        real(self)
        journal: Any = self._desk.ports.journal  # Any: the fake's disk is not in the port
        if self._on_the_way:
            journal.disk.outbox.clear()

    stack.enter_context(patch.object(delivery.Delivery, "due", due))


def _promised_card_sold_again(stack: ExitStack) -> None:
    """A card that was promised or waits for its cancel is not locked on this till."""

    def refusal_here(book: Book, read: reading.CardRead, *, counter: Sale | None) -> Line | None:
        lines = () if counter is None else counter.live
        return next((line for line in lines if line.serial == read.serial), None)

    stack.enter_context(patch.object(selling, "refusal_here", refusal_here))
    stack.enter_context(patch.object(promise, "locked", lambda book, line: False))


def _silence_is_no(stack: ExitStack) -> None:
    """A commit without an answer counts as refused."""
    _silence_as(stack, LineAnswer(outcome="refused", record="refused", reason="not_sellable"))


def _silence_is_yes(stack: ExitStack) -> None:
    """A commit without an answer counts as activated."""
    _silence_as(stack, LineAnswer(outcome="committed", record="committed"))


def _silence_as(stack: ExitStack, answer: LineAnswer) -> None:
    real = activating.Activating.answered

    def answered(self: activating.Activating, message: LineAnswered) -> None:
        silent = message.answer is None and message.verb == "commit"
        real(self, replace(message, answer=answer) if silent else message)

    stack.enter_context(patch.object(activating.Activating, "answered", answered))


def _cancel_forgotten(stack: ExitStack) -> None:
    """A cancel is sent once and then taken for done."""
    real = cancelling.Cancelling.advance

    def advance(self: cancelling.Cancelling) -> None:
        real(self)
        for line_id in self._desk.book.owed if self._desk.link_up else ():
            line = self._desk.book.line(line_id)
            assert line is not None
            self._desk.append_and_complete(line.sale_id, LineCancelled(line_id))

    stack.enter_context(patch.object(cancelling.Cancelling, "advance", advance))


def _restart_asks_nothing(stack: ExitStack) -> None:
    """After a restart the till takes it that the customer waited."""

    def after_restart(sale: Sale) -> Sale:
        return replace(sale, question=None)

    stack.enter_context(patch.object(foldparts, "after_restart", after_restart))


def _restart_forgets_commits(stack: ExitStack) -> None:
    """After a restart a commit under way is taken for one that never was, and the money for returned."""
    real = recovery.Recovery.start

    def start(self: recovery.Recovery) -> None:
        real(self)
        for sale in self._desk.book.sales:
            lines = [line for line in sale.lines if line.phase in DOUBTFUL_PHASES]
            if lines and sale.question is Question.CUSTOMER_LEFT:
                self._desk.append(RecoveryAnswered(sale.sale_id, "customer_left", yes=False))
                self._cancelling.give_back(
                    lines, first=(RecoveryAnswered(sale.sale_id, "money_returned", yes=True),), returned=True
                )

    stack.enter_context(patch.object(recovery.Recovery, "start", start))


def _promises_without_ceiling(stack: ExitStack) -> None:
    """Nobody counts what is promised."""
    real = promise.refusal
    ceilings = (PromiseRefusal.SALE_CARDS, PromiseRefusal.OUTSTANDING_CARDS, PromiseRefusal.OUTSTANDING_VALUE)

    def refusal(*arguments: Any, **named: Any) -> PromiseRefusal | None:  # Any: passed through
        found = real(*arguments, **named)
        return None if found in ceilings else found

    stack.enter_context(patch.object(offers, "refusal", refusal))


def _settled_after_the_outbox(stack: ExitStack) -> None:
    """Rows leave the outbox before the settled promises are journaled."""
    real = delivery.Delivery.delivered

    def delivered(self: delivery.Delivery, message: Any) -> None:  # Any: an EntriesDelivered
        self._desk.ports.journal.mark_delivered(message.answer)
        real(self, message)

    stack.enter_context(patch.object(delivery.Delivery, "delivered", delivered))


def _cancels_never_sent(stack: ExitStack) -> None:
    """A cancel is journaled and never sent."""
    stack.enter_context(patch.object(cancelling.Cancelling, "advance", lambda self: None))


def _repeat_has_another_effect(stack: ExitStack) -> None:
    """The authority does not remember its answers: a repeated message is worked on again."""

    def forgetful(*arguments: Any, effect: Callable[[], LineAnswer], **named: Any) -> LineAnswer:  # Any: ignored
        return effect()

    stack.enter_context(patch.object(authority_activate, "once", forgetful))


MUTANTS: Final[dict[str, Mutant]] = {
    "new-id-on-retry": _new_id_on_retry,
    "send-before-journal": _send_before_journal,
    "no-tombstone": _no_tombstone,
    "commit-after-cancel": _commit_after_cancel,
    "outbox-emptied-when-sent": _outbox_emptied_when_sent,
    "promised-card-sold-again": _promised_card_sold_again,
    "silence-is-no": _silence_is_no,
    "silence-is-yes": _silence_is_yes,
    "cancel-forgotten": _cancel_forgotten,
    "restart-asks-nothing": _restart_asks_nothing,
    "restart-forgets-commits": _restart_forgets_commits,
    "promises-without-ceiling": _promises_without_ceiling,
    "settled-after-the-outbox": _settled_after_the_outbox,
    "cancels-never-sent": _cancels_never_sent,
    "repeat-has-another-effect": _repeat_has_another_effect,
}


@contextmanager
def mutated(name: str | None) -> Iterator[None]:
    """A mutant at work; ``None``: the product as it is."""
    with ExitStack() as stack:
        if name is not None:
            MUTANTS[name](stack)
        yield
