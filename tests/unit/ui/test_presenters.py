"""What pages say: the words of money, of refusals, of what to do next."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from kiosk.domain.currency import EUR, FRF
from kiosk.domain.money import Money
from kiosk.domain.refusals import ExceptionCode, PromiseRefusal, Reason, ScanRefusal
from kiosk.domain.sale import LinePhase, PrintOutcome
from kiosk.domain.tender import TenderKind
from kiosk.i18n.language import Language, open_language
from kiosk.resources import asset
from kiosk.till.state import Clerk, Notice, PrintJob, Stage, TenderHurdle, TenderOffer
from kiosk.ui.draft import Draft
from kiosk.ui.intents import NextSale, PrintCopy, PrintReceipt
from kiosk.ui.presenters.clerk import (
    bank_card,
    cash,
    login,
    message,
    recovery,
    refused,
    result,
    sale,
    tickets,
    type_serial,
    unknown,
)
from kiosk.ui.presenters.notices import bad_news, good_news
from kiosk.ui.presenters.parts import initials
from kiosk.ui.sample_parts import at, basket, done, state
from kiosk.ui.sample_parts import cash as paid
from kiosk.ui.sample_parts import sale as make_sale
from kiosk.ui.samples import Sample, samples

FR = open_language(asset("locale"), "fr", ZoneInfo("Europe/Paris"))
EN = open_language(asset("locale"), "en", ZoneInfo("Europe/Paris"))
NB, NN = "\u00a0", "\u202f"


def sample(name: str) -> Sample:
    return next(one for one in samples() if one.name == name)


# ---- cash


@pytest.mark.parametrize(
    ("minor", "text"),
    [
        (0, "Rien à rendre"),
        (2000, f"1{NB}billet de 20{NB}€"),
        (3700, f"1{NB}billet de 20{NB}€ + 1{NB}billet de 10{NB}€ + 1{NB}billet de 5{NB}€ + 1{NB}pièce de 2{NB}€"),
        (40000, f"2{NB}billets de 200{NB}€"),
        (15, f"1{NB}pièce de 0,10{NB}€ + 1{NB}pièce de 0,05{NB}€"),
    ],
)
def test_change_in_notes_and_coins(minor: int, text: str) -> None:
    """The clerk would give the wrong change from memory."""
    assert cash.change_text(Money(minor, EUR), FR) == text


def test_change_in_francs() -> None:
    """The demonstration of 2001 would give euros back."""
    assert cash.change_text(Money(15000, FRF), FR) == f"1{NB}billet de 100{NB}F + 1{NB}billet de 50{NB}F"


def test_missing_money_is_said_on_the_button() -> None:
    """The button would be grey without a reason."""
    one = sample("cash-missing")
    view = cash.view(one.state, one.draft, FR)
    assert not view.submit.allowed
    assert view.submit.reason == f"Il manque 39,50{NB}€"


def test_a_slip_of_the_finger_is_not_cash() -> None:
    """99,000 € would be taken for 990.00 €."""
    one = sample("cash-too-much")
    assert not cash.view(one.state, one.draft, FR).submit.allowed


@pytest.mark.parametrize(
    ("text", "minor"), [("220", 22000), ("220,5", 22050), ("220,", 22000), ("0,05", 5), (",5", 50)]
)
def test_typed_amounts(text: str, minor: int) -> None:
    """The till would count another amount than the clerk typed."""
    assert cash.minor_of(text, 2) == minor


def test_amounts_survive_a_round_trip() -> None:
    """A quick key would put another amount into the field."""
    for minor in (0, 5, 50, 2000, 2050, 123456):
        assert cash.minor_of(cash.typed_of(minor, 2), 2) == minor


# ---- the sale


@pytest.mark.parametrize("refusal", list(ScanRefusal))
def test_a_refused_scan_stays_in_the_zone(refusal: ScanRefusal) -> None:
    """The clerk would hear two low tones and read nothing."""
    at_ = replace(state(Stage.SALE), notice=Notice(scan=refusal, last4="0093", serial_no=1))
    zone = sale.zone(at_, Draft(), FR)
    assert zone.kind == "scan_refused"
    assert zone.title
    assert "0093" in zone.hint


def test_stolen_and_unknown_cards_look_alike() -> None:
    """A thief would learn from the screen what the till knows."""
    at_ = replace(state(Stage.SALE), notice=Notice(reason=Reason.NOT_SELLABLE, last4="0093", serial_no=1))
    assert sale.zone(at_, Draft(), FR).title == FR.words("sale.err_unknown")


def test_good_news_is_no_refusal() -> None:
    """« Carte retirée » would stand there in red."""
    at_ = sample("sale-removed").state
    assert sale.zone(at_, Draft(), FR).kind == "scan"
    assert good_news(at_.notice, FR) != ""
    assert bad_news(at_.notice, FR) == ""


@pytest.mark.parametrize("hurdle", list(TenderHurdle))
def test_a_shut_means_of_payment_says_why(hurdle: TenderHurdle) -> None:
    """A grey button would leave the clerk and the customer guessing."""
    offer = TenderOffer(TenderKind.CASH, hurdle, PromiseRefusal.OUTSTANDING_CARDS)
    allowed, reason = sale.hurdle_text(offer, FR, has_lines=True)
    assert allowed == sale.hurdle_free(offer)
    if not allowed and hurdle is not TenderHurdle.EMPTY:
        assert reason


def test_an_empty_stock_cannot_be_armed() -> None:
    """The clerk would wait for a card that is not there."""
    tile = sale.view(sample("sale-trouble").state, Draft(), FR).tiles[2]
    assert (tile.stock, tile.allowed) == ("Rupture", False)


def test_the_last_sale_is_told_at_the_foot() -> None:
    """The clerk could not answer « ma carte est-elle passée ? » at a glance."""
    assert sale.last_sale(state(Stage.SALE), FR) == f"14:29 · 1 carte · 50,00{NB}€ · espèces · activée"


# ---- typing


def test_a_wrong_check_is_told_before_it_is_sent() -> None:
    """The authority would be asked about a number that cannot exist."""
    one = sample("type-wrong")
    view = type_serial.view(one.state, one.draft, FR)
    assert view.wrong
    assert view.fault == FR.words("sale.err_check")
    assert not view.submit.allowed


def test_a_right_number_may_be_added() -> None:
    """A card with a scratched barcode could not be sold."""
    serial = basket()[2].serial
    view = type_serial.view(state(Stage.SALE), Draft(serial=serial), FR)
    assert view.submit.allowed
    assert serial not in repr(view)


# ---- results


def test_enter_never_prints() -> None:
    """Paper would come out for everybody (AGEC)."""
    for name in ("activated", "promised", "activated-printed", "activated-paper-out"):
        one = sample(name)
        view = result.view(one.state, one.draft, FR)
        assert view.next.shortcut == "enter"
        assert isinstance(view.next.intent, NextSale)
        assert view.printing.shortcut == "yes"


def test_a_promise_advises_the_receipt() -> None:
    """The customer would leave without a proof of a card that is not active yet."""
    one = sample("promised")
    view = result.view(one.state, one.draft, FR)
    assert view.print_first
    assert view.say
    assert view.tone == "warning"


def test_the_second_print_is_a_copy() -> None:
    """Two originals of one receipt would exist (CAI-11)."""
    fresh, printed = sample("activated"), sample("activated-printed")
    assert isinstance(result.view(fresh.state, fresh.draft, FR).printing.intent, PrintReceipt)
    assert result.view(printed.state, printed.draft, FR).printing.intent == PrintCopy(482)


def test_nothing_is_printed_twice_at_once() -> None:
    """An impatient clerk would get three receipts."""
    at_ = sample("activated-printed").state
    running = replace(at_, book=replace(at_.book, jobs=(PrintJob("j1", 482, 0),)))
    assert not result.view(running, Draft(), FR).printing.allowed


@pytest.mark.parametrize("outcome", list(PrintOutcome))
def test_what_became_of_the_paper_is_told(outcome: PrintOutcome) -> None:
    """A receipt that nobody saw would be taken for printed."""
    text, kind, _ = result.note_of(PrintJob("j", 482, 0, outcome.value, ""), FR)
    assert text
    assert (kind == "success") == (outcome is PrintOutcome.PRINTED)


def test_no_printer_is_a_reason() -> None:
    """The button would print into the void."""
    at_ = replace(sample("activated").state, devices=())
    assert result.view(at_, Draft(), FR).printing.reason == FR.words("rcpt.no_printer")


def test_a_refund_says_where_the_money_is() -> None:
    """The clerk would keep the customer's money."""
    lines = (replace(basket()[0], phase=LinePhase.REFUNDED),)
    at_ = state(Stage.RESULT, done(lines, paid(2000, 2000), 482))
    view = result.view(at_, Draft(), FR)
    assert f"20,00{NB}€" in view.text
    assert view.tone == "info"


