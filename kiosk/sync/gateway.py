"""``HttpAuthorityGateway``: the till's calls become signed exchanges in threads of its own, their outcomes messages in its mailbox.

Exactly one message for each call, whatever happens. Calls about lines, balances and probes share a few workers; deliveries and
downloads have a courier of their own, so that advice never keeps a customer waiting (PR-19). Holds no state of the till; not
responsible for asking again (the till decides that for lines, ``sender`` for deliveries).
"""

import logging
import threading
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from kiosk.clock import Clock, IdSource
from kiosk.errors import Bug
from kiosk.protocol.messages import EntriesRequest
from kiosk.protocol.problems import Problem
from kiosk.sync.asker import Asker, Endpoint
from kiosk.sync.clock_check import ClockCheck
from kiosk.sync.downloads import fetch_page
from kiosk.sync.exchange import (
    Identity,
    NoAnswer,
    Question,
    balance_question,
    line_question,
    time_question,
)
from kiosk.sync.lanes import Job, Lanes
from kiosk.sync.sender import Pauses, Sender
from kiosk.till.messages import BalanceAnswered, ChangesReceived, EntriesDelivered, LineAnswered, LinkProbed, Message
from kiosk.till.ports import LineCall

WORKERS: Final = 4
BALANCE_TIMEOUT_MS: Final = 6_000
PROBE_TIMEOUT_MS: Final = 5_000
BATCH_TIMEOUT_MS: Final = 30_000
STOP_TIMEOUT_S: Final = 5.0
FAILED_PAUSE_S: Final = 60.0  # after a bug of ours in a delivery
_URGENT: Final = frozenset({"reserve", "extend", "commit"})

T = TypeVar("T", bound=msgspec.Struct)
_log = logging.getLogger(__name__)


