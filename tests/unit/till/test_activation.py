"""Committing, not knowing, and being refused: the rows of the design's table after the money is in."""

import pytest

from kiosk.domain import events as ev
from kiosk.domain.refusals import PromiseRefusal, Reason, ScanRefusal
from kiosk.domain.sale import ChargeOutcome, LinePhase
from kiosk.errors import Trouble
from kiosk.protocol.messages import LineAnswer
from kiosk.till import commands as do
from kiosk.till import messages as come
from kiosk.till.state import Stage
from tests.helpers.till_rig import CARD, OTHER, THIRD, Rig, open_till, serial


def paid(*cards: str, rig: Rig | None = None) -> Rig:
    """A sale whose commits are on their way."""
    rig = rig or open_till()
    rig.sell(*cards)
    rig.pay()
    return rig


def unknown(*cards: str, listed: bool = True) -> Rig:
    """20 s after the commit, without an answer: the clerk may choose. The link itself works."""
    rig = open_till()
    if listed:
        rig.stock()
    paid(*cards, rig=rig)
    for _ in range(5):
        rig.pass_time(4_100)
        rig.clock_known()
    assert rig.at(Stage.UNKNOWN)
    assert rig.state.choices
    return rig


def test_the_commit_is_durable_before_it_is_sent() -> None:
    """After a crash nobody would know that the authority was asked."""
    rig = open_till()
    rig.sell()
    rig.pay()
    kinds = [type(event) for event in rig.events()]
    assert kinds.index(ev.TenderAccepted) < kinds.index(ev.CommitRequested)
    assert len(rig.asked("commit")) == 1


def test_a_commit_that_the_disk_delayed_is_taken_up_again() -> None:
    """The money would be in and nothing would ever happen."""
    rig = open_till()
    rig.sell()
    append = rig.journal.append

    def failing(events: object, *, user: str) -> object:
        if any(isinstance(event, ev.CommitRequested) for event in events):  # type: ignore[attr-defined]  # a sequence of events
            raise Trouble("JRN-01", retryable=False)
        return append(events, user=user)  # type: ignore[arg-type]  # as above

    rig.journal.append = failing  # type: ignore[method-assign, assignment]  # one failure is injected
    rig.pay()
    assert rig.line().phase is LinePhase.TENDERED
    assert not rig.asked("commit")
    rig.journal.append = append  # type: ignore[method-assign]  # and taken back
    rig.pass_time(2_100)
    assert len(rig.asked("commit")) == 1


def test_status_is_asked_after_1_2_4_and_8_seconds_with_the_same_id() -> None:
    """A lost answer would be asked about too often, too rarely, or under another id."""
    rig = paid()
    rig.answer("commit", None)
    asked: list[int] = []
    started = rig.clock.monotonic_ms()
    for _ in range(160):
        rig.pass_time(100)
        if len(rig.asked("status")) > len(asked):
            asked.append(rig.clock.monotonic_ms() - started)
            rig.clock_known()
            rig.answer("status", None)
    assert [round(at, -3) for at in asked] == [1_000, 3_000, 7_000, 15_000]
    assert {call.line_id for call in rig.asked("status")} == {rig.line().line_id}
    assert len(rig.asked("commit")) == 1


def test_asking_never_stops_and_the_pause_is_capped() -> None:
    """A sale would stay unknown for ever after the line came back."""
    rig = paid()
    rig.answer("commit", None)
    for _ in range(40):
        rig.pass_time(61_000)
        rig.clock_known()
        if rig.asked("status"):
            rig.answer("status", None)
    assert len(rig.asked("status")) >= 20
    rig.pass_time(61_000)
    rig.answer("status", "status", record="committed")
    assert rig.at(Stage.RESULT)


def test_unseen_sends_the_same_commit_again() -> None:
    """A commit that was lost on the way would never be made good."""
    rig = paid()
    rig.answer("commit", None)
    rig.pass_time(1_100)
    rig.answer("status", "status", record="unseen")
    assert len(rig.asked("commit")) == 2
    assert rig.asked("commit")[0] == rig.asked("commit")[1]


