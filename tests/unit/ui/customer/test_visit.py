"""The rules of a visit at the customer face: masking, countdown, forgetting, and what each answer of the till leads to."""

from dataclasses import replace

import pytest

from kiosk.domain.refusals import ScanRefusal
from kiosk.i18n.language import Language
from kiosk.protocol.messages import BalanceAnswer
from kiosk.till.commands import AskBalance, OpenBalance
from kiosk.till.state import Balance, Stage
from kiosk.ui.presenters.customer import balance, footer, idle, scan_or_type
from kiosk.ui.presenters.customer.samples import NOW_MS, answer, bare, samples, till_of
from kiosk.ui.presenters.customer.visit import (
    CustomerState,
    Digit,
    Fault,
    Page,
    Screen,
    Touch,
    Visit,
    busy,
    observed,
    screen_of,
    ticked,
    touched,
)
from tests.helpers.customer import euros, language
from tests.helpers.till_rig import CARD

EUROS = euros()
TYPING = Visit(language="fr", page=Page.TYPE, touched_ms=NOW_MS)


@pytest.fixture(scope="module")
def french() -> Language:
    return language("fr")


def at(visit: Visit, *, later_ms: int = 0, told: Balance | None = None) -> CustomerState:
    return CustomerState(till=till_of(EUROS, told or Balance()), visit=visit, now_ms=NOW_MS + later_ms)


def typed(text: str, visit: Visit = TYPING) -> Visit:
    for place, digit in enumerate(text):
        visit, commands = touched(visit, Digit(digit), house_language="fr", now_ms=NOW_MS + place * 10)
        assert commands == ()
    return visit


def test_only_the_newest_digit_is_legible_and_not_for_long(french: Language) -> None:
    """Whoever looks over the shoulder would read the whole number (TM-17)."""
    visit = typed("7720")
    assert scan_or_type.view(at(visit, later_ms=50), french).marks == "•••0"
    assert scan_or_type.view(at(visit, later_ms=30 + 600), french).marks == "••••"


def test_digits_are_shown_when_the_visitor_asks_and_not_by_the_next_visitor(french: Language) -> None:
    """Somebody whose number is refused could not find the wrong digit, or the next person would read it."""
    visit, _ = touched(typed("7720"), Touch.REVEAL, house_language="fr", now_ms=NOW_MS)
    assert scan_or_type.view(at(visit, later_ms=5_000), french).marks == "7720"
    left, commands = touched(visit, Touch.BACK, house_language="fr", now_ms=NOW_MS)
    assert (left.typed, left.revealed, left.page) == ("", False, Page.ATTRACT)
    assert commands == (OpenBalance(),)


def test_the_screen_reader_hears_a_count_and_no_digit(french: Language) -> None:
    """A loudspeaker would read the card's number to the shop."""
    view = scan_or_type.view(at(typed("7720")), french)
    assert "4" in view.spoken
    assert "7720" not in view.spoken


def test_a_seventeenth_digit_is_not_taken() -> None:
    """A stuck key would fill memory and the field."""
    assert len(typed("1" * 40).typed) == 16


def test_a_right_number_is_asked_for_and_a_wrong_one_is_not() -> None:
    """A typing error would cost one of the few questions that a card may have in an hour."""
    _, commands = touched(typed(CARD), Touch.SUBMIT, house_language="fr", now_ms=NOW_MS)
    assert commands == (AskBalance(CARD),)
    wrong = CARD[:-1] + str((int(CARD[-1]) + 1) % 10)
    for text, fault in ((wrong, Fault.CHECK), (CARD[:-3], Fault.LENGTH)):
        visit, commands = touched(typed(text), Touch.SUBMIT, house_language="fr", now_ms=NOW_MS)
        assert (visit.fault, visit.typed, commands) == (fault, text, ())


def test_erasing_takes_the_last_digit_and_the_fault() -> None:
    """The sentence about a wrong number would stay over the right one."""
    visit, _ = touched(replace(typed("772"), fault=Fault.CHECK), Touch.ERASE, house_language="fr", now_ms=NOW_MS)
    assert (visit.typed, visit.fault) == ("77", None)