class HttpAuthorityGateway:
    """Implements ``kiosk.till.ports.AuthorityGateway``. ``start`` it once, ``stop`` it once.

    ``post`` puts a message into the till's mailbox and is called from the gateway's threads; after ``stop`` returned it is called
    no more.
    """

    def __init__(
        self,
        *,
        endpoint: Endpoint,
        identity: Identity,
        post: Callable[[Message], None],
        clock: Clock,
        ids: IdSource,
        pauses: Pauses = Pauses(),  # noqa: B008 - frozen
        clock_check: ClockCheck | None = None,
    ) -> None:
        self._post = post
        self._clock = clock
        self.clock_check = clock_check or ClockCheck(clock)
        self._asker = Asker(endpoint=endpoint, identity=identity, clock=clock, ids=ids, clock_check=self.clock_check)
        self._lanes = Lanes()
        self._sender = Sender(ask=self._ask, ids=ids, pauses=pauses, timeout_ms=BATCH_TIMEOUT_MS)
        self._courier = Lanes()
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._failed_pause_s = min(FAILED_PAUSE_S, pauses.longest_ms / 1000)
        self._note_lock = threading.Lock()
        self._noted: str | None = None

    def start(self) -> None:
        """Begin to work. Raises ``Bug`` when called twice."""
        if self._threads:
            raise Bug("a gateway is started once")
        rooms = [(f"authority {number}", self._lanes) for number in range(1, WORKERS + 1)]
        rooms += [("deliveries", self._courier), ("downloads", self._courier)]
        self._threads = [
            threading.Thread(target=self._work, args=(lanes,), name=name, daemon=True) for name, lanes in rooms
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End everything under way. What was asked and not answered stays unknown; nothing is posted after the return."""
        self._stopping.set()
        self._lanes.close()
        self._courier.close()
        self._sender.stop()
        self._asker.stop()
        for thread in self._threads:
            thread.join(STOP_TIMEOUT_S)
        late = [thread.name for thread in self._threads if thread.is_alive()]
        if late:  # a name look-up of the operating system cannot be interrupted; the threads are daemons
            _log.warning("still busy at the end: %s", ", ".join(late))

    def send(self, call: LineCall) -> None:
        self._put(
            self._lanes,
            Job(
                lane=f"line {call.line_id}",
                urgent=call.verb in _URGENT,
                run=lambda: self._line(call),
                lost=lambda: self._tell(LineAnswered(call.verb, call.line_id, None, sent=False, n=call.n)),
            ),
        )

    def ask_balance(self, question_id: str, serial: str) -> None:
        self._put(
            self._lanes,
            Job(
                lane=f"balance {question_id}",
                urgent=True,
                run=lambda: self._balance(question_id, serial),
                lost=lambda: self._tell(BalanceAnswered(question_id, None)),
            ),
        )

    def probe(self) -> None:
        self._put(
            self._lanes, Job(lane="probe", urgent=True, run=self._probe, lost=lambda: self._tell(LinkProbed(None)))
        )

    def deliver(self, batch: EntriesRequest) -> None:
        self._put(self._courier, Job(lane="delivery", urgent=False, run=lambda: self._deliver(batch), lost=_nothing))

    def refresh(self, cursor: str) -> None:
        self._put(
            self._courier,
            Job(
                lane="download",
                urgent=True,
                run=lambda: self._tell(fetch_page(self._ask, cursor)),
                lost=lambda: self._tell(ChangesReceived(None)),
            ),
        )

    def _put(self, lanes: Lanes, job: Job) -> None:
        if not lanes.put(job) and not self._stopping.is_set():
            _log.warning("too many calls wait for the authority: one was given up unsent")
            job.lost()

    def _work(self, lanes: Lanes) -> None:
        while (job := lanes.take()) is not None:
            try:
                job.run()
            except Exception:
                # the till hears "no answer", which is true; a thread that died would leave it waiting for ever
                _log.exception("a call to the authority failed in this program")
                job.lost()
            finally:
                lanes.done(job)

    def _line(self, call: LineCall) -> None:
        sent, problem, answer = True, None, None
        try:
            asked = self._ask(line_question(call), timeout_ms=call.timeout_ms)
            if isinstance(asked, Problem):
                problem = asked.name
            else:
                answer = asked
        except NoAnswer as silence:
            sent = silence.sent
        self._tell(LineAnswered(call.verb, call.line_id, answer, sent=sent, n=call.n, problem=problem))

    def _balance(self, question_id: str, serial: str) -> None:
        try:
            answer = self._ask(balance_question(question_id, serial), timeout_ms=BALANCE_TIMEOUT_MS)
        except NoAnswer:
            answer = None
        self._tell(BalanceAnswered(question_id, None if isinstance(answer, Problem) else answer))

    def _probe(self) -> None:
        asked_mono_ms = self._clock.monotonic_ms()
        try:
            answer = self._ask(time_question(), timeout_ms=PROBE_TIMEOUT_MS)
        except NoAnswer:
            self._tell(LinkProbed(None))
            return
        if isinstance(answer, Problem):
            self._tell(LinkProbed(None, problem=answer.name))
            return
        self.clock_check.learn(answer.time_ms, asked_mono_ms=asked_mono_ms)
        self._sender.link_is_up()
        self._tell(LinkProbed(answer.time_ms, clock_off_ms=self.clock_check.off_ms()))

    def _deliver(self, batch: EntriesRequest) -> None:
        while not self._stopping.is_set():
            try:
                answer = self._sender.deliver(batch)
            except Exception:
                # the till asks for the next batch only after this one: given up, it would keep every promise back until a restart
                _log.exception("a delivery failed in this program: it is tried again")
                self._stopping.wait(self._failed_pause_s)
                continue
            if answer is not None:
                self._tell(EntriesDelivered(answer))
            return

    def _ask(self, question: Question[T], *, timeout_ms: int) -> T | Problem:
        """One attempt; a link that goes away or comes back is noted once."""
        try:
            answer = self._asker.ask(question, timeout_ms=timeout_ms)
        except NoAnswer as silence:
            self._note(str(silence))
            raise
        self._note(answer.name if isinstance(answer, Problem) else None)
        return answer

    def _note(self, state: str | None) -> None:
        with self._note_lock:
            before, self._noted = self._noted, state
        if self._stopping.is_set() or before == state:
            return
        if state is None:
            _log.info("the authority answers again")
        else:
            _log.info("no answer from the authority: %s", state)

    def _tell(self, message: Message) -> None:
        if not self._stopping.is_set():
            self._post(message)


def _nothing() -> None:
    """A delivery that could not begin: the entries stay owed, and the next start asks for them again."""
