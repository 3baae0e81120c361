"""Who hears which refusal at the scan, and that nothing else happens."""

import pytest

from kiosk.domain import events as ev
from kiosk.domain.refusals import Reason, ScanRefusal
from kiosk.domain.sale import ChargeOutcome, LinePhase
from kiosk.errors import Trouble
from kiosk.till import commands as do
from kiosk.till import messages as come
from kiosk.till.reading import MAX_LINES
from kiosk.till.state import DiskRoom, Stage
from tests.helpers.till_rig import CARD, OTHER, Rig, open_till, serial

FRANC_CARD = serial(1, "02")
OTHER_SERIES = serial(1, "77")
WRONG_CHECK = CARD[:-1] + str((int(CARD[-1]) + 1) % 10)


def refused(rig: Rig, text: str, *, symbology: str | None = "C0", complete: bool = True) -> ScanRefusal | None:
    """Scan something that must change nothing; what the clerk is told."""
    before = len(rig.events())
    rig.sounds.played.clear()
    rig.tell(come.Scanned(text, symbology, 0, complete=complete))
    assert len(rig.events()) == before, "a refused scan was journaled"
    assert rig.sounds.played == ["scan_refused"]
    return rig.notice.scan


@pytest.mark.parametrize(
    ("text", "symbology", "complete", "refusal"),
    [
        ("ABC-123", "C0", True, ScanRefusal.MISREAD),
        ("3017620422003", "E0", True, ScanRefusal.MISREAD),
        ("3017620422003", None, True, ScanRefusal.MISREAD),
        (CARD, "C1", True, ScanRefusal.MISREAD),
        (CARD, "C0", False, ScanRefusal.MISREAD),
        (WRONG_CHECK, "C0", True, ScanRefusal.CHECK_DIGITS),
        (FRANC_CARD, "C0", True, ScanRefusal.OTHER_CURRENCY),
        (OTHER_SERIES, "C0", True, ScanRefusal.UNKNOWN_SERIES),
    ],
)
def test_what_is_no_card_of_ours_is_refused_at_once(
    text: str, symbology: str | None, complete: bool, refusal: ScanRefusal
) -> None:
    """A magazine's bar code, a half-read frame or a franc card would get into the basket."""
    rig = open_till()
    assert refused(rig, text, symbology=symbology, complete=complete) is refusal
    assert not rig.gateway.calls


def test_a_frame_without_symbology_is_taken_if_its_check_is_right() -> None:
    """Scanners that do not send AIM identifiers could not be used at all."""
    rig = open_till()
    rig.tell(come.Scanned(CARD, None, 0, complete=True))
    assert rig.line().phase is LinePhase.ASKED


def test_a_typed_number_that_is_too_short_is_named_as_such() -> None:
    """The clerk would not know that digits are missing."""
    rig = open_till()
    rig.tell(do.AddCard(CARD[:12]))
    assert rig.notice.scan is ScanRefusal.LENGTH
    rig.tell(do.AddCard(f"{CARD[:4]} {CARD[4:8]} {CARD[8:12]} {CARD[12:]}"))
    assert rig.line().entry_mode == "keyed"


def test_the_scanner_says_that_it_read_nothing() -> None:
    """The clerk would wait for a card that was never read."""
    rig = open_till()
    rig.tell(come.ScanUnread("noread"))
    assert rig.notice.scan is ScanRefusal.MISREAD


def test_a_card_in_the_basket_flashes_instead_of_counting_twice() -> None:
    """A nervous scanner would sell one card twice."""
    rig = open_till()
    rig.sell()
    assert refused(rig, CARD) is ScanRefusal.ALREADY_IN_BASKET
    assert rig.notice.line_id == rig.line().line_id


def test_no_more_cards_than_a_receipt_can_prove() -> None:
    """The eleventh card would be missing from the customer's proof."""
    rig = open_till()
    for number in range(MAX_LINES):
        rig.sell(serial(number))
    assert refused(rig, serial(99)) is ScanRefusal.TOO_MANY


def test_a_scan_during_a_payment_or_an_activation_changes_nothing() -> None:
    """A card that slides past the scanner would join a sale that is being paid."""
    rig = open_till()
    rig.sell()
    rig.tell(do.PayBankCard())
    assert refused(rig, OTHER) is ScanRefusal.BUSY
    charge = rig.sale.charge
    assert charge is not None
    rig.tell(come.BankCardAnswered(charge.charge_id, ChargeOutcome.ACCEPTED))
    assert rig.at(Stage.ACTIVATING)
    assert refused(rig, OTHER) is ScanRefusal.BUSY