def test_the_warning_comes_after_45_seconds_and_lasts_20(french: Language) -> None:
    """The page would vanish under the hand of somebody slow, or stay for the next person (WCAG 2.2.1)."""
    visit = typed("7720")
    last_touch = visit.touched_ms - NOW_MS
    assert screen_of(at(visit, later_ms=last_touch + 44_999)) is Screen.TYPE
    assert screen_of(at(visit, later_ms=last_touch + 45_000)) is Screen.IDLE
    assert idle.view(at(visit, later_ms=last_touch + 45_000), french).seconds == "20"
    assert idle.view(at(visit, later_ms=last_touch + 64_999), french).seconds == "1"
    kept, commands = ticked(at(visit, later_ms=last_touch + 64_999), house_language="fr")
    assert (kept, commands) == (visit, ())
    gone, commands = ticked(at(visit, later_ms=last_touch + 65_000), house_language="fr")
    assert (gone.typed, gone.page, commands) == ("", Page.ATTRACT, (OpenBalance(),))


def test_one_touch_ends_the_warning_as_often_as_wanted() -> None:
    """Somebody who needs five minutes for sixteen digits would never get there."""
    visit = typed("7720")
    for round_no in range(1, 6):
        now_ms = NOW_MS + round_no * 50_000
        visit, commands = touched(visit, Touch.STAY, house_language="fr", now_ms=now_ms)
        assert (visit.typed, commands) == ("7720", ())
        assert screen_of(CustomerState(till_of(EUROS, Balance()), visit, now_ms)) is Screen.TYPE


def test_a_look_that_a_visitor_chose_goes_with_him() -> None:
    """The next visitor would find the kiosk in English and in black."""
    chosen = replace(Visit(language="en", touched_ms=NOW_MS), contrast=True, large=True)
    gone, commands = ticked(at(chosen, later_ms=65_000), house_language="fr")
    assert (gone.language, gone.contrast, gone.large, commands) == ("fr", False, False, ())
    still, _ = ticked(at(Visit(language="fr", touched_ms=NOW_MS), later_ms=900_000), house_language="fr")
    assert still == Visit(language="fr", touched_ms=NOW_MS)


def test_a_scan_leads_to_the_balance_from_anywhere() -> None:
    """The promise of the first page, one gesture, would not hold."""
    for page in Page:
        visit = observed(
            Visit(language="fr", page=page), before=Balance(), now=Balance(asking=True, last4="0093"), now_ms=NOW_MS
        )
        told = Balance(last4="0093", answer=answer("active"))
        visit = observed(visit, before=Balance(asking=True, last4="0093"), now=told, now_ms=NOW_MS + 90)
        assert visit.page is Page.BALANCE
        assert screen_of(at(visit, told=told)) is Screen.BALANCE


def test_a_slow_answer_says_so_after_300_ms() -> None:
    """A visitor would scan again and again."""
    visit = observed(Visit(language="fr", touched_ms=NOW_MS), before=Balance(), now=Balance(asking=True), now_ms=NOW_MS)
    waiting = Balance(asking=True)
    assert screen_of(at(visit, later_ms=299, told=waiting)) is Screen.ATTRACT
    assert busy(at(visit, later_ms=300, told=waiting))
    assert screen_of(at(visit, later_ms=300, told=waiting)) is Screen.BALANCE


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        (Balance(fault=ScanRefusal.MISREAD), Fault.UNREAD),
        (Balance(fault=ScanRefusal.CHECK_DIGITS), Fault.CHECK),
        (Balance(fault=ScanRefusal.OTHER_CURRENCY), Fault.UNKNOWN),
        (Balance(unanswered=True, last4="0093"), Fault.UNANSWERED),
        (Balance(last4="0093", answer=BalanceAnswer(outcome="not_found")), Fault.UNKNOWN),
        (Balance(last4="0093", answer=bare("inactive")), Fault.INACTIVE),
    ],
)
def test_every_no_has_its_sentence_and_keeps_what_was_typed(told: Balance, fault: Fault, french: Language) -> None:
    """A visitor would have to type sixteen digits again, or stand before a page that says nothing."""
    visit = observed(typed("7720"), before=Balance(), now=told, now_ms=NOW_MS)
    assert (visit.page, visit.fault, visit.typed) == (Page.TYPE, fault, "7720")
    assert scan_or_type.view(at(visit, told=told), french).fault