@pytest.mark.parametrize(
    ("record", "reason", "phase", "shown"),
    [
        ("committed", None, LinePhase.ACTIVATED, None),
        ("refused", "limit", LinePhase.REFUSED, Reason.LIMIT),
        ("cancelled", None, LinePhase.REFUSED, Reason.CANCELLED),
        ("voided", None, LinePhase.REFUSED, Reason.CANCELLED),
        ("reserved", None, LinePhase.COMMITTING, None),
        ("unseen", None, LinePhase.COMMITTING, None),
    ],
)
def test_what_the_record_says_decides(record: str, reason: str | None, phase: LinePhase, shown: Reason | None) -> None:
    """The till would invent an outcome."""
    rig = paid()
    rig.answer("commit", None)
    rig.pass_time(1_100)
    rig.answer("status", "status", record=record, reason=reason)
    assert rig.line().phase is phase
    assert (rig.state.notice.reason if rig.state.notice else None) is shown


@pytest.mark.parametrize("outcome", ["reserved", "extended", "cancelled", "status", "applied", "yes"])
def test_garbage_is_never_a_yes(outcome: str) -> None:
    """An authority that answers nonsense would activate cards on our screen."""
    rig = paid()
    rig.answer("commit", outcome, record="committed")
    assert rig.line().phase is LinePhase.COMMITTING
    assert len(rig.asked("commit")) == 1, "and it is asked again only after a pause"
    rig.pass_time(1_100)
    assert len(rig.asked("status")) == 1


def test_unknown_at_ten_seconds_choices_at_twenty() -> None:
    """The clerk would be asked to decide before there is anything to decide, or never."""
    rig = paid()
    rig.pass_time(9_900)
    assert rig.at(Stage.ACTIVATING)
    rig.pass_time(200)
    assert rig.at(Stage.UNKNOWN)
    assert rig.events(ev.ActivationUnknown)
    assert not rig.state.choices
    rig.tell(do.ChooseUnknown(do.UnknownChoice.GIVE_BACK))
    assert not rig.events(ev.CancelRequested), "too early to choose"
    rig.clock_known()
    rig.pass_time(10_000)
    assert rig.state.choices
    assert rig.state.waiting_ms >= 20_000


def test_the_screen_follows_the_time() -> None:
    """« 3 s » and « 20 s » would never show, because nothing else happens meanwhile."""
    rig = paid()
    published = len(rig.published)
    rig.pass_time(3_100)
    assert len(rig.published) >= published + 3
    assert rig.state.waiting_ms >= 3_000


def test_waiting_asks_the_clerk_again_later() -> None:
    """One press would take the choices away for good, or they would never go away."""
    rig = unknown()
    rig.tell(do.ChooseUnknown(do.UnknownChoice.WAIT))
    assert not rig.state.choices
    rig.clock_known()
    rig.pass_time(14_000)
    rig.clock_known()
    rig.pass_time(7_000)
    assert rig.state.choices


def test_a_late_yes_ends_the_unknown_forward() -> None:
    """A lost answer would undo a sale that took place."""
    rig = unknown()
    rig.answer("status", "status", record="committed")
    assert rig.at(Stage.RESULT)
    assert rig.sale.receipt_no == 1


def test_giving_back_cancels_and_stops_the_commits_for_ever() -> None:
    """The customer has the money back, and the card would become spendable after all."""
    rig = unknown()
    commits = len(rig.asked("commit"))
    kicks = len(rig.drawer.kicks)
    rig.tell(do.ChooseUnknown(do.UnknownChoice.GIVE_BACK))
    assert rig.line().phase is LinePhase.CANCELLING
    assert len(rig.drawer.kicks) == kicks + 1
    assert rig.notice.key == "act.given_back"
    cancel = rig.events(ev.CancelRequested)[0]
    assert isinstance(cancel, ev.CancelRequested)
    assert (cancel.rescanned, cancel.cash_back_minor) == (False, 2_000)
    call = rig.asked("status")[-1]
    rig.tell(come.LineAnswered("commit", call.line_id, None))
    rig.tell(come.LineAnswered("status", call.line_id, rig_status("unseen")))
    rig.tell(come.LineAnswered("status", call.line_id, rig_status("committed")))
    assert rig.line().phase is LinePhase.CANCELLING
    rig.pass_time(14_000)
    assert len(rig.asked("commit")) == commits
    rig.answer("cancel", "cancelled")
    assert rig.line().phase is LinePhase.CANCELLED
    assert rig.at(Stage.SALE), "nothing was sold: the sale is over"
    completed = rig.events(ev.SaleCompleted)[0]
    assert isinstance(completed, ev.SaleCompleted)
    assert (completed.total_minor, completed.lines[0].outcome) == (0, "cancelled")


