"""The simulated bank-card terminal, driven over a wire like a real one: asks for an amount, and knows three answers.

A charge is asked for once. Refused only when the terminal said so or when not a byte was sent; whatever else happens is unknown and
is resolved by ``status`` with the same id. Not responsible for the till's decision meanwhile: keep the card, keep the goods.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from kiosk.clock import Clock
from kiosk.devices.bankcard.frames import BankCardFramer, encode
from kiosk.devices.health import HealthBoard
from kiosk.devices.ports import address_exists, open_address
from kiosk.devices.transport import STALLED, Opener
from kiosk.devices.worker import DeviceWorker, Link, Stopped
from kiosk.domain.money import Money
from kiosk.domain.sale import ChargeOutcome
from kiosk.errors import Trouble
from kiosk.settings import DeviceAddress
from kiosk.till.messages import BankCardAnswered, DeviceHealth, DeviceState

IDLE_TICK_S: Final = 2.0
HEARD_MAX: Final = 16

# what the terminal says → what it means; NEVER is a no, because the terminal will refuse that id from then on
_MEANING: Final = {
    "ACCEPTED": ChargeOutcome.ACCEPTED,
    "REFUSED": ChargeOutcome.REFUSED,
    "NEVER": ChargeOutcome.REFUSED,
    "RUNNING": ChargeOutcome.UNKNOWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BankCardTimings:
    """``customer_s`` is for finding the card and typing its PIN; ``seen_s`` for the terminal to take notice."""

    seen_s: float = 2.0
    customer_s: float = 120.0
    status_s: float = 3.0
    write_s: float = 1.0


@dataclass(frozen=True, slots=True)
class _Charge:
    charge_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class _Status:
    charge_id: str


_Job = _Charge | _Status


class SimulatedBankCard:
    """Implements ``kiosk.till.ports.BankCardTerminal``; each call is answered once by ``BankCardAnswered``."""

    def __init__(
        self,
        address: DeviceAddress,
        *,
        post: Callable[[object], None],
        clock: Clock,
        timings: BankCardTimings | None = None,
        opener: Opener = open_address,
    ) -> None:
        self._health = HealthBoard("bankcard", post, clock)
        self._worker: DeviceWorker[_Job] = DeviceWorker(
            "bankcard",
            _BankCardBehaviour(post, self._health, clock, timings or BankCardTimings()),
            open_port=lambda: opener(address),
            port_exists=lambda: address_exists(address),
            health=self._health,
            clock=clock,
        )

    @property
    def health(self) -> DeviceHealth:
        """What was posted last."""
        return self._health.current

    def start(self) -> None:
        self._worker.start()

    def stop(self, timeout_s: float = 2.0) -> bool:
        """End within ``timeout_s``; a charge under way becomes unknown. Whether it has ended."""
        return self._worker.stop(timeout_s)

    def charge(self, charge_id: str, amount: Money) -> None:
        self._worker.submit(_Charge(charge_id, amount))

    def status(self, charge_id: str) -> None:
        self._worker.submit(_Status(charge_id))


class _BankCardBehaviour:
    tick_s = IDLE_TICK_S

    def __init__(
        self, post: Callable[[object], None], health: HealthBoard, clock: Clock, timings: BankCardTimings
    ) -> None:
        self._post = post
        self._health = health
        self._clock = clock
        self._timings = timings
        self._framer = BankCardFramer()
        self._heard: deque[tuple[str, ...]] = deque(maxlen=HEARD_MAX)

    def opened(self, link: Link) -> None:
        del link
        self._framer.reset()
        self._health.set(DeviceState.READY)

    def received(self, link: Link, data: bytes) -> None:
        """An answer that nobody waits for any more: the till asks for it with ``status``."""
        del link
        self._framer.feed(data)

    def tick(self, link: Link) -> None:
        """Nothing to look after: the simulated terminal has no paper of its own."""

    def lost(self) -> None:
        self._framer.reset()
        self._heard.clear()

    def refuse(self, job: _Job, reason: str) -> None:
        del reason
        # nothing was sent: a charge is surely not made, but what became of an earlier one stays unknown
        self._answer(job, ChargeOutcome.REFUSED if isinstance(job, _Charge) else ChargeOutcome.UNKNOWN)

    def run(self, link: Link, job: _Job) -> None:
        before = link.taken_bytes
        self._heard.clear()
        try:
            outcome = self._charge(link, job) if isinstance(job, _Charge) else self._status(link, job)
        except Trouble as trouble:
            nothing_sent = link.taken_bytes == before and isinstance(job, _Charge)
            self._answer(job, ChargeOutcome.REFUSED if nothing_sent else ChargeOutcome.UNKNOWN)
            if trouble.code != STALLED:
                raise
            link.discard_output()
            self._health.set(DeviceState.ATTENTION, "stalled")
            return
        except (Stopped, Exception):
            self._answer(job, ChargeOutcome.UNKNOWN)
            raise
        self._answer(job, outcome)

    def _charge(self, link: Link, job: _Charge) -> ChargeOutcome:
        self._write(link, encode("CHARGE", job.charge_id, str(job.amount.minor), job.amount.currency.code))
        if self._hear(link, "SEEN", job.charge_id, self._timings.seen_s) is None:
            self._health.set(DeviceState.ATTENTION, "no_answer")
            return ChargeOutcome.UNKNOWN
        self._health.set(DeviceState.READY)
        return self._outcome(link, job.charge_id, self._timings.customer_s)

    def _status(self, link: Link, job: _Status) -> ChargeOutcome:
        self._write(link, encode("STATUS", job.charge_id))
        return self._outcome(link, job.charge_id, self._timings.status_s)

    def _outcome(self, link: Link, charge_id: str, timeout_s: float) -> ChargeOutcome:
        answer = self._hear(link, "ANSWER", charge_id, timeout_s)
        if answer is None:
            self._health.set(DeviceState.ATTENTION, "no_answer")
            return ChargeOutcome.UNKNOWN
        self._health.set(DeviceState.READY)
        return _MEANING.get(answer[2], ChargeOutcome.UNKNOWN)

    def _hear(self, link: Link, verb: str, charge_id: str, timeout_s: float) -> tuple[str, ...] | None:
        """The message that begins so, or ``None``. Both may come in one read: what is not wanted yet is kept."""
        wanted = {"SEEN": 2, "ANSWER": 3}[verb]
        deadline_ms = self._clock.monotonic_ms() + round(timeout_s * 1000)
        while True:
            while self._heard:
                message = self._heard.popleft()
                if message[0] == verb and len(message) == wanted and message[1] == charge_id:
                    return message
            left_ms = deadline_ms - self._clock.monotonic_ms()
            if left_ms <= 0:
                return None
            self._heard.extend(self._framer.feed(link.wait(left_ms / 1000)))

    def _write(self, link: Link, data: bytes) -> None:
        link.write(data, stall_s=self._timings.write_s, on_input=lambda arrived: None)

    def _answer(self, job: _Job, outcome: ChargeOutcome) -> None:
        self._post(BankCardAnswered(job.charge_id, outcome))
