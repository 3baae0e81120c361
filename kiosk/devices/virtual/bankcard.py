"""A bank-card terminal that is not there: takes charges on a pseudo-terminal, answers as it is told or as a person decides.

It remembers every charge by its id and gives the same answer for ever; an id that it was asked about and never saw is refused
from then on. No real card is near it.
"""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from kiosk.clock import Clock, SystemClock
from kiosk.devices.bankcard.frames import BankCardFramer, encode
from kiosk.devices.virtual.pty_host import READ_BYTES, Plugged, PtyHost


class Policy(Enum):
    """What it does with a charge. ``ASK`` waits for ``decide``; ``MUTE`` books it as accepted and never says so."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    ASK = "ask"
    MUTE = "mute"


@dataclass(frozen=True, slots=True)
class ChargeSeen:
    """One charge as the terminal knows it. ``outcome``: RUNNING · ACCEPTED · REFUSED."""

    charge_id: str
    minor: int
    currency: str
    outcome: str


class VirtualBankCard(Plugged):
    """``policy`` may be set at any time; ``delay_ms`` is what the customer needs."""

    def __init__(
        self, *, link: Path, policy: Policy = Policy.ACCEPT, delay_ms: int = 0, clock: Clock | None = None
    ) -> None:
        self._twin = _BankCardTwin(clock or SystemClock(), policy, delay_ms)
        self._host = PtyHost(link, self._twin, clock=clock)

    @property
    def policy(self) -> Policy:
        return self._twin.policy

    @policy.setter
    def policy(self, policy: Policy) -> None:
        self._host.call(lambda: setattr(self._twin, "policy", policy))

    @property
    def charges(self) -> tuple[ChargeSeen, ...]:
        """Every charge, oldest first."""
        return self._host.call(lambda: tuple(self._twin.charges.values()))

    @property
    def waiting(self) -> ChargeSeen | None:
        """The charge that waits for ``decide``, if one does."""
        return next((charge for charge in self.charges if charge.outcome == "RUNNING"), None)

    def decide(self, *, accept: bool) -> None:
        """Let the waiting charge be accepted or refused."""
        self._host.call(lambda: self._twin.decide("ACCEPTED" if accept else "REFUSED"))


class _BankCardTwin:
    def __init__(self, clock: Clock, policy: Policy, delay_ms: int) -> None:
        self.policy = policy
        self.charges: dict[str, ChargeSeen] = {}
        self._clock = clock
        self._delay_ms = delay_ms
        self._framer = BankCardFramer()
        self._due: list[tuple[int, str, str]] = []
        self._out = bytearray()

    def arrived(self, data: bytes) -> None:
        for message in self._framer.feed(data):
            match message:
                case ("CHARGE", charge_id, minor, currency) if minor.isdecimal():
                    self._charge(charge_id, int(minor), currency)
                case ("STATUS", charge_id):
                    self._status(charge_id)
                case _:
                    pass

    def decide(self, outcome: str) -> None:
        running = [charge.charge_id for charge in self.charges.values() if charge.outcome == "RUNNING"]
        if running:
            self._end(running[0], outcome)

    def leaving(self) -> bytes:
        out = bytes(self._out)
        self._out.clear()
        return out

    def room(self) -> int:
        return READ_BYTES

    def due_s(self) -> float | None:
        now_ms = self._clock.monotonic_ms()
        return min((max(0.0, (due_ms - now_ms) / 1000) for due_ms, _, _ in self._due), default=None)

    def elapsed(self) -> None:
        now_ms = self._clock.monotonic_ms()
        due = [item for item in self._due if item[0] <= now_ms]
        self._due = [item for item in self._due if item[0] > now_ms]
        for _, charge_id, outcome in due:
            self._end(charge_id, outcome)

    def _charge(self, charge_id: str, minor: int, currency: str) -> None:
        self._out += encode("SEEN", charge_id)
        known = self.charges.get(charge_id)
        if known is not None:  # the same id is the same charge, whatever happened to the first answer
            if known.outcome != "RUNNING":
                self._out += encode("ANSWER", charge_id, known.outcome)
            return
        self.charges[charge_id] = ChargeSeen(charge_id, minor, currency, "RUNNING")
        match self.policy:
            case Policy.ACCEPT:
                self._later(charge_id, "ACCEPTED")
            case Policy.REFUSE:
                self._later(charge_id, "REFUSED")
            case Policy.MUTE:
                self._set(charge_id, "ACCEPTED")
            case Policy.ASK:
                pass

    def _status(self, charge_id: str) -> None:
        known = self.charges.get(charge_id)
        if known is None:
            self.charges[charge_id] = ChargeSeen(charge_id, 0, "", "REFUSED")
            self._out += encode("ANSWER", charge_id, "NEVER")
            return
        self._out += encode("ANSWER", charge_id, known.outcome)

    def _later(self, charge_id: str, outcome: str) -> None:
        if self._delay_ms == 0:
            self._end(charge_id, outcome)
        else:
            self._due.append((self._clock.monotonic_ms() + self._delay_ms, charge_id, outcome))

    def _end(self, charge_id: str, outcome: str) -> None:
        if self.charges[charge_id].outcome == "RUNNING":
            self._set(charge_id, outcome)
            self._out += encode("ANSWER", charge_id, outcome)

    def _set(self, charge_id: str, outcome: str) -> None:
        seen = self.charges[charge_id]
        self.charges[charge_id] = ChargeSeen(charge_id, seen.minor, seen.currency, outcome)