def test_a_locked_or_closed_till_takes_no_card() -> None:
    """Whoever finds the till alone could fill a basket."""
    rig = open_till()
    rig.tell(do.Lock())
    assert refused(rig, CARD) is ScanRefusal.BUSY


@pytest.mark.parametrize("reason", list(Reason))
def test_the_authoritys_no_takes_the_card_off_the_basket_with_its_reason(reason: Reason) -> None:
    """A card that cannot be sold would stay in the basket and be paid for."""
    rig = open_till()
    rig.scan()
    rig.sounds.played.clear()
    rig.answer("reserve", "refused", reason=reason.value, till="Caisse 2", until_ms=5, sold_at_ms=7)
    assert rig.notice.reason is reason
    assert (rig.notice.till, rig.notice.until_ms, rig.notice.sold_at_ms) == ("Caisse 2", 5, 7)
    assert rig.sounds.played == ["scan_refused"]
    assert rig.state.sale is None
    assert rig.line().phase is LinePhase.RELEASED
    assert not rig.state.book.owed, "the authority holds nothing for it: there is nothing to cancel"


def test_a_reason_of_a_newer_authority_gets_the_neutral_sentence() -> None:
    """An older till would show nothing, or break."""
    rig = open_till()
    rig.scan()
    rig.answer("reserve", "refused", reason="moon_phase")
    assert rig.notice.reason is Reason.NOT_SELLABLE


def test_a_card_that_this_till_sold_is_refused_without_asking() -> None:
    """Without the line, a sold card that the stock list still names would be promised to somebody else."""
    rig = open_till()
    rig.sell()
    rig.pay()
    rig.answer("commit", "committed")
    rig.tell(do.NextSale())
    sold_at_ms = rig.state.book.sales[-1].completed_ms
    rig.scan()
    assert rig.notice.reason is Reason.ALREADY_SOLD
    assert rig.notice.sold_at_ms == sold_at_ms


def test_the_next_scan_hands_the_sale_over_and_opens_the_next() -> None:
    """The clerk would have to press a key between two customers."""
    rig = open_till()
    rig.sell()
    rig.pay()
    rig.answer("commit", "committed")
    rig.scan(OTHER)
    assert rig.events(ev.SaleClosed)
    assert rig.at(Stage.SALE)
    assert [line.serial for line in rig.sale.lines] == [OTHER]


def test_the_sold_card_scanned_again_does_not_close_its_own_sale() -> None:
    """A second pull of the trigger would take the receipt question off the screen."""
    rig = open_till()
    rig.sell()
    rig.pay()
    rig.answer("commit", "committed")
    assert refused(rig, CARD) is ScanRefusal.ALREADY_IN_BASKET
    assert rig.at(Stage.RESULT)


def test_no_sale_begins_on_a_disk_that_is_full() -> None:
    """The till would take money and have no room to say so (JR-11)."""
    rig = open_till()
    rig.journal.room = DiskRoom.NO_SALES
    rig.scan()
    assert rig.notice.trouble == "JRN-11"
    assert rig.state.sale is None


def test_the_till_says_how_its_journal_stands() -> None:
    """A disk that fills up, or a journal that was changed, would first show as a refused sale."""
    rig = open_till()
    assert (rig.state.disk, rig.state.tampered) == (DiskRoom.AMPLE, False)
    rig.journal.room = DiskRoom.LOW
    rig.journal.disk.tampered = "entry 7 is not the one that the authority holds"
    rig.scan()
    assert (rig.state.disk, rig.state.tampered) == (DiskRoom.LOW, True)
    assert rig.notice.trouble == "JRN-06"


def test_a_disk_that_fails_in_a_commit_is_not_argued_with() -> None:
    """The till would go on with a journal of which nobody knows what it holds."""
    rig = open_till()
    rig.journal.trouble_next = Trouble("JRN-02", retryable=False)
    with pytest.raises(Trouble, match="JRN-02"):
        rig.scan()


def test_trouble_with_the_disk_shows_its_code_and_changes_nothing() -> None:
    """A card would stand on the screen and not in the journal."""
    rig = open_till()
    rig.journal.trouble_next = Trouble("JRN-01", retryable=False)
    rig.scan()
    assert rig.notice.trouble == "JRN-01"
    assert rig.state.sale is None
    assert not rig.gateway.calls, "something was sent that the journal does not know"
    rig.scan()
    assert rig.line().phase is LinePhase.ASKED