def rig_status(record: str) -> LineAnswer:
    """A signed answer to a status."""
    return LineAnswer(outcome="status", record=record)


def test_the_card_stays_locked_until_the_cancel_is_acknowledged() -> None:
    """The same card would be sold again while its old line may still become active (AC-08)."""
    rig = unknown()
    rig.tell(do.ChooseUnknown(do.UnknownChoice.GIVE_BACK))
    rig.tell(do.ContinueInBackground())
    rig.scan()
    assert rig.notice.scan is ScanRefusal.LOCKED_HERE
    rig.answer("cancel", "cancelled")
    rig.scan()
    assert rig.line().phase is LinePhase.ASKED


def test_a_card_shown_again_is_withdrawn_as_rescanned() -> None:
    """A card that lies on the tray would be blocked with a question, and be lost for sale."""
    rig = unknown()
    rig.scan()
    assert rig.notice.key == "act.rescanned"
    rig.tell(do.ChooseUnknown(do.UnknownChoice.GIVE_BACK))
    assert rig.asked("cancel")[0].rescanned


def test_too_late_to_cancel_is_a_task_and_no_sale() -> None:
    """A card that was spent before the cancel came would vanish from everybody's list (X8)."""
    rig = unknown()
    line_id = rig.line().line_id
    rig.tell(do.ChooseUnknown(do.UnknownChoice.GIVE_BACK))
    rig.answer("cancel", "too_late", reason="spent")
    assert rig.line().phase is LinePhase.TOO_LATE
    assert rig.state.book.tasks == ((line_id, "X8"),)
    assert rig.notice.key == "act.cancel_too_late"
    assert not rig.state.book.owed
    rig.scan()
    assert rig.notice.reason is Reason.ALREADY_SOLD


def test_a_cancel_that_is_turned_away_is_repeated_with_pauses() -> None:
    """A revoked terminal would ask without end, as fast as the line allows."""
    rig = unknown()
    rig.tell(do.ChooseUnknown(do.UnknownChoice.GIVE_BACK))
    rig.answer("cancel", "refused", reason="not_sellable")
    assert len(rig.asked("cancel")) == 1
    rig.pass_time(1_100)
    assert len(rig.asked("cancel")) == 2


def test_letting_go_promises_what_is_unknown_and_completes_the_sale_at_once() -> None:
    """The customer would leave with a card that nobody promised."""
    rig = unknown()
    assert rig.state.let_go is None
    before = rig.journal.commits
    rig.tell(do.ChooseUnknown(do.UnknownChoice.LET_GO))
    assert rig.at(Stage.PROMISED)
    assert rig.journal.commits == before + 1, "CardPromised and SaleCompleted are one transaction"
    assert rig.sounds.played[-1] == "queued"


def test_letting_go_needs_the_policy() -> None:
    """A shop would give cards away on a policy that says no."""
    rig = unknown(listed=False)
    assert rig.state.let_go is PromiseRefusal.POLICY_OFF
    rig.tell(do.ChooseUnknown(do.UnknownChoice.LET_GO))
    assert not rig.events(ev.CardPromised)
    assert rig.notice.promise is PromiseRefusal.POLICY_OFF


def test_in_the_background_the_activation_goes_on_and_new_sales_too() -> None:
    """The queue would stand still for one slow answer."""
    rig = paid()
    line_id = rig.line().line_id
    first = rig.sale.sale_id
    rig.pass_time(3_100)
    rig.tell(do.ContinueInBackground())
    assert rig.at(Stage.SALE)
    assert rig.state.background == (first,)
    rig.sell(OTHER)
    rig.tell(come.LineAnswered("commit", line_id, LineAnswer(outcome="committed", record="committed")))
    assert rig.notice.key == "act.background_done"
    assert rig.at(Stage.SALE)
    rig.tell(do.OpenSale(first))
    assert rig.notice.scan is ScanRefusal.BUSY, "the basket on screen is not thrown away"
    rig.tell(do.ClearBasket())
    rig.tell(do.OpenSale(first))
    assert rig.at(Stage.RESULT)
    rig.tell(do.NextSale())
    assert not rig.state.background


def test_a_card_of_a_background_sale_cannot_be_scanned_into_another() -> None:
    """One card would be in two sales."""
    rig = paid()
    rig.tell(do.ContinueInBackground())
    rig.scan()
    assert rig.notice.scan is ScanRefusal.LOCKED_HERE