def test_a_refused_card_comes_first_with_its_reason() -> None:
    """The clerk would hand over the refused card."""
    one = sample("refused")
    view = refused.view(one.state, one.draft, FR)
    assert view.rows[0].why
    assert view.rows[0].chip == "Refusée"
    assert view.title == f"1{NB}carte refusée, 2{NB}activées"
    assert f"20,00{NB}€" in view.refund.text


def test_unknown_is_never_called_a_failure() -> None:
    """The clerk would scan the card again, or give the money back for nothing."""
    one = sample("unknown")
    text = repr(unknown.view(one.state, one.draft, FR)).lower()
    assert "échou" not in text
    assert "erreur" not in text


def test_the_choices_open_after_twenty_seconds() -> None:
    """The clerk would choose before the answer had a chance."""
    early, late = sample("unknown"), sample("unknown-choices")
    view = unknown.view(early.state, early.draft, FR)
    assert not any(one.shown for one in (view.wait, view.give, view.let))
    assert "8" in view.soon
    view = unknown.view(late.state, late.draft, FR)
    assert all(one.shown for one in (view.wait, view.give, view.let))
    assert not view.let.allowed
    assert view.let.reason == FR.words("promise.policy_off")


def test_the_question_after_a_restart_has_no_blue_answer() -> None:
    """Enter would answer for the clerk."""
    for name in ("recovery-cash-taken", "recovery-customer-left", "recovery-money-returned"):
        one = sample(name)
        view = recovery.view(one.state, one.draft, FR)
        assert view.question.endswith(f"{NN}?")
        assert {view.yes.shortcut, view.no.shortcut} == {"yes", "n"}


