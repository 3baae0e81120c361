"""The guard: who has to wait after how many wrong codes, for how long, and who must not."""

import pytest

from kiosk.authority.services.alert_kinds import AlertKind
from kiosk.authority.services.guard import ADDRESSES_MAX, Evaluated, Guard, GuardAlert, Pause, PauseKind, Way
from kiosk.authority.services.guard_limits import (
    GuardLimits,
    limit_names,
    load_guard_limits,
    save_guard_limits,
    share_over,
)
from kiosk.authority.services.pay.answers import Declined
from kiosk.authority.services.windows import Marks, Moments
from kiosk.authority.store.sqlite import SqliteStore
from kiosk.domain.payment import SpendReason
from kiosk.protocol.messages import Amount
from kiosk.protocol.payments import PaymentAnswer
from tests.fakes.clock import FakeClock

NOBODY = Amount(0, "EUR")
HERE, THERE = "203.0.113.7", "203.0.113.8"


class Shop:
    """Pays and guesses through a guard with a clock of its own."""

    def __init__(self, limits: GuardLimits | None = None) -> None:
        self.clock = FakeClock()
        self.guard = Guard(clock=self.clock, limits=limits, key=bytes(32))
        self.count = 0

    def paid(self, *, way: Way = Way.DIRECT, address: str | None = None, merchant_no: int = 1) -> Pause | None:
        self.count += 1
        answer = PaymentAnswer(
            payment_id=str(self.count), status="captured", amount=NOBODY, captured=NOBODY, refunded=NOBODY,
            created_ms=0, legs=[],
        )  # fmt: skip
        return self._one(answer, way, address, merchant_no)

    def guess(
        self,
        *,
        way: Way = Way.DIRECT,
        address: str | None = None,
        merchant_no: int = 1,
        reason: SpendReason = SpendReason.DECLINED,
    ) -> Pause | None:
        self.count += 1
        return self._one(Declined(reason, str(self.count)), way, address, merchant_no)

    def _one(self, outcome: PaymentAnswer | Declined, way: Way, address: str | None, merchant_no: int) -> Pause | None:
        pause = self.guard.may_present(merchant_no=merchant_no, way=way, address=address)
        if pause is None:
            self.guard.note(merchant_no=merchant_no, way=way, address=address, outcome=outcome)
        return pause


def test_a_merchant_with_many_wrong_codes_may_use_our_page_alone_for_a_while() -> None:
    """A site that tries codes one after the other would go on for ever, or an honest one would be shut out of everything."""
    shop = Shop()
    for _ in range(200):
        assert shop.paid() is None
    guesses = 0
    while shop.guess() is None:
        guesses += 1
    assert guesses == 7  # of 207 just above 3 %
    assert shop.paid() == Pause(PauseKind.HOSTED_ONLY, 900)
    assert shop.paid(way=Way.HOSTED) is None
    assert shop.paid(merchant_no=2) is None, "another merchant has nothing to do with it"
    assert shop.guard.take_alerts() == [GuardAlert(AlertKind.MERCHANT_HOSTED_ONLY, 1)]
    assert shop.guard.take_alerts() == []
    shop.clock.advance(900_000)
    assert shop.paid() is None


def test_a_merchant_whose_every_tenth_code_is_wrong_waits_and_a_person_hears_of_it() -> None:
    """A stolen key of a merchant would try codes in parallel, and nobody would know."""
    shop = Shop()
    let_through = [shop.guard.may_present(merchant_no=1) for _ in range(30)]
    assert let_through == [None] * 30  # all at once, before the first was answered
    for number in range(30):
        shop.guard.note(merchant_no=1, outcome=Declined(SpendReason.DECLINED, str(number)))
    assert shop.paid() == Pause(PauseKind.SUSPENDED, 3600)
    assert shop.paid(way=Way.HOSTED) == Pause(PauseKind.SUSPENDED, 3600)
    assert GuardAlert(AlertKind.MERCHANT_SUSPENDED, 1) in shop.guard.take_alerts()
    shop.clock.advance(3_600_000)
    assert shop.paid() is None


def test_a_pause_is_renewed_by_new_wrong_codes_only() -> None:
    """A merchant that was told to wait would find the door shut again at its first honest payment."""
    shop = Shop()
    while shop.guess() is None:
        pass
    shop.clock.advance(900_000)
    assert shop.paid() is None
    assert shop.paid() is None
    assert shop.guess() is None
    assert shop.paid() == Pause(PauseKind.HOSTED_ONLY, 900)


@pytest.mark.parametrize("reason", [SpendReason.INSUFFICIENT_FUNDS, SpendReason.WRONG_CURRENCY])
def test_a_right_code_without_money_is_no_guess(reason: SpendReason) -> None:
    """Shoppers with nearly empty cards would have their merchant suspended."""
    shop = Shop()
    assert [shop.guess(reason=reason, address=HERE) for _ in range(500)] == [None] * 500
    assert shop.guard.take_alerts() == []