def test_a_refused_line_keeps_the_money_until_the_clerk_decides() -> None:
    """The customer would have paid for nothing and nobody would say so."""
    rig = paid(CARD, OTHER)
    rig.answer("commit", "committed", card=OTHER)
    rig.answer("commit", "refused", reason="already_sold", sold_at_ms=9)
    assert rig.at(Stage.REFUSED)
    assert (rig.notice.reason, rig.notice.sold_at_ms) == (Reason.ALREADY_SOLD, 9)
    assert not rig.events(ev.SaleCompleted)


def test_a_refund_goes_back_the_way_the_money_came() -> None:
    """Cash would leave the drawer for a bank-card sale."""
    rig = open_till()
    rig.sell()
    rig.tell(do.PayBankCard())
    assert rig.sale.charge is not None
    rig.tell(come.BankCardAnswered(rig.sale.charge.charge_id, ChargeOutcome.ACCEPTED))
    rig.answer("commit", "refused", reason="limit")
    rig.tell(do.RefundRefused(rig.line().line_id))
    refund = rig.events(ev.LineRefunded)[0]
    assert isinstance(refund, ev.LineRefunded)
    assert (refund.tender, refund.amount_minor) == ("bank_card", 2_000)
    assert not rig.drawer.kicks
    assert rig.notice.key == "act.refunded"


def test_a_refund_in_cash_opens_the_drawer_and_ends_the_sale() -> None:
    """The clerk could not give the money back."""
    rig = paid(CARD, OTHER)
    rig.answer("commit", "committed", card=OTHER)
    rig.answer("commit", "refused", reason="limit")
    rig.tell(do.RefundRefused(rig.line().line_id))
    assert len(rig.drawer.kicks) == 2
    assert rig.at(Stage.RESULT)
    completed = rig.events(ev.SaleCompleted)[0]
    assert isinstance(completed, ev.SaleCompleted)
    assert completed.total_minor == 2_000
    assert completed.tenders[0].amount_minor == 4_000
    assert [line.outcome for line in completed.lines] == ["refunded", "activated"]


def test_another_card_of_the_series_replaces_the_refused_one() -> None:
    """The customer would have to pay again for the card that works."""
    rig = paid()
    refused = rig.line().line_id
    rig.answer("commit", "refused", reason="already_sold")
    rig.tell(do.ReplaceRefused(refused))
    assert rig.state.replacing == refused
    rig.scan(serial(5, "13"))
    assert rig.notice.key == "act.replace_other_series"
    rig.scan(OTHER)
    assert rig.line(OTHER).replaces == refused
    rig.scan(THIRD)
    assert rig.notice.scan is ScanRefusal.BUSY, "one replacement at a time"
    rig.answer("reserve", "reserved", card=OTHER, until_ms=rig.clock.now_ms() + 120_000)
    assert len(rig.asked("commit", OTHER)) == 1
    assert len(rig.events(ev.TenderAccepted)) == 1
    rig.answer("commit", "committed", card=OTHER)
    assert rig.at(Stage.RESULT)
    assert [line.serial for line in rig.sale.live] == [OTHER]


def test_a_replacement_that_is_refused_too_leaves_the_choice_open() -> None:
    """The sale would hang between two cards."""
    rig = paid()
    refused = rig.line().line_id
    rig.answer("commit", "refused", reason="already_sold")
    rig.tell(do.ReplaceRefused(refused))
    rig.scan(OTHER)
    rig.answer("reserve", "refused", card=OTHER, reason="not_received")
    assert rig.at(Stage.REFUSED)
    rig.tell(do.RefundRefused(refused))
    assert rig.line().phase is LinePhase.REFUNDED


def test_a_replacement_without_a_hold_that_the_stock_does_not_list_is_put_aside() -> None:
    """Money that is in would go to a card that was never delivered here."""
    rig = paid()
    rig.answer("commit", "refused", reason="already_sold")
    rig.tell(do.ReplaceRefused(rig.line().line_id))
    rig.scan(OTHER)
    rig.answer("reserve", None, card=OTHER)
    assert rig.notice.promise is PromiseRefusal.NOT_LISTED
    assert rig.line(OTHER).phase is LinePhase.RELEASED
    assert rig.at(Stage.REFUSED)
