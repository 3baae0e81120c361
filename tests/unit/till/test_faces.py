"""What leaves the till for people: the customer's display, the receipt's proof, the balance."""

from datetime import UTC

import pytest

from kiosk.domain.refusals import ScanRefusal
from kiosk.protocol.messages import BalanceAnswer
from kiosk.receipt.document import Barcode, Qr
from kiosk.receipt.proof import ProofLine, read_proof
from kiosk.receipt.words import parse_receipt_words
from kiosk.resources import asset
from kiosk.till import commands as do
from kiosk.till import messages as come
from kiosk.till.display_text import COLUMNS, pair
from kiosk.till.receipts import SaleReceipts, proof_of
from kiosk.till.state import Balance, Stage
from tests.helpers.till_rig import CARD, EUROS, OTHER, Rig, open_till


def test_the_customer_sees_each_card_the_total_the_change_and_thanks() -> None:
    """The customer could not check what is being charged (PAY-04)."""
    rig = open_till()
    assert rig.display.lines[-1] == ("BONJOUR", "")
    rig.sell(CARD)
    assert rig.display.lines[-1] == ("CARTE 20       20,00", "TOTAL          20,00")
    rig.sell(OTHER)
    assert rig.display.lines[-1] == ("CARTE 20       20,00", "TOTAL          40,00")
    rig.pay(5_000)
    assert rig.display.lines[-1] == ("RENDU          10,00", "MERCI")
    rig.answer("commit", "committed", card=CARD)
    rig.answer("commit", "committed", card=OTHER)
    rig.tell(do.NextSale())
    assert rig.display.lines[-1] == ("BONJOUR", "")
    assert all(len(text) <= COLUMNS for pair_ in rig.display.lines for text in pair_)


def test_the_display_is_written_only_when_it_changes() -> None:
    """A slow display would lag behind the sale."""
    rig = open_till()
    shown = len(rig.display.lines)
    rig.pass_time(300_000)
    assert len(rig.display.lines) == shown


def test_an_amount_on_the_display_is_never_cut() -> None:
    """The customer would read a tenth of the price."""
    amount = EUROS.series[0].face * 12_345
    assert pair("EIN SEHR LANGES WORT", amount).endswith("123450,00")
    assert len(pair("EIN SEHR LANGES WORT", amount)) == COLUMNS


def sold() -> Rig:
    """A completed sale of two cards."""
    rig = open_till()
    rig.sell(CARD, OTHER)
    rig.pay()
    rig.answer("commit", "committed", card=CARD)
    rig.answer("commit", "committed", card=OTHER)
    return rig


def test_the_proof_names_entry_receipt_and_lines_and_no_serial_or_amount() -> None:
    """Whoever finds a receipt would find the number of a card (interfaces, « Receipt »)."""
    rig = sold()
    text = proof_of(rig.sale, terminal="T1", epoch=2, sign=lambda data: b"\xff" * 64)
    assert text is not None
    proof = read_proof(text, lambda terminal, signature, data: signature == b"\xff" * 64)
    assert (proof.terminal, proof.epoch, proof.seq) == ("T1", 2, rig.sale.completed_seq)
    assert (proof.receipt_no, proof.at_s * 1_000) == (1, rig.sale.completed_ms)
    assert proof.lines == tuple(ProofLine(rig.line(card).line_id, "P1", 3) for card in (CARD, OTHER))
    assert CARD not in text
    assert len(text) < 300


def test_a_sale_of_which_nothing_was_sold_has_no_proof() -> None:
    """A paper would prove a card that nobody has."""
    rig = open_till()
    rig.sell()
    rig.pay()
    rig.answer("commit", "refused", reason="limit")
    rig.tell(do.RefundRefused(rig.line().line_id))
    sale = rig.state.book.sales[-1]
    assert proof_of(sale, terminal="T1", epoch=1, sign=lambda data: b"") is None


def test_a_card_whose_place_nobody_knows_can_still_be_proved() -> None:
    """The customer who left with it outside the policy would get no receipt."""
    rig = open_till()
    rig.sell()
    rig.pay()
    rig.restart()
    assert rig.state.question is not None
    rig.tell(do.AnswerRecovery(True, rig.state.question))
    sale = rig.state.book.sales[-1]
    text = proof_of(sale, terminal="T1", epoch=1, sign=lambda data: bytes(64))
    assert text is not None
    assert read_proof(text, lambda *_: True).lines[0].line_id == rig.line().line_id


@pytest.mark.parametrize("copy_no", [0, 2])
def test_the_receipt_is_made_from_the_entry_and_says_when_it_is_a_copy(copy_no: int) -> None:
    """What is printed would differ from what was signed."""
    rig = sold()
    writer = SaleReceipts(
        words=parse_receipt_words(asset("receipts", "fr.toml").read_text("utf-8")),
        money=lambda amount: str(amount.minor),
        zone=UTC,
        terminal="T1",
        epoch=1,
        sign=lambda data: bytes(64),
    )
    document = writer.write(rig.sale, copy_no=copy_no, operator="Léa", at_ms=rig.clock.now_ms())
    assert any(isinstance(element, Qr) for element in document.elements)
    assert any(isinstance(element, Barcode) and element.text == "000001" for element in document.elements)
    assert ("DUPLICATA" in repr(document.elements)) is (copy_no > 0)


def test_a_balance_is_asked_by_scan_or_typing_and_journals_nothing() -> None:
    """A customer's question would leave a trace, or sell the card."""
    rig = open_till()
    rig.tell(do.OpenBalance())
    before = len(rig.events())
    assert rig.at(Stage.BALANCE)
    rig.scan()
    assert rig.state.balance == Balance(asking=True, last4=CARD[-4:])
    question_id, serial = rig.gateway.balances[-1]
    assert serial == CARD
    answer = BalanceAnswer(outcome="found", state="active")
    rig.tell(come.BalanceAnswered(question_id, answer))
    assert rig.state.balance == Balance(last4=CARD[-4:], answer=answer)
    rig.tell(do.AskBalance(OTHER[:5]))
    assert rig.state.balance == Balance(fault=ScanRefusal.LENGTH)
    rig.tell(do.CloseBalance())
    assert rig.at(Stage.SALE)
    assert len(rig.events()) == before


def test_an_answer_to_an_earlier_card_is_not_shown_for_this_one() -> None:
    """One customer would see the other's balance."""
    rig = open_till()
    rig.tell(do.OpenBalance())
    rig.scan(CARD)
    late = rig.gateway.balances[-1][0]
    rig.scan(OTHER)
    rig.tell(come.BalanceAnswered(late, BalanceAnswer(outcome="found", state="active")))
    assert rig.state.balance == Balance(asking=True, last4=OTHER[-4:])


def test_no_answer_is_said_as_such() -> None:
    """« Carte inconnue » would be shown for a slow network."""
    rig = open_till()
    rig.tell(do.OpenBalance())
    rig.scan()
    rig.tell(come.BalanceAnswered(rig.gateway.balances[-1][0], None))
    assert rig.state.balance == Balance(unanswered=True, last4=CARD[-4:])


def test_serials_are_masked_wherever_a_log_could_show_them() -> None:
    """A diary or a crash report would hold whole serials."""
    rig = sold()
    assert CARD not in repr(rig.line())
    assert CARD not in repr(do.AddCard(CARD))
    assert CARD not in repr(come.Scanned(CARD, None, 0, complete=True))