def test_a_repeat_of_the_same_answer_counts_once() -> None:
    """A site that asks again after a lost answer would look like one that guesses."""
    shop = Shop()
    for _ in range(100):
        assert shop.guard.may_present(merchant_no=1) is None
        shop.guard.note(merchant_no=1, outcome=Declined(SpendReason.DECLINED, "the same"))
    assert shop.paid() is None


def test_wrong_codes_on_our_page_are_not_the_merchant_s() -> None:
    """Anybody could have a merchant suspended by typing nonsense on our page in its name."""
    shop = Shop()
    for number in range(200):
        assert shop.guess(way=Way.HOSTED, address=f"198.51.100.{number}") is None
    assert shop.paid() is None
    assert shop.guard.take_alerts() == []


def test_an_address_that_fails_often_is_slowed_down_and_not_locked() -> None:
    """One shopper could try thousands of codes from home, or everybody behind the same router would be locked out for ever."""
    shop = Shop()
    for _ in range(20):
        assert shop.guess(way=Way.HOSTED, address=HERE) is None
    assert shop.paid(way=Way.HOSTED, address=HERE) == Pause(PauseKind.SLOW_DOWN, 60)
    assert shop.paid(way=Way.HOSTED, address=THERE) is None
    shop.clock.advance(60_000)
    assert shop.paid(way=Way.HOSTED, address=HERE) is None
    assert shop.paid(way=Way.HOSTED, address=HERE) == Pause(PauseKind.SLOW_DOWN, 60)
    shop.clock.advance(3_600_000)
    assert [shop.paid(way=Way.HOSTED, address=HERE) for _ in range(30)] == [None] * 30


def test_a_thousand_tries_at_once_are_counted_before_the_first_is_answered() -> None:
    """Forty connections at once would each find the count at zero."""
    shop = Shop()
    let_through = [shop.guard.may_present(merchant_no=1, way=Way.HOSTED, address=HERE) for _ in range(1000)]
    assert let_through.count(None) == 20


def test_a_try_that_came_to_nothing_gives_its_place_back() -> None:
    """A database that is away for a minute would make every shopper look like a burglar."""
    shop = Shop()
    for _ in range(100):
        assert shop.guard.may_present(merchant_no=1, way=Way.HOSTED, address=HERE) is None
        shop.guard.note(merchant_no=1, way=Way.HOSTED, address=HERE, outcome=None)


def test_addresses_of_one_subscriber_are_one() -> None:
    """Whoever has IPv6 has 2^64 addresses, and would have as many tries."""
    shop = Shop()
    for number in range(20):
        assert shop.guess(way=Way.HOSTED, address=f"2001:db8:1:2::{number:x}") is None
    assert shop.guess(way=Way.HOSTED, address="2001:db8:1:2::ffff") is not None
    for network in range(3, 63):
        assert shop.guess(way=Way.HOSTED, address=f"2001:db8:1:{network:x}::1") is None
    assert shop.guess(way=Way.HOSTED, address="2001:db8:1:ff::1") is not None, "a site has 65,536 networks"
    assert shop.paid(way=Way.HOSTED, address="2001:db8:2::1") is None


def test_an_ipv4_address_written_as_ipv6_is_the_same() -> None:
    """A listener on both would give everybody twice the tries, and all of IPv4 one network."""
    shop = Shop()
    for _ in range(20):
        shop.guess(way=Way.HOSTED, address=HERE)
    assert shop.guess(way=Way.HOSTED, address=f"::ffff:{HERE}") is not None
    assert shop.guess(way=Way.HOSTED, address=f"::ffff:{THERE}") is None
    assert shop.guess(way=Way.HOSTED, address="no address at all") is None


def test_a_card_s_balance_is_told_five_times_an_hour() -> None:
    """A thief with a list of serials would watch which cards were sold, minute by minute."""
    shop = Shop()
    assert [shop.guard.may_ask_balance(serial="1" * 16) for _ in range(5)] == [None] * 5
    assert shop.guard.may_ask_balance(serial="1" * 16) == Pause(PauseKind.SLOW_DOWN, 3600)
    assert shop.guard.may_ask_balance(serial="2" * 16) is None
    shop.clock.advance(3_600_000)
    assert shop.guard.may_ask_balance(serial="1" * 16) is None


def test_asking_for_cards_that_are_none_slows_an_address_down() -> None:
    """The balance page would be a way of finding serials."""
    shop = Shop()
    for number in range(20):
        assert shop.guard.may_ask_balance(serial=str(number), address=HERE) is None
        shop.guard.note_balance(address=HERE, known=False)
    assert shop.guard.may_ask_balance(serial="x", address=HERE) == Pause(PauseKind.SLOW_DOWN, 60)
    assert shop.guess(way=Way.HOSTED, address=HERE) is not None, "our pages share their count"


