"""The outbox to the authority, in order, and what comes back: promises settled, exceptions as tasks, stock and policy downloads.

The till thread asks the journal for the next batch and hands it to the gateway, which repeats it until it was taken. Settled
promises are journaled before their rows leave the outbox, so that a crash in between repeats a delivery and loses nothing. Not
responsible for what an exception costs whom.
"""

from typing import Final

from kiosk.domain.events import Event, PromiseSettled
from kiosk.errors import Trouble
from kiosk.protocol.messages import MAX_BATCH_ENTRIES, EntryResult
from kiosk.till.desk import Desk
from kiosk.till.messages import ChangesReceived, EntriesDelivered
from kiosk.till.state import Line, Notice

DELIVER_TIMER: Final = "deliver"
CHANGES_TIMER: Final = "changes"
DELIVER_AFTER_MS: Final = 500  # a sale's entries travel together, and its commit travels before them
RETRY_MS: Final = 5_000
CHANGES_EVERY_MS: Final = 300_000
CHANGES_RETRY_MS: Final = 30_000
SETTLED: Final = frozenset({"applied", "already", "exception"})


class Delivery:
    """Moves entries up and changes down."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._on_the_way = False
        self._planned = False
        self._fetching = False
        self._max_batch = MAX_BATCH_ENTRIES

    def start(self) -> None:
        """Fetch what changed while this terminal was off."""
        self.changes_due()

    def advance(self) -> None:
        """Plan a delivery if something is owed and none is under way."""
        idle = not self._on_the_way and not self._planned
        if idle and self._desk.link_up and self._desk.ports.journal.outbox_size():
            self._planned = True
            self._desk.wake(DELIVER_TIMER, DELIVER_AFTER_MS)

    def due(self) -> None:
        """The timer of the outbox: hand over the next batch, one at a time."""
        self._planned = False
        if self._on_the_way or not self._desk.link_up:
            return
        batch = self._desk.ports.journal.next_batch(self._max_batch)
        if batch is not None:
            self._on_the_way = True
            self._desk.questioned()
            self._desk.ports.gateway.deliver(batch)

    def delivered(self, message: EntriesDelivered) -> None:
        """The authority answered for a whole batch."""
        self._on_the_way = False
        self._max_batch = max(1, min(message.answer.max_batch, MAX_BATCH_ENTRIES))
        try:
            self._settle(message.answer.results)
            left = self._desk.ports.journal.mark_delivered(message.answer).left
            self._desk.downloads_moved()  # the anchor dates the last contact
        except Trouble:
            self._planned = True
            self._desk.wake(DELIVER_TIMER, RETRY_MS)
            raise
        if left and not self._planned:
            self.due()

    def link_restored(self) -> None:
        """Entries first, in order, while new sales go on; then what changed meanwhile."""
        self.due()
        self.changes_due()

    def changes_due(self) -> None:
        """The timer of the downloads."""
        if self._fetching or not self._desk.link_up:
            return
        cursor = self._desk.ports.journal.cursor()
        self._fetching = True
        self._desk.questioned()
        self._desk.ports.gateway.refresh(cursor)

    def changed(self, message: ChangesReceived) -> None:
        """A page of changes, or none: stored together with its cursor, and the next page asked for."""
        self._fetching = False
        self._desk.wake(CHANGES_TIMER, CHANGES_RETRY_MS)
        if message.expired:
            self._desk.ports.journal.restart_download()
            self._desk.downloads_moved()
            self.changes_due()
        elif message.page is not None:
            self._desk.ports.journal.apply_changes(message.page)
            self._desk.downloads_moved()
            if message.page.more:
                self.changes_due()
            else:
                self._desk.wake(CHANGES_TIMER, CHANGES_EVERY_MS)

    # ---- inside

    def _settle(self, results: list[EntryResult]) -> None:
        waiting = {line.promised_seq: line for line in map(self._desk.book.line, self._desk.book.promises) if line}
        events: list[Event] = []
        exceptions: list[Line] = []
        for result in results:
            line = waiting.pop(result.seq, None)
            if line is None or result.outcome not in SETTLED:
                continue
            events.append(PromiseSettled(line.line_id, result.outcome, result.code))
            if result.outcome == "exception":
                exceptions.append(line)
        if not events:
            return
        self._desk.append(*events)
        if len(events) > len(exceptions):
            self._desk.say("banner.back_online", count=len(events) - len(exceptions))
        for line in exceptions:
            if any(line.line_id == task for task, _ in self._desk.book.tasks):
                last4 = line.serial[-4:]
                self._desk.tell(Notice(key="act.exception", line_id=line.line_id, last4=last4), sound="error")
