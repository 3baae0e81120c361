"""The receipt printer: asks before it prints, and calls a receipt printed only when the printer said so.

The ladder: status before, or REFUSED with nothing sent → bytes in small pieces while listening, stopped at the first complaint →
the printer's own confirmation, or UNKNOWN. A job is never sent twice; after an UNKNOWN the printer's buffers are emptied, so that
nothing comes out by itself when the paper is changed. Runs on the worker's thread; not responsible for what a receipt says.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kiosk.clock import Clock
from kiosk.devices.health import HealthBoard
from kiosk.devices.printing.condition import GARBLED, MUTE, Condition, from_asb, from_real_time
from kiosk.devices.printing.escpos import CUT, RESET, STATUS_ON, build_job, warm_up
from kiosk.devices.printing.jobs import Ending, Job, PrintJob, post_ending
from kiosk.devices.printing.profiles import Clear, Confirm, Profile
from kiosk.devices.printing.status import (
    Answer,
    Asb,
    Cleared,
    GsR,
    Junk,
    ProcessId,
    Restarted,
    Rt,
    StatusParser,
)
from kiosk.devices.transport import STALLED
from kiosk.devices.worker import Link, Stopped
from kiosk.domain.sale import PrintOutcome
from kiosk.errors import Trouble
from kiosk.till.messages import DeviceState

_log = logging.getLogger(__name__)

PULSE: Final = b"\x1bp\x00\x19\xfa"  # drawer on pin 2: 50 ms on, 500 ms off
CLEAR: Final = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
FILL: Final = bytes(8192)  # ends whatever half command was swallowed
SLOW_FILL: Final = bytes(1024)  # at 9600 a full one would take eight seconds
SLOW_BAUD: Final = 38_400


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintTimings:
    """How long the printer is given. ``mechanism_s`` is added to the time that the bytes need on the wire."""

    answer_s: float = 0.8
    stall_s: float = 4.0
    mechanism_s: float = 5.0
    poll_s: float = 2.0
    clear_s: float = 1.0


class _Complaint(Exception):  # noqa: N818 - a control flow of this file: the printer cannot go on
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PrinterBehaviour:
    """What the printer's thread does; see ``kiosk.devices.worker.Behaviour``."""

    def __init__(
        self,
        profile: Profile,
        *,
        baud: int | None,
        post: Callable[[object], None],
        health: HealthBoard,
        clock: Clock,
        timings: PrintTimings,
        cache: Path | None = None,
    ) -> None:
        self._profile = profile
        self._baud = baud
        self._post = post
        self._health = health
        self._clock = clock
        self._timings = timings
        self._cache = cache
        self._parser = StatusParser()
        self._condition = Condition()
        self._unfinished = (
            True  # what the printer still holds is not known: at the start, and after a job that did not end well
        )
        self._warm = False
        self._half_out = False  # part of a receipt may hang out of the printer
        self._noise = False  # bytes came that no printer sends
        self._job_from: int | None = None  # the count of taken bytes at the job's first one
        self.tick_s = timings.poll_s

    # the worker's calls

    def opened(self, link: Link) -> None:
        self._parser.reset()
        if self._profile.confirm is Confirm.NONE:
            self._condition = Condition()
            self._show()
            return
        self._empty(link)
        self._send(link, STATUS_ON)
        self._look(link)

    def received(self, link: Link, data: bytes) -> None:
        del link
        for answer in self._parser.feed(data):
            self._note(answer)
        self._show()

    def tick(self, link: Link) -> None:
        if not self._warm:
            self._warm = True
            warm_up(self._cache)
        if self._profile.confirm is Confirm.NONE:
            return
        self._look(link)
        if self._unfinished and not self._condition.reasons:
            self._empty(link)

    def run(self, link: Link, job: Job) -> None:
        self._job_from = None
        failure: Exception | None = None
        try:
            ending = self._print(link, job) if isinstance(job, PrintJob) else self._kick(link)
        except _Complaint as complaint:
            ending = self._broken_off(link, complaint.reason)
        except Trouble as trouble:
            ending = self._broken_off(link, "stalled" if trouble.code == STALLED else "lost")
            failure = None if trouble.code == STALLED else trouble
        except Stopped as stopped:
            ending, failure = self._broken_off(link, "stopped"), stopped
        except Exception as fault:
            ending, failure = self._broken_off(link, "fault"), fault
        post_ending(self._post, job, ending)
        if ending.outcome is PrintOutcome.UNKNOWN and self._profile.confirm is not Confirm.NONE:
            self._unfinished = True
            self._half_out = isinstance(job, PrintJob)
            link.discard_output()
        if failure is not None:
            raise failure
        self._show()
        if self._unfinished and self._profile.confirm is not Confirm.NONE:
            self._empty(link)
        self._show()

    def refuse(self, job: Job, reason: str) -> None:
        post_ending(self._post, job, Ending(PrintOutcome.REFUSED, reason))

    def lost(self) -> None:
        self._parser.reset()

    # jobs

    def _print(self, link: Link, job: PrintJob) -> Ending:
        if self._profile.confirm is Confirm.NONE:
            data = build_job(job.document, self._profile, job.process_id)
            self._job_bytes(link, data)
            return Ending(PrintOutcome.UNKNOWN, "cannot_answer", len(data))
        if self._unfinished:
            self._empty(link)
        self._look(link)
        if self._condition.reasons:
            return Ending(PrintOutcome.REFUSED, self._condition.worst)
        data = build_job(job.document, self._profile, job.process_id)
        self._job_bytes(link, data)
        self._await_end(link, job, len(data))
        if self._profile.confirm is Confirm.PROCESS_ID:
            return Ending(PrintOutcome.PRINTED, "", len(data))
        self._look(link)  # "worked through" is not "on paper": only a printer that is well afterwards makes it probable
        if self._condition.reasons:
            return Ending(PrintOutcome.UNKNOWN, self._condition.worst, len(data))
        return Ending(PrintOutcome.PROBABLE, "", len(data))

    def _kick(self, link: Link) -> Ending:
        if self._profile.confirm is Confirm.NONE:
            self._pulse(link)
            return Ending(PrintOutcome.UNKNOWN, "cannot_answer", len(PULSE))
        if self._unfinished:
            self._empty(link)
        self._look(link)
        if (
            self._condition.reasons
        ):  # an offline printer would open the drawer when it is back, with nobody expecting it
            return Ending(PrintOutcome.REFUSED, self._condition.worst)
        self._pulse(link)
        answer = self._ask(link, 1)
        if answer is None or answer & 0x08:
            return Ending(PrintOutcome.UNKNOWN, MUTE, len(PULSE))
        return Ending(PrintOutcome.PROBABLE, "", len(PULSE))

    def _pulse(self, link: Link) -> None:
        self._job_from = link.taken_bytes
        self._send(link, PULSE)

    def _job_bytes(self, link: Link, data: bytes) -> None:
        def listen(arrived: bytes) -> None:
            for answer in self._parser.feed(arrived):
                self._note(answer)
                self._complain(answer)

        self._job_from = link.taken_bytes
        link.write(data, stall_s=self._timings.stall_s, on_input=listen)

    def _await_end(self, link: Link, job: PrintJob, size: int) -> None:
        """Wait for the confirmation of this job; raises ``_Complaint`` when the printer says why not, or says nothing."""
        wire_s = size * 10 / self._baud if self._baud else 0.0
        deadline_ms = self._clock.monotonic_ms() + round((wire_s + self._timings.mechanism_s) * 1000)
        while (left_ms := deadline_ms - self._clock.monotonic_ms()) > 0:
            for answer in self._parser.feed(link.wait(left_ms / 1000)):
                self._note(answer)
                match answer:
                    case ProcessId(process_id) if process_id == job.process_id:
                        return
                    case GsR(byte) if self._profile.confirm is Confirm.GS_R:
                        if byte & 0x0C:
                            raise _Complaint("paper_out")
                        return
                    case _:
                        self._complain(answer)
        raise _Complaint("no_confirmation")

    def _complain(self, answer: Answer) -> None:
        if isinstance(answer, Restarted):
            raise _Complaint("restarted")
        if isinstance(answer, Asb) and self._condition.stops:
            raise _Complaint(self._condition.stops)

    def _broken_off(self, link: Link, reason: str) -> Ending:
        sent = 0 if self._job_from is None else link.taken_bytes - self._job_from
        return Ending(PrintOutcome.UNKNOWN if sent else PrintOutcome.REFUSED, reason, sent)

    # the printer's state

    def _look(self, link: Link) -> None:
        """Ask what there is to know, and show it."""
        self._noise = False
        printer = self._ask(link, 1)
        cause = self._ask(link, 2) if printer is not None else None
        roll = self._ask(link, 4) if cause is not None else None
        if printer is None or cause is None or roll is None:
            self._condition = Condition(frozenset({GARBLED if self._noise else MUTE}))
        else:
            error = self._ask(link, 3) if cause & 0x40 else None
            self._condition = from_real_time(printer=printer, cause=cause, error=error, roll=roll)
        self._show()

    def _ask(self, link: Link, question: int) -> int | None:
        """One real-time question; ``None`` for silence, or for noise that is no answer."""
        for answer in self._parser.feed(link.wait(0)):  # what came unasked is no answer to this
            self._note(answer)
        self._send(link, bytes((0x10, 0x04, question)))
        deadline_ms = self._clock.monotonic_ms() + round(self._timings.answer_s * 1000)
        while (left_ms := deadline_ms - self._clock.monotonic_ms()) > 0:
            found: int | None = None
            for answer in self._parser.feed(link.wait(left_ms / 1000)):
                if isinstance(answer, Rt) and found is None:
                    found = answer.byte
                else:
                    self._note(answer)
            if found is not None:
                return found
        return None

    def _note(self, answer: Answer) -> None:
        match answer:
            case Asb():
                self._condition = from_asb(answer)
            case Junk():
                self._noise = True
            case Restarted():
                self._unfinished = True
            case _:
                pass

    def _show(self) -> None:
        worst = self._condition.worst
        self._health.set(DeviceState.ATTENTION if worst else DeviceState.READY, worst, self._condition.paper)

    # emptying

    def _empty(self, link: Link) -> None:
        """Make the printer forget what it holds: what was not printed must not come out by itself later.

        It stays *unfinished* when that cannot be known, and is tried again before the next job.
        """
        try:
            if self._profile.clear is Clear.DLE_DC4:
                self._send(link, CLEAR)
                if not self._cleared(link) and not self._fill(link):
                    return
            elif not self._fill(link):
                return
            # half a receipt must not become the beginning of the next customer's
            cut = CUT if self._half_out and self._profile.cutter else b""
            self._send(link, RESET + STATUS_ON + cut)
            self._unfinished = self._half_out = False
        except Trouble as trouble:
            if trouble.code != STALLED:
                raise
            link.discard_output()

    def _fill(self, link: Link) -> bool:
        """End half a command with zeros, for a printer that cannot be cleared; only if somebody is there to take them."""
        if self._ask(link, 1) is None:
            return False
        fill = SLOW_FILL if self._baud is not None and self._baud < SLOW_BAUD else FILL
        link.write(fill, stall_s=self._timings.stall_s, on_input=self._just_note)
        return True

    def _cleared(self, link: Link) -> bool:
        deadline_ms = self._clock.monotonic_ms() + round(self._timings.clear_s * 1000)
        while (left_ms := deadline_ms - self._clock.monotonic_ms()) > 0:
            for answer in self._parser.feed(link.wait(left_ms / 1000)):
                if isinstance(answer, Cleared):
                    return True
                self._note(answer)
        return False

    def _send(self, link: Link, data: bytes) -> None:
        link.write(data, stall_s=self._timings.answer_s, on_input=self._just_note)

    def _just_note(self, arrived: bytes) -> None:
        for answer in self._parser.feed(arrived):
            self._note(answer)
