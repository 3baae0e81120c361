"""The line is down: nobody waits for it, cards are promised or refused, and what was promised is settled when it is back."""

import pytest

from kiosk.domain import events as ev
from kiosk.domain.refusals import PromiseRefusal, ScanRefusal
from kiosk.domain.sale import ChargeOutcome, LinePhase
from kiosk.protocol.messages import ChangesAnswer
from kiosk.till import commands as do
from kiosk.till import messages as come
from kiosk.till.state import Stage, TenderHurdle
from tests.helpers.till_rig import CARD, OTHER, POLICY, THIRD, Rig, open_till, refused_afterwards, serial


def down(**stock: object) -> Rig:
    """A till whose line is down, with cards that may be promised."""
    rig = open_till()
    rig.stock(**stock)  # type: ignore[arg-type]  # passed through
    rig.lose_link()
    rig.gateway.calls.clear()
    return rig


def wait_on_line(rig: Rig, seconds: int) -> None:
    """Time passes; the probes are answered, nothing else is."""
    for _ in range(seconds // 10):
        rig.pass_time(10_000)
        rig.clock_known()


def promise(rig: Rig, *cards: str) -> None:
    """Sell these cards in one sale, for cash."""
    for card in cards or (CARD,):
        rig.scan(card)
    rig.pay()


def test_the_link_is_down_after_fifteen_seconds_without_a_signed_answer() -> None:
    """Sales would wait for an authority that does not answer, or stop at the first slow second."""
    rig = open_till()
    rig.pass_time(1_000)
    rig.silent = True
    rig.scan()
    rig.pass_time(14_800)
    assert rig.state.link_up
    rig.pass_time(300)
    assert not rig.state.link_up
    assert rig.events(ev.LinkLost)


def test_one_signed_answer_keeps_the_link_whatever_it_says() -> None:
    """A refusal would count as silence."""
    rig = open_till()
    rig.pass_time(1_000)
    rig.silent = True
    rig.scan()
    rig.pass_time(10_000)
    rig.answer("reserve", "refused", reason="limit")
    rig.pass_time(10_000)
    assert rig.state.link_up


def test_an_idle_till_says_hello_once_a_minute_and_stays_up() -> None:
    """A till that nobody uses would fall offline, or fill the authority's day with questions."""
    rig = open_till()
    rig.pass_time(2_000)
    rig.silent = True
    rig.gateway.probes = 0
    rig.pass_time(59_000)
    assert rig.gateway.probes <= 1
    rig.silent = False
    rig.pass_time(3_600_000)
    assert rig.state.link_up


def test_while_it_is_down_only_the_probe_is_sent() -> None:
    """Every sale would wait for a line that is not there."""
    rig = down()
    under_way = len(rig.gateway.batches)
    promise(rig, CARD, OTHER)
    rig.pass_time(120_000)
    assert rig.gateway.calls == []
    assert len(rig.gateway.batches) == under_way, "what was under way is repeated by the gateway; nothing new is sent"
    assert rig.at(Stage.PROMISED)


def test_the_probe_is_repeated_every_few_seconds() -> None:
    """The shop would stay offline long after the line is back."""
    rig = down()
    for _ in range(5):
        rig.gateway.probes = 0
        rig.tell(come.LinkProbed(None))
        rig.pass_time(5_100)
        assert rig.gateway.probes == 1


def test_a_probe_whose_outcome_never_comes_back_is_given_up() -> None:
    """One lost message inside the till would keep it offline for ever."""
    rig = down()
    rig.gateway.probes = 0
    rig.pass_time(21_000)
    assert rig.gateway.probes >= 1


def test_a_card_is_unheld_at_once_and_promised_with_the_sale_in_one_transaction() -> None:
    """The customer would hold a card that no entry names, or a receipt without a promise."""
    rig = down()
    rig.scan()
    assert rig.line().phase is LinePhase.UNHELD
    before = rig.journal.commits
    rig.pay(5_000)
    assert rig.journal.commits == before + 2, "the money; then promise and sale together"
    assert [type(event).__name__ for event in rig.events()][-3:] == ["TenderAccepted", "CardPromised", "SaleCompleted"]
    promised = rig.events(ev.CardPromised)[0]
    assert isinstance(promised, ev.CardPromised)
    assert (promised.pack, promised.position, promised.policy_version) == ("P1", 0, 7)
    assert promised.outside_policy is None
    assert rig.sounds.played[-1] == "queued"


@pytest.mark.parametrize(
    ("prepare", "why"),
    [
        (lambda rig: rig.stock(policy=POLICY.__class__()), PromiseRefusal.POLICY_OFF),
        (lambda rig: rig.stock(bound=False), PromiseRefusal.NOT_BOUND),
        (lambda rig: rig.stock(OTHER), PromiseRefusal.NOT_LISTED),
        (lambda rig: (rig.stock(), rig.journal.block_card(CARD)), PromiseRefusal.BLOCKED),
    ],
)
def test_what_may_not_be_promised_is_not_paid_for(prepare: object, why: PromiseRefusal) -> None:
    """The clerk would have taken money for a card that cannot be handed over."""
    rig = open_till()
    prepare(rig)  # type: ignore[operator]  # one of the lambdas above
    rig.lose_link()
    promise(rig)
    assert rig.notice.promise is why
    assert rig.at(Stage.SALE)
    assert not rig.events(ev.TenderAccepted)
    assert (rig.state.tenders[0].hurdle, rig.state.tenders[0].promise) == (TenderHurdle.OFFLINE, why)


def test_a_typed_card_and_a_bank_card_are_not_promised() -> None:
    """What the policy leaves out would be sold all the same."""
    rig = down()
    rig.tell(do.AddCard(CARD))
    rig.pay()
    assert rig.notice.promise is PromiseRefusal.KEYED
    rig.tell(do.ClearBasket())
    rig.scan(OTHER)
    rig.tell(do.PayBankCard())
    assert rig.state.notice is not None
    assert rig.state.notice.promise is PromiseRefusal.NOT_CASH
    assert not rig.events(ev.ChargeRequested)


def test_a_promised_card_cannot_be_sold_again() -> None:
    """Two customers would hold receipts for one card."""
    rig = down()
    promise(rig)
    rig.tell(do.NextSale())
    rig.scan()
    assert rig.notice.scan is ScanRefusal.PROMISED_HERE


def test_the_ceilings_count_what_is_outstanding() -> None:
    """The shop would sell more without the line than its allowance."""
    cards = [serial(number) for number in range(12)]
    rig = down()
    rig.stock(*cards)
    for card in cards[:10]:
        promise(rig, card)
        rig.tell(do.NextSale())
    assert rig.state.offline.refusal is PromiseRefusal.OUTSTANDING_CARDS
    promise(rig, cards[10])
    assert rig.notice.promise is PromiseRefusal.OUTSTANDING_CARDS
    assert rig.at(Stage.SALE)


def test_when_the_line_is_back_the_promise_is_delivered_and_settled() -> None:
    """The customer's card would never become active."""
    rig = down()
    promise(rig)
    rig.tell(do.NextSale())
    assert rig.state.outbox > 0
    rig.regain_link()
    rig.pass_time(1_000)
    assert rig.line().phase is LinePhase.ACTIVATED
    assert not rig.state.book.promises
    assert rig.state.outbox == 0
    assert rig.notice.key == "banner.back_online"
    settled = rig.events(ev.PromiseSettled)[0]
    assert isinstance(settled, ev.PromiseSettled)
    assert settled.outcome == "applied"


def test_an_exception_becomes_a_task_and_stays() -> None:
    """A card that the authority refused later would be nobody's business (AC-10, AC-11)."""
    rig = down()
    line_id = refused_afterwards(rig, "X4")
    assert rig.state.book.tasks == ((line_id, "X4"),)
    assert rig.line().exception == "X4"
    assert rig.notice.key == "act.exception"
    rig.restart()
    assert rig.state.book.tasks == ((line_id, "X4"),)


def test_entries_go_out_in_order_one_batch_at_a_time_while_new_sales_go_on() -> None:
    """A promise would overtake the sale before it, or the counter would wait for the delivery."""
    rig = down()
    promise(rig)
    rig.tell(do.NextSale())
    rig.regain_link()
    rig.silent = True
    rig.pass_time(600)
    rig.scan(THIRD)
    rig.answer("reserve", "reserved", card=THIRD, until_ms=rig.clock.now_ms() + 120_000)
    rig.pass_time(2_000)
    assert len(rig.gateway.batches) <= 1
    assert rig.line(THIRD).phase is LinePhase.HELD
    rig.silent = False
    rig.pass_time(100)
    rig.clock_known()
    rig.pass_time(2_000)
    assert rig.state.outbox == 0


def test_a_crash_between_settling_and_forgetting_repeats_the_delivery() -> None:
    """A promise would be delivered and never known to be settled."""
    rig = down()
    promise(rig)
    rig.tell(do.NextSale())
    rig.journal.mark_delivered = lambda answer: (_ for _ in ()).throw(SystemError)  # type: ignore[method-assign]  # dies here
    with pytest.raises(SystemError):
        rig.regain_link()
    rig.restart()
    rig.pass_time(2_000)
    assert rig.line().phase is LinePhase.ACTIVATED
    assert len(rig.events(ev.PromiseSettled)) == 1
    assert rig.state.outbox == 0


def test_the_line_back_in_the_middle_of_a_basket_asks_for_its_holds() -> None:
    """The clerk would be told « hors ligne » about cards that could be held."""
    rig = down()
    rig.scan()
    rig.regain_link()
    assert len(rig.asked("reserve")) == 1
    rig.answer("reserve", "reserved", until_ms=rig.clock.now_ms() + 120_000)
    rig.pay()
    assert rig.at(Stage.ACTIVATING)


def test_cancels_wait_for_the_line_and_then_go_out() -> None:
    """A card would stay held, or an old reserve would take it later."""
    rig = down()
    rig.scan()
    rig.tell(do.ClearBasket())
    assert not rig.gateway.calls
    rig.regain_link()
    assert len(rig.asked("cancel")) == 1


def test_an_unknown_activation_is_asked_about_as_soon_as_the_line_is_back() -> None:
    """The customer would wait for the end of a pause."""
    rig = open_till()
    rig.stock()
    rig.sell()
    rig.pay()
    rig.silent = True
    rig.answer("commit", None)
    for _ in range(17):
        rig.pass_time(1_000)
        if rig.state.asking:
            rig.answer("status", None)
    assert not rig.state.link_up
    asked = len(rig.asked("status"))
    rig.regain_link()
    assert len(rig.asked("status")) == asked + 1


def test_a_commit_that_could_not_be_sent_is_sent_when_the_line_is_back() -> None:
    """A bank card accepted while the line went down would buy nothing."""
    rig = open_till()
    rig.sell()
    rig.tell(do.PayBankCard())
    assert rig.sale.charge is not None
    rig.lose_link()
    rig.tell(come.BankCardAnswered(rig.sale.charge.charge_id, ChargeOutcome.ACCEPTED))
    assert rig.at(Stage.ACTIVATING)
    assert not rig.asked("commit")
    rig.regain_link()
    assert len(rig.asked("commit")) == 1


def test_changes_are_fetched_page_by_page_and_again_after_a_while() -> None:
    """A stolen card would stay sellable without the line."""
    rig = open_till()
    rig.silent = True
    rig.gateway.cursors.clear()
    wait_on_line(rig, 310)
    assert len(rig.gateway.cursors) == 1
    rig.tell(come.ChangesReceived(ChangesAnswer(changes=[], cursor="7", more=True, as_of_ms=1)))
    assert rig.gateway.cursors[-1] == "7"
    rig.tell(come.ChangesReceived(None))
    count = len(rig.gateway.cursors)
    wait_on_line(rig, 20)
    assert len(rig.gateway.cursors) == count
    wait_on_line(rig, 20)
    assert len(rig.gateway.cursors) == count + 1


def test_an_expired_cursor_starts_the_download_again() -> None:
    """A till that was away for long would never hear of changes again."""
    rig = open_till()
    rig.silent = True
    rig.gateway.cursors.clear()
    wait_on_line(rig, 310)
    rig.tell(come.ChangesReceived(None, expired=True))
    assert rig.gateway.cursors[-1] == ""
    assert rig.state.link_up


@pytest.mark.parametrize("off_ms", [-61_000, 61_000])
def test_a_wrong_clock_promises_nothing(off_ms: int) -> None:
    """A promise would be dated at will, and its policy with it (JR-18)."""
    rig = open_till()
    rig.stock()
    rig.tell(come.LinkProbed(rig.clock.now_ms() - off_ms, clock_off_ms=off_ms))
    rig.lose_link()
    promise(rig)
    assert rig.notice.promise is PromiseRefusal.CLOCK
    assert rig.state.clock_off_ms == off_ms


def test_a_clock_that_somebody_sets_promises_nothing_until_a_signed_time_comes() -> None:
    """Whoever sets the clock back would stretch the policy (JR-18)."""
    rig = down()
    rig.clock.jump(-600_000)
    promise(rig)
    assert rig.notice.promise is PromiseRefusal.CLOCK
    rig.tell(do.ClearBasket())
    rig.regain_link()
    rig.lose_link()
    rig.stock()
    promise(rig, OTHER)
    assert rig.at(Stage.PROMISED)


def test_after_a_restart_without_the_line_the_clock_must_not_be_behind_the_journal() -> None:
    """A machine whose clock battery is empty would promise on yesterday's policy."""
    rig = down()
    rig.journal = rig.journal.crash()
    rig.clock.reboot()
    rig.clock.jump(-86_400_000)
    rig.silent = True
    rig.till = rig._start()
    rig.log_in()
    rig.scan()
    rig.pay()
    assert rig.notice.promise in (PromiseRefusal.CLOCK, PromiseRefusal.POLICY_STALE)
    assert not rig.events(ev.TenderAccepted)


def test_a_balance_needs_the_line() -> None:
    """The customer would look at a spinner."""
    rig = down()
    rig.tell(do.OpenBalance())
    rig.scan()
    assert rig.state.balance is not None
    assert rig.state.balance.unanswered
    assert not rig.gateway.balances