def test_without_network_there_is_only_the_counter() -> None:
    """The visitor would type a number for nothing."""
    for page, screen in ((Page.ATTRACT, Screen.OUT), (Page.TYPE, Screen.OUT), (Page.BALANCE, Screen.BALANCE)):
        down = replace(till_of(EUROS, Balance()), link_up=False)
        visit = Visit(language="fr", page=page, touched_ms=NOW_MS)
        assert screen_of(CustomerState(down, visit, NOW_MS)) is screen
        halted = replace(till_of(EUROS, Balance()), stage=Stage.HALTED)
        if page is not Page.BALANCE:
            assert screen_of(CustomerState(halted, visit, NOW_MS)) is Screen.OUT


def test_a_balance_shows_no_serial_and_no_merchant(french: Language) -> None:
    """The page would hand the card's number to whoever stands behind (TM-17)."""
    view = balance.view(samples(EUROS)["balance.active"], french, rows=5)
    assert view.number.endswith("0093")
    assert sum(character.isdigit() for character in view.number) == 4
    assert {row.title for row in view.rows} == {"Paiement en ligne"}
    assert view.amount == "12,60\u00a0€"
    assert view.rows[0].amount == "\u22124,00\u00a0€"


def test_pages_of_payments_turn_and_stop_at_their_ends(french: Language) -> None:
    """The last payments could not be reached, or the list would turn into nothing."""
    state = samples(EUROS)["balance.many_payments"]
    seen: list[str] = []
    for _ in range(5):
        view = balance.view(state, french, rows=3)
        seen.append(view.page)
        state = replace(state, visit=balance.turned(state, Touch.LATER, rows=3))
    assert seen == ["1–3 sur 8", "4–6 sur 8", "7–8 sur 8", "7–8 sur 8", "7–8 sur 8"]
    for _ in range(5):
        state = replace(state, visit=balance.turned(state, Touch.EARLIER, rows=3))
    assert balance.view(state, french, rows=3).newer_on is False


def test_a_card_that_does_not_work_says_what_to_do(french: Language) -> None:
    """A visitor with a blocked card would leave without knowing whom to ask."""
    notes = {
        name: balance.view(state, french, rows=5).note
        for name, state in samples(EUROS).items()
        if name.startswith("balance.")
    }
    assert notes["balance.active"] == ""
    for name in ("balance.blocked", "balance.expired", "balance.void"):
        assert "comptoir" in notes[name]


def test_an_answer_without_an_amount_shows_none(french: Language) -> None:
    """Of a blocked card the authority tells no balance: the kiosk would stop, or show 0,00 €."""
    view = balance.view(samples(EUROS)["balance.blocked"], french, rows=5)
    assert (view.amount, view.rows, view.empty) == ("", (), "")
    assert "bloquée" in view.note
    for state in ("active", "frozen_by_a_newer_authority"):
        told = Balance(last4="0093", answer=bare(state))
        assert balance.view(at(Visit(language="fr", page=Page.BALANCE), told=told), french, rows=5).note


def test_each_language_is_named_in_its_own(french: Language) -> None:
    """Whoever cannot read French could not find English."""
    view = footer.view(TYPING, french, back=True)
    assert [key.name for key in view.languages] == ["Français", "English"]
    assert view.other.language == "en"
    assert [key.name for key in footer.view(TYPING, language("en"), back=True).languages] == ["Français", "English"]