def test_distributed_guessing_closes_the_direct_way_for_everybody() -> None:
    """A thousand addresses with a thousand merchants' forms would each stay below their own limit."""
    shop = Shop()
    for number in range(301):
        assert shop.guess(merchant_no=number) is None
    assert shop.paid(merchant_no=9999) == Pause(PauseKind.HOSTED_ONLY, 600)
    assert GuardAlert(AlertKind.DISTRIBUTED_GUESSING) in shop.guard.take_alerts()
    assert shop.paid(way=Way.HOSTED, address=HERE) is None
    assert shop.paid(way=Way.HOSTED, address=HERE) == Pause(PauseKind.SLOW_DOWN, 10), "our page goes on, slowly"
    shop.clock.advance(600_000)
    assert shop.paid(merchant_no=9999) is None


def test_what_is_usual_is_no_alarm() -> None:
    """A scheme that grew would close its own door each evening."""
    shop = Shop()
    merchant = 0
    for per_window in [200] * 10 + [900]:
        for _ in range(per_window):
            merchant += 1
            assert shop.guess(merchant_no=merchant) is None
        shop.clock.advance(300_000)
    assert GuardAlert(AlertKind.DISTRIBUTED_GUESSING) not in shop.guard.take_alerts()


def test_a_restart_forgives_no_merchant() -> None:
    """Crashing the authority would be worth another two hundred guesses."""
    shop = Shop()
    now_ms = shop.clock.now_ms()
    shop.guard.rebuild(
        Evaluated(merchant_no=1, payment_id=f"p{number}", at_ms=now_ms - 1000, guess=True) for number in range(30)
    )
    pause = shop.paid()
    assert pause is not None and pause.kind is PauseKind.SUSPENDED
    assert shop.guard.take_alerts() == [], "a person heard of it when it happened"


def test_memory_is_bounded_and_nothing_outlives_its_window() -> None:
    """An attacker with many addresses would fill the memory, and a heap dump would tell who was here last week."""
    shop = Shop()
    moments: Moments[int] = Moments(window_ms=1000, each=2, keys_max=10)
    for number in range(100):
        moments.note(number, number)
    assert len(moments) == 10 and ADDRESSES_MAX <= 100_000
    for number in range(50):
        shop.guess(way=Way.HOSTED, address=f"198.51.100.{number}")
    shop.clock.advance(3_600_000)
    shop.guard.sweep()
    assert all(len(found) == 0 for found in vars(shop.guard).values() if isinstance(found, Moments))


def test_no_address_and_no_serial_stands_in_the_guard() -> None:
    """A picture of the memory would say who bought what from where."""
    shop = Shop()
    shop.guess(way=Way.HOSTED, address=HERE)
    shop.guard.may_ask_balance(serial="1234567890123456", address=THERE)
    held = repr([vars(found) for found in vars(shop.guard).values() if isinstance(found, Moments)])
    assert "b'" in held
    assert HERE not in held and THERE not in held and "1234567890123456" not in held


def test_the_limits_can_be_set_and_take_effect_while_serving() -> None:
    """An operator under attack could only restart the authority."""
    store = SqliteStore.in_memory()
    shop = Shop()
    strict = GuardLimits(address_failures=2)
    store.write(lambda tx: save_guard_limits(tx, strict))
    assert store.read(load_guard_limits) == strict
    shop.guard.use(store.read(load_guard_limits))
    assert [shop.guess(way=Way.HOSTED, address=HERE) is None for _ in range(3)] == [True, True, False]
    with pytest.raises(ValueError, match="balances"):
        store.write(lambda tx: save_guard_limits(tx, GuardLimits(balances=0)))
    assert "balances" in limit_names()


def test_a_share_is_taken_of_enough_results() -> None:
    """One mistyped code in a shop's first sale of the day is a hundred percent."""
    assert not share_over(1, 1, 300, 200)
    assert not share_over(6, 200, 300, 200) and share_over(7, 200, 300, 200)
    assert not share_over(30, 1000, 300, 200) and share_over(31, 1000, 300, 200)


def test_old_results_leave_the_share() -> None:
    """A merchant would pay for a bad hour for the rest of the day."""
    marks: Marks[str] = Marks(window_ms=1000, size=3)
    assert marks.note("a", 0, hit=True) and not marks.note("a", 1, hit=True)
    assert marks.share(999) == (1, 1) and marks.share(1000) == (0, 0)
    for number in range(5):
        marks.note(str(number), 2000, hit=number < 3)
    assert marks.share(2000) == (1, 3)
