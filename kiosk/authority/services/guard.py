"""Guess and fraud limits beside a card's own tries: per merchant, per shopper's address, per serial asked about, and in total.

Each answer is a ``Pause`` with an end, or none: nobody is locked for ever, and whoever may not pay here may pay on our page. Lives
on the event loop, in memory alone: addresses and serials are kept as hashes under a key that dies with the process, for their
window, stored nowhere and logged nowhere. Not responsible for a card's own tries (``kiosk.domain.payment.Tries``), for whose
address it is, nor for writing alerts (``take_alerts`` hands them out).
"""

import hmac
import ipaddress
import os
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from kiosk.authority.services.alert_kinds import AlertKind
from kiosk.authority.services.guard_limits import GuardLimits, share_over
from kiosk.authority.services.pay.answers import Declined
from kiosk.authority.services.windows import Marks, Moments
from kiosk.clock import Clock
from kiosk.domain.payment import SpendReason
from kiosk.protocol.payments import PaymentAnswer

ADDRESSES_MAX = 50_000  # networks remembered; the least recently used is forgotten first
SERIALS_MAX = 50_000
MERCHANTS_MAX = 10_000
MARKS_MAX = 1_000  # results of one merchant that are looked at: a big one's share is that of its latest
HOSTED_MAX = 10_000  # payments on our page whose repeats are recognised
HASH_BYTES = 16
_KEY_BYTES = 32
_TOTAL = "all"


class Way(Enum):
    """Where a code was typed: on a merchant's own pages, or on ours."""

    DIRECT = "direct"
    HOSTED = "hosted"


_HOSTED = Way.HOSTED
_Network = tuple[bytes, int]  # a network's hash, and how many failures of it are borne


class PauseKind(Enum):
    """What is not possible for a while. ``SLOW_DOWN``: the next try; ``HOSTED_ONLY``: codes taken on the merchant's own pages;
    ``SUSPENDED``: any payment by this merchant's keys."""

    SLOW_DOWN = "slow_down"
    HOSTED_ONLY = "hosted_only"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Pause:
    """Why not now, and in how many seconds again; at least one."""

    kind: PauseKind
    retry_after_s: int


@dataclass(frozen=True, slots=True)
class GuardAlert:
    """What a person should hear of; the worker writes it down."""

    kind: AlertKind
    merchant_no: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """A payment that was decided before this process began: what the windows are filled with after a restart."""

    merchant_no: int
    payment_id: str
    at_ms: int
    guess: bool


@dataclass(slots=True)
class _Merchant:
    marks: Marks[str]
    hosted_only_until_ms: int = 0
    suspended_until_ms: int = 0