def test_the_bank_card_page_has_no_blue_answer() -> None:
    """Enter would claim that money came in."""
    for name in ("bank-card", "bank-card-manual", "bank-card-mute"):
        one = sample(name)
        view = bank_card.view(one.state, one.draft, FR)
        assert all(answer.shortcut != "enter" for answer in view.answers)


# ---- the till as a whole


@pytest.mark.parametrize("lang", [FR, EN])
def test_a_till_that_cannot_start_says_why_and_offers_to_try_again(lang: Language) -> None:
    """« Nothing is lost, restart the till » would be no help to a shop whose keyring is locked."""
    seen = {}
    for code in ("ENR-05", "KEY-02", "KEY-03", "JRN-07", "JRN-08", "SET-01", "LOG-01"):
        page = message.view(state(Stage.HALTED, trouble=code), Draft(), lang)
        assert (page.title, page.action.text) == (lang.words("unready.t"), lang.words("unready.retry"))
        assert code in page.reference and page.text.endswith(".")
        seen[code] = page.text
    assert len(set(seen.values())) == len(seen)
    halted = message.view(state(Stage.HALTED, trouble="JRN-02"), Draft(), lang)
    assert halted.title == lang.words("halt.t") and halted.notes[0] == lang.words("halt.cards")


def test_wrong_pins_are_counted_for_the_one_who_typed_them() -> None:
    """Marc would read that Léa has two tries left."""
    one = sample("login-wrong")
    assert "2" in login.view(one.state, Draft(user_id="u1"), FR).fault
    assert login.view(one.state, Draft(user_id="u2"), FR).fault == ""


def test_a_lock_out_runs_down() -> None:
    """The clerk would not know when to try again."""
    one = sample("login-shut")
    assert "24" in login.view(one.state, one.draft, FR).fault
    later = replace(one.state, now_ms=at() + 25_000)
    assert login.view(later, one.draft, FR).fault == ""


@pytest.mark.parametrize(("name", "letters"), [("Nadia B.", "NB"), ("Léa", "L"), ("Jean-Luc Picard", "JL"), ("", "")])
def test_initials(name: str, letters: str) -> None:
    """The mark of a person would be empty or wrong."""
    assert initials(name) == letters


@pytest.mark.parametrize("lang", [FR, EN], ids=["fr", "en"])
def test_every_notice_of_the_till_has_words(lang: Language) -> None:
    """A key that the till says would crash the face."""
    keys = (
        "sale.removed",
        "sale.cleared",
        "pay.card_refused",
        "pay.card_mute",
        "pay.missing",
        "pay.tender_not_allowed",
        "pay.card_no_terminal",
        "act.given_back",
        "act.refunded",
        "act.rescanned",
        "act.background_done",
        "act.exception",
        "act.cancel_too_late",
        "act.replace_other_series",
        "banner.back_online",
        "drawer.refused",
        "rcpt.dup",
        "rcpt.printed",
        "rcpt.refused",
        "rcpt.refused.paper_out",
        "rcpt.refused.cover_open",
        "rcpt.unknown",
    )
    for key in keys:
        notice = Notice(key=key, amount=Money(2000, EUR), count=1, last4="0093", serial_no=1)
        assert bad_news(notice, lang) or good_news(notice, lang), key


def test_key_caps_can_be_switched_off() -> None:
    """A shop without keyboards would be told of keys that it has not."""
    one = sample("sale")
    draft = replace(one.draft, looks=replace(one.draft.looks, key_caps=False))
    view = sale.view(one.state, draft, FR)
    assert view.cash.cap == ""
    assert view.cash.shortcut == "f9"


def test_the_basket_is_newest_first() -> None:
    """The card just scanned would be out of sight in a long basket."""
    view = sale.view(state(Stage.SALE, make_sale(basket())), Draft(), FR)
    assert [row.value for row in view.rows] == ["50", "20", "20"]


@pytest.mark.parametrize("code", [one.value for one in ExceptionCode])
def test_a_task_says_what_to_do_and_who_may_call_it_done(code: str) -> None:
    """« X3 » would tell nobody that the customer's money goes back."""
    one = sample("tickets-task")
    line = tickets.chosen_sale(one.state, one.draft).live[0]  # type: ignore[union-attr]  # the sample has one
    at_ = replace(one.state, book=replace(one.state.book, tasks=((line.line_id, code),)))
    page = tickets.view(at_, one.draft, FR)
    why = next(card.why for card in page.cards if card.why)
    assert why.endswith(f"({code})") and len(why) > 30
    assert page.settle.shown and page.settle.text == "C’est réglé"
    assert "Confirmer" in tickets.view(at_, replace(one.draft, settling=True), FR).settle.text
    clerk_only = replace(at_, book=replace(at_.book, user="u1"))
    managed = replace(clerk_only, clerks=(Clerk("u1", "Léa", "clerk"), Clerk("u2", "Marc", "manager")))
    assert not tickets.view(managed, one.draft, FR).settle.allowed
    assert not tickets.view(sample("tickets").state, one.draft, FR).settle.shown