class Guard:
    """See the module. Call ``may_present`` before a live payment is decided and ``note`` once for each that was, and also for one
    that was not if it came from an address; payments of test keys are asked about nowhere."""

    def __init__(self, *, clock: Clock, limits: GuardLimits | None = None, key: bytes | None = None) -> None:
        self._clock = clock
        self._key = key or os.urandom(_KEY_BYTES)
        self._limits = limits or GuardLimits()
        self._merchants: OrderedDict[int, _Merchant] = OrderedDict()
        self._alerts: dict[GuardAlert, None] = {}
        self._slots: deque[int] = deque(maxlen=self._limits.total_slots)
        self._slot = 0
        self._slot_declines = 0
        self._breaker_until_ms = 0
        self._fit()

    def use(self, limits: GuardLimits) -> None:
        """Other limits from now on. What was counted stays, unless the windows themselves are other ones."""
        if limits != self._limits:
            self._limits = limits
            self._slots = deque(self._slots, maxlen=limits.total_slots)
            self._fit()

    def may_present(self, *, merchant_no: int, way: Way = Way.DIRECT, address: str | None = None) -> Pause | None:
        """Whether a payment may be decided now. A yes holds a place at the address until ``note``, so that a thousand at once
        are counted before the first is answered."""
        now_ms = self._clock.now_ms()
        found = self._merchants.get(merchant_no)
        if found is not None and found.suspended_until_ms > now_ms:
            return _pause(PauseKind.SUSPENDED, found.suspended_until_ms - now_ms)
        if found is not None and found.hosted_only_until_ms > now_ms and way is Way.DIRECT:
            return _pause(PauseKind.HOSTED_ONLY, found.hosted_only_until_ms - now_ms)
        breaking = self._breaker_until_ms > now_ms
        if breaking and way is Way.DIRECT:
            return _pause(PauseKind.HOSTED_ONLY, self._breaker_until_ms - now_ms)
        return None if address is None else self._at_address(address, now_ms, breaking=breaking)

    def note(
        self,
        *,
        merchant_no: int,
        way: Way = Way.DIRECT,
        address: str | None = None,
        outcome: PaymentAnswer | Declined | None,
    ) -> None:
        """What became of a payment that ``may_present`` let through: its answer, or ``None`` if it was not decided (trouble, or
        turned away). A repeat of an answer counts once; a right code without money behind it is no guess."""
        now_ms = self._clock.now_ms()
        networks = [] if address is None else self._networks(address)
        for network, _ in networks:
            self._pending.take_back(network)
        if outcome is None:
            return
        self._mark(merchant_no, way, outcome.payment_id, now_ms, guess=is_guess(outcome), networks=networks)

    def may_ask_balance(self, *, serial: str, address: str | None = None) -> Pause | None:
        """Whether the balance of this card may be shown now; a yes counts as one question."""
        now_ms = self._clock.now_ms()
        pause = self._at_address(address, now_ms, breaking=self._breaker_until_ms > now_ms)
        if pause is not None:
            return pause
        key = self._hash(f"serial {serial}")
        if self._questions.count(key, now_ms) >= self._limits.balances:
            for network, _ in self._networks(address):
                self._pending.take_back(network)
            free_ms = self._questions.free_at_ms(key, self._limits.balances, now_ms)
            return _pause(PauseKind.SLOW_DOWN, free_ms - now_ms)
        self._questions.note(key, now_ms)
        return None

    def note_balance(self, *, address: str | None = None, known: bool) -> None:
        """Whether the card that was asked about exists: an address that asks about many that do not is slowed down."""
        now_ms = self._clock.now_ms()
        for network, _ in self._networks(address):
            self._pending.take_back(network)
            if not known:
                self._failures.note(network, now_ms)

    def rebuild(self, evaluated: Iterable[Evaluated]) -> None:
        """Fill the merchants' windows after a restart, so that it forgives nobody. Begins the pauses that follow, without an alert:
        it was raised when it happened."""
        for one in evaluated:
            self._mark(one.merchant_no, Way.DIRECT, one.payment_id, one.at_ms, guess=one.guess, networks=())
        self._alerts.clear()

    def take_alerts(self) -> list[GuardAlert]:
        """What is to be told to a person, each once until it is taken."""
        taken = list(self._alerts)
        self._alerts.clear()
        return taken

    def sweep(self) -> None:
        """Forget whatever has left its window."""
        now_ms = self._clock.now_ms()
        for moments in (self._failures, self._pending, self._tries, self._questions):
            moments.forget(now_ms)
        self._total.forget(now_ms)

    # what follows a result

    def _mark(
        self, merchant_no: int, way: Way, payment_id: str, at_ms: int, *, guess: bool, networks: Iterable[_Network]
    ) -> None:
        found = self._merchant(merchant_no)
        # a wrong code on our page is nobody's but its shopper's: otherwise a stranger could have a merchant suspended
        marks = self._hosted if way is _HOSTED else found.marks
        fresh = marks.note(payment_id, at_ms, hit=guess)
        if not (fresh and guess):
            return
        for network, _ in networks:
            self._failures.note(network, at_ms)
        if way is Way.DIRECT:
            self._judge_merchant(merchant_no, found, at_ms)
        self._judge_total(at_ms)

    def _judge_merchant(self, merchant_no: int, found: _Merchant, at_ms: int) -> None:
        limits = self._limits
        guesses, results = found.marks.share(at_ms)
        if share_over(guesses, results, limits.merchant_suspended_share, limits.merchant_results):
            found.suspended_until_ms = at_ms + limits.merchant_suspended_ms
            self._alerts[GuardAlert(AlertKind.MERCHANT_SUSPENDED, merchant_no)] = None
        elif share_over(guesses, results, limits.merchant_hosted_share, limits.merchant_results):
            found.hosted_only_until_ms = at_ms + limits.merchant_hosted_ms
            self._alerts[GuardAlert(AlertKind.MERCHANT_HOSTED_ONLY, merchant_no)] = None

    def _judge_total(self, at_ms: int) -> None:
        limits = self._limits
        slot = at_ms // limits.total_window_ms
        if slot != self._slot:
            missed = min(max(slot - self._slot - 1, 0), limits.total_slots)
            self._slots.extend([self._slot_declines, *[0] * missed] if self._slot else [])
            self._slot, self._slot_declines = slot, 0
        self._slot_declines += 1
        self._total.note(_TOTAL, at_ms)
        usual = sorted(self._slots)[len(self._slots) // 2] if self._slots else 0
        if self._total.count(_TOTAL, at_ms) > max(limits.total_declines, limits.total_times * usual):
            self._breaker_until_ms = at_ms + limits.total_pause_ms
            self._alerts[GuardAlert(AlertKind.DISTRIBUTED_GUESSING)] = None

    # addresses

    def _at_address(self, address: str | None, now_ms: int, *, breaking: bool) -> Pause | None:
        limits = self._limits
        networks = self._networks(address)
        until_ms = 0
        for network, failures in networks:
            pending = self._pending.count(network, now_ms)
            slow_ms = 0
            if self._failures.count(network, now_ms) + pending >= failures:
                slow_ms = limits.address_slow_ms
            elif breaking:
                slow_ms = limits.total_slow_ms
            last_ms = self._tries.last_ms(network, now_ms)
            if slow_ms and last_ms is not None:
                until_ms = max(until_ms, last_ms + slow_ms)
        if until_ms > now_ms:
            return _pause(PauseKind.SLOW_DOWN, until_ms - now_ms)
        for network, _ in networks:
            self._pending.note(network, now_ms)
            self._tries.note(network, now_ms)
        return None

    def _networks(self, address: str | None) -> list[_Network]:
        """What an address is counted as, and how many failures of it are borne: a subscriber's network, and with IPv6 also the
        site's that may hold 65,536 of those."""
        if address is None:
            return []
        limits = self._limits
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return [(self._hash("address of no known form"), limits.address_failures)]
        if isinstance(found, ipaddress.IPv6Address):
            found = found.ipv4_mapped or found
        if isinstance(found, ipaddress.IPv4Address):
            return [(self._hash(f"v4 {found}"), limits.address_failures)]
        return [
            (self._hash(f"v6/64 {int(found) >> 64:x}"), limits.address_failures),
            (self._hash(f"v6/48 {int(found) >> 80:x}"), limits.site_failures),
        ]

    def _merchant(self, merchant_no: int) -> _Merchant:
        found = self._merchants.get(merchant_no)
        if found is None:
            while len(self._merchants) >= MERCHANTS_MAX:
                self._merchants.popitem(last=False)
            found = self._merchants[merchant_no] = _Merchant(
                Marks(window_ms=self._limits.merchant_window_ms, size=MARKS_MAX)
            )
        self._merchants.move_to_end(merchant_no)
        return found

    def _hash(self, text: str) -> bytes:
        return hmac.digest(self._key, text.encode(), "sha256")[:HASH_BYTES]

    def _fit(self) -> None:
        limits = self._limits
        each = max(limits.address_failures, limits.site_failures)
        self._failures: Moments[bytes] = Moments(window_ms=limits.address_window_ms, each=each, keys_max=ADDRESSES_MAX)
        self._pending: Moments[bytes] = Moments(window_ms=limits.pending_ms, each=each, keys_max=ADDRESSES_MAX)
        slowest_ms = max(limits.address_slow_ms, limits.total_slow_ms)
        self._tries: Moments[bytes] = Moments(window_ms=slowest_ms, each=1, keys_max=ADDRESSES_MAX)
        self._hosted: Marks[str] = Marks(window_ms=limits.address_window_ms, size=HOSTED_MAX)
        self._questions: Moments[bytes] = Moments(
            window_ms=limits.balance_window_ms, each=limits.balances, keys_max=SERIALS_MAX
        )
        self._total: Moments[str] = Moments(window_ms=limits.total_window_ms, each=limits.total_counted_max, keys_max=1)
        for found in self._merchants.values():
            found.marks = Marks(window_ms=limits.merchant_window_ms, size=MARKS_MAX)


def is_guess(outcome: PaymentAnswer | Declined) -> bool:
    """Whether somebody did not know the code: the neutral decline alone."""
    return isinstance(outcome, Declined) and outcome.reason is SpendReason.DECLINED


def _pause(kind: PauseKind, left_ms: int) -> Pause:
    return Pause(kind, max(1, -(-left_ms // 1000)))
